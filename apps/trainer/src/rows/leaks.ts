/*
 * A feature leaks when it holds what is only known after the clicks: cost that is paid by the
 * click, revenue, the rate itself. In training it looks like the best feature of all; before the
 * money is spent nobody has it. Names give some away, and the data gives away the rest:
 *
 *   the rate            rank correlation with clicks / impressions is 1, and so is the ratio
 *   paid by the click   value / clicks is the same everywhere
 *   nothing without     0 or missing wherever there was no click, and else often not
 *   never without       not 0 in rows that were all clicked, more often than their impressions
 *                       explain
 *   shares the noise    goes with the observed rate closer than anything could that was known before:
 *                       chance alone would have kept it further away (the noise ceiling)
 *   follows             a volume whose rank correlation with clicks stays when impressions are
 *                       held equal (Spearman's partial correlation). A budget's does not.
 */
import { isText } from '../mapping/mapping.js';
import { InputError } from '../cli/exit.js';
import { outcomePhrase } from '../language/vocabulary.js';
import type { Database } from '../source/database.js';
import { PREPARED, USABLE, type Prepared } from './prepare.js';

/** How a column goes with the clicks, over rows with impressions. Correlations are of ranks. */
export interface LeakEvidence {
  readonly rows: number;
  /** With clicks, with impressions, with clicks / impressions. NaN where one is constant. */
  readonly with_clicks: number;
  readonly with_impressions: number;
  readonly with_rate: number;
  /** Of impressions with clicks. */
  readonly impressions_with_clicks: number;
  /** With clicks, at equal impressions. */
  readonly partial: number;
  /** Share of rows without a click where the column is 0 or missing. */
  readonly nothing_without: number;
  /** Share of rows with clicks where it is neither. */
  readonly something_with: number;
  /** Distance of the 10th and the 90th per cent of value / clicks, over the median. */
  readonly per_click_spread: number;
  /** The same of value / (clicks / impressions). */
  readonly per_rate_spread: number;
  /** Rows where the column is neither 0 nor missing. */
  readonly something: number;
  /** Of those, the rows without a click, and how many chance would leave without one. */
  readonly something_without: number;
  readonly expected_without: number;
  /** Different values; NaN where the column is far from the rate. */
  readonly distinct: number;
  /** R² with the observed rate, by impressions. */
  readonly rate_r2: number;
  /** The most that such an R² can be without knowing the clicks: what binomial chance leaves. */
  readonly ceiling: number;
}

/** Ranks of this many rows are enough for a correlation to two digits. */
const SAMPLED_ROWS = 100_000;
/** Numbers of a sample, all columns together. */
const SAMPLED_NUMBERS = 20_000_000;

/** Columns of a sample of rows that have impressions, and no more clicks than these. */
export interface CountedSample {
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
  /** NaN where a cell is missing or no number. */
  readonly columns: readonly Float64Array[];
}

/** Columns whose cells the same SQL reads, so that it is planned once and not for each. */
export interface AlikeColumns {
  readonly columns: readonly string[];
  /** SQL of the number that a cell is. */
  readonly read: (cell: string) => string;
}

/**
 * Reads numbers from a sample of rows, the same in every run.
 * @param from SQL of the rows
 * @param place SQL that tells the rows apart
 * @param columns SQL of impressions, clicks, then of columns to measure
 * @param alike further columns to measure
 */
export async function sampleCounts(
  database: Database,
  from: string,
  place: string,
  columns: readonly [impressions: string, clicks: string, ...string[]],
  alike: readonly AlikeColumns[] = [],
): Promise<CountedSample> {
  const { rows } = await database.row(`SELECT count(*)::DOUBLE AS rows FROM (${from})`);
  const width = alike.reduce((sum, group) => sum + group.columns.length, columns.length);
  const every = Math.max(1, Math.ceil(Number(rows) / wantedRows(width)));
  const taken = every === 1 ? 'true' : `hash(${place}) % ${every} = 0`;
  const sampled = `FROM (${from}) WHERE ${taken}`;
  const list = columns.map((column, c) => `(${column})::DOUBLE AS x${c}`).join(', ');
  const known = every === 1 ? Number(rows) : undefined;
  const values = await database.doubles(`SELECT ${list} ${sampled}`, known);
  for (const { columns: cells, read } of alike) {
    values.push(...(await readAlike(database, sampled, cells, read, values[0].length)));
  }
  const [n, k] = values;
  const usable = indicesWhere(n.length, (i) => n[i] > 0 && k[i] >= 0 && k[i] <= n[i]);
  const [impressions, clicks, ...others] = values.map((column) => pick(column, usable));
  return { impressions, clicks, columns: others };
}

