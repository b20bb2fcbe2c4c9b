/*
 * Hand-made ONNX ensembles and what the ONNX standard says they predict: the slow and obvious
 * walk, test by test, on the rounded input. The oracle for the import.
 */
import { WireType } from '@bufbuild/protobuf/wire';
import { dataTypes } from '../src/onnx/wire.js';
import { attributeTypes, OnnxWriter } from '../src/onnx/writer.js';

class EnsembleWriter extends OnnxWriter {
  /** Unpacked, as ONNX's own writers do. */
  floats(field: number, values: readonly number[]): this {
    for (const value of values) this.writer.tag(field, WireType.Bit32).float(value);
    return this;
  }
}

export interface EnsembleNode {
  readonly tree?: number;
  readonly id: number;
  readonly mode: string;
  readonly feature?: number;
  readonly threshold?: number;
  readonly yes?: number;
  readonly no?: number;
  readonly missingYes?: boolean;
  readonly weight?: number;
}

export interface EnsembleFile {
  readonly nodes: readonly EnsembleNode[];
  readonly width?: number;
  /** Of the input, and of thresholds and weights. */
  readonly precision?: 'float' | 'double';
  readonly aggregate?: string;
  readonly base?: number;
  readonly transform?: string;
  readonly targets?: number;
  readonly opType?: string;
  /** Casts before the ensemble, by data type. */
  readonly casts?: readonly number[];
  /** Operators behind it. */
  readonly behind?: readonly string[];
  /** Of a classifier: its labels, and the class that all leaves vote for. */
  readonly labels?: readonly (string | number)[];
  readonly vote?: number;
  /** Last word on the lists. */
  readonly change?: (lists: Record<string, number[]>) => void;
}

/** The bytes of a model with one ensemble. */
export function ensembleBytes(file: EnsembleFile): Uint8Array {
  const writer = new EnsembleWriter();
  const { width = 1, precision = 'float', casts = [], behind = [], labels } = file;
  const elementType = precision === 'float' ? dataTypes.FLOAT : dataTypes.DOUBLE;
  const value = (field: number, name: string, type: number, columns: number): void => {
    const shape = (): void => {
      writer.message(1, () => writer.text(2, 'N')).message(1, () => writer.whole(1, columns));
    };
    const tensor = (): void => void writer.whole(1, type).message(2, shape);
    writer.message(field, () => writer.text(1, name).message(2, () => writer.message(1, tensor)));
  };
  writer.whole(1, 7).message(7, () => {
    casts.forEach((type, i) => {
      writer.message(1, () => {
        writer
          .text(1, `x${i}`)
          .text(2, `x${i + 1}`)
          .text(4, 'Cast');
        writer.message(5, () => writer.text(1, 'to').whole(3, type).whole(20, attributeTypes.INT));
      });
    });
    writer.message(1, () => writeEnsemble(writer, file));
    behind.forEach((opType, i) => {
      const output = i === behind.length - 1 ? 'y' : `y${i + 1}`;
      writer.message(1, () => writer.text(1, `y${i}`).text(2, output).text(4, opType));
    });
    writer.text(2, 'graph');
    value(11, 'x0', elementType, width);
    if (labels !== undefined) {
      const type = typeof labels[0] === 'string' ? dataTypes.STRING : dataTypes.INT64;
      const tensor = (): void =>
        void writer.whole(1, type).message(2, () => writer.message(1, () => writer.text(2, 'N')));
      writer.message(12, () => writer.text(1, 'label').message(2, () => writer.message(1, tensor)));
    }
    value(12, 'y', dataTypes.FLOAT, labels?.length ?? 1);
  });
  writer.message(8, () => writer.text(1, '').whole(2, 15));
  writer.message(8, () => writer.text(1, 'ai.onnx.ml').whole(2, 3));
  return writer.finish();
}

