import { Vocabulary, type RecordSchema } from '@adscale/ctr';
import { outcomeTable, type ServedCell } from '../../src/retrain/outcome-table.js';

const schema: RecordSchema = {
  features: [
    { name: 'position', kind: 'integer', minimum: 1, maximum: 10 },
    { name: 'device', kind: 'categorical', categories: ['mobile', 'desktop'] },
    { name: 'site', kind: 'categorical', categories: ['a', 'other'] },
    { name: 'creative', kind: 'word' },
    { name: 'age', kind: 'numeric', missing: true },
    { name: 'rank', kind: 'integer', bias: { heldAt: 3 } },
  ],
};

const record = { position: 2, device: 'desktop', site: 'a', creative: 'red', age: 5, rank: 1 };
const cell = (changes: object, rest: Partial<ServedCell> = {}): ServedCell => ({
  ...{ day: '2026-03-01', record: { ...record, ...changes }, impressions: 10, clicks: 1 },
  ...rest,
});

async function read(cells: readonly object[], known?: readonly string[]) {
  async function* served(): AsyncGenerator<ServedCell> {
    for (const one of cells) yield await Promise.resolve(one as ServedCell);
  }
  return outcomeTable(served(), {
    ...{ schema, ranges: {}, refuseArm: (arm) => (arm === 'x/a' ? 'not this arm' : undefined) },
    vocabularies: known && { creative: Vocabulary.of(known) },
  });
}

describe('rows of outcomes', () => {
  it('are numbers by the model, each a day old enough', async () => {
    const { outcomes, whole } = await read([
      cell({}),
      cell({ site: 'new', age: null, rank: null }, { day: '2026-03-02', clicks: 3 }),
      { end: true, cells: 2 },
    ]);
    const { table, days, leftOut } = outcomes;
    expect(table.features.values.map((column) => [...column])).toEqual([
      [2, 2],
      [1, 1],
      [0, 1],
      [0, 0],
      [5, NaN],
      [1, 3],
    ]);
    expect([[...table.impressions], [...table.clicks]]).toEqual([
      [10, 10],
      [1, 3],
    ]);
    expect([...table.time!]).toEqual([Date.UTC(2026, 2, 1) / 1000, Date.UTC(2026, 2, 2) / 1000]);
    expect([[...days.keys()], leftOut.size, whole]).toEqual([
      ['2026-03-01', '2026-03-02'],
      0,
      true,
    ]);
  });

  it('keep the numbers of words that the own data has, and number others after them', async () => {
    const words = ['blue', 'green', 'red', null, 'green'].map((creative) => cell({ creative }));
    const { outcomes } = await read(words, ['red', 'pink']);
    expect([...outcomes.table.features.values[3]]).toEqual([2, 3, 0, NaN, 3]);
    expect(outcomes.vocabularies!.creative.words()).toEqual(['red', 'pink', 'blue', 'green']);
  });

  it('leave out what does not fit, by reason', async () => {
    const { outcomes, whole } = await read([
      cell({ device: 'watch' }),
      cell({ position: null }),
      cell({ position: 11 }),
      cell({}, { impressions: 0 }),
      cell({}, { clicks: 11 }),
      cell({}, { arm: 'x/a' }),
      cell({}, { arm: 'y/a' }),
    ]);
    expect(Object.fromEntries(outcomes.leftOut)).toEqual({
      'device has a word that the model does not list': 1,
      'position is missing': 1,
      'position is not a whole number from 1 to 10': 1,
      'no impressions': 1,
      'more clicks than impressions': 1,
      'not this arm': 1,
    });
    expect([...outcomes.arms]).toEqual([['y/a', 1]]);
    // Without its last line an answer is no whole one.
    expect([outcomes.table.features.rows, whole]).toEqual([1, false]);
  });
});
