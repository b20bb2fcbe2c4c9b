import { checkTable, type CtrTable } from '@adscale/ctr';
import type { Schema } from '@adscale/forest';
import type { Stage } from '../cli/reporter.js';
import type { Mapping } from '../mapping/mapping.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { readClickLog } from './click-log.js';
import { keysOf, placeSql, tableOf } from './columns.js';
import { completeMapping } from './complete.js';
import { checkRows, countRows, type RowCounts } from './counts.js';
import { refuseLeaks } from './leaks.js';
import { PREPARED, prepareRows, USABLE } from './prepare.js';

/** A table as the forest takes it, and how it came about. */
export interface ReadTable {
  readonly table: CtrTable;
  /** The mapping with everything filled in that it left to the data. */
  readonly mapping: Mapping;
  readonly counts: RowCounts;
}

/** What to learn from a source, and how finely. */
export interface ReadOptions {
  readonly mapping: Mapping;
  /** Bins of a numeric feature: a click log is grouped by them. */
  readonly maxBins: number;
  /** A model's cuts by feature, to group a click log by the bins that the model knows. */
  readonly cuts?: readonly Float64Array[];
  /** Only judge by the rows: nothing is learned from a feature that leaks. */
  readonly judgeOnly?: boolean;
  readonly stage?: Stage;
}

/**
 * Reads the rows of a source that its mapping wants. A click log comes grouped: its rows of equal
 * codes are one row with their impressions and clicks, so that its length is of no consequence.
 * @throws InputError if the mapping does not fit, if there are dirty rows and the mapping does not
 * drop them, if no row is left, or if a feature leaks the target
 */
export async function readTable(
  database: Database,
  source: Source,
  { mapping: given, maxBins, cuts, judgeOnly = false, stage }: ReadOptions,
): Promise<ReadTable> {
  const prepared = await prepareRows(database, source, given, stage);
  const counts = await countRows(database, prepared);
  checkRows(prepared, counts);
  if (!judgeOnly) await refuseLeaks(database, prepared, counts.usable);
  const { mapping, schema } = await completeMapping(database, given);
  const table =
    mapping.label === undefined
      ? await readRecords(database, mapping, schema, counts.usable)
      : await readClickLog(database, prepared, schema, { maxBins, cuts });
  return { table: checkTable(table), mapping, counts };
}

/** One row a record, in the order of the data. */
async function readRecords(
  database: Database,
  mapping: Mapping,
  schema: Schema,
  rows: number,
): Promise<CtrTable> {
  const columns: string[] = [];
  for (const [f, feature] of schema.features.entries()) {
    const numeric = feature.kind !== 'categorical';
    columns.push(numeric ? `f${f}` : await placeSql(database, `f${f}`, feature.categories));
  }
  const keys = keysOf(mapping);
  const list = [...columns, 'n', 'k', ...keys].map((column) => `(${column})::DOUBLE`).join(', ');
  const values = await database.doubles(`SELECT ${list} FROM ${PREPARED} WHERE ${USABLE}`, rows);
  return tableOf(schema, keys, values);
}
