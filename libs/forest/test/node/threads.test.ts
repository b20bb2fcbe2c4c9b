// Threads start from a file, so this test runs the library as built.
import { fit, writeModel } from '@adscale/forest';
import { fitParallel, loadForest, saveForest } from '@adscale/forest/node';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mixedData, mixedSchema, rowOf } from '../data.js';

const data = mixedData({ rows: 500, missing: 0.1 });

describe('many threads', () => {
  it('grow the same bytes and the same out-of-bag result, 1, 2 or 7 of them', async () => {
    const fits = await Promise.all(
      [1, 2, 7].map((threads) => fitParallel(data, { trees: 15 }, { threads })),
    );
    const [one, ...others] = fits;
    for (const other of others) {
      expect(writeModel(other.forest)).toEqual(writeModel(one.forest));
      expect(other.outOfBag).toEqual(one.outOfBag);
    }
  });

  it('report each tree', async () => {
    const seen: number[] = [];
    await fitParallel(
      data,
      { trees: 6 },
      { threads: 2, onProgress: (done, all) => seen.push(done / all) },
    );
    expect(seen).toEqual([1, 2, 3, 4, 5, 6].map((done) => done / 6));
  });

  it('stop when told to, leaving none behind', async () => {
    const abort = new AbortController();
    const grown: number[] = [];
    const onProgress = (trees: number): void => {
      grown.push(trees);
      abort.abort();
    };
    const growing = fitParallel(
      data,
      { trees: 100_000 },
      { threads: 2, signal: abort.signal, onProgress },
    );
    await expect(growing).rejects.toMatchObject({ code: 'ABORTED' });
    // Told once that trees were grown, and never again after it was called off.
    expect(grown).toHaveLength(1);
    expect(process.getActiveResourcesInfo().filter((name) => name.includes('Worker'))).toEqual([]);
  });

  it('are not started when called off while rows are still being prepared', async () => {
    const rows = 1_200_000;
    const values = [3, 7919, 104_729].map((step) =>
      new Float64Array(rows).map((_, i) => (i * step) % 1_000_003),
    );
    const columns = { schema: mixedSchema, rows, values };
    const abort = new AbortController();
    const growing = fitParallel(
      { columns, target: values[0] },
      { trees: 1 },
      {
        threads: 1,
        signal: abort.signal,
        onProgress: () => {
          throw new Error('a tree was grown');
        },
      },
    );
    setImmediate(() => abort.abort());
    await expect(growing).rejects.toMatchObject({ code: 'ABORTED' });
    expect(process.getActiveResourcesInfo().filter((name) => name.includes('Worker'))).toEqual([]);
  });

  it('grow counted rows to the same bytes, however many they are', async () => {
    const counted = { ...data, count: data.target.map((_, i) => 1 + ((i * 7919) % 5000)) };
    const fits = await Promise.all(
      [1, 3].map((threads) => fitParallel(counted, { trees: 9 }, { threads })),
    );
    const alone = fit(counted, { trees: 9 });
    for (const other of fits) {
      expect(writeModel(other.forest)).toEqual(writeModel(alone.forest));
      expect(other.outOfBag).toEqual(alone.outOfBag);
    }
  });

  it('do not start for a signal that is aborted already', async () => {
    const growing = fitParallel(data, {}, { signal: AbortSignal.abort() });
    await expect(growing).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('are a whole number, at least one', async () => {
    await expect(fitParallel(data, {}, { threads: 0 })).rejects.toThrow(/threads is 0/);
  });
});

describe('a saved forest', () => {
  it('loads as it was, and a failed write leaves the old file and no other', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forest-'));
    const path = join(folder, 'model.adsf');
    const { forest } = await fitParallel(data, { trees: 3 }, { threads: 1 });
    await saveForest(forest, path);
    const broken = { ...forest, schema: undefined, bins: undefined };
    await expect(saveForest(broken as never, path)).rejects.toThrow();
    const back = await loadForest(path);
    expect(back.predict(rowOf(data.columns, 0))).toBe(forest.predict(rowOf(data.columns, 0)));
    expect(await readdir(folder)).toEqual(['model.adsf']);
    await rm(folder, { recursive: true });
  });
});
