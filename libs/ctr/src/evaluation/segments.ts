/*
 * Calibration of parts of the rows. Of a segment of O observed and E predicted clicks, the interval
 * of O / E is Wilson's (1927) with the variance that rows really have,
 *
 *   { θ : (O − θ E)² ≤ z² θ V },   V = max(Σ n p (1 − p) (1 + (n − 1) ρ), Σ (k − n p)²)
 *
 * which is a quadratic in θ; the calibration ratio is 1 / θ. The second sum, over rows or over the
 * groups that err together, is what was really seen (the sandwich of White 1980 and Liang & Zeger
 * 1986): where one great row makes the whole difference, it is one observation and not thousands of
 * clicks. Many segments are looked at, so that some lie off by chance: `off` is told after Holm's
 * correction (1979), which lets all of them together be wrong once in twenty times at most.
 */
import { exposures, writtenValue, type CtrTable } from '../table/table.js';
import { equalBins } from './reliability.js';

/** How well a part of the rows is calibrated. */
export interface SegmentCalibration {
  /** In words, as `device_type = mobile`. */
  readonly segment: string;
  readonly rows: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly predicted_clicks: number;
  /** Predicted over observed clicks; null without clicks. */
  readonly calibration_ratio: number | null;
  /** 95 % interval of the ratio, by itself; null for an end that clicks are too few to tell. */
  readonly interval: readonly [low: number, high: number | null];
  /**
   * Whether the ratio is not 1, beyond chance and beyond what looking at all segments brings; null
   * where there are too few clicks to tell.
   */
  readonly off: boolean | null;
}

export interface SegmentOptions {
  /**
   * Intra-row correlation of the clicks of a row of so many impressions, in [0, 1], as `rhoBySize`
   * has it from an evaluation. Default 0: rows are binomial.
   */
  readonly rhoOf?: (impressions: number) => number;
  /** The group of each row, if rows of a group err together. */
  readonly groups?: Float64Array;
}

/** Places of rows by the name of their segment, as a Map has them. A row may be in several. */
export type Segments = Iterable<readonly [segment: string, rows: ArrayLike<number>]>;

/** Two-sided normal quantile of 95 %. */
const Z95 = 1.959963984540054;
const ERROR_RATE = 0.05;
/** A segment is judged from so many clicks on, or as many as they are worth: E² / V. */
const CLICKS_TO_JUDGE = 5;

/**
 * Calibration by segment, in the order given.
 * @param predicted CTRs in (0, 1], one a table row
 * @param segments rows of the table by name; empty ones are left out
 */
export function calibrateSegments(
  predicted: Float64Array,
  table: CtrTable,
  segments: Segments,
  options: SegmentOptions = {},
): SegmentCalibration[] {
  const shown = exposures(table);
  const judged = Array.from(segments, ([segment, rows]) => ({
    segment,
    sums: sumUp(predicted, shown, table, rows, options),
  })).filter(({ sums }) => sums.rows > 0);
  const verdicts = holm(judged.map(({ sums }) => chanceOf(sums)));
  return judged.map(({ segment, sums }, s) => {
    const { rows, impressions, clicks, expected } = sums;
    return {
      ...{ segment, rows, impressions, clicks, predicted_clicks: expected },
      calibration_ratio: clicks > 0 ? expected / clicks : null,
      interval: intervalOf(sums),
      off: verdicts[s],
    };
  });
}

interface SegmentSums {
  readonly rows: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly expected: number;
  /** Of the clicks, if predictions are right. */
  readonly variance: number;
}

function sumUp(
  predicted: Float64Array,
  shown: Float64Array,
  { clicks, grouped, negativeSamplingRate = 1 }: CtrTable,
  rows: ArrayLike<number>,
  { rhoOf = () => 0, groups }: SegmentOptions,
): SegmentSums {
  const sums = { impressions: 0, clicks: 0, expected: 0, variance: 0 };
  const offBy = new Map<number, number>();
  let seen = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const [n, p, k] = [shown[row], predicted[row], clicks[row]];
    // A row of a grouped log is as many rows of one impression, which have nothing in common.
    const inflation = grouped === true ? 1 : 1 + Math.max(0, n - 1) * rhoOf(n);
    sums.impressions += n;
    sums.clicks += k;
    sums.expected += n * p;
    sums.variance += n * p * (1 - p) * inflation;
    // How many impressions without a click there were is known by a sample of them.
    sums.variance += p * p * (n - k) * (1 / negativeSamplingRate - 1);
    if (groups) offBy.set(groups[row], (offBy.get(groups[row]) ?? 0) + k - n * p);
    else seen += grouped === true ? k * (1 - p) ** 2 + (n - k) * p * p : (k - n * p) ** 2;
  }
  for (const off of offBy.values()) seen += off * off;
  return { rows: rows.length, ...sums, variance: Math.max(sums.variance, seen) };
}