function writeEnsemble(writer: EnsembleWriter, file: EnsembleFile): void {
  const { nodes, precision = 'float', opType = 'TreeEnsembleRegressor', casts = [] } = file;
  const { behind = [], labels, vote = 0 } = file;
  const votes = labels === undefined ? 'target' : 'class';
  const leaves = nodes.filter(({ weight }) => weight !== undefined);
  const lists: Record<string, number[]> = {
    nodes_treeids: nodes.map(({ tree = 0 }) => tree),
    nodes_nodeids: nodes.map(({ id }) => id),
    nodes_featureids: nodes.map(({ feature = 0 }) => feature),
    nodes_truenodeids: nodes.map(({ yes = 0 }) => yes),
    nodes_falsenodeids: nodes.map(({ no = 0 }) => no),
    nodes_missing_value_tracks_true: nodes.map(({ missingYes = false }) => +missingYes),
    [`${votes}_treeids`]: leaves.map(({ tree = 0 }) => tree),
    [`${votes}_nodeids`]: leaves.map(({ id }) => id),
    [`${votes}_ids`]: leaves.map(() => vote),
    nodes_values: nodes.map(({ threshold = 0 }) => threshold),
    [`${votes}_weights`]: leaves.map(({ weight }) => weight!),
    ...(file.base === undefined ? {} : { base_values: [file.base] }),
  };
  file.change?.(lists);
  const attribute = (name: string, type: number, write: () => void): void =>
    void writer.message(5, () => {
      writer.text(1, name);
      write();
      writer.whole(20, type);
    });
  writer.text(1, `x${casts.length}`);
  if (labels !== undefined) writer.text(2, 'label');
  writer
    .text(2, behind.length > 0 ? 'y0' : 'y')
    .text(4, opType)
    .text(7, 'ai.onnx.ml');
  for (const [name, values] of Object.entries(lists)) {
    if (!['nodes_values', `${votes}_weights`, 'base_values'].includes(name)) {
      attribute(name, attributeTypes.INTS, () => writer.wholes(8, values));
    } else if (precision === 'float') {
      attribute(name, 6, () => writer.floats(7, values));
    } else {
      attribute(`${name}_as_tensor`, attributeTypes.TENSOR, () =>
        writer.message(5, () =>
          writer.whole(1, values.length).whole(2, dataTypes.DOUBLE).doubles(10, values),
        ),
      );
    }
  }
  attribute('nodes_modes', attributeTypes.STRINGS, () =>
    nodes.forEach(({ mode }) => writer.text(9, mode)),
  );
  const text = (name: string, value: string): void =>
    attribute(name, attributeTypes.STRING, () => writer.text(4, value));
  text('post_transform', file.transform ?? 'NONE');
  if (labels === undefined) {
    text('aggregate_function', file.aggregate ?? 'SUM');
    attribute('n_targets', attributeTypes.INT, () => writer.whole(3, file.targets ?? 1));
  } else if (typeof labels[0] === 'string') {
    attribute('classlabels_strings', attributeTypes.STRINGS, () =>
      labels.forEach((label) => writer.text(9, String(label))),
    );
  } else {
    attribute('classlabels_int64s', attributeTypes.INTS, () =>
      writer.wholes(8, labels.map(Number)),
    );
  }
}

/** The prediction at a row, in doubles. */
export function ensemblePrediction(file: EnsembleFile, row: readonly number[]): number {
  const rounded = (file.precision ?? 'float') === 'float' ? Math.fround : Number;
  const trees = [...new Set(file.nodes.map(({ tree = 0 }) => tree))];
  let sum = 0;
  for (const tree of trees) {
    const nodes = file.nodes.filter((node) => (node.tree ?? 0) === tree);
    let [node] = nodes;
    while (node.mode !== 'LEAF') {
      const x = rounded(row[node.feature ?? 0]);
      const passes =
        compare(node.mode, x, rounded(node.threshold!)) || (node.missingYes && Number.isNaN(x));
      node = nodes.find(({ id }) => id === (passes ? node.yes : node.no))!;
    }
    sum += rounded(node.weight!);
  }
  if (file.aggregate === 'AVERAGE') sum /= trees.length;
  return sum + rounded(file.base ?? 0);
}

function compare(mode: string, x: number, threshold: number): boolean {
  if (mode === 'BRANCH_LEQ') return x <= threshold;
  if (mode === 'BRANCH_LT') return x < threshold;
  if (mode === 'BRANCH_GTE') return x >= threshold;
  if (mode === 'BRANCH_GT') return x > threshold;
  return mode === 'BRANCH_EQ' ? x === threshold : x !== threshold;
}
