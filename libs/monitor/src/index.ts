export type { OutcomeCell } from './cells.js';
export type { Change as CtrChange, ChangePart, Counted } from './effectiveness/change.js';
export { changeBetween } from './effectiveness/change.js';
export type {
  Effect as AdEffect,
  EffectivenessReport,
  NamedEffect,
  PeriodChange,
} from './effectiveness/effectiveness.js';
export { shrunkFactors } from './effectiveness/shrink.js';
export { MonitorError, monitorErrors, type MonitorErrorCode } from './errors.js';
export { decide, type GateDecision, type GateStep } from './gate/decide.js';
export type { ArmCounts } from './gate/e-values.js';
export {
  type GateEvidence,
  type GateTest,
  type GateTestName,
  type ServingCounts,
  type WatchedSegment,
} from './gate/evidence.js';
export { judge } from './gate/judge.js';
export { type LayoutCell, Segments, type SegmentLayout, settleSegments } from './gate/layout.js';
export {
  gateDefaults,
  type GateOptionProblem,
  type GateOptions,
  readGateOptions,
} from './gate/options.js';
export { DayTally, type PairedCell } from './gate/tally.js';
export {
  learnGrowth,
  type Growth,
  type GrowthCurve,
  type SegmentGrowth,
} from './maturity/growth.js';
export { matureAge, matureShare, type MatureShare, type ShareOptions } from './maturity/share.js';
export type { GrowthRow } from './maturity/triangle.js';
export { gainOf, type Gain, type Range } from './money/loss.js';
export type { Price, Prices } from './money/prices.js';
export { eBenjaminiHochberg } from './multiplicity.js';
export { effectiveness, type EffectivenessAsked } from './report/effectiveness.js';
export type { Calibration, DayCalibration, ModelCalibration } from './report/calibration.js';
export { monitor } from './report/monitor.js';
export type {
  CauseFinding,
  ExplainedFinding,
  MonitoringReport,
  SegmentsReport,
} from './report/report.js';
export type { LeftOut, Pages } from './report/intake.js';
export type { ReportOptions } from './report/options.js';
export type { SegmentPart } from './segments/dimensions.js';
export type { SegmentCalibration, SegmentFinding } from './segments/finding.js';
export { missInWords } from './segments/words.js';
export {
  cellVariance,
  Dispersion,
  tempered,
  type DayCounts,
  type Spread,
} from './sequential/dispersion.js';
export {
  confidenceSequence,
  logEValue,
  logMixture,
  observedFactor,
  type Evidence,
  type FactorInterval,
} from './sequential/evidence.js';
export { changeOf, factorSince, type Change } from './sequential/since.js';
export { distance, type Weighted } from './signs/distance.js';
export { referenceOfCard, type FeatureReference, type Reference } from './signs/reference.js';
export { signsOf, type Sign, type SignKind } from './signs/signs.js';
export { shareGrowth, shareInterval } from './signs/shares.js';
export { stability, type Effect } from './signs/stability.js';
export type { ArmComparison, ArmDay, ArmResult, ExperimentDesign } from './experiment/design.js';
export type { Decision } from './experiment/decision.js';
export { judgeExperiment, type ExperimentResult } from './experiment/experiment.js';
export { mismatchEvidence, type ArmTraffic } from './experiment/mismatch.js';
export { ratioEvidence, type PairedCounts, type RatioEvidence } from './experiment/ratio.js';
export { experimentSize, type SizeWanted } from './experiment/size.js';
