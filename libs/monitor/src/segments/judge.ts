/*
 * Every segment judged, and those found that are off by more than chance and tolerance explain.
 *
 * All traffic and every segment of one feature are one family of e-values, pairs of features another;
 * e-BH finds among each at its part of α, so that together no more than α of what is found is false,
 * and in a quiet time anything is ever found with probability α at most.
 */
import type { JudgedCells } from '../ledger/judged.js';
import { eBenjaminiHochberg } from '../multiplicity.js';
import {
  cellVariance,
  Dispersion,
  tempered,
  type DayCounts,
  type Spread,
} from '../sequential/dispersion.js';
import { changeOf, mostOf, type Change } from '../sequential/since.js';
import { type Dimension, type SegmentPart } from './dimensions.js';
import { binsOf, daySums, divisionOf, total, type Division } from './sums.js';

export interface JudgeOptions {
  readonly alpha: number;
  /** Misses up to this share are none. */
  readonly tolerance: number;
  /** Variance of a cell's factor beyond chance. */
  readonly cellVariance: number;
  /** How much days and cells differ beyond chance; absent: estimated. */
  readonly spread?: Spread;
}

/** A segment and what its outcomes say. */
export interface Judged {
  readonly division: Division;
  readonly segment: number;
  readonly label: string;
  readonly parts: readonly SegmentPart[];
  /** By day; not tempered. */
  readonly days: readonly DayCounts[];
  /** Of its factor, beyond chance. */
  readonly spread: Spread;
  readonly change: Change;
}

/** Segments that were judged together. */
export interface Family {
  /** How much they differ from day to day. */
  readonly dispersion: Dispersion;
  readonly judged: readonly Judged[];
  /** Those that are off, the surest first. */
  readonly found: readonly Judged[];
  readonly alpha: number;
  /** What the logarithm of an e-value must reach to be found alone. */
  readonly least: number;
}

/** Of α, what segments of one feature may err by; pairs may by the rest. */
const SINGLES_SHARE = 0.8;
/** Segments of fewer expected clicks are not looked at: nothing could be said of them. */
const LEAST_EXPECTED = 10;
/** Dimensions that are paired: 66 pairs of at most 441 segments. */
const MOST_PAIRED = 12;

export const ALL = 'all traffic';

const NONE: Spread = { cells: 0, days: 0 };

/** Judges all traffic and every segment of one feature. */
export function judgeSingles(
  cells: JudgedCells,
  dimensions: readonly Dimension[],
  options: JudgeOptions,
): Family {
  const divisions = [divisionOf(), ...dimensions.map((dimension) => divisionOf(dimension))];
  const seen = seenOf(cells, divisions);
  const dispersion = new Dispersion(
    seen.map(({ days }) => days),
    options.cellVariance,
  );
  return judgeFamily(seen, dispersion, options, SINGLES_SHARE * options.alpha);
}

/**
 * Judges every two values of different features.
 * @param dispersion of single segments
 */
export function judgePairs(
  cells: JudgedCells,
  dimensions: readonly Dimension[],
  dispersion: Dispersion,
  options: JudgeOptions,
): Family {
  const paired = dimensions.filter(({ kind }) => kind !== 'deciles').slice(0, MOST_PAIRED);
  const divisions = paired.flatMap((one, at) =>
    paired
      .slice(at + 1)
      .filter(({ feature }) => feature !== one.feature)
      .map((other) => divisionOf(one, other)),
  );
  const alpha = (1 - SINGLES_SHARE) * options.alpha;
  // e-BH finds none below 1/α, and of pairs only those found are told.
  return judgeFamily(seenOf(cells, divisions), dispersion, options, alpha, -Math.log(alpha));
}

type Seen = Pick<Judged, 'division' | 'segment' | 'days'>;

/** The segments of which anything can be said, with their days. */
function seenOf(cells: JudgedCells, divisions: readonly Division[]): Seen[] {
  return divisions.flatMap((division) =>
    daySums(cells, division, cells.expected, LEAST_EXPECTED)
      .map((days, segment) => ({ division, segment, days }))
      .filter(({ days }) => days.length > 0),
  );
}

function judgeFamily(
  seen: readonly Seen[],
  dispersion: Dispersion,
  options: JudgeOptions,
  alpha: number,
  least = -Infinity,
): Family {
  const judged = seen.map((one) => judge(one, dispersion, options, least));
  const logs = judged.map(({ change }) => change.logE);
  const found = eBenjaminiHochberg(logs, alpha).map((place) => judged[place]);
  return { dispersion, judged, found, alpha, least: Math.log(Math.max(1, judged.length) / alpha) };
}

function judge(
  one: Seen,
  dispersion: Dispersion,
  { tolerance, spread: given }: JudgeOptions,
  least: number,
): Judged {
  const { division, segment, days } = one;
  // Without any spread evidence is largest: where that is too little, how much there is does not matter.
  const isIdle = mostOf(days, tolerance) < least;
  const spread = given ?? (isIdle ? NONE : dispersion.spreadOf(days));
  const bins = binsOf(division, segment);
  const labels = division.dimensions.map(({ labels: names }, d) => names[bins[d]]);
  return {
    ...one,
    label: labels.length === 0 ? ALL : labels.join(' and '),
    parts: division.dimensions.map(({ parts }, d) => parts[bins[d]]),
    spread,
    change: changeOfDays(days, spread, tolerance, least),
  };
}

/** How much single cells differ beyond chance from the factor of their day. */
export function cellVarianceOf(cells: JudgedCells): number {
  const [days] = daySums(cells, divisionOf(), cells.expected);
  const factors = days.map(({ clicks, expected }) => (clicks > 0 ? clicks / expected : 1));
  return cellVariance(
    Array.from(cells.expected, (expected, at) => ({
      clicks: cells.clicks[at],
      expected: expected * factors[cells.day[at]],
    })),
  );
}

/**
 * @param least where the e-value's logarithm is certainly below this, it is taken for 0: nobody asks
 */
export function changeOfDays(
  days: readonly DayCounts[],
  spread: Spread,
  tolerance: number,
  least = -Infinity,
): Change {
  const worth = days.map((day) => tempered(day, spread));
  if (mostOf(worth, tolerance) < least) return { logE: 0, since: 0, evidence: total(worth) };
  return changeOf(worth, tolerance);
}
