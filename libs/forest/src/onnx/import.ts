import {
  assembleForest,
  importInvalid,
  importSchema,
  type ImportOptions,
} from '../exchange/assemble.js';
import type { Forest } from '../model/forest.js';
import type { Schema } from '../data/schema.js';
import { readEnsemble } from './ensemble.js';
import { EnsembleReader } from './expand.js';
import { readOnnx, SCHEMA_KEY, type OnnxModel } from './wire.js';

/**
 * Reads an ONNX model of trees, as converters write it for scikit-learn's trees, forests and boosted
 * trees, for XGBoost and for LightGBM:
 *
 * - a `TreeEnsembleRegressor` of one target, `post_transform` NONE or LOGISTIC, perhaps followed by
 *   Sigmoid, or by Exp and a factor;
 * - a `TreeEnsembleClassifier` of two classes, NONE or LOGISTIC, perhaps followed by ZipMap: the chance
 *   of the second class.
 *
 * Casts around it are allowed. The forest has one part. A model that sums its trees (SUM) is one member,
 * their sum and base value behind the link: logit of LOGISTIC and Sigmoid, log of Exp. One that averages
 * them has a member a tree.
 *
 * Every row falls into the leaves that it falls into there. ONNX models mostly take float32: for
 * those, a threshold becomes the last double that rounds to the right side, so a row of doubles
 * predicts what its rounded numbers would. NaN goes where `nodes_missing_value_tracks_true` says.
 * Sums and links are computed in doubles: XGBoost, and ONNX Runtime where inputs are float32, add up in
 * float32, so expect differences around 1e-7 of the largest partial sum. Of a regressor, ONNX Runtime
 * leaves LOGISTIC out and gives the log-odds; here it is computed, as the standard says.
 *
 * What the file does not tell is filled in: fit parameters are defaults, each leaf covers 1.
 *
 * @param bytes the file
 * @param options `schema` to name the features and say which are categorical; default: that of
 *   an exported forest of this library, or numeric features x0, x1, …
 * @throws ForestError IMPORT_INVALID, IMPORT_UNSUPPORTED, SCHEMA_INVALID
 */
export function fromOnnx(bytes: Uint8Array, options: ImportOptions = {}): Forest {
  const model = readOnnx(bytes);
  const ensemble = readEnsemble(model);
  const width = ensemble.feature.reduce(
    (most, feature, n) => (ensemble.mode[n] === null ? most : Math.max(most, feature + 1)),
    0,
  );
  if (ensemble.width !== null && width > ensemble.width) {
    importInvalid(`a node tests feature ${width - 1} of ${ensemble.width}`);
  }
  const schema = importSchema(
    options.schema ?? ownSchema(model),
    ensemble.width ?? width,
    ensemble.width !== null,
  );
  const reader = new EnsembleReader(ensemble, schema);
  const drafts = ensemble.trees.map((nodes) => reader.read(nodes));
  const { link, base, averages } = ensemble;
  const members = averages ? drafts.map(() => 1) : [drafts.length];
  return assembleForest(schema, drafts, [{ link, base, weight: 1, members }]);
}

function ownSchema({ metadata }: OnnxModel): Schema | undefined {
  const text = metadata.get(SCHEMA_KEY);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Schema;
  } catch (cause) {
    return importInvalid('the schema in it is not JSON', { cause });
  }
}
