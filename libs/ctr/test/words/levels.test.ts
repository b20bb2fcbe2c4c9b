import type { RecordFeature } from '../../src/index.js';
import { levelsOf, notNested, type LevelRows } from '../../src/words/levels.js';
import { columnsOf, drawing, word } from '../draw.js';

const [campaign, adGroup, creative, keyword] = ['campaign', 'ad_group', 'creative', 'keyword'].map(
  word,
);
const device: RecordFeature = { name: 'device', kind: 'categorical', categories: ['a', 'b', 'c'] };
const position: RecordFeature = { name: 'position', kind: 'integer', minimum: 1 };

/** By name: its parent's name. */
const parentsOf = (levels: readonly LevelRows[]): Record<string, string | null> =>
  Object.fromEntries(
    levels.map(({ level }) => [
      level.name,
      level.parent === null ? null : levels[level.parent].level.name,
    ]),
  );

/** 5 campaigns of 4 ad groups of 5 creatives each; keywords at random. */
function account(rows: number, seed: number) {
  const draw = drawing(seed);
  const creatives = Array.from({ length: rows }, () => draw.below(100));
  return columnsOf(
    [creative, campaign, keyword, adGroup],
    [
      creatives,
      creatives.map((c) => Math.floor(c / 20)),
      creatives.map(() => draw.below(30)),
      creatives.map((c) => Math.floor(c / 5)),
    ],
  );
}

