/*
 * What the page remembers of the figures that came while it was open: rings of numbers, which take the same
 * memory after a minute and after a week. Seconds for five minutes, ten seconds for an hour:
 *
 *   frame ──less the one before──▶ a second ──▶ fine ring   (the last 1 m and 5 m)
 *                                     └──summed by tens──▶ coarse ring (the last 1 h)
 *
 * A moment that nothing is known of is a gap, never a zero.
 */
import type { Schemas } from '../api/client.js';

export type Stats = Schemas['StatsAnswer'];

/** The spans of time that can be looked at, as the service names them. */
export const WINDOWS = ['1m', '5m', '1h'] as const;
export type Window = (typeof WINDOWS)[number];
export const windowSeconds: Readonly<Record<Window, number>> = { '1m': 60, '5m': 300, '1h': 3600 };

/** What is remembered of a moment. Rates are by second, latencies in milliseconds. */
const FIELDS = ['requests', 'predictions', 'hitRate', 'p50', 'p99'] as const;
export type Field = (typeof FIELDS)[number];

/** A moment in milliseconds since 1970 and what was then; null breaks the line. */
export type Point = readonly [moment: number, value: number | null];

/** Seconds between two frames from which on something was missed between them. */
const MISSED = 3;
const COARSE_SECONDS = 10;

/** The last so many moments. Adding one allocates nothing. */
export class Ring {
  private readonly moments: Float64Array;
  private readonly values: Float64Array;
  private next = 0;
  private held = 0;

  constructor(
    private readonly places: number,
    private readonly fields: number,
  ) {
    this.moments = new Float64Array(places);
    this.values = new Float64Array(places * fields);
  }

  /** @param values a number for each field, NaN where there is none */
  push(moment: number, values: readonly number[]): void {
    this.moments[this.next] = moment;
    this.values.set(values, this.next * this.fields);
    this.next = (this.next + 1) % this.places;
    this.held = Math.min(this.held + 1, this.places);
  }

  /** Breaks all lines. */
  gap(moment: number): void {
    this.push(moment, new Array<number>(this.fields).fill(NaN));
  }

  /** The moments of a field from one to another, oldest first. */
  read(field: number, from: number, until: number): Point[] {
    const points: Point[] = [];
    const oldest = this.next - this.held + this.places;
    for (let i = 0; i < this.held; i++) {
      const place = (oldest + i) % this.places;
      const moment = this.moments[place];
      if (moment < from || moment > until) continue;
      const value = this.values[place * this.fields + field];
      points.push([moment, Number.isNaN(value) ? null : value]);
    }
    return points;
  }
}

/** What was counted between two frames. */
interface Counted {
  seconds: number;
  requests: number;
  predictions: number;
  hits: number;
  misses: number;
}

const nothing = (): Counted => ({ seconds: 0, requests: 0, predictions: 0, hits: 0, misses: 0 });

function rowOf(counted: Counted, { windows }: Stats): number[] {
  const { seconds, requests, predictions, hits, misses } = counted;
  const { requests: asked, latency_ms } = windows['1m'];
  return [
    requests / seconds,
    predictions / seconds,
    hits + misses === 0 ? NaN : hits / (hits + misses),
    asked === 0 ? NaN : latency_ms.p50,
    asked === 0 ? NaN : latency_ms.p99,
  ];
}

export class History {
  private readonly fine = new Ring(windowSeconds['5m'], FIELDS.length);
  private readonly coarse = new Ring(windowSeconds['1h'] / COARSE_SECONDS, FIELDS.length);
  private before: Stats | undefined;
  private summed = nothing();

  /**
   * Takes the next frame.
   * @param moment when it came
   * @returns whether the service has started anew since the frame before
   */
  take(stats: Stats, moment: number): boolean {
    const { before } = this;
    this.before = stats;
    if (before === undefined) return false;
    const counted = between(before, stats);
    const isAnew = counted === undefined;
    if (isAnew || counted.seconds > MISSED) {
      this.summed = nothing();
      this.fine.gap(moment - 1);
      this.coarse.gap(moment - 1);
    } else if (counted.seconds > 0) {
      this.fine.push(moment, rowOf(counted, stats));
      this.sum(counted, stats, moment);
    }
    return isAnew;
  }

  private sum(counted: Counted, stats: Stats, moment: number): void {
    const { summed } = this;
    for (const name of Object.keys(summed) as (keyof Counted)[]) summed[name] += counted[name];
    if (summed.seconds < COARSE_SECONDS - 0.5) return;
    this.coarse.push(moment, rowOf(summed, stats));
    this.summed = nothing();
  }

  /** What was in the window that ends at this moment, oldest first. */
  read(field: Field, window: Window, until: number): Point[] {
    const ring = window === '1h' ? this.coarse : this.fine;
    return ring.read(FIELDS.indexOf(field), until - 1000 * windowSeconds[window], until);
  }
}

/** What was counted from one frame to the next; undefined if the service began anew between them. */
function between(before: Stats, after: Stats): Counted | undefined {
  const counted = {
    seconds: after.uptime_seconds - before.uptime_seconds,
    requests: after.requests - before.requests,
    predictions: after.predictions - before.predictions,
    hits: after.cache.hits - before.cache.hits,
    misses: after.cache.misses - before.cache.misses,
  };
  return Object.values(counted).some((value) => value < 0) ? undefined : counted;
}
