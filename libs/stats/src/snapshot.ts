import { type HistogramSnapshot, mergeHistograms, quantile } from './histogram.js';

/** What a cache did: whole numbers, given by whoever owns the cache. */
export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
  /** Entries held. */
  readonly size: number;
}

/** The state of a service, or of several taken together, at one moment. Plain data, frozen. */
export interface StatsSnapshot {
  /** When the first of the services began to count: milliseconds since 1970. */
  readonly startedAt: number;
  /** When the last of them was asked: milliseconds since 1970. */
  readonly takenAt: number;
  /** Requests answered, whatever the answer. */
  readonly requests: number;
  /** Predictions given. */
  readonly predictions: number;
  /** Sum of the predicted CTRs in ten-thousandths, so that sums are exact in any order. */
  readonly ctrTenThousandths: number;
  /** Milliseconds a request took. */
  readonly latency: HistogramSnapshot;
  readonly cache: CacheCounts;
}

/** Nothing counted, nowhere: merging it into a snapshot changes nothing. */
export const emptySnapshot: StatsSnapshot = Object.freeze({
  startedAt: Infinity,
  takenAt: -Infinity,
  requests: 0,
  predictions: 0,
  ctrTenThousandths: 0,
  latency: Object.freeze([]),
  cache: Object.freeze({ hits: 0, misses: 0, size: 0 }),
});

/**
 * Two services (workers, replicas) as one. Associative and commutative, exactly: it adds whole
 * numbers below 2^53 and takes minima and maxima.
 */
export function mergeSnapshots(a: StatsSnapshot, b: StatsSnapshot): StatsSnapshot {
  return Object.freeze({
    startedAt: Math.min(a.startedAt, b.startedAt),
    takenAt: Math.max(a.takenAt, b.takenAt),
    requests: a.requests + b.requests,
    predictions: a.predictions + b.predictions,
    ctrTenThousandths: a.ctrTenThousandths + b.ctrTenThousandths,
    latency: mergeHistograms(a.latency, b.latency),
    cache: Object.freeze({
      hits: a.cache.hits + b.cache.hits,
      misses: a.cache.misses + b.cache.misses,
      size: a.cache.size + b.cache.size,
    }),
  });
}

/** Mean predicted CTR, 0 to 1; null before the first prediction. */
export function averageCtr({ ctrTenThousandths, predictions }: StatsSnapshot): number | null {
  return predictions === 0 ? null : ctrTenThousandths / (10_000 * predictions);
}

/** Share of lookups that the cache answered, 0 to 1; 0 before the first lookup. */
export function hitRate({ hits, misses }: CacheCounts): number {
  return hits + misses === 0 ? 0 : hits / (hits + misses);
}

/** Milliseconds that a share `q` (0 to 1) of the requests did not exceed; see `quantile`. */
export function latencyQuantile(snapshot: StatsSnapshot, q: number): number {
  return quantile(snapshot.latency, q);
}

/** Seconds from the first start to the last look; 0 for nothing at all. */
export function uptimeSeconds({ startedAt, takenAt }: StatsSnapshot): number {
  return Math.max(0, takenAt - startedAt) / 1000;
}
