/*
 * A TreeEnsembleRegressor, or a TreeEnsembleClassifier of two classes, as the file tells it, checked
 * list by list: its trees as links between places in the lists of nodes.
 *
 * A classifier's leaves vote for classes. Converters of boosted trees let all vote for one, which is
 * the score of the second class; those of forests vote for both, with shares that sum to 1. Either
 * way the chance of the second class is a sum over trees, behind LOGISTIC or not.
 */
import { importInvalid, importUnsupported } from '../exchange/assemble.js';
import type { Link } from '../trees/links.js';
import { findPipeline } from './pipeline.js';
import type { OnnxAttribute, OnnxModel } from './wire.js';

const modes = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'];
export type BranchMode =
  'BRANCH_LEQ' | 'BRANCH_LT' | 'BRANCH_GTE' | 'BRANCH_GT' | 'BRANCH_EQ' | 'BRANCH_NEQ';

/** The nodes of all trees; a node is its place in these lists. */
export interface Ensemble {
  /** null in a leaf. */
  readonly mode: readonly (BranchMode | null)[];
  readonly feature: readonly number[];
  readonly threshold: readonly number[];
  readonly ifTrue: readonly number[];
  readonly ifFalse: readonly number[];
  readonly missingTrue: readonly boolean[];
  /** A leaf's summand, before base and averaging; 0 for nodes without one. */
  readonly weight: Float64Array;
  /** By tree: its nodes. */
  readonly trees: readonly (readonly number[])[];
  /** What is added to the sum, or mean, of the trees. */
  readonly base: number;
  readonly averages: boolean;
  /** What the prediction is of that: the inverse of this link. */
  readonly link: Link;
  /** Features of a row, or null where the graph leaves that open. */
  readonly width: number | null;
  /** Are inputs rounded to float32 before they are tested? */
  readonly rounds: boolean;
}

/** @throws ForestError IMPORT_INVALID, IMPORT_UNSUPPORTED */
export function readEnsemble(model: OnnxModel): Ensemble {
  const { node, link: behind, factor, width, rounds } = findPipeline(model);
  const attributes = new Map(node.attributes.map((attribute) => [attribute.name, attribute]));
  const votes = node.opType === 'TreeEnsembleClassifier' ? 'class' : 'target';
  const { averages, base, told } =
    votes === 'class' ? readClasses(attributes) : readTarget(attributes);
  const transform = readTransform(attributes);
  if (transform !== 'identity' && behind !== 'identity') {
    importUnsupported('it transforms predictions twice');
  }
  const treeIds = intsOf(attributes, 'nodes_treeids');
  const count = treeIds.length;
  const list = (name: string): readonly number[] => ofLength(name, intsOf(attributes, name), count);
  const mode = readModes(attributes, count);
  const index = new NodeIndex(treeIds, list('nodes_nodeids'));
  const link = (name: string): number[] =>
    list(name).map((id, n) => (mode[n] === null ? -1 : index.find(treeIds[n], id)));
  const missing = intsOf(attributes, 'nodes_missing_value_tracks_true');
  if (missing.length > 0) ofLength('nodes_missing_value_tracks_true', missing, count);
  return {
    mode,
    feature: list('nodes_featureids'),
    threshold: ofLength('nodes_values', realsOf(attributes, 'nodes_values'), count),
    ifTrue: link('nodes_truenodeids'),
    ifFalse: link('nodes_falsenodeids'),
    missingTrue: mode.map((_, n) => missing[n] === 1),
    weight: readWeights(attributes, votes, told, index, count),
    trees: index.trees(),
    // exp(sum) · factor = exp(sum + log factor).
    base: base + Math.log(factor),
    averages,
    link: behind === 'identity' ? transform : behind,
    width,
    rounds,
  };
}

type Attributes = ReadonlyMap<string, OnnxAttribute>;

function intsOf(attributes: Attributes, name: string): readonly number[] {
  return attributes.get(name)?.ints ?? [];
}

/** Numbers of an attribute or, in double precision, of its tensor. */
function realsOf(attributes: Attributes, name: string): readonly number[] {
  const tensor = attributes.get(`${name}_as_tensor`)?.tensor;
  if (tensor !== undefined && tensor !== null && tensor.values.length > 0) return tensor.values;
  return attributes.get(name)?.floats ?? [];
}

function ofLength<T>(name: string, values: readonly T[], wanted: number): readonly T[] {
  if (values.length !== wanted) {
    importInvalid(`${name} has ${values.length} entries, wanted ${wanted}`);
  }
  return values;
}