describe('levels of words', () => {
  it('are found nested, each in the finest that holds it, parents first', () => {
    const levels = levelsOf(account(2000, 1));
    expect(parentsOf(levels)).toEqual({
      campaign: null,
      ad_group: 'campaign',
      creative: 'ad_group',
      keyword: null,
    });
    levels.forEach(({ level }, l) => expect(level.parent ?? -1).toBeLessThan(l));
    const { schema, rows, values } = account(2000, 1);
    const backwards = { features: schema.features.toReversed() };
    expect(parentsOf(levelsOf({ schema: backwards, rows, values: values.toReversed() }))).toEqual(
      parentsOf(levels),
    );
    const { level, parents } = levels.find(({ level }) => level.name === 'creative')!;
    expect(level.features).toEqual([0]);
    expect([...parents!]).toEqual(Array.from({ length: 100 }, (_, c) => Math.floor(c / 5)));
  });

  it('that are declared and disagree are told by their words and rows', () => {
    const columns = account(2000, 4);
    const chain = ['campaign', 'ad_group', 'creative'];
    expect(notNested(columns, [chain])).toEqual([]);
    const [creatives, campaigns] = columns.values;
    const moved = [...creatives.keys()].filter((row) => creatives[row] === 7).slice(0, 5);
    for (const row of moved) campaigns[row] = 4;
    // A row without a campaign contradicts none.
    campaigns[creatives.indexOf(50)] = NaN;
    expect(notNested(columns, [chain, ['campaign', 'creative']])).toEqual([
      { child: 'ad_group', parent: 'campaign', words: 1, of: 20, share: 5 / 2000 },
      { child: 'creative', parent: 'campaign', words: 1, of: 100, share: 5 / 2000 },
    ]);
  });

  it('stay found where one row in two thousand has a campaign by mistake, not one in a hundred', () => {
    const wrong = (every: number) => {
      const columns = account(6000, 2);
      columns.values[1].forEach((c, row) => {
        if (row % every === 0) columns.values[1][row] = (c + 1) % 5;
      });
      return parentsOf(levelsOf(columns))['ad_group'];
    };
    expect(wrong(2000)).toBe('campaign');
    expect(wrong(100)).toBeNull();
  });

  it('are not nested by accident: words of a row or two each are in anything', () => {
    const draw = drawing(3);
    const rows = 300;
    const rare = Array.from({ length: rows }, (_, row) => row);
    const twice = Array.from({ length: rows }, (_, row) => (row < 10 ? row >> 1 : row));
    const groups = Array.from({ length: rows }, () => draw.below(6));
    for (let row = 0; row < 10; row += 2) groups[row + 1] = groups[row];
    for (const words of [rare, twice]) {
      expect(parentsOf(levelsOf(columnsOf([keyword, campaign], [words, groups])))).toEqual({
        keyword: null,
        campaign: null,
      });
    }
  });

  it('are not nested in what hardly ever differs', () => {
    const rows = 1000;
    const words = Array.from({ length: rows }, (_, row) => row % 100);
    const one = words.map((w) => (w === 0 ? 1 : 0));
    // 99 of 100 words agree that there is one campaign: 900 rows again, of which 18 could differ.
    expect(parentsOf(levelsOf(columnsOf([keyword, campaign], [words, one])))['keyword']).toBeNull();
  });

  it('may have a closed list above them, which has no columns of its own', () => {
    const words = Array.from({ length: 600 }, (_, row) => row % 30);
    const levels = levelsOf(columnsOf([keyword, device], [words, words.map((w) => w % 3)]));
    expect(parentsOf(levels)).toEqual({ device: null, keyword: 'device' });
    const lonely = words.map((_, row) => Math.floor(row / 7) % 3);
    expect(parentsOf(levelsOf(columnsOf([keyword, device], [words, lonely])))).toEqual({
      keyword: null,
    });
  });

  it('that are declared are taken as they are, and none is looked for', () => {
    const columns = account(2000, 1);
    expect(parentsOf(levelsOf(columns, { hierarchy: [['campaign', 'creative']] }))).toEqual({
      campaign: null,
      creative: 'campaign',
      keyword: null,
      ad_group: null,
    });
    expect(parentsOf(levelsOf(columns, { hierarchy: [] }))).toEqual({
      campaign: null,
      creative: null,
      keyword: null,
      ad_group: null,
    });
  });

  it('have words for pairs that are crossed, below the first of the two', () => {
    const columns = columnsOf(
      [position, keyword],
      [
        [1, 2, 1, 1, NaN, 2],
        [0, 0, 1, 0, 1, NaN],
      ],
    );
    const levels = levelsOf(columns, { cross: [['keyword', 'position']] });
    expect(parentsOf(levels)).toEqual({ keyword: null, 'keyword × position': 'keyword' });
    const [, { words, size, parents, level, index }] = levels;
    expect([...words]).toEqual([0, 1, 2, 0, -1, -1]);
    expect([size, [...parents!], level.features]).toEqual([3, [0, 0, 1], [1, 0]]);
    expect(index!.placeOf([1, 1])).toBe(2);
  });

  it.each([
    [
      [
        ['keyword', 'position'],
        ['position', 'keyword'],
      ],
      /names position and keyword twice/,
    ],
    [[['keyword', 'keyword']], /names keyword and keyword with itself/],
  ] as [[string, string][], RegExp][])('refuse crosses %j', (cross, told) => {
    const columns = columnsOf(
      [keyword, position],
      [
        [0, 1],
        [1, 2],
      ],
    );
    expect(() => levelsOf(columns, { cross })).toThrow(told);
  });

  it('of whole numbers are numbered by first appearance', () => {
    const id: RecordFeature = { name: 'id', kind: 'word', whole: true };
    const [{ words, size, index }] = levelsOf(columnsOf([id], [[900, 7, NaN, 900]]));
    expect([...words]).toEqual([0, 1, -1, 0]);
    expect(size).toBe(2);
    expect(index!.placeOf([7])).toBe(1);
  });

  it('know that a row without a word has none', () => {
    const [{ words, size }] = levelsOf(columnsOf([keyword], [[2, NaN, 0]]));
    expect([...words]).toEqual([2, -1, 0]);
    expect(size).toBe(3);
  });

  it.each([
    [
      'a feature that is not there',
      { hierarchy: [['campaign', 'brand']] },
      /hierarchy names brand/,
    ],
    ['it in a cross', { cross: [['keyword', 'brand']] }, /cross names brand, wanted a feature of /],
    [
      'one twice',
      { hierarchy: [['campaign', 'ad_group', 'campaign']] },
      /hierarchy names campaign above itself/,
    ],
    [
      'a loop',
      {
        hierarchy: [
          ['campaign', 'ad_group'],
          ['ad_group', 'campaign'],
        ],
      },
      /hierarchy names campaign above itself/,
    ],
    [
      'two parents',
      {
        hierarchy: [
          ['campaign', 'creative'],
          ['ad_group', 'creative'],
        ],
      },
      /hierarchy names creative below campaign and below ad_group/,
    ],
  ])('are refused where %s is declared', (_, options, message) => {
    const declared = () => levelsOf(account(50, 1), options as never);
    expect(declared).toThrow(message);
    expect(declared).toThrow(expect.objectContaining({ code: 'TABLE_INVALID' }));
  });
});