/** How many rows of so many columns are a sample. */
function wantedRows(columns: number): number {
  return Math.min(SAMPLED_ROWS, SAMPLED_NUMBERS / columns);
}

/** So many columns are read at once: their cells pass through memory. */
const ALIKE_AT_ONCE = 50;

/** The columns of cells that come row by row. */
async function readAlike(
  database: Database,
  sampled: string,
  columns: readonly string[],
  read: AlikeColumns['read'],
  rows: number,
): Promise<Float64Array[]> {
  const found: Float64Array[] = [];
  for (let from = 0; from < columns.length; from += ALIKE_AT_ONCE) {
    const some = columns.slice(from, from + ALIKE_AT_ONCE);
    const [cells] = await database.doubles(
      `SELECT (${read('cell')})::DOUBLE AS x FROM (SELECT unnest([${some.join(', ')}]) AS cell ${sampled})`,
      rows * some.length,
    );
    for (const c of some.keys()) {
      found.push(Float64Array.from({ length: rows }, (_, i) => cells[i * some.length + c]));
    }
  }
  return found;
}

/** Fewer rows with and without clicks than this show nothing. */
const FEWEST_ROWS = 30;

/**
 * Measures a column of a sample against the clicks.
 * @returns undefined if there are too few rows to say
 */
export function gatherEvidence(sample: CountedSample, x: Float64Array): LeakEvidence | undefined {
  const { impressions: n, clicks: k } = sample;
  const rows = x.length;
  if (rows < 2 * FEWEST_ROWS) return undefined;
  const there = indicesWhere(x.length, (i) => !Number.isNaN(x[i]));
  const rx = ranksOf(pick(x, there));
  const [rn, rk, rr] = ranksOfCounts(sample, there);
  const [xk, xn, nk] = [correlation(rx, rk), correlation(rx, rn), correlation(rn, rk)];
  // Impressions that are all alike are held equal already.
  const partial = Number.isNaN(nk)
    ? xk
    : (xk - xn * nk) / Math.sqrt(Math.max(1e-12, (1 - xn * xn) * (1 - nk * nk)));
  let [without, nothing, something] = [0, 0, 0];
  for (let i = 0; i < rows; i++) {
    const isNothing = x[i] === 0 || Number.isNaN(x[i]);
    if (k[i] === 0) {
      without++;
      if (isNothing) nothing++;
    } else if (!isNothing) something++;
  }
  const withRate = correlation(rx, rr);
  const enough = without >= FEWEST_ROWS && rows - without >= FEWEST_ROWS;
  const clicked = there.filter((i) => k[i] > 0);
  // One value everywhere, as of text that is there, is in proportion to nothing.
  const isSame = there.every((i) => x[i] === x[there[0]]);
  return {
    rows,
    with_clicks: xk,
    with_impressions: xn,
    with_rate: withRate,
    impressions_with_clicks: nk,
    partial,
    nothing_without: enough ? nothing / without : NaN,
    something_with: enough ? something / (rows - without) : NaN,
    per_click_spread: isSame ? NaN : spreadOf(Float64Array.from(clicked, (i) => x[i] / k[i])),
    per_rate_spread: isSame
      ? NaN
      : spreadOf(Float64Array.from(clicked, (i) => (x[i] * n[i]) / k[i])),
    something: something + without - nothing,
    something_without: without - nothing,
    expected_without: chanceWithout(sample, x, something, without - nothing),
    distinct: Math.abs(withRate) < NEARLY_RATE ? NaN : new Set(x).size,
    ...rateFit(there, n, k, x),
  };
}

