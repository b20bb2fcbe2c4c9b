/*
 * Numbers of a record are kept to two significant digits: a mantissa below a hundred and a power of ten.
 *
 *   5000 ─▶ 50 · 10²      2512.4 ─▶ 25 · 10²      0.0847 ─▶ 85 · 10⁻³      7 ─▶ 7 · 10⁰
 *
 * So the distinct records of a day are bounded, which bounds what outcomes take once they are summed; a
 * model's cuts are hardly finer. Whole numbers up to 99 stay exact.
 */
const POWERS = Float64Array.from({ length: 309 }, (_, exponent) => Number(`1e${exponent}`));

/** Exponents are kept in a byte. */
const LEAST_EXPONENT = -128;
const MOST_EXPONENT = 127;

/** A number of two digits: `mantissa · 10^exponent`, from −99 to 99 and from −128 to 127. */
export interface Coarse {
  mantissa: number;
  exponent: number;
}

/**
 * Rounds a finite number to two significant digits, half away from zero. What is too large for an
 * exponent becomes the largest there is, what is too small 0.
 * @param out gets the result: this is done for every prediction, and allocates nothing
 */
export function splitNumber(value: number, out: Coarse): void {
  out.exponent = 0;
  if (value > -100 && value < 100 && Number.isInteger(value)) {
    // −0 + 0 is 0.
    out.mantissa = value + 0;
    return;
  }
  const size = Math.abs(value);
  let exponent = Math.floor(Math.log10(size)) - 1;
  let mantissa = Math.round(scaled(size, -exponent));
  // The logarithm may be off by a bit next to a power of ten.
  if (mantissa < 10) mantissa = Math.round(scaled(size, -(--exponent)));
  if (mantissa >= 100) {
    mantissa = Math.round(mantissa / 10);
    exponent++;
  }
  if (exponent < LEAST_EXPONENT) mantissa = 0;
  else if (exponent > MOST_EXPONENT) [mantissa, exponent] = [99, MOST_EXPONENT];
  out.mantissa = value < 0 && mantissa > 0 ? -mantissa : mantissa;
  out.exponent = mantissa === 0 ? 0 : exponent;
}

/** The number that was split. */
export function joinNumber(mantissa: number, exponent: number): number {
  return scaled(mantissa, exponent);
}

const split: Coarse = { mantissa: 0, exponent: 0 };

/** A finite number to two significant digits. */
export function coarse(value: number): number {
  splitNumber(value, split);
  return joinNumber(split.mantissa, split.exponent);
}

/** Divides by a power of ten rather than to multiply by a fraction, so that 25 · 10⁻¹ is 2.5. */
function scaled(value: number, exponent: number): number {
  if (exponent < 0) return exponent < -308 ? 0 : value / POWERS[-exponent];
  return exponent > 308 ? Infinity : value * POWERS[exponent];
}
