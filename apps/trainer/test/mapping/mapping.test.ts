import { mappingPaths, parseMapping, writeMapping } from '../../src/mapping/file.js';
import type { Mapping } from '../../src/mapping/mapping.js';
import { featureName } from '../../src/mapping/names.js';

const head = 'impressions: shown\nclicks: clicks\n';
const parse = (text: string): Mapping => parseMapping(text, 'ads.mapping.yaml');

describe('a mapping file', () => {
  const mapping: Mapping = {
    impressions: 'Impr.',
    clicks: 'Clicks',
    where: ['"Impr." >= 100'],
    derived: { weekday: 'dayofweek("Date")' },
    dirty: 'drop',
    features: {
      avg_position: { column: 'Avg. position', kind: 'numeric', minimum: 1 },
      weekday: { column: 'weekday', kind: 'integer', minimum: 0, maximum: 6 },
      device: { column: 'Device', kind: 'categorical', categories: ['yes', '1', 'a, b', '#x'] },
    },
  };

  it('is read as it was written', () => {
    expect(parse(writeMapping(mapping))).toEqual(mapping);
  });

  it('may be JSON', () => {
    expect(parse(JSON.stringify(mapping))).toEqual(mapping);
  });

  it.each([
    [`${head}features: {}\n`, /line 3: features: got \{\}, wanted at least one feature/],
    [`${head}feature: {}\n`, /line 3: feature: got \{\}, wanted one of the keys impressions/],
    ['clicks: c\nfeatures: {a: {column: a, kind: integer}}', /impressions: got nothing/],
    [
      `label: y\n${head}features: {a: {column: a, kind: integer}}`,
      /line 1: label: got "y", wanted no label beside impressions/,
    ],
    [
      `${head}features:\n  position: { column: pos, kind: number }\n`,
      /line 4: features\.position\.kind: got "number", wanted numeric, integer, categorical or word/,
    ],
    [
      `${head}features:\n  "Avg. pos": { column: pos, kind: integer }\n`,
      /line 4: features\.Avg\. pos: .*wanted a name of small letters, digits and _/,
    ],
    [
      `${head}features:\n  a: { kind: integer }`,
      /features\.a\.column: got nothing, wanted the name/,
    ],
    [
      `${head}features:\n  a: { column: a, kind: categorical, minimum: 1 }`,
      /features\.a\.minimum: got 1, wanted no bound on a categorical/,
    ],
    [
      `${head}features:\n  a: { column: a, kind: integer, minimum: 3, maximum: 2 }`,
      /features\.a\.maximum: got 2, wanted at least the minimum, 3/,
    ],
    [
      `${head}features:\n  a: { column: a, kind: categorical, categories: [x, x] }`,
      /categories: got \["x","x"\], wanted a list of different words/,
    ],
    [`${head}where: impressions > 1\n`, /line 3: where: got "impressions > 1", wanted a list/],
    [`${head}dirty: maybe\n`, /dirty: got "maybe", wanted drop or refuse/],
    [
      `${head}hierarchy: [a, a]\nfeatures: {a: {column: a, kind: word}}`,
      /line 3: hierarchy: .*as \[campaign/,
    ],
    [
      `${head}cross: [a, b, c]\nfeatures: {a: {column: a, kind: word}}`,
      /line 3: cross: .*as \[publisher/,
    ],
    ...[
      ['integer, minimum: 1', '0', 'a whole number at least 1'],
      ['integer', '1.5', 'a whole number'],
      ['numeric', 'top', 'a number'],
      ['categorical, categories: [top, side]', 'left', 'one of top, side'],
      ['word, whole: true', 'top', 'a whole number'],
    ].map(([kind, held, wanted]): [string, RegExp] => [
      `${head}features:\n  a: { column: a, kind: ${kind}, bias: true, held_at: ${held} }`,
      new RegExp(`line 4: features\\.a\\.held_at: got "?${held}"?, wanted ${wanted}`),
    ]),
    ['- a\n- b\n', /the mapping: got \["a","b"\], wanted a block/],
    ['a: [1\n', /ads\.mapping\.yaml: line/],
  ])('that is wrong is refused by line, key and value: %j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('takes one chain and one pair of words without a list around them', () => {
    const features = 'features: {a: {column: a, kind: word}, b: {column: b, kind: word}}';
    const { hierarchy, cross } = parse(`${head}hierarchy: [a, b]\ncross: [b, a]\n${features}`);
    expect([hierarchy, cross]).toEqual([[['a', 'b']], [['b', 'a']]]);
  });

  it('is kept beside the data under its name, or else in the working folder', () => {
    expect(mappingPaths(['in/ads.csv.gz'])).toEqual(['in/ads.mapping.yaml', 'ads.mapping.yaml']);
    expect(mappingPaths(['ads.parquet'])).toEqual(['ads.mapping.yaml']);
    expect(mappingPaths(['logs/*.parquet'])[0]).toBe('logs/logs.mapping.yaml');
    expect(mappingPaths([])).toEqual(['query.mapping.yaml']);
  });
});

describe('the name of a feature', () => {
  it.each([
    ['Avg. position', 'avg_position'],
    ['deviceType', 'device_type'],
    ['C14', 'c14'],
    ['Größe', 'grosse'],
    ['CTR %', 'ctr_percent'],
    ['2nd price', 'x_2nd_price'],
    ['constructor', 'fallback'],
    ['位置', 'fallback'],
  ])('of column %s is %s', (column, name) => {
    expect(featureName(column, new Set(), 'fallback')).toBe(name);
  });

  it('gets a number if it is taken', () => {
    expect(featureName('A b', new Set(['a_b', 'a_b_2']), 'f')).toBe('a_b_3');
  });
});
