import { InputError } from '../cli/exit.js';
import type { Database, SourceColumn } from './database.js';
import { findFiles, type DataFile } from './files.js';
import { quoteName, quoteText } from './sql.js';

/** The rows of a query, in a table of ours. */
export interface StagedQuery {
  readonly table: string;
  readonly columns: readonly SourceColumn[];
  /** The database file that was asked, if any. */
  readonly files: readonly DataFile[];
}

const STAGED = 'work.main.queried';

/**
 * Runs the user's SELECT once and keeps its rows. It may read any file, and the tables of a
 * DuckDB database if `input` names one, which is opened for reading only.
 * @throws InputError if it is not one SELECT, or cannot be run
 */
export async function stageQuery(
  database: Database,
  sql: string,
  input: readonly string[],
): Promise<StagedQuery> {
  const files = input.length === 0 ? [] : await attach(database, input);
  const select = sql.trim().replace(/;\s*$/, '');
  try {
    return await stage(database, select, files);
  } catch (cause) {
    const reason = (cause as Error).message.split('\n')[0];
    throw new InputError(`--query: ${reason}; wanted one SELECT`, { cause });
  }
}

/**
 * The only table of a DuckDB database file.
 * @throws InputError naming the tables if there are several
 */
export async function openDatabaseFile(database: Database, path: string): Promise<StagedQuery> {
  const files = await attach(database, [path]);
  const tables = await database.rows(
    "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'input' ORDER BY ALL",
  );
  if (tables.length !== 1) {
    const names = tables.map(({ table_name: name }) => name).join(', ') || 'none';
    throw new InputError(`${path}: the tables are ${names}: say which by --query 'FROM …'`);
  }
  const [{ table_schema: schema, table_name: table }] = tables;
  return stage(database, `FROM ${quoteName(String(schema))}.${quoteName(String(table))}`, files);
}

async function stage(
  database: Database,
  select: string,
  files: readonly DataFile[],
): Promise<StagedQuery> {
  await database.run(`CREATE TABLE ${STAGED} AS SELECT * FROM (${select}\n)`);
  if (files.length > 0) await database.run('USE work; DETACH input');
  return { table: STAGED, columns: await database.describe(`FROM ${STAGED}`), files };
}

async function attach(database: Database, input: readonly string[]): Promise<DataFile[]> {
  const { format, files } = await findFiles(database, input);
  if (format !== 'duckdb') {
    throw new InputError(
      `${input.join(', ')}: with --query, wanted a DuckDB database, or no file: a query names files itself, as in FROM 'ads.parquet'`,
    );
  }
  try {
    await database.run(`ATTACH ${quoteText(files[0].path)} AS input (READ_ONLY); USE input`);
  } catch (cause) {
    throw new InputError(`${files[0].path}: ${(cause as Error).message.split('\n')[0]}`, { cause });
  }
  return files;
}
