export type { OutcomeCell } from './cells.js';
export { MonitorError, monitorErrors, type MonitorErrorCode } from './errors.js';
export { dayVariance, pulled, tempered, type DayVariance } from './sequential/dispersion.js';
export {
  confidenceSequence,
  logEValue,
  logMixture,
  type Evidence,
  type FactorInterval,
} from './sequential/evidence.js';
export { changeOf, factorSince, type Change } from './sequential/since.js';
export {
  learnGrowth,
  type Growth,
  type GrowthCurve,
  type SegmentGrowth,
} from './maturity/growth.js';
export { matureAge, matureShare, type MatureShare, type ShareOptions } from './maturity/share.js';
export type { GrowthRow } from './maturity/triangle.js';
