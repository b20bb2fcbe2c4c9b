import { checkTable, type CtrTable, type RecordSchema } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import type { Stage } from '../cli/reporter.js';
import type { Mapping } from '../mapping/mapping.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { readClickLog, type Grouping } from './click-log.js';
import { keysOf, numberSql, readVocabularies, tableOf } from './columns.js';
import { completeMapping } from './complete.js';
import { checkRows, countRows, type RowCounts } from './counts.js';
import { groupEqualRows } from './equal-rows.js';
import { refuseLeaks } from './leaks.js';
import { checkColumns, PREPARED, prepareRows, USABLE, type Prepared } from './prepare.js';
import { settleRestated, type RestatedRows } from './restated.js';

/** A table as the forest takes it, and how it came about. */
export interface ReadTable {
  readonly table: CtrTable;
  /** The mapping with everything filled in that it left to the data. */
  readonly mapping: Mapping;
  readonly counts: RowCounts;
  /** Rows that say again what others say, if there are any. */
  readonly restated?: RestatedRows;
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
  checkColumns(source, given);
  const settled = await settleRestated(database, source, given);
  const different = await groupEqualRows(database, settled.source, given);
  const prepared = await prepareRows(database, settled.source, given, {
    ...{ stage, different },
    answering: judgeOnly,
  });
  const counts = await countRows(database, prepared);
  checkRows(prepared, counts);
  if (!judgeOnly) await checkOutcomes(database, prepared);
  if (!judgeOnly) await refuseLeaks(database, prepared);
  const { restated } = settled;
  const read = await readPrepared(database, prepared, counts.usable, { maxBins, cuts });
  return { ...read, counts, ...(restated && { restated }) };
}

/**
 * Reads the table `PREPARED`.
 * @param rows usable ones in it
 */
export async function readPrepared(
  database: Database,
  prepared: Prepared,
  rows: number,
  grouping: Grouping,
): Promise<Pick<ReadTable, 'table' | 'mapping'>> {
  const { mapping, schema } = await completeMapping(database, prepared.mapping);
  const table =
    mapping.label === undefined
      ? await readRecords(database, mapping, schema, rows)
      : await readClickLog(database, prepared, schema, grouping);
  const vocabularies = await readVocabularies(database, schema);
  return { table: checkTable({ ...table, ...(vocabularies && { vocabularies }) }), mapping };
}

/** @throws InputError if nothing was clicked, or everything: there is nothing to learn */
export async function checkOutcomes(
  database: Database,
  { source, mapping }: Pick<Prepared, 'source' | 'mapping'>,
): Promise<void> {
  const row = await database.row(
    `SELECT sum(n)::DOUBLE AS n, sum(k)::DOUBLE AS k FROM ${PREPARED} WHERE ${USABLE}`,
  );
  const [n, k] = [Number(row.n), Number(row.k)];
  if (k > 0 && k < n) return;
  const { label, clicks } = mapping;
  const count = n.toLocaleString('en');
  const got =
    k === 0 ? `no click in ${count} impressions` : `a click in each of ${count} impressions`;
  const wanted =
    label === undefined ? 'some with clicks and some without' : 'rows of 0 and rows of 1';
  throw new InputError(`${source.name}: ${label ?? clicks}: got ${got}, wanted ${wanted}`);
}

/** One row a record, in the order of the data. */
async function readRecords(
  database: Database,
  mapping: Mapping,
  schema: RecordSchema,
  rows: number,
): Promise<CtrTable> {
  const columns: string[] = [];
  for (const [f, feature] of schema.features.entries()) {
    const usable = `FROM ${PREPARED} WHERE ${USABLE}`;
    columns.push(await numberSql(database, `f${f}`, feature, usable));
  }
  const keys = keysOf(mapping);
  const list = [...columns, 'n', 'k', ...keys].map((column) => `(${column})::DOUBLE`).join(', ');
  const values = await database.doubles(`SELECT ${list} FROM ${PREPARED} WHERE ${USABLE}`, rows);
  return tableOf(schema, keys, values);
}
