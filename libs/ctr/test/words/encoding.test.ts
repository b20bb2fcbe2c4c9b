import { attachWords, readWords } from '../../src/words/stored.js';
import { fit, readModel, writeModel, type Attachments, type Forest } from '@adscale/forest';
import { CtrModel, type CtrTable, type RecordFeature } from '../../src/index.js';
import { Vocabulary } from '../../src/table/vocabulary.js';
import { knownWords, WordEncoding } from '../../src/words/encoding.js';
import { levelsOf } from '../../src/words/levels.js';
import { wordStatistics } from '../../src/words/statistics.js';
import { columnsOf, drawing, tableOf, word } from '../draw.js';

const position: RecordFeature = { name: 'position', kind: 'integer', minimum: 1 };
const site: RecordFeature = { name: 'site', kind: 'word', whole: true };
const device: RecordFeature = { name: 'device', kind: 'categorical', categories: ['a', 'b'] };
const features = [word('keyword'), position, word('campaign'), site, device];

/** 40 keywords in 8 campaigns, and one keyword and one campaign that hardly anybody saw. */
function wordTable(): CtrTable {
  const draw = drawing(1);
  const rows = 2000;
  const keywords = Array.from({ length: rows }, (_, row) => (row < 2 ? 40 : draw.below(40)));
  const values = [
    keywords,
    keywords.map(() => 1 + draw.below(3)),
    keywords.map((w) => Math.floor(w / 5)),
    keywords.map(() => [1001, 1002, 77, -5][draw.below(4)]),
    keywords.map(() => draw.below(2)),
  ];
  const n = keywords.map((w) => (w === 40 ? 1 : 500));
  const rates = Array.from({ length: 41 }, () => draw.beta(0.05, 1 / 400));
  const k = n.map((count, row) => (count === 1 ? 0 : draw.binomial(count, rates[keywords[row]])));
  return tableOf(features, values, n, k);
}

const table = wordTable();
const levels = levelsOf(table.features, {
  hierarchy: [['device'], ['campaign', 'keyword']],
  cross: [['keyword', 'position']],
});
const statistics = wordStatistics(levels, table, new Uint8Array(2000).fill(1));
const encoding = knownWords(table.features.schema, levels, table.vocabularies!, statistics);
const known = encoding.translate(table.features, table.vocabularies!);
const byName = (columns: { values: readonly Float64Array[] }, name: string): Float64Array =>
  columns.values[encoding.layout.schema.features.findIndex((feature) => feature.name === name)];

