import {
  calibrate,
  fit,
  growMore,
  logLoss,
  mean,
  normalisedEntropy,
  permutationImportance,
  takeRows,
  takeValues,
  writeModel,
  type FitInput,
  type FitOptions,
  type Forest,
  type IsotonicCalibration,
} from '../../src/index.js';
import { fitIntervals } from '../../src/judge/intervals.js';
import { Random } from '../../src/random.js';
import { mixedData, rowOf, uniform } from '../data.js';

interface Counted extends FitInput {
  readonly count: Float64Array;
}

/** Rows that count 1 to `most`: whole weights and targets of 0 or 1, whose sums are exact. */
function clicks(rows: number, most: number, seed = 1, missing = 0.1): Counted {
  const { columns } = mixedData({ rows, seed, missing });
  const random = new Random(seed, 77);
  const count = new Float64Array(rows).map(() => 1 + random.below(most));
  const weight = count.map(() => 1 + random.below(3));
  const target = count.map((_, i) => +(uniform(random) < 0.15 + 0.5 * (columns.values[0][i] || 0)));
  return { columns, target, weight, count };
}

/** The raw rows that counted ones stand for. */
function rawOf({ columns, target, weight, count }: Counted): FitInput {
  const rows = Array.from(count).flatMap((c, i) => Array<number>(c).fill(i));
  return {
    columns: takeRows(columns, rows),
    target: takeValues(target, rows),
    weight: takeValues(weight!, rows),
  };
}

function expectSameBytes(one: Forest, other: Forest): void {
  expect(Buffer.compare(writeModel(one), writeModel(other))).toBe(0);
}

describe('counted rows without bootstrap', () => {
  it.each<[string, FitOptions, number]>([
    ['', {}, 400],
    ['with so few bins that cuts are quantiles', { maxBins: 12 }, 400],
    ['where leaves are large', { minLeafRows: 90 }, 400],
    ['with drawn features', { maxFeatures: 1 }, 400],
    ['with random cuts', { extraTrees: true }, 400],
    ['best first', { maxLeaves: 20 }, 400],
    ['under Poisson loss', { criterion: 'poisson' }, 400],
    ['in thousands', { maxBins: 16 }, 3000],
  ])('give the model file of the raw rows, byte for byte %s', (_, options, rows) => {
    const counted = clicks(rows, 40);
    const rules = { trees: 3, bootstrap: false, ...options };
    const [one, other] = [fit(counted, rules), fit(rawOf(counted), rules)];
    expect(one.forest.trees[0].nodes).toBeGreaterThan(9);
    expectSameBytes(one.forest, other.forest);
  });

  it('take quantiles of the raw rows where those are a sample', () => {
    const counted = clicks(700, 900);
    const rules = { trees: 1, maxBins: 100, bootstrap: false };
    expect(counted.count.reduce((a, b) => a + b)).toBeGreaterThan(200_000);
    const [one, other] = [fit(counted, rules), fit(rawOf(counted), rules)];
    expectSameBytes(one.forest, other.forest);
  });
});

describe('counted rows that all count 1', () => {
  it('are rows: the same bytes, the same out-of-bag result', () => {
    const { count, ...rows } = clicks(300, 5);
    const [one, other] = [
      fit({ ...rows, count: count.fill(1) }, { trees: 9 }),
      fit(rows, { trees: 9 }),
    ];
    expectSameBytes(one.forest, other.forest);
    expect(one.outOfBag).toEqual(other.outOfBag);
  });
});

