import {
  fit,
  growMore,
  writeModel,
  type CategoricalFeature,
  type Feature,
  type FitOptions,
} from '../../src/index.js';
import { mixedData, mixedSchema } from '../data.js';

const data = mixedData({ rows: 300, missing: 0.1 });

describe('growing on', () => {
  const variants: FitOptions[] = [
    {},
    { maxLeaves: 9 },
    { monotone: { size: -1 }, maxFeatures: 2 },
    { outOfBag: false },
  ];

  it.each(variants)('gives the forest of one fit, byte for byte (%j)', (options) => {
    const once = fit(data, { trees: 10, ...options });
    const twice = growMore(data, fit(data, { trees: 6, ...options }), 4);
    expect(writeModel(twice.forest)).toEqual(writeModel(once.forest));
    expect(twice.outOfBag).toEqual(once.outOfBag);
  });

  it('reports the trees it adds', () => {
    const seen: number[] = [];
    growMore(data, fit(data, { trees: 2 }), 2, (done) => seen.push(done));
    expect(seen).toEqual([3, 4]);
  });

  it('refuses other rows than the first trees saw', () => {
    const first = fit(data, { trees: 2 });
    expect(() => growMore(mixedData({ rows: 299 }), first, 1)).toThrow(
      /not the rows of the first trees/,
    );
    expect(() => growMore(mixedData({ rows: 300, seed: 2 }), first, 1)).toThrow(/not the rows/);
  });

  it('refuses rows whose categories stand in another order', () => {
    const first = fit(data, { trees: 2 });
    const [size, place, colour] = mixedSchema.features as [Feature, Feature, CategoricalFeature];
    const turned = { ...colour, categories: colour.categories.toReversed() };
    const columns = { ...data.columns, schema: { features: [size, place, turned] } };
    const refusal = expect.objectContaining({
      code: 'COLUMNS_INVALID',
      detail: 'category 0 of its column colour is "black", wanted "red"',
    });
    expect(() => growMore({ ...data, columns }, first, 1)).toThrow(refusal);
  });

  it('adds at least one tree', () => {
    expect(() => growMore(data, fit(data, { trees: 2 }), 0)).toThrow(/more is 0/);
  });
});
