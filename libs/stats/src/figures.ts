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
 * The CTR that a share `q` (0 to 1) of the predictions did not exceed: of the answered CTRs, which
 * have four decimals, within 1 %; null before the first prediction.
 */
export function ctrQuantile({ ctrs }: Pick<CtrCounts, 'ctrs'>, q: number): number | null {
  return ctrs.length === 0 ? null : quantile(ctrs, q, TEN_THOUSANDTHS) / ONE;
}

/**
 * How far a shadow model's CTRs are from those answered: shadow minus served on average, and the
 * average without the sign; null before the first comparison.
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

/** What several routes did together. */
export interface RequestTotals {
  readonly requests: number;
  /** Requests answered with status 500 or above. */
  readonly errors: number;
  readonly latency: HistogramSnapshot;
  /** Sum of the latencies in whole microseconds. */
  readonly microseconds: number;
}

/** The routes given taken together: all of a snapshot's, or those of one path, or the like. */
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

/** Something with latencies since the start: a route, or several taken together. */
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
 * A Prometheus histogram out of the sketch, at no cost to counting. Counts everything up to `le`,
 * and what is above by less than 2.1 %, the width of the sketch's bucket that `le` falls into. Counts
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

/** Share of look-ups that the cache answered, 0 to 1; 0 before the first one. */
export function hitRate({
  hits,
  misses,
}: {
  readonly hits: number;
  readonly misses: number;
}): number {
  return hits + misses === 0 ? 0 : hits / (hits + misses);
}

/** Seconds from the first start to the last look; 0 for nothing at all. */
export function uptimeSeconds({ startedAt, takenAt }: StatsSnapshot): number {
  return startedAt === null || takenAt === null ? 0 : Math.max(0, takenAt - startedAt) / 1000;
}

/** The windows that can be looked through. */
export const WINDOWS = Object.freeze(['1m', '5m', '1h'] as const);

/** A minute, five minutes or an hour up to the moment of a snapshot. */
export type Window = (typeof WINDOWS)[number];

const spans: Record<Window, { slots: 'fine' | 'coarse'; span: RingSpan }> = {
  '1m': { slots: 'fine', span: { ...FINE, slots: 12 } },
  '5m': { slots: 'fine', span: FINE },
  '1h': { slots: 'coarse', span: COARSE },
};

/** What happened in a window. */
export interface WindowFigures {
  /**
   * How much time the figures are of: the window but the part of its first slot that is over (5 s or
   * a minute at most), or the time since the start if that is less; at least 1.
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
  /** Share of look-ups that the cache answered, 0 to 1; null without look-ups. */
  readonly hitRate: number | null;
}

/** What happened in a window up to the moment the snapshot was taken at. */
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
