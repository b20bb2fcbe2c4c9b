export { allocate, type AllocateOptions } from './allocate/allocate.js';
export type { AllocatedCell, AllocationAnswer, ComparedSplit } from './allocate/answer.js';
export { MAX_CELLS, MAX_EXACT_CELLS } from './allocate/request.js';
export type { Answered, Range } from './answer.js';
export {
  compare,
  type ComparedPlacement,
  type Comparison,
  type Effect,
} from './compare/compare.js';
export { curve, MAX_STEPS, type Curve, type CurveStep } from './curve.js';
export { DecisionError, decisionErrors, type DecisionErrorCode } from './errors.js';
export {
  forecast,
  MAX_SCHEDULE,
  type CostForecast,
  type Forecast,
  type PlacementForecast,
} from './forecast.js';
export type { Coverage, ExpectedAndCame, JudgedEntry, Observed } from './hindsight/coverage.js';
export { JUDGED, type JudgedDecision } from './hindsight/entries.js';
export {
  hindsight,
  type Hindsight,
  type HindsightOptions,
  type PastDecision,
} from './hindsight/hindsight.js';
export type { Alternative, Estimate, Regret } from './hindsight/regret.js';
export type { ShownRecord } from './hindsight/shown.js';
export { MAX_PLACEMENTS } from './opportunities/grid.js';
export {
  MAX_LISTED,
  opportunities,
  type Opportunities,
  type Opportunity,
  type WeakPlacement,
} from './opportunities/opportunities.js';
export type { DecisionOptions } from './placement.js';
export { MAX_CANDIDATES, rank, type RankedCandidate, type Ranking } from './rank.js';
export {
  oneProportionSize,
  precisionSize,
  twoProportionSize,
  type TestSize,
} from './sample-size.js';
export { solveHere, type Solution, type Solve } from './allocate/solver.js';
export { solveOnThread } from './allocate/solver-worker.js';
