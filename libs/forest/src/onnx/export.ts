import type { Forest } from '../model/forest.js';
import type { Schema } from '../data/schema.js';
import { isBag } from '../trees/parts.js';
import { Graph } from './graph.js';
import { writeMixture } from './mixture.js';
import { NodeTable, writeEnsemble } from './node-table.js';
import type { RecordField } from './record.js';
import { RecordGraph } from './record-graph.js';
import { SCHEMA_KEY } from './wire.js';
import { OnnxWriter } from './writer.js';

const IR_VERSION = 7;
const OPSET = 15;
const ML_OPSET = 3;

export interface OnnxOptions {
  /**
   * What the graph takes: one input a field, named as it, and how the columns of a row are made of
   * them. Default: rows of numbers.
   */
  readonly record?: readonly RecordField[];
}

/**
 * Writes a forest as an ONNX model of opset 15 and ai.onnx.ml opset 3: the trees as
 * `TreeEnsembleRegressor`, thresholds and leaves in double precision, and behind them, in standard
 * operators, links, the weights of a mixture and calibration.
 *
 * Input `rows`: double, [N, features], in schema order; a category by its place in the schema's
 * list; NaN for missing. A category outside the list goes where missing goes, as in
 * `Forest.predict`. With `record`, the inputs are its fields instead, each [N, 1]: strings for words and
 * categories, doubles (or int64, as the field says) for numbers and ids; crosses are made of these.
 *
 * Output `prediction`: float32, [N, 1]. Every row ends in the same leaves as here. Of a bag, the mean of
 * the leaves is rounded to float32, as the operator prescribes: a relative difference of at most 2⁻²⁴ ≈
 * 6e-8 (for means between 1.2e-38 and 3.4e38, float32's range). Of all others, each leaf is told in
 * pieces that float32 sums without rounding and the rest is in double precision, so that there too the
 * result is rounded to float32 once, at the end. Intervals, attachments and training statistics stay
 * behind.
 * @throws ForestError EXPORT_UNSUPPORTED if it is not a plain bag and a part has more than 2¹⁶ trees, or
 *   a cross is of plain numbers; OPTION_INVALID if the fields do not make each column once
 */
export function toOnnx(forest: Forest, { record }: OnnxOptions = {}): Uint8Array {
  const writer = new OnnxWriter();
  writer.whole(1, IR_VERSION);
  writer.text(2, '@adscale/forest');
  writer.message(7, () => writeGraph(new Graph(writer), forest, record));
  writer.message(8, () => writer.text(1, '').whole(2, OPSET));
  writer.message(8, () => writer.text(1, 'ai.onnx.ml').whole(2, ML_OPSET));
  writer.message(14, () =>
    writer.text(1, SCHEMA_KEY).text(2, JSON.stringify({ features: forest.schema.features })),
  );
  return writer.finish();
}

function writeGraph(graph: Graph, forest: Forest, record?: readonly RecordField[]): void {
  const { writer } = graph;
  const { schema, trees, bins, parts, calibration } = forest;
  const fields = record && new RecordGraph(graph, schema, record);
  const input = fields?.write() ?? 'rows';
  const output = 'prediction';
  if (isBag(parts) && calibration === null) {
    const nodes = new NodeTable();
    trees.forEach((tree, t) => nodes.addTree(tree, t, bins));
    const place = { name: 'forest', input, output };
    writer.message(1, () => writeEnsemble(writer, place, nodes, 'AVERAGE', [nodes.leafValues]));
  } else {
    writeMixture(graph, forest, input, output);
  }
  writer.text(2, 'forest');
  writer.text(10, record === undefined ? describeRows(schema) : describeRecord(record));
  if (record === undefined) graph.input('rows', 'DOUBLE', schema.features.length);
  graph.output(output, 'FLOAT');
}

function describeRows({ features }: Schema): string {
  const columns = features.map((feature, f) => {
    const words = feature.kind === 'categorical' ? ` (place in ${feature.categories.length})` : '';
    return `${f}: ${feature.name}${words}`;
  });
  return `Columns of a row, NaN for missing: ${columns.join(', ')}`;
}

function describeRecord(record: readonly RecordField[]): string {
  const inputs = record
    .filter(({ kind }) => kind !== 'cross')
    .map(({ name, kind }) => `${name} (${kind})`);
  return `Fields of a record, '' or NaN for missing: ${inputs.join(', ')}`;
}
