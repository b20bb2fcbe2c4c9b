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
