import fc from 'fast-check';
import { SlotRing } from '../../src/count/windows.js';
import { MILLISECONDS, WINDOW_MILLISECONDS } from '../../src/histogram.js';
import { oldestStart } from '../../src/snapshot/snapshot.js';

const span = { slotMs: 1000, slots: 4 };

describe('oldestStart', () => {
  it('counts the running slot among the slots', () => {
    expect(oldestStart(span, 5000)).toBe(2000);
    expect(oldestStart(span, 5999)).toBe(2000);
    expect(oldestStart(span, 6000)).toBe(3000);
    expect(oldestStart(span, 0)).toBe(-3000);
  });
});

describe('SlotRing', () => {
  it('keeps what happened apart by time slot, oldest first', () => {
    const ring = new SlotRing(span);
    ring.countRequest(5999, MILLISECONDS.bucketOf(20), true);
    ring.countPrediction(6000);
    ring.countPrediction(6500);
    ring.countLookups(6999, true, 3);
    ring.countLookups(5000, false, 2);
    const nothing = { requests: 0, errors: 0, predictions: 0, hits: 0, misses: 0, latency: [] };
    const bucket = WINDOW_MILLISECONDS.bucketOf(20);
    expect(ring.snapshot(7000)).toEqual([
      { ...nothing, start: 5000, requests: 1, errors: 1, misses: 2, latency: [bucket, 1] },
      { ...nothing, start: 6000, predictions: 2, hits: 3 },
    ]);
  });

  it('clears a place before it is used again', () => {
    const ring = new SlotRing(span);
    ring.countRequest(1000, 3, true);
    ring.countLookups(1000, true, 1);
    ring.countPrediction(5000);
    expect(ring.snapshot(5000)).toEqual([
      { start: 5000, requests: 0, errors: 0, predictions: 1, hits: 0, misses: 0, latency: [] },
    ]);
  });

  it('leaves the latency out when it has no bucket', () => {
    const ring = new SlotRing(span);
    ring.countRequest(0, -1, false);
    expect(ring.snapshot(0)).toMatchObject([{ requests: 1, latency: [] }]);
  });

  it('forgets everything when cleared, and counts on', () => {
    const ring = new SlotRing(span);
    ring.countPrediction(5000);
    ring.clear();
    expect(ring.snapshot(5000)).toEqual([]);
    ring.countPrediction(5000);
    expect(ring.snapshot(5000)).toMatchObject([{ start: 5000, predictions: 1 }]);
  });

  it('holds at any moment exactly the events of its last slots', () => {
    const steps = fc.array(fc.integer({ min: -2000, max: 6000 }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer({ min: -9000, max: 9000 }), (moves, start) => {
        const ring = new SlotRing(span);
        const counts = new Map<number, number>();
        let latest = start;
        for (const move of moves) {
          const moment = latest + move;
          latest = Math.max(latest, moment);
          ring.countPrediction(moment);
          const slot = Math.floor(moment / 1000);
          counts.set(slot, (counts.get(slot) ?? 0) + 1);
        }
        const running = Math.floor(latest / 1000);
        const expected = [...counts]
          .filter(([slot]) => slot > running - 4)
          .sort(([a], [b]) => a - b)
          .map(([slot, count]) => [slot * 1000, count]);
        const seen = ring.snapshot(latest).map((slot) => [slot.start, slot.predictions]);
        expect(seen).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
