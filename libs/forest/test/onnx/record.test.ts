import { fit, type Forest, type Schema } from '../../src/index.js';
import { toOnnx, type RecordField } from '../../src/onnx/index.js';
import { Random } from '../../src/random.js';
import { onnxRuntimeOfRecords } from '../onnx-runtime.js';
import { forestOfParts, kinds } from '../parts.js';

const numeric = (name: string): Schema['features'][number] => ({ name, kind: 'numeric' });

const schema: Schema = {
  features: [
    numeric('budget'),
    { name: 'device', kind: 'categorical', categories: ['phone', 'desk', 'tv'] },
    numeric('creative.value'),
    numeric('creative.count'),
    numeric('site.value'),
    numeric('site.count'),
    { name: 'site', kind: 'integer' },
    numeric('pair.value'),
    numeric('pair.count'),
    { name: 'position', kind: 'integer' },
    numeric('language.value'),
    numeric('language.count'),
  ],
};

/** Parents: creative → pair → site → a number; language → device → a number. */
const fields = {
  budget: { kind: 'number', name: 'budget', column: 0 },
  device: {
    kind: 'category',
    name: 'device',
    column: 1,
    values: [0.2, 0.4, 0.6],
    unknown: 0.35,
  },
  creative: {
    kind: 'word',
    name: 'creative',
    columns: [2, 3],
    words: ['a', 'bc', 'ä ö', 'ab', 'c'],
    values: Float32Array.of(0.1, 0.9, 0.3, 0.7, 0.55),
    counts: Float32Array.of(10, 200, 30, 7, 1e6),
    unknown: { parent: 'pair' },
  },
  site: {
    kind: 'id',
    name: 'site',
    columns: [4, 5, 6],
    ids: [3, -7, 2 ** 40, 0],
    values: [0.15, 0.25, 0.85, 0.45],
    counts: [1, 2, 3, 4],
    unknown: 0.5,
  },
  pair: {
    kind: 'cross',
    name: 'pair',
    of: ['device', 'site'],
    columns: [7, 8],
    pairs: [
      ['phone', 3],
      ['desk', 3],
      ['desk', 2 ** 40],
      ['tv', -7],
    ],
    values: [0.12, 0.22, 0.92, 0.32],
    counts: [5, 6, 7, 8],
    unknown: { parent: 'site' },
  },
  position: { kind: 'number', name: 'position', column: 9, type: 'int64' },
  language: {
    kind: 'word',
    name: 'language',
    columns: [10, 11],
    words: [],
    values: [],
    counts: [],
    unknown: { parent: 'device' },
  },
} as const satisfies Record<string, RecordField>;
const record: readonly RecordField[] = Object.values(fields);

interface Seen {
  readonly budget: number;
  readonly device: string;
  readonly creative: string;
  readonly site: number;
  readonly position: number;
  readonly language: string;
}

const random = new Random(3, 0);
const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
const seen: Seen[] = Array.from({ length: 600 }, () => ({
  budget: pick([NaN, random.unit(), 10 * random.unit(), Infinity]),
  device: pick(['phone', 'desk', 'tv', 'phone', 'desk', 'watch', '']),
  creative: pick([...fields.creative.words, 'A', 'a ', '', 'b', '0']),
  site: pick([...fields.site.ids, 3, NaN, 3.5, -3, 2 ** 53, 1e300, Infinity]),
  position: random.below(9) - 2,
  language: pick(['de', '', 'fr']),
}));

/** The entry at a place, or what there is instead. */
const entry = (list: ArrayLike<number>, place: number, otherwise: number): number =>
  place < 0 ? otherwise : list[place];

/** What the fields say, by plain search. */
function rowOf({ budget, device, creative, site, position }: Seen): number[] {
  const { creative: creatives, site: sites, pair: pairs, device: devices } = fields;
  const devicePlace = ['phone', 'desk', 'tv'].indexOf(device);
  const sitePlace = sites.ids.findIndex((id) => id === site);
  const pairPlace = pairs.pairs.findIndex(([d, s]) => d === device && s === site);
  const creativePlace = creatives.words.findIndex((word) => word === creative);
  const siteValue = entry(sites.values, sitePlace, 0.5);
  const pairValue = entry(pairs.values, pairPlace, siteValue);
  return [
    budget,
    devicePlace < 0 ? NaN : devicePlace,
    entry(creatives.values, creativePlace, pairValue),
    entry(creatives.counts, creativePlace, 0),
    siteValue,
    entry(sites.counts, sitePlace, 0),
    site,
    pairValue,
    entry(pairs.counts, pairPlace, 0),
    position,
    entry(devices.values, devicePlace, devices.unknown),
    0,
  ];
}

const rows = seen.map(rowOf);
const columns = {
  schema,
  rows: rows.length,
  values: schema.features.map((_, f) => Float64Array.from(rows, (row) => row[f])),
};
const target = Float64Array.from(
  rows,
  (row) => 0.1 + row[2] * row[4] + 0.3 * row[7] + 0.2 * row[10] + (row[9] > 2 ? 0.2 : 0),
);
const grown = fit({ columns, target }, { trees: 24, minLeafRows: 2, maxFeatures: 3 }).forest;

