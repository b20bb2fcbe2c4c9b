import { pairsOf, WINDOW_COLLAPSE, WINDOW_MILLISECONDS } from '../histogram.js';
import {
  COARSE,
  FINE,
  oldestStart,
  type RingSpan,
  type SlotSnapshot,
  type WindowSlots,
} from '../snapshot/snapshot.js';

/*
 * Time slots aligned to the wall clock, so that slot k means the same moments in every worker:
 *
 *   slot k covers [k·slotMs, (k+1)·slotMs) and lives at place k mod slots
 *
 *   place    0      1      2    ···
 *          k=60   k=61    k=2   ···     before something is counted at k=62, its place is cleared
 *
 * A place may hold a slot that is too old; reading leaves such slots out.
 */

const REQUESTS = 0;
const ERRORS = 1;
const PREDICTIONS = 2;
const HITS = 3;
const MISSES = 4;
const FIELDS = 5;
const BUCKETS = WINDOW_MILLISECONDS.buckets;

/**
 * Counts by time slot. Counting allocates nothing. A moment must not be earlier than the latest one
 * by a whole ring or more.
 */
export class SlotRing {
  private readonly starts: Float64Array;
  private readonly counts: Float64Array;
  private readonly latencies: Uint32Array;
  // The last slot that was counted in: most moments are in the same slot as the moment before.
  private from = 0;
  private until = 0;
  private place = 0;

  constructor(private readonly span: RingSpan) {
    this.starts = new Float64Array(span.slots).fill(NaN);
    this.counts = new Float64Array(span.slots * FIELDS);
    this.latencies = new Uint32Array(span.slots * BUCKETS);
  }

  /** @param bucket of the latency on the scale `MILLISECONDS`, −1 when it is unknown */
  countRequest(moment: number, bucket: number, failed: boolean): void {
    const place = this.placeOf(moment);
    this.counts[place * FIELDS + REQUESTS]++;
    if (failed) this.counts[place * FIELDS + ERRORS]++;
    if (bucket >= 0) this.latencies[place * BUCKETS + Math.ceil(bucket / WINDOW_COLLAPSE)]++;
  }

  countPrediction(moment: number): void {
    this.counts[this.placeOf(moment) * FIELDS + PREDICTIONS]++;
  }

  countLookups(moment: number, hit: boolean, times: number): void {
    this.counts[this.placeOf(moment) * FIELDS + (hit ? HITS : MISSES)] += times;
  }

  /** Forgets everything. */
  clear(): void {
    this.starts.fill(NaN);
    this.from = this.until = 0;
  }

  /** The slots with counts that are not too old at this moment, oldest first. */
  snapshot(moment: number): SlotSnapshot[] {
    const oldest = oldestStart(this.span, moment);
    const slots: SlotSnapshot[] = [];
    for (let place = 0; place < this.span.slots; place++) {
      if (this.starts[place] >= oldest) slots.push(this.slotSnapshot(place));
    }
    return slots.sort((a, b) => a.start - b.start);
  }

  private slotSnapshot(place: number): SlotSnapshot {
    const at = place * FIELDS;
    return {
      start: this.starts[place],
      requests: this.counts[at + REQUESTS],
      errors: this.counts[at + ERRORS],
      predictions: this.counts[at + PREDICTIONS],
      hits: this.counts[at + HITS],
      misses: this.counts[at + MISSES],
      latency: pairsOf(this.latencies, place * BUCKETS, BUCKETS),
    };
  }

  private placeOf(moment: number): number {
    return moment >= this.from && moment < this.until ? this.place : this.turnTo(moment);
  }

  private turnTo(moment: number): number {
    const { slotMs, slots } = this.span;
    const slot = Math.floor(moment / slotMs);
    const place = ((slot % slots) + slots) % slots;
    this.from = slot * slotMs;
    this.until = this.from + slotMs;
    this.place = place;
    if (this.starts[place] !== this.from) {
      this.starts[place] = this.from;
      this.counts.fill(0, place * FIELDS, (place + 1) * FIELDS);
      this.latencies.fill(0, place * BUCKETS, (place + 1) * BUCKETS);
    }
    return place;
  }
}

/** Counts what happened in the last hour twice, by slots of five seconds and of a minute. */
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
