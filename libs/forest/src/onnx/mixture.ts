/*
 * What a forest makes of its trees, and its calibration, in standard operators.
 *
 * TreeEnsembleRegressor rounds its output to float32, and a link or a steep calibration would multiply
 * that. So each leaf is split into pieces, whole numbers of ever smaller units,
 *
 *   leaf = piece₀ u₀ + piece₁ u₁ + piece₂ u₂ + …        u₀ > u₁ > u₂ …
 *
 * of so few bits that the sum of a piece over all trees of a part is below 2²⁴, which float32 holds
 * exactly. Each piece is a target of the part's ensemble; what follows is in double precision:
 *
 *   sum         Σ pieces units
 *   part        inverse link of (base + sum / members)
 *   p           Σ weight · part
 *
 * Platt's calibration is the inverse of logit of intercept + slope · logit p. That by points is
 *
 *   q           p, held between the first point and the last
 *   i           points at or below q, less one
 *   calibrated  y[i] + (q − x[i]) / dx[i] · dy[i]        dx, dy: to the next point; 1, 0 at the last
 */
import {
  isPlatt,
  type Calibration,
  type IsotonicCalibration,
  type PlattCalibration,
} from '../judge/calibration.js';
import { ForestError } from '../errors.js';
import type { Forest } from '../model/forest.js';
import type { Link } from '../trees/links.js';
import { treesOf } from '../trees/parts.js';
import type { Tree } from '../trees/tree.js';
import type { Graph } from './graph.js';
import { NodeTable, writeEnsemble } from './node-table.js';

/** Whole numbers up to 2²⁴ are floats. */
const FLOAT_BITS = 24;
/** Bits of a leaf that are kept. */
const LEAF_BITS = 52;
/** The least bits of a piece. */
const LEAST_BITS = 8;
/** Leaves below this are 0: their pieces' units must be numbers. */
const LEAST_LEAF = 2 ** -900;
/** Chances closer to 0 or 1 than this have the log-odds of this, as in trees/links.ts. */
const SURE = 2 ** -52;

/** Leaves in pieces: leaf = Σ pieces[k][leaf] · units[k]. */
interface LeafPieces {
  readonly units: number[];
  readonly pieces: number[][];
}

/**
 * Writes the nodes from `rows`, the name of doubles [N, features], to `output`, floats [N, 1].
 * @throws ForestError EXPORT_UNSUPPORTED if a part has more than 2¹⁶ trees
 */
export function writeMixture(graph: Graph, forest: Forest, rows: string, output: string): void {
  const { trees, parts, bins, calibration } = forest;
  let t = 0;
  const weighed = parts.map((part) => {
    const { link, base, weight, members } = part;
    const own = trees.slice(t, (t += treesOf(part)));
    const nodes = new NodeTable();
    own.forEach((tree, k) => nodes.addTree(tree, k, bins));
    const sum = writeSum(graph, own, nodes, rows);
    const mean = graph.node('Div', [sum, graph.doubles([members.length])]);
    const margin = graph.node('Add', [mean, graph.doubles([base])]);
    return graph.node('Mul', [writeInverse(graph, link, margin), graph.doubles([weight])]);
  });
  const mixed = weighed.reduce((sum, part) => graph.node('Add', [sum, part]));
  const calibrated = calibration === null ? mixed : writeCalibration(graph, calibration, mixed);
  graph.cast(calibrated, 'FLOAT', output);
}

/** The sum of trees. */
function writeSum(graph: Graph, trees: readonly Tree[], nodes: NodeTable, rows: string): string {
  const { units, pieces } = splitLeaves(nodes.leafValues, trees.length);
  const name = graph.nameFor('trees');
  graph.writer.message(1, () =>
    writeEnsemble(graph.writer, { name, input: rows, output: name }, nodes, 'SUM', pieces),
  );
  // Not MatMul: ONNX Runtime would take it and the cast before it for one in single precision.
  const unit = graph.doubles(units, [1, units.length]);
  const scaled = graph.node('Mul', [graph.cast(name, 'DOUBLE'), unit]);
  return graph.node('ReduceSum', [scaled, graph.longs(1)]);
}

