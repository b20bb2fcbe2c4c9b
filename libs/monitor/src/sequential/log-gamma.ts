/** From here on the series below is as exact as a double. */
const SERIES_FROM = 12;
const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);

/**
 * The logarithm of the gamma function by Stirling's series (Abramowitz & Stegun 1964, 6.1.41), whose
 * argument is first brought to 12 or more by Γ(x + 1) = x Γ(x).
 * @param x > 0
 */
export function logGamma(x: number): number {
  let product = 1;
  let at = x;
  for (; at < SERIES_FROM; at++) product *= at;
  const inverse = 1 / at;
  const square = inverse * inverse;
  const series =
    inverse *
    (1 / 12 -
      square *
        (1 / 360 -
          square *
            (1 / 1260 - square * (1 / 1680 - square * (1 / 1188 - (square * 691) / 360360)))));
  return (at - 0.5) * Math.log(at) - at + HALF_LOG_TAU + series - Math.log(product);
}
