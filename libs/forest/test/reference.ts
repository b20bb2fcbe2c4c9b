/*
 * The slow and obvious CART: tries every split of every feature (every subset of categories,
 * either side for missing rows) on plain arrays of rows. The oracle for the grower.
 */
import type { WeightedInput } from './data.js';

export interface ReferenceRules {
  readonly maxDepth: number;
  readonly minLeafRows: number;
  readonly poisson?: boolean;
}

interface Candidate {
  readonly left: number[];
  readonly right: number[];
  readonly gain: number;
}

/** Each training row's prediction by one fully searched tree. */
export function referencePredictions(input: WeightedInput, rules: ReferenceRules): Float64Array {
  const predictions = new Float64Array(input.target.length);
  const grow = (rows: number[], depth: number): void => {
    const best = depth < rules.maxDepth ? bestSplit(input, rows, rules) : null;
    if (best !== null) {
      grow(best.left, depth + 1);
      grow(best.right, depth + 1);
    } else for (const row of rows) predictions[row] = meanOf(input, rows);
  };
  grow([...predictions.keys()], 0);
  return predictions;
}

function bestSplit(input: WeightedInput, rows: number[], rules: ReferenceRules): Candidate | null {
  let best: Candidate | null = null;
  for (const goesLeft of everyTest(input, rows)) {
    const left = rows.filter(goesLeft);
    const right = rows.filter((row) => !goesLeft(row));
    if (left.length < rules.minLeafRows || right.length < rules.minLeafRows) continue;
    const loss = rules.poisson ? poissonLoss : squaredLoss;
    const gain = loss(input, rows) - loss(input, left) - loss(input, right);
    if (gain > 1e-9 && (best === null || gain > best.gain * (1 + 1e-12)))
      best = { left, right, gain };
  }
  return best;
}

function* everyTest(
  { columns }: WeightedInput,
  rows: number[],
): Generator<(row: number) => boolean> {
  for (let f = 0; f < columns.values.length; f++) {
    const values = columns.values[f];
    const seen = [...new Set(rows.map((row) => values[row]))].filter(
      (value) => !Number.isNaN(value),
    );
    seen.sort((a, b) => a - b);
    const categorical = columns.schema.features[f].kind === 'categorical';
    const subsets = categorical
      ? Array.from({ length: 2 ** seen.length }, (_, bits) =>
          seen.filter((_, i) => (bits >> i) & 1),
        )
      : seen.map((_, i) => seen.slice(0, i + 1));
    for (const subset of subsets) {
      const set = new Set(subset);
      yield (row) => set.has(values[row]);
      yield (row) => set.has(values[row]) || Number.isNaN(values[row]);
    }
  }
}

function meanOf({ target, weight }: WeightedInput, rows: number[]): number {
  let w = 0;
  let s = 0;
  for (const row of rows) {
    w += weight[row];
    s += weight[row] * target[row];
  }
  return s / w;
}

function squaredLoss(input: WeightedInput, rows: number[]): number {
  const centre = meanOf(input, rows);
  return rows.reduce((sum, row) => sum + input.weight[row] * (input.target[row] - centre) ** 2, 0);
}

/** Half the Poisson deviance at the mean: Σ w (y log(y / m) − y + m). */
function poissonLoss(input: WeightedInput, rows: number[]): number {
  const centre = meanOf(input, rows);
  return rows.reduce((sum, row) => {
    const y = input.target[row];
    return sum + input.weight[row] * ((y > 0 ? y * Math.log(y / centre) : 0) - y + centre);
  }, 0);
}
