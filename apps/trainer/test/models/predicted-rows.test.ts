import { takeTable, trainCtr, type CtrTable } from '@adscale/ctr';
import { groupPairs, predictBoth } from '../../src/models/predicted-rows.js';
import { modelOf, recordOf, wordTable } from '../word-table.js';

/** Rows of two predictions, a group, and how many impressions and clicks. */
function tableOf(rows: readonly (readonly number[])[]): CtrTable {
  const column = (c: number): Float64Array => Float64Array.from(rows, (row) => row[c]);
  return {
    features: {
      schema: {
        features: [
          { name: 'candidate', kind: 'numeric' },
          { name: 'current', kind: 'numeric' },
        ],
      },
      rows: rows.length,
      values: [column(0), column(1)],
    },
    group: column(2),
    impressions: column(3),
    clicks: column(4),
  };
}

it('rows of a click log with the same predictions and group are counted as one', () => {
  const tiny = 2 ** -60;
  const { features, group, impressions, clicks, grouped } = groupPairs(
    tableOf([
      [0.1, 0.2, 1, 1, 0],
      [0.1, 0.2, 2, 1, 1],
      [0.1, NaN, 1, 1, 1],
      [0.1, 0.2, 1, 1, 1],
      [0.1 + tiny, 0.2, 1, 1, 0],
      [0.2, 0.1, 1, 1, 0],
      [0.1, NaN, 1, 1, 0],
    ]),
  );
  expect(grouped).toBe(true);
  // 0.1 and the tiny bit more are the same double.
  expect([...features.values[0]]).toEqual([0.1, 0.1, 0.1, 0.2]);
  expect([...features.values[1]]).toEqual([0.2, 0.2, NaN, 0.1]);
  expect([...group!]).toEqual([1, 2, 1, 1]);
  expect([...impressions]).toEqual([3, 1, 2, 1]);
  expect([...clicks]).toEqual([1, 1, 1, 0]);
});

describe('two models, each with words of its own', () => {
  const table = wordTable(400);
  const rows = Array.from({ length: 400 }, (_, row) => row);
  const fit = { trees: 5 };

  it('are asked about the same records, each by its own numbers of words', async () => {
    const early = takeTable(table, rows.slice(0, 250));
    const late = takeTable(table, rows.slice(150).reverse());
    const forest = await trainCtr(early, { model: 'forest', fit, threads: 1 });
    const boosters = { rounds: 10 };
    const boosted = await trainCtr(late, { model: 'boosted', boosters, threads: 1 });
    const models = [modelOf(forest), modelOf(boosted)] as const;
    const { features, vocabularies, clicks } = predictBoth(table, ...models)!;
    expect(vocabularies).toBeUndefined();
    expect(clicks).toBe(table.clicks);
    models.forEach((model, m) => {
      const wanted = rows.map((row) => model.predictRow(model.encode(recordOf(table, row))));
      expect([...features.values[m]]).toEqual(wanted);
    });
    // Their numbers of the same words differ, or this would show nothing.
    const [one, other] = models.map(({ words }) => words!.vocabularies['creative'].words());
    expect(one).not.toEqual(other);
  });

  it('cannot both be asked where one takes for a number what the other takes for a word', async () => {
    const few = takeTable(table, rows.slice(0, 80));
    const { features, ...rest } = few;
    const numbered = {
      ...features,
      schema: {
        features: features.schema.features.map((feature) =>
          feature.name === 'creative' ? { name: 'creative', kind: 'integer' as const } : feature,
        ),
      },
    };
    const options = { model: 'average', threads: 1 } as const;
    const words = modelOf(await trainCtr(few, options));
    const numbers = modelOf(await trainCtr({ ...rest, features: numbered }, options));
    expect(predictBoth(few, words, numbers)).toBeUndefined();
    expect(predictBoth(few, words, words)).toBeDefined();
  });
});
