import { CompiledQuery, type Kysely, PostgresAdapter } from 'kysely';
import type { Tables } from './tables.js';

/** PostgreSQL takes 65,535 parameters in a statement, SQLite 32,766. */
const MOST_PARAMETERS = 30_000;
/** Texts of statements by what they begin with, how they end, and by rows; a few are used all the time. */
const statements = new Map<string, string>();
const MOST_STATEMENTS = 64;

type Db = Kysely<Tables>;

/** Whether the database is PostgreSQL, where two processes can be in a transaction at once. */
export function isPostgres(db: Db): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** @param rows values in the order of `columns`, row after row */
export interface BulkRows<T extends keyof Tables & string> {
  readonly table: T;
  readonly columns: readonly (keyof Tables[T] & string)[];
  readonly rows: readonly unknown[];
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
  const width = columns.length;
  const most = Math.floor(MOST_PARAMETERS / width) * width;
  const start = `insert into "${table}" (${columns.map((name) => `"${name}"`).join(', ')}) values `;
  for (let from = 0; from < rows.length; from += most) {
    const part = rows.length <= most ? rows : rows.slice(from, from + most);
    const text = statement(db, start, part.length / width, width, ending);
    await db.executeQuery(CompiledQuery.raw(text, part as unknown[]));
  }
}

function statement(db: Db, start: string, rows: number, width: number, ending: string): string {
  const name = `${start}${rows} ${width} ${ending}`;
  let text = statements.get(name);
  if (text !== undefined) return text;
  const numbered = isPostgres(db);
  const row = (r: number) => {
    const places = Array.from({ length: width }, (_, c) =>
      numbered ? `$${r * width + c + 1}` : '?',
    );
    return `(${places.join(',')})`;
  };
  text = start + Array.from({ length: rows }, (_, r) => row(r)).join(',') + ` ${ending}`;
  if (statements.size === MOST_STATEMENTS) statements.clear();
  statements.set(name, text);
  return text;
}

/** Parts of a list, each short enough for the parameters of one statement. */
export function* partsOf<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += MOST_PARAMETERS) {
    yield list.length <= MOST_PARAMETERS ? list : list.slice(from, from + MOST_PARAMETERS);
  }
}

/**
 * Rows whose `column` is one of `values`.
 * @param what the columns wanted
 */
export async function selectIn<T extends keyof Tables & string, K extends keyof Tables[T] & string>(
  db: Db,
  table: T,
  column: keyof Tables[T] & string,
  values: readonly string[],
  what: readonly K[],
): Promise<Pick<Tables[T], K>[]> {
  const found: Pick<Tables[T], K>[] = [];
  const start = `select ${what.map((name) => `"${name}"`).join(', ')} from "${table}" where "${column}" in `;
  for (const part of partsOf(values)) {
    const text = statement(db, start, 1, part.length, '');
    const { rows } = await db.executeQuery(CompiledQuery.raw(text, part as unknown[]));
    for (const row of rows) found.push(row as Pick<Tables[T], K>);
  }
  return found;
}
