/*
 * A forest as an ONNX graph: one node, TreeEnsembleRegressor, and behind it what its calibration
 * takes (calibrated-graph.ts).
 *
 * ONNX tests are `x ≤ value`, true or false; ours are the same but for two kinds:
 *
 *   observed or missing   x ≤ +∞, missing to the other side
 *   a set of categories   the number line falls into runs that go to one side,
 *
 *                           m |  left  | right |  left  | m        m: where missing goes
 *                             0        2       3        5          places below 0 or past the end
 *
 *                         and a binary search finds the run. Its exits lead to the same two
 *                         children again and again. ONNX Runtime allows that of true exits only
 *                         (as LightGBM's converter writes them), so a false exit passes through a
 *                         test that is always true. A chain instead of a search would be simpler,
 *                         but ONNX Runtime descends recursively: thousands of tests end its stack.
 */
import type { FeatureBins } from '../data/binning.js';
import type { Forest } from '../model/forest.js';
import { nextDown } from '../exchange/float32.js';
import type { Schema } from '../data/schema.js';
import { inSet, type Tree } from '../trees/tree.js';
import { splitLeaves, writeCalibration } from './calibrated-graph.js';
import { dataTypes, SCHEMA_KEY } from './wire.js';
import { attributeTypes, OnnxWriter } from './writer.js';

const IR_VERSION = 7;
const OPSET = 15;
const ML_OPSET = 3;

/**
 * Writes a forest as an ONNX model: `TreeEnsembleRegressor` of ai.onnx.ml opset 3, thresholds and
 * leaves in double precision, trees averaged.
 *
 * Input `rows`: double, [N, features], in schema order; a category by its place in the schema's
 * list; NaN for missing. A category outside the list goes where missing goes, as in
 * `Forest.predict`. Output `prediction`: float32, [N, 1], as the operator prescribes: every row
 * ends in the same leaves as here, and the mean of the leaves is rounded to float32, a relative
 * difference of at most 2⁻²⁴ ≈ 6e-8 (for means between 1.2e-38 and 3.4e38, float32's range).
 *
 * A calibration is written as standard operators in double precision, fed by the leaves in parts
 * that float32 sums without rounding: the result is rounded to float32 once, at the end. Intervals
 * and training statistics stay behind.
 * @throws ForestError EXPORT_UNSUPPORTED if the forest is calibrated and has more than 2¹⁶ trees
 */
export function toOnnx(forest: Forest): Uint8Array {
  const nodes = new NodeTable();
  forest.trees.forEach((tree, t) => nodes.addTree(tree, t, forest.bins));
  const writer = new OnnxWriter();
  writer.whole(1, IR_VERSION);
  writer.text(2, '@adscale/forest');
  writer.message(7, () => writeGraph(writer, forest, nodes));
  writer.message(8, () => writer.text(1, '').whole(2, OPSET));
  writer.message(8, () => writer.text(1, 'ai.onnx.ml').whole(2, ML_OPSET));
  writer.message(14, () =>
    writer.text(1, SCHEMA_KEY).text(2, JSON.stringify({ features: forest.schema.features })),
  );
  return writer.finish();
}

/** A run of places that go to one side: all x ≤ `end` that no run before it has taken. */
interface Run {
  readonly end: number;
  readonly goesLeft: boolean;
}

/** The nodes of all trees, one list an attribute of the operator. */
class NodeTable {
  readonly treeIds: number[] = [];
  readonly nodeIds: number[] = [];
  readonly featureIds: number[] = [];
  readonly modes: string[] = [];
  readonly values: number[] = [];
  readonly trueIds: number[] = [];
  readonly falseIds: number[] = [];
  readonly missingTrue: number[] = [];
  readonly leafTreeIds: number[] = [];
  readonly leafIds: number[] = [];
  readonly leafValues: number[] = [];

