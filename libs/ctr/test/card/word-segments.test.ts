import { wordSegments } from '../../src/card/held-out-parts.js';
import { dominantRow, usualSegments, Vocabulary, type CtrTable } from '../../src/index.js';
import { WordEncoding } from '../../src/words/encoding.js';
import { NumberIndex } from '../../src/words/number-index.js';

const schema = {
  features: [
    { name: 'keyword', kind: 'word' as const },
    { name: 'id', kind: 'word' as const, whole: true, missing: true },
    { name: 'x', kind: 'integer' as const },
  ],
};

/** Knows shoes and hats, and 7; of hats nothing is left. */
const encoding = new WordEncoding(
  schema,
  [
    {
      ...{ name: 'keyword', features: [0], parent: null, index: null },
      ctr: Float32Array.of(0.1, NaN),
      count: Float32Array.of(100, 0),
    },
    {
      ...{ name: 'id', features: [1], parent: null },
      index: new NumberIndex(Float64Array.of(7), 1),
      ctr: Float32Array.of(0.1),
      count: Float32Array.of(100),
    },
  ],
  { keyword: Vocabulary.of(['shoes', 'hats']) },
  0.1,
);

const table: CtrTable = {
  features: {
    schema,
    rows: 4,
    values: [
      Float64Array.of(0, 1, NaN, 0),
      Float64Array.of(7, 7, 8, NaN),
      Float64Array.of(1, 1, 2, 2),
    ],
  },
  vocabularies: encoding.vocabularies,
  impressions: Float64Array.of(10, 10, 10, 70),
  clicks: Float64Array.of(1, 1, 1, 7),
};

it('rows are segments by whether the model knows their words', () => {
  const told = Array.from(wordSegments(table, encoding), ([name, rows]) => [
    name,
    Array.from(rows),
  ]);
  expect(told).toEqual([
    ['keyword: words seen', [0, 3]],
    ['keyword: words unseen', [1, 2]],
    ['id: words seen', [0, 1]],
    ['id: words unseen or missing', [2, 3]],
  ]);
  expect([...wordSegments(table, undefined)]).toEqual([]);
});

it('words of few are told by their text, ids by their number, and unknown ones are no value', () => {
  const names = Array.from(usualSegments(Float64Array.of(0.1, 0.1, 0.1, 0.1), table), ([n]) => n);
  expect(names.filter((name) => /^(keyword|id)/.test(name))).toEqual([
    'keyword = shoes',
    'keyword = hats',
    'id = 7',
    'id = 8',
  ]);
  expect(dominantRow(table)!.features).toEqual({ keyword: 'shoes', id: null, x: 2 });
});
