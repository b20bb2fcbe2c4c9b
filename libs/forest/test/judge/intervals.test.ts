import { calibrate, fit, readModel, writeModel, type Forest } from '../../src/index.js';
import { Random } from '../../src/random.js';
import { mixedData, numericColumns, rowOf, uniform, type WeightedInput } from '../data.js';

/** Rates over counts: the true rate is a function of the features, the noise is binomial. */
function rates(rows: number, seed: number): WeightedInput {
  const data = mixedData({ rows, seed });
  const random = new Random(seed, 99);
  for (let i = 0; i < rows; i++) {
    const [size, place] = rowOf(data.columns, i);
    const rate = 0.02 + 0.05 * size + 0.01 * place;
    const count = 50 + random.below(400);
    let events = 0;
    for (let trial = 0; trial < count; trial++) events += +(uniform(random) < rate);
    data.weight[i] = count;
    data.target[i] = events / count;
  }
  return data;
}

function coverage(
  forest: Forest,
  { columns, target, weight }: WeightedInput,
  level: number,
): number {
  let held = 0;
  target.forEach((y, i) => {
    const { low, high } = forest.predictInterval(rowOf(columns, i), { level, exposure: weight[i] });
    held += +(low <= y && y <= high);
  });
  return held / target.length;
}

describe('intervals', () => {
  const training = rates(2000, 1);
  const result = fit(training, { trees: 60, noise: 'binomial' });
  const fresh = rates(2000, 2);

  it.each([0.5, 0.8, 0.9, 0.95])('of level %d hold that share of fresh rates', (level) => {
    // Three standard deviations of a share of 2,000 rows, and what the model itself may be off.
    const bound = 3 * Math.sqrt((level * (1 - level)) / 2000) + 0.01;
    expect(Math.abs(coverage(result.forest, fresh, level) - level)).toBeLessThan(bound);
    expect(
      Math.abs(coverage(calibrate(training, result).forest, fresh, level) - level),
    ).toBeLessThan(bound);
  });

  it('hold plain targets as often as they say, too', () => {
    const { forest } = fit(mixedData({ rows: 2000, seed: 1 }), { trees: 60 });
    expect(Math.abs(coverage(forest, mixedData({ rows: 2000, seed: 2 }), 0.9) - 0.9)).toBeLessThan(
      0.03,
    );
  });

  const row = rowOf(training.columns, 0);
  const width = (level: number, exposure: number): number => {
    const { low, high } = result.forest.predictInterval(row, { level, exposure });
    return high - low;
  };

  it('widen with the level and with fewer impressions, and never to nothing', () => {
    expect(width(0.95, 1000)).toBeGreaterThan(width(0.8, 1000));
    expect(width(0.9, 100)).toBeGreaterThan(width(0.9, 10_000));
    expect(width(0.9, 1e15)).toBeGreaterThan(0);
  });

  it('stay within what a rate can be', () => {
    const { low, high } = result.forest.predictInterval(row, { level: 0.99, exposure: 1 });
    expect([low, high]).toEqual([0, expect.any(Number)]);
    expect(high).toBeLessThanOrEqual(1);
  });

  it('are without bound where there are too few rows for the level', () => {
    const { forest } = fit(mixedData({ rows: 12 }), { trees: 30 });
    expect(forest.predictInterval(row, { level: 0.999 })).toEqual({
      low: -Infinity,
      high: Infinity,
    });
  });

  it('are the same after a trip through a model file', () => {
    const back = readModel(writeModel(result.forest));
    expect(back.predictInterval(row, { exposure: 77 })).toEqual(
      result.forest.predictInterval(row, { exposure: 77 }),
    );
  });

  it('hold what no tree thought possible, also after a trip through a model file', () => {
    // One click on one word alone: trees that did not see it predict 0 there, and all agree.
    const word = Float64Array.from({ length: 60 }, (_, i) => i % 6);
    const target = word.map((_, i) => (i === 0 ? 0.5 : 0));
    const columns = numericColumns([...word]);
    const { forest } = fit(
      { columns, target, weight: word.map(() => 10) },
      { trees: 30, noise: 'binomial', minLeafRows: 1 },
    );
    expect(forest.intervals!.scores.at(-1)).toBe(Infinity);
    const back = readModel(writeModel(forest));
    expect(back.intervals).toEqual(forest.intervals);
    const wide = { level: 60.5 / 61, exposure: 10 };
    expect(back.predictInterval([3], wide)).toEqual({ low: 0, high: 1 });
    expect(back.predictInterval([3], { level: 0.5, exposure: 10 })).toEqual({ low: 0, high: 0 });
  });

  it.each([
    [{ level: 1, exposure: 5 }, /level is 1, wanted a number > 0 and < 1/],
    [{ level: NaN, exposure: 5 }, /level is NaN/],
    [{}, /exposure is undefined, wanted the count > 0/],
    [{ exposure: 0 }, /exposure is 0/],
  ])('refuse %j', (options, message) => {
    expect(() => result.forest.predictInterval(row, options)).toThrow(message);
  });

  it('need rows that were out of bag', () => {
    const { forest } = fit(training, { trees: 2, bootstrap: false });
    expect(() => forest.predictInterval(row)).toThrow(/no row was out of bag/);
  });

  it('take rates and counts for binomial noise, nothing else', () => {
    const options = { noise: 'binomial' } as const;
    const { weight, ...unweighted } = training;
    expect(weight).toBeDefined();
    expect(() => fit(unweighted, options)).toThrow(/binomial noise wants weights/);
    expect(() => fit(mixedData({ rows: 20 }), options)).toThrow(/wanted a rate from 0 to 1/);
  });
});
