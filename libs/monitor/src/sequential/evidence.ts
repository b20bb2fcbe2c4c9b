/*
 * What counted outcomes say of a model's calibration, however often one looks.
 *
 * Impression i is predicted to be clicked with probability p_i; if the truth is θ p_i, then a bet that
 * the factor is η pays, against θ, for clicks k of expected clicks e = Σ p
 *
 *   L(η; θ) = (η / θ)^k exp(−(η − θ) e)
 *
 * the likelihood ratio of Poisson counts. For Poisson counts its expectation is 1; for clicks, which are
 * Bernoulli, it is below: E[(η/θ)^X] = 1 + (η − θ) p ≤ exp((η − θ) p). That needs no independence, only
 * that each impression's chance given all before it is θ p. So L is a supermartingale in both
 * directions of η, and so is its mean over η (the method of mixtures, Robbins 1970; Howard, Ramdas,
 * McAuliffe & Sekhon 2021). Over a gamma distribution of shape and rate a, whose mean is 1, that is
 *
 *   M(θ) = a^a Γ(a + k) / (Γ(a) (a + e)^(a + k)) · exp(θ e) / θ^k
 *
 * in closed form, and of Σ k and Σ e alone: counts of cells are added up, in any order. We bet on
 * three shapes at once, on misses of about 58, 18 and 6 %, which costs log 3 at most.
 *
 * By Ville's inequality M(θ) ever reaches 1/α with probability α at most. So M(1) is an e-value against
 * "calibrated" that may be looked at any time, and the θ with M(θ) < 1/α are a confidence sequence:
 * they hold the true factor at all times together with probability 1 − α. The same from another side:
 * Waudby-Smith & Ramdas 2024.
 */
import logGamma from '@stdlib/math-base-special-gammaln';
import { within } from '../errors.js';

/** Clicks that came and clicks that were expected, in whatever unit both were tempered to. */
export interface Evidence {
  readonly clicks: number;
  /** Above 0 where there are clicks. */
  readonly expected: number;
}

/** Where the factor of the true rate over the predicted one lies. */
export interface FactorInterval {
  /** Within `lower` and `upper`: clicks over expected clicks; null while nothing was expected. */
  readonly factor: number | null;
  readonly lower: number;
  /** Null: without bound. */
  readonly upper: number | null;
}

/** Shapes of the gamma distributions that are bet on. */
const SHAPES = [3, 30, 300];
const SHARE = Math.log(1 / SHAPES.length);
const CONSTANTS = SHAPES.map((a) => a * Math.log(a) - logGamma(a));

/** The logarithm of the mixture's numerator, over whatever θ: ln M(θ) without its last factor. */
export function logMixture({ clicks, expected }: Evidence): number {
  const terms = SHAPES.map(
    (a, i) => SHARE + CONSTANTS[i] + logGamma(a + clicks) - (a + clicks) * Math.log(a + expected),
  );
  const most = Math.max(...terms);
  return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0));
}

/** θ e − k ln θ, the part of ln M(θ) that depends on θ; convex, least at k / e. */
function against({ clicks, expected }: Evidence, factor: number): number {
  return factor * expected - (clicks > 0 ? clicks * Math.log(factor) : 0);
}

/**
 * The logarithm of the e-value against a factor of 1, or against all within `tolerance` of it: the least
 * of their e-values, which is an e-value for whichever is true.
 * @param tolerance 0 to below 1: misses up to this are none
 * @returns 0 without evidence; above ln(1/α) by chance at most with probability α, at all times together
 */
export function logEValue(evidence: Evidence, tolerance = 0): number {
  const { clicks, expected } = evidence;
  if (!(expected > 0)) return 0;
  const nearest = Math.min(1 + tolerance, Math.max(1 - tolerance, clicks / expected));
  return logMixture(evidence) + against(evidence, nearest);
}

/**
 * Factors that the evidence does not speak against by 1/α: they hold the true one with probability 1 − α
 * at all times together.
 * @param alpha in (0, 1)
 * @throws MonitorError OPTION_INVALID
 */
export function confidenceSequence(evidence: Evidence, alpha: number): FactorInterval {
  return intervalBelow(evidence, -Math.log(within('alpha', alpha, [0, 1])));
}

/**
 * The same for bets of less than all: factors whose e-value has a logarithm below `most`.
 * @param most > 0
 */
export function intervalBelow(evidence: Evidence, most: number): FactorInterval {
  const { clicks, expected } = evidence;
  if (!(expected > 0)) return { factor: null, lower: 0, upper: null };
  const room = most - logMixture(evidence);
  const isBeyond = (factor: number): boolean => against(evidence, factor) > room;
  const factor = clicks / expected;
  let high = Math.max(1e-9, 2 * factor);
  while (!isBeyond(high)) high *= 2;
  const upper = border(Math.max(factor, high * 1e-12), high, isBeyond);
  if (!(clicks > 0)) return { factor, lower: 0, upper };
  let low = factor / 2;
  while (!isBeyond(low)) low /= 2;
  return { factor, lower: border(factor, low, isBeyond), upper };
}

/**
 * What counts themselves say, with an interval of tempered evidence. Days count in that by what they tell, so
 * that one huge day may carry the factor beyond it: the interval is then widened to hold the factor, which
 * only makes it surer.
 * @param counts not tempered
 */
export function observedFactor(
  { clicks, expected }: Evidence,
  { lower, upper }: FactorInterval,
): FactorInterval {
  if (!(expected > 0)) return { factor: null, lower: 0, upper: null };
  const factor = clicks / expected;
  return {
    factor,
    lower: Math.min(lower, factor),
    upper: upper === null ? null : Math.max(upper, factor),
  };
}

/** Bisects, by ratio, between a place within and one beyond; the first place found beyond. */
function border(within: number, beyond: number, isBeyond: (factor: number) => boolean): number {
  let [inner, outer] = [within, beyond];
  while (Math.abs(outer / inner - 1) > 1e-12) {
    const middle = Math.sqrt(inner * outer);
    if (middle === inner || middle === outer) break;
    if (isBeyond(middle)) outer = middle;
    else inner = middle;
  }
  return outer;
}
