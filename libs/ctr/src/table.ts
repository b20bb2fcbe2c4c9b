import {
  Random,
  streams,
  takeRows,
  takeValues,
  type Columns,
  type FitInput,
} from '@adscale/forest';
import { randomBinomial } from 'd3-random';
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
  /**
   * A click log whose rows of equal features were put together: a row of n impressions and k
   * clicks stands for n rows of one impression, k of which were clicked. Bootstrap and random
   * splits then draw impressions, as they would of the log itself.
   */
  readonly grouped?: boolean;
  /** When each row happened: any number that grows. For splits by time. */
  readonly time?: Float64Array;
  /** Which group each row belongs to: equal numbers, same group. For splits by group. */
  readonly group?: Float64Array;
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
 *
 * A grouped click log is given as the two rows that each of its rows is made of, the impressions
 * that were not clicked and those that were, each counted: the forest of the log itself.
 */
export function fitInput(table: CtrTable): FitInput {
  if (table.grouped) return outcomeRows(table);
  return { columns: table.features, target: observedCtr(table), weight: table.impressions };
}

function outcomeRows({ features, impressions, clicks }: CtrTable): FitInput {
  const rows: number[] = [];
  const target: number[] = [];
  const count: number[] = [];
  const put = (row: number, outcome: number, times: number): void => {
    if (times === 0) return;
    rows.push(row);
    target.push(outcome);
    count.push(times);
  };
  for (let row = 0; row < features.rows; row++) {
    put(row, 0, impressions[row] - clicks[row]);
    put(row, 1, clicks[row]);
  }
  return {
    columns: takeRows(features, rows),
    target: Float64Array.from(target),
    weight: new Float64Array(rows.length).fill(1),
    count: Float64Array.from(count),
  };
}

/** The listed rows of a table. */
export function takeTable(table: CtrTable, rows: ArrayLike<number>): CtrTable {
  const { features, impressions, clicks, trueCtr, time, group } = table;
  return {
    ...table,
    features: takeRows(features, rows),
    impressions: takeValues(impressions, rows),
    clicks: takeValues(clicks, rows),
    ...(trueCtr === undefined ? {} : { trueCtr: takeValues(trueCtr, rows) }),
    ...(time === undefined ? {} : { time: takeValues(time, rows) }),
    ...(group === undefined ? {} : { group: takeValues(group, rows) }),
  };
}

/** Rows to fit and rows to judge by. */
export interface Split {
  readonly training: CtrTable;
  readonly heldOut: CtrTable;
}

/**
 * Holds a share of the rows out at random, depending on the seed alone: whole rows drawn without
 * replacement, or of a grouped click log each impression by itself.
 * @param share of the rows, in (0, 1); at least one row stays on either side
 * @throws CtrError TABLE_INVALID if there is nothing to split
 */
export function splitTable(table: CtrTable, share: number, seed: number): Split {
  if (table.grouped) return thinTable(table, share, seed);
  const { rows } = table.features;
  if (rows < 2) throw new CtrError('TABLE_INVALID', `got ${rows} rows, wanted at least 2 to split`);
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const random = new Random(seed, streams.split);
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

/**
 * Holds every impression out with probability `share`: of n impressions a binomial number, of
 * those that were clicked and those that were not apart.
 */
function thinTable(table: CtrTable, share: number, seed: number): Split {
  const random = new Random(seed, streams.split);
  // Its types forget the number of trials.
  const uniform = (): number =>
    ((random.uint32() >>> 5) * 2 ** 26 + (random.uint32() >>> 6) + 0.5) * 2 ** -53;
  const binomial = randomBinomial.source(uniform) as unknown as (
    trials: number,
    chance: number,
  ) => () => number;
  const draw = (count: number): number => (count === 0 ? 0 : binomial(count, share)());
  const clicks = table.clicks.map(draw);
  const impressions = table.impressions.map(
    (count, row) => clicks[row] + draw(count - table.clicks[row]),
  );
  const split = {
    training: withCounts(
      table,
      table.impressions.map((count, row) => count - impressions[row]),
      table.clicks.map((count, row) => count - clicks[row]),
    ),
    heldOut: withCounts(table, impressions, clicks),
  };
  for (const [side, { features }] of Object.entries(split)) {
    if (features.rows > 0) continue;
    throw new CtrError('TABLE_INVALID', `no impression is left for the ${side} rows; got too few`);
  }
  return split;
}

/** The table with other counts; rows without an impression go. */
function withCounts(table: CtrTable, impressions: Float64Array, clicks: Float64Array): CtrTable {
  const rows: number[] = [];
  for (let row = 0; row < impressions.length; row++) if (impressions[row] > 0) rows.push(row);
  return takeTable({ ...table, impressions, clicks }, rows);
}
