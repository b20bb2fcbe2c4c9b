export { judgeBaselines, type Baseline } from './baseline.js';
export type { BootstrapOptions, MetricInterval } from './bootstrap.js';
export type { BackgroundSample } from './card-background.js';
export type { TrainingRange } from './card-ranges.js';
export type { CardSplit, ModelCard } from './card.js';
export { clampCtr, MAX_CTR, MIN_CTR, roundCtr } from './clamp.js';
export { CtrError, ctrErrors, type CtrErrorCode } from './errors.js';
export { compareNe, type NeDifference } from './comparison.js';
export type { Coverage } from './coverage.js';
export {
  evaluate,
  evaluatePredictions,
  predictTable,
  type Bootstrap,
  type Evaluation,
  type EvaluationOptions,
  type Fit,
} from './evaluation.js';
export { CtrModel } from './model.js';
export { outOfBagEntropy } from './out-of-bag-entropy.js';
export { exclusively } from './registry/lock.js';
export { MOST_ROLLBACKS } from './registry/pointer.js';
export type { Pruned, PruneOptions } from './registry/prune.js';
export type { VersionFiles } from './registry/staging.js';
export {
  FieldContract,
  fieldProblem,
  RecordContract,
  shortened,
  shown,
  shownValue,
  type FieldProblem,
  type FieldSchema,
} from './record.js';
export { ROLES, type Role, type Rollout, type Trial } from './registry/rollout.js';
export { Registry, type PublishOptions, type StoredCard } from './registry/registry.js';
export { reliability, wilson, type ReliabilityBin } from './reliability.js';
export { defaultSchema } from './schema.js';
export { splitFolds } from './split-folds.js';
export { split, type SplitBy, type SplitOptions } from './split.js';
export {
  checkTable,
  fitInput,
  observedCtr,
  splitTable,
  takeTable,
  type CtrTable,
} from './table.js';
export { defaultFitOptions, defaultFitOptionsFor } from './training-defaults.js';
export type { CrossValidation, FoldedMetric } from './training-folds.js';
export { trainCtr, type Trained, type TrainOptions } from './training.js';
export { tune, type Candidate, type TuneOptions, type Tuning } from './tune.js';