/** How many of the rows that hold something chance would leave without a click, by their own CTR. */
function chanceWithout(
  { impressions: n, clicks: k }: CountedSample,
  x: Float64Array,
  something: number,
  without: number,
): number {
  if (without > FEW_OF_THEM * (something + without)) return 0;
  const places = indicesWhere(x.length, (i) => x[i] !== 0 && !Number.isNaN(x[i]));
  const rate = sumOf(pick(k, places)) / sumOf(pick(n, places));
  return places.reduce((sum, i) => sum + (1 - rate) ** n[i], 0);
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** A row counts no more than so many times the mean: one with half of all would decide alone. */
const MOST_TIMES = 10;

/** How much of the observed rate a column tells, and how much can be told before the clicks. */
function rateFit(
  there: Int32Array,
  n: Float64Array,
  k: Float64Array,
  x: Float64Array,
): Pick<LeakEvidence, 'rate_r2' | 'ceiling'> {
  let [all, clicks] = [0, 0];
  for (const i of there) [all, clicks] = [all + n[i], clicks + k[i]];
  const most = (MOST_TIMES * all) / there.length;
  const rate = clicks / all;
  // Squares of numbers far from 0 differ by less than their last bit: these are of distances, first
  // from one of the numbers, so that their mean is exact enough, and then from that.
  const origin = x[there[0]];
  let [w, wx, wr] = [0, 0, 0];
  for (const i of there) {
    const weight = Math.min(n[i], most);
    w += weight;
    wx += weight * (x[i] - origin);
    wr += weight * (k[i] / n[i] - rate);
  }
  const [middle, middleRate] = [wx / w, rate + wr / w];
  let [sxx, srr, sxr, noise] = [0, 0, 0, 0];
  for (const i of there) {
    const weight = Math.min(n[i], most);
    const [dx, dr] = [x[i] - origin - middle, k[i] / n[i] - middleRate];
    sxx += weight * dx ** 2;
    srr += weight * dr ** 2;
    sxr += weight * dx * dr;
    noise += (weight * rate * (1 - rate)) / n[i];
  }
  return { rate_r2: sxr ** 2 / (sxx * srr), ceiling: Math.max(0, 1 - noise / srr) };
}

/** Ranks in a whole sample, which are the same for every column that lacks no cell. */
const wholeRanks = new WeakMap<CountedSample, Float64Array[]>();

/** Ranks of impressions, clicks and clicks / impressions at these places. */
function ranksOfCounts(sample: CountedSample, places: Int32Array): Float64Array[] {
  const { impressions, clicks } = sample;
  const isWhole = places.length === impressions.length;
  const known = isWhole ? wholeRanks.get(sample) : undefined;
  if (known !== undefined) return known;
  const [n, k] = [pick(impressions, places), pick(clicks, places)];
  const ranks = [n, k, n.map((count, i) => k[i] / count)].map(ranksOf);
  if (isWhole) wholeRanks.set(sample, ranks);
  return ranks;
}

function indicesWhere(length: number, fits: (i: number) => boolean): Int32Array {
  const indices = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) if (fits(i)) indices[count++] = i;
  return indices.subarray(0, count);
}

/** The values at these places; all of them are returned as they are. */
function pick(values: Float64Array, places: Int32Array): Float64Array {
  if (places.length === values.length) return values;
  const picked = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) picked[i] = values[places[i]];
  return picked;
}

/** Places in ascending order, from 1; equal values share the mean of theirs. */
function ranksOf(values: Float64Array): Float64Array {
  // Numbers sort by far faster than their places do, and each finds its place by halving.
  const sorted = values.toSorted();
  const distinct = new Float64Array(sorted.length);
  const means = new Float64Array(sorted.length);
  let count = 0;
  for (let from = 0; from < sorted.length;) {
    let to = from + 1;
    while (to < sorted.length && sorted[to] === sorted[from]) to++;
    distinct[count] = sorted[from];
    means[count++] = (from + to + 1) / 2;
    from = to;
  }
  const ranks = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) ranks[i] = means[placeOf(values[i], distinct, count)];
  return ranks;
}

