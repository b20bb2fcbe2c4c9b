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
  /** Impressions of each row, those of old rows as they count by age. */
  readonly impressions: Float64Array;
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
    const plain = { rho: 0, halfLife: Infinity, weight: impressions, impressions, outcomes };
    return chooseHalfLife(search, { ...plain, told: undefined });
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
  return chooseHalfLife(search, {
    ...{ rho, halfLife: Infinity, weight, impressions, outcomes, told },
  });
}

/** Stretches of time whose rows judge half-lives, the latest ones. */
const JUDGING = 4;
/** Trees of each model of the rows before one of them. */
const TREES_BEFORE = 25;
/** The shortest half-life tried, as a share of the time that all rows span. */
const SHORTEST = 1 / 64;

/**
 * How fast old rows stop counting, by what each of the latest stretches of time says of models of the rows
 * before it (rolling origin: Tashman 2000): what has changed of late, they have seen some of.
 */
async function chooseHalfLife(
  search: WeightSearch,
  weights: ChosenWeights,
): Promise<ChosenWeights> {
  const { rows, byTime } = search;
  const { table, stretch } = rows.folded;
  const { time } = table;
  if (!byTime || time === undefined || stretch === null) return weights;
  const timed = { weight: weights.weight, time, stretch };
  const latest = stretch.reduce((most, s) => Math.max(most, s), 0);
  const first = latest - JUDGING + 1;
  if (first < 1) return weights;
  const late = Uint32Array.from(stretch.keys()).filter((row) => stretch[row] >= first);
  const outcomes = {
    target: takeValues(rows.target, late),
    weight: takeValues(weights.outcomes.weight, late),
  };
  const lossesWith = async (halfLife: number): Promise<Float64Array> => {
    const predicted = new Float64Array(stretch.length);
    for (let s = first; s <= latest; s++) {
      await predictStretch(search, { ...timed, s, halfLife }, predicted);
    }
    return lossesOf(outcomes, takeValues(predicted, late));
  };
  const ageless = await lossesWith(Infinity);
  const span = timeRange(time);
  let best = { halfLife: span, losses: await lossesWith(span) };
  for (let halfLife = span / 2; halfLife >= span * SHORTEST; halfLife /= 2) {
    const losses = await lossesWith(halfLife);
    if (sumOf(losses) >= sumOf(best.losses)) break;
    best = { halfLife, losses };
  }
  const { sum, error } = differenceOf(ageless, best.losses, outcomes);
  // The best of several is better than it is.
  if (!(sum > choiceRules.beyondChance * error)) return weights;
  const { halfLife } = best;
  const aged = (weight: Float64Array): Float64Array => byAge(weight, time, halfLife);
  return {
    ...weights,
    halfLife,
    weight: aged(weights.weight),
    // What no longer counts must not be what models are compared and calibrated by either.
    outcomes: { ...weights.outcomes, weight: aged(weights.outcomes.weight) },
    impressions: aged(rows.impressions),
  };
}

/** Rows in stretches of time, of which one is to be predicted. */
interface TimedRows {
  readonly weight: Float64Array;
  readonly time: Float64Array;
  readonly stretch: Uint8Array;
  readonly s: number;
  readonly halfLife: number;
}

/** Predicts the rows of stretch `s`, by a forest of all rows before it. */
async function predictStretch(
  { rows, forest, stage }: WeightSearch,
  { weight, time, stretch, s, halfLife }: TimedRows,
  predicted: Float64Array,
): Promise<void> {
  const { table } = rows.folded;
  const places = Uint32Array.from(stretch.keys());
  const early = places.filter((row) => stretch[row] < s);
  const late = places.filter((row) => stretch[row] === s);
  const columnsOf = (side: Uint32Array): Columns =>
    takeTable({ ...table, features: rows.columns }, side).features as Columns;
  const [target, known, moments] = [rows.target, weight, time].map((all) => takeValues(all, early));
  const aged = byAge(known, moments, halfLife);
  const input = { columns: columnsOf(early), target, weight: aged, bins: rows.bins };
  const minLeafWeight = scaledLeaf(forest, known, aged);
  const settings = { ...forest, trees: TREES_BEFORE, outOfBag: false, minLeafWeight };
  const { onProgress: _, ...threads } = stage('age', 0.25, 0.25);
  const found = predictColumns(await fitQuickly(input, settings, threads), columnsOf(late));
  late.forEach((row, i) => (predicted[row] = found[i]));
}

function timeRange(time: Float64Array): number {
  let [least, most] = [Infinity, -Infinity];
  for (const t of time) {
    if (t < least) least = t;
    if (t > most) most = t;
  }
  return most - least;
}
