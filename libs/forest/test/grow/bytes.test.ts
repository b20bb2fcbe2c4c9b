/*
 * What a seed grows, held to what it grew before there were kernels: the SHA-256 of model files and of
 * out-of-bag results, made by version 0.1.0 in JavaScript (fixtures/grown.json).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fit, Random, writeModel, type FitInput, type FitOptions } from '../../src/index.js';
import { mixedData, uniform, type MixedOptions } from '../data.js';

/** Numeric, integer and categorical features in turn, and a target that needs them all. */
function wideData(rows: number, width: number, categories = 9, missing = 0): FitInput {
  const random = new Random(rows + width, 1);
  const names = Array.from({ length: categories }, (_, i) => `v${i}`);
  const features = Array.from({ length: width }, (_, f) =>
    f % 3 === 2
      ? { name: `f${f}`, kind: 'categorical' as const, categories: names }
      : { name: `f${f}`, kind: f % 3 === 1 ? ('integer' as const) : ('numeric' as const) },
  );
  const drawn = features.map((_, f) =>
    Float64Array.from({ length: rows }, () => {
      if (f % 3 === 0) return uniform(random);
      return random.below(f % 3 === 1 ? 500 : categories);
    }),
  );
  const target = Float64Array.from({ length: rows }, (_, i) =>
    drawn.reduce((sum, x, f) => sum + ((x[i] * (f + 1)) % 1.7), 0.2 * uniform(random)),
  );
  const weight = target.map(() => (random.below(20) === 0 ? 0 : random.below(1000)));
  const values = drawn.map((x) => x.map((value) => (uniform(random) < missing ? NaN : value)));
  return { columns: { schema: { features }, rows, values }, target, weight };
}

function counted(input: FitInput): FitInput {
  const count = Array.from(input.target, (_, i) => 1 + ((i * 7919) % (i % 10 === 0 ? 900 : 9)));
  return { ...input, count };
}

const mixed = (rows: number, options: Omit<MixedOptions, 'rows'> = {}): FitInput =>
  mixedData({ rows, ...options });

const cases: Record<string, [FitInput, FitOptions?]> = {
  'by default': [mixed(3000)],
  'to single rows': [mixed(1500), { minLeafRows: 1 }],
  'with missing values': [mixed(3000, { missing: 0.2 }), { minLeafRows: 2 }],
  'of unweighted rows': [{ ...mixed(2000), weight: undefined }],
  'of many features': [wideData(2000, 25, 9, 0.05)],
  'to depth 6': [wideData(2000, 13), { maxDepth: 6 }],
  'drawing few features': [wideData(2000, 9), { maxFeatures: 3 }],
  'drawing most features': [wideData(2000, 9), { maxFeatures: 6 }],
  'best first': [wideData(2000, 6, 9, 0.1), { maxLeaves: 60 }],
  'with random cuts': [wideData(2000, 6, 9, 0.1), { extraTrees: true }],
  'by Poisson deviance': [wideData(2000, 6, 9, 0.1), { criterion: 'poisson' }],
  'under monotone constraints': [
    mixed(2000, { missing: 0.1 }),
    { monotone: { size: 1, place: -1 } },
  ],
  'by Poisson deviance under constraints': [
    wideData(2000, 5),
    { criterion: 'poisson', monotone: { f0: 1, f1: 1 } },
  ],
  'over hundreds of categories': [wideData(4000, 6, 700)],
  'over thousands of bins': [wideData(5000, 4), { maxBins: 2000 }],
  'over few bins and many equal rows': [mixed(20_000, { distinct: 5 }), { maxBins: 4 }],
  'without replacement': [mixed(3000), { bootstrap: false, sampleFraction: 0.5 }],
  'of all rows': [mixed(1000), { bootstrap: false, maxFeatures: 2 }],
  'of counted rows': [counted(mixed(2000))],
  'of counted rows without replacement': [
    counted(mixed(2000, { missing: 0.1 })),
    { bootstrap: false, sampleFraction: 0.7, minLeafRows: 50 },
  ],
  'with leaves of very many rows': [counted(mixed(2000)), { minLeafRows: 70_000 }],
  'with bounds on weight and gain': [mixed(2000), { minLeafWeight: 60, minGain: 1e-4 }],
  'of a handful of rows': [mixed(9)],
  'of one row': [mixed(1)],
};

const grown: Record<string, string> = JSON.parse(
  readFileSync(fileURLToPath(new URL('../fixtures/grown.json', import.meta.url)), 'utf8'),
);

describe('a seed grows the same bytes as ever', () => {
  it.each(Object.keys(cases))('%s', (name) => {
    const [input, options] = cases[name];
    const { forest, outOfBag } = fit(input, { trees: 6, seed: 7, ...options });
    const hash = createHash('sha256').update(writeModel(forest));
    hash.update(new Uint8Array(outOfBag.predictions.buffer));
    hash.update(new Uint8Array(outOfBag.variances.buffer));
    expect(hash.digest('hex')).toBe(grown[name]);
  });

  it('in every case of the fixture', () => {
    expect(Object.keys(grown)).toEqual(Object.keys(cases));
  });
});
