import {
  countUpTo,
  histogramCount,
  type HistogramSnapshot,
  mergeHistograms,
  MILLISECONDS,
  quantile,
  saturatingSum,
  TEN_THOUSANDTHS,
  WINDOW_MILLISECONDS,
} from './histogram.js';
import { mergeSlots } from './snapshot/merge.js';
import {
  COARSE,
  type CtrCounts,
  type CtrSums,
  FINE,
  oldestStart,
  type RingSpan,
  type RouteSnapshot,
  type ShadowCounts,
  type SlotSnapshot,
  type StatsSnapshot,
} from './snapshot/snapshot.js';

const ONE = 10_000;

/** Mean predicted CTR, 0 to 1; null before the first prediction. */
export function averageCtr({ ctrTenThousandths, predictions }: CtrSums): number | null {
  return predictions === 0 ? null : ctrTenThousandths / (ONE * predictions);
}

/**
 * The CTR that a share `q` (0 to 1) of the predictions did not exceed, within 1 %. It is about CTRs as
 * they were answered, with four decimals. Null before the first prediction.
 */
export function ctrQuantile({ ctrs }: Pick<CtrCounts, 'ctrs'>, q: number): number | null {
  return ctrs.length === 0 ? null : quantile(ctrs, q, TEN_THOUSANDTHS) / ONE;
}

/**
 * How far a shadow model's CTRs are from those answered: the mean of shadow minus answered, and the
 * mean of the same differences without their signs. Null before the first comparison.
 */
export function shadowDifference(counts: ShadowCounts): {
  mean: number | null;
  meanAbsolute: number | null;
} {
  const { predictions, aboveTenThousandths: above, belowTenThousandths: below } = counts;
  if (predictions === 0) return { mean: null, meanAbsolute: null };
  const unit = ONE * predictions;
  return { mean: (above - below) / unit, meanAbsolute: (above + below) / unit };
}

/** What was counted of several routes together. */
export interface RequestTotals {
  readonly requests: number;
  /** Requests answered with status 500 or above. */
  readonly errors: number;
  readonly latency: HistogramSnapshot;
  /** Sum of the latencies in whole microseconds. */
  readonly microseconds: number;
}

/** Adds up the counts of any routes: all of a snapshot, those of one path, and so on. */
export function requestTotals(routes: readonly RouteSnapshot[]): RequestTotals {
  let requests = 0;
  let errors = 0;
  let latency: HistogramSnapshot = Object.freeze([]);
  let microseconds = 0;
  for (const route of routes) {
    const all = histogramCount(route.statuses);
    requests = saturatingSum(requests, all);
    errors = saturatingSum(errors, all - countUpTo(route.statuses, 499));
    latency = mergeHistograms(latency, route.latency);
    microseconds = saturatingSum(microseconds, route.microseconds);
  }
  return { requests, errors, latency, microseconds };
}

/** Anything with latencies since the start: a route, or several together. */
export type Latencies = Pick<RequestTotals, 'latency'>;

/** Milliseconds that a share `q` (0 to 1) of the requests did not exceed, within 1 %. */
export function latencyQuantile({ latency }: Latencies, q: number): number {
  return quantile(latency, q);
}

/** Upper bounds of latency buckets in seconds, as Prometheus users are used to them. */
export const LATENCY_BOUNDS_SECONDS: readonly number[] = Object.freeze([
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]);

/** A bucket of a Prometheus histogram. */
export interface LatencyBucket {
  /** Upper bound in seconds. */
  readonly le: number;
  /** Requests that took no longer: cumulative. */
  readonly count: number;
}

/**
 * Reads a Prometheus histogram from the counted latencies. Each count has everything up to `le`, and
 * may have what is above by less than 2.1 %: the width of the bucket that `le` falls into. Counts
 * never fall from one bound to the next, nor from one scrape to the next. The bucket `+Inf`, which is
 * also `_count`, is `histogramCount(latency)`; `_sum` is `microseconds / 1e6`.
 * @param bounds in seconds, ascending
 */
export function latencyBuckets(
  { latency }: Latencies,
  bounds: readonly number[] = LATENCY_BOUNDS_SECONDS,
): LatencyBucket[] {
  return bounds.map((le) => ({
    le,
    count: countUpTo(latency, MILLISECONDS.bucketOf(le * 1000)),
  }));
}

/** Share of lookups that the cache answered, 0 to 1; 0 before the first one. */
export function hitRate({
  hits,
  misses,
}: {
  readonly hits: number;
  readonly misses: number;
}): number {
  return hits + misses === 0 ? 0 : hits / (hits + misses);
}

/** Seconds from the first start to the moment of the snapshot; 0 for an empty one. */
export function uptimeSeconds({ startedAt, takenAt }: StatsSnapshot): number {
  return startedAt === null || takenAt === null ? 0 : Math.max(0, takenAt - startedAt) / 1000;
}

/** The names of the windows. */
export const WINDOWS = Object.freeze(['1m', '5m', '1h'] as const);

/** The last minute, five minutes or hour before the moment of a snapshot. */
export type Window = (typeof WINDOWS)[number];

const spans: Record<Window, { slots: 'fine' | 'coarse'; span: RingSpan }> = {
  '1m': { slots: 'fine', span: { ...FINE, slots: 12 } },
  '5m': { slots: 'fine', span: FINE },
  '1h': { slots: 'coarse', span: COARSE },
};

/** What happened in a window. */
export interface WindowFigures {
  /**
   * How many seconds the figures cover: the window without the part of its first slot that has passed
   * (at most 5 s, or a minute in the window of an hour), or the time since the start if that is less.
   * At least 1.
   */
  readonly seconds: number;
  readonly requests: number;
  readonly predictions: number;
  /** Requests answered with status 500 or above. */
  readonly errors: number;
  readonly requestsPerSecond: number;
  readonly predictionsPerSecond: number;
  /** Milliseconds that half of the requests did not exceed, within 3 %; 0 without requests. */
  readonly latencyP50: number;
  /** Milliseconds that 99 % of the requests did not exceed, within 3 %; 0 without requests. */
  readonly latencyP99: number;
  /** Share of lookups that the cache answered, 0 to 1; null without lookups. */
  readonly hitRate: number | null;
}

/** Reads what happened in a window that ends when the snapshot was taken. */
export function windowFigures(snapshot: StatsSnapshot, window: Window): WindowFigures {
  const { slots, span } = spans[window];
  const moment = snapshot.takenAt ?? 0;
  const oldest = oldestStart(span, moment);
  const { requests, predictions, errors, latency, hits, misses } = snapshot.windows[slots]
    .filter(({ start }) => start >= oldest)
    .reduce(mergeSlots, nothing);
  const from = Math.max(oldest, snapshot.startedAt ?? oldest);
  const seconds = Math.max(1, (moment - from) / 1000);
  return {
    seconds,
    requests,
    predictions,
    errors,
    requestsPerSecond: requests / seconds,
    predictionsPerSecond: predictions / seconds,
    latencyP50: quantile(latency, 0.5, WINDOW_MILLISECONDS),
    latencyP99: quantile(latency, 0.99, WINDOW_MILLISECONDS),
    hitRate: hits + misses === 0 ? null : hitRate({ hits, misses }),
  };
}

const nothing: SlotSnapshot = Object.freeze({
  start: Infinity,
  requests: 0,
  errors: 0,
  predictions: 0,
  hits: 0,
  misses: 0,
  latency: [],
});
