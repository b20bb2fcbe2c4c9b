import { RecordContract } from '../src/record.js';
import { LONGEST_WORD, type RecordFeature, type RecordSchema } from '../src/table/schema.js';
import { Vocabulary } from '../src/table/vocabulary.js';
import { WordEncoding } from '../src/words/encoding.js';
import { NumberIndex } from '../src/words/number-index.js';
import { word } from './draw.js';

const site: RecordFeature = { name: 'site', kind: 'word', whole: true, description: 'Site.' };
const brand: RecordFeature = { name: 'brand', kind: 'word', missing: true, example: 'Acme' };
const schema: RecordSchema = {
  features: [word('keyword'), { name: 'position', kind: 'integer', minimum: 1 }, site, brand],
};
const one = (name: string, feature: number) => ({
  name,
  features: [feature],
  parent: null,
  ctr: Float32Array.of(0.1, 0.2),
  count: Float32Array.of(30, 20),
});
const encoding = new WordEncoding(
  schema,
  [
    { ...one('keyword', 0), index: null },
    { ...one('site', 2), index: new NumberIndex(Float64Array.of(900, 7), 1) },
    { ...one('brand', 3), index: null },
  ],
  { keyword: Vocabulary.of(['Füße 👟', '']), brand: Vocabulary.of(['Acme', 'Umbrella']) },
  0.15,
);
const contract = new RecordContract(schema, {}, encoding);
const valid = { keyword: 'Füße 👟', position: 2, site: 7, brand: 'Umbrella' };
const rowOf = (record: object): number[] | null => {
  const row = new Float64Array(4);
  return contract.read(record, row) ? [...row] : null;
};

describe('a record with words', () => {
  it('becomes their numbers, and comes back as their text', () => {
    expect(rowOf(valid)).toEqual([0, 2, 7, 1]);
    expect(contract.recordOf([0, 2, 7, 1])).toEqual(valid);
    expect(contract.recordOf([1, 2, 900, NaN])).toEqual({ keyword: '', position: 2, site: 900 });
  });

  it('may have any text, known or not, empty or not, up to the longest word', () => {
    for (const [keyword, number] of [
      ['', 1],
      ['no such word', NaN],
      ['x'.repeat(LONGEST_WORD), NaN],
      ['ü'.repeat(LONGEST_WORD), NaN],
      ['\u0000', NaN],
      ['constructor', NaN],
    ] as const) {
      expect(rowOf({ ...valid, keyword })).toEqual([number, 2, 7, 1]);
      expect(contract.problems({ ...valid, keyword })).toEqual([]);
    }
  });

  it('may have any whole number for an id, and keeps it, known or not', () => {
    for (const id of [7, -3, 0, Number.MAX_SAFE_INTEGER]) {
      expect(rowOf({ ...valid, site: id })).toEqual([0, 2, id, 1]);
    }
  });

  it('may say that there is no word: it is answered as one that is not known', () => {
    expect(rowOf({ ...valid, keyword: null })).toEqual([NaN, 2, 7, 1]);
    for (const site of ['', null]) expect(rowOf({ ...valid, site })).toEqual([0, 2, NaN, 1]);
    expect(contract.problems({ ...valid, keyword: null, site: '' })).toEqual([]);
  });

  it('counts characters as JSON Schema does, not halves of them', () => {
    const keyword = '👟'.repeat(LONGEST_WORD);
    expect(rowOf({ ...valid, keyword })).toEqual([NaN, 2, 7, 1]);
    expect(rowOf({ ...valid, keyword: `${keyword}x` })).toBeNull();
  });

  it.each([
    ['keyword', 5],
    ['keyword', 'x'.repeat(LONGEST_WORD + 1)],
    ['keyword', undefined],
    ['keyword', ['Füße 👟']],
    ['keyword', { toString: (): string => '' }],
    ['site', '7'],
    ['site', 7.5],
    ['site', NaN],
    ['site', Infinity],
    ['site', 2 ** 53],
    ['site', undefined],
    ['brand', 0],
    ['brand', 'x'.repeat(LONGEST_WORD + 1)],
  ])('is refused by name: %s = %p', (field, value) => {
    const record = { ...valid, [field]: value };
    expect(rowOf(record)).toBeNull();
    expect(contract.problems(record).map((problem) => problem.field)).toEqual([field]);
  });

  it('may lack a word only where the schema says so', () => {
    const { brand: _, ...lacking } = valid;
    expect(rowOf(lacking)).toEqual([0, 2, 7, NaN]);
    expect(rowOf({ ...valid, brand: null })).toEqual([0, 2, 7, NaN]);
    expect(contract.fields.map(({ optional }) => optional)).toEqual([false, false, false, true]);
  });

  it('may not lack one for training words of which too little was known to keep them', () => {
    const ranges = {
      keyword: { words: 2, missing: 12 },
      position: { minimum: 1, maximum: 3, missing: 1 },
    };
    const { fields } = new RecordContract(schema, ranges, encoding);
    expect(fields.map(({ optional }) => optional)).toEqual([false, true, false, true]);
  });

  it('has its rule in words and as JSON Schema', () => {
    expect(contract.fields.map(({ words }) => words)).toEqual([
      `a text of at most ${LONGEST_WORD} characters`,
      'a whole number at least 1',
      'a whole number, or empty',
      `a text of at most ${LONGEST_WORD} characters, or absent`,
    ]);
    expect(contract.fields.map(({ jsonSchema }) => jsonSchema)).toEqual([
      { type: 'string', maxLength: LONGEST_WORD },
      { type: 'integer', minimum: 1 },
      { type: 'integer', description: 'Site.' },
      { type: 'string', maxLength: LONGEST_WORD, example: 'Acme' },
    ]);
    const [problem] = contract.problems({ ...valid, keyword: 'y'.repeat(600) });
    expect(problem.message).toBe(
      `keyword is "${'y'.repeat(64)}…"; it must be a text of at most ${LONGEST_WORD} characters`,
    );
    expect(contract.problems({ ...valid, keyword: undefined })[0].message).toBe(
      `keyword is missing; it must be a text of at most ${LONGEST_WORD} characters`,
    );
  });

  it('knows no word where no model tells of them', () => {
    const row = new Float64Array(4);
    expect(new RecordContract(schema).read(valid, row)).toBe(true);
    expect([...row]).toEqual([NaN, 2, NaN, NaN]);
  });
});
