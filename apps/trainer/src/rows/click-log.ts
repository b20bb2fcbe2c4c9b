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
import type { CtrTable, RecordSchema } from '@adscale/ctr';
import type { Database } from '../source/database.js';
import { quoteNumber } from '../source/sql.js';
import { keysOf, numberSql, tableOf } from './columns.js';
import { PREPARED, USABLE, type Prepared } from './prepare.js';

/** How finely a click log is grouped. */
export interface Grouping {
  /** Bins of a numeric feature. */
  readonly maxBins: number;
  /** By feature: cuts to group by instead, a model's own. */
  readonly cuts?: readonly Float64Array[];
}

/** Table of the distinct cells. */
const LOG_CELLS = 'log_cells';

/** So many different times are enough to split by. */
const TIMES = 1000;

/**
 * A click log as its distinct cells: rows of equal codes are one, with their impressions and
 * clicks, each number standing for its bin. Sorted by code, whatever the order of the data.
 */
export async function readClickLog(
  database: Database,
  { mapping, grouped }: Prepared,
  schema: RecordSchema,
  { maxBins, cuts }: Grouping,
): Promise<CtrTable> {
  const keys = keysOf(mapping);
  const place = grouped ? 'file, line' : 'rowid';
  /** By column of the result; null where values stand for themselves. */
  const binnings: (Binning | null)[] = [];
  const codes: string[] = [];
  for (const [f, feature] of schema.features.entries()) {
    const column = `f${f}`;
    if (feature.kind === 'categorical' || (feature.kind === 'word' && feature.whole !== true)) {
      binnings.push(null);
      codes.push(await numberSql(database, column, feature, `FROM ${PREPARED} WHERE ${USABLE}`));
    } else if (feature.kind === 'word') {
      binnings.push(null);
      codes.push(column);
    } else {
      const binning =
        cuts === undefined
          ? await binColumn(database, column, maxBins, place)
          : givenBinning(cuts[f]);
      binnings.push(binning);
      codes.push(codeSql(column, binning.cuts));
    }
  }
  binnings.push(null, null);
  const groups = codes.map((code, f) => `(${code})::BIGINT AS c${f}`);
  for (const key of keys) {
    const binning = key === 'time' ? await binColumn(database, key, TIMES, place) : null;
    binnings.push(binning);
    if (key !== 'truth') groups.push(`${binning ? codeSql(key, binning.cuts) : key} AS ${key}`);
  }
  const list = [...codes.map((_, f) => `c${f}`), 'n', 'k', ...keys];
  const values = await groupRows(database, groups, list);
  binnings.forEach((binning, c) => {
    if (binning === null) return;
    values[c] = values[c].map((code) => (Number.isNaN(code) ? NaN : binning.members[code]));
  });
  const { negative_sampling_rate: rate = 1 } = mapping;
  return {
    ...tableOf(schema, keys, values),
    grouped: true,
    ...(rate !== 1 && { negativeSamplingRate: rate }),
  };
}

/** Any number stands for its bin where the bins are a model's. */
function givenBinning(cuts: Float64Array): Binning {
  const last = cuts.at(-1) ?? 0;
  return { cuts, members: Float64Array.from([...cuts, last + Math.max(1, Math.abs(last))]) };
}

async function groupRows(
  database: Database,
  groups: readonly string[],
  list: readonly string[],
): Promise<Float64Array[]> {
  const truth = list.includes('truth') ? ', sum(truth * rows) / sum(rows) AS truth' : '';
  await database.run(`
    CREATE OR REPLACE TEMP TABLE ${LOG_CELLS} AS
    SELECT ${groups.join(', ')}, sum(rows) AS n, sum(k) AS k ${truth}
    FROM ${PREPARED} WHERE ${USABLE}
    GROUP BY ${groups.map((_, g) => g + 1).join(', ')}`);
  const { cells } = await database.row(`SELECT count(*)::DOUBLE AS cells FROM ${LOG_CELLS}`);
  const columns = list.map((column) => `${column}::DOUBLE AS ${column}`);
  const sql = `SELECT ${columns.join(', ')} FROM ${LOG_CELLS} ORDER BY ALL`;
  return database.doubles(sql, Number(cells));
}

/** A feature's bins. */
interface Binning {
  /** Ascending; x ≤ cut goes left. */
  readonly cuts: Float64Array;
  /** One more than cuts, ascending, each in its bin: the least value, quantiles, the greatest. */
  readonly members: Float64Array;
}

/** With more distinct values than this, their quantiles are those of about so many rows. */
const MOST_VALUES = 1_000_000;

/**
 * Bins a numeric column of the prepared rows.
 * @param place SQL that tells rows apart
 */
async function binColumn(
  database: Database,
  column: string,
  maxBins: number,
  place: string,
): Promise<Binning> {
  const usable = `FROM ${PREPARED} WHERE ${USABLE} AND ${column} IS NOT NULL`;
  const { distinct, rows, least, greatest } = await database.row(`
    SELECT approx_count_distinct(${column})::DOUBLE AS distinct, sum(rows)::DOUBLE AS rows,
      min(${column}) AS least, max(${column}) AS greatest ${usable}`);
  if (Number(rows) === 0) return { cuts: new Float64Array(0), members: Float64Array.of(0) };
  const every = Number(distinct) <= MOST_VALUES ? 1 : Math.ceil(Number(rows) / MOST_VALUES);
  const ends = `${column} IN (${quoteNumber(Number(least))}, ${quoteNumber(Number(greatest))})`;
  const sample = every === 1 ? '' : `AND (hash(${place}) % ${every} = 0 OR ${ends})`;
  await database.run(
    `CREATE OR REPLACE TEMP TABLE histogram AS SELECT ${column} AS value, sum(rows)::DOUBLE AS rows ${usable} ${sample} GROUP BY value`,
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