  /** A node keeps its number; the further tests of a search get numbers past the last node. */
  addTree(tree: Tree, t: number, bins: readonly FeatureBins[]): void {
    let spare = tree.nodes;
    for (let node = 0; node < tree.nodes; node++) {
      const f = tree.feature[node];
      if (f < 0) this.addLeaf(t, node, tree.value[node]);
      else if (bins[f].categorical) spare = this.addRuns(tree, t, node, bins[f], spare);
      else this.addNumeric(tree, t, node, bins[f]);
    }
  }

  private addLeaf(t: number, node: number, value: number): void {
    this.add(t, node, 0, 'LEAF', 0, 0, 0, 0);
    this.leafTreeIds.push(t);
    this.leafIds.push(node);
    this.leafValues.push(value);
  }

  private addNumeric(tree: Tree, t: number, node: number, { cuts }: FeatureBins): void {
    const cut = tree.cut[node];
    const left = tree.left[node];
    const bound = cut === cuts.length ? Infinity : cuts[cut];
    const missing = tree.missingLeft[node];
    this.add(t, node, tree.feature[node], 'BRANCH_LEQ', bound, left, left + 1, missing);
  }

  /** Writes a categorical node as a search among its runs; returns the next spare number. */
  private addRuns(tree: Tree, t: number, node: number, bins: FeatureBins, spare: number): number {
    const runs = runsOf(tree, node, bins);
    const f = tree.feature[node];
    const childOf = (run: Run): number => tree.left[node] + +!run.goesLeft;
    let next = spare;
    const test = (id: number, bound: number, ifTrue: number, missing = 0): number => {
      this.add(t, id, f, 'BRANCH_LEQ', bound, ifTrue, next, missing);
      return next++;
    };
    // A test that everything passes: only true links may share a child.
    const pass = (id: number, child: number): void =>
      this.addLeaf(t, test(id, Infinity, child, 1), 0);
    const search = (id: number, first: number, last: number): void => {
      if (first === last) {
        pass(id, childOf(runs[first]));
        return;
      }
      const middle = (first + last - 1) >> 1;
      const single = middle === first;
      const ifTrue = single ? childOf(runs[first]) : next++;
      // Missing values fail every test and end in the last run, which is theirs.
      search(test(id, runs[middle].end, ifTrue), middle + 1, last);
      if (!single) search(ifTrue, first, middle);
    };
    if (runs.length > 1) search(node, 0, runs.length - 1);
    else {
      const left = tree.left[node];
      const [ifTrue, never] = runs[0].goesLeft ? [left, left + 1] : [left + 1, left];
      this.add(t, node, f, 'BRANCH_LEQ', Infinity, ifTrue, never, 1);
    }
    return next;
  }

  private add(
    treeId: number,
    nodeId: number,
    featureId: number,
    mode: string,
    value: number,
    trueId: number,
    falseId: number,
    missingTrue: number,
  ): void {
    this.treeIds.push(treeId);
    this.nodeIds.push(nodeId);
    this.featureIds.push(featureId);
    this.modes.push(mode);
    this.values.push(value);
    this.trueIds.push(trueId);
    this.falseIds.push(falseId);
    this.missingTrue.push(missingTrue);
  }
}

/** The whole number line, as runs that go to one side each and alternate. */
function runsOf(tree: Tree, node: number, { bins }: FeatureBins): Run[] {
  const missingLeft = tree.missingLeft[node] === 1;
  const runs: Run[] = [];
  let goesLeft = missingLeft;
  for (let place = 0; place <= bins; place++) {
    const next = place < bins ? inSet(tree.sets, tree.cut[node], place) : missingLeft;
    if (next === goesLeft) continue;
    runs.push({ end: nextDown(place), goesLeft });
    goesLeft = next;
  }
  runs.push({ end: Infinity, goesLeft });
  return runs;
}

