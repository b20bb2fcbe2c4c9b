/*
 * What is known of each entry's CTR when some of its outcomes are in.
 *
 * Before, it is a gamma variable with the mean and the deviation that the model gives; after so many
 * impressions and clicks it is one again, for clicks are a Poisson draw (conjugacy). So an entry with
 * three impressions stays where the model put it, one with a million is where its clicks are, and
 * whoever looks for the best of many is not misled by the luckiest.
 */
import { randomGamma } from 'd3-random';
import seedrandom from 'seedrandom';

/** A gamma variable: the CTR of one entry. */
export interface Posterior {
  readonly shape: number;
  /** Impressions' worth: mean is shape / rate. */
  readonly rate: number;
}

/** A model that is surer than this of a CTR is not believed. */
const SUREST = 1e8;

interface Counts {
  readonly impressions: number;
  readonly clicks: number;
}

/**
 * What is known of all entries. Where outcomes lie farther from the model than it says it errs, it is
 * believed that much less, of all entries alike (Birge 1932): else a model that a changed market has left
 * behind would hold its own against any number of clicks.
 * @param deviations of the placements' own CTRs from those that the model gives
 * @param ctrs that the model gives, above 0
 */
export function posteriorsOf(
  deviations: ArrayLike<number>,
  ctrs: ArrayLike<number>,
  observed: readonly Counts[],
): Posterior[] {
  const wider = Math.sqrt(misfit(deviations, ctrs, observed));
  return observed.map(({ impressions, clicks }, i) => {
    const shape = Math.min(SUREST, (ctrs[i] / (wider * deviations[i])) ** 2);
    return { shape: shape + clicks, rate: shape / ctrs[i] + impressions };
  });
}

/** How many times as large the variance of outcomes around the model is as it says; at least 1. */
function misfit(
  deviations: ArrayLike<number>,
  ctrs: ArrayLike<number>,
  observed: readonly Counts[],
): number {
  const squares = observed.flatMap(({ impressions, clicks }, i) => {
    if (impressions === 0) return [];
    const variance = impressions * ctrs[i] + (impressions * deviations[i]) ** 2;
    return [(clicks - impressions * ctrs[i]) ** 2 / variance];
  });
  const sum = squares.reduce((all, square) => all + square, 0);
  return Math.max(1, sum / Math.max(1, squares.length));
}

export function meanOf({ shape, rate }: Posterior): number {
  return shape / rate;
}

/** Most numbers drawn for one judgement, and the least and most draws of all entries. */
const MOST_NUMBERS = 1e6;
const LEAST_DRAWS = 200;
const MOST_DRAWS = 2000;

/** Draws the CTRs of all entries together, the same for the same seed; draws are clipped at 1. */
export function drawsOf(posteriors: readonly Posterior[], seed: string): Float64Array[] {
  const most = Math.floor(MOST_NUMBERS / posteriors.length);
  const count = Math.min(MOST_DRAWS, Math.max(LEAST_DRAWS, most));
  const gamma = randomGamma.source(seedrandom.xor4096(seed).double);
  const drawers = posteriors.map(({ shape, rate }) => gamma(shape, 1 / rate));
  return Array.from({ length: count }, () =>
    Float64Array.from(drawers, (draw) => Math.min(1, draw())),
  );
}
