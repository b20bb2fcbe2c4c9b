import { boost, boostMore, fit, writeModel, type BoostOptions } from '../../src/index.js';
import { clickData } from './data.js';

const input = clickData({ rows: 800, missing: 0.1 });

describe('boosting on', () => {
  it.each<[string, BoostOptions]>([
    ['without end', { patience: 1000 }],
    ['where the best is not the last', { patience: 40 }],
    ['where some are stopped', { patience: 6, learningRate: 0.15 }],
    ['where all are stopped', { patience: 2, learningRate: 0.9 }],
    ['on samples', { rowSample: 0.6, columnSample: 0.7 }],
    ['by another loss', { loss: 'squared_error', maxLeaves: 6 }],
    ['one booster of all rows', { folds: 1 }],
  ])('%s: 30 rounds and 25 more are 55 rounds, byte for byte', (_, options) => {
    const all: BoostOptions = {
      loss: 'binomial',
      learningRate: 0.1,
      folds: 3,
      maxDepth: 4,
      ...options,
    };
    const whole = boost(input, { ...all, rounds: 55 });
    const parts = boostMore(input, boost(input, { ...all, rounds: 30 }), 25);
    expect(writeModel(parts.forest)).toEqual(writeModel(whole.forest));
    expect(parts.outOfBag).toEqual(whole.outOfBag);
    expect(parts.stopped).toEqual(whole.stopped);
  });

  it('is refused of other rows, of a bag and of no rounds', () => {
    const first = boost(input, { rounds: 2, folds: 2 });
    const other = clickData({ rows: 800, seed: 9 });
    expect(() => boostMore(other, first, 1)).toThrow(
      expect.objectContaining({ code: 'COLUMNS_INVALID' }),
    );
    const bag = { ...fit(input, { trees: 2 }), stopped: [] };
    for (const [result, more] of [
      [bag, 1],
      [first, 0],
      [first, 1.5],
    ] as const) {
      expect(() => boostMore(input, result, more)).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID' }),
      );
    }
  });
});
