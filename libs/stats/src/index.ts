export type { Counter } from './counter.js';
export type { Dimension } from './dimensions.js';
export { StatsError, statsErrors, type StatsErrorCode } from './errors.js';
export {
  LATENCY_BOUNDS_SECONDS,
  averageCtr,
  ctrQuantile,
  hitRate,
  latencyBuckets,
  latencyQuantile,
  requestTotals,
  shadowDifference,
  uptimeSeconds,
  type Latencies,
  type LatencyBucket,
  type RequestTotals,
} from './figures.js';
export {
  LogHistogram,
  histogramCount,
  mergeHistograms,
  quantile,
  type HistogramSnapshot,
} from './histogram.js';
export { mergeSnapshots, retired } from './merge.js';
export type { Model } from './models.js';
export { parseSnapshot } from './parse.js';
export type { Route } from './routes.js';
export { HIGHEST, LOWEST, LogScale, QUANTILE_ERROR } from './scale.js';
export { ServiceStats, type RouteOptions } from './service-stats.js';
export {
  SNAPSHOT_FORMAT,
  emptySnapshot,
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
} from './snapshot.js';
export { WINDOWS, windowFigures, type Window, type WindowFigures } from './window-figures.js';
