/*
 * A warehouse as this program uses it: a database that counts for us. One plan is made of these few
 * things (rows.ts, cuts.ts, cells.ts), and what an engine calls them stands in its own file and
 * nowhere else:
 *
 *   plan ──Select──▶ dialect ──SQL──▶ warehouse ──▶ rows
 *
 * Everything is asked of double numbers and texts, in expressions that all engines evaluate alike
 * to the last bit: comparisons, floor, sums of whole numbers. What is not exact is done here.
 */
import type { Engine } from './address.js';

/** A column of a table or a query there. */
export interface WarehouseColumn {
  readonly name: string;
  /** What the engine calls its type. */
  readonly type: string;
  readonly kind: ColumnKind;
}

/** float: a number that may be infinite or none. */
export type ColumnKind = 'integer' | 'decimal' | 'float' | 'boolean' | 'text' | 'time' | 'other';

/** A query: names that build on one another, then what is asked for. */
export interface Select {
  /** A table or a SELECT, as `fromSql` writes them. */
  readonly from: string;
  /** Layers of names: each may use those of the layers before it. */
  readonly layers: readonly Readonly<Record<string, string>>[];
  readonly columns: Readonly<Record<string, string>>;
  readonly where?: readonly string[];
  /** Names of columns. */
  readonly groupBy?: readonly string[];
  /** Names of columns, with or without DESC behind them. */
  readonly orderBy?: readonly string[];
  readonly limit?: number;
}

/** What an engine calls things. */
export interface Dialect {
  readonly engine: Engine;
  /** A name, a text and a number as SQL wants them, whatever is in them. */
  name(name: string): string;
  text(text: string): string;
  number(value: number): string;
  select(query: Select): string;
  /** A column's value as a finite double; NULL where it is none. */
  asNumber(column: WarehouseColumn): string;
  /** A column's value as text, NULL only for NULL. */
  asText(column: WarehouseColumn): string;
  /** Seconds since 1970 of a column of times, as a finite double; NULL for a time that never is. */
  asTime(column: WarehouseColumn): string;
  /** Text as a finite double; NULL where it is none. */
  parsed(text: string): string;
  /** A condition, false where it is not known. */
  isTrue(condition: string): string;
  /** How many characters (code points) a text has. */
  length(text: string): string;
  /**
   * Which of the intervals between ascending borders a double is in, from 0; NULL for NULL. An
   * interval begins with its border: x is in the one behind the last border ≤ x.
   */
  bin(value: string, borders: Float64Array): string;
  /** A double as text that is the same in all engines: its whole part, and its fraction in 2⁻³². */
  exactText(value: string): string;
  /** Texts one after another. */
  concat(texts: readonly string[]): string;
  /** The 32 hexadecimal digits of a text's MD5, small letters, of which `count` are taken. */
  md5(text: string, count: number): string;
  /** A number of the engine's own for a text, for sums that tell whether data is the same. */
  hash(text: string): string;
  /** Sum of such numbers as text, the same in whatever order they come. */
  hashSum(hash: string): string;
  /** How many different values there are; where they are many, about. */
  distinct(value: string): string;
  /** Condition that is met by about one in `every` rows, drawn at random. */
  drawn(every: number): string;
}

/** A value of a result: whole numbers of any size may come as texts. */
export type Value = string | number | boolean | null;

/** What crossed the network, or would have. */
export interface Traffic {
  queries: number;
  rows: number;
  /** Of results, as they come. */
  bytes: number;
}

/** A connection that asks and changes nothing. */
export interface Warehouse {
  readonly dialect: Dialect;
  /** Without anything secret. */
  readonly url: string;
  readonly traffic: Readonly<Traffic>;
  /** The columns of what a SELECT gives, without running it over any row. */
  describe(sql: string): Promise<WarehouseColumn[]>;
  /**
   * The rows of a result as lists of values, some at a time.
   * @throws InputError naming the warehouse, if it does not answer, refuses, or ends midway
   */
  stream(sql: string): AsyncGenerator<Value[][]>;
  close(): Promise<void>;
}

/** All rows of a small result, by name. */
export async function rowsOf(
  { dialect, stream }: BoundWarehouse,
  query: Select,
): Promise<Record<string, Value>[]> {
  const names = Object.keys(query.columns);
  const rows: Record<string, Value>[] = [];
  for await (const some of stream(dialect.select(query))) {
    for (const values of some) {
      rows.push(Object.fromEntries(names.map((name, c) => [name, values[c]])));
    }
  }
  return rows;
}

type BoundWarehouse = Pick<Warehouse, 'dialect' | 'stream'>;

/**
 * What all engines take for a number in a text, whatever their casts do: blanks around it and a sign
 * in front, and no inf, 0x10 or 1_000. What is too large for a double is none; what is too small is 0.
 */
export const NUMERAL =
  '^[ \\t\\r\\n]*[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]{1,3})?[ \\t\\r\\n]*$';

/** A text of more characters is no number. */
export const LONGEST_NUMERAL = 1000;

/** The next double above a finite one. */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(Float64Array.of(value).buffer);
  bits[0] += value > 0 ? 1n : -1n;
  return new Float64Array(bits.buffer)[0];
}

/** Nested queries, one a layer: for engines that see through them. */
export function nestedSelect(
  name: Dialect['name'],
  { from, layers, columns, where = [], groupBy = [], orderBy = [], limit }: Select,
): string {
  const list = (names: Readonly<Record<string, string>>): string =>
    Object.entries(names)
      .map(([as, sql]) => `(${sql}\n) AS ${name(as)}`)
      .join(', ');
  const rows = layers
    .filter((layer) => Object.keys(layer).length > 0)
    .reduce((inner, layer) => `(SELECT *, ${list(layer)} FROM ${inner}) AS adscale_rows`, from);
  return `SELECT ${list(columns)} FROM ${rows}${tail({ where, groupBy, orderBy, limit }, name)}`;
}

/** What stands behind a query's rows. */
export function tail(
  {
    where = [],
    groupBy = [],
    orderBy = [],
    limit,
  }: Pick<Select, 'where' | 'groupBy' | 'orderBy' | 'limit'>,
  name: Dialect['name'],
): string {
  return [
    where.length === 0 ? '' : ` WHERE ${where.map((test) => `(${test}\n)`).join(' AND ')}`,
    groupBy.length === 0 ? '' : ` GROUP BY ${groupBy.map(name).join(', ')}`,
    orderBy.length === 0 ? '' : ` ORDER BY ${orderBy.join(', ')}`,
    limit === undefined ? '' : ` LIMIT ${limit}`,
  ].join('');
}

/** A table as named by the user, its parts parted by points; or a SELECT, without the mark at its end. */
export function fromSql(
  { name }: Pick<Dialect, 'name'>,
  { table, query }: { readonly table?: string; readonly query?: string },
): string {
  if (query === undefined) return table!.split('.').map(name).join('.');
  return `(${query.trim().replace(/;\s*$/, '')}\n) AS adscale_source`;
}
