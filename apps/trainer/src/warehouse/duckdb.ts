/* DuckDB as a warehouse: a database file, opened for reading only. */
import { access, open } from 'node:fs/promises';
import { InputError } from '../cli/exit.js';
import { Database, type DatabaseOptions } from '../source/database.js';
import { contentOf } from '../source/encoding.js';
import { isDataError } from '../source/source.js';
import { quoteName, quoteNumber, quoteText } from '../source/sql.js';
import type { Address } from './address.js';
import {
  LONGEST_NUMERAL,
  nestedSelect,
  NUMERAL,
  type ColumnKind,
  type Dialect,
  type Traffic,
  type Value,
  type Warehouse,
  type WarehouseColumn,
} from './warehouse.js';

/** The words of DuckDB. */
export const duckdb: Dialect = {
  engine: 'duckdb',
  name: quoteName,
  text: quoteText,
  number: quoteNumber,
  select: (query) => nestedSelect(quoteName, query),
  asNumber: ({ name, kind }) => {
    const value = quoteName(name);
    if (kind === 'text') return duckdb.parsed(`CAST(${value} AS VARCHAR)`);
    if (kind === 'float') return `CASE WHEN isfinite(${value}) THEN ${value}::DOUBLE END`;
    return `TRY_CAST(${value} AS DOUBLE)`;
  },
  asText: ({ name }) => `CAST(${quoteName(name)} AS VARCHAR)`,
  asTime: ({ name }) => {
    const moment = `${quoteName(name)}::TIMESTAMP`;
    return `CASE WHEN isfinite(${moment}) THEN epoch(${moment})::DOUBLE END`;
  },
  parsed: (text) => {
    const isNumeral = `length(${text}) <= ${LONGEST_NUMERAL} AND regexp_matches(${text}, ${quoteText(NUMERAL)})`;
    const number = `TRY_CAST(${text} AS DOUBLE)`;
    return `CASE WHEN ${isNumeral} AND isfinite(${number}) THEN ${number} END`;
  },
  isTrue: (condition) => `coalesce(${condition}, false)`,
  length: (text) => `length(${text})`,
  bin: (value, borders) => {
    const halve = (from: number, to: number): string => {
      if (from === to) return String(from);
      const middle = (from + to) >> 1;
      return `CASE WHEN ${value} < ${quoteNumber(borders[middle])} THEN ${halve(from, middle)} ELSE ${halve(middle + 1, to)} END`;
    };
    return `CASE WHEN ${value} IS NOT NULL THEN ${halve(0, borders.length)} END`;
  },
  exactText: (value) =>
    `coalesce(CASE WHEN abs(${value}) < 9e18 THEN floor(${value})::BIGINT::VARCHAR || '.' || floor((${value} - floor(${value})) * 4294967296)::BIGINT::VARCHAR ELSE 'far' END, '')`,
  concat: (texts) => texts.map((text) => `coalesce(${text}, '')`).join(` || '|' || `),
  md5: (text, count) => `substr(md5(${text}), 1, ${count})`,
  hash: (text) => `hash(${text})`,
  hashSum: (hash) => `sum(${hash})::VARCHAR`,
  distinct: (value) => `approx_count_distinct(${value})`,
  drawn: (every) => `random() * ${every} < 1`,
};

/** A database file. */
export class DuckdbWarehouse implements Warehouse {
  readonly dialect = duckdb;
  readonly traffic: Traffic = { queries: 0, rows: 0, bytes: 0 };

  private constructor(
    private readonly database: Database,
    readonly url: string,
  ) {}

  /** @throws InputError if there is no such file, or it is no database */
  static async open(
    { path, url }: Address,
    options: DatabaseOptions,
    signal: AbortSignal,
  ): Promise<DuckdbWarehouse> {
    await access(path).catch((cause: unknown) => {
      throw new InputError(`${url}: there is no such file`, { cause });
    });
    await refuseOther(path, url);
    const database = await Database.open(options, signal);
    try {
      // A time with a zone is read as UTC has it, as all engines do, and not as the machine's clock.
      await database.run(`SET TimeZone = 'UTC'`);
      await database.run(`ATTACH ${quoteText(path)} AS input (READ_ONLY); USE input`);
      await database.confine([path]);
      return new DuckdbWarehouse(database, url);
    } catch (cause) {
      await database.close();
      throw refusal(url, cause);
    }
  }

  async describe(sql: string): Promise<WarehouseColumn[]> {
    try {
      await this.refuseMany(sql);
      const columns = await this.database.describe(sql);
      return columns.map(({ name, type }) => ({ name, type, kind: kindOf(type) }));
    } catch (cause) {
      throw refusal(this.url, cause);
    }
  }

  readonly stream = async function* (
    this: DuckdbWarehouse,
    sql: string,
  ): AsyncGenerator<Value[][]> {
    this.traffic.queries++;
    try {
      await this.refuseMany(sql);
      for await (const rows of this.database.chunks(sql)) {
        this.traffic.rows += rows.length;
        this.traffic.bytes += Buffer.byteLength(JSON.stringify(rows, plainJson));
        yield rows.map((row) => row.map(plainValue));
      }
    } catch (cause) {
      throw refusal(this.url, cause);
    }
  }.bind(this);

  async close(): Promise<void> {
    await this.database.close();
  }

  private async refuseMany(sql: string): Promise<void> {
    if ((await this.database.countStatements(sql)) === 1) return;
    throw new InputError(`${this.url}: got several statements, wanted one SELECT`);
  }
}

/** It would be opened as something else, and no table would be found in it. */
async function refuseOther(path: string, url: string): Promise<void> {
  const start = await firstBytes(path).catch((cause: Error) => {
    throw new InputError(`${url}: ${cause.message}`, { cause });
  });
  if (contentOf(start) === 'duckdb') return;
  throw new InputError(
    `${url}: got a file that is no database of DuckDB; files of data are named without --source`,
  );
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START), 0, START, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Bytes that tell what a file is. */
const START = 64;

const plainJson = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? Number(value) : value;

function plainValue(value: unknown): Value {
  return typeof value === 'bigint' ? Number(value) : (value as Value);
}

function refusal(url: string, cause: unknown): unknown {
  if (!isDataError(cause) || cause instanceof InputError) return cause;
  return new InputError(`${url}: ${cause.message.split('\n')[0]}`, { cause });
}

function kindOf(type: string): ColumnKind {
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type)) return 'integer';
  if (/^DECIMAL/.test(type)) return 'decimal';
  if (/^(DOUBLE|FLOAT|REAL)$/.test(type)) return 'float';
  if (type === 'BOOLEAN') return 'boolean';
  if (/^(DATE|TIMESTAMP)/.test(type)) return 'time';
  return /^(VARCHAR|ENUM|UUID)/.test(type) ? 'text' : 'other';
}
