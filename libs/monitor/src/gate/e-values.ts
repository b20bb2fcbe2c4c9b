/*
 * Evidence that may be looked at after every outcome: e-values. Under what they test, the chance that
 * one ever reaches 1/α is at most α (Ville 1939); Ramdas, Grünwald, Vovk and Shafer 2023 survey them.
 * All here are natural logarithms of e-values, since the evidence against a broken model has no bound.
 *
 * Counts are tested by mixtures of likelihood ratios over a few factors (Robbins 1970; Howard and
 * others 2021): for clicks K that a Poisson law of mean at least M gives, and a factor f < 1,
 *
 *     E[f^K · exp(M·(1 − f))] ≤ 1,
 *
 * whatever the true mean above M, and so for the mean of that over any factors below 1 that do not
 * depend on K. The same holds from above, with f > 1 and a mean of at most M. Binomial counts vary
 * less than Poisson ones, and clicks of a segment given those of the day less again, so that both
 * only make it safer: 1 + x ≤ eˣ.
 */

/** How far beyond the bound a miss is looked for, in parts of the way to the rival expectation. */
const WAYS: readonly number[] = [0.5, 1];

/**
 * Evidence that clicks are not as many as `bound` allows, but rather as many as `rival` says: fewer
 * if it lies below the bound, more if above. None if the two are the same.
 * @param clicks counted; all three divided by the dispersion if counts vary by more than chance
 */
export function logBeyond(clicks: number, bound: number, rival: number): number {
  const way = Math.log(rival / bound);
  let sum = -Infinity;
  for (const part of WAYS) sum = logAdd(sum, logRatio(clicks, bound, part * way));
  return sum - Math.log(WAYS.length);
}

/** Likelihood of clicks at `mean` times a factor over that at `mean`. */
function logRatio(clicks: number, mean: number, logFactor: number): number {
  return clicks * logFactor - mean * Math.expm1(logFactor);
}

/** Factors for what has no rival to say where to look, as logarithms. */
const GRID: readonly number[] = [0.02, 0.04, 0.07, 0.11, 0.17, 0.27, 0.45, 0.8, 1.5, 3];
const LOG_GRID = Math.log(GRID.length);

/** Counts of two arms over one stretch of time in which their shares of the requests stayed. */
export interface ArmCounts {
  /** Asked of the arm on trial, and how many of them went wrong. */
  readonly tried: number;
  readonly triedWrong: number;
  readonly current: number;
  readonly currentWrong: number;
}

/**
 * Evidence that more goes wrong with what is on trial than `tolerance` allows. Given how many went
 * wrong in all, those of the arm on trial are binomial with its share of the requests, so that
 * trouble which both share is held against neither.
 * @param tolerance by what fraction the odds may be higher
 */
export function logMoreWrong(stretches: readonly ArmCounts[], tolerance: number): number {
  let sum = -Infinity;
  for (const step of GRID) {
    let log = 0;
    for (const { tried, triedWrong, current, currentWrong } of stretches) {
      const odds = (1 + tolerance) * tried;
      const share = tried + current === 0 ? 0 : odds / (odds + current);
      const wrong = triedWrong + currentWrong;
      log += triedWrong * step - wrong * Math.log1p(share * Math.expm1(step));
    }
    sum = logAdd(sum, log);
  }
  return sum - LOG_GRID;
}

/**
 * Evidence that a sum of many small parts has a mean above 0: a one-sided normal mixture (Howard and
 * others 2021), with the variance as estimated, hence as the number of parts grows (Waudby-Smith,
 * Arbour, Sinha, Kennedy and Ramdas 2024).
 * @param z the sum over its standard deviation
 * @param grown how much has been seen, as a multiple of where the test is to be sharpest
 */
export function logAboveZero(z: number, grown: number): number {
  const share = grown / (1 + grown);
  const scaled = z * Math.sqrt(share);
  return Math.log(2) - 0.5 * Math.log1p(grown) + 0.5 * scaled * scaled + logNormalCdf(scaled);
}

/** Logarithm of the normal distribution function; relative error below 1e-6 where it matters here. */
function logNormalCdf(x: number): number {
  // Beyond it, the tail by its asymptotic series (Abramowitz and Stegun 26.2.12).
  if (x < -6)
    return -0.5 * x * x - Math.log(-x * Math.sqrt(2 * Math.PI)) + Math.log1p(-1 / (x * x));
  // Abramowitz and Stegun 26.2.17.
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)) * poly;
  return Math.log(x < 0 ? tail : 1 - tail);
}

/** Logarithm of eᵃ + eᵇ. */
export function logAdd(a: number, b: number): number {
  const high = Math.max(a, b);
  return high === -Infinity ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high));
}

/**
 * The factors by which clicks may miss `mean` and still be believed, at all times at once: those
 * that a mixture over a grid on either side does not refute.
 * @returns lower and upper end; 0 and Infinity where nothing is known
 */
export function missInterval(
  clicks: number,
  mean: number,
  logBound: number,
): readonly [number, number] {
  if (mean <= 0) return [0, Infinity];
  const centre = Math.max(clicks, 0.5) / mean;
  const isBelieved = (sign: 1 | -1) => (factor: number) =>
    logMixture(clicks, mean * factor, sign) < logBound;
  return [clicks === 0 ? 0 : edge(centre, -1, isBelieved(1)), edge(centre, 1, isBelieved(-1))];
}

function logMixture(clicks: number, mean: number, sign: 1 | -1): number {
  let sum = -Infinity;
  for (const step of GRID) sum = logAdd(sum, logRatio(clicks, mean, sign * step));
  return sum - LOG_GRID;
}

const MOST_FACTOR = Math.log(1e6);

/** How far from `centre` a factor is still believed, downwards or upwards. */
function edge(centre: number, sign: 1 | -1, isBelieved: (factor: number) => boolean): number {
  let near = 0;
  let far = MOST_FACTOR;
  for (let i = 0; i < 40; i++) {
    const middle = (near + far) / 2;
    if (isBelieved(centre * Math.exp(sign * middle))) near = middle;
    else far = middle;
  }
  if (near > MOST_FACTOR - 1e-6) return sign < 0 ? 0 : Infinity;
  return centre * Math.exp(sign * near);
}
