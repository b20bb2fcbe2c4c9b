export { columnsFrom, columnsFromRecords, takeRows, takeValues, type Columns } from './columns.js';
export type { CellCode } from './cells.js';
export { Compiled, type CompileOptions } from './compile.js';
export { ForestError, forestErrors, type ForestErrorCode } from './errors.js';
export { fit, Forest, type FitInput, type FitResult, type OutOfBagResult } from './forest.js';
export { logLoss, mae, mean, normalisedEntropy, r2, rmse } from './metrics.js';
export type { Criterion, FitOptions, FitParameters } from './parameters.js';
export { modelDigest, MODEL_FILE_VERSION, readModel, writeModel } from './model-file.js';
export { Random } from './random.js';
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