function intervalOf({ clicks, expected, variance }: SegmentSums): [number, number | null] {
  const middle = 2 * clicks * expected + Z95 ** 2 * variance;
  const reach = Math.sqrt(Math.max(0, middle ** 2 - (2 * expected * clicks) ** 2));
  const high = clicks > 0 ? (middle + reach) / (2 * clicks ** 2) : null;
  return [(2 * expected ** 2) / (middle + reach), high];
}

/** The probability of clicks so far from their expectation; NaN where they are too few to tell. */
function chanceOf({ clicks, expected, variance }: SegmentSums): number {
  if (!(expected ** 2 >= CLICKS_TO_JUDGE * variance)) return NaN;
  return twoSided((clicks - expected) / Math.sqrt(variance));
}

/** Which of several probabilities are too small to be chance, Holm's way; null for NaN. */
function holm(chances: readonly number[]): (boolean | null)[] {
  const verdicts = chances.map((chance) => (Number.isNaN(chance) ? null : false));
  const ranked = [...chances.keys()]
    .filter((s) => !Number.isNaN(chances[s]))
    .sort((a, b) => chances[a] - chances[b]);
  const off = ranked.findIndex((s, rank) => chances[s] * (ranked.length - rank) >= ERROR_RATE);
  const rejected: (boolean | null)[] = verdicts;
  for (const s of off < 0 ? ranked : ranked.slice(0, off)) rejected[s] = true;
  return rejected;
}

/** P(|Z| > |z|) of a normal Z, within 1.2e-7 of itself (Press et al. 1992, 6.2, erfcc). */
function twoSided(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ];
  const polynomial = terms.reduceRight((sum, term) => sum * t + term, 0);
  return t * Math.exp(-x * x + polynomial);
}

/** Features of more values than this are no segments. */
const MOST_VALUES = 20;
/** So many segments are looked at; features whose values go beyond are left out. */
const MOST_SEGMENTS = 200;
const TENTHS = 10;

/**
 * The segments that every table has: each value of each feature of 2 to 20 values, as
 * `device_type = mobile`, missing ones as `age is missing`; and tenths of the impressions in order of
 * prediction, as `prediction 1 of 10`, from the lowest.
 */
export function* usualSegments(
  predicted: Float64Array,
  table: CtrTable,
): Generator<readonly [string, Uint32Array]> {
  const { schema, values } = table.features;
  let told = TENTHS;
  for (const [f, feature] of schema.features.entries()) {
    const places = placesOf(values[f]);
    if (places === null || places.size < 2 || told + places.size > MOST_SEGMENTS) continue;
    told += places.size;
    for (const [value, rows] of [...places].sort(([a], [b]) => a - b)) {
      const isMissing = Number.isNaN(value);
      // A word that is not there and one that is not known are the same here.
      if (isMissing && feature.kind === 'word') continue;
      const name = isMissing ? 'is missing' : `= ${writtenValue(table, f, value)}`;
      yield [`${feature.name} ${name}`, Uint32Array.from(rows)];
    }
  }
  const bins = equalBins(predicted, exposures(table), TENTHS);
  for (const [b, rows] of bins.entries()) yield [`prediction ${b + 1} of ${bins.length}`, rows];
}

/** Rows by value; null if there are too many values. */
function placesOf(values: Float64Array): Map<number, number[]> | null {
  const places = new Map<number, number[]>();
  for (let row = 0; row < values.length; row++) {
    const rows = places.get(values[row]);
    if (rows !== undefined) rows.push(row);
    else if (places.size > MOST_VALUES) return null;
    else places.set(values[row], [row]);
  }
  return places.size - +places.has(NaN) > MOST_VALUES ? null : places;
}
