import {
  boost,
  calibrate,
  combine,
  fit,
  judged,
  logLoss,
  mix,
  Random,
  readModel,
  writeModel,
  type Forest,
  type Judged,
} from '../../src/index.js';
import { clickData } from '../boost/data.js';
import { mixedData, rowOf } from '../data.js';

const input = clickData({ rows: 2000, missing: 0.05 });
const fresh = clickData({ rows: 1500, seed: 77, missing: 0.05 });
const boosted = boost(input, { loss: 'binomial', rounds: 60, learningRate: 0.15 });
const bag = fit(input, { trees: 40, minLeafRows: 20, noise: 'binomial' });
/** A mixture needs common bins. */
const bagOnBins = fit(
  { ...input, bins: boosted.forest.bins },
  { trees: 40, minLeafRows: 20, noise: 'binomial' },
);
const blend = judged(
  mix([
    { forest: boosted.forest, weight: 2 },
    { forest: bagOnBins.forest, weight: 1 },
  ]),
  input,
  boosted.outOfBag.predictions.map((p, i) => (2 * p + bagOnBins.outOfBag.predictions[i]) / 3),
);

/** How often intervals of the level hold the rates of rows that nobody has seen. */
function coverage(forest: Forest, level: number): number {
  let held = 0;
  for (let i = 0; i < fresh.columns.rows; i++) {
    const exposure = fresh.weight[i];
    const { low, high } = forest.predictInterval(rowOf(fresh.columns, i), { level, exposure });
    held += +(fresh.target[i] >= low && fresh.target[i] <= high);
  }
  return held / fresh.columns.rows;
}

