import { type RingSpan, SlotRing } from './ring.js';
import type { WindowSlots } from './snapshot.js';

/** Five minutes by five seconds: the windows of one and of five minutes. */
export const FINE: RingSpan = { slotMs: 5_000, slots: 60 };
/** An hour by minutes: the window of one hour. */
export const COARSE: RingSpan = { slotMs: 60_000, slots: 60 };

/** Counts what happened of late, twice: by five seconds and by minutes. */
export class WindowCounts {
  private readonly fine = new SlotRing(FINE);
  private readonly coarse = new SlotRing(COARSE);

  countRequest(moment: number, bucket: number, failed: boolean): void {
    this.fine.countRequest(moment, bucket, failed);
    this.coarse.countRequest(moment, bucket, failed);
  }

  countPrediction(moment: number): void {
    this.fine.countPrediction(moment);
    this.coarse.countPrediction(moment);
  }

  countLookups(moment: number, hit: boolean, times: number): void {
    this.fine.countLookups(moment, hit, times);
    this.coarse.countLookups(moment, hit, times);
  }

  clear(): void {
    this.fine.clear();
    this.coarse.clear();
  }

  snapshot(moment: number): WindowSlots {
    return { fine: this.fine.snapshot(moment), coarse: this.coarse.snapshot(moment) };
  }
}
