// Whatever checks or compiles is made to throw on this side of the thread; the thread has modules of
// its own. So what loads here was neither hashed, nor checked, nor compiled here.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Makes one function of a module throw. */
function forbid(module: string, name: string): void {
  jest.doMock(module, () => ({
    ...jest.requireActual<object>(module),
    [name]: () => {
      throw new Error(`${name} ran on the main thread`);
    },
  }));
}

describe('the main thread', () => {
  it('neither hashes, checks nor compiles what a thread has loaded', async () => {
    forbid('@noble/hashes/sha2.js', 'sha256');
    forbid('../../dist/cjs/trees/tree.js', 'checkTree');
    forbid('../../dist/cjs/serve/table.js', 'buildTable');
    forbid('../../dist/cjs/serve/packing.js', 'packTrees');
    const { loadCompiled } = await import('@adscale/forest/node');
    const { readModel } = await import('@adscale/forest');
    const fixture = (name: string): string =>
      fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
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
