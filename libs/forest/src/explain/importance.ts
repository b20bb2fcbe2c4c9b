import { checkSameFeatures } from './background.js';
import type { Compiled } from '../serve/compile.js';
import { ForestError } from '../errors.js';
import { fullWeight, type FitInput } from '../data/fit-input.js';
import { groupNames, readGroups, sumByGroup, type GroupOptions } from './groups.js';
import type { Forest } from '../model/forest.js';
import { rmse } from '../judge/metrics.js';
import { Random, streams } from '../random.js';
import { treesOf } from '../trees/parts.js';
import type { Tree } from '../trees/tree.js';

/** How much one feature, or group of columns, matters by impurity. */
export interface ImpurityImportance {
  /** Its name; of a group, those of its columns joined by " + ". */
  readonly feature: string;
  /** Share of the loss saved by all splits, 0 to 1; the shares sum to 1. */
  readonly importance: number;
}

/** How much one feature, or group of columns, matters by permutation. */
export interface PermutationImportance {
  /** Its name; of a group, those of its columns joined by " + ". */
  readonly feature: string;
  /** Mean rise of the loss when the feature's values change rows; at or below 0: no use seen. */
  readonly mean: number;
  /** Standard deviation of the rise over repeats; 0 for a single repeat. */
  readonly spread: number;
  /** The rise of each repeat. */
  readonly rises: Float64Array;
}

/** A loss: lower is better. `rmse`, `mae`, `logLoss` and `normalisedEntropy` are some. */
export type Loss = (
  observed: ArrayLike<number>,
  predicted: ArrayLike<number>,
  weight?: ArrayLike<number>,
) => number;

export interface PermutationOptions extends GroupOptions {
  /** How often each feature is permuted, ≥ 1. Default 5. */
  readonly repeats?: number;
  /** Any safe integer; the same seed gives the same numbers. Default 42. */
  readonly seed?: number;
  /** What rises. Default: the weighted mean squared error. */
  readonly loss?: Loss;
}

/**
 * Mean decrease of impurity (Breiman et al. 1984; Breiman 2001): the loss that a feature's splits
 * saved in training, per unit of a tree's in-bag weight, averaged over trees and scaled to sum 1,
 * in schema order, or by group in the order given. All 0 if no tree splits. It costs one pass over the
 * nodes and no data. The parts of a mixture, which need not save the same loss, are each scaled to sum 1
 * and then averaged by weight.
 *
 * Known biases (Strobl et al. 2007): it favours features with many values or categories, which
 * offer more splits to choose from; it is measured on the rows that chose the splits, so a
 * feature of pure noise gets a share above 0 that grows with the depth of the trees; and features
 * that say the same thing divide their share. Compare with `permutationImportance` on rows the
 * forest has not seen.
 * @throws ForestError STATISTICS_ABSENT if the trees do not tell what their splits saved, as in
 * forests from elsewhere; OPTION_INVALID if the groups are not such
 */
export function impurityImportance(
  { schema, trees, parts }: Forest,
  { groups }: GroupOptions = {},
): ImpurityImportance[] {
  const asked = readGroups(schema, groups);
  const shares = new Float64Array(schema.features.length);
  let [t, weights] = [0, 0];
  for (const part of parts) {
    const saved = savedByFeature(trees.slice(t, (t += treesOf(part))), shares.length);
    if (saved === null) continue;
    weights += part.weight;
    for (let f = 0; f < shares.length; f++) shares[f] += part.weight * saved[f];
  }
  const ofGroups = sumByGroup(shares, asked);
  return groupNames(schema, asked).map((feature, g) => ({
    feature,
    importance: weights > 0 ? ofGroups[g] / weights : 0,
  }));
}

/** By feature: its share of the loss that the trees saved; null if they do not split. */
function savedByFeature(trees: readonly Tree[], features: number): Float64Array | null {
  const saved = new Float64Array(features);
  let splits = 0;
  for (const { nodes, feature, gain, cover } of trees) {
    for (let node = 0; node < nodes; node++) {
      if (feature[node] < 0) continue;
      saved[feature[node]] += gain[node] / cover[0];
      splits++;
    }
  }
  if (splits === 0) return null;
  const total = saved.reduce((sum, value) => sum + value, 0);
  if (total > 0 && total < Infinity) return saved.map((value) => value / total);
  throw new ForestError(
    'STATISTICS_ABSENT',
    `its splits saved ${total} in all, wanted the loss that each saved in training`,
  );
}

