/*
 * Binomial numbers, exact, in a time that does not depend on how large they are.
 *
 *   mean < 10    inversion: the chances of 0, 1, 2, … are taken off a uniform number
 *   else         transformed rejection with squeeze (Hörmann 1993, algorithm BTRS): a hat whose
 *                inverse is one division; nine tries in ten need no logarithm
 *
 * Numbers may be as large as 2⁵³. Rejection compares chances by Loader's (2000) saddle point, whose
 * terms are of the size of their sum: with log-gamma functions, digits would be gone from 10⁹ on.
 */
import type { Random } from '../random.js';

const REJECTION_FROM = 10;

/**
 * How many of `n` independent trials succeed, each with chance `hits / all`.
 * @param n whole, 0 to 2⁵³
 * @param hits 0 to `all`
 */
export function drawBinomial(random: Random, n: number, hits: number, all: number): number {
  if (2 * hits > all) return n - drawBinomial(random, n, all - hits, all);
  const p = hits / all;
  if (n * p === 0) return 0;
  return n * p < REJECTION_FROM ? invert(random, n, p) : reject(random, n, p);
}

function invert(random: Random, n: number, p: number): number {
  const odds = p / (1 - p);
  let chance = Math.exp(n * Math.log1p(-p));
  let rest = random.unit();
  let k = 0;
  while (rest > chance && k < n) {
    rest -= chance;
    k++;
    chance *= ((n - k + 1) / k) * odds;
  }
  return k;
}

function reject(random: Random, n: number, p: number): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const alpha = (2.83 + 5.1 / b) * spread;
  const squeeze = 0.92 - 4.2 / b;
  const mode = Math.floor((n + 1) * p);
  for (;;) {
    const u = random.unit() - 0.5;
    const v = random.unit();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + n * p + 0.5);
    if (us >= 0.07 && v <= squeeze) return k;
    if (!(k >= 0 && k <= n)) continue;
    const bound = logChance(k, n, p) - logChance(mode, n, p);
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

/** The logarithm of the chance of `k` in `n`. */
function logChance(k: number, n: number, p: number): number {
  if (k === 0) return n * Math.log1p(-p);
  if (k === n) return n * Math.log(p);
  const rest = n - k;
  const errors = stirlingError(n) - stirlingError(k) - stirlingError(rest);
  const deviances = deviance(k, n * p) + deviance(rest, n * (1 - p));
  return errors - deviances - 0.5 * Math.log(2 * Math.PI * k * (rest / n));
}

/** x log(x / mean) − x + mean, without the loss of digits where x is near the mean. */
function deviance(x: number, mean: number): number {
  const t = (x - mean) / mean;
  return mean * ((1 + t) * Math.log1p(t) - t);
}

/** log n! less Stirling's formula for it, n ≥ 1. */
function stirlingError(n: number): number {
  if (n < exactErrors.length) return exactErrors[n];
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / n;
}

/** From 16 on, the series is exact to 1e-14. */
const exactErrors = Float64Array.from({ length: 16 }, (_, n) => {
  let logFactorial = 0;
  for (let k = 2; k <= n; k++) logFactorial += Math.log(k);
  return n === 0 ? 0 : logFactorial - (n + 0.5) * Math.log(n) + n - 0.5 * Math.log(2 * Math.PI);
});
