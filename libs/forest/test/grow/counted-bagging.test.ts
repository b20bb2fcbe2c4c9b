import { RowBag } from '../../src/grow/bagging.js';
import { CountedBag } from '../../src/grow/counted-bagging.js';
import { Random } from '../../src/random.js';

const COUNTS = Float64Array.of(1, 1, 2, 5, 9, 30, 82);
const TOTAL = COUNTS.reduce((sum, c) => sum + c, 0);
const STREAMS = 6000;

interface Moments {
  readonly mean: number;
  readonly variance: number;
}

function momentsOf(values: readonly number[]): Moments {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

/** Means within 4.5 standard errors of their difference, variances within a tenth. */
function expectAlike(one: readonly number[], other: readonly number[]): void {
  const [a, b] = [momentsOf(one), momentsOf(other)];
  const error = Math.sqrt((a.variance + b.variance) / one.length) + 1e-9;
  expect(Math.abs(a.mean - b.mean)).toBeLessThan(4.5 * error);
  expect(Math.abs(a.variance - b.variance)).toBeLessThan(0.1 * b.variance + 0.01);
}

/** By counted row, over many trees: draws on its raw rows, and raw rows never drawn. */
function ofRaw(rules: { bootstrap: boolean; sampleFraction: number }): number[][][] {
  const bag = new RowBag(TOTAL);
  const trees = Array.from({ length: STREAMS }, (_, t) => {
    bag.draw(rules, new Random(1, t));
    let raw = 0;
    return Array.from(COUNTS, (c) => {
      const own = bag.drawn.subarray(raw, (raw += c));
      return [own.reduce((a, b) => a + b, 0), own.filter((k) => k === 0).length];
    });
  });
  return Array.from(COUNTS, (_, i) => [0, 1].map((which) => trees.map((tree) => tree[i][which])));
}

function ofCounted(rules: { bootstrap: boolean; sampleFraction: number }): number[][][] {
  const bag = new CountedBag(COUNTS);
  const trees = Array.from({ length: STREAMS }, (_, t) => {
    bag.draw(rules, new Random(2, t));
    expect(bag.drawn.reduce((a, b) => a + b, 0)).toBe(Math.round(TOTAL * rules.sampleFraction));
    return Array.from(COUNTS, (_, i) => [bag.drawn[i], bag.missed[i]]);
  });
  return Array.from(COUNTS, (_, i) => [0, 1].map((which) => trees.map((tree) => tree[i][which])));
}

describe('a bag of counted rows', () => {
  it.each([
    { bootstrap: true, sampleFraction: 1 },
    { bootstrap: true, sampleFraction: 0.3 },
    { bootstrap: false, sampleFraction: 0.5 },
  ])('draws and misses what a bag of the raw rows does (%j)', (rules) => {
    const raw = ofRaw(rules);
    const counted = ofCounted(rules);
    COUNTS.forEach((_, i) => {
      expectAlike(counted[i][0], raw[i][0]);
      expectAlike(counted[i][1], raw[i][1]);
      // Draws and misses of one tree belong together: so do their sums.
      const sums = [counted, raw].map((of) => of[i][0].map((k, t) => k + 3 * of[i][1][t]));
      expectAlike(sums[0], sums[1]);
    });
  });

  it.each([
    [1000, 1000],
    [1000, 20_000],
    [1e6, 1e6],
    [300, 1e7],
    [90_000, 1e9],
  ])('of %d draws on %d raw rows misses as many as empty boxes stay', (draws, count) => {
    const rules = { bootstrap: true, sampleFraction: draws / count };
    const bag = new CountedBag(Float64Array.of(count));
    const missed = Array.from({ length: 4000 }, (_, t) => {
      bag.draw(rules, new Random(4, t));
      return bag.missed[0];
    });
    const { mean, variance } = momentsOf(missed);
    const one = Math.exp(draws * Math.log1p(-1 / count));
    const pairs = count * count * one * one * Math.expm1(draws * Math.log1p(-1 / (count - 1) ** 2));
    const wanted = pairs + count * (one - Math.exp(draws * Math.log1p(-2 / count)));
    expect(Math.abs(mean - count * one)).toBeLessThan(4 * Math.sqrt(wanted / 4000) + 1e-6);
    expect(variance).toBeGreaterThan(0.9 * wanted - 0.1);
    expect(variance).toBeLessThan(1.1 * wanted + 0.1);
    expect(Math.min(...missed)).toBeGreaterThanOrEqual(count - draws);
  });

  it.each([true, false])(
    'costs what its rows cost, whatever they count (bootstrap %s)',
    (bootstrap) => {
      const draw = jest.spyOn(Random.prototype, 'uint32');
      const rows = 500;
      const drawnFor = (count: number): number => {
        const bag = new CountedBag(new Float64Array(rows).fill(count));
        draw.mockClear();
        bag.draw({ bootstrap, sampleFraction: 0.7 }, new Random(1, 0));
        return draw.mock.calls.length / rows;
      };
      for (const count of [1e3, 1e6, 1e9, 1e12]) expect(drawnFor(count)).toBeLessThan(40);
      draw.mockRestore();
    },
  );
});
