import { learnBins, type FeatureBins } from './data/binning.js';
import {
  resolveBoosting,
  type BoostInput,
  type BoostOptions,
  type BoostParameters,
} from './data/boost-parameters.js';
import { checkColumns, type Columns } from './data/columns.js';
import { ForestError } from './errors.js';
import { checkInput, checkRates, countsIn, fullWeight } from './data/fit-input.js';
import { Forest } from './model/forest.js';
import { groupRows } from './data/grouping.js';
import { baseOf, linkOf, type FoldedSet } from './grow/booster.js';
import {
  BoosterFactory,
  type BoostedMember,
  type GrownMember,
  type PreparedBoost,
} from './grow/boosting.js';
import { judged, type Judged } from './judged.js';
import { Kernels, newMemory } from './kernels/kernels.js';
import { judge, type OutOfBagResult } from './judge/judging.js';
import { mean } from './judge/metrics.js';
import { Random, streams } from './random.js';
import { differenceOf } from './data/schema.js';
import { atOnce, type Steps } from './steps.js';
import { inverseLink } from './trees/links.js';

/** A boosted forest, and how well it predicts rows that its boosters did not see. */
export interface BoostResult extends Judged {
  /** By booster: have the rows that it left out stopped it? `boostMore` goes on with the others. */
  readonly stopped: readonly boolean[];
}

/** Called after each tree: how many of how many. Trees that a stopped booster did without count as done. */
export type OnRound = (done: number, all: number) => void;

/**
 * Boosts on this thread: Newton boosting of binned CART (Friedman 2001; Chen and Guestrin 2016), as a bag
 * of boosters that each leave a fold of the rows out. `@adscale/forest/node` does the same on many
 * threads, with the same bytes. Predictions are the inverse link of the boosters' mean; those of the
 * rows left out, by the one booster that did not see them, are the out-of-bag result.
 * @throws ForestError COLUMNS_INVALID, OPTION_INVALID, KERNELS_UNAVAILABLE, MEMORY_EXHAUSTED
 */
export function boost(
  input: BoostInput,
  options: BoostOptions = {},
  onRound: OnRound = () => {},
): BoostResult {
  return boostAtOnce(input, parametersOf(input, options), null, onRound);
}

/**
 * Boosts on: 60 rounds and 40 more are 100 rounds, byte for byte. Boosters that were stopped stay as they
 * are.
 * @param input what was boosted first
 * @param more rounds to add, ≥ 1
 * @throws ForestError COLUMNS_INVALID if the input is not what was boosted first; OPTION_INVALID
 */
export function boostMore(
  input: BoostInput,
  result: BoostResult,
  more: number,
  onRound: OnRound = () => {},
): BoostResult {
  return boostAtOnce(input, continuedBoost(result, more), result, onRound);
}

function boostAtOnce(
  input: BoostInput,
  parameters: BoostParameters,
  result: BoostResult | null,
  onRound: OnRound,
): BoostResult {
  const fit = atOnce(prepareBoost(input, parameters));
  const before = result === null ? [] : grownOf(fit, result);
  const factory = new BoosterFactory(fit);
  const { folds, rounds } = parameters.boosting;
  const members: BoostedMember[] = [];
  for (let k = 0; k < folds; k++) {
    let done = k * rounds;
    const member = factory.grow(k, before[k], () => onRound(++done, folds * rounds));
    members.push(member);
    if (done < (k + 1) * rounds) onRound((k + 1) * rounds, folds * rounds);
  }
  return finishBoost(input, fit, members);
}

/** @throws ForestError OPTION_INVALID, COLUMNS_INVALID */
export function parametersOf(input: BoostInput, options: BoostOptions): BoostParameters {
  const { schema } = checkColumns(input.columns);
  return resolveBoosting(schema, options, input.weight !== undefined);
}

