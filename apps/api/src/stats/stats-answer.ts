import { type CacheSnapshot, cacheWorth } from '@adscale/cache';
import {
  type CtrCounts,
  type ModelSnapshot,
  type RequestTotals,
  type StatsSnapshot,
  WINDOWS,
  averageCtr,
  ctrQuantile,
  latencyQuantile,
  requestTotals,
  shadowDifference,
  uptimeSeconds,
  windowFigures,
} from '@adscale/stats';
import type { Figures } from './figures.js';
import type {
  CacheAnswer,
  CtrAnswer,
  LatencyAnswer,
  ModelAnswer,
  StatsAnswer,
  WindowAnswer,
} from './stats-dto.js';

/** The part of the answer that is not counted. */
export interface Present {
  /** Version of the model that answers now; null when none is loaded. */
  readonly modelVersion: string | null;
}

/** The answer for the figures of the service: shares to six decimals, milliseconds to three. */
export function statsAnswer({ stats, cache, processes }: Figures, present: Present): StatsAnswer {
  const asked = requestTotals(stats.routes.filter(({ background }) => !background));
  return {
    requests: asked.requests,
    errors: asked.errors,
    predictions: stats.predictions,
    average_predicted_ctr: share(averageCtr(stats)),
    predicted_ctr: ctrAnswer(stats),
    predicted_ctr_by: byDimension(stats),
    cache: cacheAnswer(cache),
    latency_ms: latencyAnswer(asked),
    windows: Object.fromEntries(WINDOWS.map((window) => [window, windowAnswer(stats, window)])),
    routes: stats.routes.map((route) => ({
      method: route.method,
      path: route.path,
      statuses: pairs(route.statuses),
      latency_ms: latencyAnswer(route),
    })),
    models: stats.models.map(modelAnswer),
    counters: Object.fromEntries(stats.counters.map(({ name, value }) => [name, value])),
    unknown_words: Object.fromEntries(stats.unknownWords.map(({ name, value }) => [name, value])),
    processes: [...processes],
    uptime_seconds: rounded(uptimeSeconds(stats), 3),
    model_version: present.modelVersion,
  };
}

function ctrAnswer(counts: CtrCounts): CtrAnswer {
  const quantile = (q: number) => share(ctrQuantile(counts, q));
  return {
    mean: share(averageCtr(counts)),
    p10: quantile(0.1),
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
  };
}

function byDimension({ dimensions }: StatsSnapshot): StatsAnswer['predicted_ctr_by'] {
  const named = dimensions.map(({ name, categories }) => [
    name,
    Object.fromEntries(
      categories.map((each) => [
        each.label,
        { predictions: each.predictions, mean: share(averageCtr(each)) },
      ]),
    ),
  ]);
  return Object.fromEntries(named);
}

function cacheAnswer(figures: CacheSnapshot): CacheAnswer {
  const { hits, misses, size, bytes, evictions, refused, expired, tier } = figures;
  const worth = cacheWorth(figures);
  return {
    hits,
    misses,
    hit_rate: share(worth.hitRate) ?? 0,
    exact_key_hit_rate: share(worth.exactKeyHitRate),
    saved_ms: milliseconds(worth.savedMs),
    spent_ms: milliseconds(worth.spentMs),
    size,
    bytes,
    evictions,
    refused,
    expired,
    second_tier: {
      hits: tier.hits,
      misses: tier.misses,
      writes: tier.writes,
      skipped: tier.skipped,
      errors: tier.errors,
      timeouts: tier.timeouts,
      breakers_open: tier.breakers.open,
    },
  };
}

function windowAnswer(stats: StatsSnapshot, window: (typeof WINDOWS)[number]): WindowAnswer {
  const figures = windowFigures(stats, window);
  return {
    requests: figures.requests,
    errors: figures.errors,
    predictions: figures.predictions,
    requests_per_second: rounded(figures.requestsPerSecond, 3),
    predictions_per_second: rounded(figures.predictionsPerSecond, 3),
    latency_ms: { p50: rounded(figures.latencyP50, 3), p99: rounded(figures.latencyP99, 3) },
    hit_rate: share(figures.hitRate),
  };
}

function modelAnswer({ version, served, shadow }: ModelSnapshot): ModelAnswer {
  const difference = shadowDifference(shadow);
  return {
    version,
    served: { predictions: served.predictions, predicted_ctr: ctrAnswer(served) },
    shadow: {
      predictions: shadow.predictions,
      predicted_ctr: ctrAnswer(shadow),
      mean_difference: share(difference.mean),
      mean_absolute_difference: share(difference.meanAbsolute),
    },
  };
}

function latencyAnswer(counted: Pick<RequestTotals, 'latency'>): LatencyAnswer {
  return {
    p50: rounded(latencyQuantile(counted, 0.5), 3),
    p99: rounded(latencyQuantile(counted, 0.99), 3),
  };
}

/** `status, count, status, count …` as an object. */
function pairs(flat: readonly number[]): Record<string, number> {
  const entries: Record<string, number> = {};
  for (let i = 0; i < flat.length; i += 2) entries[flat[i]] = flat[i + 1];
  return entries;
}

function share(value: number | null): number | null {
  return value === null ? null : rounded(value, 6);
}

function milliseconds(value: number | null): number | null {
  return value === null ? null : rounded(value, 3);
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
