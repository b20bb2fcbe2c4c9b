/** The least and the greatest CTR that is ever answered: no ad is certain either way. */
export const MIN_CTR = 0.0001;
export const MAX_CTR = 1;

/** A prediction kept within [MIN_CTR, MAX_CTR]. */
export function clampCtr(ctr: number): number {
  return Math.min(MAX_CTR, Math.max(MIN_CTR, ctr));
}

/** The form in which a CTR leaves the system: clamped, four decimals. */
export function roundCtr(ctr: number): number {
  return Math.round(clampCtr(ctr) * 1e4) / 1e4;
}
