import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { InputError } from '../cli/exit.js';
import { countFlag } from '../cli/flags.js';
import { batchFiles, csvQuery, FILE_COLUMN, ROW_COLUMN, type Dialect } from './csv.js';
import type { Database, SourceColumn } from './database.js';
import { findFiles, type DataFile } from './files.js';
import { openDatabaseFile, stageQuery, type StagedQuery } from './query.js';
import { quoteList, quoteText } from './sql.js';
import { encodings, type Encoding } from './text.js';

/** Flags of every command that reads data. */
export interface SourceFlags {
  /** Files, globs of files, or a DuckDB database. */
  readonly input?: readonly string[];
  readonly query?: string;
  readonly encoding?: Encoding;
  readonly memoryLimit?: string;
  readonly temp?: string;
  readonly threads: number;
}

/** Adds the flags that say what to read and with how much memory. */
export function addSourceFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        '-i, --input <file...>',
        'CSV, Parquet, NDJSON (.gz too), globs, or a DuckDB file; the argument by another name',
      ),
    )
    .option('--query <sql>', 'a SELECT over files or over the DuckDB file given')
    .addOption(
      new Option('--encoding <name>', 'of CSV files; found out if absent').choices([...encodings]),
    )
    .option('--memory-limit <size>', 'memory to read with, as 2GB; default half of the machine')
    .option('--temp <folder>', 'for what does not fit in memory; default the system folder')
    .addOption(countFlag('threads', 'threads to work on', availableParallelism()));
}

/** A table somewhere, open for reading. */
export interface Source {
  /** What it is, in words. */
  readonly name: string;
  readonly format: 'csv' | 'ndjson' | 'parquet' | 'query';
  readonly files: readonly DataFile[];
  /** SELECT of the columns, FILE_COLUMN and, unless it is text, ROW_COLUMN; rows in their order. */
  readonly query: string;
  readonly columns: readonly SourceColumn[];
  /** The columns come as text: reading them again means parsing them again. */
  readonly text: boolean;
  /** How each CSV file is written, by path. */
  readonly dialects: ReadonlyMap<string, Dialect>;
}

const none: ReadonlyMap<string, Dialect> = new Map();

/**
 * Opens what the flags name: files, or the rows of a query.
 * @throws InputError if there is nothing to read, or not in this format
 */
export async function openSource(database: Database, flags: SourceFlags): Promise<Source> {
  const { input = [], query } = flags;
  if (query !== undefined) {
    return fromQuery(await stageQuery(database, query, input), query, input);
  }
  if (input.length === 0) throw new InputError('there is no data: name a file, or give --query');
  const { format, files } = await findFiles(database, input);
  const name = input.join(', ');
  try {
    switch (format) {
      case 'csv':
        return await fromCsv(database, files, name, flags);
      case 'ndjson':
        return await fromNdjson(database, files, name);
      case 'parquet':
        return await fromParquet(database, files, name);
      case 'duckdb':
        return fromQuery(await openDatabaseFile(database, files[0].path), undefined, input);
    }
  } catch (cause) {
    if (!isDataError(cause)) throw cause;
    throw new InputError(`${name}: ${cause.message.split('\n').slice(0, 2).join(' ')}`, { cause });
  }
}

/** What the database says of data it cannot read, not of a fault of ours or of the machine. */
export function isDataError(error: unknown): error is Error {
  const { message } = error as Partial<Error>;
  return /^(Invalid Input|Conversion|Invalid|Binder|Parser|Catalog|IO|Permission) Error/.test(
    message ?? '',
  );
}

async function fromCsv(
  database: Database,
  files: readonly DataFile[],
  name: string,
  { encoding }: SourceFlags,
): Promise<Source> {
  const batches = await batchFiles(database, files, encoding);
  const columns = new Map<string, SourceColumn>();
  for (const { dialect } of batches) {
    dialect.names.forEach((column, c) => {
      if (!columns.has(column)) columns.set(column, { name: column, type: dialect.types[c] });
    });
  }
  return {
    name,
    format: 'csv',
    files,
    query: csvQuery(batches),
    columns: [...columns.values()],
    text: true,
    dialects: new Map(
      batches.flatMap(({ dialect, files }) => files.map(({ path }) => [path, dialect] as const)),
    ),
  };
}

async function fromNdjson(
  database: Database,
  files: readonly DataFile[],
  name: string,
): Promise<Source> {
  const list = quoteList(files.map(({ path }) => path));
  const format = files.every(({ path }) => path.endsWith('.json')) ? 'auto' : 'newline_delimited';
  const read = `read_json(${list}, format = '${format}', ignore_errors = ${format !== 'auto'}`;
  const columns = await database.describe(`SELECT * FROM ${read}, union_by_name = true)`);
  if (columns.length === 1 && columns[0].name === 'json') {
    throw new InputError(`${name}: got values, wanted one JSON object a line`);
  }
  const types = columns.map((column) => `${quoteText(column.name)}: 'VARCHAR'`).join(', ');
  return {
    name,
    format: 'ndjson',
    files,
    query: `SELECT * FROM ${read}, columns = {${types}}, filename = '${FILE_COLUMN}')`,
    columns,
    text: true,
    dialects: none,
  };
}

async function fromParquet(
  database: Database,
  files: readonly DataFile[],
  name: string,
): Promise<Source> {
  const list = quoteList(files.map(({ path }) => path));
  const read = `read_parquet(${list}, union_by_name = ${files.length > 1}`;
  const columns = await database.describe(`SELECT * FROM ${read})`);
  return {
    name,
    format: 'parquet',
    files,
    query: `SELECT *, file_row_number AS ${ROW_COLUMN} FROM ${read}, filename = '${FILE_COLUMN}')`,
    columns,
    text: false,
    dialects: none,
  };
}

function fromQuery(
  { table, columns, files }: StagedQuery,
  sql: string | undefined,
  input: readonly string[],
): Source {
  return {
    name: [...input, ...(sql === undefined ? [] : [sql.trim()])].join(': '),
    format: 'query',
    files,
    query: `SELECT *, rowid AS ${ROW_COLUMN}, NULL::VARCHAR AS ${FILE_COLUMN} FROM ${table}`,
    columns,
    text: false,
    dialects: none,
  };
}

/**
 * Tells whether two models saw the same data: SHA-256 over name, size and bytes of each file, in
 * order; of a query over no file, over the number of its rows and an order-blind hash of them.
 * @returns "sha256:" and 64 hexadecimal digits
 */
export async function fingerprint(
  database: Database,
  source: Source,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  for (const { path, bytes } of source.files) {
    hash.update(`${basename(path)}\0${bytes}\0`);
    for await (const chunk of createReadStream(path, { signal, highWaterMark: 1 << 20 })) {
      hash.update(chunk as Buffer);
    }
  }
  if (source.format === 'query') {
    const rows = await database.row(
      `SELECT count(*) AS rows, bit_xor(hash(r)) AS mixed, sum(hash(r)) AS total FROM (${source.query}) r`,
    );
    hash.update(`${source.name}\0${JSON.stringify(rows)}`);
  }
  return `sha256:${hash.digest('hex')}`;
}
