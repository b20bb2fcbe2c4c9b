import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { codeOf, type FeatureBins } from '../../src/data/binning.js';
import { indexCuts } from '../../src/data/cut-search.js';
import { Kernels, newMemory, putCoding } from '../../src/kernels/kernels.js';
import { Random } from '../../src/random.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

const anyNumber = fc.oneof(
  fc.double(),
  fc.double({ min: -3, max: 40 }),
  fc.integer({ min: -2, max: 40 }),
  fc.constantFrom(NaN, 0, -0, Infinity, -Infinity, 5e-324),
);

describe('the embedded kernels', () => {
  it('are what their sources compile to', () => {
    const script = `
      const { embed } = await import('./tools/publish/kernels.mjs');
      process.stdout.write(await embed('libs/forest'));`;
    const compiled = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
    });
    const embedded = readFileSync(`${root}/libs/forest/src/kernels/embedded.ts`, 'utf8');
    expect(compiled === embedded).toBe(true);
  });

  it.each([false, true])('run over shared memory and over their own (shared: %s)', (shared) => {
    const kernels = new Kernels(newMemory(0, shared));
    const [one, other] = [kernels.room(Float64Array, 1000), kernels.room(Uint8Array, 3)];
    expect(other).toBeGreaterThanOrEqual(one + 8000);
    expect(Object.prototype.toString.call(kernels.memory.buffer)).toBe(
      shared ? '[object SharedArrayBuffer]' : '[object ArrayBuffer]',
    );
  });

  it('hand out blocks of one memory that never overlap, whoever asks', () => {
    const memory = newMemory(0, true);
    const askers = [new Kernels(memory), new Kernels(memory), new Kernels(memory)];
    const random = new Random(5, 0);
    const blocks = Array.from({ length: 300 }, (_, i) => {
      const length = random.below(20_000);
      return { from: askers[i % 3].room(Uint8Array, length), length };
    });
    blocks.sort((a, b) => a.from - b.from);
    for (let i = 1; i < blocks.length; i++) {
      expect(blocks[i].from).toBeGreaterThanOrEqual(blocks[i - 1].from + blocks[i - 1].length);
    }
    const last = blocks[blocks.length - 1];
    expect(memory.buffer.byteLength).toBeGreaterThanOrEqual(last.from + last.length);
  });

  it('refuse, in words, what 32-bit addresses do not reach', () => {
    const kernels = new Kernels();
    kernels.room(Uint8Array, 1000);
    const refusal = expect.objectContaining({
      code: 'MEMORY_EXHAUSTED',
      message: expect.stringContaining('at most 4 GiB'),
    });
    // Half of what there is, twice; and a product that is 0 in 32 bits.
    expect(() => {
      kernels.room(Float64Array, 2 ** 28);
      kernels.room(Float64Array, 2 ** 28);
    }).toThrow(refusal);
    expect(() => new Kernels().room(Float64Array, 2 ** 29)).toThrow(refusal);
  });
});

describe('kernels', () => {
  /** Codes of numbers, by kernels. */
  function codesOf({ categorical, cuts, bins }: FeatureBins, numbers: Float64Array): number[] {
    const kernels = new Kernels();
    const { call } = kernels;
    const coding = putCoding(kernels, categorical, bins, indexCuts(cuts));
    call.bindCodes(numbers.length);
    const [values, codes] = [
      kernels.room(Float64Array, numbers.length),
      kernels.room(Uint32Array, numbers.length),
    ];
    kernels.at(Float64Array, values, numbers.length).set(numbers);
    kernels.at(Uint32Array, codes, numbers.length).fill(7);
    call.addCodes(coding, values, 8, numbers.length, 3, codes);
    return Array.from(kernels.at(Uint32Array, codes, numbers.length), (sum) => (sum - 7) / 3);
  }

  it('code numbers as they are coded one by one', () => {
    const ascending = fc.uniqueArray(fc.double({ noNaN: true }), { maxLength: 40 });
    const list = fc.array(anyNumber, { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(ascending, list, (some, others) => {
        const cuts = Float64Array.from(some).sort();
        const bins = { categorical: false, cuts, bins: cuts.length + 1 };
        const numbers = Float64Array.from([...others, ...cuts]);
        expect(codesOf(bins, numbers)).toEqual(Array.from(numbers, (x) => codeOf(bins, x) + 0));
      }),
    );
  });

  it('code numbers among crowded cuts', () => {
    for (const length of [3, 300, 5000]) {
      const cuts = Float64Array.from({ length }, (_, i) => 1e6 + i * 1e-9).sort();
      const bins = { categorical: false, cuts, bins: length + 1 };
      const numbers = Float64Array.of(...cuts, 1e6 + 1.5e-9, 2e6, -2e6, 0, NaN, Infinity);
      expect(codesOf(bins, numbers)).toEqual(Array.from(numbers, (x) => codeOf(bins, x) + 0));
    }
  });

  it('code categories by their places, and what is no place as missing', () => {
    const bins = { categorical: true, cuts: new Float64Array(0), bins: 30 };
    fc.assert(
      fc.property(fc.array(anyNumber, { minLength: 1 }), (list) => {
        const numbers = Float64Array.from(list);
        expect(codesOf(bins, numbers)).toEqual(Array.from(numbers, (x) => codeOf(bins, x) + 0));
      }),
    );
  });

  it('sort numbers, and leave NaN out', () => {
    const kernels = new Kernels();
    kernels.call.bindNumbers(5000);
    const random = new Random(1, 0);
    const many = Array.from({ length: 5000 }, () => random.normal() * 10 ** random.below(9));
    for (const list of [many, [3], [], [NaN], [0, -0, NaN, -Infinity, 5e-324, Infinity, -1]]) {
      const numbers = Float64Array.from(list);
      kernels.at(Float64Array, kernels.call.sorted, numbers.length).set(numbers);
      const kept = kernels.call.sortNumbers(numbers.length);
      const wanted = numbers.filter((x) => !Number.isNaN(x)).sort();
      expect(kernels.at(Float64Array, kernels.call.sorted, kept)).toEqual(wanted);
    }
  });

  it('count distinct numbers up to a limit', () => {
    const kernels = new Kernels();
    kernels.call.bindNumbers(1000);
    kernels.call.bindDistinct(40);
    const distinctOf = (numbers: Float64Array): Float64Array | null => {
      kernels.call.beginDistinct();
      kernels.at(Float64Array, kernels.call.sorted, numbers.length).set(numbers);
      if (kernels.call.addDistinct(kernels.call.sorted.value, numbers.length) === 0) return null;
      kernels.call.sortDistinct();
      return kernels.at(Float64Array, kernels.call.sorted, kernels.call.distinct.value).slice();
    };
    fc.assert(
      fc.property(fc.array(anyNumber, { maxLength: 60 }), (list) => {
        const seen = [...new Set(list.filter((x) => !Number.isNaN(x)))];
        const wanted = Float64Array.from(seen, (x) => x + 0).sort();
        expect(distinctOf(Float64Array.from(list))).toEqual(seen.length > 40 ? null : wanted);
      }),
    );
  });

  it('draw the random numbers of the host', () => {
    const kernels = new Kernels();
    kernels.call.bindBag(1000, false);
    const random = new Random(3, 4);
    kernels.call.continueRandom(...random.state);
    kernels.call.drawBag(1000, 500, true);
    const drawn = new Uint16Array(1000);
    for (let i = 0; i < 500; i++) drawn[random.below(1000)]++;
    expect(kernels.at(Uint16Array, kernels.call.drawn, 1000)).toEqual(drawn);
  });
});
