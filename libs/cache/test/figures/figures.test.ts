import fc from 'fast-check';
import {
  type CacheFigures,
  PredictionCache,
  emptyCacheFigures,
  mergeCacheFigures,
  samplesOf,
  type Timing,
} from '../../src/index.js';
import { mix } from '../../src/keys/hash.js';

const whole = fc.nat(1_000_000);
const timing: fc.Arbitrary<Timing> = fc
  .uniqueArray(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 1000 })), {
    selector: ([bucket]) => bucket,
  })
  .map((counts) => counts.sort(([a], [b]) => a - b));
const figures: fc.Arbitrary<CacheFigures> = fc.record({
  hits: whole,
  misses: whole,
  size: whole,
  bytes: whole,
  stores: whole,
  evictions: whole,
  refused: whole,
  expired: whole,
  shared: whole,
  lookupTime: timing,
  storeTime: timing,
  computeTime: timing,
  requests: fc.record({
    requests: whole,
    smallest: fc
      .uniqueArray(fc.nat(10_000).map((number) => mix(number) >>> 0))
      .map((hashes) => hashes.sort((a, b) => a - b)),
  }),
  tier: fc.record({
    hits: whole,
    misses: whole,
    writes: whole,
    skipped: whole,
    errors: whole,
    timeouts: whole,
    waitedNs: whole,
    breakers: fc.record({ closed: whole, halfOpen: whole, open: whole }),
  }),
});

/** Every number in a figure by its path. */
function numbersIn(value: object, path = ''): [string, number][] {
  return Object.entries(value).flatMap(([name, part]) =>
    typeof part === 'number' ? [[`${path}${name}`, part]] : numbersIn(part, `${path}${name}.`),
  );
}

describe('figures of caches', () => {
  it('merge in any order and grouping, and nothing is the figure of no cache', () => {
    fc.assert(
      fc.property(figures, figures, figures, (a, b, c) => {
        const merged = mergeCacheFigures(mergeCacheFigures(a, b), c);
        expect(mergeCacheFigures(a, mergeCacheFigures(b, c))).toEqual(merged);
        expect(mergeCacheFigures(b, a)).toEqual(mergeCacheFigures(a, b));
        expect(mergeCacheFigures(a, emptyCacheFigures)).toEqual(a);
      }),
    );
  });

  it('add up, every one of them', () => {
    fc.assert(
      fc.property(figures, figures, (a, b) => {
        const withoutHashes = (all: CacheFigures) =>
          numbersIn({
            ...all,
            requests: all.requests.requests,
            lookupTime: samplesOf(all.lookupTime),
            storeTime: samplesOf(all.storeTime),
            computeTime: samplesOf(all.computeTime),
          });
        const [left, right] = [withoutHashes(a), withoutHashes(b)];
        const sums = left.map(([name, number], i) => [name, number + right[i]![1]]);
        const merged = new Map(withoutHashes(mergeCacheFigures(a, b)));
        expect(merged).toEqual(new Map(sums as [string, number][]));
      }),
    );
  });

  it('are plain data that survive a message between processes, and do not change later', () => {
    const cache = new PredictionCache<number>({ entries: 10, ttlMs: 0 });
    const cells = cache.forModel('a');
    cells.get(1, 7);
    cells.set(1, 0.5);
    const before = cache.figures();
    const sent = JSON.parse(JSON.stringify(before));
    cells.get(1, 8);
    expect(before).toEqual(sent);
    expect(Object.keys(before).sort()).toEqual(Object.keys(emptyCacheFigures).sort());
    expect(mergeCacheFigures(sent, emptyCacheFigures)).toEqual(before);
  });
});
