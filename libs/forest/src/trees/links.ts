/*
 * Links: what trees add up, and what a prediction is of it.
 *
 *   identity   the sum itself
 *   logit      a chance: 1 / (1 + exp(−sum))
 *   log        a rate ≥ 0: exp(sum)
 *
 * The exponential is written out (fdlibm's e_exp.c, Sun Microsystems 1993), since hosts differ in the
 * last bit of theirs and a model must predict the same numbers on each. kernels/losses.ts has the same.
 */

/** From the sum of trees to the prediction: the inverse of the link is applied to the sum. */
export type Link = 'identity' | 'logit' | 'log';

export const links: readonly Link[] = ['identity', 'logit', 'log'];

const INVERSE_LN2 = 1.4426950408889634;
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const P1 = 0.16666666666666602;
const P2 = -0.0027777777777015593;
const P3 = 0.00006613756321437934;
const P4 = -0.0000016533902205465252;
const P5 = 4.1381367970572385e-8;

/** Beyond these, 2^k would leave the normal doubles: the result is kept finite and above 0. */
const LEAST = -708;
const MOST = 709;

const scale = new Float64Array(1);
const scaleBits = new Int32Array(scale.buffer);
/** Where the upper half of a double is. */
const upper = new Uint8Array(Uint32Array.of(1).buffer)[0];

/** exp(x), to less than one unit in the last place; x is held between −708 and 709. */
export function exp(x: number): number {
  const held = Math.min(MOST, Math.max(LEAST, x));
  const k = Math.floor(held * INVERSE_LN2 + 0.5);
  const high = held - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c = r - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  scaleBits[upper] = (k + 1023) << 20;
  return y * scale[0];
}

/** The chance whose log-odds are `x`. */
export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}

/** Chances closer to 0 or 1 than this have the log-odds of this. */
const SURE = 2 ** -52;

/** The log-odds of a chance, finite. */
export function logit(p: number): number {
  const held = Math.min(1 - SURE, Math.max(SURE, p));
  return Math.log(held / (1 - held));
}

/** The prediction of a sum. */
export function inverseLink(link: Link, sum: number): number {
  if (link === 'identity') return sum;
  return link === 'logit' ? sigmoid(sum) : exp(sum);
}