/** The parameters of the whole: those of the first rounds, with more rounds. */
export function continuedBoost({ forest }: BoostResult, more: number): BoostParameters {
  const { boosting } = forest.parameters;
  if (!Number.isInteger(more) || more < 1) {
    throw new ForestError('OPTION_INVALID', `more is ${more}, wanted a whole number ≥ 1`);
  }
  if (boosting === undefined || forest.parts.length > 1) {
    throw new ForestError('OPTION_INVALID', 'the forest is not boosted, wanted a result of boost');
  }
  return { ...forest.parameters, boosting: { ...boosting, rounds: boosting.rounds + more } };
}

/**
 * What the boosters of a result have grown.
 * @throws ForestError COLUMNS_INVALID if they were grown from other rows
 */
export function grownOf(fit: PreparedBoost, { forest, stopped }: BoostResult): GrownMember[] {
  checkSame(fit, forest);
  let from = 0;
  return forest.parts[0].members.map((count, k) => {
    const trees = forest.trees.slice(from, (from += count));
    return { trees, stopped: stopped[k] };
  });
}

function checkSame({ schema, bins, base }: PreparedBoost, forest: Forest): void {
  const difference = differenceOf(forest.schema, schema);
  if (difference !== null) throw new ForestError('COLUMNS_INVALID', difference);
  const same =
    forest.parts[0].base === base &&
    bins.every(({ bins: count, cuts }, f) => {
      const before = forest.bins[f];
      return count === before.bins && cuts.every((cut, i) => cut === before.cuts[i]);
    });
  if (!same) {
    throw new ForestError('COLUMNS_INVALID', 'these are not the rows of the first rounds');
  }
}

/**
 * Checks the input, deals rows to folds, bins them and groups equal rows, in steps.
 * @param shared may other threads read what is prepared?
 * @throws ForestError COLUMNS_INVALID, OPTION_INVALID, KERNELS_UNAVAILABLE, MEMORY_EXHAUSTED
 */
export function* prepareBoost(
  input: BoostInput,
  parameters: BoostParameters,
  shared = false,
): Steps<PreparedBoost> {
  const { columns, target, columnsWithout } = input;
  const { boosting, maxBins, seed, noise } = parameters;
  const { loss, folds } = boosting;
  const criterion = loss === 'poisson' ? 'poisson' : 'squared_error';
  yield* checkInput(input, { criterion, noise });
  if (loss === 'binomial') checkRates(target, 'under binomial loss');
  const fold = foldsOf(input, folds, seed);
  const foldRows = weighFolds(input, fold, folds);
  yield;
  const bins =
    input.bins ?? (yield* learnBins(new Kernels(), columns, maxBins, seed, countsIn(input)));
  const seen =
    columnsWithout === undefined || folds === 1
      ? [columns]
      : Array.from({ length: folds }, (_, k) => k);
  const sets: FoldedSet[] = [];
  for (const one of seen) {
    const own = typeof one === 'number' ? checkOwn(columns, columnsWithout!(one), one) : one;
    sets.push(yield* foldedSet({ ...input, columns: own }, bins, folds > 1 ? fold : null, shared));
  }
  const base = baseOf(loss, mean(target, fullWeight(input)));
  return { schema: columns.schema, parameters, bins, base, sets, foldRows };
}

/** Records of rows and, before them in memory, their folds. */
function* foldedSet(
  input: BoostInput,
  bins: readonly FeatureBins[],
  fold: Uint16Array | null,
  shared: boolean,
): Steps<FoldedSet> {
  const { columns, target, weight } = input;
  const kernels = new Kernels(newMemory(0, shared));
  const folds = fold === null ? 0 : kernels.room(Uint16Array, fold.length);
  if (fold !== null) kernels.at(Uint16Array, folds, fold.length).set(fold);
  const numbers = { target, weight: weight ?? null, count: countsIn(input) };
  return { set: yield* groupRows(kernels, columns, bins, numbers), folds };
}