const inputs = (type: 'float64' | 'int64', kept = seen) =>
  ({
    budget: { type: 'float64', values: kept.map(({ budget }) => budget) },
    device: { type: 'string', values: kept.map(({ device }) => device) },
    creative: { type: 'string', values: kept.map(({ creative }) => creative) },
    site: { type, values: kept.map(({ site }) => site) },
    position: { type: 'int64', values: kept.map(({ position }) => position) },
    language: { type: 'string', values: kept.map(({ language }) => language) },
  }) as const;

function expectSame(forest: Forest, predictions: ArrayLike<number>, kept = seen): void {
  expect(predictions.length).toBe(kept.length);
  const worst = kept.reduce((most, record, i) => {
    const ours = forest.predict(rowOf(record));
    return Math.max(most, Math.abs(predictions[i] - ours) / Math.abs(ours));
  }, 0);
  expect(worst).toBeLessThan(1e-6);
}

describe('a graph that takes records', () => {
  it('asks every column of the forest', () => {
    const asked = new Set(grown.trees.flatMap((tree) => [...tree.feature]));
    // The count of a field without words is 0 for all.
    for (let f = 0; f < schema.features.length - 1; f++) expect(asked).toContain(f);
  });

  it('predicts of a bag what the library predicts of the rows that it would make', () => {
    expectSame(grown, onnxRuntimeOfRecords(toOnnx(grown, { record }), inputs('float64')));
  });

  it.each(Object.entries(kinds))('does so of %s, calibrated', (_, parts) => {
    const calibration = { slope: 0.8, intercept: -0.5 };
    const forest = forestOfParts(parts, grown).with({ calibration });
    expectSame(forest, onnxRuntimeOfRecords(toOnnx(forest, { record }), inputs('float64')));
  });

  it('takes ids as whole numbers where it says so', () => {
    const whole = seen.filter(({ site }) => Number.isSafeInteger(site));
    expect(whole.length).toBeGreaterThan(200);
    const site = { ...fields.site, type: 'int64' } as const;
    const bytes = toOnnx(grown, { record: Object.values({ ...fields, site }) });
    expectSame(grown, onnxRuntimeOfRecords(bytes, inputs('int64', whole)), whole);
  });

  it('takes names that the graph itself might use, in any order of fields', () => {
    const renamed = record
      .toReversed()
      .map((field) => (field.name === 'budget' ? { ...field, name: 'rows' } : field));
    const { budget, ...others } = inputs('float64');
    const bytes = toOnnx(grown, { record: renamed });
    expectSame(grown, onnxRuntimeOfRecords(bytes, { rows: budget, ...others }));
  });

  const changed = (name: keyof typeof fields, change: object): RecordField[] =>
    Object.values({ ...fields, [name]: { ...fields[name], ...change } });

  it.each<[string, RecordField[], RegExp]>([
    ['that leave a column out', record.slice(1), /column budget is made by 0 fields, wanted 1/],
    ['of which two make a column', changed('budget', { column: 9 }), /budget is made by 0 fields/],
    ['that make what is no column', changed('budget', { column: 12 }), /makes column 12/],
    ['of one name', changed('budget', { name: 'site' }), /two fields are named site/],
    ['without a name', changed('budget', { name: '' }), /a field is named ""/],
    ['named as the output', changed('budget', { name: 'prediction' }), /is named "prediction"/],
    ['named as its own values', changed('budget', { name: '/rows' }), /is named "\/rows"/],
    ['that make a category a number', changed('budget', { column: 1 }), /of kind number/],
    ['with fewer values', changed('creative', { values: [1] }), /has 1 values, wanted 5/],
    ['with more counts', changed('site', { counts: [1, 2, 3, 4, 5] }), /5 counts, wanted 4/],
    ['with values of other categories', changed('device', { values: [1] }), /1 values, wanted 3/],
    ['with a word twice', changed('creative', { words: [...'abcda'] }), /lists something twice/],
    ['with the empty word', changed('creative', { words: [...'abcd', ''] }), /the empty word/],
    ['with an id that is not whole', changed('site', { ids: [1, 2, 0.5, 3] }), /lists 0.5/],
    ['of no parent', changed('site', { unknown: { parent: 'x' } }), /is x, which is no field/],
    ['of a number for a parent', changed('site', { unknown: { parent: 'budget' } }), /a number/],
    ['of a parent without values', changed('device', { values: undefined }), /has no values/],
    ['whose parents go around', changed('site', { unknown: { parent: 'pair' } }), /in a circle/],
    ['that cross what is not there', changed('pair', { of: ['device', 'x'] }), /is no field/],
    ['that pair ids as strings', changed('pair', { of: ['site', 'device'] }), /wanted a number/],
  ])('is refused with fields %s', (_, wrong, message) => {
    const write = (): unknown => toOnnx(grown, { record: wrong });
    expect(write).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    expect(write).toThrow(message);
  });

  it('is refused with a cross of a plain number, by its name', () => {
    const write = (): unknown =>
      toOnnx(grown, { record: changed('pair', { of: ['budget', 'site'] }) });
    expect(write).toThrow(expect.objectContaining({ code: 'EXPORT_UNSUPPORTED' }));
    expect(write).toThrow(/pair crosses budget, a number/);
  });
});