/**
 * Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019): how much the loss on
 * the given rows rises when one feature's values are dealt to other rows, in schema order; or those of
 * all columns of a group together, by group in the order given. A feature that no tree uses gets
 * exactly 0. Give it rows the forest has not seen: on training rows
 * it shows what the forest memorised.
 *
 * Known biases (Hooker, Mentch and Zhou 2021): a permuted feature no longer fits the others, so
 * with correlated features the forest is judged where it never saw data, and what it extrapolates
 * there makes them look too important; or features that say the same thing stand in for each
 * other and all look unimportant. Values are dealt to rows whatever the rows' weights.
 * @throws ForestError BACKGROUND_INVALID if the columns are not the forest's features;
 * COLUMNS_INVALID; OPTION_INVALID
 */
export function permutationImportance(
  forest: Forest,
  input: FitInput,
  { repeats = 5, seed = 42, loss = meanSquaredError, groups }: PermutationOptions = {},
): PermutationImportance[] {
  checkInput(forest, input);
  if (!Number.isSafeInteger(repeats) || repeats < 1) {
    throw new ForestError('OPTION_INVALID', `repeats is ${repeats}, wanted a whole number ≥ 1`);
  }
  if (!Number.isSafeInteger(seed)) {
    throw new ForestError('OPTION_INVALID', `seed is ${seed}, wanted a safe integer`);
  }
  const asked = readGroups(forest.schema, groups);
  const names = groupNames(forest.schema, asked);
  const trial = new Trial(forest.compile(), input, loss);
  const untouched = trial.lossWith([]);
  return asked.map((columns, g) => {
    const random = new Random(seed, streams.permutationFrom + g);
    const rises = Float64Array.from({ length: repeats }, () => {
      trial.shuffle(random);
      return trial.lossWith(columns) - untouched;
    });
    return { feature: names[g], ...meanAndSpread(rises), rises };
  });
}

/** Rows that are predicted at a time. */
const BLOCK = 16_384;

/** Predicts all rows with some columns taken from other rows. */
class Trial {
  /** Row i takes the columns' values of row `from[i]`. */
  private readonly from: Uint32Array;
  private readonly predicted: Float64Array;

  constructor(
    private readonly compiled: Compiled,
    private readonly input: FitInput,
    private readonly loss: Loss,
  ) {
    const { rows } = input.columns;
    this.from = Uint32Array.from({ length: rows }, (_, i) => i);
    this.predicted = new Float64Array(rows);
  }

  /** Fisher and Yates's shuffle, from wherever the last one ended. */
  shuffle(random: Random): void {
    const { from } = this;
    for (let i = from.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [from[i], from[j]] = [from[j], from[i]];
    }
  }

  /** The loss when the columns `moved` come from other rows, all from the same. */
  lossWith(moved: readonly number[]): number {
    const { from, predicted } = this;
    const { columns, target } = this.input;
    const width = columns.values.length;
    for (let first = 0; first < predicted.length; first += BLOCK) {
      const length = Math.min(BLOCK, predicted.length - first);
      const rows = new Float64Array(length * width);
      columns.values.forEach((values, f) => {
        const isMoved = moved.includes(f);
        for (let k = 0, i = first; k < length; k++, i++) {
          rows[k * width + f] = values[isMoved ? from[i] : i];
        }
      });
      this.compiled.predictBatch(rows, predicted.subarray(first, first + length));
    }
    return this.loss(target, predicted, fullWeight(this.input));
  }
}

function meanSquaredError(...args: Parameters<Loss>): number {
  return rmse(...args) ** 2;
}

function meanAndSpread(values: Float64Array): { mean: number; spread: number } {
  const { length } = values;
  const mean = values.reduce((sum, value) => sum + value, 0) / length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: length > 1 ? Math.sqrt(squares / (length - 1)) : 0 };
}

function checkInput({ schema }: Forest, { columns, target, weight, count }: FitInput): void {
  checkSameFeatures(schema, columns);
  for (const [name, values] of Object.entries({ target, weight, count })) {
    if (values === undefined || values.length === columns.rows) continue;
    throw new ForestError(
      'COLUMNS_INVALID',
      `${name} has ${values.length} rows, wanted ${columns.rows}`,
    );
  }
}
