import type { CtrModel } from '@adscale/ctr';
import { ModelError } from '../../src/error/model-error.js';
import { WordError } from '../../src/error/word-error.js';

/** A model of an ad group and a creative below it: only the parts that are asked. */
const model = {
  schema: {
    features: [
      { name: 'group', kind: 'word' },
      { name: 'creative', kind: 'word' },
    ],
  },
  card: {
    choice: {
      words: [
        { name: 'group', parent: null, strength: 99 },
        { name: 'creative', parent: 'group', strength: 199 },
      ],
    },
  },
  words: {
    average: 0.02,
    isKnown: (_: number, word: number) => word < 5,
    statisticsOf: (f: number) => ({ ctr: 0.02, count: f === 0 ? 900 : 300 }),
    layout: {
      groups: [
        [0, 1],
        [2, 3],
      ],
    },
  },
} as unknown as CtrModel;

const against = 0.98 / 0.02;

describe('the error of words', () => {
  const error = new WordError(model);

  it('is that of the posterior of the finest word that is known', () => {
    expect(error.of([1, 2], 0)).toEqual([{ key: '1 2', share: against / 500 }]);
  });

  it('is that of its prior where a word is not known, and its parent’s as well', () => {
    expect(error.of([1, NaN], 7)).toEqual([
      { key: '0 1', share: against / 1000 },
      { key: '1 of row 7', share: against / 200 },
    ]);
    expect(error.of([1, 17], 7)[1]).toEqual({ key: '1 17', share: against / 200 });
  });

  it('is read from the columns alike', () => {
    expect(error.ofColumns([0.02, 900, 0.02, 300])).toBeCloseTo(against / 500, 12);
    expect(error.ofColumns([0.02, 900, 0.02, 0])).toBeCloseTo(against / 1000 + against / 200, 12);
  });

  it('cancels between placements of the same word, and adds up otherwise', () => {
    const certain = {
      ...model,
      forest: { intervals: null, schema: { features: [] } },
      compiled: { askedTrees: 2 },
      predictRow: () => 0.1,
      perTree: (_: Float64Array, count: number) => new Float64Array(2 * count),
    } as unknown as CtrModel;
    const rows = Float64Array.of(1, 2, 1, 2, 1, 3, 1, NaN, 1, NaN);
    const all = new ModelError(certain, rows, 5);
    const one = 0.1 * Math.sqrt(against / 500);
    expect(all.deviationOf(0)).toBeCloseTo(one, 12);
    expect(all.deviationBetween(0, 1)).toBe(0);
    expect(all.deviationBetween(0, 2)).toBeCloseTo(Math.SQRT2 * one, 12);
    expect(all.deviationOfSum([1, 1, 0, 0, 0])).toBeCloseTo(2 * one, 12);
    // Unknown words are different ones; the parent that they share cancels.
    expect(all.deviationBetween(3, 4)).toBeCloseTo(0.1 * Math.sqrt((2 * against) / 200), 12);
  });
});
