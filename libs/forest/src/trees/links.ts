/*
 * Links: what trees add up, and what a prediction is of it.
 *
 *   identity   the sum itself
 *   logit      a chance: 1 / (1 + exp(−sum))
 *   log        a rate ≥ 0: exp(sum)
 *
 * The exponential and the logarithm are written out (fdlibm's e_exp.c and e_log.c, Sun Microsystems 1993),
 * since hosts differ in the last bit of theirs and a model must predict the same numbers on each: a browser
 * the same as the service. kernels/losses.ts has the same exponential.
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

const L1 = 0.6666666666666735;
const L2 = 0.3999999999940942;
const L3 = 0.2857142874366239;
const L4 = 0.22222198432149784;
const L5 = 0.1818357216161805;
const L6 = 0.15313837699209373;
const L7 = 0.14798198605116586;

const parts = new Float64Array(1);
const partsBits = new Int32Array(parts.buffer);

/** The natural logarithm of a normal double above 0, to less than one unit in the last place. */
export function log(x: number): number {
  parts[0] = x;
  const bits = partsBits[upper];
  const fraction = bits & 0xfffff;
  // x = 2^k (1 + f), with 1 + f from √½ to √2: the carry moves fractions beyond √2 to the next k.
  const carry = (fraction + 0x95f64) & 0x100000;
  partsBits[upper] = fraction | (carry ^ 0x3ff00000);
  const f = parts[0] - 1;
  const k = (bits >> 20) - 1023 + (carry >> 20);
  const low = k * LN2_LOW;
  if ((0xfffff & (2 + fraction)) < 3) {
    const rest = f * f * (0.5 - 0.3333333333333333 * f);
    return k * LN2_HIGH - (rest - low - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (L2 + w * (L4 + w * L6));
  const even = z * (L1 + w * (L3 + w * (L5 + w * L7)));
  const rest = even + odd;
  if (((fraction - 0x6147a) | (0x6b851 - fraction)) > 0) {
    const half = 0.5 * f * f;
    return k * LN2_HIGH - (half - (s * (half + rest) + low) - f);
  }
  return k * LN2_HIGH - (s * (f - rest) - low - f);
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
  return log(held / (1 - held));
}

/** The prediction of a sum. */
export function inverseLink(link: Link, sum: number): number {
  if (link === 'identity') return sum;
  return link === 'logit' ? sigmoid(sum) : exp(sum);
}
