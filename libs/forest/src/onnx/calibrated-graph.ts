/*
 * A calibration behind the trees, in standard operators.
 *
 * TreeEnsembleRegressor rounds its output to float32, and a steep calibration would multiply that.
 * So each leaf is split into parts, whole numbers of ever smaller units,
 *
 *   leaf = part₀ u₀ + part₁ u₁ + part₂ u₂ + …        u₀ > u₁ > u₂ …
 *
 * of so few bits that the sum of a part over all trees is below 2²⁴, which float32 holds exactly.
 * Each part is a target of the operator; what follows is in double precision:
 *
 *   mean = Σ parts units / trees
 *   p    = mean, held between the first point and the last
 *   i    = points at or below p, less one
 *   y[i] + (p − x[i]) / dx[i] · dy[i]                  dx, dy: to the next point; 1, 0 at the last
 */
import type { Calibration } from '../judge/calibration.js';
import { ForestError } from '../errors.js';
import { dataTypes } from './wire.js';
import { attributeTypes, type OnnxWriter } from './writer.js';

/** Whole numbers up to 2²⁴ are floats. */
const FLOAT_BITS = 24;
/** Bits of a leaf that are kept. */
const LEAF_BITS = 52;

/** Leaves in parts: leaf = Σ parts[k][leaf] · units[k]. */
export interface LeafParts {
  readonly units: number[];
  readonly parts: number[][];
}

/** @throws ForestError EXPORT_UNSUPPORTED beyond 2¹⁶ trees */
export function splitLeaves(leaves: readonly number[], trees: number): LeafParts {
  const bits = FLOAT_BITS - Math.ceil(Math.log2(trees));
  if (bits < 8) {
    const most = 2 ** (FLOAT_BITS - 8);
    throw new ForestError(
      'EXPORT_UNSUPPORTED',
      `it is calibrated and has ${trees} trees, wanted at most ${most}`,
    );
  }
  const largest = leaves.reduce((most, leaf) => Math.max(most, Math.abs(leaf)), Number.MIN_VALUE);
  const first = 2 ** (Math.ceil(Math.log2(largest)) - bits);
  const units = Array.from(
    { length: Math.ceil(LEAF_BITS / bits) },
    (_, k) => first * 2 ** (-k * bits),
  );
  let rest = leaves;
  const parts = units.map((unit) => {
    const part = rest.map((value) => Math.round(value / unit));
    rest = rest.map((value, leaf) => value - part[leaf] * unit);
    return part;
  });
  return { units, parts };
}

/** Writes the nodes and constants from `parts` to `prediction`. */
export function writeCalibration(
  writer: OnnxWriter,
  { x, y }: Calibration,
  units: readonly number[],
  trees: number,
): void {
  const last = x.length - 1;
  const steps = (values: Float64Array, atLast: number): number[] =>
    Array.from(values, (value, i) => (i === last ? atLast : values[i + 1] - value));
  const graph = new Graph(writer);
  graph.doubles('units', [1, units.length], units);
  graph.doubles('trees', [1], [trees]);
  graph.doubles('first', [1], [x[0]]);
  graph.doubles('last', [1], [x[last]]);
  graph.doubles('x', [x.length], Array.from(x));
  graph.doubles('y', [y.length], Array.from(y));
  graph.doubles('dx', [x.length], steps(x, 1));
  graph.doubles('dy', [y.length], steps(y, 0));
  graph.longs('one', [1]);
  graph.cast('parts', dataTypes.DOUBLE, 'exact');
  // Not MatMul: ONNX Runtime would take it and the cast before it for one in single precision.
  graph.node('Mul', ['exact', 'units'], 'scaled');
  graph.node('ReduceSum', ['scaled', 'one'], 'sum');
  graph.node('Div', ['sum', 'trees'], 'mean');
  graph.node('Max', ['mean', 'first'], 'not_below');
  graph.node('Min', ['not_below', 'last'], 'p');
  graph.node('GreaterOrEqual', ['p', 'x'], 'passed');
  graph.cast('passed', dataTypes.INT64, 'passed_ones');
  graph.node('ReduceSum', ['passed_ones', 'one'], 'points');
  graph.node('Sub', ['points', 'one'], 'i');
  for (const name of ['x', 'y', 'dx', 'dy']) graph.node('Gather', [name, 'i'], `${name}_i`);
  graph.node('Sub', ['p', 'x_i'], 'past');
  graph.node('Div', ['past', 'dx_i'], 'share');
  graph.node('Mul', ['share', 'dy_i'], 'rise');
  graph.node('Add', ['y_i', 'rise'], 'calibrated');
  graph.cast('calibrated', dataTypes.FLOAT, 'prediction');
}

/** Nodes and constants of a GraphProto. */
class Graph {
  constructor(private readonly writer: OnnxWriter) {}

  node(
    opType: string,
    inputs: readonly string[],
    output: string,
    attribute = (): void => {},
  ): void {
    const { writer } = this;
    writer.message(1, () => {
      for (const input of inputs) writer.text(1, input);
      writer.text(2, output).text(3, output).text(4, opType);
      attribute();
    });
  }

  cast(input: string, to: number, output: string): void {
    const { writer } = this;
    this.node('Cast', [input], output, () =>
      writer.message(5, () => writer.text(1, 'to').whole(3, to).whole(20, attributeTypes.INT)),
    );
  }

  doubles(name: string, shape: readonly number[], values: readonly number[]): void {
    const { writer } = this;
    writer.message(5, () =>
      writer.wholes(1, shape).whole(2, dataTypes.DOUBLE).text(8, name).doubles(10, values),
    );
  }

  /** A list of whole numbers ≥ 0, as int64. */
  longs(name: string, values: readonly number[]): void {
    const { writer } = this;
    writer.message(5, () =>
      writer.wholes(1, [values.length]).whole(2, dataTypes.INT64).wholes(7, values).text(8, name),
    );
  }
}
