import { Random, takeRows, takeValues, type Columns, type FitInput } from '@adscale/forest';
import { CtrError } from './errors.js';

/** Placements with their outcome: features, exposures and successes, row by row. */
export interface CtrTable {
  readonly features: Columns;
  /** Exposures, whole numbers ≥ 1. */
  readonly impressions: Float64Array;
  /** Successes, whole numbers from 0 to the row's impressions. */
  readonly clicks: Float64Array;
  /** The probability behind the clicks, where a generator knows it. */
  readonly trueCtr?: Float64Array;
}

/** @throws CtrError TABLE_INVALID naming the row, the value got and the value wanted */
export function checkTable(table: CtrTable): CtrTable {
  const { features, impressions, clicks } = table;
  if (impressions.length !== features.rows || clicks.length !== features.rows) {
    throw new CtrError(
      'TABLE_INVALID',
      `${features.rows} rows of features, ${impressions.length} of impressions, ${clicks.length} of clicks`,
    );
  }
  for (let row = 0; row < features.rows; row++) {
    if (!(Number.isFinite(impressions[row]) && impressions[row] > 0)) {
      throw new CtrError(
        'TABLE_INVALID',
        `impressions of row ${row} is ${impressions[row]}, wanted > 0`,
      );
    }
    if (!(clicks[row] >= 0 && clicks[row] <= impressions[row])) {
      throw new CtrError(
        'TABLE_INVALID',
        `clicks of row ${row} is ${clicks[row]}, wanted 0 to its impressions, ${impressions[row]}`,
      );
    }
  }
  return table;
}

/** Observed CTR of every row, in [0, 1]. */
export function observedCtr({ clicks, impressions }: CtrTable): Float64Array {
  return clicks.map((count, row) => count / impressions[row]);
}

/**
 * What the forest fits: target clicks / impressions, weight impressions, because an observed CTR
 * over n impressions has variance p(1 − p) / n. A leaf is then exactly Σ clicks / Σ impressions.
 */
export function fitInput(table: CtrTable): FitInput {
  return { columns: table.features, target: observedCtr(table), weight: table.impressions };
}

/** The listed rows of a table. */
export function takeTable(table: CtrTable, rows: ArrayLike<number>): CtrTable {
  const { features, impressions, clicks, trueCtr } = table;
  return {
    features: takeRows(features, rows),
    impressions: takeValues(impressions, rows),
    clicks: takeValues(clicks, rows),
    ...(trueCtr === undefined ? {} : { trueCtr: takeValues(trueCtr, rows) }),
  };
}

/** A random split that depends on the seed alone. */
export interface Split {
  readonly training: CtrTable;
  readonly heldOut: CtrTable;
}

/** Any stream the trees do not use: they take 0, 1, 2, … */
const SPLIT_STREAM = 2 ** 30;

/**
 * Holds a share of the rows out, drawn without replacement.
 * @param share of the rows, in (0, 1); at least one row stays on either side
 */
export function splitTable(table: CtrTable, share: number, seed: number): Split {
  const { rows } = table.features;
  if (rows < 2) throw new CtrError('TABLE_INVALID', `got ${rows} rows, wanted at least 2 to split`);
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const random = new Random(seed, SPLIT_STREAM);
  for (let i = rows - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  const heldOut = Math.min(rows - 1, Math.max(1, Math.round(share * rows)));
  return {
    training: takeTable(table, order.subarray(heldOut).sort()),
    heldOut: takeTable(table, order.subarray(0, heldOut).sort()),
  };
}
