import { observedCtr, type CtrTable } from '../table/table.js';

/** Rows as metrics see them: what was predicted, what was observed, and how much each counts. */
export interface JudgedRows {
  /** Predicted CTR, in (0, 1]. */
  readonly predicted: Float64Array;
  /** Observed CTR, clicks / impressions. */
  readonly observed: Float64Array;
  /** Impressions that the observed CTR is over. */
  readonly weight: Float64Array;
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

/**
 * A table with its predictions. A grouped click log becomes the clicks and the non-clicks of each
 * cell, counted, so that metrics are those of the log with one row an impression.
 * @param predicted one a table row
 * @param groups one a table row
 */
export function judgedRows(
  table: CtrTable,
  predicted: Float64Array,
  groups?: Float64Array,
): JudgedRows {
  const { trueCtr } = table;
  if (table.grouped) return splitOutcomes(table, predicted, groups);
  return {
    predicted,
    observed: observedCtr(table),
    weight: table.impressions,
    ...(trueCtr === undefined ? {} : { trueCtr }),
    ...(groups === undefined ? {} : { groups }),
  };
}

/** Two rows for each row of a grouped log, those that did not click and those that did. */
function splitOutcomes(
  { features, impressions, clicks, trueCtr, negativeSamplingRate = 1 }: CtrTable,
  predicted: Float64Array,
  groups: Float64Array | undefined,
): JudgedRows {
  const places: number[] = [];
  const observed: number[] = [];
  const drawn: number[] = [];
  for (let row = 0; row < features.rows; row++) {
    for (const outcome of [0, 1]) {
      const rows = outcome === 1 ? clicks[row] : impressions[row] - clicks[row];
      if (rows === 0) continue;
      places.push(row);
      observed.push(outcome);
      drawn.push(rows);
    }
  }
  const from = Uint32Array.from(places);
  const count = Float64Array.from(drawn, (rows, i) =>
    observed[i] === 1 ? rows : rows / negativeSamplingRate,
  );
  const take = (values: Float64Array): Float64Array =>
    Float64Array.from(from, (row) => values[row]);
  return {
    predicted: take(predicted),
    observed: Float64Array.from(observed),
    weight: new Float64Array(from.length).fill(1),
    count,
    ...(negativeSamplingRate === 1 ? {} : { observedCount: Float64Array.from(drawn) }),
    ...(trueCtr === undefined ? {} : { trueCtr: take(trueCtr) }),
    ...(groups === undefined ? {} : { groups: take(groups) }),
    from,
  };
}
