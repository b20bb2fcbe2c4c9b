export { ServiceStats } from './counters.js';
export {
  HIGHEST,
  LOWEST,
  LogHistogram,
  QUANTILE_ERROR,
  mergeHistograms,
  quantile,
  type HistogramSnapshot,
} from './histogram.js';
export {
  averageCtr,
  emptySnapshot,
  hitRate,
  latencyQuantile,
  mergeSnapshots,
  uptimeSeconds,
  type CacheCounts,
  type StatsSnapshot,
} from './snapshot.js';
