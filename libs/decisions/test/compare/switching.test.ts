import fc from 'fast-check';
import { DecisionError } from '../../src/errors.js';
import { partWeights, switchingBetween } from '../../src/compare/switching.js';

type Game = (row: readonly number[]) => number;

function partsOf(a: number[], b: number[], game: Game): number[] {
  const switching = switchingBetween(Float64Array.from(a), Float64Array.from(b));
  const corners = 2 ** switching.features.length;
  const values = Array.from({ length: corners }, (_, c) =>
    game([...switching.rows.subarray(c * a.length, (c + 1) * a.length)]),
  );
  return switching.features.map((_, bit) =>
    partWeights(switching, (other) => other === bit).reduce(
      (sum, weight, c) => sum + weight * values[c],
      0,
    ),
  );
}

/** By definition: the change that switching brings, averaged over all orders. */
function byOrders(a: number[], b: number[], game: Game): number[] {
  const parts = a.map(() => 0);
  const orders = permutations([...a.keys()]);
  for (const order of orders) {
    const row = [...a];
    for (const f of order) {
      const before = game(row);
      row[f] = b[f];
      parts[f] += (game(row) - before) / orders.length;
    }
  }
  return parts;
}

function permutations(of: number[]): number[][] {
  if (of.length <= 1) return [of];
  return of.flatMap((first) =>
    permutations(of.filter((other) => other !== first)).map((rest) => [first, ...rest]),
  );
}

describe('switching from A to B', () => {
  it('has a corner for every set of features that differ, A first and B last', () => {
    const { features, rows } = switchingBetween(
      Float64Array.of(1, 5, NaN, 2),
      Float64Array.of(3, 5, NaN, 4),
    );
    expect(features).toEqual([0, 3]);
    expect([...rows]).toEqual([1, 5, NaN, 2, 3, 5, NaN, 2, 1, 5, NaN, 4, 3, 5, NaN, 4]);
  });

  it('gives every feature its change, averaged over all orders', () => {
    const game: Game = ([x, y, z]) => x * y + z * z * x - y;
    const [a, b] = [
      [1, 2, 3],
      [2, 5, 1],
    ];
    const wanted = byOrders(a, b, game);
    partsOf(a, b, game).forEach((part, i) => expect(part).toBeCloseTo(wanted[i], 10));
  });

  it('adds up to the whole difference', () => {
    const numbers = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const game: Game = ([w, x, y, z]) => Math.max(w, x) * y - Math.min(z, w * x);
        const whole = partsOf(a, b, game).reduce((sum, part) => sum + part, 0);
        expect(whole).toBeCloseTo(game(b) - game(a), 8);
      }),
    );
  });

  it('stops at ten features', () => {
    const zeros = new Float64Array(11);
    expect(() =>
      switchingBetween(
        zeros,
        zeros.map(() => 1),
      ),
    ).toThrow(DecisionError);
  });
});
