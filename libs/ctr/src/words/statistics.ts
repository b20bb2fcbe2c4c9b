/*
 * Statistics of words: their smoothed CTR and their effective count.
 *
 *   effective count   a row of n impressions counts n / (1 + (n − 1) ρ): impressions of one row are
 *                     alike beyond chance, so a row of a million tells less than a million rows do
 *                     (ρ: intra-row correlation of the beta-binomial, by the analysis of variance;
 *                     Williams 1982)
 *   smoothed CTR      (clicks + m · parent's CTR) / (count + m): the mean of a beta posterior whose
 *                     prior is the parent (Micci-Barreca 2001). m comes from the variance between the
 *                     words around their parents (Kleinman 1973)
 *
 * Everything, averages and strengths included, is computed of the rows that are counted in. So whoever
 * leaves a row out has a statistic that the row's clicks do not move (Prokhorenkova et al. 2018).
 */
import type { LevelRows } from './levels.js';

/** What was observed, by row. */
export interface Observed {
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
}

/** The statistics of the words of a level. */
export interface WordStatistics {
  /** By word: smoothed CTR; NaN for a word that nothing is known of. */
  readonly ctr: Float32Array;
  /** By word: effective impressions; 0 for a word that nothing is known of. */
  readonly count: Float32Array;
  /** Impressions that the parent's CTR counts for. */
  readonly strength: number;
  /** Intra-row correlation, 0 to 1. */
  readonly correlation: number;
}

/** The statistics of all levels, of some rows. */
export interface Statistics {
  /** CTR of the account, rows by their effective counts. NaN if no row is counted in. */
  readonly average: number;
  readonly levels: readonly WordStatistics[];
}

const LEAST_STRENGTH = 1;
const MOST_STRENGTH = 1e9;
/** A word is forgotten if less than this share of it is left after shrinkage … */
const LEAST_LEFT = 0.02;
/** … and it brought less than so many clicks on average: the rest are known, if of no effect. */
const LEAST_CLICKS = 1;
/** Rounds in which strength and weights settle. */
const ROUNDS = 8;

/** Computes the statistics of the rows that are counted in (1, not 0). */
export function wordStatistics(
  levels: readonly LevelRows[],
  observed: Observed,
  counted: Uint8Array,
): Statistics {
  const { impressions, clicks } = observed;
  const all = { words: new Int32Array(counted.length), size: 1 };
  const root = sumUp(all, observed, effectiveRows(all, observed, counted).weight);
  const average = root.clicks[0] / root.count[0];
  const rows = levels.map((level) => effectiveRows(level, observed, counted));
  const sums = levels.map((level, l) => sumUp(level, observed, rows[l].weight));
  const first = shrink(levels, sums, average);
  if (levels.every(({ level }) => level.parent === null)) {
    return { average, levels: tell(first, rows) };
  }
  // Words of one parent count by how unlike they are: the finest level first, then what is above it.
  const weights = rows.map(({ weight }) => weight);
  const nested = [...sums];
  for (let l = levels.length - 1; l >= 0; l--) {
    const child = childOf(levels, l);
    if (child === undefined) continue;
    weights[l] = heldTogether(weights[child], levels[child], nested[child], first[child].strength);
    nested[l] = sumUp(levels[l], { impressions, clicks }, weights[l]);
  }
  return { average, levels: tell(shrink(levels, nested, average), rows) };
}

type Grouping = Pick<LevelRows, 'words' | 'size'>;

/** Effective impressions and clicks by word. */
interface Sums {
  readonly count: Float64Array;
  readonly clicks: Float64Array;
}

interface EffectiveRows {
  readonly correlation: number;
  /** By row: how much each of its impressions counts; 0 for rows that are not counted in. */
  readonly weight: Float64Array;
}

type Shrunk = Omit<WordStatistics, 'correlation'>;

function tell(shrunk: readonly Shrunk[], rows: readonly EffectiveRows[]): WordStatistics[] {
  return shrunk.map((level, l) => ({ ...level, correlation: rows[l].correlation }));
}

function effectiveRows(grouping: Grouping, observed: Observed, counted: Uint8Array): EffectiveRows {
  const correlation = intraRowCorrelation(grouping, observed, counted);
  const weight = Float64Array.from(
    observed.impressions,
    (n, row) => counted[row] / (1 + (n - 1) * correlation),
  );
  return { correlation, weight };
}

function sumUp(
  { words, size }: Grouping,
  { impressions, clicks }: Observed,
  weight: Float64Array,
): Sums {
  const sums = { count: new Float64Array(size), clicks: new Float64Array(size) };
  for (let row = 0; row < words.length; row++) {
    const word = words[row];
    if (word < 0) continue;
    sums.count[word] += impressions[row] * weight[row];
    sums.clicks[word] += clicks[row] * weight[row];
  }
  return sums;
}

/** The finest level whose parent is level `l`. */
function childOf(levels: readonly LevelRows[], l: number): number | undefined {
  let finest: number | undefined;
  levels.forEach(({ level, size }, c) => {
    if (level.parent === l && !(finest !== undefined && levels[finest].size >= size)) finest = c;
  });
  return finest;
}

