/* PostgreSQL as a warehouse: one read-only transaction that sees the same rows from first to last. */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { shortened } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import { passwordOf, withoutSecret, type Address } from './address.js';
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

/** A name in its own marks. No name holds a NUL: the server would end the text there. */
const quoteName = (name: string): string => `"${withoutNul(name).replaceAll('"', '""')}"`;

/** With E'', a backslash is one by its double, whatever the server's setting. */
function quoteText(text: string): string {
  return ` E'${withoutNul(text).replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** @throws InputError: a text of PostgreSQL cannot hold a NUL */
function withoutNul(text: string): string {
  if (!text.includes('\0')) return text;
  throw new InputError('got a text with a NUL character, wanted none: PostgreSQL has no such text');
}

const quoteNumber = (value: number): string => `'${value}'::float8`;

/**
 * A number that may be too large for a double (none then) or too small (0), at either of which the
 * cast would end the query. To PostgreSQL, NaN is above all numbers.
 */
const doubleOf = (numeric: string, double: string): string =>
  `CASE WHEN abs(${numeric}) < 2.5e-324 THEN 0::float8 WHEN abs(${numeric}) < 1.7976931348623158e308 THEN ${double} END`;

/** The words of PostgreSQL. */
export const postgres: Dialect = {
  engine: 'postgres',
  name: quoteName,
  text: quoteText,
  number: quoteNumber,
  select: (query) => nestedSelect(quoteName, query),
  asNumber: ({ name, kind }) => {
    const value = quoteName(name);
    if (kind === 'text') return postgres.parsed(`${value}::text`);
    if (kind === 'boolean') return `${value}::int::float8`;
    const double = `${value}::float8`;
    if (kind === 'integer') return double;
    if (kind === 'decimal') return doubleOf(value, double);
    return `CASE WHEN ${double} NOT IN ('NaN', 'Infinity', '-Infinity') THEN ${double} END`;
  },
  asText: ({ name }) => `${quoteName(name)}::text`,
  asTime: ({ name }) => {
    const moment = quoteName(name);
    return `CASE WHEN isfinite(${moment}) THEN extract(epoch from ${moment})::float8 END`;
  },
  parsed: (text) => {
    const isNumeral = `char_length(${text}) <= ${LONGEST_NUMERAL} AND ${text} ~ ${quoteText(NUMERAL)}`;
    return `CASE WHEN ${isNumeral} THEN ${doubleOf(`(${text})::numeric`, `(${text})::float8`)} END`;
  },
  isTrue: (condition) => `coalesce(${condition}, false)`,
  length: (text) => `char_length(${text})`,
  bin: (value, borders) =>
    borders.length === 0
      ? `CASE WHEN ${value} IS NOT NULL THEN 0 END`
      : `width_bucket(${value}, '{${Array.from(borders, String).join(',')}}'::float8[])`,
  exactText: (value) =>
    `coalesce(CASE WHEN abs(${value}) < 9e18 THEN floor(${value})::bigint::text || '.' || floor((${value} - floor(${value})) * 4294967296)::bigint::text ELSE 'far' END, '')`,
  concat: (texts) => texts.map((text) => `coalesce(${text}, '')`).join(` || '|' || `),
  md5: (text, count) => `substr(md5(${text}), 1, ${count}) COLLATE "C"`,
  hash: (text) => `hashtextextended(${text}, 0)`,
  hashSum: (hash) => `sum((${hash})::numeric)::text`,
  distinct: (value) => `count(DISTINCT ${value})`,
  drawn: (every) => `random() * ${every} < 1`,
};

/** Rows that are asked for at a time. */
const AT_ONCE = 5000;

/** Milliseconds that a connection may take to be made. */
const PATIENCE = 15_000;

/** A database of a PostgreSQL server. */
export class PostgresWarehouse implements Warehouse {
  readonly dialect = postgres;
  readonly traffic: Traffic = { queries: 0, rows: 0, bytes: 0 };

  /** Of what was told to end: settled when the server knows. */
  private cancelled: Promise<void> = Promise.resolve();

  private constructor(
    private readonly client: pg.Client,
    private readonly config: pg.ClientConfig,
    readonly url: string,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', this.onAbort);
  }

  /** @throws InputError naming the server, if it does not let us in */
  static async open(address: Address, signal: AbortSignal): Promise<PostgresWarehouse> {
    const { url } = address;
    const config = configOf(address);
    const client = new pg.Client(config);
    // A connection that is lost between two questions is told of by the next one.
    client.on('error', () => {});
    const warehouse = new PostgresWarehouse(client, config, url, signal);
    try {
      await client.connect();
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      // The shortest text that reads back as the same double, and times as numbers count them.
      await client.query("SET LOCAL extra_float_digits = 1; SET LOCAL TIME ZONE 'UTC'");
      // The same rows are drawn in every run.
      await client.query('SELECT setseed(0.5)');
      return warehouse;
    } catch (cause) {
      await warehouse.close();
      if (!passwordOf('postgres') && isOfPassword(cause)) {
        throw new InputError(`${url}: the server wants a password: set PGPASSWORD`, { cause });
      }
      throw refusal(url, cause);
    }
  }

  /** A server that counts does not look whether anybody waits for it, and would count to the end. */
  private readonly onAbort = (): void => {
    const { processID } = this.client as pg.Client & { processID: number | null };
    if (processID === null) return;
    const messenger = new pg.Client(this.config);
    messenger.on('error', () => {});
    this.cancelled = messenger
      .connect()
      .then(() => messenger.query('SELECT pg_cancel_backend($1)', [processID]))
      .then(() => messenger.end())
      // It is gone, or takes no more connections: nothing is left to be done.
      .catch(() => {});
  };

  async describe(sql: string): Promise<WarehouseColumn[]> {
    const cursor = this.client.query(new Cursor(`SELECT * FROM (${sql}) AS adscale_d LIMIT 0`));
    try {
      const fields = await new Promise<pg.FieldDef[]>((done, fail) =>
        cursor.read(1, (error: Error | undefined, _, result) =>
          error ? fail(error) : done(result.fields),
        ),
      );
      await cursor.close();
      const others = await this.typesOf(fields.map((field) => field.dataTypeID));
      return fields.map(({ name, dataTypeID }) => {
        const type = types[dataTypeID];
        return { name, ...(type ? { type, kind: kindOf(type) } : others.get(dataTypeID)!) };
      });
    } catch (cause) {
      throw refusal(this.url, cause);
    }
  }

  readonly stream = async function* (
    this: PostgresWarehouse,
    sql: string,
  ): AsyncGenerator<Value[][]> {
    this.traffic.queries++;
    // A cursor asks by the extended protocol, which takes one statement only.
    const cursor = this.client.query(new Cursor<Value[]>(sql, [], { rowMode: 'array' }));
    try {
      for (;;) {
        this.signal.throwIfAborted();
        const rows = await cursor.read(AT_ONCE);
        if (rows.length === 0) break;
        this.traffic.rows += rows.length;
        this.traffic.bytes += Buffer.byteLength(JSON.stringify(rows));
        yield rows;
      }
      await cursor.close();
    } catch (cause) {
      this.signal.throwIfAborted();
      throw refusal(this.url, cause);
    }
  }.bind(this);

  /** The types that are not known: those of extensions and users, of which enums and citext are texts. */
  private async typesOf(
    ids: readonly number[],
  ): Promise<ReadonlyMap<number, Pick<WarehouseColumn, 'type' | 'kind'>>> {
    const unknown = [...new Set(ids)].filter((id) => !(id in types));
    if (unknown.length === 0) return new Map();
    const { rows } = await this.client.query<{ id: number; type: string; text: boolean }>(
      `SELECT t.oid AS id, format_type(t.oid, NULL) AS type, t.typtype = 'e' OR t.typcategory = 'S' AS text
       FROM pg_catalog.pg_type AS t WHERE t.oid = ANY($1::oid[])`,
      [unknown],
    );
    return new Map(rows.map(({ id, type, text }) => [id, { type, kind: text ? 'text' : 'other' }]));
  }

  async close(): Promise<void> {
    this.signal.removeEventListener('abort', this.onAbort);
    await this.cancelled;
    await this.client.end().catch(() => {});
  }
}

/** Told in parts, since the client reads URLs by rules of its own, and warns of some modes at length. */
function configOf({ host, port, user, database, options }: Address): pg.ClientConfig {
  const { sslmode, sslrootcert } = options;
  return {
    // In a URL, an address of IPv6 stands in brackets, and a socket's folder has %2F for /.
    host: decodeURIComponent(host).replace(/^\[(.*)\]$/, '$1'),
    ...{ port, user, database },
    // Where the URL says nothing, PGSSLMODE may.
    ...((sslmode !== undefined || sslrootcert !== undefined) && {
      ssl: encryptionOf(sslmode ?? 'verify-full', sslrootcert),
    }),
    password: passwordOf('postgres'),
    application_name: 'adscale',
    connectionTimeoutMillis: PATIENCE,
  };
}

/** What a mode means is what it means to PostgreSQL's own programs. */
function encryptionOf(mode: string, rootCert?: string): pg.ClientConfig['ssl'] {
  if (!MODES.includes(mode)) {
    throw new InputError(`--source: got another sslmode in the URL, wanted ${MODES.join(', ')}`);
  }
  if (mode === 'disable') return false;
  if (mode === 'no-verify') return { rejectUnauthorized: false };
  if (rootCert === undefined) {
    if (mode === 'require') return { rejectUnauthorized: false };
    if (mode === 'verify-ca') {
      throw new InputError('--source: got sslmode=verify-ca alone, wanted sslrootcert beside it');
    }
    return {};
  }
  const ca = readRootCert(rootCert);
  return mode === 'verify-full' ? { ca } : { ca, checkServerIdentity: () => undefined };
}

const MODES = ['disable', 'require', 'verify-ca', 'verify-full', 'no-verify'];

function readRootCert(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new InputError(`--source: sslrootcert: ${(cause as Error).message}`, { cause });
  }
}

/** Whether a password is wrong or, as the client words it, none. */
function isOfPassword(cause: unknown): boolean {
  const { code, message } = cause as Partial<pg.DatabaseError>;
  return code === '28P01' || /client password must be a/.test(message ?? '');
}

function refusal(url: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof InputError) return cause;
  const message = withoutSecret(cause.message || String(cause.name), 'postgres').split('\n')[0];
  // It repeats a value that is refused, however long.
  const short = message.replace(/[^\s"]{65,}/g, shortened).slice(0, 500);
  return new InputError(`${url}: ${short}`, { cause });
}

/** Numbers of the types that are known, which never change. */
const types: Readonly<Record<number, string>> = {
  ...{ 16: 'bool', 18: 'char', 19: 'name', 20: 'int8', 21: 'int2', 23: 'int4', 25: 'text' },
  ...{ 700: 'float4', 701: 'float8', 1042: 'bpchar', 1043: 'varchar', 1082: 'date' },
  ...{ 1114: 'timestamp', 1184: 'timestamptz', 1700: 'numeric', 2950: 'uuid' },
};

function kindOf(type: string): ColumnKind {
  if (/^int/.test(type)) return 'integer';
  if (type === 'numeric') return 'decimal';
  if (/^float/.test(type)) return 'float';
  if (type === 'bool') return 'boolean';
  if (/^(date|timestamp)/.test(type)) return 'time';
  return /char|text|name|uuid/.test(type) ? 'text' : 'other';
}
