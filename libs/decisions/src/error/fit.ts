/*
 * How wide a model's errors are, fitted to the out-of-bag scores that the model file keeps (see
 * the forest's intervals): |observed − predicted| / √(spread² + noise), where spread is that of
 * the members (a bag's trees, the boosters of a bag of them) and noise = p (1 − p) (1 + (n − 1) ρ) / n
 * for n impressions, ρ being the model's overdispersion. If a prediction's error has variance
 * scale² · spread², then a score is
 *
 *   |normal| · √(1 − r + scale² · r)        r = spread² / (spread² + noise)
 *
 * With an overdispersion that is not the scores' own, the noise of the numerator is another. The scale
 * is the one whose scores lie below the kept quantiles as often as they should, r being
 * that of rows drawn from the leaves. What the normal law then still lacks in its tails is made up
 * by the scores themselves: an interval of some level reaches as far as held that share of them.
 *
 * The scores are of predictions by few members: of a bag, by the 1/e of the trees that a row is out of;
 * of a model of folds, by the members that left the row's fold out. A mean of m members errs by
 * spread² / m beyond the mean of all, which is taken off.
 *
 * A model of one member (an average) has no spread. What it does not know is then taken for
 * overdispersion: ρ is the one that the scores fit.
 */
import { clampCtr, type CtrModel, type ModelCard } from '@adscale/ctr';
import { below, clickNoise, reachOf } from './distributions.js';
import { WordError } from './word-error.js';

/** How far each member's prediction is from the mean of those asked, at some rows. */
export interface MemberDeviations {
  readonly members: number;
  /** Member after member, `members * count` numbers. */
  readonly deviations: Float64Array;
}

/**
 * @param rows row after row, in the model's order
 * @param members how many to ask; as many as the model asks by default
 */
export function memberDeviations(
  model: CtrModel,
  rows: Float64Array,
  count: number,
  members = model.compiled.askedTrees,
): MemberDeviations {
  return aroundMean(model.perTree(rows, count, members), count, members);
}

function aroundMean(deviations: Float64Array, count: number, members: number): MemberDeviations {
  const sums = new Float64Array(count);
  for (let m = 0, at = 0; m < members; m++) {
    for (let i = 0; i < count; i++, at++) sums[i] += deviations[at];
  }
  for (let m = 0, at = 0; m < members; m++) {
    for (let i = 0; i < count; i++, at++) deviations[at] -= sums[i] / members;
  }
  return { members, deviations };
}

/** Rows that stand for the training rows. */
const SAMPLE_ROWS = 512;

/** Quantiles of the scores that the scale is fitted at. */
const LEVELS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/**
 * The least scale that is believed. A smaller one says that bagging removes more of a tree's error
 * than it can; scores give one where clicks are too few for the normal law.
 */
const LEAST_SCALE = 0.6;
const MOST_SCALE = 10;

/** Reaches are kept for at most so many levels: clients may ask for any. */
export const MOST_LEVELS = 64;

export interface ErrorFit {
  /** How far one member's spread must be stretched to be the model's error. */
  readonly scale: number;
  /** Overdispersion ρ, 0 to 1: how much the impressions of one placement are alike beyond chance. */
  readonly rho: number;
  /** By level: reaches that were asked for, at most MOST_LEVELS. */
  readonly reaches: ReadonlyMap<number, number>;
  /** How many standard deviations either side hold what is observed `level` of the time. */
  reach(level: number): number;
}

const fits = new WeakMap<CtrModel, ErrorFit>();

/** Fitted at the first call for a model, which takes some tens of milliseconds. */
export function errorFit(model: CtrModel): ErrorFit {
  let fit = fits.get(model);
  if (fit === undefined) {
    fit = fitTo(model);
    fits.set(model, fit);
  }
  return fit;
}

function fitTo(model: CtrModel): ErrorFit {
  const { intervals, schema } = model.forest;
  // Among the forest's columns, which samples are of: a number is a column of its own name.
  const impressions = schema.features.findIndex(({ name }) => name === 'impressions');
  const isFit = intervals !== null && intervals.noise === 'binomial' && impressions >= 0;
  const rows = isFit ? sampledRows(model, impressions) : [];
  // Without scores, exposures or binomial noise there is nothing to fit to: a member's own spread.
  if (!isFit || rows.length === 0) {
    return { scale: 1, rho: 0, reaches: new Map(), reach: reachOf };
  }
  const { scores, overdispersion: scored = 0 } = intervals;
  const scoreAt = (level: number): number => scores[Math.round(level * (scores.length - 1))];
  const isAlone = model.compiled.askedTrees < 2;
  const own = ownOverdispersion(model, rows);
  const ratio = isAlone ? correlatedRatio(scored) : spreadRatio(scored, own);
  const quantiles = LEVELS.map(scoreAt);
  const wanted = LEVELS.reduce((sum, level) => sum + level, 0);
  const [least, most] = isAlone ? [0, 1] : [LEAST_SCALE ** 2, MOST_SCALE ** 2];
  const found = bisect(least, most, (square) => {
    const within = quantiles.reduce(
      (sum, score) => sum + shareWithin(rows, score, (row) => ratio(row, square)),
      0,
    );
    return within > wanted;
  });
  const reaches = new Map<number, number>();
  const reach = (level: number): number => {
    let far = reaches.get(level);
    if (far === undefined) {
      const normal = bisect(
        0,
        100,
        (score) => shareWithin(rows, score, (row) => ratio(row, found)) < level,
      );
      far = reachOf(level) * Math.max(1, scoreAt(level) / normal);
      if (reaches.size >= MOST_LEVELS) reaches.clear();
      reaches.set(level, far);
    }
    return far;
  };
  if (isAlone) return { scale: 1, rho: Math.min(1, scored + found), reaches, reach };
  const scale = Math.sqrt(Math.max(LEAST_SCALE ** 2, found - fewer(model)));
  return { scale, rho: own, reaches, reach };
}

