/*
 * How much a row counts. Where clicks are binomial, as much as it has impressions. Where rows differ by
 * more than that (overdispersion ρ), a row of n impressions tells as much as n / (1 + (n − 1) ρ) of them,
 * and a row of half of all impressions no more than any other large one. Which holds is asked of the rows
 * left out; so is how fast what is old stops counting.
 */
import { takeValues, type Columns, type FitOptions } from '@adscale/forest';
import type { ModelChoice } from '../card/card.js';
import { predictColumns } from '../evaluation/evaluation.js';
import { overdispersionOf } from '../evaluation/overdispersion.js';
import { takeTable } from '../table/table.js';
import { choiceRules, differenceOf, lossesOf, sumOf, type JudgedOutcomes } from './choice.js';
import { fitQuickly, type FoldedRows, type FoldThreads } from './fold-models.js';

/** Ways for rows to count. */
export const weightKinds = ['impressions', 'effective', 'square_root'] as const;
export type WeightKind = (typeof weightKinds)[number];

/** @param rho intra-row correlation, 0 to 1 */
export function rowWeights(kind: WeightKind, impressions: Float64Array, rho: number): Float64Array {
  if (kind === 'impressions') return impressions;
  const effective = impressions.map((n) => n / (1 + (n - 1) * rho));
  if (kind === 'effective') return effective;
  return effective.map(Math.sqrt);
}

/**
 * Weights of rows by age: half as much for each half-life that a row is older than the newest.
 * @param halfLife in the unit of time; Infinity: age does not matter
 */
export function byAge(weight: Float64Array, time: Float64Array, halfLife: number): Float64Array {
  const newest = time.reduce((latest, t) => Math.max(latest, t), -Infinity);
  return weight.map((w, row) => w * 2 ** ((time[row] - newest) / halfLife));
}

/** What a leaf must keep, told for other weights of the same rows. */
export function scaledLeaf(
  { minLeafWeight = 0 }: FitOptions,
  impressions: Float64Array,
  weight: Float64Array,
): number {
  return (minLeafWeight * sumOf(weight)) / sumOf(impressions);
}

/** What weights are chosen by. */
export interface WeightSearch {
  readonly rows: FoldedRows;
  readonly forest: FitOptions;
  /** Rows that belong together; absent: each by itself. */
  readonly groups?: Float64Array;
  /** Are rows held out by time, so that their age may matter? */
  readonly byTime: boolean;
  /** The threads of a fit that takes the work from one share of it to another. */
  readonly stage: (name: string, from: number, to: number) => FoldThreads;
}

export interface ChosenWeights {
  readonly rho: number;
  /** In the unit of time; Infinity: age does not matter. */
  readonly halfLife: number;
  readonly weight: Float64Array;
  /** What rows count where models are compared. */
  readonly outcomes: JudgedOutcomes;
  readonly told: ModelChoice['weights'];
}

/** Trees that tell settings apart. */
const FEW_TREES = 50;

