import { randomBinomial } from 'd3-random';

/** Draws how many of so many impressions are clicked. */
export function binomialOf(random: () => number): (impressions: number, ctr: number) => number {
  // The types know only one parameter (@types/d3-random 3.0.3).
  const draw = randomBinomial.source(random) as unknown as (n: number, p: number) => () => number;
  return (impressions, ctr) => draw(impressions, ctr)();
}
