import { ForestError } from '../../src/index.js';
import { resolveParameters } from '../../src/data/parameters.js';
import { mixedSchema } from '../data.js';

describe('fit options', () => {
  it.each([
    [{ trees: 0 }, /trees is 0, wanted a whole number ≥ 1 and ≤ 100000/],
    [{ trees: 1.5 }, /trees is 1.5/],
    [{ maxBins: 1 }, /maxBins is 1/],
    [{ maxDepth: NaN }, /maxDepth is null/],
    [{ minGain: -1 }, /minGain is -1/],
    [{ sampleFraction: 0 }, /sampleFraction is 0, wanted a number > 0 and ≤ 1/],
    [{ bootstrap: 'yes' }, /bootstrap is "yes", wanted true or false/],
    [{ criterion: 'gini' }, /criterion is "gini", wanted squared_error or poisson/],
    [{ nTrees: 5 }, /nTrees is 5, wanted one of the options .*trees/],
    [{ constructor: 5 }, /constructor is 5, wanted one of the options/],
    [{ monotone: { weight: 1 } }, /monotone.weight is 1, wanted the name of a feature/],
    [{ monotone: { colour: 1 } }, /categories have no order/],
    [{ monotone: { size: 2 } }, /wanted 1 or -1/],
  ])('%j are refused by option, value and range', (options, message) => {
    const resolve = () => resolveParameters(mixedSchema, options as object);
    expect(resolve).toThrow(ForestError);
    expect(resolve).toThrow(message);
  });

  it('count features as a share below 1 and as a number from 1 on', () => {
    const drawn = (maxFeatures?: number) =>
      resolveParameters(mixedSchema, { maxFeatures }).maxFeatures;
    expect([drawn(), drawn(0.01), drawn(0.7), drawn(1), drawn(2), drawn(99)]).toEqual([
      3, 1, 2, 1, 2, 3,
    ]);
  });
});
