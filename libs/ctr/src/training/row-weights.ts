/*
 * How much a row counts. Where clicks are binomial, as much as it has impressions. Where rows differ by
 * more than that (overdispersion ρ), a row of n impressions tells as much as n / (1 + (n − 1) ρ) of them,
 * and a row of half of all impressions no more than any other large one. Which holds is asked of the rows
 * left out; so is how fast what is old stops counting.
 */

/** Ways for rows to count. */
export const weightKinds = ['impressions', 'effective', 'square_root'] as const;
export type WeightKind = (typeof weightKinds)[number];

/** @param rho intra-row correlation, 0 to 1 */
export function rowWeights(kind: WeightKind, impressions: Float64Array, rho: number): Float64Array {
  if (kind === 'impressions') return impressions;
  const effective = impressions.map((n) => n / (1 + (n - 1) * rho));
  if (kind === 'effective') return effective;
  return effective.map(Math.sqrt);
}

/**
 * Weights of rows by age: half as much for each half-life that a row is older than the newest.
 * @param halfLife in the unit of time; Infinity: age does not matter
 */
export function byAge(weight: Float64Array, time: Float64Array, halfLife: number): Float64Array {
  const newest = time.reduce((latest, t) => Math.max(latest, t), -Infinity);
  return weight.map((w, row) => w * 2 ** ((time[row] - newest) / halfLife));
}
