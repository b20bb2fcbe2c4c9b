/*
 * A click log has many more rows than different ones: what is mapped is a position, a device, an
 * hour. Where it comes in columns, equal rows are put together before anything is asked of them, in
 * one pass that reads nothing else:
 *
 *   position  device  clicked         position  device  clicked  rows
 *   1         mobile  false           1         mobile  false    2
 *   1         mobile  true     ──▶    1         mobile  true     1
 *   1         mobile  false
 */
import { columnsOf, type Mapping } from '../mapping/mapping.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { FILE_COLUMN, quoteList, quoteName, ROW_COLUMN } from '../source/sql.js';

/** Column of a source of equal rows: how many there are. */
export const WEIGHT_COLUMN = 'adscale_rows';

/** Rows that are looked at to find out how many differ. */
const LOOKED_AT = 200_000;

/** It is worth the pass if one in so many rows or fewer is different. */
const WORTH = 4;

/** Rows of one file at most: a place is a file's number times this, plus the row's in it. */
const ROWS_OF_FILE = 2 ** 40;

/**
 * The different rows of a click log, as far as the mapping reads them, each with how often it is
 * there and with the place of its first.
 * @returns undefined if most rows differ, or if SQL of the mapping's must see each of them
 */
export async function groupEqualRows(
  database: Database,
  source: Source,
  mapping: Mapping,
): Promise<Source | undefined> {
  const { label, derived = {}, where = [] } = mapping;
  if (label === undefined || source.text) return undefined;
  if (where.length > 0 || Object.keys(derived).length > 0) return undefined;
  const names = [...new Set(columnsOf(mapping))];
  const columns = names.map(quoteName).join(', ');
  if (!(await isWorthwhile(database, source, columns))) return undefined;
  const files = quoteList(source.files.map(({ stored }) => stored));
  const place =
    source.files.length > 1
      ? `(list_position(${files}, ${FILE_COLUMN}) - 1)::BIGINT * ${ROWS_OF_FILE} + ${ROW_COLUMN}`
      : ROW_COLUMN;
  await database.run(`CREATE OR REPLACE TABLE different AS
    SELECT ${columns}, count(*)::DOUBLE AS ${WEIGHT_COLUMN}, min(${place})::BIGINT AS adscale_place
    FROM (${source.query}) GROUP BY ${columns}`);
  const file =
    source.files.length > 1 ? `${files}[adscale_place // ${ROWS_OF_FILE} + 1]` : 'NULL::VARCHAR';
  return {
    ...source,
    columns: source.columns.filter(({ name }) => names.includes(name)),
    query: `SELECT ${columns}, ${WEIGHT_COLUMN}, ${file} AS ${FILE_COLUMN},
      adscale_place % ${ROWS_OF_FILE} AS ${ROW_COLUMN} FROM different`,
  };
}

/** Whether few enough rows differ, as the first ones have it. */
async function isWorthwhile(
  database: Database,
  { query }: Source,
  columns: string,
): Promise<boolean> {
  const { rows } = await database.row(`SELECT count(*)::DOUBLE AS rows FROM (${query})`);
  const { looked, different } = await database.row(`
    SELECT coalesce(sum(rows), 0)::DOUBLE AS looked, count(*)::DOUBLE AS different
    FROM (SELECT count(*) AS rows FROM (FROM (${query}) LIMIT ${LOOKED_AT}) GROUP BY ${columns})`);
  // So many of them would be seen in a sample if that many were different in all.
  const most = Number(rows) / WORTH;
  return Number(different) <= most * -Math.expm1(-Number(looked) / most);
}
