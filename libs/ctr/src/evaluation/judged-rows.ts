import { observedCtr, outcomesOf, type CtrTable } from '../table/table.js';

/** Rows as metrics see them, but for what was predicted: what was observed, and how much it counts. */
export interface ObservedRows {
  /** Observed CTR, clicks / impressions. */
  readonly observed: Float64Array;
  /** Impressions that the observed CTR is over; absent: one, in every row. */
  readonly weight?: Float64Array;
  /** How many equal rows each stands for; absent: one. */
  readonly count?: Float64Array;
  /** How many of these were really observed, where a log was sampled; absent: all. */
  readonly observedCount?: Float64Array;
  readonly trueCtr?: Float64Array;
  /** The group of each row, where rows of a group are resampled together. */
  readonly groups?: Float64Array;
  /** The row of the table that each comes from; absent: the same place. */
  readonly from?: Uint32Array;
}

export interface JudgedRows extends ObservedRows {
  /** Predicted CTR, in (0, 1]. */
  readonly predicted: Float64Array;
}

/**
 * A table as rows to judge by. A grouped click log becomes the clicks and the non-clicks of each
 * cell, counted, so that metrics are those of the log with one row an impression.
 * @param groups one a table row
 */
export function observedRows(table: CtrTable, groups?: Float64Array): ObservedRows {
  if (table.grouped) return splitOutcomes(table, groups);
  const { trueCtr } = table;
  return {
    observed: observedCtr(table),
    weight: table.impressions,
    ...(trueCtr === undefined ? {} : { trueCtr }),
    ...(groups === undefined ? {} : { groups }),
  };
}

/** @param predicted one a table row */
export function withPredictions(rows: ObservedRows, predicted: Float64Array): JudgedRows {
  const { from } = rows;
  return { ...rows, predicted: from === undefined ? predicted : take(predicted, from) };
}

/** Two rows for each row of a grouped log, those that did not click and those that did. */
function splitOutcomes(table: CtrTable, groups: Float64Array | undefined): ObservedRows {
  const { trueCtr, negativeSamplingRate: rate = 1 } = table;
  const { from, outcome, count } = outcomesOf(table);
  const before = count.map((times, i) => (outcome[i] === 1 ? times : times / rate));
  return {
    observed: outcome,
    count: before,
    ...(rate === 1 ? {} : { observedCount: count }),
    ...(trueCtr === undefined ? {} : { trueCtr: take(trueCtr, from) }),
    ...(groups === undefined ? {} : { groups: take(groups, from) }),
    from,
  };
}

function take(values: Float64Array, places: Uint32Array): Float64Array {
  const taken = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) taken[i] = values[places[i]];
  return taken;
}
