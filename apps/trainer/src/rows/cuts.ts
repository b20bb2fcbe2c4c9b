/*
 * A click log is grouped by bins before the forest sees it, and the forest takes its own cuts of
 * what it sees. So that both mean the same, each bin is the neighbourhood of one value:
 *
 *   values      · ··  ·· ···|· ·  ·· |·  ··      every row goes to the nearest of the few values
 *   members        m0       |    m1  |   m2      that stand for all, and the borders are the
 *   cuts                    c0       c1          midpoints between them
 *
 * and the midpoints between the few values that the forest sees are just where it cuts. With no
 * more values than bins every value stands for itself, and the forest is that of the raw rows.
 */
import type { Database } from '../source/database.js';
import { quoteNumber } from '../source/sql.js';
import { PREPARED, USABLE } from './prepare.js';

/** A feature's bins. */
export interface Binning {
  /** Ascending; x ≤ cut goes left. */
  readonly cuts: Float64Array;
  /** One more than cuts, ascending, each in its bin: the least value, quantiles, the greatest. */
  readonly members: Float64Array;
}

/** With more distinct values than this, their quantiles are those of about so many rows. */
const MOST_VALUES = 1_000_000;

/** Bins a numeric column of the prepared rows. */
export async function binColumn(
  database: Database,
  column: string,
  maxBins: number,
): Promise<Binning> {
  const usable = `FROM ${PREPARED} WHERE ${USABLE} AND ${column} IS NOT NULL`;
  const { distinct, rows, least, greatest } = await database.row(`
    SELECT approx_count_distinct(${column})::DOUBLE AS distinct, count(*)::DOUBLE AS rows,
      min(${column}) AS least, max(${column}) AS greatest ${usable}`);
  if (Number(rows) === 0) return { cuts: new Float64Array(0), members: Float64Array.of(0) };
  const every = Number(distinct) <= MOST_VALUES ? 1 : Math.ceil(Number(rows) / MOST_VALUES);
  const ends = `${column} IN (${quoteNumber(Number(least))}, ${quoteNumber(Number(greatest))})`;
  const sample = every === 1 ? '' : `AND (hash(rowid) % ${every} = 0 OR ${ends})`;
  await database.run(
    `CREATE OR REPLACE TEMP TABLE histogram AS SELECT ${column} AS value, count(*)::DOUBLE AS rows ${usable} ${sample} GROUP BY value`,
  );
  const { values } = await database.row('SELECT count(*)::DOUBLE AS values FROM histogram');
  const [sorted, counts] = await database.doubles(
    'SELECT value, rows FROM histogram ORDER BY value',
    Number(values),
  );
  return binValues(sorted, counts, maxBins);
}

/**
 * Bins of values that occur `counts` times.
 * @param sorted distinct, ascending, at least one
 */
export function binValues(sorted: Float64Array, counts: Float64Array, maxBins: number): Binning {
  const members = sorted.length <= maxBins ? sorted : quantiles(sorted, counts, maxBins);
  const cuts = new Float64Array(members.length - 1);
  for (let i = 0; i < cuts.length; i++) cuts[i] = between(members[i], members[i + 1]);
  return { cuts, members };
}

/** The least value, the greatest, and in between the middles of bins of as many rows each. */
function quantiles(sorted: Float64Array, counts: Float64Array, maxBins: number): Float64Array {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const chosen = new Set([sorted[0]]);
  const inner = maxBins - 2;
  let below = 0;
  let k = 0;
  for (let i = 0; i < sorted.length; i++) {
    below += counts[i];
    if (k >= inner || below < ((k + 0.5) * rows) / inner) continue;
    chosen.add(sorted[i]);
    while (k < inner && below >= ((k + 0.5) * rows) / inner) k++;
  }
  return Float64Array.from(chosen.add(sorted[sorted.length - 1]));
}

/** A number c with low ≤ c < high, the middle where doubles allow it. */
function between(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return middle >= low && middle < high ? middle : low;
}

/** SQL for the bin of a column's value, by halving; NULL for NULL. */
export function codeSql(column: string, cuts: Float64Array): string {
  const halve = (from: number, to: number): string => {
    if (from === to) return String(from);
    const middle = (from + to) >> 1;
    return `CASE WHEN ${column} <= ${quoteNumber(cuts[middle])} THEN ${halve(from, middle)} ELSE ${halve(middle + 1, to)} END`;
  };
  return `CASE WHEN ${column} IS NOT NULL THEN ${halve(0, cuts.length)} END`;
}
