/*
 * Neighbours of a float, for turning a test on rounded or strictly smaller numbers into the one
 * test this library knows, "x ≤ cut" on doubles, without changing a single answer.
 */
const double = new Float64Array(1);
const doubleBits = new BigInt64Array(double.buffer);
const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);

/** The largest double below `x`; −∞ and NaN are their own. */
export function nextDown(x: number): number {
  if (Number.isNaN(x) || x === -Infinity) return x;
  if (x === 0) return -Number.MIN_VALUE;
  double[0] = x;
  doubleBits[0] += x > 0 ? -1n : 1n;
  return double[0];
}

/** The largest float32 below the float32 `x`; −∞ and NaN are their own. */
export function nextDown32(x: number): number {
  if (Number.isNaN(x) || x === -Infinity) return x;
  single[0] = x === 0 ? -0 : x;
  singleBits[0] += x > 0 ? -1 : 1;
  return single[0];
}

/** The largest float32 that is at most the double `x`. */
export function floor32(x: number): number {
  const rounded = Math.fround(x);
  return rounded > x ? nextDown32(rounded) : rounded;
}

/**
 * The largest double that rounds to the float32 `t` or to less, so that
 * fround(x) ≤ t exactly when x ≤ lastRoundingTo(t): the middle between `t` and the next float32,
 * or just below it where the tie goes up (IEEE 754, round half to even).
 */
export function lastRoundingTo(t: number): number {
  if (Number.isNaN(t) || t === Infinity) return t;
  const above = -nextDown32(-t);
  const middle = withoutInfinity(t) / 2 + withoutInfinity(above) / 2;
  return Math.fround(middle) <= t ? middle : nextDown(middle);
}

/** For rounding, infinity stands where the next float32 after the largest would. */
function withoutInfinity(x: number): number {
  return Number.isFinite(x) ? x : Math.sign(x) * 2 ** 128;
}
