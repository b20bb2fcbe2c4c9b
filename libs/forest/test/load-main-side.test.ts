// Whatever checks or compiles is made to throw on this side of the thread; the thread has modules of
// its own. So what loads here was neither hashed, nor checked, nor compiled here.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const isWork = (name: string) => (): object => ({
  __esModule: true,
  [name]: () => {
    throw new Error(`${name} ran on the main thread`);
  },
});

describe('the main thread', () => {
  it('neither hashes, checks nor compiles what a thread has loaded', async () => {
    jest.doMock('@noble/hashes/sha2.js', isWork('sha256'));
    jest.doMock('../dist/cjs/tree-check.js', isWork('checkTree'));
    jest.doMock('../dist/cjs/table.js', isWork('buildTable'));
    jest.doMock('../dist/cjs/packing.js', isWork('packTrees'));
    const { loadCompiled } = await import('@adscale/forest/node');
    const { readModel } = await import('@adscale/forest');
    const fixture = (name: string): string =>
      fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
    const path = fixture('model-v1.adsf');
    expect(() => readModel(readFileSync(path))).toThrow('sha256 ran on the main thread');
    const { rows, predictions } = JSON.parse(readFileSync(fixture('model-v1.json'), 'utf8'));
    for (const maxTableCells of [1e7, 0]) {
      const { forest } = await loadCompiled(path, { compile: { maxTableCells } });
      const compiled = forest.compile();
      expect(compiled.kind).toBe(maxTableCells > 0 ? 'table' : 'packed');
      rows.forEach((written: (number | null)[], i: number) => {
        expect(compiled.predict(written.map((value) => value ?? NaN))).toBe(predictions[i]);
      });
    }
  });
});
