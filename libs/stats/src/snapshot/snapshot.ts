import type { HistogramSnapshot } from '../histogram.js';

/**
 * The format's number. It changes when snapshots of the old format can no longer be merged. A list that
 * came later is empty where an older release wrote none, and an older release leaves it out.
 */
export const SNAPSHOT_FORMAT = 1;

/** What a cache counted, as the owner of the cache passes it in. Whole numbers. */
export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
  /** Entries held. */
  readonly size: number;
  /** Bytes held. */
  readonly bytes: number;
  /** Entries given up for lack of room. */
  readonly evictions: number;
}

/** Predicted CTRs: how many, and their sum. */
export interface CtrSums {
  readonly predictions: number;
  /** Sum of the predicted CTRs in ten-thousandths, so that sums are exact in any order. */
  readonly ctrTenThousandths: number;
}

/** Predicted CTRs: how many, their sum and their distribution. */
export interface CtrCounts extends CtrSums {
  /** By bucket of the scale of ten-thousandths; see `ctrQuantile`. */
  readonly ctrs: HistogramSnapshot;
}

/** What a shadow model predicted, and how far that was from what was answered. */
export interface ShadowCounts extends CtrCounts {
  /** Sum of what its predictions were higher by, in ten-thousandths of CTR. */
  readonly aboveTenThousandths: number;
  /** Sum of what its predictions were lower by, in ten-thousandths of CTR. */
  readonly belowTenThousandths: number;
}

export interface ModelSnapshot {
  readonly version: string;
  /** When it was first registered: milliseconds since 1970. */
  readonly since: number;
  /** Predictions of this model that were answered. */
  readonly served: CtrCounts;
  /** Predictions it made in the shadow of another. */
  readonly shadow: ShadowCounts;
}

export interface CategorySnapshot extends CtrSums {
  readonly label: string;
}

export interface DimensionSnapshot {
  readonly name: string;
  /** Categories with predictions, ordered by label, numbers first. */
  readonly categories: readonly CategorySnapshot[];
}

export interface RouteSnapshot {
  readonly method: string;
  readonly path: string;
  /** Whether it is left out of the windows. */
  readonly background: boolean;
  /** Flat: status, requests, status, requests, … ascending; status 0 is what was none. */
  readonly statuses: readonly number[];
  /** Milliseconds by bucket; see `latencyQuantile`. */
  readonly latency: HistogramSnapshot;
  /** Sum of the latencies in whole microseconds. */
  readonly microseconds: number;
}

export interface CounterSnapshot {
  readonly name: string;
  readonly value: number;
}

/** What happened in one time slot. */
export interface SlotSnapshot {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly requests: number;
  /** Requests answered with status 500 or above. */
  readonly errors: number;
  readonly predictions: number;
  /** Lookups that the cache answered, and those it did not. */
  readonly hits: number;
  readonly misses: number;
  /** Milliseconds by bucket of the windows' scale; see `windowFigures`. */
  readonly latency: HistogramSnapshot;
}

/** The length of a ring: `slots` slots of `slotMs` milliseconds, the running one included. */
export interface RingSpan {
  readonly slotMs: number;
  readonly slots: number;
}

/** When the oldest slot starts that belongs to the last `slots` at a moment. */
export function oldestStart({ slotMs, slots }: RingSpan, moment: number): number {
  return (Math.floor(moment / slotMs) - slots + 1) * slotMs;
}

/** Five minutes by five seconds: the windows of one and of five minutes. */
export const FINE: RingSpan = { slotMs: 5_000, slots: 60 };
/** An hour by minutes: the window of one hour. */
export const COARSE: RingSpan = { slotMs: 60_000, slots: 60 };

/** What happened of late, by time slot: plain data. */
export interface WindowSlots {
  /** Slots of five seconds, of the last five minutes. */
  readonly fine: readonly SlotSnapshot[];
  /** Slots of a minute, of the last hour. */
  readonly coarse: readonly SlotSnapshot[];
}

/**
 * The state of a service, or of several taken together, at one moment. Plain data, frozen, the same
 * after JSON and structured clone. All counts are whole numbers up to 2^53 − 1. The CTRs at the top
 * are of all answered predictions.
 */
export interface StatsSnapshot extends CtrCounts {
  readonly format: typeof SNAPSHOT_FORMAT;
  /** When the first of the services began to count: milliseconds since 1970; null for none. */
  readonly startedAt: number | null;
  /** When the last of them was asked: milliseconds since 1970; null for none. */
  readonly takenAt: number | null;
  /** Routes with requests, ordered by path and method. */
  readonly routes: readonly RouteSnapshot[];
  /** Dimensions with predictions, ordered by name. */
  readonly dimensions: readonly DimensionSnapshot[];
  /** Models, the one registered first in front. */
  readonly models: readonly ModelSnapshot[];
  /** Named counters, ordered by name. */
  readonly counters: readonly CounterSnapshot[];
  /** By feature, ordered by name: predictions whose word of it was not known. */
  readonly unknownWords: readonly CounterSnapshot[];
  readonly cache: CacheCounts;
  readonly windows: WindowSlots;
}

/** Nothing counted, nowhere: merging it into a snapshot changes nothing. */
export const emptySnapshot: StatsSnapshot = deepFreeze({
  format: SNAPSHOT_FORMAT,
  startedAt: null,
  takenAt: null,
  predictions: 0,
  ctrTenThousandths: 0,
  ctrs: [],
  routes: [],
  dimensions: [],
  models: [],
  counters: [],
  unknownWords: [],
  cache: { hits: 0, misses: 0, size: 0, bytes: 0, evictions: 0 },
  windows: { fine: [], coarse: [] },
});

/** Freezes plain data all the way down. What is frozen already is taken to be so to its depths. */
export function deepFreeze<T extends object>(data: T): T {
  if (Object.isFrozen(data)) return data;
  // Most of a snapshot are lists of numbers, which have no depths.
  if (!Array.isArray(data) || typeof data[0] === 'object') {
    for (const value of Object.values(data)) {
      if (typeof value === 'object' && value !== null) deepFreeze(value);
    }
  }
  return Object.freeze(data);
}