function writeGraph(writer: OnnxWriter, forest: Forest, nodes: NodeTable): void {
  const { schema, calibration } = forest;
  if (calibration === null) {
    writer.message(1, () => writeNode(writer, nodes, 'prediction', 'AVERAGE', [nodes.leafValues]));
  } else {
    const { units, parts } = splitLeaves(nodes.leafValues, forest.trees.length);
    writer.message(1, () => writeNode(writer, nodes, 'parts', 'SUM', parts));
    writeCalibration(writer, calibration, units, forest.trees.length);
  }
  writer.text(2, 'forest');
  writer.text(10, describe(schema));
  writer.message(11, () => writeValue(writer, 'rows', dataTypes.DOUBLE, schema.features.length));
  writer.message(12, () => writeValue(writer, 'prediction', dataTypes.FLOAT, 1));
}

function describe({ features }: Schema): string {
  const columns = features.map((feature, f) => {
    const words = feature.kind === 'categorical' ? ` (place in ${feature.categories.length})` : '';
    return `${f}: ${feature.name}${words}`;
  });
  return `Columns of a row, NaN for missing: ${columns.join(', ')}`;
}

function writeValue(writer: OnnxWriter, name: string, elementType: number, width: number): void {
  const shape = (): void => {
    writer.message(1, () => writer.text(2, 'N'));
    writer.message(1, () => writer.whole(1, width));
  };
  const tensor = (): void => {
    writer.whole(1, elementType).message(2, shape);
  };
  writer.text(1, name).message(2, () => writer.message(1, tensor));
}

/** @param targets leaf values of each target, by leaf */
function writeNode(
  writer: OnnxWriter,
  nodes: NodeTable,
  output: string,
  aggregate: 'AVERAGE' | 'SUM',
  targets: readonly (readonly number[])[],
): void {
  writer.text(1, 'rows').text(2, output).text(3, 'forest').text(4, 'TreeEnsembleRegressor');
  const attribute = (name: string, type: number, write: () => void): void => {
    writer.message(5, () => {
      writer.text(1, name);
      write();
      writer.whole(20, type);
    });
  };
  const ints = (name: string, values: readonly number[]): void =>
    attribute(name, attributeTypes.INTS, () => writer.wholes(8, values));
  const tensor = (name: string, values: readonly number[]): void =>
    attribute(name, attributeTypes.TENSOR, () =>
      writer.message(5, () =>
        writer.whole(1, values.length).whole(2, dataTypes.DOUBLE).doubles(10, values),
      ),
    );
  const text = (name: string, value: string): void =>
    attribute(name, attributeTypes.STRING, () => writer.text(4, value));
  attribute('n_targets', attributeTypes.INT, () => writer.whole(3, targets.length));
  text('aggregate_function', aggregate);
  text('post_transform', 'NONE');
  ints('nodes_treeids', nodes.treeIds);
  ints('nodes_nodeids', nodes.nodeIds);
  ints('nodes_featureids', nodes.featureIds);
  attribute('nodes_modes', attributeTypes.STRINGS, () =>
    nodes.modes.forEach((mode) => writer.text(9, mode)),
  );
  tensor('nodes_values_as_tensor', nodes.values);
  ints('nodes_truenodeids', nodes.trueIds);
  ints('nodes_falsenodeids', nodes.falseIds);
  ints('nodes_missing_value_tracks_true', nodes.missingTrue);
  // Leaf by leaf, and each leaf target by target.
  const ofTargets = (values: readonly number[]): number[] =>
    values.flatMap((value) => targets.map(() => value));
  ints('target_treeids', ofTargets(nodes.leafTreeIds));
  ints('target_nodeids', ofTargets(nodes.leafIds));
  ints(
    'target_ids',
    nodes.leafIds.flatMap(() => targets.map((_, target) => target)),
  );
  tensor(
    'target_weights_as_tensor',
    nodes.leafIds.flatMap((_, leaf) => targets.map((values) => values[leaf])),
  );
  writer.text(7, 'ai.onnx.ml');
}
