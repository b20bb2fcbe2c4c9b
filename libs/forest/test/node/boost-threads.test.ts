// Threads start from a file, so this test runs the library as built.
import { boost, boostMore, writeModel, type BoostOptions } from '@adscale/forest';
import { boostMoreParallel, boostParallel } from '@adscale/forest/node';
import { clickData } from '../boost/data.js';

const input = clickData({ rows: 900, missing: 0.1 });
const options: BoostOptions = { loss: 'binomial', rounds: 40, learningRate: 0.2, patience: 8 };

const noThreadLeft = (): void =>
  expect(process.getActiveResourcesInfo().filter((name) => name.includes('Worker'))).toEqual([]);

describe('boosting on threads', () => {
  it.each<[string, BoostOptions]>([
    ['all rows', {}],
    ['samples', { rowSample: 0.5, columnSample: 0.7 }],
    ['one booster', { folds: 1 }],
  ])('gives the same bytes for any number of threads, of %s', async (_, change) => {
    const all = { ...options, ...change };
    const here = boost(input, all);
    for (const threads of [1, 2, 3, 9]) {
      const there = await boostParallel(input, all, { threads });
      expect(writeModel(there.forest)).toEqual(writeModel(here.forest));
      expect(there.outOfBag).toEqual(here.outOfBag);
      expect(there.stopped).toEqual(here.stopped);
    }
    noThreadLeft();
  });

  it('gives the same bytes where boosters see columns of their own', async () => {
    const columnsWithout = (k: number): typeof input.columns => {
      const [price, ...rest] = input.columns.values;
      return { ...input.columns, values: [price.map((x) => x + k / 90), ...rest] };
    };
    const here = boost({ ...input, columnsWithout }, options);
    const there = await boostParallel({ ...input, columnsWithout }, options, { threads: 2 });
    expect(writeModel(there.forest)).toEqual(writeModel(here.forest));
    expect(there.outOfBag).toEqual(here.outOfBag);
  });

  it('boosts on as on one thread', async () => {
    const first = await boostParallel(input, options, { threads: 2 });
    const more = await boostMoreParallel(input, first, 30, { threads: 2 });
    expect(writeModel(more.forest)).toEqual(writeModel(boostMore(input, first, 30).forest));
  });

  it('tells of its progress up to the end', async () => {
    const told: number[] = [];
    await boostParallel(input, options, {
      threads: 2,
      onProgress: (done, all) => {
        told.push(done);
        expect(all).toBe(200);
      },
    });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(200);
  });

  it('ends at once when aborted, with no thread left', async () => {
    const aborting = new AbortController();
    const long = { ...options, rounds: 100_000, patience: 100_000, folds: 2 };
    const onProgress = (done: number): void => {
      if (done === 5) aborting.abort(new Error('enough'));
    };
    await expect(
      boostParallel(input, long, { threads: 2, onProgress, signal: aborting.signal }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
    noThreadLeft();
    const before = AbortSignal.abort();
    await expect(boostParallel(input, long, { signal: before })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it('refuses what cannot be boosted, and leaves no thread', async () => {
    await expect(boostParallel(input, options, { threads: 0 })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
    const target = input.target.map(() => 7);
    await expect(boostParallel({ ...input, target }, options)).rejects.toMatchObject({
      code: 'COLUMNS_INVALID',
    });
    noThreadLeft();
  });
});
