export type { ImportOptions } from './assemble.js';
export type { BackgroundRows } from './background.js';
export { columnsFrom, columnsFromRecords, takeRows, takeValues, type Columns } from './columns.js';
export type { CellCode } from './cells.js';
export { Compiled, type CompileOptions } from './compile.js';
export {
  partialDependence,
  type Dependence,
  type DependenceOptions,
  type Grid,
} from './dependence.js';
export { fromMlCart, fromMlRandomForest } from './ml-json.js';
export {
  Explainer,
  explanationMethods,
  type ExplainedPrediction,
  type ExplainerBackground,
  type ExplanationMethod,
} from './explainer.js';
export { ForestError, forestErrors, type ForestErrorCode } from './errors.js';
export {
  MAX_SHAPLEY_FEATURES,
  ShapleyExplainer,
  shapleyValues,
  type Explanation,
  type ShapleyOptions,
} from './explain.js';
export { calibrate, fit, growMore, type FitResult } from './fit.js';
export type { FitInput } from './fit-input.js';
export type { OutOfBagResult } from './judging.js';
export { Forest } from './forest.js';
export {
  impurityImportance,
  permutationImportance,
  type ImpurityImportance,
  type Loss,
  type PermutationImportance,
  type PermutationOptions,
} from './importance.js';
export { logLoss, mae, mean, normalisedEntropy, r2, rmse } from './metrics.js';
export type { Criterion, FitOptions, FitParameters } from './parameters.js';
export { modelDigest, MODEL_FILE_VERSION, readModel, writeModel } from './model-file.js';
export type { Calibration } from './calibration.js';
export type { Interval, IntervalModel, IntervalOptions, NoiseKind } from './intervals.js';
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
} from './schema.js';
export type { CodeShares } from './support.js';
export { treeShap } from './tree-shap.js';
