/*
 * ClickHouse as a warehouse, over HTTP. What is asked is one flat SELECT over the table, never one
 * around another, because a server hands to its shards just the innermost: so that each shard groups
 * its own rows, and cells come together where we ask. Its words are those that the server of 2018
 * (18.16) and today's both know; neither parameters of queries, nor window functions, nor CTEs.
 */
import { randomUUID } from 'node:crypto';
import {
  ClickHouseLogLevel,
  createClient,
  type ClickHouseClient,
  type ClickHouseSettings,
} from '@clickhouse/client';
import { InputError } from '../cli/exit.js';
import { isSecure, passwordOf, withoutSecret, type Address } from './address.js';
import {
  LONGEST_NUMERAL,
  NUMERAL,
  tail,
  type ColumnKind,
  type Dialect,
  type Select,
  type Traffic,
  type Value,
  type Warehouse,
  type WarehouseColumn,
} from './warehouse.js';

/** A backslash escapes here, in names and in texts. */
const quoteName = (name: string): string => `\`${escaped(name).replaceAll('`', '\\`')}\``;
const quoteText = (text: string): string => `'${escaped(text).replaceAll("'", "\\'")}'`;

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0');
}

/** With a point, so that it is a double and no whole number. */
function quoteNumber(value: number): string {
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** The words of ClickHouse. */
export const clickhouse: Dialect = {
  engine: 'clickhouse',
  name: quoteName,
  text: quoteText,
  number: quoteNumber,
  select: flatSelect,
  asNumber: ({ name, kind }) => {
    const value = quoteName(name);
    if (kind === 'text') return clickhouse.parsed(`toString(${value})`);
    if (kind !== 'float') return `toFloat64(${value})`;
    return finite(`toFloat64(${value})`);
  },
  asText: ({ name }) => `toString(${quoteName(name)})`,
  asTime: ({ name, type }) => {
    const value = quoteName(name);
    if (/DateTime64/.test(type)) return `toFloat64(toUnixTimestamp64Milli(${value})) / 1000.0`;
    // A date is the number of its day; as a moment it would begin where the server lives.
    if (/Date(32)?\b/.test(type) && !/DateTime/.test(type)) {
      return `toFloat64(${/Date32/.test(type) ? 'toInt32' : 'toUInt16'}(${value})) * 86400.0`;
    }
    return `toFloat64(toUnixTimestamp(${value}))`;
  },
  parsed: (text) => {
    // Servers of 2018 know no plus, no blanks, and no more zeros in front than digits they read.
    const plain = `replaceRegexpAll(${text}, ${quoteText('[ \\t\\r\\n+]')}, '')`;
    const bare = `replaceRegexpOne(${plain}, '^(-?)0+([0-9])', ${quoteText('\\1\\2')})`;
    const isNumeral = `lengthUTF8(${text}) <= ${LONGEST_NUMERAL} AND match(${text}, ${quoteText(NUMERAL)})`;
    const number = finite(`toFloat64OrNull(${bare})`);
    return `if(ifNull(${isNumeral}, 0), ${number}, NULL)`;
  },
  isTrue: (condition) => `ifNull(${condition}, 0)`,
  length: (text) => `lengthUTF8(${text})`,
  bin: (value, borders) => `if(isNull(${value}), NULL, ${halving(value, borders)})`,
  exactText: (value) =>
    `ifNull(if(abs(${value}) < 9e18, concat(toString(toInt64(floor(${value}))), '.', toString(toInt64(floor((${value} - floor(${value})) * 4294967296.0)))), 'far'), '')`,
  concat: (texts) =>
    texts.length === 1
      ? `ifNull(${texts[0]}, '')`
      : `concat(${texts.map((text) => `ifNull(${text}, '')`).join(`, '|', `)})`,
  md5: (text, count) => `substring(lower(hex(MD5(${text}))), 1, ${count})`,
  hash: (text) => `cityHash64(${text})`,
  hashSum: (hash) => `toString(sum(${hash}))`,
  distinct: (value) => `uniq(${value})`,
  drawn: (every) => `rand() % ${every} = 0`,
};

const finite = (value: string): string => `if(ifNull(isFinite(${value}), 0), ${value}, NULL)`;

/**
 * The number of an interval by halving, without a branch, since all branches would be run: at each
 * step the place among twice as many is the double of the last one, and one more behind the border.
 */
function halving(value: string, borders: Float64Array): string {
  const steps = Math.ceil(Math.log2(borders.length + 1));
  const size = 2 ** steps;
  let place = '0';
  for (let step = 0; step < steps; step++) {
    const stride = size / 2 ** (step + 1);
    const here = Array.from({ length: 2 ** step }, (_, b) => borders[(2 * b + 1) * stride - 1]);
    // Behind the last border there is nothing.
    const list = here.map((border) => quoteNumber(border ?? Number.MAX_VALUE));
    const border = step === 0 ? list[0] : `arrayElement([${list.join(',')}], ${place} + 1)`;
    const behind = `if(${value} >= ${border}, 1, 0)`;
    place = step === 0 ? behind : `(${place} * 2 + ${behind})`;
  }
  return place;
}

/**
 * One flat query: names that build on one another are aliases, which are known everywhere in it. What
 * has a name already gets no second one: shards of 2018 answer by the first, and the second is missed.
 */
function flatSelect({
  from,
  layers,
  columns,
  groupBy = [],
  orderBy = [],
  ...rest
}: Select): string {
  const known = layers.flatMap((layer) => Object.entries(layer));
  const named = new Set(known.map(([as]) => as));
  const aliased = ([as, sql]: [string, string]): string => `(${sql}\n) AS ${quoteName(as)}`;
  const list = Object.entries(columns).map(([as, sql]) =>
    named.has(sql) ? quoteName(sql) : aliased([as, sql]),
  );
  const nameOf = (as: string): string => (named.has(columns[as] ?? '') ? columns[as] : as);
  const order = orderBy.map((text) => text.replace(/^\w+/, nameOf));
  const names = known.length === 0 ? '' : `WITH ${known.map(aliased).join(', ')} `;
  const behind = tail({ ...rest, groupBy: groupBy.map(nameOf), orderBy: order }, quoteName);
  return `${names}SELECT ${list.join(', ')} FROM ${from}${behind}`;
}

/** Characters of a query that the server reads by itself. */
const USUAL_QUERY = 200_000;

/** Milliseconds without a byte after which a server counts as gone. */
const PATIENCE = 600_000;

/** What a server says of another one that goes away in the middle: nothing to read, no answer, broken off. */
const LOST = [32, 209, 210, 1000];

/** Old servers tell their code in the message alone. */
function isLostReplica(cause: unknown): boolean {
  const code = cause instanceof Error ? /^Code: (\d+)/.exec(cause.message)?.[1] : undefined;
  const told = code ?? (cause as { code?: string }).code;
  return LOST.includes(Number(told));
}

/** A database of a ClickHouse server. */
export class ClickhouseWarehouse implements Warehouse {
  readonly dialect = clickhouse;
  readonly traffic: Traffic = { queries: 0, rows: 0, bytes: 0 };
  private settings: ClickHouseSettings = {};
  /** By the name that the server has for it: what was asked last. */
  private asked: string | undefined;
  /** Of what was told to end: settled when the server knows. */
  private cancelled: Promise<void> = Promise.resolve();

  private constructor(
    private readonly client: ClickHouseClient,
    readonly url: string,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', this.onAbort);
  }

  /** @throws InputError naming the server, if it does not let us in */
  static async open(address: Address, signal: AbortSignal): Promise<ClickhouseWarehouse> {
    const { host, port, user, database, options, url } = address;
    const client = createClient({
      url: `${isSecure(options) ? 'https' : 'http'}://${host}:${port}`,
      username: user,
      password: passwordOf('clickhouse') ?? '',
      database,
      application: 'adscale',
      request_timeout: PATIENCE,
      max_open_connections: 2,
      log: { level: ClickHouseLogLevel.OFF },
    });
    const warehouse = new ClickhouseWarehouse(client, url, signal);
    try {
      await warehouse.requireAllShards();
      return warehouse;
    } catch (cause) {
      await warehouse.close();
      throw cause;
    }
  }

  /** A server that counts does not look whether anybody waits for it, and would count to the end. */
  private readonly onAbort = (): void => {
    if (this.asked === undefined) return;
    const query = `KILL QUERY WHERE query_id = '${this.asked}' ASYNC`;
    // It has ended already, or is not ours to end: nothing is left to be done.
    this.cancelled = this.client.command({ query }).then(
      () => {},
      () => {},
    );
  };

  /**
   * A server may be set to answer without the shards that are lost, and says nothing then. It is told
   * not to, where it is; elsewhere nothing is set, since users who may only read may not either.
   */
  private async requireAllShards(): Promise<void> {
    const name = 'skip_unavailable_shards';
    try {
      const sql = `SELECT value FROM system.settings WHERE name = '${name}'`;
      const result = await this.ask(sql, 'JSONEachRow');
      const [{ value }] = await result.json<{ value: string }>();
      if (value !== '0') this.settings = { [name]: 0 };
    } catch (cause) {
      throw this.refusal(cause);
    }
  }

  async describe(sql: string): Promise<WarehouseColumn[]> {
    try {
      const result = await this.ask(`SELECT * FROM (${sql}) LIMIT 0`, 'JSON');
      const { meta = [] } = await result.json<unknown>();
      return meta.map(({ name, type }) => ({ name, type, kind: kindOf(type) }));
    } catch (cause) {
      throw this.refusal(cause);
    }
  }

  readonly stream = async function* (
    this: ClickhouseWarehouse,
    sql: string,
  ): AsyncGenerator<Value[][]> {
    this.traffic.queries++;
    try {
      const result = await this.ask(sql, 'JSONEachRow');
      for await (const rows of result.stream()) {
        const values: Value[][] = [];
        for (const { text } of rows) {
          this.traffic.rows++;
          this.traffic.bytes += Buffer.byteLength(text) + 1;
          values.push(this.valuesOf(text));
        }
        yield values;
      }
    } catch (cause) {
      throw this.refusal(cause);
    }
  }.bind(this);

  async close(): Promise<void> {
    this.signal.removeEventListener('abort', this.onAbort);
    await this.cancelled;
    await this.client.close();
  }

  /**
   * Asks, and once more if a replica was lost while it counted: the server goes to another one then.
   * By that time no row has come, since one that comes is the answer's first.
   */
  private async ask<Format extends 'JSON' | 'JSONEachRow'>(
    query: string,
    format: Format,
  ): ReturnType<typeof this.client.query<Format>> {
    try {
      return await this.askOnce(query, format);
    } catch (cause) {
      if (this.signal.aborted || !isLostReplica(cause)) throw cause;
      return this.askOnce(query, format);
    }
  }

  private askOnce<Format extends 'JSON' | 'JSONEachRow'>(
    query: string,
    format: Format,
  ): ReturnType<typeof this.client.query<Format>> {
    const max_query_size = query.length > USUAL_QUERY ? String(2 * query.length) : undefined;
    this.asked = randomUUID();
    return this.client.query<Format>({
      ...{ query, format, query_id: this.asked },
      abort_signal: this.signal,
      clickhouse_settings: { ...this.settings, ...(max_query_size && { max_query_size }) },
    });
  }

  /** A server that fails midway writes why among its rows. */
  private valuesOf(text: string): Value[] {
    try {
      return Object.values(JSON.parse(text) as Record<string, Value>);
    } catch {
      throw new Error(text);
    }
  }

  private refusal(cause: unknown): unknown {
    if (this.signal.aborted) return this.signal.reason;
    if (!(cause instanceof Error) || cause instanceof InputError) return cause;
    const { code } = cause as NodeJS.ErrnoException;
    const told = cause.message || (code ?? cause.name);
    const message = withoutSecret(told, 'clickhouse').replace(/, e\.what\(\).*/s, '');
    return new InputError(`${this.url}: ${message.split('\n')[0].slice(0, 500)}`, { cause });
  }
}

function kindOf(given: string): ColumnKind {
  const type = given.replace(/^(LowCardinality|Nullable)\(/, '').replace(/^Nullable\(/, '');
  if (/^U?Int\d/.test(type)) return 'integer';
  if (/^Decimal/.test(type)) return 'decimal';
  if (/^Float/.test(type)) return 'float';
  if (/^Bool/.test(type)) return 'boolean';
  if (/^Date/.test(type)) return 'time';
  // Nothing is the type of NULL, which stands for a column that a model may do without.
  return /^(String|FixedString|Enum|UUID|Nothing)/.test(type) ? 'text' : 'other';
}