/** The columns that a booster sees of all rows. */
function checkOwn(columns: Columns, own: Columns, k: number): Columns {
  const difference = differenceOf(columns.schema, checkColumns(own).schema);
  if (difference !== null) {
    throw new ForestError('COLUMNS_INVALID', `without fold ${k}: ${difference}`);
  }
  if (own.rows !== columns.rows) {
    const detail = `without fold ${k} there are ${own.rows} rows, wanted ${columns.rows}`;
    throw new ForestError('COLUMNS_INVALID', detail);
  }
  return own;
}

/** The fold of each row: as told, or shuffled, each fold as many rows as another but for one. */
function foldsOf(
  { columns: { rows }, fold }: BoostInput,
  folds: number,
  seed: number,
): Uint16Array {
  const dealt = new Uint16Array(rows);
  if (folds === 1) return dealt;
  if (fold === undefined) {
    const random = new Random(seed, streams.boostFolds);
    for (let i = 0; i < rows; i++) {
      // Fisher and Yates's shuffle, from the inside out.
      const j = random.below(i + 1);
      dealt[i] = dealt[j];
      dealt[j] = i % folds;
    }
    return dealt;
  }
  if (fold.length !== rows) {
    throw new ForestError('COLUMNS_INVALID', `fold has ${fold.length} rows, wanted ${rows}`);
  }
  for (let i = 0; i < rows; i++) {
    if (!(Number.isInteger(fold[i]) && fold[i] >= 0 && fold[i] < folds)) {
      const detail = `fold of row ${i} is ${fold[i]}, wanted a whole number from 0 to ${folds - 1}`;
      throw new ForestError('COLUMNS_INVALID', detail);
    }
    dealt[i] = fold[i];
  }
  return dealt;
}

/** Rows of each fold, which must weigh something, as must the rows that are not in it. */
function weighFolds(input: BoostInput, fold: Uint16Array, folds: number): number[] {
  const rows = new Array<number>(folds).fill(0);
  const weights = new Float64Array(folds);
  const weight = fullWeight(input);
  for (let i = 0; i < fold.length; i++) {
    rows[fold[i]]++;
    weights[fold[i]] += weight === undefined ? 1 : weight[i];
  }
  const empty = weights.findIndex((sum) => !(sum > 0));
  if (empty >= 0) {
    const detail = `fold ${empty} has ${rows[empty]} rows that weigh nothing, wanted some above 0`;
    throw new ForestError('COLUMNS_INVALID', detail);
  }
  return rows;
}

/** Makes the forest, its intervals and its out-of-bag result of grown boosters. */
export function finishBoost(
  input: BoostInput,
  fit: PreparedBoost,
  members: readonly BoostedMember[],
): BoostResult {
  const { schema, parameters, bins, base } = fit;
  const { loss, folds } = parameters.boosting;
  const link = linkOf[loss];
  const trees = members.flatMap((member) => member.trees);
  const counts = members.map((member) => member.trees.length);
  const all = { ...parameters, trees: trees.length };
  const parts = [{ link, base, weight: 1, members: counts }];
  const forest = new Forest(schema, all, bins, trees, null, null, { parts });
  const stopped = members.map((member) => member.stopped);
  for (const { set } of fit.sets) set.memory = null;
  if (folds === 1) {
    const none = new Float64Array(0);
    const outOfBag = { predictions: none, variances: none, r2: NaN, weightedR2: NaN };
    return { forest, outOfBag, stopped };
  }
  const predictions = new Float64Array(input.columns.rows);
  for (const { rows, margins } of members) {
    rows.forEach((row, i) => (predictions[row] = inverseLink(link, margins[i])));
  }
  if (input.intervals === false) return { forest, outOfBag: unspread(input, predictions), stopped };
  return { ...judged(forest, input, predictions), stopped };
}

/** Predictions of rows left out by themselves, without how boosters differ there. */
function unspread(input: BoostInput, predictions: Float64Array): OutOfBagResult {
  const { target, weight = null, count = null } = input;
  const variances = new Float64Array(predictions.length).fill(NaN);
  return { predictions, variances, ...judge({ predictions, variances, target, weight, count }, 0) };
}
