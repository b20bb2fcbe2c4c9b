/* A warehouse as commands name it. */
import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { InputError } from '../cli/exit.js';
import { wholeNumber } from '../cli/flags.js';
import type { DatabaseOptions } from '../source/database.js';
import type { SourceFlags } from '../source/source.js';
import { parseAddress } from './address.js';
import type { Warehouse } from './warehouse.js';

/** Flags of commands that count in a warehouse. */
export interface WarehouseFlags {
  /** URL of a warehouse. */
  readonly source?: string;
  readonly maxCells?: number;
}

/** Adds the flags that name a warehouse. */
export function addWarehouseFlags(command: Command): Command {
  return command
    .option(
      '--source <url>',
      'count where the data lies: clickhouse://user@host:port/database, postgres://user@host:port/database or duckdb:///path/file.db, with --table or --query; passwords by CLICKHOUSE_PASSWORD, PGPASSWORD',
    )
    .addOption(
      new Option(
        '--max-cells <n>',
        'of --source: more distinct cells than these are made fewer; default by the memory',
      ).argParser(someCells),
    );
}

/** A flag that is a number of cells: some with clicks and some without. */
function someCells(text: string): number {
  const cells = wholeNumber(text);
  if (cells < 2) throw new InvalidArgumentError('wanted a whole number from 2.');
  return cells;
}

/** What of a warehouse is read, as cards keep it. */
export interface WarehouseData {
  readonly url: string;
  readonly table?: string;
  readonly query?: string;
}

/**
 * What the flags name.
 * @throws InputError if they name files too, or neither a table nor a query
 */
export function warehouseData(
  url: string,
  { input = [], table, query, sheet, encoding }: Partial<SourceFlags>,
): WarehouseData {
  const address = parseAddress(url);
  const beside = [...input, ...(sheet ? ['--sheet'] : []), ...(encoding ? ['--encoding'] : [])];
  if (beside.length > 0) {
    throw new InputError(`--source: got ${beside.join(', ')} beside it, wanted no file`);
  }
  if ((table === undefined) === (query === undefined)) {
    const got = table === undefined ? 'neither --table nor --query' : '--table and --query';
    throw new InputError(`--source: got ${got}, wanted one of them`);
  }
  return {
    url: address.url,
    ...(table !== undefined && { table: String(table) }),
    ...(query !== undefined && { query }),
  };
}

/** The data in words: the URL, then the table or the query. */
export const nameOf = ({ url, table, query }: WarehouseData): string =>
  `${url}: ${table ?? query!.trim()}`;

/**
 * Connects to a warehouse, and closes the connection when `work` is done.
 * @throws InputError naming the URL, if it cannot be had
 */
export async function useWarehouse<T>(
  url: string,
  options: DatabaseOptions,
  signal: AbortSignal,
  work: (warehouse: Warehouse) => Promise<T>,
): Promise<T> {
  const warehouse = await connect(url, options, signal);
  try {
    return await work(warehouse);
  } finally {
    await warehouse.close();
  }
}

/** Each client is read only where it is asked for. */
async function connect(
  url: string,
  options: DatabaseOptions,
  signal: AbortSignal,
): Promise<Warehouse> {
  const address = parseAddress(url);
  switch (address.engine) {
    case 'clickhouse':
      return (await import('./clickhouse.js')).ClickhouseWarehouse.open(address, signal);
    case 'postgres':
      return (await import('./postgres.js')).PostgresWarehouse.open(address, signal);
    case 'duckdb':
      return (await import('./duckdb.js')).DuckdbWarehouse.open(address, options, signal);
  }
}

/** Bytes that a cell takes here at most, while it is loaded, sorted, and learned from by all trees. */
const CELL = 1000;

/** So many cells are held: what half of the memory takes. */
export function defaultMaxCells(): number {
  const limit = constrainedMemory();
  const bytes = limit > 0 && limit < totalmem() ? limit : totalmem();
  return Math.max(100_000, Math.floor(bytes / 2 / CELL));
}