/** Place of a value among the first `count` of ascending ones, where it is. */
function placeOf(value: number, ascending: Float64Array, count: number): number {
  let [low, high] = [0, count - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Pearson's; NaN where one side is constant. */
function correlation(a: Float64Array, b: Float64Array): number {
  const [ma, mb] = [meanOf(a), meanOf(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [a[i] - ma, b[i] - mb];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : NaN;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Distance of the 10th and the 90th per cent over the median. */
function spreadOf(values: Float64Array): number {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted();
  const at = (level: number): number => {
    const place = level * (sorted.length - 1);
    const low = Math.floor(place);
    const high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
  };
  return (at(0.9) - at(0.1)) / Math.abs(at(0.5));
}

/** What follows clicks has at least this rank correlation with them, … */
const FOLLOWS = 0.7;
/** … with impressions at least this share of what clicks have: else it is a rate or a rank, … */
const VOLUME = 0.7;
/** … and at equal impressions still this, or this with a name that says so. */
const STAYS = 0.25;
const STAYS_WITH_NAME = 0.1;

/**
 * Why a column leaks, with the figures; undefined if it does not.
 * @param isLog one row an impression: each has all clicks or none, so that ratios say nothing
 */
export function leakIn(
  name: string,
  evidence: LeakEvidence | undefined,
  isLog: boolean,
  isNumber = true,
): string | undefined {
  const found = evidence && (provenLeak(name, evidence, isLog) ?? likelyLeak(evidence, isLog));
  if (found !== undefined) return found;
  // A word is no outcome: "engagement: high" may be a kind of audience.
  const phrase = isNumber ? outcomePhrase(name) : undefined;
  if (phrase === undefined) return undefined;
  const unmeasured = evidence === undefined ? '; too few rows to measure it' : '';
  return `by its name (${phrase}) it is known only after the clicks${unmeasured}`;
}

/** What the figures prove, whatever the column is called. */
function provenLeak(name: string, evidence: LeakEvidence, isLog: boolean): string | undefined {
  const { with_clicks: xk, with_impressions: xn, partial, with_rate: rate } = evidence;
  const { nothing_without: nothing, something_with: something } = evidence;
  if (rate >= 0.999 && (evidence.per_rate_spread < 0.1 || outcomePhrase(name) !== undefined)) {
    return `it is the click-through rate: rank correlation ${rate.toFixed(3)} with clicks / impressions`;
  }
  if (!isLog && evidence.per_click_spread < 0.05) {
    return `it is proportional to clicks: value / clicks differs by ${percent(evidence.per_click_spread)} between most rows`;
  }
  if (nothing >= 0.98 && something >= 0.2) {
    return `it is 0 or missing in ${percent(nothing)} of the rows without a click, and neither in ${percent(something)} of those with clicks`;
  }
  if (isLog) return undefined;
  const stays = outcomePhrase(name) !== undefined ? STAYS_WITH_NAME : STAYS;
  const isVolume = xn >= VOLUME * Math.max(0.2, evidence.impressions_with_clicks);
  if (xk >= FOLLOWS && isVolume && partial >= stays) {
    return `it follows clicks: rank correlation ${xk.toFixed(2)} with clicks, and still ${partial.toFixed(2)} at equal impressions`;
  }
  return undefined;
}

/** What the figures make likely: enough to leave a column out, not to refuse one that was asked for. */
function likelyLeak(evidence: LeakEvidence, isLog: boolean): string | undefined {
  if (isNeverWithout(evidence, isLog)) {
    const { something, something_without: without, expected_without: expected } = evidence;
    const few = without === 0 ? 'none' : `only ${without}`;
    const chance = isLog ? '' : `, where chance would leave ${Math.round(expected)}`;
    return `it is above 0 in ${something.toLocaleString('en')} rows, ${few} of them without a click${chance}`;
  }
  const { with_rate: rate, distinct } = evidence;
  if (isLog || !(Math.abs(rate) >= NEARLY_RATE && distinct > FEW_VALUES)) return undefined;
  return `it is nearly the click-through rate: rank correlation ${rate.toFixed(3)} with clicks / impressions`;
}

/** What is known before the clicks is never so near to their rate, unless it has few values. */
const NEARLY_RATE = 0.98;
const FEW_VALUES = 50;

/** Chance would leave at least so many rows without a click, … */
const LEAST_EXPECTED = 8;
/** … of which there is no more than this share: e⁻⁸ by Poisson, and one odd cell in twenty. */
const FEW_OF_THEM = 0.05;

/** In a log, so many rows that were all clicked are no chance. */
const FEWEST_CLICKED = 20;

function isNeverWithout(evidence: LeakEvidence, isLog: boolean): boolean {
  const { something, something_without: without, expected_without: expected } = evidence;
  if (isLog) return without === 0 && something >= FEWEST_CLICKED && evidence.rows > 5 * something;
  return expected >= LEAST_EXPECTED && without <= FEW_OF_THEM * expected;
}

/** A correlation over so many rows is uncertain by so many standard errors at most. */
const ERRORS = 3;
const LEAST_R2 = 0.3;

function sharesNoise({ rate_r2: r2, ceiling, rows }: LeakEvidence): boolean {
  return r2 >= LEAST_R2 && r2 > ceiling + ERRORS * Math.sqrt(2 / rows) && r2 > 1.05 * ceiling;
}

/**
 * What makes a kept column look like an outcome, though it is not proven to be one.
 * @returns undefined if nothing does
 */
export function suspicionOf(evidence: LeakEvidence | undefined): string | undefined {
  if (evidence === undefined) return undefined;
  const { with_clicks: xk, with_rate: xr, partial, rate_r2: r2, ceiling } = evidence;
  if (sharesNoise(evidence)) {
    return `it goes with the click-through rate closer than chance lets anything that is known before: R² ${r2.toFixed(2)}, at most ${ceiling.toFixed(2)} can be known`;
  }
  if (r2 >= 0.5 && r2 > 0.95 * ceiling) {
    return `it tells nearly all of the click-through rate that can be told (R² ${r2.toFixed(2)} of ${ceiling.toFixed(2)})`;
  }
  if (Math.abs(xr) >= 0.9) {
    return `its rank correlation with the click-through rate is ${xr.toFixed(2)}`;
  }
  if (xk >= FOLLOWS && partial >= STAYS_WITH_NAME * 2) {
    return `its rank correlation with clicks is ${xk.toFixed(2)}, and still ${partial.toFixed(2)} at equal impressions`;
  }
  return undefined;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0.99 && share < 1 ? 1 : 0)} %`;
}

/**
 * Refuses a mapping whose features hold the target, wherever it came from.
 * @throws InputError naming the feature and the evidence, unless the feature is forced
 */
export async function refuseLeaks(
  database: Database,
  { source, mapping, grouped }: Prepared,
): Promise<void> {
  const features = Object.entries(mapping.features).flatMap(([name, feature], f) => {
    const numeric = !isText(feature);
    if (feature.force === true || (!numeric && feature.missing !== true)) return [];
    const value = numeric ? `f${f}` : `CASE WHEN f${f} IS NOT NULL THEN 1 END`;
    return [{ name, column: feature.column, value }];
  });
  const values = features.map(({ value }) => value);
  const rows = grouped
    ? await ungroup(database, wantedRows(values.length))
    : `SELECT *, rowid AS spot FROM ${PREPARED} WHERE ${USABLE}`;
  const sample = await sampleCounts(database, rows, 'spot', ['n', 'k', ...values]);
  for (const [f, { name, column }] of features.entries()) {
    const evidence = gatherEvidence(sample, sample.columns[f]);
    const leak = evidence && provenLeak(column, evidence, mapping.label !== undefined);
    if (leak === undefined) continue;
    throw new InputError(
      `${source.name}: feature ${name} leaks the target: ${leak}. Take it out of the mapping, or write "force: true" beside it`,
    );
  }
}

/** SQL of about so many of the rows that the prepared ones stand for, each by itself. */
async function ungroup(database: Database, wanted: number): Promise<string> {
  const { all } = await database.row(
    `SELECT coalesce(sum(rows), 0)::DOUBLE AS "all" FROM ${PREPARED} WHERE ${USABLE}`,
  );
  // Half of what is wanted: chance may take more, and a sample is not to be sampled again.
  const every = Number(all) <= wanted ? 1 : Math.ceil((2 * Number(all)) / wanted);
  const copies = `(rows // ${every} + (hash(file, line) % ${every} < rows % ${every})::INTEGER)::BIGINT`;
  return `SELECT * EXCLUDE (n, k), n / rows AS n, k / rows AS k, unnest(range(${copies})) AS spot
    FROM ${PREPARED} WHERE ${USABLE}`;
}
