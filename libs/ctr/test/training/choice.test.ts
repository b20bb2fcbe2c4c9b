import {
  blendWeight,
  chooseModel,
  differenceOf,
  lossesOf,
  type JudgedOutcomes,
  type ModelKind,
} from '../../src/training/choice.js';
import { drawing, sum } from '../draw.js';

/** Rows of rates around 0.1 and 0.3, and predictions that are so much nearer to them than the average. */
function world(rows: number, seed = 1, spread = 0.2) {
  const draw = drawing(seed);
  const truth = Float64Array.from({ length: rows }, () => 0.2 + spread * (draw.uniform() - 0.5));
  const target = truth.map((p) => draw.binomial(100, p) / 100);
  const weight = truth.map(() => 100);
  const nearer = (share: number): Float64Array => truth.map((p) => share * p + (1 - share) * 0.2);
  return { outcomes: { target, weight }, truth, nearer };
}

const choose = (outcomes: JudgedOutcomes, kinds: Partial<Record<ModelKind, Float64Array>>) =>
  chooseModel(outcomes, new Map(Object.entries(kinds) as [ModelKind, Float64Array][]));

describe('the loss of a row', () => {
  it('is its cross entropy times what it counts, predictions kept off 0 and 1', () => {
    const [loss, certain] = lossesOf(
      { target: Float64Array.of(0.25, 0.5), weight: Float64Array.of(8, 2) },
      Float64Array.of(0.5, 1),
    );
    expect(loss).toBeCloseTo(8 * Math.log(2), 12);
    expect(certain).toBeCloseTo(-Math.log(0.9999) - Math.log(0.0001), 6);
  });
});

describe('the difference of two losses', () => {
  it('has the error that drawing rows gives it', () => {
    const draw = drawing(3);
    const rows = 400;
    const first = Float64Array.from({ length: rows }, () => draw.uniform());
    const second = Float64Array.from({ length: rows }, () => 0.8 * draw.uniform());
    const weight = Float64Array.from({ length: rows }, () => 1);
    const { sum: total, error } = differenceOf(first, second, { target: first, weight });
    expect(total).toBeCloseTo(sum(first) - sum(second), 10);
    const drawn = Array.from({ length: 1000 }, () => {
      let all = 0;
      for (let i = 0; i < rows; i++) {
        const row = draw.below(rows);
        all += first[row] - second[row];
      }
      return all;
    });
    const mean = sum(drawn) / 1000;
    const spread = Math.sqrt(sum(drawn.map((one) => (one - mean) ** 2)) / 999);
    expect(Math.abs(error / spread - 1)).toBeLessThan(0.1);
  });

  it('counts groups as units: rows that are copies of one another tell nothing more', () => {
    const one = Float64Array.of(3, 1, 2, 5);
    const other = Float64Array.of(1, 2, 2, 1);
    const weight = Float64Array.of(1, 2, 1, 3);
    const alone = differenceOf(one, other, { target: one, weight });
    const copied = (values: Float64Array): Float64Array =>
      Float64Array.from({ length: 40 }, (_, row) => values[row % 4] / 10);
    const groups = Float64Array.from({ length: 40 }, (_, row) => row % 4);
    const within = { target: copied(one), weight: copied(weight) };
    const together = differenceOf(copied(one), copied(other), { ...within, groups });
    expect(together.sum).toBeCloseTo(alone.sum, 12);
    expect(together.error).toBeCloseTo(alone.error, 12);
    const apart = differenceOf(copied(one), copied(other), within);
    expect(apart.error).toBeCloseTo(alone.error / Math.sqrt(10), 12);
  });
});

