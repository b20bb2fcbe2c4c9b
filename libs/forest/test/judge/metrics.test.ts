import { logLoss, mae, mean, normalisedEntropy, r2, rmse } from '../../src/index.js';

const observed = [0, 0.5, 1];
const predicted = [0.1, 0.5, 0.7];

describe('metrics', () => {
  it('follow their definitions', () => {
    expect(mean(observed, [1, 1, 2])).toBe(0.625);
    expect(mae(observed, predicted)).toBeCloseTo(0.4 / 3, 12);
    expect(rmse(observed, predicted)).toBeCloseTo(Math.sqrt(0.1 / 3), 12);
    expect(r2(observed, predicted)).toBeCloseTo(1 - 0.1 / 0.5, 12);
  });

  it('count a row of weight 2 twice', () => {
    const twice = (values: number[]) => [...values, values[2]];
    for (const metric of [mae, rmse, r2, logLoss, normalisedEntropy]) {
      expect(metric(observed, predicted, [1, 1, 2])).toBeCloseTo(
        metric(twice(observed), twice(predicted)),
        12,
      );
    }
  });

  it('score the mean 0 and perfection 1', () => {
    expect(r2(observed, [0.5, 0.5, 0.5])).toBe(0);
    expect(r2(observed, observed)).toBe(1);
    expect(normalisedEntropy(observed, [0.5, 0.5, 0.5])).toBe(1);
  });

  it('price a certain mistake at infinity and a certain truth at nothing', () => {
    expect(logLoss([1], [0])).toBe(Infinity);
    expect(logLoss([0, 1], [0, 1])).toBe(0);
  });
});
