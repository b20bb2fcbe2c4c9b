export type { ImportOptions } from './exchange/assemble.js';
export type { BackgroundRows } from './explain/background.js';
export type { FeatureGroups, GroupOptions } from './explain/groups.js';
export {
  columnsFrom,
  columnsFromRecords,
  takeRows,
  takeValues,
  type Columns,
} from './data/columns.js';
export type { CellCode } from './serve/cells.js';
export { Compiled, type CompileOptions } from './serve/compile.js';
export {
  partialDependence,
  type Dependence,
  type DependenceOptions,
  type Grid,
} from './explain/dependence.js';
export { fromMlCart, fromMlRandomForest } from './exchange/ml-json.js';
export { fromXgboost } from './exchange/xgboost-json.js';
export {
  Explainer,
  explanationMethods,
  type ExplainedPrediction,
  type ExplainerBackground,
  type ExplanationMethod,
} from './explain/explainer.js';
export { TrainingPairs, type PairedFeature } from './explain/training-pairs.js';
export { ForestError, forestErrors, type ForestErrorCode } from './errors.js';
export {
  MAX_SHAPLEY_FEATURES,
  ShapleyExplainer,
  shapleyValues,
  type Explanation,
  type ShapleyOptions,
} from './explain/shapley.js';
export { boost, boostMore, type BoostResult, type OnRound } from './boost.js';
export type { BoostInput, BoostOptions, BoostParameters } from './data/boost-parameters.js';
export { fit, growMore, learnBins, type BinOptions, type FitResult } from './fit.js';
export { calibrate, judged, type Judged, type JudgedOptions } from './judged.js';
export type { FeatureBins } from './data/binning.js';
export type { FitInput } from './data/fit-input.js';
export type { OutOfBagResult } from './judge/judging.js';
export {
  Forest,
  type AttachedArray,
  type Attachments,
  type ForestChanges,
  type ForestExtras,
} from './model/forest.js';
export { combine, mix, type Weighed } from './model/mixing.js';
export type { Link } from './trees/links.js';
export type { Part } from './trees/parts.js';
export {
  impurityImportance,
  permutationImportance,
  type ImpurityImportance,
  type Loss,
  type PermutationImportance,
  type PermutationOptions,
} from './explain/importance.js';
export { logLoss, mae, mean, normalisedEntropy, r2, rmse } from './judge/metrics.js';
export type {
  BoostLoss,
  BoostRules,
  Criterion,
  FitOptions,
  FitParameters,
  NoiseKind,
} from './data/parameters.js';
export { modelDigest, MODEL_FILE_VERSION, readModel, writeModel } from './model/file.js';
export {
  calibrated,
  type Calibration,
  type IsotonicCalibration,
  type PlattCalibration,
} from './judge/calibration.js';
export type { Interval, IntervalModel, IntervalOptions } from './judge/intervals.js';
export { Random, streams } from './random.js';
export {
  checkSchema,
  RowEncoder,
  type CategoricalFeature,
  type Feature,
  type FeatureRecord,
  type IntegerFeature,
  type NumericFeature,
  type Schema,
} from './data/schema.js';
export type { CodeShares } from './serve/support.js';
export { treeShap, type ExplanationScale, type TreeExplanation } from './explain/tree-shap.js';
