import fc from 'fast-check';
import { CacheError } from '../../src/errors.js';
import type { CellKey } from '../../src/keys/keys.js';
import { type Departures, S3Fifo } from '../../src/store/s3-fifo.js';
import { ENTRY_BYTES } from '../../src/store/sizing.js';
import { indexFor } from '../../src/store/slot-index.js';
import { NaiveS3Fifo } from './naive-s3-fifo.js';

interface Limits {
  readonly entries: number;
  readonly bytes?: number;
  readonly ttlMs?: number;
  readonly now?: () => number;
  /** Numbered cells, when the store is to find them in an array. */
  readonly cells?: number;
}

function store({ entries, bytes = Infinity, ttlMs = 0, now = () => 0, cells }: Limits) {
  const departures: Departures = { evictions: 0, refused: 0, expired: 0 };
  const sizeOf = (value: string) => value.length;
  const limits = { entries, bytes, ttlMs, sizeOf, now };
  return { departures, fifo: new S3Fifo<string>(limits, departures, indexFor(cells, bytes)) };
}

/** Few keys, so that they come back. */
const KEYS = 41;
const cellNumbers: fc.Arbitrary<CellKey> = fc.nat(KEYS - 1);
const anyKeys = fc
  .nat(KEYS - 1)
  .map((number): CellKey => (number % 4 === 3 ? `cell ${number}` : number * 2 ** 30));

type Step = { get: CellKey } | { set: CellKey; value: string } | { pass: number };

const stepsOn = (keys: fc.Arbitrary<CellKey>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      fc.record({ get: keys }),
      fc.record({ set: keys, value: fc.string({ maxLength: 300 }) }),
      fc.record({ pass: fc.nat(5) }),
    ),
    { maxLength: 400, size: 'max' },
  );
const steps = stepsOn(anyKeys);