/** What leaves tell: `told` is the id of the target or class whose weights count. */
interface Told {
  readonly averages: boolean;
  readonly base: number;
  readonly told: number;
}

function readTarget(attributes: Attributes): Told {
  const aggregate = attributes.get('aggregate_function')?.s ?? 'SUM';
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE') {
    importUnsupported(`aggregate_function is ${aggregate}, wanted SUM or AVERAGE`);
  }
  const targets = attributes.get('n_targets')?.i ?? 1;
  if (targets !== 1) importUnsupported(`it predicts ${targets} targets, wanted 1`);
  if (intsOf(attributes, 'target_ids').some((id) => id !== 0)) {
    importInvalid('target_ids are not all 0');
  }
  const bases = realsOf(attributes, 'base_values');
  if (bases.length > 1) importInvalid(`base_values has ${bases.length} entries, wanted 1`);
  return { averages: aggregate === 'AVERAGE', base: finite(bases[0] ?? 0), told: 0 };
}

function readClasses(attributes: Attributes): Told {
  const labels = attributes.get('classlabels_strings')?.strings ?? [];
  const classes = labels.length + intsOf(attributes, 'classlabels_int64s').length;
  if (classes !== 2) importUnsupported(`it tells ${classes} classes apart, wanted 2`);
  const ids = new Set(intsOf(attributes, 'class_ids'));
  for (const id of ids) {
    if (id !== 0 && id !== 1) importInvalid(`class_ids hold ${id}, wanted 0 and 1`);
  }
  const [told = 1] = ids.size === 1 ? ids : [];
  const bases = realsOf(attributes, 'base_values');
  // A single one is added to the votes for the first class; of those for the second, ONNX Runtime
  // leaves it out.
  const wanted = ids.size === 2 ? 2 : told === 0 ? 1 : 0;
  if (bases.length > 0 && bases.length !== wanted) {
    importInvalid(`base_values has ${bases.length} entries, wanted ${wanted}`);
  }
  return { averages: false, base: finite(bases[bases.length - 1] ?? 0), told };
}

function finite(base: number): number {
  if (!Number.isFinite(base)) importInvalid(`base_values hold ${base}`);
  return base;
}

function readTransform(attributes: Attributes): Link {
  const transform = attributes.get('post_transform')?.s ?? 'NONE';
  if (transform === 'NONE') return 'identity';
  if (transform === 'LOGISTIC') return 'logit';
  return importUnsupported(`post_transform is ${transform}, wanted NONE or LOGISTIC`);
}

function readModes(attributes: Attributes, count: number): (BranchMode | null)[] {
  const names = ofLength('nodes_modes', attributes.get('nodes_modes')?.strings ?? [], count);
  return names.map((name) => {
    if (name === 'LEAF') return null;
    if (!modes.includes(name)) importUnsupported(`a node's mode is ${name.slice(0, 40)}`);
    return name as BranchMode;
  });
}

/** Leaves may be told in parts, which add up; ONNX Runtime reads it so too. */
function readWeights(
  attributes: Attributes,
  votes: 'target' | 'class',
  told: number,
  index: NodeIndex,
  count: number,
): Float64Array {
  const weights = realsOf(attributes, `${votes}_weights`);
  const list = (name: string): readonly number[] =>
    ofLength(`${votes}_${name}`, intsOf(attributes, `${votes}_${name}`), weights.length);
  const treeIds = list('treeids');
  const nodeIds = list('nodeids');
  const ids = list('ids');
  const sums = new Float64Array(count);
  weights.forEach((weight, i) => {
    const node = index.find(treeIds[i], nodeIds[i]);
    if (ids[i] === told) sums[node] += weight;
  });
  return sums;
}

/** From the file's tree and node numbers to places. */
class NodeIndex {
  private readonly byTree = new Map<number, Map<number, number>>();

  constructor(treeIds: readonly number[], nodeIds: readonly number[]) {
    treeIds.forEach((treeId, place) => {
      let tree = this.byTree.get(treeId);
      if (tree === undefined) this.byTree.set(treeId, (tree = new Map()));
      const id = nodeIds[place];
      if (tree.has(id)) importInvalid(`tree ${treeId} has two nodes ${id}`);
      tree.set(id, place);
    });
  }

  find(treeId: number, nodeId: number): number {
    const place = this.byTree.get(treeId)?.get(nodeId);
    if (place === undefined) importInvalid(`tree ${treeId} has no node ${nodeId}`);
    return place;
  }

  trees(): number[][] {
    return Array.from(this.byTree.values(), (nodes) => [...nodes.values()]);
  }
}