/**
 * Weights of rows for the parent of a level: of a word with N impressions no more than N / (1 + (N − 1) b),
 * where b = 1 / (strength + 1) is how much the words of a parent differ. A creative of a million
 * impressions tells of its ad group about as much as one of a thousand.
 */
function heldTogether(
  weight: Float64Array,
  { words }: LevelRows,
  { count }: Sums,
  strength: number,
): Float64Array {
  return weight.map((w, row) => {
    const n = words[row] < 0 ? 1 : Math.max(1, count[words[row]]);
    return w / (1 + (n - 1) / (strength + 1));
  });
}

/** Shrinks every level towards the one above it. */
function shrink(levels: readonly LevelRows[], sums: readonly Sums[], average: number): Shrunk[] {
  /** By level and word: what answers for the word, its own CTR or its parent's. */
  const answers: Float64Array[] = [];
  return levels.map((level, l) => {
    const { clicks } = sums[l];
    const count = Float32Array.from(sums[l].count);
    const prior = priorsOf(level, answers, average);
    const strength = strengthOf(sums[l].count, clicks, prior, groupsOf(level));
    const ctr = new Float32Array(level.size);
    for (let word = 0; word < level.size; word++) {
      const n = sums[l].count[word];
      const left = n / (n + strength);
      const isKept = n > 0 && (left >= LEAST_LEFT || n * prior[word] >= LEAST_CLICKS);
      ctr[word] = isKept ? (clicks[word] + strength * prior[word]) / (n + strength) : NaN;
      if (!isKept) count[word] = 0;
    }
    answers.push(prior.map((answer, word) => (count[word] > 0 ? ctr[word] : answer)));
    return { ctr, count, strength };
  });
}

/**
 * The analysis of variance within words: Σ n (y − p)² over the rows of a word of N impressions in R rows
 * is, by expectation, p (1 − p) ((R − 1) (1 − ρ) + ρ (N − Σ n² / N)).
 */
function intraRowCorrelation(
  { words, size }: Grouping,
  { impressions, clicks }: Observed,
  counted: Uint8Array,
): number {
  const sums = Array.from({ length: 5 }, () => new Float64Array(size));
  const [rows, n, k, squares, spread] = sums;
  for (let row = 0; row < words.length; row++) {
    const word = words[row];
    if (counted[row] === 0 || word < 0) continue;
    rows[word]++;
    n[word] += impressions[row];
    k[word] += clicks[row];
    squares[word] += impressions[row] ** 2;
    spread[word] += clicks[row] ** 2 / impressions[row];
  }
  const rate = sumOf(k) / sumOf(n);
  let [excess, room] = [0, 0];
  for (let word = 0; word < size; word++) {
    if (rows[word] < 2) continue;
    // As if one click had come at the overall rate: a word without clicks still varies.
    const p = (k[word] + 1) / (n[word] + 1 / rate);
    excess += spread[word] - k[word] ** 2 / n[word] - p * (1 - p) * (rows[word] - 1);
    room += p * (1 - p) * (n[word] - squares[word] / n[word] - (rows[word] - 1));
  }
  return room > 0 && excess > 0 ? Math.min(1, excess / room) : 0;
}

/** By word: what its parent answers, or the average. */
function priorsOf(
  { level, parents, size }: LevelRows,
  answers: readonly Float64Array[],
  average: number,
): Float64Array {
  if (level.parent === null) return new Float64Array(size).fill(average);
  const above = answers[level.parent];
  return Float64Array.from(parents!, (parent) => (parent < 0 ? average : above[parent]));
}

/** How many different means the words are shrunk towards. */
function groupsOf({ parents }: LevelRows): number {
  return parents === null ? 1 : new Set(parents).size;
}

/**
 * The m of a beta prior whose variance is that of the words around their priors: p (1 − p) / (m + 1).
 * Words count by how well each is known, which depends on m again: some rounds settle it.
 */
function strengthOf(
  count: Float64Array,
  clicks: Float64Array,
  prior: Float64Array,
  groups: number,
): number {
  let between = 0.01;
  for (let round = 0; round < ROUNDS; round++) {
    let [seen, chance, room, words] = [0, 0, 0, 0];
    for (let word = 0; word < count.length; word++) {
      const n = count[word];
      const noise = prior[word] * (1 - prior[word]);
      if (!(n > 0 && noise > 0)) continue;
      const weight = n / (1 + (n - 1) * between);
      seen += (weight * (clicks[word] / n - prior[word]) ** 2) / noise;
      chance += weight / n;
      room += weight * (1 - 1 / n);
      words++;
    }
    if (words <= groups || !(room > 0)) return MOST_STRENGTH;
    // The priors were estimated of the same words.
    const excess = (seen * words) / (words - groups) - chance;
    between = Math.min(0.5, Math.max(0, excess / room));
    if (between === 0) return MOST_STRENGTH;
  }
  return Math.min(MOST_STRENGTH, Math.max(LEAST_STRENGTH, 1 / between - 1));
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
