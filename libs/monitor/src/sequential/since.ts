/*
 * A miss that begins some day. A year of good days hides a bad week in the sum, so we bet on the day of
 * the beginning as well: with half of the stake on the first day, and of the other half the share
 *
 *   w_j = 20 / ((j + 20) (j + 21))      j = 0, 1, …,  Σ w_j = 1
 *
 * on day j. The bet on day j counts outcomes from then on and pays 1 before, so each is a
 * supermartingale from the first day, and so is their mean (a mixture over change points; as an
 * e-detector, Shin, Ramdas & Rinaldo 2024, but with bounded stakes, so that Ville's inequality holds).
 * How many days there will be need not be known.
 *
 * The intervals of the factor since day j, each at level α w_j, hold together: one may name the
 * day by the data and still be wrong with probability α.
 */
import { within } from '../errors.js';
import { intervalBelow, logEValue, type Evidence, type FactorInterval } from './evidence.js';

const SPAN = 20;

/** What days of evidence say together, and from which day on they say it. */
export interface Change {
  /** Logarithm of the e-value against "calibrated on all days". */
  readonly logE: number;
  /** Place of the day that most is won by betting on: where the miss begins, if there is one. */
  readonly since: number;
  /** Of the days since. */
  readonly evidence: Evidence;
}

/** Share of the stake on day j. */
function stakeOf(day: number): number {
  return (0.5 * SPAN) / ((day + SPAN) * (day + SPAN + 1)) + (day === 0 ? 0.5 : 0);
}

/**
 * The e-value of a factor that leaves 1 on some day or other.
 * @param days of evidence, the first first; days without any may be left out only if all series that
 *   are compared leave them out
 * @param tolerance misses up to this are none
 */
export function changeOf(days: readonly Evidence[], tolerance = 0): Change {
  const logs = new Float64Array(days.length);
  let evidence: Evidence = { clicks: 0, expected: 0 };
  let best: { log: number; since: number; evidence: Evidence } = { log: 0, since: 0, evidence };
  for (let day = days.length - 1; day >= 0; day--) {
    const { clicks, expected } = days[day];
    evidence = { clicks: evidence.clicks + clicks, expected: evidence.expected + expected };
    logs[day] = Math.log(stakeOf(day)) + logEValue(evidence, tolerance);
    if (logs[day] >= best.log || day === days.length - 1)
      best = { log: logs[day], since: day, evidence };
  }
  return { logE: withRest(logs), since: best.since, evidence: best.evidence };
}

/**
 * A bound that `changeOf` is never above, for a tenth of its cost: no bet wins more than that on the factor
 * that was observed.
 */
export function mostOf(days: readonly Evidence[], tolerance = 0): number {
  let [clicks, expected, sum] = [0, 0, 0];
  for (let day = days.length - 1; day >= 0; day--) {
    clicks += days[day].clicks;
    expected += days[day].expected;
    const factor = expected > 0 ? clicks / expected : 1;
    const nearest = Math.min(1 + tolerance, Math.max(1 - tolerance, factor));
    const won =
      (clicks > 0 ? clicks * Math.log(factor / nearest) : 0) + nearest * expected - clicks;
    sum += stakeOf(day) * Math.exp(expected > 0 ? won : 0);
  }
  return Math.log(sum + (days.length > 0 ? restOf(days.length) : 1));
}

/** The share of the stake on days to come. */
const restOf = (days: number): number => (0.5 * SPAN) / (days + SPAN);

/** What was won by all bets; those on days to come still hold their stake. */
function withRest(logs: Float64Array): number {
  if (logs.length === 0) return 0;
  const rest = Math.log(restOf(logs.length));
  const most = logs.reduce((a, b) => Math.max(a, b), rest);
  let sum = Math.exp(rest - most);
  for (const log of logs) sum += Math.exp(log - most);
  return most + Math.log(sum);
}

/**
 * The factor since the day of a change: valid at all times, and whichever day the data chose.
 * @param alpha in (0, 1)
 * @throws MonitorError OPTION_INVALID
 */
export function factorSince({ since, evidence }: Change, alpha: number): FactorInterval {
  return intervalBelow(evidence, -Math.log(within('alpha', alpha, [0, 1]) * stakeOf(since)));
}
