import { combine, fit, Forest, learnBins, mix, type FitOptions } from '../../src/index.js';
import { mixedData, rowOf } from '../data.js';
import { boosted, forestOfParts, kinds, rows } from '../parts.js';

const data = mixedData({ rows: 400, missing: 0.1 });
const bins = learnBins(data.columns, { maxBins: 20 });
const fitted = (options: FitOptions): Forest => fit({ ...data, bins }, options).forest;

describe('learned bins', () => {
  it('are those of a fit', () => {
    const options = { maxBins: 31, seed: 5 };
    const own = fit(data, { trees: 1, ...options }).forest.bins;
    expect(learnBins(data.columns, options)).toEqual(own);
  });

  it('are taken by a fit of other rows', () => {
    const other = mixedData({ rows: 150, seed: 9 });
    const { forest } = fit({ ...other, bins }, { trees: 3 });
    expect(forest.bins).toEqual(bins);
    for (let i = 0; i < 150; i++) {
      const row = rowOf(other.columns, i);
      expect(forest.compile().predict(row)).toBe(forest.predict(row));
    }
  });

  it('follow counts as a fit’s do', () => {
    const count = data.target.map((_, i) => 1 + (i % 9));
    const own = fit({ ...data, count }, { trees: 1, maxBins: 8 }).forest.bins;
    expect(learnBins(data.columns, { maxBins: 8, count })).toEqual(own);
  });

  it.each([
    ['of too few features', bins.slice(1)],
    ['of another kind', [bins[2], bins[1], bins[0]]],
    ['of other categories', [bins[0], bins[1], { ...bins[2], bins: 4 }]],
    [
      'of cuts that descend',
      [{ ...bins[0], cuts: bins[0].cuts.slice().reverse() }, bins[1], bins[2]],
    ],
  ])('%s are refused', (_, wrong) => {
    expect(() => fit({ ...data, bins: wrong })).toThrow(/COLUMNS|bins/);
    expect(() => fit({ ...data, bins: wrong })).toThrow(
      expect.objectContaining({ code: 'COLUMNS_INVALID' }),
    );
  });
});

describe('forests put together', () => {
  it('are a bag of the trees of bags', () => {
    const [a, b] = [fitted({ trees: 5 }), fitted({ trees: 8, seed: 3 })];
    const both = combine([a, b]);
    expect(both.trees).toEqual([...a.trees, ...b.trees]);
    expect(both.parameters.trees).toBe(13);
    for (const row of rows) {
      const wanted = (5 * a.predict(row) + 8 * b.predict(row)) / 13;
      expect(both.predict(row)).toBeCloseTo(wanted, 12);
      expect(both.compile().predict(row)).toBe(both.predict(row));
    }
  });

  it('keep their members’ predictions where their bases differ', () => {
    const a = forestOfParts(boosted('logit', [3, 2]));
    const [part] = boosted('logit', [4]);
    const b = forestOfParts([{ ...part, base: 1.25 }]);
    const both = combine([a, b]);
    expect(both.parts).toEqual([{ ...part, base: a.parts[0].base, members: [3, 2, 4] }]);
    const flat = Float64Array.from(rows.flat());
    const draws = both.compile().perTree(flat, rows.length);
    const ofB = b.compile().perTree(flat, rows.length);
    ofB.forEach((p, i) => expect(draws[2 * rows.length + i]).toBeCloseTo(p, 12));
  });

  it('mix by their weights, which need not sum to 1', () => {
    const a = fitted({ trees: 4 });
    const b = fitted({ trees: 3, seed: 8 });
    const mixture = mix([
      { forest: a, weight: 3 },
      { forest: b, weight: 1 },
    ]);
    expect(mixture.parts.map(({ weight }) => weight)).toEqual([0.75, 0.25]);
    for (const row of rows) {
      const wanted = 0.75 * a.predict(row) + 0.25 * b.predict(row);
      expect(mixture.predict(row)).toBeCloseTo(wanted, 12);
    }
  });

  it('mix mixtures', () => {
    const parts = kinds['a mixture of three'];
    const twice = mix([
      { forest: forestOfParts(parts), weight: 1 },
      { forest: forestOfParts(boosted('log')), weight: 1 },
    ]);
    expect(twice.parts.map(({ weight }) => weight)).toEqual([0.1, 0.15, 0.25, 0.5]);
    expect(twice.parameters.trees).toBe(twice.trees.length);
  });

  const one = fitted({ trees: 2 });
  const otherBins = fit(data, { trees: 2 }).forest;
  const { parameters, trees } = one;
  const renamed = one.schema.features.map((feature) => ({ ...feature, name: `${feature.name}s` }));
  const otherSchema = new Forest({ features: renamed }, parameters, bins, trees);
  const isotonic = { x: Float64Array.of(1), y: Float64Array.of(1) };
  it.each<[string, Forest[]]>([
    ['of other bins', [one, otherBins]],
    ['of other features', [one, otherSchema]],
    ['that are calibrated', [one.with({ calibration: isotonic })]],
    ['that are none', []],
  ])('%s are refused', (_, forests) => {
    const refusal = expect.objectContaining({ code: 'FORESTS_DIFFER' });
    expect(() => combine(forests)).toThrow(refusal);
    expect(() => mix(forests.map((forest) => ({ forest, weight: 1 })))).toThrow(refusal);
  });

  it('of other links, and mixtures, are no bag', () => {
    const refusal = expect.objectContaining({ code: 'FORESTS_DIFFER' });
    const logit = forestOfParts(boosted('logit'));
    const log = forestOfParts(boosted('log'));
    expect(() => combine([logit, log])).toThrow(refusal);
    expect(() => combine([forestOfParts(kinds['a mixture of three'])])).toThrow(refusal);
    for (const weight of [0, -1, NaN, Infinity]) {
      expect(() => mix([{ forest: logit, weight }])).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID' }),
      );
    }
  });
});
