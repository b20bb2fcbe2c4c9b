/*
 * The different cells of all columns of text, in one table: what is asked of a table's cells is
 * then one query however many columns there are, and asked once of each different cell.
 *
 *   Day         Campaign            which  cell        rows
 *   2026-07-01  Harbour             0      2026-07-01  2
 *   2026-07-01  Fjord        ──▶    0      2026-07-02  1
 *   2026-07-02  Harbour             1      Harbour     2
 *                                   1      Fjord       1
 */
import type { Database } from '../source/database.js';
import { quoteName } from '../source/sql.js';

/**
 * Table of the cells last counted: `which` column, `cell` as `present` has it and never NULL, and
 * in how many `rows` it is.
 */
export const CELLS = 'cells';

/** Columns of one list: with more, a list is larger than what the processor holds at hand. */
const COLUMNS_AT_ONCE = 25;

/**
 * Makes the table `CELLS`.
 * @param from a table or view
 * @param columns of text, whose places become `which`
 */
export async function countCells(
  database: Database,
  from: string,
  columns: readonly { readonly name: string; readonly which: number }[],
): Promise<void> {
  const parts: string[] = [];
  for (let at = 0; at < columns.length; at += COLUMNS_AT_ONCE) {
    const some = columns.slice(at, at + COLUMNS_AT_ONCE);
    const places = some.map(({ which }) => which).join(', ');
    const cells = some.map(({ name }) => quoteName(name)).join(', ');
    parts.push(
      `SELECT unnest([${places}])::USMALLINT AS which, unnest([${cells}]) AS cell FROM ${from}`,
    );
  }
  await database.run(`CREATE OR REPLACE TABLE ${CELLS} AS
    SELECT which, cell, count(*) AS rows
    FROM (SELECT which, present(cell) AS cell FROM (${parts.join(' UNION ALL ')}))
    WHERE cell IS NOT NULL GROUP BY which, cell`);
}
