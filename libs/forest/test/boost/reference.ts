/*
 * The slow and obvious booster: row by row, every split of every feature tried on plain arrays. The oracle
 * for the kernels' one.
 */
import type { BoostInput, BoostLoss } from '../../src/index.js';

export interface ReferenceRules {
  readonly loss: BoostLoss;
  readonly rounds: number;
  readonly learningRate: number;
  readonly maxDepth: number;
  readonly l2: number;
  readonly minChildWeight: number;
  readonly minLeafRows: number;
  readonly categorySmoothing: number;
}

interface Sums {
  /** Σ hessian and Σ −gradient. */
  readonly h: number;
  readonly s: number;
}

interface Split {
  readonly left: number[];
  readonly right: number[];
  readonly gain: number;
}

/** Margins of all rows after each round, by a booster trained on some of them. */
export function referenceMargins(
  { columns, target, weight }: BoostInput,
  trained: readonly number[],
  rules: ReferenceRules,
): Float64Array[] {
  const { loss, l2, learningRate } = rules;
  const w = weight ?? target.map(() => 1);
  const weightSum = trained.reduce((sum, row) => sum + w[row], 0);
  const mean = trained.reduce((sum, row) => sum + w[row] * target[row], 0) / weightSum;
  const base = {
    squared_error: mean,
    binomial: Math.log(mean / (1 - mean)),
    poisson: Math.log(mean),
  };
  let margins = new Float64Array(columns.rows).fill(base[loss]);
  const history: Float64Array[] = [];
  for (let round = 0; round < rules.rounds; round++) {
    const derivatives = Array.from(margins, (margin, row): Sums => {
      if (loss === 'squared_error') return { h: w[row], s: w[row] * (target[row] - margin) };
      const mu = loss === 'binomial' ? 1 / (1 + Math.exp(-margin)) : Math.exp(margin);
      const slope = loss === 'binomial' ? mu * (1 - mu) : mu;
      return { h: w[row] * slope, s: w[row] * (target[row] - mu) };
    });
    const sumsOf = (rows: readonly number[]): Sums => ({
      h: rows.reduce((sum, row) => sum + derivatives[row].h, 0),
      s: rows.reduce((sum, row) => sum + derivatives[row].s, 0),
    });
    const next = margins.slice();
    const grow = (rows: number[], all: number[], depth: number): void => {
      const own = sumsOf(rows);
      let best: (Split & { allLeft: number[]; allRight: number[] }) | null = null;
      if (depth < rules.maxDepth) {
        for (const goesLeft of testsOf(columns, rows, derivatives, rules)) {
          const left = rows.filter(goesLeft);
          const right = rows.filter((row) => !goesLeft(row));
          const [a, b] = [sumsOf(left), sumsOf(right)];
          if (left.length < rules.minLeafRows || right.length < rules.minLeafRows) continue;
          if (a.h < rules.minChildWeight || b.h < rules.minChildWeight) continue;
          const score = ({ h, s }: Sums): number => (s * s) / (h + l2);
          const gain = score(a) + score(b) - score(own);
          if (gain <= 1e-12 || (best !== null && gain <= best.gain * (1 + 1e-12))) continue;
          const allLeft = all.filter(goesLeft);
          const allRight = all.filter((row) => !goesLeft(row));
          best = { left, right, gain, allLeft, allRight };
        }
      }
      if (best !== null) {
        grow(best.left, best.allLeft, depth + 1);
        grow(best.right, best.allRight, depth + 1);
      } else for (const row of all) next[row] += (learningRate * own.s) / (own.h + l2);
    };
    grow([...trained], [...margins.keys()], 0);
    margins = next;
    history.push(next);
  }
  return history;
}

/** Prefixes of every feature's values in order (categories: of their smoothed steps), missing on either side. */
function* testsOf(
  columns: BoostInput['columns'],
  rows: readonly number[],
  derivatives: readonly Sums[],
  { categorySmoothing }: ReferenceRules,
): Generator<(row: number) => boolean> {
  for (let f = 0; f < columns.values.length; f++) {
    const values = columns.values[f];
    const seen = [...new Set(rows.map((row) => values[row]))].filter((x) => !Number.isNaN(x));
    const stepOf = (value: number): number => {
      const here = rows.filter((row) => values[row] === value);
      const h = here.reduce((sum, row) => sum + derivatives[row].h, 0);
      return here.reduce((sum, row) => sum + derivatives[row].s, 0) / (h + categorySmoothing);
    };
    const categorical = columns.schema.features[f].kind === 'categorical';
    const orderOf = new Map(seen.map((x) => [x, categorical ? stepOf(x) : x]));
    seen.sort((a, b) => orderOf.get(a)! - orderOf.get(b)! || a - b);
    // Rows trained on miss it on either side; that numbers not seen go between them is for the caller.
    for (const missingLeft of [false, true]) {
      for (let k = 0; k < seen.length; k++) {
        const set = new Set(seen.slice(0, k + 1));
        const last = seen[k];
        const next = seen[k + 1] ?? Infinity;
        yield (row) => {
          const x = values[row];
          if (Number.isNaN(x)) return missingLeft;
          return categorical ? set.has(x) : x <= last || (x < next && set.has(x));
        };
      }
    }
  }
}
