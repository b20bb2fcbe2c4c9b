/*
 * What the gate keeps of outcomes: sums, so that a day can be counted by itself, and again when it
 * was restated. Each outcome is judged by both models, whichever of them answered: what an
 * impression's click does not depend on is who predicted it. So a canary that answers one request in
 * a hundred is judged by the outcomes of all hundred.
 *
 *     cell of a day ──▶ its segments   Σ clicks, Σ expected by canary, Σ expected by current
 *                  └──▶ one of 512 buckets, by a hash of its record: how much records vary
 */
import type { Segments } from './layout.js';

/** Counted outcomes of one record on one day, with what both models expect of it. */
export interface PairedCell {
  readonly record: Readonly<Record<string, string | number | null>>;
  readonly impressions: number;
  readonly clicks: number;
  /** Clicks that the canary expects. */
  readonly canary: number;
  /** Clicks that the current model expects. */
  readonly current: number;
  /** Whether the canary answered. */
  readonly own: boolean;
}

/** Records are spread over so many buckets, of which the scatter is measured. */
export const BUCKETS = 512;

/** Sums over the cells of one day. */
export class DayTally {
  /** By segment; the last one is what the canary itself answered. */
  readonly clicks: Float64Array;
  readonly canary: Float64Array;
  readonly current: Float64Array;
  /** By bucket. */
  readonly bucketClicks = new Float64Array(BUCKETS);
  readonly bucketCanary = new Float64Array(BUCKETS);
  readonly bucketCurrent = new Float64Array(BUCKETS);
  impressions = 0;
  allClicks = 0;
  allCanary = 0;
  allCurrent = 0;
  /** Σ clicks · r and Σ clicks · r², where r = ln(expected by current / expected by canary). */
  excess = 0;
  squares = 0;
  private readonly found: Int32Array;

  /**
   * @param share of the clicks of this day that have been told by now, 0 to 1: what both models
   *   expect by now is their share of it
   */
  constructor(
    private readonly segments: Segments,
    readonly share = 1,
  ) {
    const width = segments.count + 1;
    this.clicks = new Float64Array(width);
    this.canary = new Float64Array(width);
    this.current = new Float64Array(width);
    this.found = new Int32Array(segments.perCell);
  }

  /** Adds a cell; one without impressions, or that a model expects nothing of, says nothing. */
  add({ record, impressions, clicks, canary, current, own }: PairedCell): void {
    if (!(impressions > 0 && canary > 0 && current > 0)) return;
    this.segments.find(record, canary / impressions, this.found);
    for (const segment of this.found) this.addTo(segment, clicks, canary, current);
    if (own) this.addTo(this.segments.count, clicks, canary, current);
    const bucket = bucketOf(record);
    this.bucketClicks[bucket] += clicks;
    this.bucketCanary[bucket] += canary;
    this.bucketCurrent[bucket] += current;
    const ratio = Math.log(current / canary);
    this.excess += clicks * ratio;
    this.squares += clicks * ratio * ratio;
    this.impressions += impressions;
    this.allClicks += clicks;
    this.allCanary += canary;
    this.allCurrent += current;
  }

  private addTo(segment: number, clicks: number, canary: number, current: number): void {
    this.clicks[segment] += clicks;
    this.canary[segment] += canary;
    this.current[segment] += current;
  }
}

/** FNV-1a over the values of a record: the same record is in the same bucket on every day. */
function bucketOf(record: PairedCell['record']): number {
  let hash = 0x811c9dc5;
  for (const name in record) {
    const text = String(record[name]);
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    hash = Math.imul(hash ^ 0xff, 0x01000193);
  }
  return (hash ^ (hash >>> 15)) & (BUCKETS - 1);
}