describe('of models, the one chosen', () => {
  it('is the best where it is better beyond chance', () => {
    const { outcomes, nearer } = world(4000);
    const { chosen, compared } = choose(outcomes, {
      average: nearer(0),
      forest: nearer(0.5),
      boosted: nearer(0.98),
    });
    expect(chosen).toBe('boosted');
    expect(compared.map(({ kind }) => kind)).toEqual(['average', 'forest', 'boosted']);
    expect(compared[2]).toMatchObject({ behind: 0, standard_error: 0 });
    expect(compared[1].behind).toBeGreaterThan(compared[1].standard_error);
    expect(compared[0].normalised_entropy).toBeCloseTo(1, 3);
    expect(compared[0].behind).toBeCloseTo(
      compared[0].normalised_entropy - compared[2].normalised_entropy,
      12,
    );
  });

  it('is the simplest within one standard error of the best', () => {
    const { outcomes, nearer, truth } = world(4000);
    const draw = drawing(4);
    const noisy = truth.map((p) => p + 0.002 * (draw.uniform() - 0.5));
    const { chosen, compared } = choose(outcomes, {
      blend: truth,
      boosted: noisy,
      forest: nearer(0.6),
      average: nearer(0),
    });
    expect(compared.map(({ kind }) => kind)).toEqual(['average', 'forest', 'boosted', 'blend']);
    const [, forest, boosted] = compared;
    expect(boosted.behind).toBeLessThanOrEqual(boosted.standard_error);
    expect(forest.behind).toBeGreaterThan(forest.standard_error);
    expect(chosen).toBe('boosted');
  });

  it('is the average unless something beats it beyond chance', () => {
    let [kept, between] = [0, 0];
    for (let seed = 0; seed < 60; seed++) {
      const { outcomes, nearer } = world(60, seed, 0.06);
      const { chosen, compared } = choose(outcomes, { average: nearer(0), forest: nearer(0.9) });
      const [{ behind, standard_error: error }] = compared;
      expect(chosen).toBe(behind > 1.645 * error ? 'forest' : 'average');
      if (chosen === 'average') kept++;
      // Between one and 1.645 standard errors the average stays, where another model would go.
      if (behind > error && behind <= 1.645 * error) between++;
    }
    expect(kept).toBeGreaterThan(5);
    expect(kept).toBeLessThan(55);
    expect(between).toBeGreaterThan(2);
  });

  it('may be the average itself, where it is the best', () => {
    const { outcomes } = world(500, 5, 0);
    const draw = drawing(6);
    const noise = outcomes.target.map(() => 0.1 + 0.2 * draw.uniform());
    expect(choose(outcomes, { average: noise.map(() => 0.2), boosted: noise }).chosen).toBe(
      'average',
    );
  });

  it('needs more where rows belong together', () => {
    const { outcomes, nearer } = world(200, 7);
    const repeated = (values: Float64Array): Float64Array =>
      Float64Array.from({ length: 4000 }, (_, row) => values[row % 200]);
    const kinds = { average: repeated(nearer(0)), forest: repeated(nearer(0.05)) };
    const rows = { target: repeated(outcomes.target), weight: repeated(outcomes.weight) };
    const groups = Float64Array.from({ length: 4000 }, (_, row) => row % 200);
    const [apart, together] = [rows, { ...rows, groups }].map((some) => choose(some, kinds));
    expect(together.compared[0].behind).toBeCloseTo(apart.compared[0].behind, 12);
    expect(together.compared[0].standard_error / apart.compared[0].standard_error).toBeCloseTo(
      Math.sqrt(20),
      6,
    );
  });
});

describe('the share of a blend', () => {
  it.each([1, 2, 3, 4])('loses least of all hundredths (seed %d)', (seed) => {
    const { outcomes, truth } = world(800, seed);
    const draw = drawing(seed + 10);
    const noise = [0.12, 0.04 * seed];
    const [first, second] = noise.map((width) =>
      truth.map((p) => p + width * (draw.uniform() - 0.5)),
    );
    const lossAt = (share: number): number =>
      sum(
        lossesOf(
          outcomes,
          first.map((p, row) => share * p + (1 - share) * second[row]),
        ),
      );
    const losses = Array.from({ length: 101 }, (_, i) => lossAt(i / 100));
    const best = losses.indexOf(Math.min(...losses)) / 100;
    const share = blendWeight(outcomes, first, second);
    expect(Math.abs(share - best)).toBeLessThanOrEqual(0.011);
  });

  it('is 1 or 0 where one of the two is of no use', () => {
    const { outcomes, truth } = world(800);
    const useless = truth.map((p) => 0.4 - p);
    expect(blendWeight(outcomes, truth, useless)).toBeGreaterThan(0.97);
    expect(blendWeight(outcomes, useless, truth)).toBeLessThan(0.03);
  });
});
