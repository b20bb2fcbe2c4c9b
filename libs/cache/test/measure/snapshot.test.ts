import fc from 'fast-check';
import {
  type CacheSnapshot,
  PredictionCache,
  emptyCacheSnapshot,
  mergeCacheSnapshots,
  retiredCache,
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
const snapshots: fc.Arbitrary<CacheSnapshot> = fc.record({
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

/** Every number in a snapshot by its path. */
function numbersIn(value: object, path = ''): [string, number][] {
  return Object.entries(value).flatMap(([name, part]) =>
    typeof part === 'number' ? [[`${path}${name}`, part]] : numbersIn(part, `${path}${name}.`),
  );
}

describe('snapshots of caches', () => {
  it('merge in any order and grouping, and the empty one changes nothing', () => {
    fc.assert(
      fc.property(snapshots, snapshots, snapshots, (a, b, c) => {
        const merged = mergeCacheSnapshots(mergeCacheSnapshots(a, b), c);
        expect(mergeCacheSnapshots(a, mergeCacheSnapshots(b, c))).toEqual(merged);
        expect(mergeCacheSnapshots(b, a)).toEqual(mergeCacheSnapshots(a, b));
        expect(mergeCacheSnapshots(a, emptyCacheSnapshot)).toEqual(a);
      }),
    );
  });

  it('add up, every one of them', () => {
    fc.assert(
      fc.property(snapshots, snapshots, (a, b) => {
        const withoutHashes = (all: CacheSnapshot) =>
          numbersIn({
            ...all,
            requests: all.requests.requests,
            lookupTime: samplesOf(all.lookupTime),
            storeTime: samplesOf(all.storeTime),
            computeTime: samplesOf(all.computeTime),
          });
        const [left, right] = [withoutHashes(a), withoutHashes(b)];
        const sums = left.map(([name, number], i) => [name, number + right[i]![1]]);
        const merged = new Map(withoutHashes(mergeCacheSnapshots(a, b)));
        expect(merged).toEqual(new Map(sums as [string, number][]));
      }),
    );
  });

  it('are plain data that survive a message between processes, and do not change later', () => {
    const cache = new PredictionCache<number>({ entries: 10, ttlMs: 0 });
    const cells = cache.forModel('a');
    cells.get(1, 7);
    cells.set(1, 0.5);
    const before = cache.snapshot();
    const sent = JSON.parse(JSON.stringify(before));
    cells.get(1, 8);
    expect(before).toEqual(sent);
    expect(Object.keys(before).sort()).toEqual(Object.keys(emptyCacheSnapshot).sort());
    expect(mergeCacheSnapshots(sent, emptyCacheSnapshot)).toEqual(before);
  });

  it('of a process that ended keep what it counted, and nothing that it held', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        const retired = retiredCache(snapshot);
        const breakers = { closed: 0, halfOpen: 0, open: 0 };
        const tier = { ...snapshot.tier, breakers };
        expect(retired).toEqual({ ...snapshot, size: 0, bytes: 0, tier });
      }),
    );
  });
});