describe('a word encoding', () => {
  it('has two columns a word feature and a cross, and the numbers of whole words', () => {
    expect(encoding.layout.schema.features.map(({ name }) => name)).toEqual([
      'keyword.ctr',
      'keyword.count',
      'position',
      'campaign.ctr',
      'campaign.count',
      'site',
      'site.ctr',
      'site.count',
      'device',
      'keyword × position.ctr',
      'keyword × position.count',
    ]);
    expect(encoding.layout.groups).toEqual([[0, 1], [2], [3, 4], [5, 6, 7], [8], [9, 10]]);
    expect(encoding.layout.names).toEqual([
      'keyword',
      'position',
      'campaign',
      'site',
      'device',
      'keyword × position',
    ]);
    expect(encoding.width).toBe(11);
  });

  it('says of a word what its statistics do', () => {
    const columns = encoding.encode(known);
    const places = table.features.values;
    const at = (name: string) => levels.findIndex(({ level }) => level.name === name);
    for (const row of [2, 3, 500, 1999]) {
      for (const [name, l] of ['keyword', 'campaign', 'site', 'keyword × position'].map(
        (name) => [name, at(name)] as const,
      )) {
        const own = levels[l].words[row];
        expect(byName(columns, `${name}.count`)[row]).toBe(statistics.levels[l].count[own]);
        expect(byName(columns, `${name}.ctr`)[row]).toBe(statistics.levels[l].ctr[own]);
      }
      expect(byName(columns, 'position')[row]).toBe(places[1][row]);
      expect(byName(columns, 'device')[row]).toBe(places[4][row]);
    }
  });

  it('says the same row by row as column by column', () => {
    const { values } = encoding.encode(known);
    const rows = Float64Array.from({ length: 10_000 }, (_, i) => known.values[i % 5][(i / 5) | 0]);
    const wide = encoding.expandAll(rows, 2000, new Float64Array(2000 * 11));
    const out = new Float64Array(13);
    for (let row = 0; row < 2000; row++) {
      encoding.expand(rows, out, row * 5, 2);
      values.forEach((column, c) => {
        if (!Object.is(column[row], wide[row * 11 + c]) || !Object.is(column[row], out[2 + c])) {
          throw new Error(`row ${row}, column ${c}`);
        }
      });
    }
  });

  it('numbers words by exposure, and forgets those of which nothing is known', () => {
    const own = encoding.vocabularies['keyword'];
    expect(own.size).toBe(40);
    expect(own.numberOf('keyword-40')).toBe(-1);
    const counts = own.words().map((text) => encoding.statisticsOf(0, own.numberOf(text)).count);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    expect(encoding.commonest(0, 3)).toEqual([0, 1, 2]);
    expect(encoding.commonest(3, 9).toSorted((a, b) => a - b)).toEqual([-5, 77, 1001, 1002]);
  });

  it('answers an unknown word by its parent, then the average, with a count of 0', () => {
    const campaign = encoding.numberOf(2, 'campaign-3');
    const { ctr } = encoding.statisticsOf(2, campaign);
    const row = (keyword: number, above: number): Float64Array => {
      const out = new Float64Array(11);
      encoding.expand([keyword, 1, above, 1001, 0], out);
      return out;
    };
    expect([...row(NaN, campaign).slice(0, 2)]).toEqual([ctr, 0]);
    expect([...row(NaN, NaN).slice(0, 5)]).toEqual([encoding.average, 0, 1, encoding.average, 0]);
    // A cross that was never seen: its keyword's.
    const keyword = encoding.numberOf(0, 'keyword-7');
    const out = new Float64Array(11);
    encoding.expand([keyword, 9, campaign, 1001, 0], out);
    expect([...out.slice(9)]).toEqual([encoding.statisticsOf(0, keyword).ctr, 0]);
    // And without a keyword, the campaign's.
    expect([...row(NaN, campaign).slice(9)]).toEqual([ctr, 0]);
  });

  it('keeps the numbers of whole words, known or not', () => {
    const out = new Float64Array(11);
    for (const [number, isKnown] of [
      [1001, true],
      [-5, true],
      [12, false],
      [NaN, false],
    ] as const) {
      encoding.expand([0, 1, 0, number, 0], out);
      expect(out[5]).toBe(number);
      expect(encoding.isKnown(3, number)).toBe(isKnown);
      expect(out[7] > 0).toBe(isKnown);
    }
    expect(encoding.numberOf(3, '1001')).toBe(1001);
    expect(encoding.numberOf(3, 'x1')).toBeNaN();
    expect(encoding.numberOf(3, '')).toBeNaN();
    expect(encoding.wordOf(3, 1001)).toBe('1001');
  });

  it('knows words by their text', () => {
    const number = encoding.numberOf(0, 'keyword-12');
    expect(encoding.wordOf(0, number)).toBe('keyword-12');
    expect(encoding.isKnown(0, number)).toBe(true);
    expect(encoding.numberOf(0, 'keyword')).toBeNaN();
    expect(encoding.isKnown(0, NaN)).toBe(false);
  });

  it('translates rows of another vocabulary, whose order is another', () => {
    const theirs = Vocabulary.of(['new', 'keyword-3', 'keyword-0']);
    const campaigns = Vocabulary.of(['campaign-1']);
    const columns = columnsOf(features, [
      [0, 1, 2, NaN],
      [1, 2, 3, 1],
      [0, 0, NaN, 0],
      [77, 5, 77, NaN],
      [0, 1, 0, 1],
    ]);
    const { values } = encoding.translate(columns, { keyword: theirs, campaign: campaigns });
    expect([...values[0]]).toEqual([
      NaN,
      encoding.numberOf(0, 'keyword-3'),
      encoding.numberOf(0, 'keyword-0'),
      NaN,
    ]);
    const first = encoding.numberOf(2, 'campaign-1');
    expect([...values[2]]).toEqual([first, first, NaN, first]);
    expect(values[3]).toBe(columns.values[3]);
    const again = encoding.translate(known, encoding.vocabularies);
    expect(again.values.every((column, f) => column === known.values[f])).toBe(true);
  });
});

