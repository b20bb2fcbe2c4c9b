import { emptyTier, mergeTiers, type TierSnapshot } from '../tier/second-tier.js';
import {
  type DistinctSnapshot,
  emptyDistinct,
  exactKeyHitRate,
  mergeDistinct,
} from './distinct.js';
import { emptyTiming, medianMs, mergeTimings, type Timing } from './timing.js';

/** What one cache counted so far, or several together. Plain data, frozen; counts are whole. */
export interface CacheSnapshot {
  /** Lookups answered from memory. */
  readonly hits: number;
  /** Lookups that were not. */
  readonly misses: number;
  /** Entries held now. */
  readonly size: number;
  /** About how many bytes they take. */
  readonly bytes: number;
  /** Values given to be kept. */
  readonly stores: number;
  /** Entries pushed out after they had proved themselves. */
  readonly evictions: number;
  /** Values that were not admitted: pushed out before a second look, or too large to keep. */
  readonly refused: number;
  /** Entries found too old. */
  readonly expired: number;
  /** Callers that waited for a computation that another had started. */
  readonly shared: number;
  /** Lookups in memory, timed by sample. */
  readonly lookupTime: Timing;
  /** Keeping a value, timed by sample. */
  readonly storeTime: Timing;
  /** Making a value that was not there, timed by sample. */
  readonly computeTime: Timing;
  /** The requests whose hash came with the lookup. */
  readonly requests: DistinctSnapshot;
  /** The second tier; all 0 where there is none. */
  readonly tier: TierSnapshot;
}

/** The snapshot of a cache that did nothing. Merging it into another changes nothing. */
export const emptyCacheSnapshot: CacheSnapshot = Object.freeze({
  hits: 0,
  misses: 0,
  size: 0,
  bytes: 0,
  stores: 0,
  evictions: 0,
  refused: 0,
  expired: 0,
  shared: 0,
  lookupTime: emptyTiming,
  storeTime: emptyTiming,
  computeTime: emptyTiming,
  requests: emptyDistinct,
  tier: emptyTier,
});

/**
 * The counts of two processes' caches together. Exactly associative and commutative, because it adds
 * whole numbers below 2^53 and unites sets.
 */
export function mergeCacheSnapshots(a: CacheSnapshot, b: CacheSnapshot): CacheSnapshot {
  return Object.freeze({
    hits: a.hits + b.hits,
    misses: a.misses + b.misses,
    size: a.size + b.size,
    bytes: a.bytes + b.bytes,
    stores: a.stores + b.stores,
    evictions: a.evictions + b.evictions,
    refused: a.refused + b.refused,
    expired: a.expired + b.expired,
    shared: a.shared + b.shared,
    lookupTime: mergeTimings(a.lookupTime, b.lookupTime),
    storeTime: mergeTimings(a.storeTime, b.storeTime),
    computeTime: mergeTimings(a.computeTime, b.computeTime),
    requests: mergeDistinct(a.requests, b.requests),
    tier: mergeTiers(a.tier, b.tier),
  });
}

/**
 * What stays of a cache whose process has ended: what it counted, not what it held, and none of the
 * breakers. Merging it keeps totals from falling when a process ends.
 */
export function retiredCache(snapshot: CacheSnapshot): CacheSnapshot {
  const { breakers } = emptyTier;
  const tier = Object.freeze({ ...snapshot.tier, breakers });
  return Object.freeze({ ...snapshot, size: 0, bytes: 0, tier });
}

/** Figures that say whether a cache is worth having. */
export interface CacheWorth {
  /** Share of lookups answered from memory, 0 to 1; null before the first. */
  readonly hitRate: number | null;
  /**
   * The highest hit rate that a key of the whole request could have reached, 0 to 1; null when no
   * request was counted.
   */
  readonly exactKeyHitRate: number | null;
  /** What the hits would have cost to compute, in milliseconds; null before a first sample. */
  readonly savedMs: number | null;
  /** What lookups, stores and waiting for the second tier cost, in milliseconds; null likewise. */
  readonly spentMs: number | null;
}

/** Computes the figures: exact counts times medians of sampled times. */
export function cacheWorth(snapshot: CacheSnapshot): CacheWorth {
  const { hits, misses, stores, tier } = snapshot;
  const lookups = hits + misses;
  const compute = medianMs(snapshot.computeTime);
  const lookup = medianMs(snapshot.lookupTime);
  const store = medianMs(snapshot.storeTime) ?? 0;
  return {
    hitRate: lookups === 0 ? null : hits / lookups,
    exactKeyHitRate: exactKeyHitRate(snapshot.requests),
    savedMs: compute === null ? null : (hits + tier.hits) * compute,
    spentMs: lookup === null ? null : lookups * lookup + stores * store + tier.waitedNs / 1e6,
  };
}