describe('S3-FIFO', () => {
  it.each([
    { index: 'by hash', cells: undefined, keys: anyKeys },
    { index: 'by number of the cell', cells: KEYS, keys: cellNumbers },
  ])('does $index, step by step, what the naive one does', ({ cells, keys }) => {
    const arrayBytes = 4 * (cells ?? 0);
    const bounds = fc.record({
      entries: fc.integer({ min: 1, max: 30 }),
      bytes: fc.oneof(fc.constant(Infinity), fc.integer({ min: 400, max: 5000 })),
      ttlMs: fc.constantFrom(0, 20),
    });
    fc.assert(
      fc.property(bounds, stepsOn(keys), (limits, moves) => {
        let time = 0;
        const { fifo, departures } = store({ ...limits, now: () => time, cells });
        const { entries, bytes, ttlMs } = limits;
        const naive = new NaiveS3Fifo(entries, bytes - arrayBytes, ttlMs, () => time);
        const seen = moves.map((move) => {
          let answers: unknown[] = [];
          if ('get' in move) answers = [fifo.get(move.get), naive.get(move.get)];
          else if ('set' in move) {
            fifo.set(move.set, move.value);
            naive.set(move.set, move.value);
          } else time += move.pass;
          return {
            fast: [answers[0], fifo.size, fifo.bytes - arrayBytes],
            naive: [answers[1], naive.size, naive.bytes],
          };
        });
        expect(seen.map(({ fast }) => fast)).toEqual(seen.map((step) => step.naive));
        expect(departures).toEqual(naive.departures);
      }),
      { numRuns: 200 },
    );
  });

  it('with an array by cell and room for all cells is an S3-FIFO without limits', () => {
    fc.assert(
      fc.property(stepsOn(cellNumbers), (moves) => {
        const direct = store({ entries: KEYS, cells: KEYS });
        const unlimited = store({ entries: 1_000_000 });
        for (const move of moves) {
          if ('set' in move) {
            direct.fifo.set(move.set, move.value);
            unlimited.fifo.set(move.set, move.value);
          } else if ('get' in move) {
            expect(direct.fifo.get(move.get)).toBe(unlimited.fifo.get(move.get));
          }
        }
        expect(direct.fifo.size).toBe(unlimited.fifo.size);
        expect(direct.departures).toEqual({ evictions: 0, refused: 0, expired: 0 });
      }),
    );
  });

  it.each([-1, 0.5, 41, NaN, '7', ''])('refuses %p as the number of one of 41 cells', (key) => {
    const { fifo } = store({ entries: 10, cells: 41 });
    fifo.set(7, 'seven');
    const message = `cell must be a whole number from 0 to 40, got ${typeof key} ${key}`;
    const refusal = new CacheError('KEY_INVALID', message);
    expect(() => fifo.get(key)).toThrow(refusal);
    expect(() => fifo.set(key, 'other')).toThrow(refusal);
    expect([fifo.size, fifo.get(7)]).toEqual([1, 'seven']);
  });

  it('counts the array by cell as bytes, and makes none that would leave too little room', () => {
    const made = store({ entries: 10, cells: 41, bytes: 2 * 4 * 41 }).fifo;
    expect(made.bytes).toBe(4 * 41);
    const spared = store({ entries: 10, cells: 41, bytes: 2 * 4 * 41 - 1 }).fifo;
    expect(spared.bytes).toBe(0);
    spared.set(7, 'seven');
    expect([spared.get(7), spared.bytes]).toEqual(['seven', ENTRY_BYTES + 5]);
  });

  it('never holds more entries or bytes than it may', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(3000), steps, (entries, bytes, moves) => {
        const { fifo } = store({ entries, bytes });
        let most = 0;
        for (const move of moves) {
          if ('set' in move) fifo.set(move.set, move.value);
          else if ('get' in move) fifo.get(move.get);
          most = Math.max(most, fifo.size / entries, fifo.bytes === 0 ? 0 : fifo.bytes / bytes);
        }
        expect(most).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('keeps what is asked for often through a scan of any length', () => {
    const entries = fc.integer({ min: 10, max: 500 });
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 10 }), (capacity, scans) => {
        const { fifo } = store({ entries: capacity });
        const popular = Array.from({ length: Math.floor(0.9 * capacity) }, (_, i) => i);
        for (const key of popular) fifo.set(key, 'popular');
        for (const key of popular) fifo.get(key);
        for (let i = 0; i < scans * capacity; i++) fifo.set(1_000_000 + i, 'once');
        const kept = popular.filter((key) => fifo.get(key) === 'popular');
        expect(kept.length).toBe(popular.length);
      }),
      { numRuns: 30 },
    );
  });

  it('makes room for what is new when what was popular is asked for no more', () => {
    const { fifo } = store({ entries: 100 });
    for (let key = 0; key < 100; key++) fifo.set(key, 'old');
    for (let round = 0; round < 9; round++) for (let key = 0; key < 100; key++) fifo.get(key);
    for (let round = 0; round < 20; round++) {
      for (let key = 1000; key < 1050; key++) {
        if (fifo.get(key) === undefined) fifo.set(key, 'new');
      }
    }
    const held = Array.from({ length: 50 }, (_, i) => fifo.get(1000 + i));
    expect(held.every((value) => value === 'new')).toBe(true);
  });

  it('gives what was pushed out unread a second chance when it is asked for again', () => {
    const { fifo, departures } = store({ entries: 10 });
    for (let key = 0; key < 11; key++) fifo.set(key, 'first');
    expect(fifo.get(0)).toBeUndefined();
    fifo.set(0, 'again');
    // In the main queue now: a scan does not reach it.
    for (let key = 100; key < 200; key++) fifo.set(key, 'scan');
    expect(fifo.get(0)).toBe('again');
    expect(departures.evictions).toBe(0);
  });

  it('refuses a value that is larger than all the room, and drops the one before it', () => {
    const { fifo, departures } = store({ entries: 10, bytes: ENTRY_BYTES + 5 });
    fifo.set(1, '12345');
    expect(fifo.get(1)).toBe('12345');
    fifo.set(1, '123456');
    expect(fifo.get(1)).toBeUndefined();
    expect([fifo.size, fifo.bytes, departures.refused]).toEqual([0, 0, 1]);
  });

  it('serves an entry until its age is the time to live, and counts from the last time it was set', () => {
    let time = 100;
    const { fifo, departures } = store({ entries: 10, ttlMs: 50, now: () => time });
    fifo.set(1, 'one');
    time = 149;
    expect(fifo.get(1)).toBe('one');
    fifo.set(1, 'one again');
    time = 198;
    expect(fifo.get(1)).toBe('one again');
    time = 199;
    expect(fifo.get(1)).toBeUndefined();
    expect([fifo.size, departures.expired]).toEqual([0, 1]);
  });

  it('grows to its bound, and uses the places of what has gone', () => {
    const { fifo } = store({ entries: 5000 });
    for (let key = 0; key < 20_000; key++) fifo.set(key, String(key));
    expect(fifo.size).toBe(5000);
    for (let key = 0; key < 20_000; key++)
      expect([undefined, String(key)]).toContain(fifo.get(key));
  });

  it.each([-1, NaN, Infinity])('refuses %p as the size of a value', (size) => {
    const limits = { entries: 1, bytes: 100, ttlMs: 0, sizeOf: () => size, now: () => 0 };
    const fifo = new S3Fifo<string>(limits, { evictions: 0, refused: 0, expired: 0 });
    expect(() => fifo.set(1, 'one')).toThrow(
      new CacheError('SIZE_INVALID', `sizeOf must give a number from 0, got ${size}`),
    );
  });
});
