/**
 * The sum of two counts, at most 2^53 − 1. Counts are whole and not negative, so this is exactly
 * associative and commutative, where plain addition stops being so above 2^53.
 */
export function saturatingSum(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}
