/** A CTR is answered to four decimals. */
const UNITS = 10_000;

/** By ten-thousandths, every prediction there can be as it is answered. */
const TEXTS = Array.from({ length: UNITS + 1 }, (_, units) =>
  JSON.stringify({ predicted_ctr: units / UNITS }),
);

/**
 * `{"predicted_ctr":…}`, without a number being turned into text or an object being made.
 * @param ctr rounded to four decimals, 0 to 1
 */
export function predictionText(ctr: number): string {
  return TEXTS[Math.round(ctr * UNITS)];
}