describe('counted rows with bootstrap', () => {
  const counted = clicks(150, 12);
  const raw = rawOf(counted);
  const rawCounts = new Float64Array(raw.target.length).fill(1);
  const SEEDS = 120;
  const TREES = 30;
  const asked = [3, 20, 77, 140].map((i) => rowOf(counted.columns, i));

  /**
   * By seed: predictions, out-of-bag R², weighted R² and NE. A counted row's prediction averages
   * over more trees than a raw row's own, which NE rewards; by its second derivative, it is what
   * the own predictions' spread about it adds.
   */
  const over = (input: FitInput, count: Float64Array, from: number): number[][] =>
    Array.from({ length: SEEDS }, (_, s) => {
      const { forest, outOfBag } = fit(input, { trees: TREES, seed: from + s, minLeafRows: 20 });
      const weight = input.weight!.map((w, i) => w * count[i]);
      const rates = outOfBag.predictions.map((p) => Math.min(0.98, Math.max(0.02, p)));
      const unseenBy = TREES / Math.E - (1 - 1 / Math.E);
      const share = (TREES / unseenBy - 1) / (TREES - 1);
      const added = rates.map(
        (p, i) => (outOfBag.variances[i] * share * (1 - 1 / count[i])) / (2 * p * (1 - p)),
      );
      const constant = rates.map(() => mean(input.target, weight));
      const ne =
        normalisedEntropy(input.target, rates, weight) +
        mean(added, weight) / logLoss(input.target, constant, weight);
      return [...asked.map((row) => forest.predict(row)), outOfBag.r2, outOfBag.weightedR2, ne];
    });
  const one = over(counted, counted.count, 1);
  const other = over(raw, rawCounts, 1000);
  const names = [...asked.map((_, i) => `prediction ${i}`), 'R²', 'weighted R²', 'NE'];

  it.each(names.map((name, k) => [name, k] as const))('agree with raw rows in %s', (_, k) => {
    const [a, b] = [one, other].map((runs) => {
      const values = runs.map((run) => run[k]);
      const centre = mean(values);
      const variance = values.reduce((sum, v) => sum + (v - centre) ** 2, 0) / (SEEDS - 1);
      return { centre, variance };
    });
    expect(Math.abs(a.centre - b.centre)).toBeLessThan(
      4 * Math.sqrt((a.variance + b.variance) / SEEDS),
    );
    expect(a.variance / b.variance).toBeGreaterThan(0.5);
    expect(a.variance / b.variance).toBeLessThan(2);
  });

  it('grow on as one fit would, and not from other counts', () => {
    const once = fit(counted, { trees: 8 });
    const twice = growMore(counted, fit(counted, { trees: 5 }), 3);
    expectSameBytes(twice.forest, once.forest);
    expect(twice.outOfBag).toEqual(once.outOfBag);
    const { columns, target, weight } = counted;
    expect(() => growMore({ columns, target, weight }, once, 1)).toThrow(/not the rows/);
  });

  it('may count a billion each', () => {
    const huge = { ...counted, count: counted.count.map((c) => c * 1e9) };
    const { forest, outOfBag } = fit(huge, { trees: 20, minLeafRows: 2e9, sampleFraction: 0.8 });
    expect(forest.trees[0].nodes).toBeGreaterThan(9);
    expect(outOfBag.predictions.every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(outOfBag.r2).toBeGreaterThan(0);
    expect(forest.intervals!.rows).toBe(huge.count.reduce((a, b) => a + b));
  });
});

describe('a count', () => {
  const counted = clicks(80, 9);

  it('counts a row’s score that often for intervals, and its weight for calibration', () => {
    const result = fit(counted, { trees: 20, minLeafRows: 5 });
    const { predictions, variances } = result.outOfBag;
    const { target, weight, count } = counted;
    const rows = Array.from(count).flatMap((c, i) => Array<number>(c).fill(i));
    const all = (values: Float64Array): Float64Array => takeValues(values, rows);
    const repeated = {
      predictions: all(predictions),
      variances: all(variances),
      target: all(target),
      weight: all(weight!),
      count: null,
    };
    const expected = fitIntervals(repeated, 'plain')!;
    const { scores, meanSquareError, rows: told } = result.forest.intervals!;
    expect(told).toBe(expected.rows);
    expect(meanSquareError).toBeCloseTo(expected.meanSquareError, 12);
    expect(scores.length).toBe(expected.scores.length);
    scores.forEach((score, i) => expect(score).toBeCloseTo(expected.scores[i], 9));
    const { x, y } = calibrate(counted, result).forest.calibration as IsotonicCalibration;
    const other = calibrate(
      { target: repeated.target, weight: repeated.weight },
      { ...result, outOfBag: { ...result.outOfBag, ...repeated } },
    ).forest.calibration as IsotonicCalibration;
    expect(x.length).toBe(other.x.length);
    x.forEach((at, i) => expect(at).toBeCloseTo(other.x[i], 9));
    y.forEach((value, i) => expect(value).toBeCloseTo(other.y[i], 9));
  });

  it('weighs a row’s loss in permutation importance', () => {
    const { forest } = fit(counted, { trees: 2 });
    const seen: ArrayLike<number>[] = [];
    const loss = (_: unknown, __: unknown, weight?: ArrayLike<number>): number => {
      seen.push(weight!);
      return 0;
    };
    permutationImportance(forest, counted, { repeats: 1, loss });
    expect(seen[0]).toEqual(counted.weight!.map((w, i) => w * counted.count[i]));
  });

  it('of minLeafRows rows makes a leaf of one row', () => {
    const columns = mixedData({ rows: 40 }).columns;
    const input = {
      columns,
      target: new Float64Array(40).map((_, i) => i % 7),
      count: new Float64Array(40).fill(100_000),
    };
    const grown = (minLeafRows: number): number =>
      fit(input, { trees: 1, bootstrap: false, minLeafRows }).forest.trees[0].nodes;
    expect(grown(100_000)).toBeGreaterThan(50);
    expect(grown(100_001)).toBeLessThan(40);
  });

  it.each([
    [[1, 2], /count has 2 rows, wanted 80/],
    [new Float64Array(80).fill(0.5), /count of row 0 is 0.5, wanted a whole number ≥ 1/],
    [new Float64Array(80), /count of row 0 is 0, wanted/],
    [new Float64Array(80).fill(2 ** 52), /counts sum to .*, wanted less than 2\^53/],
  ])('is refused when it is none (%#)', (count, message) => {
    expect(() => fit({ ...counted, count }, { trees: 1 })).toThrow(message);
  });
});
