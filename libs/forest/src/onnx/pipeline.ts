/*
 * What a graph does around its ensemble of trees, read from its output back to its input:
 *
 *   input ─ casts ─▶ ensemble ─▶ casts, Sigmoid or Exp, a factor ─▶ output
 *
 * Converters write Exp for counts (LightGBM's and XGBoost's, the latter with a factor), and behind a
 * classifier ZipMap or Identity, with the labels as one more output.
 */
import { importInvalid, importUnsupported } from '../exchange/assemble.js';
import type { Link } from '../trees/links.js';
import { dataTypes, type OnnxModel, type OnnxNode } from './wire.js';

export interface Pipeline {
  /** A TreeEnsembleRegressor or TreeEnsembleClassifier. */
  readonly node: OnnxNode;
  /** What the graph makes of the ensemble's sum: the inverse of this link, */
  readonly link: Link;
  /** times this, > 0; 1 but for the log link. */
  readonly factor: number;
  /** Features of a row, or null where the graph leaves that open. */
  readonly width: number | null;
  /** Are inputs rounded to float32 before they are tested? */
  readonly rounds: boolean;
}

const ensembles = ['TreeEnsembleRegressor', 'TreeEnsembleClassifier'];
const known = [...ensembles, 'Cast', 'Identity', 'ZipMap', 'Sigmoid', 'Exp', 'Mul'];

/** @throws ForestError IMPORT_INVALID, IMPORT_UNSUPPORTED */
export function findPipeline(model: OnnxModel): Pipeline {
  const { nodes, inputs, outputs } = model;
  for (const { opType } of nodes) {
    if (opType === 'TreeEnsemble') {
      importUnsupported('it is a TreeEnsemble (ai.onnx.ml 5), wanted a TreeEnsembleRegressor');
    }
    if (!known.includes(opType)) importUnsupported(`it computes ${opType} besides trees`);
  }
  if (inputs.length === 0 || outputs.length === 0)
    importInvalid('it has no graph with an ensemble');
  const isClassifier = nodes.some(({ opType }) => opType === 'TreeEnsembleClassifier');
  if (inputs.length !== 1 || outputs.length > (isClassifier ? 2 : 1)) {
    const got = `${inputs.length} inputs and ${outputs.length} outputs`;
    importUnsupported(`the graph has ${got}, wanted one of each: rows of numbers, predictions`);
  }
  for (const { name } of outputs) {
    const found = new Trace(model).follow(name);
    if (found !== null) return found;
  }
  return importUnsupported('its output are the labels of classes, wanted their chances');
}

/** The way from an output back to the input. */
class Trace {
  private ensemble: OnnxNode | null = null;
  private link: Link = 'identity';
  private factor = 1;
  private readonly types = new Set<number>();

  constructor(private readonly model: OnnxModel) {}

  /** @returns null where the output are labels */
  follow(output: string): Pipeline | null {
    const { nodes, inputs } = this.model;
    const [input] = inputs;
    this.types.add(input.elementType);
    let name = output;
    for (let steps = 0; name !== input.name || this.ensemble === null; steps++) {
      const node = nodes.find((candidate) => candidate.outputs.includes(name));
      if (node === undefined || steps > nodes.length) {
        importInvalid('no ensemble leads from the graph’s input to its output');
      }
      if (node.opType === 'TreeEnsembleClassifier' && node.outputs[1] !== name) return null;
      if (this.ensemble === null) this.readBehind(node);
      else this.readBefore(node);
      name = this.inputOf(node);
    }
    if (this.factor !== 1 && this.link !== 'log') {
      importUnsupported('it multiplies what it does not put through Exp');
    }
    const { FLOAT, DOUBLE, INT32, INT64 } = dataTypes;
    for (const type of this.types) {
      if (![FLOAT, DOUBLE, INT32, INT64].some((one) => one === type)) {
        importUnsupported(`its input has data type ${type}, wanted float, double or an integer`);
      }
    }
    const { shape } = input;
    const width = shape.length === 2 ? shape[1] : null;
    const rounds = this.types.size > 1 || !this.types.has(DOUBLE);
    return { node: this.ensemble!, link: this.link, factor: this.factor, width, rounds };
  }

  /** A node before the trees. */
  private readBefore(node: OnnxNode): void {
    if (ensembles.includes(node.opType)) importUnsupported('it has an ensemble on an ensemble');
    if (node.opType === 'Cast') this.types.add(typeOf(node));
    else if (node.opType !== 'Identity') {
      importUnsupported(`it computes ${node.opType} of what trees test`);
    }
  }

  /** The ensemble, or a node behind it: later ones first. */
  private readBehind(node: OnnxNode): void {
    const { opType } = node;
    if (ensembles.includes(opType)) this.ensemble = node;
    if (opType === 'Cast' && ![dataTypes.FLOAT, dataTypes.DOUBLE].some((t) => t === typeOf(node))) {
      importUnsupported(`it casts predictions to data type ${typeOf(node)}`);
    }
    if (opType === 'Sigmoid' || opType === 'Exp') {
      if (this.link !== 'identity') importUnsupported('it computes Sigmoid or Exp twice');
      this.link = opType === 'Exp' ? 'log' : 'logit';
    }
    if (opType === 'Mul') {
      if (this.link !== 'identity') importUnsupported('it multiplies before Sigmoid or Exp');
      const factor = this.constantOf(node);
      if (!(factor > 0 && factor < Infinity)) {
        importUnsupported(`it multiplies by ${factor}, wanted a number > 0`);
      }
      this.factor *= factor;
    }
  }

  /** The one input of a node that is no constant. */
  private inputOf({ inputs, opType }: OnnxNode): string {
    const { constants } = this.model;
    const open = opType === 'Mul' ? inputs.filter((name) => !constants.has(name)) : inputs;
    if (open.length !== 1) importInvalid(`a node ${opType} has ${open.length} inputs, wanted 1`);
    return open[0];
  }

  private constantOf({ inputs }: OnnxNode): number {
    const lists = inputs.flatMap((name) => [this.model.constants.get(name) ?? []]);
    const [constant] = lists.filter(({ length }) => length > 0);
    if (constant?.length === 1) return constant[0];
    return importUnsupported('it multiplies by something else than one number');
  }
}

function typeOf({ attributes }: OnnxNode): number {
  return attributes.find(({ name }) => name === 'to')?.i ?? 0;
}
