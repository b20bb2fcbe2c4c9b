/*
 * A TreeEnsembleRegressor as the file tells it, checked list by list: which graph it stands in,
 * and its trees as links between places in the lists of nodes.
 */
import { importInvalid, importUnsupported } from '../exchange/assemble.js';
import { dataTypes, type OnnxAttribute, type OnnxModel, type OnnxNode } from './wire.js';

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
  readonly base: number;
  readonly averages: boolean;
  /** Features of a row, or null where the graph leaves that open. */
  readonly width: number | null;
  /** Are inputs rounded to float32 before they are tested? */
  readonly rounds: boolean;
}

/** @throws ForestError IMPORT_INVALID, IMPORT_UNSUPPORTED */
export function readEnsemble(model: OnnxModel): Ensemble {
  const { node, width, rounds } = findEnsemble(model);
  const attributes = new Map(node.attributes.map((attribute) => [attribute.name, attribute]));
  const { averages, base } = readAggregate(attributes);
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
    weight: readWeights(attributes, index, count),
    trees: index.trees(),
    base,
    averages,
    width,
    rounds,
  };
}

/** Follows the graph from its output back to its input: an ensemble, perhaps between casts. */
function findEnsemble({ nodes, inputs, outputs }: OnnxModel): {
  node: OnnxNode;
  width: number | null;
  rounds: boolean;
} {
  refuseOthers(nodes);
  if (inputs.length === 0 || outputs.length === 0)
    importInvalid('it has no graph with an ensemble');
  if (inputs.length !== 1 || outputs.length !== 1) {
    const got = `${inputs.length} inputs and ${outputs.length} outputs`;
    importUnsupported(`the graph has ${got}, wanted one of each: rows of numbers, predictions`);
  }
  const [input] = inputs;
  const types = new Set([input.elementType]);
  let ensemble: OnnxNode | null = null;
  let name = outputs[0].name;
  for (let steps = 0; name !== input.name || ensemble === null; steps++) {
    const node = nodes.find((candidate) => candidate.outputs.includes(name));
    if (node === undefined || steps > nodes.length || node.inputs.length !== 1) {
      importInvalid('no ensemble leads from the graph’s input to its output');
    }
    if (node.opType === 'TreeEnsembleRegressor') {
      if (ensemble !== null) importUnsupported('it has an ensemble on an ensemble');
      ensemble = node;
    } else if (node.opType === 'Cast' && ensemble !== null) {
      types.add(node.attributes.find((attribute) => attribute.name === 'to')?.i ?? 0);
    }
    [name] = node.inputs;
  }
  const { FLOAT, DOUBLE, INT32, INT64 } = dataTypes;
  for (const type of types) {
    if (![FLOAT, DOUBLE, INT32, INT64].some((known) => known === type)) {
      importUnsupported(`its input has data type ${type}, wanted float, double or an integer`);
    }
  }
  const { shape } = input;
  const width = shape.length === 2 ? shape[1] : null;
  return { node: ensemble, width, rounds: types.size > 1 || !types.has(DOUBLE) };
}

function refuseOthers(nodes: readonly OnnxNode[]): void {
  for (const { opType } of nodes) {
    if (opType === 'TreeEnsembleClassifier') importUnsupported('it is a classifier');
    if (opType === 'TreeEnsemble') {
      importUnsupported('it is a TreeEnsemble (ai.onnx.ml 5), wanted a TreeEnsembleRegressor');
    }
    if (!['TreeEnsembleRegressor', 'Cast', 'Identity'].includes(opType)) {
      importUnsupported(`it computes ${opType} besides trees`);
    }
  }
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

function readAggregate(attributes: Attributes): { averages: boolean; base: number } {
  const aggregate = attributes.get('aggregate_function')?.s ?? 'SUM';
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE') {
    importUnsupported(`aggregate_function is ${aggregate}, wanted SUM or AVERAGE`);
  }
  const transform = attributes.get('post_transform')?.s ?? 'NONE';
  if (transform !== 'NONE') importUnsupported(`post_transform is ${transform}, wanted NONE`);
  const targets = attributes.get('n_targets')?.i ?? 1;
  if (targets !== 1) importUnsupported(`it predicts ${targets} targets, wanted 1`);
  const bases = realsOf(attributes, 'base_values');
  if (bases.length > 1) importInvalid(`base_values has ${bases.length} entries, wanted 1`);
  return { averages: aggregate === 'AVERAGE', base: bases[0] ?? 0 };
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
function readWeights(attributes: Attributes, index: NodeIndex, count: number): Float64Array {
  const weights = realsOf(attributes, 'target_weights');
  const list = (name: string): readonly number[] =>
    ofLength(name, intsOf(attributes, name), weights.length);
  const treeIds = list('target_treeids');
  const nodeIds = list('target_nodeids');
  if (list('target_ids').some((id) => id !== 0)) importInvalid('target_ids are not all 0');
  const sums = new Float64Array(count);
  weights.forEach((weight, i) => {
    sums[index.find(treeIds[i], nodeIds[i])] += weight;
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