describe('a model file', () => {
  const columns = encoding.encode(known);
  const target = table.clicks.map((k, row) => k / table.impressions[row]);
  const { forest } = fit({ columns, target, weight: table.impressions }, { trees: 5 });
  const withWords = (attached: Attachments | null): Forest => forest.with({ attached });

  it('brings words back, and says the same of every row', () => {
    const bytes = writeModel(withWords(attachWords(encoding)));
    const back = readWords(readModel(bytes))!;
    expect(attachWords(back)).toEqual(attachWords(encoding));
    expect(back.layout).toEqual(encoding.layout);
    expect(back.encode(known)).toEqual(columns);
    const { words } = CtrModel.load(bytes);
    expect(words!.vocabularies['campaign'].words()).toEqual(
      encoding.vocabularies['campaign'].words(),
    );
    expect(writeModel(readModel(bytes))).toEqual(bytes);
  });

  it('without words has none', () => {
    expect(readWords(withWords(null))).toBeUndefined();
    const others = { facts: { other: 1 }, arrays: {} };
    expect(readWords(withWords(others))).toBeUndefined();
    expect(CtrModel.load(writeModel(withWords(null))).words).toBeUndefined();
  });

  it('has no more than 40 bytes for a word of 24', () => {
    const many = Array.from({ length: 1000 }, (_, i) => `${i}`.padStart(24, 'x'));
    const ctr = new Float32Array(1000).fill(0.1);
    const schema = { features: [word('keyword')] };
    const level = { name: 'keyword', features: [0], parent: null, index: null };
    const large = new WordEncoding(
      schema,
      [{ ...level, ctr, count: ctr }],
      { keyword: Vocabulary.of(many) },
      0.1,
    );
    const bytes = Object.values(attachWords(large).arrays).reduce(
      (sum, a) => sum + a.byteLength,
      0,
    );
    expect(bytes / 1000).toBeLessThanOrEqual(40);
    expect(bytes / 1000).toBe(24 + 4 + 4 + 4);
  });

  interface Facts {
    readonly words: Record<string, unknown> & { levels: Record<string, unknown>[] };
  }
  const array = (of: Attachments['arrays'][string], change: (copy: never) => void) => {
    const copy = of.slice();
    change(copy as never);
    return copy;
  };

  it.each<[string, (facts: Facts, arrays: Record<string, Attachments['arrays'][string]>) => void]>([
    ['no schema', ({ words }) => delete words['schema']],
    ['no levels', ({ words }) => delete (words as Record<string, unknown>)['levels']],
    ['no vocabularies', ({ words }) => delete words['vocabularies']],
    ['levels that are none', ({ words }) => (words.levels = [null as never])],
    ['no average', ({ words }) => delete words['average']],
    ['an average of 2', ({ words }) => (words['average'] = 2)],
    ['a level too few', ({ words }) => words.levels.pop()],
    ['no level of a word', ({ words }) => (words.levels[1]['features'] = [4])],
    ['a feature that is not there', ({ words }) => (words.levels[1]['features'] = [9])],
    ['a feature that is no place', ({ words }) => (words.levels[1]['features'] = ['keyword'])],
    ['features that are no list', ({ words }) => (words.levels[1]['features'] = 1)],
    ['no features', ({ words }) => (words.levels[1]['features'] = [])],
    ['a parent below its child', ({ words }) => (words.levels[1]['parent'] = 3)],
    ['a level that is its own parent', ({ words }) => (words.levels[1]['parent'] = 1)],
    ['a parent that is no place', ({ words }) => (words.levels[2]['parent'] = 0.5)],
    ['a pair that is not indexed', ({ words }) => (words.levels[4]['indexed'] = false)],
    ['a vocabulary of no feature', ({ words }) => (words['vocabularies'] = ['campaign', 'brand'])],
    ['a vocabulary too few', ({ words }) => (words['vocabularies'] = ['campaign'])],
    ['vocabularies swapped', ({ words }) => (words['vocabularies'] = ['keyword', 'campaign'])],
    ['an array that is missing', (_, arrays) => delete arrays['words.1.ctr']],
    ['an array of another type', (_, arrays) => (arrays['words.1.ctr'] = new Float64Array(8))],
    ['counts cut off', (_, a) => (a['words.1.count'] = a['words.1.count'].slice(0, -1))],
    [
      'counts and CTRs cut off',
      (_, a) => {
        for (const l of [0, 1]) {
          a[`words.${l}.count`] = a[`words.${l}.count`].slice(0, -1);
          a[`words.${l}.ctr`] = a[`words.${l}.ctr`].slice(0, -1);
        }
      },
    ],
    ['keys cut off', (_, a) => (a['words.4.keys'] = a['words.4.keys'].slice(0, -1))],
    [
      'a pair twice',
      (_, a) =>
        (a['words.4.keys'] = array(a['words.4.keys'], (keys: Float64Array) =>
          keys.copyWithin(2, 0, 2),
        )),
    ],
    [
      'a key that is no number',
      (_, a) =>
        (a['words.4.keys'] = array(a['words.4.keys'], (keys: Float64Array) => (keys[0] = NaN))),
    ],
    [
      'a word twice',
      (_, a) => {
        a['words.text0.bytes'] = array(a['words.text0.bytes'], (bytes: Uint8Array) =>
          bytes.fill(120),
        );
      },
    ],
    [
      'ends beyond the text',
      (_, a) =>
        (a['words.text1.ends'] = array(
          a['words.text1.ends'],
          (ends: Uint32Array) => (ends[3] = 9999),
        )),
    ],
    [
      'a count below 0',
      (_, a) =>
        (a['words.1.count'] = array(a['words.1.count'], (count: Float32Array) => (count[1] = -1))),
    ],
    [
      'a count without a CTR',
      (_, a) => (a['words.1.ctr'] = array(a['words.1.ctr'], (ctr: Float32Array) => (ctr[1] = NaN))),
    ],
    [
      'a CTR above 1',
      (_, a) => (a['words.1.ctr'] = array(a['words.1.ctr'], (ctr: Float32Array) => (ctr[1] = 1.5))),
    ],
    [
      'a feature less than its trees ask for',
      ({ words }) => {
        const schema = words['schema'] as { features: unknown[] };
        words['schema'] = { features: schema.features.with(1, { ...device, name: 'position' }) };
      },
    ],
  ])('is refused with %s', (_, change) => {
    const { facts, arrays } = attachWords(encoding);
    const copied = structuredClone(facts) as Facts;
    const changed = { ...arrays };
    // Those that are changed above: campaign, keyword, site, device and keyword × position.
    expect(copied.words.levels.map(({ features }) => features)).toEqual([
      [2],
      [0],
      [3],
      [4],
      [0, 1],
    ]);
    change(copied, changed);
    const bytes = writeModel(withWords({ facts: copied, arrays: changed }));
    expect(() => CtrModel.load(bytes)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
  });
});
