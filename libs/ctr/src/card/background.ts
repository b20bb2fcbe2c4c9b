import { Random, streams } from '@adscale/forest';
import { type CtrTable, exposures } from '../table/table.js';

/** Training rows that stand for all of them, for what needs "the usual placement". */
export interface BackgroundSample {
  /** Numbers in schema order, a category as its place, null for missing. */
  readonly rows: readonly (readonly (number | null)[])[];
  /** How much each row counts; they sum to 1. */
  readonly weights: readonly number[];
}

const ROWS = 64;
/**
 * At most 64 training rows, each drawn with a chance in proportion to its impressions: systematic
 * sampling (Madow 1949), evenly along the sums of impressions from a random start. A row drawn k
 * times weighs k / 64. A table of at most 64 rows is taken as it is, weighted by impressions.
 */
export function sampleBackground(table: CtrTable, seed: number): BackgroundSample {
  const { features } = table;
  const impressions = exposures(table);
  const total = impressions.reduce((sum, count) => sum + count, 0);
  const drawn: [row: number, weight: number][] = [];
  if (features.rows <= ROWS) {
    impressions.forEach((count, row) => drawn.push([row, count / total]));
  } else {
    const start = (new Random(seed, streams.background).uint32() + 0.5) * 2 ** -32;
    let passed = 0;
    let next = start;
    for (let row = 0; row < features.rows; row++) {
      passed += (impressions[row] / total) * ROWS;
      const times = Math.min(
        ROWS - Math.round(next - start),
        Math.max(0, Math.ceil(passed - next)),
      );
      if (times === 0) continue;
      drawn.push([row, times / ROWS]);
      next += times;
    }
  }
  return {
    rows: drawn.map(([row]) =>
      features.values.map((values) => (Number.isNaN(values[row]) ? null : values[row])),
    ),
    weights: drawn.map(([, weight]) => weight),
  };
}
