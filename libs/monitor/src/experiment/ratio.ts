/*
 * How many times one arm's CTR is the other's, at any time.
 *
 * On one day both arms meet the same people in the same week, so of the day's clicks those of arm B are a
 * draw whose chance depends on nothing but the impressions of both and the ratio ρ = e^ψ of their CTRs:
 *
 *   π(ψ) = n_b e^ψ / (n_a + n_b e^ψ)
 *   ℓ(ψ) = Σ over days  k_b ψ − (k_a + k_b) log(n_a + n_b e^ψ)        what days share cancels
 *
 * The mixture likelihood ratio over a prior W of ψ (Robbins 1970; Howard and others 2021) is a test
 * martingale of every ρ₀, so that by Ville's inequality it passes 1/α once in 1/α runs at most, however
 * often one looks:
 *
 *   E(ρ₀) = ∫ exp(ℓ(ψ) − ℓ(ψ₀)) dW(ψ)        interval at level 1 − α: all ρ₀ with E(ρ₀) < 1/α
 *
 * W is half a normal of mean 0 as wide as differences are thought to be, and half one that is eight times
 * as wide: so a difference beyond all thought is found as well, at the price of a factor of 2. ℓ is
 * concave, so the interval is one, and each half's integral is that of a single bell. Given a day's clicks,
 * those of arm B are drawn without replacement where the arms are alike, which is less spread than the
 * binomial draw reckoned with: E(1) is the smaller for it (Hoeffding 1963, theorem 4).
 */

/** What two arms got in the same time. */
export interface PairedCounts {
  /** Impressions of the control; any measure of exposure, ≥ 0. */
  readonly controlImpressions: number;
  readonly controlClicks: number;
  readonly impressions: number;
  readonly clicks: number;
}

/** What is known of a ratio of CTRs. */
export interface RatioEvidence {
  /** The likeliest, 0 to Infinity; NaN without a click in either arm. */
  readonly ratio: number;
  /** Natural logarithm of the evidence against this ratio, ≥ 1/α once in 1/α experiments at most. */
  logEvidenceAgainst(ratio: number): number;
  /** The ratios that are not refuted, at any time together; 0 and Infinity where nothing is known. */
  interval(alpha: number): { readonly low: number; readonly high: number };
}

/** Points of the bell's integral: the trapezoid rule's error on a bell falls faster than any power. */
const POINTS = 97;
const WIDER = 8;
const REACH = 12;
/** Of the longest interval, to the last digit of a double. */
const BISECTIONS = 60;
/** No CTR is e^40 times another. */
const FARTHEST = 40;

/**
 * Evidence on the ratio of two arms' CTRs.
 * @param strata by day, or any time in which both arms meet the same; those where one was not shown tell
 *   nothing and are passed over
 * @param scale of the prior: what |log ratio| is likely, > 0; the best guess finds fastest, any is valid
 */
export function ratioEvidence(strata: readonly PairedCounts[], scale: number): RatioEvidence {
  const likelihood = new Likelihood(strata);
  const halves = [scale, WIDER * scale].map((width) => mixtureOf(likelihood, width) - Math.LN2);
  const logMixture = logSumOf(halves);
  const top = likelihood.maximum();
  return {
    ratio:
      likelihood.clicks === 0
        ? NaN
        : Math.abs(top) < FARTHEST
          ? Math.exp(top)
          : top > 0
            ? Infinity
            : 0,
    logEvidenceAgainst: (ratio) => logMixture - likelihood.at(Math.log(ratio)),
    interval: (alpha) => {
      const least = logMixture + Math.log(alpha);
      return {
        low: Math.exp(edge(likelihood, least, top, -FARTHEST)),
        high: Math.exp(edge(likelihood, least, top, FARTHEST)),
      };
    },
  };
}

/** log Σ exp. */
export function logSumOf(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0));
}

/** ℓ with its first two derivatives. */
class Likelihood {
  readonly clicks: number;
  private readonly strata: readonly PairedCounts[];
  private readonly treated: number;

  constructor(strata: readonly PairedCounts[]) {
    this.strata = strata.filter((s) => s.impressions > 0 && s.controlImpressions > 0);
    this.treated = this.strata.reduce((sum, { clicks }) => sum + clicks, 0);
    this.clicks = this.strata.reduce((sum, s) => sum + s.clicks + s.controlClicks, 0);
  }

  /** Relative to ψ = 0, so that large counts do not swallow the digits. */
  at(psi: number): number {
    let sum = this.treated * psi;
    for (const { impressions, controlImpressions, clicks, controlClicks } of this.strata) {
      const share = impressions / (impressions + controlImpressions);
      sum -= (clicks + controlClicks) * Math.log1p(share * Math.expm1(psi));
    }
    return sum;
  }

  slopes(psi: number): { readonly first: number; readonly second: number } {
    let first = this.treated;
    let second = 0;
    for (const { impressions, controlImpressions, clicks, controlClicks } of this.strata) {
      const chance = impressions / (impressions + controlImpressions * Math.exp(-psi));
      first -= (clicks + controlClicks) * chance;
      second -= (clicks + controlClicks) * chance * (1 - chance);
    }
    return { first, second };
  }

  maximum(): number {
    if (this.treated === 0) return this.clicks === 0 ? 0 : -FARTHEST;
    if (this.treated === this.clicks) return FARTHEST;
    return rootOfSlope((psi) => this.slopes(psi).first);
  }
}

/** log ∫ exp(ℓ(ψ)) dN(ψ) over a normal prior of mean 0. */
function mixtureOf(likelihood: Likelihood, scale: number): number {
  const precision = 1 / scale ** 2;
  const height = (psi: number): number => likelihood.at(psi) - (precision * psi ** 2) / 2;
  const top = rootOfSlope((psi) => likelihood.slopes(psi).first - precision * psi);
  const width = 1 / Math.sqrt(precision - likelihood.slopes(top).second);
  const peak = height(top);
  const step = (2 * REACH * width) / (POINTS - 1);
  let sum = 0;
  for (let i = 0; i < POINTS; i++) sum += Math.exp(height(top - REACH * width + i * step) - peak);
  return peak + Math.log((sum * step) / (scale * Math.sqrt(2 * Math.PI)));
}

/** Where a falling function is 0. */
function rootOfSlope(slope: (psi: number) => number): number {
  let [low, high] = [-FARTHEST, FARTHEST];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (slope(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** How far from the top on one side ℓ stays above `least`: the end of the interval there. */
function edge(likelihood: Likelihood, least: number, top: number, far: number): number {
  if (likelihood.at(far) > least) return far < 0 ? -Infinity : Infinity;
  let [inside, outside] = [top, far];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (inside + outside) / 2;
    if (likelihood.at(middle) > least) inside = middle;
    else outside = middle;
  }
  return outside;
}