/**
 * What of the overdispersion that was measured is the placements' own. It was measured around predictions,
 * whose errors look like it: what the members' spread and the words account for is taken off, so that it is not
 * counted twice, and not as if it were independent between placements.
 */
function ownOverdispersion(model: CtrModel, rows: readonly SampledRow[]): number {
  const times = jackknife(model);
  const explained = rows.reduce(
    (sum, { ctr, spread, words }) => sum + (times * spread + words) / (ctr * (1 - ctr)),
    0,
  );
  return Math.max(0, measuredOverdispersion(model) - explained / rows.length);
}

/** As the intervals count it; of a model that was fitted without, as its held-out rows show it. */
function measuredOverdispersion({ forest, card }: CtrModel): number {
  const { overdispersion } = forest.intervals!;
  if (overdispersion !== undefined) return overdispersion;
  const held = (card as Partial<ModelCard> | undefined)?.held_out?.overdispersion;
  return held && held.interval[0] > 0 ? held.rho : 0;
}

/**
 * How many times the members' variance the error's is, before any score is looked at. Trees of bootstrap
 * samples: once. Boosters that each left one of K folds out: (K − 1)² / K (grouped jackknife).
 */
function jackknife({ forest, card }: CtrModel): number {
  const folds = card?.choice?.folds;
  const isBoosted = forest.parts.every(({ link }) => link !== 'identity');
  return folds !== undefined && isBoosted ? (folds - 1) ** 2 / folds : 1;
}

/** What the scores' predictions err by beyond the model's, in spread²: they are of fewer members. */
function fewer({ forest, card }: CtrModel): number {
  const members = Math.max(...forest.parts.map((part) => part.members.length));
  const folds = card?.choice?.folds;
  return (folds === undefined ? Math.E - 1 : folds - 1) / members;
}

/** A row like those of training. */
interface SampledRow {
  readonly ctr: number;
  readonly impressions: number;
  /** Variance of the members. */
  readonly spread: number;
  /** Variance of what the statistics of its words get wrong. */
  readonly words: number;
}

function sampledRows(model: CtrModel, impressions: number): SampledRow[] {
  const { compiled, forest, card } = model;
  // No tree tells how many impressions rows had that had all the same.
  const alike = forest.cutsOf(impressions).length === 0;
  const average = card === undefined ? NaN : card.training.impressions / card.training.rows;
  const width = forest.schema.features.length;
  const columns = compiled.sample(SAMPLE_ROWS);
  const members = compiled.askedTrees;
  const draws = compiled.perTree(columns, SAMPLE_ROWS, members);
  const { deviations } = aroundMean(draws, SAMPLE_ROWS, members);
  const squares = new Float64Array(SAMPLE_ROWS);
  deviations.forEach((deviation, at) => (squares[at % SAMPLE_ROWS] += deviation ** 2));
  const wordError = new WordError(model);
  return Array.from(squares, (sum, i) => {
    const row = columns.subarray(i * width, (i + 1) * width);
    const ctr = clampCtr(compiled.predict(row));
    return {
      ctr,
      impressions: alike ? average : row[impressions],
      spread: sum / Math.max(1, members - 1),
      words: ctr ** 2 * wordError.ofColumns(row),
    };
  }).filter((row) => row.impressions >= 1);
}

/**
 * The variance of a score, by how much the spread is stretched.
 * @param scored ρ that the scores were divided by
 * @param own ρ that there is beside the model's error
 */
const spreadRatio =
  (scored: number, own: number) =>
  ({ ctr, impressions, spread, words }: SampledRow, square: number): number => {
    const [divided, noise] = [scored, own].map(
      (rho) => clickNoise(ctr, impressions, rho) / impressions ** 2,
    );
    return (noise + square * spread + words) / (divided + spread);
  };

/** The same where there is no spread, by how much ρ is too small. */
const correlatedRatio =
  (rho: number) =>
  ({ ctr, impressions }: SampledRow, more: number): number =>
    clickNoise(ctr, impressions, rho + more) / clickNoise(ctr, impressions, rho);

/** Share of the scores that lie below `score`. */
function shareWithin(
  rows: readonly SampledRow[],
  score: number,
  varianceOf: (row: SampledRow) => number,
): number {
  let within = 0;
  for (const row of rows) within += 2 * below(score / Math.sqrt(varianceOf(row))) - 1;
  return within / rows.length;
}

/** The place in [low, high] up to which `isBelow` holds. */
function bisect(low: number, high: number, isBelow: (value: number) => boolean): number {
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
