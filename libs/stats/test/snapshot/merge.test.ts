import fc from 'fast-check';
import {
  ServiceStats,
  emptySnapshot,
  mergeSnapshots,
  parseSnapshot,
  retired,
  type StatsSnapshot,
} from '../../src/index.js';
import { events, live, snapshots } from '../events.js';

const runs = { numRuns: 150 };
const start = fc.integer({ min: 0, max: 2e12 });

describe('mergeSnapshots', () => {
  it('of workers is the snapshot of one service that saw everything, in any order', () => {
    fc.assert(
      fc.property(events, start, (happening, startedAt) => {
        const { all, workers } = live(happening, startedAt);
        const [a, b, c] = workers;
        expect(mergeSnapshots(mergeSnapshots(a, b), c)).toEqual(all);
        expect(mergeSnapshots(c, mergeSnapshots(b, a))).toEqual(all);
        expect([...workers, emptySnapshot].reduceRight(mergeSnapshots)).toEqual(all);
      }),
      runs,
    );
  });

  it('is associative, exactly, also for services that lived at other times', () => {
    fc.assert(
      fc.property(snapshots, snapshots, snapshots, (a, b, c) => {
        expect(mergeSnapshots(mergeSnapshots(a, b), c)).toEqual(
          mergeSnapshots(a, mergeSnapshots(b, c)),
        );
      }),
      runs,
    );
  });

  it('does not care about the order and ignores the empty snapshot', () => {
    fc.assert(
      fc.property(snapshots, snapshots, (a, b) => {
        expect(mergeSnapshots(a, b)).toEqual(mergeSnapshots(b, a));
        expect(mergeSnapshots(a, emptySnapshot)).toEqual(a);
        expect(mergeSnapshots(emptySnapshot, a)).toEqual(a);
      }),
      runs,
    );
    expect(mergeSnapshots(emptySnapshot, emptySnapshot)).toEqual(emptySnapshot);
  });

  it('stays associative where counts reach the largest safe one', () => {
    const count = fc.oneof(fc.nat(9), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER));
    const large = fc
      .tuple(count, count, count)
      .map(([value, predictions, above]): StatsSnapshot => {
        const served = {
          predictions,
          ctrTenThousandths: value,
          ctrs: [3, value + 1 - (value % 2)],
        };
        const shadow = { ...served, aboveTenThousandths: above, belowTenThousandths: value };
        return {
          ...emptySnapshot,
          ...served,
          models: [{ version: 'v', since: 5, served, shadow }],
          counters: [{ name: 'events', value }],
          unknownWords: [{ name: 'keyword', value }],
        };
      });
    fc.assert(
      fc.property(large, large, large, (a, b, c) => {
        const merged = mergeSnapshots(mergeSnapshots(a, b), c);
        expect(merged).toEqual(mergeSnapshots(a, mergeSnapshots(b, c)));
        expect(merged.counters[0].value).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
      }),
      runs,
    );
  });

  it('keeps more than four models rather than lose what another merge would add to', () => {
    const of = (...versions: string[]) => {
      const stats = new ServiceStats(() => 7);
      versions.forEach((version) => stats.countPrediction(stats.model(version), 0.1));
      return stats.snapshot();
    };
    const { models } = mergeSnapshots(of('1', '2', '3', '4'), of('4', '5'));
    expect(models.map(({ version, served }) => [version, served.predictions])).toEqual([
      ['1', 1],
      ['2', 1],
      ['3', 1],
      ['4', 2],
      ['5', 1],
    ]);
  });

  it('drops the time slots that the later snapshot no longer looks at', () => {
    const at = (time: number) => {
      const stats = new ServiceStats(() => time);
      stats.countLookup(true);
      return stats.snapshot();
    };
    const starts = (later: number) => {
      const { windows } = mergeSnapshots(at(0), at(later));
      return [windows.fine.map(({ start }) => start), windows.coarse.map(({ start }) => start)];
    };
    expect(starts(299_999)).toEqual([
      [0, 295_000],
      [0, 240_000],
    ]);
    expect(starts(300_000)).toEqual([[300_000], [0, 300_000]]);
    expect(starts(3_600_000)).toEqual([[3_600_000], [3_600_000]]);
  });

  it('leaves a route in the background only where everyone does', () => {
    const of = (background: boolean) => {
      const stats = new ServiceStats();
      stats.countRequest(stats.route('GET', '/a', { background }), 200, 1);
      return stats.snapshot();
    };
    const backgroundOf = (one: boolean, other: boolean) =>
      mergeSnapshots(of(one), of(other)).routes.map(({ background }) => background);
    expect([backgroundOf(true, true), backgroundOf(true, false)]).toEqual([[true], [false]]);
  });

  it('freezes what it gives', () => {
    const { all, workers } = live([], 0);
    expect(Object.isFrozen(mergeSnapshots(all, workers[0]).windows.fine)).toBe(true);
  });
});

describe('the way to another process', () => {
  it('through JSON or a structured clone changes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(snapshots, fc.constant(emptySnapshot)), snapshots, (a, b) => {
        const copy = parseSnapshot(JSON.parse(JSON.stringify(a)));
        expect(copy).toEqual(a);
        expect(parseSnapshot(structuredClone(a))).toEqual(a);
        expect(mergeSnapshots(JSON.parse(JSON.stringify(a)), b)).toEqual(mergeSnapshots(a, b));
      }),
      runs,
    );
  });
});

describe('retired', () => {
  it('keeps what was counted and lets go of what was held', () => {
    const stats = new ServiceStats();
    stats.countLookup(true);
    const snapshot = stats.snapshot({ hits: 5, misses: 4, size: 3, bytes: 2, evictions: 1 });
    expect(retired(snapshot)).toEqual({
      ...snapshot,
      cache: { hits: 5, misses: 4, size: 0, bytes: 0, evictions: 1 },
    });
  });
});
