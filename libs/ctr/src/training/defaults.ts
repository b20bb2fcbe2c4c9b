import type { FitOptions } from '@adscale/forest';
import { type CtrTable, exposures } from '../table/table.js';

/**
 * The forest that suits CTR tables, chosen by out-of-bag R² on generated records
 * (`npm run bench:tune` prints the grid).
 */
export const defaultFitOptions = {
  trees: 100,
  seed: 42,
  maxBins: 64,
  maxDepth: 32,
  minLeafRows: 5,
  noise: 'binomial',
} as const satisfies FitOptions;

/** Clicks that a leaf is expected to hold: its CTR is then known to about 22 % (1 s.e.). */
const LEAF_CLICKS = 20;

/**
 * `defaultFitOptions` for a table: where rows hold few clicks, five of them are noise, so a leaf
 * must also hold as many impressions as bring 20 clicks on average. Where a single row holds more,
 * this changes nothing.
 */
export function defaultFitOptionsFor(table: CtrTable): FitOptions {
  return { ...defaultFitOptions, minLeafWeight: leafWeight(table, LEAF_CLICKS) };
}

/** Impressions that bring so many clicks at the average CTR, whole; 0 if nothing was clicked. */
export function leafWeight(table: CtrTable, wanted: number): number {
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  const all = sum(table.clicks);
  return all === 0 ? 0 : Math.round((wanted * sum(exposures(table))) / all);
}
