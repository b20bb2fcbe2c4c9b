export { judgeBaselines, type Baseline } from './evaluation/baselines.js';
export type { BootstrapOptions, MetricInterval } from './evaluation/bootstrap.js';
export type { BackgroundSample } from './card/background.js';
export type {
  Candidate,
  CardSplit,
  CrossValidation,
  DominantRows,
  FoldedMetric,
  ModelCard,
  ModelChoice,
  RecipeOutcomes,
  TrainingRange,
  TrainingRecipe,
  Tuning,
  WarehouseCounting,
  WarehouseRecipe,
} from './card/card.js';
export { fingerprintOf } from './card/write.js';
export { judgeParts, type HeldOutFacts } from './card/held-out-parts.js';
export { ageInWords, modelNoun } from './card/card.js';
export { clampCtr, MAX_CTR, MIN_CTR, roundCtr } from './clamp.js';
export { CtrError, ctrErrors, type CtrErrorCode } from './errors.js';
export { compareNe, type NeDifference } from './evaluation/comparison.js';
export type { Coverage } from './evaluation/coverage.js';
export { dominantRow, evaluateWithout, type DominantRow } from './evaluation/dominant-row.js';
export {
  evaluate,
  evaluatePredictions,
  predictTable,
  type Bootstrap,
  type Evaluation,
  type EvaluationOptions,
  type Fit,
} from './evaluation/evaluation.js';
export { CtrModel, type SharedModel } from './model.js';
export { outOfBagEntropy } from './evaluation/metrics.js';
export { ADDRESS_WANTED, readAddress } from './objects/address.js';
export { alone } from './registry/lock.js';
export { MOST_ROLLBACKS } from './registry/pointer.js';
export type { Pruned, PruneOptions } from './registry/prune.js';
export type { VersionFiles } from './registry/staging.js';
export {
  FieldContract,
  fieldProblem,
  numberWords,
  RecordContract,
  shortened,
  shown,
  shownValue,
  type FieldProblem,
  type FieldSchema,
  type NumberRule,
} from './record.js';
export { ROLES, type Role, type Rollout, type Trial } from './registry/rollout.js';
export { Registry, type PublishOptions, type StoredCard } from './registry/registry.js';
export {
  noticeableOverdispersion,
  rhoBySize,
  type Overdispersion,
  type SizeOverdispersion,
} from './evaluation/overdispersion.js';
export {
  calibrateSegments,
  usualSegments,
  type SegmentCalibration,
  type SegmentOptions,
  type Segments,
} from './evaluation/segments.js';
export { reliability, wilson, type ReliabilityBin } from './evaluation/reliability.js';
export {
  defaultSchema,
  LONGEST_WORD,
  plainColumns,
  type Biasing,
  type RecordColumns,
  type RecordFeature,
  type RecordSchema,
  type WordFeature,
} from './table/schema.js';
export { Vocabulary } from './table/vocabulary.js';
export type { WordEncoding } from './words/encoding.js';
export { notNested, type NotNested, type WordOptions } from './words/levels.js';
export { choiceRules, modelKinds, type ModelKind } from './training/choice.js';
export { splitFolds } from './table/folds.js';
export { split, splitTable, type SplitBy, type SplitOptions } from './table/split.js';
export {
  checkTable,
  exposures,
  fitInput,
  joinTables,
  observedCtr,
  takeTable,
  unsampled,
  writtenValue,
  type CtrTable,
  type Vocabularies,
} from './table/table.js';
export { defaultFitOptions, defaultFitOptionsFor } from './training/defaults.js';
export {
  encodedTable,
  knownTable,
  trainCtr,
  type Trained,
  type TrainOptions,
} from './training/training.js';
export { tune, type TuneOptions } from './training/tune.js';
