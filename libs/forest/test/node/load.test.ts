// The loading thread starts from a file, so this test runs the library as built.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  calibrate,
  combine,
  fit,
  mix,
  modelDigest,
  readModel,
  writeModel,
  type Forest,
} from '@adscale/forest';
import { loadCompiled } from '@adscale/forest/node';
import { mixedData, mixedSchema, rowOf } from '../data.js';

const data = mixedData({ rows: 400, missing: 0.1 });
const fitted = fit(data, { trees: 12, minLeafRows: 2 });
const bytes = writeModel(fitted.forest);
const folder = mkdtempSync(join(tmpdir(), 'forest-load-'));
const path = join(folder, 'model.adsf');
writeFileSync(path, bytes);

afterAll(() => rmSync(folder, { recursive: true }));

const oddRows = [
  [NaN, NaN, NaN],
  [Infinity, -Infinity, 99],
  [-0, 0, -1],
  ...fitted.forest.bins[0].cuts.subarray(0, 20).map((cut) => cut),
].map((row, i) => (Array.isArray(row) ? row : [row, i % 7, i % 5]));
const rows = [...oddRows, ...Array.from({ length: 200 }, (_, i) => rowOf(data.columns, i))];

function expectSame(loaded: Forest, original: Forest): void {
  for (const row of rows) {
    expect(loaded.predict(row)).toBe(original.predict(row));
    expect(loaded.compile().predict(row)).toBe(original.predict(row));
    expect(loaded.compile().cellOf(row)).toBe(original.compile().cellOf(row));
  }
  const flat = Float64Array.from(rows.flat());
  const batch = loaded.compile().predictBatch(flat, new Float64Array(rows.length));
  rows.forEach((row, i) => expect(batch[i]).toBe(original.predict(row)));
}

const noThreadLeft = (): void =>
  expect(process.getActiveResourcesInfo().filter((name) => name.includes('Worker'))).toEqual([]);

/** A forest whose categories have too many left sets to be packed. */
function wordy(): Forest {
  const categories = Array.from({ length: 2500 }, (_, i) => `word ${i}`);
  const features = [
    { name: 'word', kind: 'categorical' as const, categories },
    mixedSchema.features[1],
    mixedSchema.features[2],
  ];
  const word = Float64Array.from({ length: 5000 }, (_, i) => (i * 7919) % 2400);
  const place = word.map((_, i) => i % 6);
  const target = word.map((w, i) => Math.sin(w * w) + Math.sin(w * place[i]));
  const columns = { schema: { features }, rows: 5000, values: [word, place, place] };
  return fit({ columns, target }, { trees: 20, minLeafRows: 2 }).forest;
}

describe('a model loaded on a thread', () => {
  it.each([2 ** 22, 0])('keeps its parts and what is attached, %i cells', async (maxTableCells) => {
    const attached = { facts: { a: [1] }, arrays: { counts: Uint32Array.of(1, 2, 3) } };
    const plain = fitted.forest;
    const mixture = mix([
      { forest: plain, weight: 2 },
      { forest: combine([plain, plain]), weight: 1 },
    ]).with({ attached, calibration: { slope: 1.2, intercept: 0.1 } });
    const loaded = await loadCompiled(writeModel(mixture), { compile: { maxTableCells } });
    expectSame(loaded.forest, mixture);
    expect(loaded.forest.parts).toEqual(mixture.parts);
    expect(loaded.forest.attached).toEqual(attached);
    const { counts } = loaded.forest.attached!.arrays;
    expect(counts.buffer[Symbol.toStringTag]).toBe('SharedArrayBuffer');
    noThreadLeft();
  });

  it('from a path is the forest, compiled, with its digest and its bytes', async () => {
    const { forest, digest, bytes: read } = await loadCompiled(path);
    expectSame(forest, fitted.forest);
    expect(forest.predictInterval(rows[5])).toEqual(fitted.forest.predictInterval(rows[5]));
    expect(digest).toBe(modelDigest(bytes));
    expect(read).toEqual(bytes);
    expect(writeModel(forest)).toEqual(bytes);
    noThreadLeft();
  });

  it('from bytes leaves the caller’s bytes alone', async () => {
    const padded = new Uint8Array(bytes.length + 3);
    padded.set(bytes, 3);
    const { forest, digest } = await loadCompiled(padded.subarray(3));
    expectSame(forest, fitted.forest);
    expect(digest).toBe(modelDigest(bytes));
    expect(padded.subarray(3)).toEqual(bytes);
    noThreadLeft();
  });

  it('comes compiled: asking for it gives the same object again and again', async () => {
    const { forest } = await loadCompiled(path, { compile: { maxTableCells: 0 } });
    expect(forest.compile()).toBe(forest.compile());
    expect(forest.compile().kind).toBe('packed');
    expect(forest.compile({}).kind).toBe('table');
    expectSame(forest, fitted.forest);
  });

  it('keeps its calibration, in a table and in packed nodes', async () => {
    const { forest } = calibrate(data, fitted);
    for (const maxTableCells of [1e6, 0]) {
      const loaded = await loadCompiled(writeModel(forest), { compile: { maxTableCells } });
      expectSame(loaded.forest, forest);
    }
  });

  it('walks where neither table nor packed nodes would do', async () => {
    const forest = wordy();
    const loaded = await loadCompiled(writeModel(forest), { compile: { maxTableCells: 0 } });
    expect(loaded.forest.compile().kind).toBe('walked');
    expectSame(loaded.forest, forest);
  });

  it.each<[string, (file: Uint8Array) => Uint8Array]>([
    ['other magic', (file) => file.fill(65, 0, 4)],
    ['a later version', (file) => file.fill(9, 4, 5)],
    ['its end cut off', (file) => file.subarray(0, 20)],
    ['a flipped bit', (file) => file.fill(file[500] ^ 4, 500, 501)],
  ])('is refused with %s as readModel refuses it', async (_, breakIt) => {
    const broken = breakIt(bytes.slice());
    const refusal = (() => {
      try {
        return readModel(broken);
      } catch (error) {
        return error as Error;
      }
    })();
    await expect(loadCompiled(broken)).rejects.toMatchObject({
      name: 'ForestError',
      code: (refusal as unknown as { code: string }).code,
      message: (refusal as Error).message,
    });
    noThreadLeft();
  });

  it('that is not there gives the system’s own error', async () => {
    await expect(loadCompiled(join(folder, 'none.adsf'))).rejects.toMatchObject({
      code: 'ENOENT',
      path: join(folder, 'none.adsf'),
    });
    noThreadLeft();
  });

  it('can be called off, before and while the thread runs', async () => {
    await expect(loadCompiled(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    const abort = new AbortController();
    const loading = loadCompiled(path, { signal: abort.signal });
    abort.abort();
    await expect(loading).rejects.toMatchObject({ code: 'ABORTED' });
    noThreadLeft();
  });
});
