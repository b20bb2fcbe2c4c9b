import { CompiledQuery, type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely';
import type { Tables } from './tables.js';

/**
 * Rows of one statement: this many, and what is left over by the powers of two below. So there are few
 * different statements, which are prepared once.
 */
const MOST_ROWS = 256;
/** Texts of statements; there are at most nine for each kind of insertion. */
const statements = new Map<string, string>();

type Db = Kysely<Tables>;

/** Whether the database is PostgreSQL, where two processes can be in a transaction at once. */
export function isPostgres(db: Db): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

export interface BulkRows<T extends keyof Tables & string> {
  readonly table: T;
  readonly columns: readonly (keyof Tables[T] & string)[];
  readonly rows: readonly Tables[T][];
  /** What follows the values, such as `on conflict (key) do nothing`. */
  readonly ending: string;
}

/**
 * Inserts many rows with few statements. To have Kysely build such a statement takes 20 µs a row, which
 * is more than to run it.
 */
export async function insertMany<T extends keyof Tables & string>(
  db: Db,
  { table, columns, rows, ending }: BulkRows<T>,
): Promise<void> {
  const numbered = isPostgres(db);
  const names = columns.map((name) => `"${name}"`).join(', ');
  const start = `insert into "${table}" (${names}) values `;
  let size = MOST_ROWS;
  for (let from = 0; from < rows.length; from += size) {
    while (size > rows.length - from) size /= 2;
    const values: unknown[] = [];
    for (let r = from; r < from + size; r++) {
      for (let c = 0; c < columns.length; c++) values.push(rows[r][columns[c]]);
    }
    const text = insertion(start, size, columns.length, ending, numbered);
    await db.executeQuery(CompiledQuery.raw(text, values));
  }
}

function insertion(
  start: string,
  rows: number,
  width: number,
  ending: string,
  numbered: boolean,
): string {
  const name = `${numbered} ${rows} ${start} ${ending}`;
  const known = statements.get(name);
  if (known !== undefined) return known;
  const place = (number: number) => (numbered ? `$${number + 1}` : '?');
  const row = (r: number) =>
    `(${Array.from({ length: width }, (_, c) => place(r * width + c)).join(',')})`;
  const text = `${start}${Array.from({ length: rows }, (_, r) => row(r)).join(',')} ${ending}`;
  statements.set(name, text);
  return text;
}

/** Whether a column is one of many values, which are one parameter. */
export function isOneOf(db: Db, column: string, values: readonly string[]): RawBuilder<boolean> {
  if (isPostgres(db)) return sql<boolean>`${sql.ref(column)} = any(${[...values]}::text[])`;
  return sql<boolean>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`;
}
