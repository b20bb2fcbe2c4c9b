/*
 * Trees as the node TreeEnsembleRegressor.
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
import { nextDown } from '../exchange/float32.js';
import { inSet, type Tree } from '../trees/tree.js';
import type { OnnxWriter } from './writer.js';

/** A run of places that go to one side: all x ≤ `end` that no run before it has taken. */
interface Run {
  readonly end: number;
  readonly goesLeft: boolean;
}

/** The nodes of all trees, one list an attribute of the operator. */
export class NodeTable {
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

/** An ensemble in its graph. */
export interface EnsemblePlace {
  /** The node's own name. */
  readonly name: string;
  readonly input: string;
  readonly output: string;
}

/**
 * Writes the node.
 * @param targets leaf values of each target, by leaf
 */
export function writeEnsemble(
  writer: OnnxWriter,
  { name, input, output }: EnsemblePlace,
  nodes: NodeTable,
  aggregate: 'AVERAGE' | 'SUM',
  targets: readonly (readonly number[])[],
): void {
  writer.text(1, input).text(2, output).text(3, name).text(4, 'TreeEnsembleRegressor');
  writer.wholeAttribute('n_targets', targets.length);
  writer.textAttribute('aggregate_function', aggregate);
  writer.textAttribute('post_transform', 'NONE');
  writer.wholesAttribute('nodes_treeids', nodes.treeIds);
  writer.wholesAttribute('nodes_nodeids', nodes.nodeIds);
  writer.wholesAttribute('nodes_featureids', nodes.featureIds);
  writer.textsAttribute('nodes_modes', nodes.modes);
  writer.doublesAttribute('nodes_values_as_tensor', nodes.values);
  writer.wholesAttribute('nodes_truenodeids', nodes.trueIds);
  writer.wholesAttribute('nodes_falsenodeids', nodes.falseIds);
  writer.wholesAttribute('nodes_missing_value_tracks_true', nodes.missingTrue);
  // Leaf by leaf, and each leaf target by target.
  const ofTargets = (values: readonly number[]): number[] =>
    values.flatMap((value) => targets.map(() => value));
  writer.wholesAttribute('target_treeids', ofTargets(nodes.leafTreeIds));
  writer.wholesAttribute('target_nodeids', ofTargets(nodes.leafIds));
  writer.wholesAttribute(
    'target_ids',
    nodes.leafIds.flatMap(() => targets.map((_, target) => target)),
  );
  writer.doublesAttribute(
    'target_weights_as_tensor',
    nodes.leafIds.flatMap((_, leaf) => targets.map((values) => values[leaf])),
  );
  writer.text(7, 'ai.onnx.ml');
}
