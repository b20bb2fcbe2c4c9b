/* A host without WebAssembly, such as a page whose policy forbids it: it predicts, and cannot fit. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as Library from '../../src/index.js';
import { mixedData } from '../data.js';

const fixture = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)));

describe.each([
  ['has no WebAssembly', undefined],
  [
    'forbids it',
    {
      Module: class {
        constructor() {
          throw new Error('the policy forbids it');
        }
      },
    },
  ],
])('a host that %s', (_, webAssembly) => {
  const library = async (): Promise<typeof Library> => {
    jest.resetModules();
    return import('../../src/index.js');
  };
  let there: PropertyDescriptor;
  beforeAll(() => {
    there = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly')!;
    Object.defineProperty(globalThis, 'WebAssembly', { ...there, value: webAssembly });
  });
  afterAll(() => Object.defineProperty(globalThis, 'WebAssembly', there));

  it('predicts the same numbers, a row and in batches, by tables and by walks', async () => {
    const { readModel } = await library();
    const forest = readModel(fixture('model-v1.adsf'));
    const { rows } = JSON.parse(fixture('model-v1.json').toString()) as {
      rows: (number | null)[][];
    };
    const wanted = rows.map((row) => forest.predict(row.map((x) => x ?? NaN)));
    const numbers = Float64Array.from(rows.flat(), (x) => x ?? NaN);
    for (const [maxTableCells, kind] of [
      [1e7, 'table'],
      [0, 'walked'],
    ] as const) {
      const compiled = forest.compile({ maxTableCells });
      expect(compiled.kind).toBe(kind);
      expect([...compiled.predictBatch(numbers, new Float64Array(rows.length))]).toEqual(wanted);
      expect(compiled.perTree(numbers, rows.length, 2)).toHaveLength(2 * rows.length);
    }
  });

  it('refuses to fit, and says why', async () => {
    const { fit } = await library();
    const refusal = expect.objectContaining({ code: 'KERNELS_UNAVAILABLE' });
    expect(() => fit(mixedData({ rows: 20 }))).toThrow(refusal);
  });
});