describe.each<[string, Judged]>([
  ['a bag of boosters', boosted],
  ['a mixture', blend],
  ['a bag of boosters, calibrated', calibrate(input, boosted)],
  ['a mixture, calibrated by Platt’s map', calibrate(input, blend, 'platt')],
])('%s', (_, { forest, outOfBag }) => {
  it('has intervals that cover as often as they say', () => {
    for (const level of [0.5, 0.8, 0.95]) {
      expect(Math.abs(coverage(forest, level) - level)).toBeLessThan(0.035);
    }
  });

  it('has metrics of its out-of-bag predictions', () => {
    expect(outOfBag.predictions.every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(outOfBag.weightedR2).toBeGreaterThan(0.4);
  });

  it('saves and compiles as it predicts', () => {
    const back = readModel(writeModel(forest));
    const packed = back.compile({ maxTableCells: 0 });
    for (let i = 0; i < 200; i++) {
      const row = rowOf(input.columns, i);
      expect(back.compile().predict(row)).toBe(forest.predict(row));
      expect(packed.predict(row)).toBe(forest.predict(row));
      const options = { exposure: 30 };
      expect(back.predictInterval(row, options)).toEqual(forest.predictInterval(row, options));
    }
  });
});

describe('judging', () => {
  it('of a bag is by its draws’ variance', () => {
    const { outOfBag, forest } = judged(bag.forest, input, bag.outOfBag.predictions);
    expect(outOfBag.predictions).toEqual(bag.outOfBag.predictions);
    expect(outOfBag.r2).toBeCloseTo(bag.outOfBag.r2, 12);
    const perTree = bag.forest.compile().perTree(rowOf(input.columns, 3), 1);
    const mean = perTree.reduce((sum, x) => sum + x, 0) / 40;
    const variance = perTree.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 40;
    expect(outOfBag.variances[3]).toBeCloseTo(variance, 12);
    expect(forest.intervals!.rows).toBe(2000);
  });

  it('leaves out rows without a prediction', () => {
    const some = bag.outOfBag.predictions.map((p, i) => (i % 4 === 0 ? NaN : p));
    const { forest, outOfBag } = judged(bag.forest, input, some);
    expect(forest.intervals!.rows).toBe(1500);
    expect(Number.isNaN(outOfBag.variances[4])).toBe(true);
    expect(outOfBag.r2).toBeGreaterThan(0.3);
  });

  it('of a calibrated forest calibrates what it is told', () => {
    const calibrated = calibrate(input, bag);
    const again = judged(calibrated.forest, input, bag.outOfBag.predictions);
    expect(again.outOfBag.predictions).toEqual(calibrated.outOfBag.predictions);
  });

  it('widens binomial intervals by the overdispersion, the more the larger the exposure', () => {
    const plain = judged(boosted.forest, input, boosted.outOfBag.predictions);
    const wide = judged(boosted.forest, input, boosted.outOfBag.predictions, {
      overdispersion: 0.02,
    });
    expect(plain.forest.intervals).not.toHaveProperty('overdispersion');
    expect(wide.forest.intervals!.overdispersion).toBe(0.02);
    const widthOf = (forest: Forest, exposure: number): number => {
      const { low, high } = forest.predictInterval(rowOf(input.columns, 1), { exposure });
      return high - low;
    };
    const ratio = (n: number): number => widthOf(wide.forest, n) / widthOf(plain.forest, n);
    expect(ratio(10_000)).toBeGreaterThan(3 * ratio(1));
    expect(Number.isFinite(widthOf(wide.forest, Infinity))).toBe(true);
  });

  it('covers what is overdispersed', () => {
    // Each row's own chance is a mean of two Beta numbers' kind: p + or − a step that gives ρ.
    const rho = 0.05;
    const spoil = (rows: typeof input, seed: number): typeof input => {
      const random = new Random(seed, 3);
      const target = rows.truth.map((p, i) => {
        const step = Math.sqrt(rho * p * (1 - p)) * (random.below(2) === 0 ? 1 : -1);
        const own = Math.min(1, Math.max(0, p + step));
        let clicks = 0;
        for (let j = 0; j < rows.weight[i]; j++) clicks += +(random.unit() < own);
        return clicks / rows.weight[i];
      });
      return { ...rows, target };
    };
    const rough = spoil(input, 1);
    const result = boost(rough, { loss: 'binomial', rounds: 60, learningRate: 0.15 });
    const { forest } = judged(result.forest, rough, result.outOfBag.predictions, {
      overdispersion: rho,
    });
    const unseen = spoil(fresh, 2);
    const rows = Array.from({ length: 1500 }, (_, i) => i);
    for (const large of [false, true]) {
      const some = rows.filter((i) => unseen.weight[i] > 20 === large);
      const held = some.filter((i) => {
        const options = { level: 0.9, exposure: unseen.weight[i] };
        const { low, high } = forest.predictInterval(rowOf(unseen.columns, i), options);
        return unseen.target[i] >= low && unseen.target[i] <= high;
      });
      expect(Math.abs(held.length / some.length - 0.9)).toBeLessThan(0.05);
    }
  });

  it.each<[string, () => unknown, string]>([
    ['other rows', () => judged(bag.forest, input, [0.5]), 'COLUMNS_INVALID'],
    [
      'no prediction',
      () =>
        judged(
          bag.forest,
          input,
          input.target.map(() => NaN),
        ),
      'NO_INTERVALS',
    ],
    [
      'an overdispersion above 1',
      () => judged(bag.forest, input, input.target, { overdispersion: 2 }),
      'OPTION_INVALID',
    ],
  ])('by %s is refused', (_, work, code) => {
    expect(work).toThrow(expect.objectContaining({ code }));
  });

  it('goes with forests of folds, put together', () => {
    const { bins } = boosted.forest;
    const folds = [0, 1].map((k) => {
      const kept = Array.from({ length: 2000 }, (_, i) => i).filter((i) => i % 2 !== k);
      const pick = (values: Float64Array): Float64Array =>
        Float64Array.from(kept, (i) => values[i]);
      const columns = { ...input.columns, rows: 1000, values: input.columns.values.map(pick) };
      const part = { columns, target: pick(input.target), weight: pick(input.weight), bins };
      return fit(part, { trees: 20, minLeafRows: 20, outOfBag: false }).forest;
    });
    const predictions = input.target.map((_, i) => folds[i % 2].predict(rowOf(input.columns, i)));
    const { forest } = judged(combine(folds), input, predictions, { noise: 'binomial' });
    expect(Math.abs(coverage(forest, 0.9) - 0.9)).toBeLessThan(0.035);
  });
});

describe('Platt’s calibration', () => {
  const told = bag.outOfBag.predictions;

  it('finds the map that there is', () => {
    // Log-odds of the truth, stretched by 2 and moved by −1.
    const stretched = input.truth.map((p) => {
      const m = Math.log(p / (1 - p));
      return 1 / (1 + Math.exp(-(2 * m - 1)));
    });
    const result = { ...bag, outOfBag: { ...bag.outOfBag, predictions: stretched } };
    const { calibration } = calibrate({ ...input, target: input.truth }, result, 'platt').forest;
    expect(calibration).toEqual({
      slope: expect.closeTo(0.5, 6),
      intercept: expect.closeTo(0.5, 6),
    });
  });

  it('loses no more than what it calibrates', () => {
    const { outOfBag } = calibrate(input, bag, 'platt');
    const before = logLoss(input.target, told, input.weight);
    expect(logLoss(input.target, outOfBag.predictions, input.weight)).toBeLessThanOrEqual(before);
  });

  it('holds out where outcomes are told apart, or predictions turned round', () => {
    const sure = told.map((p) => +(p > 0.3));
    const apart = calibrate({ target: sure }, bag, 'platt').forest.calibration;
    expect(Object.values(apart!).every(Number.isFinite)).toBe(true);
    const turned = told.map((p) => 1 - p);
    const { calibration } = calibrate({ target: turned }, bag, 'platt').forest;
    expect(calibration).toMatchObject({ slope: 0 });
  });

  it('takes rates only', () => {
    const data = mixedData({ rows: 300 });
    const result = fit(data, { trees: 9 });
    expect(() => calibrate(data, result, 'platt')).toThrow(
      expect.objectContaining({ code: 'COLUMNS_INVALID' }),
    );
  });
});

describe('any calibration', () => {
  it.each(['isotonic', 'platt'] as const)('by %s is refused where nothing weighs', (method) => {
    const weight = input.weight.map(() => 0);
    expect(() => calibrate({ ...input, weight }, bag, method)).toThrow(/weight.*is 0/);
    expect(() => calibrate({ ...input, weight }, bag, method)).toThrow(
      expect.objectContaining({ code: 'COLUMNS_INVALID' }),
    );
  });

  it('of an unknown method is refused', () => {
    expect(() => calibrate(input, bag, 'beta' as 'platt')).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
  });
});