/** How rows count: by binomial chance, unless another way loses less on rows left out. */
export async function chooseWeights(search: WeightSearch): Promise<ChosenWeights> {
  const { rows, groups, stage } = search;
  const { impressions, target } = rows;
  const outcomesOf = (weight: Float64Array): JudgedOutcomes => {
    return { target, weight, ...(groups && { groups }) };
  };
  // Impressions of a grouped log are rows by themselves, which nothing holds together.
  const { grouped = false } = rows.folded.table;
  if (grouped || impressions.every((n) => n === impressions[0])) {
    const outcomes = outcomesOf(impressions);
    const plain = { rho: 0, halfLife: Infinity, weight: impressions, outcomes, told: undefined };
    return chooseHalfLife(search, plain);
  }
  const small = { ...search.forest, trees: FEW_TREES };
  const fitted = await rows.fitForest(impressions, small, stage('weights', 0.05, 0.15));
  const found = overdispersionOf({
    observed: target,
    predicted: fitted.outOfFold,
    weight: impressions,
  });
  const rho = found !== null && found.interval[0] > 0 ? found.rho : 0;
  const outcomes = outcomesOf(rowWeights('effective', impressions, rho));
  const tried = [{ kind: 'impressions' as WeightKind, outOfFold: fitted.outOfFold }];
  for (const [i, kind] of (rho > 0 ? weightKinds.slice(1) : []).entries()) {
    const weight = rowWeights(kind, impressions, rho);
    const settings = { ...small, minLeafWeight: scaledLeaf(small, impressions, weight) };
    const threads = stage('weights', 0.15 + 0.05 * i, 0.2 + 0.05 * i);
    tried.push({ kind, outOfFold: (await rows.fitForest(weight, settings, threads)).outOfFold });
  }
  const losses = tried.map(({ outOfFold }) => lossesOf(outcomes, outOfFold));
  const totals = losses.map(sumOf);
  const best = totals.indexOf(Math.min(...totals));
  // Impressions stay unless another way is better beyond one standard error.
  const { sum, error } = differenceOf(losses[0], losses[best], outcomes);
  const { kind } = tried[sum > error ? best : 0];
  const entropy = sumOf(lossesOf(outcomes, rows.average(outcomes.weight).outOfFold));
  const told = {
    kind,
    intra_row_correlation: rho,
    compared: tried.map(({ kind }, i) => ({ kind, normalised_entropy: totals[i] / entropy })),
  };
  const weight = rowWeights(kind, impressions, rho);
  return chooseHalfLife(search, { rho, halfLife: Infinity, weight, outcomes, told });
}

/** Stretches of time whose rows judge half-lives, the latest ones. */
const JUDGING = 4;

/** How fast old rows stop counting, by what the latest rows say of models of the earlier ones. */
async function chooseHalfLife(
  { rows, forest, byTime, stage }: WeightSearch,
  weights: ChosenWeights,
): Promise<ChosenWeights> {
  const { table, stretch } = rows.folded;
  const { time } = table;
  if (!byTime || time === undefined || stretch === null) return weights;
  const latest = stretch.reduce((most, s) => Math.max(most, s), 0) - JUDGING;
  const places = Uint32Array.from(stretch.keys());
  const [early, late] = [
    places.filter((row) => stretch[row] <= latest),
    places.filter((row) => stretch[row] > latest),
  ];
  const columnsOf = (side: Uint32Array): Columns =>
    takeTable({ ...table, features: rows.columns }, side).features as Columns;
  const [columns, judging] = [columnsOf(early), columnsOf(late)];
  const [target, known, moments] = [rows.target, weights.weight, time].map((all) =>
    takeValues(all, early),
  );
  const outcomes = {
    target: takeValues(rows.target, late),
    weight: takeValues(weights.outcomes.weight, late),
  };
  const span =
    moments.reduce((most, t) => Math.max(most, t), -Infinity) -
    moments.reduce((least, t) => Math.min(least, t), Infinity);
  const halfLives = [Infinity, span, span / 2, span / 4, span / 8];
  const losses: Float64Array[] = [];
  const { onProgress: _, ...threads } = stage('age', 0.25, 0.25);
  for (const halfLife of halfLives) {
    const weight = byAge(known, moments, halfLife);
    const input = { columns, target, weight, bins: rows.bins };
    const minLeafWeight = scaledLeaf(forest, known, weight);
    const settings = { ...forest, trees: FEW_TREES, outOfBag: false, minLeafWeight };
    const fitted = await fitQuickly(input, settings, threads);
    losses.push(lossesOf(outcomes, predictColumns(fitted, judging)));
  }
  const totals = losses.map(sumOf);
  const best = totals.indexOf(Math.min(...totals));
  const { sum, error } = differenceOf(losses[0], losses[best], outcomes);
  // The best of several is better than it is.
  if (!(sum > choiceRules.beyondChance * error)) return weights;
  const halfLife = halfLives[best];
  return { ...weights, halfLife, weight: byAge(weights.weight, time, halfLife) };
}
