import type { CtrTable } from '@adscale/ctr';
import type { Schema } from '@adscale/forest';
import type { Database } from '../source/database.js';
import { keysOf, placeSql, tableOf } from './columns.js';
import { binColumn, codeSql, type Binning } from './cuts.js';
import { PREPARED, USABLE, type Prepared } from './prepare.js';

/** How finely a click log is grouped. */
export interface Grouping {
  /** Bins of a numeric feature. */
  readonly maxBins: number;
  /** By feature: cuts to group by instead, a model's own. */
  readonly cuts?: readonly Float64Array[];
}

/** So many different times are enough to split by. */
const TIMES = 1000;

/**
 * A click log as its distinct cells: rows of equal codes are one, with their impressions and
 * clicks, each number standing for its bin. Sorted by code, whatever the order of the data.
 */
export async function readClickLog(
  database: Database,
  { mapping }: Prepared,
  schema: Schema,
  { maxBins, cuts }: Grouping,
): Promise<CtrTable> {
  const keys = keysOf(mapping);
  /** By column of the result; null where values stand for themselves. */
  const binnings: (Binning | null)[] = [];
  const codes: string[] = [];
  for (const [f, feature] of schema.features.entries()) {
    const column = `f${f}`;
    if (feature.kind === 'categorical') {
      binnings.push(null);
      codes.push(await placeSql(database, column, feature.categories));
    } else {
      const binning =
        cuts === undefined ? await binColumn(database, column, maxBins) : givenBinning(cuts[f]);
      binnings.push(binning);
      codes.push(codeSql(column, binning.cuts));
    }
  }
  binnings.push(null, null);
  const groups = codes.map((code, f) => `(${code})::INTEGER AS c${f}`);
  for (const key of keys) {
    const binning = key === 'time' ? await binColumn(database, key, TIMES) : null;
    binnings.push(binning);
    if (key !== 'truth') groups.push(`${binning ? codeSql(key, binning.cuts) : key} AS ${key}`);
  }
  const list = [...codes.map((_, f) => `c${f}`), 'n', 'k', ...keys];
  const values = await groupRows(database, groups, list);
  binnings.forEach((binning, c) => {
    if (binning === null) return;
    values[c] = values[c].map((code) => (Number.isNaN(code) ? NaN : binning.members[code]));
  });
  return { ...tableOf(schema, keys, values), grouped: true };
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
  const truth = list.includes('truth') ? ', avg(truth) AS truth' : '';
  await database.run(`
    CREATE OR REPLACE TEMP TABLE cells AS
    SELECT ${groups.join(', ')}, count(*) AS n, sum(k) AS k ${truth}
    FROM ${PREPARED} WHERE ${USABLE}
    GROUP BY ${groups.map((_, g) => g + 1).join(', ')}`);
  const { cells } = await database.row('SELECT count(*)::DOUBLE AS cells FROM cells');
  const columns = list.map((column) => `${column}::DOUBLE AS ${column}`);
  const sql = `SELECT ${columns.join(', ')} FROM cells ORDER BY ALL`;
  return database.doubles(sql, Number(cells));
}
