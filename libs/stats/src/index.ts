export type { Counter } from './count/counter.js';
export type { Dimension } from './count/dimensions.js';
export type { Model } from './count/models.js';
export type { Route } from './count/routes.js';
export { ServiceStats, type RouteOptions } from './count/service-stats.js';
export { StatsError, statsErrors, type StatsErrorCode } from './errors.js';
export {
  averageCtr,
  ctrQuantile,
  hitRate,
  LATENCY_BOUNDS_SECONDS,
  latencyBuckets,
  latencyQuantile,
  requestTotals,
  shadowDifference,
  uptimeSeconds,
  windowFigures,
  WINDOWS,
  type Latencies,
  type LatencyBucket,
  type RequestTotals,
  type Window,
  type WindowFigures,
} from './figures.js';
export {
  HIGHEST,
  histogramCount,
  LogHistogram,
  LogScale,
  LOWEST,
  mergeHistograms,
  quantile,
  QUANTILE_ERROR,
  type HistogramSnapshot,
} from './histogram.js';
export { mergeSnapshots, retired } from './snapshot/merge.js';
export { parseSnapshot } from './snapshot/parse.js';
export {
  emptySnapshot,
  SNAPSHOT_FORMAT,
  type CacheCounts,
  type CategorySnapshot,
  type CounterSnapshot,
  type CtrCounts,
  type CtrSums,
  type DimensionSnapshot,
  type ModelSnapshot,
  type RouteSnapshot,
  type ShadowCounts,
  type SlotSnapshot,
  type StatsSnapshot,
  type WindowSlots,
} from './snapshot/snapshot.js';