/** @throws ForestError EXPORT_UNSUPPORTED */
function splitLeaves(leaves: readonly number[], trees: number): LeafPieces {
  const bits = FLOAT_BITS - Math.ceil(Math.log2(trees));
  if (bits < LEAST_BITS) {
    const most = 2 ** (FLOAT_BITS - LEAST_BITS);
    throw new ForestError(
      'EXPORT_UNSUPPORTED',
      `it is boosted, mixed or calibrated and a part has ${trees} trees, wanted at most ${most}`,
    );
  }
  const largest = leaves.reduce((most, leaf) => Math.max(most, Math.abs(leaf)), LEAST_LEAF);
  const first = 2 ** (Math.ceil(Math.log2(largest)) - bits);
  const units = Array.from(
    { length: Math.ceil(LEAF_BITS / bits) },
    (_, k) => first * 2 ** (-k * bits),
  );
  let rest = leaves;
  const pieces = units.map((unit) => {
    const piece = rest.map((value) => Math.round(value / unit));
    rest = rest.map((value, leaf) => value - piece[leaf] * unit);
    return piece;
  });
  return { units, pieces };
}

function writeInverse(graph: Graph, link: Link, margin: string): string {
  if (link === 'identity') return margin;
  if (link === 'log') return graph.node('Exp', [margin]);
  // Not Sigmoid: ONNX Runtime computes small chances as 1 less what is almost 1.
  const one = graph.doubles([1]);
  const odds = graph.node('Exp', [graph.node('Neg', [margin])]);
  return graph.node('Div', [one, graph.node('Add', [one, odds])]);
}

function writeCalibration(graph: Graph, calibration: Calibration, prediction: string): string {
  return isPlatt(calibration)
    ? writePlatt(graph, calibration, prediction)
    : writePoints(graph, calibration, prediction);
}

function writePlatt(
  graph: Graph,
  { slope, intercept }: PlattCalibration,
  prediction: string,
): string {
  const p = writeHeld(graph, prediction, SURE, 1 - SURE);
  const odds = graph.node('Div', [p, graph.node('Sub', [graph.doubles([1]), p])]);
  const scaled = graph.node('Mul', [graph.node('Log', [odds]), graph.doubles([slope])]);
  return writeInverse(graph, 'logit', graph.node('Add', [scaled, graph.doubles([intercept])]));
}

function writePoints(graph: Graph, { x, y }: IsotonicCalibration, prediction: string): string {
  const last = x.length - 1;
  const steps = (values: Float64Array, atLast: number): number[] =>
    Array.from(values, (value, i) => (i === last ? atLast : values[i + 1] - value));
  const q = writeHeld(graph, prediction, x[0], x[last]);
  const places = graph.doubles([...x]);
  const isPassed = graph.node('GreaterOrEqual', [q, places]);
  const points = graph.node('ReduceSum', [graph.cast(isPassed, 'INT64'), graph.longs(1)]);
  const i = graph.node('Sub', [points, graph.longs(1)]);
  const at = (list: string): string => graph.node('Gather', [list, i]);
  const past = graph.node('Sub', [q, at(places)]);
  const share = graph.node('Div', [past, at(graph.doubles(steps(x, 1)))]);
  const rise = graph.node('Mul', [share, at(graph.doubles(steps(y, 0)))]);
  return graph.node('Add', [at(graph.doubles([...y])), rise]);
}

/** The value, but not below `least` or above `most`. */
function writeHeld(graph: Graph, value: string, least: number, most: number): string {
  const notBelow = graph.node('Max', [value, graph.doubles([least])]);
  return graph.node('Min', [notBelow, graph.doubles([most])]);
}
