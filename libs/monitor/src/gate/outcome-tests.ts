/*
 * Clicks come late, and some days are better than others, whatever the model. So where clicks fall is
 * judged given how many there were: a segment is to have that part of a day's clicks that the canary
 * says. Only the level as a whole is judged by the clicks themselves, and by days that are mostly told.
 */
import { logAboveZero, logAdd, missInterval } from './e-values.js';
import {
  endOf,
  eOf,
  type GateTest,
  percentOff,
  rangeInWords,
  rounded,
  type WatchedSegment,
} from './evidence.js';
import type { Segments } from './layout.js';
import type { GateOptions } from './options.js';
import { missOf, type Sums } from './sums.js';
import type { DayTally } from './tally.js';

/** A day counts for the level as a whole once this share of its clicks is told. */
const TOLD_SHARE = 0.5;
/** Evidence of a single segment that stops the canary from growing, though not from serving. */
const CAUTION = 3;
const MOST_SHOWN = 5;
/** The entropy is not tested before so many clicks: its variance is estimated from them. */
const LEAST_CLICKS = 200;

/** Whether there are as many clicks as the canary says, in all. */
export function calibrationTest(
  days: readonly DayTally[],
  dispersion: number,
  { tolerance }: GateOptions,
  logBound: number,
): GateTest {
  let [clicks, canary, current] = [0, 0, 0];
  for (const day of days) {
    if (day.share < TOLD_SHARE) continue;
    clicks += day.allClicks;
    canary += day.allCanary * day.share;
    current += day.allCurrent * day.share;
  }
  const { logE } = missOf({ clicks, canary, current }, dispersion, tolerance);
  const ends = intervalOf(clicks, canary, dispersion, logBound);
  const estimate = canary > 0 ? rounded(clicks / canary) : null;
  const words =
    estimate === null
      ? 'no day is old enough to be judged as a whole'
      : `clicks are ${percentOff(estimate)} what the canary expects${rangeInWords(...ends)}`;
  const e_value = eOf(logE);
  return {
    ...{ name: 'calibration', e_value, bound: eOf(logBound), estimate },
    ...{ lower: ends[0], upper: ends[1], allowed: allowed(tolerance), words },
  };
}

/**
 * Whether clicks fall on the segments as the canary says; which of them look wrong. A mean of
 * e-values is one, of the claim that all segments are within their bounds. It is weighted by how much
 * the models differ, which no click decides: where they agree, the canary cannot be worse.
 */
export function segmentTest(
  sums: Sums,
  segments: Segments,
  dispersion: number,
  { tolerance }: GateOptions,
  logBound: number,
): { test: GateTest; shown: WatchedSegment[]; caution: string | null } {
  const { clicks, canary, current } = sums;
  const found: { segment: number; logE: number }[] = [];
  let [logSum, weights] = [-Infinity, 0];
  for (let segment = 0; segment < clicks.length; segment++) {
    const counted = { clicks: clicks[segment], canary: canary[segment], current: current[segment] };
    const { logE, differ } = missOf(counted, dispersion, tolerance);
    if (differ === 0) continue;
    logSum = logAdd(logSum, logE + Math.log(differ));
    weights += differ;
    if (logE > 0) found.push({ segment, logE });
  }
  found.sort((a, b) => b.logE - a.logE);
  const shown = found
    .slice(0, MOST_SHOWN)
    .map(({ segment, logE }) => watchedOf(sums, segments, dispersion, logBound, segment, logE));
  const worst = shown.at(0);
  const words = worst === undefined ? 'no segment is off' : inWords(worst);
  const estimate = worst === undefined ? null : rounded(worst.clicks / worst.expected);
  const { lower = null, upper = null } = worst ?? {};
  const e_value = weights === 0 ? 1 : eOf(logSum - Math.log(weights));
  const test: GateTest = {
    ...{ name: 'segments', e_value, bound: eOf(logBound), estimate },
    ...{ lower, upper, allowed: allowed(tolerance), words },
  };
  const isSuspect = worst !== undefined && worst.e_value >= CAUTION;
  return { test, shown, caution: isSuspect ? words : null };
}

function watchedOf(
  sums: Sums,
  segments: Segments,
  dispersion: number,
  logBound: number,
  segment: number,
  logE: number,
): WatchedSegment {
  const [clicks, expected] = [sums.clicks[segment], sums.canary[segment]];
  const [lower, upper] = intervalOf(clicks, expected, dispersion, logBound);
  return {
    segment: segment === segments.count ? 'answered by the canary' : segments.nameOf(segment),
    ...{ e_value: eOf(logE), clicks, expected: rounded(expected), lower, upper },
    current_ratio: rounded(clicks / sums.current[segment]),
  };
}

function inWords({ segment, clicks, expected, lower, upper, current_ratio }: WatchedSegment) {
  return (
    `${segment}: clicks are ${percentOff(clicks / expected)} what the canary expects` +
    `${rangeInWords(lower, upper)} and ${percentOff(current_ratio)} what the current model expects`
  );
}

/**
 * Whether the canary's log loss is above the current model's, both set to the level of each day, so
 * that this judges how they tell records apart. In parts of the entropy of the mean CTR: the
 * difference of two normalised entropies (He and others 2014).
 */
export function entropyTest(
  sums: Sums,
  dispersion: number,
  options: GateOptions,
  logBound: number,
): GateTest {
  const { entropy_tolerance: tolerance, least_clicks } = options;
  const { allClicks: clicks, impressions, excess } = sums;
  const about = { name: 'entropy', bound: eOf(logBound), allowed: [null, tolerance] } as const;
  if (clicks < LEAST_CLICKS || clicks >= impressions) {
    const words = `not tested before ${LEAST_CLICKS} clicks`;
    return { ...about, e_value: 1, estimate: null, lower: null, upper: null, words };
  }
  const ctr = clicks / impressions;
  const entropy = -impressions * (ctr * Math.log(ctr) + (1 - ctr) * Math.log1p(-ctr));
  const deviation = Math.sqrt(dispersion * sums.excessVariance);
  const grown = clicks / least_clicks;
  const z = deviation === 0 ? 0 : (excess - tolerance * entropy) / deviation;
  const logE = deviation === 0 ? 0 : logAboveZero(z, grown);
  // Where a two-sided normal mixture of the same sharpness reaches the bound.
  const reach = deviation * Math.sqrt(((1 + grown) / grown) * (2 * logBound + Math.log1p(grown)));
  const estimate = signed(excess / entropy);
  const words = `normalised entropy is ${Math.abs(estimate * 100).toFixed(2)} % ${
    estimate > 0 ? 'above' : 'below'
  } the current model's`;
  const [lower, upper] = [signed((excess - reach) / entropy), signed((excess + reach) / entropy)];
  return { ...about, e_value: eOf(logE), estimate, lower, upper, words };
}

function intervalOf(clicks: number, mean: number, dispersion: number, logBound: number) {
  const [lower, upper] = missInterval(clicks / dispersion, mean / dispersion, logBound + Math.LN2);
  return [endOf(lower), endOf(upper)] as const;
}

function allowed(tolerance: number) {
  return [rounded(1 - tolerance), rounded(1 + tolerance)] as const;
}

function signed(value: number): number {
  return Number(value.toPrecision(3)) + 0;
}
