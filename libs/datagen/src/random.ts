/**
 * Chance, from a seed: d3-random's distributions over seedrandom's xor4096 (Brent's xorgens,
 * period 2⁴⁰⁹⁶ − 2³²), read 53 bits at a time because the tails of an exact binomial need more
 * than 32.
 *
 * Same seed, same bytes: the generators are integer arithmetic, and the distributions use only
 * Math.log, log1p, exp and sqrt. ECMAScript lets engines differ in the last bit of all but sqrt;
 * V8 brings its own code for them, the same on every platform, so every Node agrees. The library
 * keeps away from Math.pow, ** with fractions, and from sin and cos at draw time, which V8 may
 * hand to the platform's C library.
 */
import { randomBinomial, randomGamma, randomNormal } from 'd3-random';
import seedrandom from 'seedrandom';

/** Draws uniformly from [0, 1). */
export type Source = () => number;

/**
 * The streams of random numbers, one for each kind of draw. None is shared, so a profile that adds
 * draws of its own (quality, extras) leaves those of the others as they were.
 */
export type Stream =
  'placement' | 'extras' | 'quality' | 'clicks' | 'rows' | 'vocabulary' | 'exposure';

/** The numbers of one stream of a seed, from its beginning. */
export function sourceOf(seed: number, stream: Stream): Source {
  return seedrandom.xor4096(`${seed}/${stream}`).double;
}

/** Standard normal draws. */
export function normals(source: Source): () => number {
  return randomNormal.source(source)(0, 1);
}

/**
 * Exact binomial draws: d3-random halves the problem by beta-distributed order statistics
 * (Relles 1972; Devroye 1986, X.4) until 16 successes are left and counts those by geometric
 * waiting times. No normal or Poisson approximation; time grows with log log n, so a billion
 * impressions cost about what a thousand do.
 */
export function binomials(source: Source): (trials: number, probability: number) => number {
  // The published types forget the number of trials.
  const draw = randomBinomial.source(source) as unknown as (n: number, p: number) => () => number;
  return (trials, probability) => draw(trials, probability)();
}

/**
 * Beta draws, of shapes a and b: X / (X + Y) of two gamma variates (Marsaglia & Tsang 2000). Below a
 * shape of 1, the variate of shape + 1 times U^(1 / shape), by exp and log for the reason above.
 */
export function betas(source: Source): (a: number, b: number) => number {
  const gamma = randomGamma.source(source);
  const draw = (shape: number): number =>
    shape < 1 ? gamma(shape + 1)() * Math.exp(Math.log(1 - source()) / shape) : gamma(shape)();
  return (a, b) => {
    const x = draw(a);
    return x / (x + draw(b));
  };
}

/** Draws an index with probability proportional to its weight. */
export function choices(source: Source, weights: readonly number[]): () => number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  const upTo = weights.map((weight) => (sum += weight) / total);
  // Rounding may leave the last bound just below 1; the last index takes the rest.
  const last = weights.length - 1;
  return () => {
    const u = source();
    let index = 0;
    while (index < last && u >= upTo[index]!) index++;
    return index;
  };
}
