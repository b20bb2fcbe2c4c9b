/*
 * A uniform sample of a warehouse's rows, as a table here: enough to guess what columns mean, to see
 * which of them leak the clicks, and to say what is worth knowing, all by what does so for files.
 */
import type { Database, SourceColumn } from '../source/database.js';
import { noTotals } from '../source/totals.js';
import type { Source } from '../source/source.js';
import { FILE_COLUMN, quoteName, ROW_COLUMN } from '../source/sql.js';
import { nameOf, type WarehouseData } from './open.js';
import type { WarehouseRows } from './rows.js';
import { rowsOf, type ColumnKind, type WarehouseColumn } from './warehouse.js';

/** About so many rows are drawn; all of them, where there are no more. */
export const SAMPLE_ROWS = 200_000;

const SAMPLED = 'sampled';

/** A sample, and how many rows there are. */
export interface Sample {
  readonly source: Source;
  readonly rows: number;
}

/**
 * Draws a sample.
 * @param names columns that are wanted; all if absent
 * @param where conditions of the rows that are wanted
 */
export async function stageSample(
  database: Database,
  rows: WarehouseRows,
  data: WarehouseData,
  {
    names,
    where = [],
  }: { readonly names?: readonly string[]; readonly where?: readonly string[] } = {},
): Promise<Sample> {
  const { warehouse, from, derived } = rows;
  const { dialect } = warehouse;
  const layers = Object.entries(derived).map(([as, sql]) => ({ [as]: sql }));
  const [{ adscale_rows: all }] = await rowsOf(warehouse, {
    ...{ from, layers: [] },
    columns: { adscale_rows: 'count(*)' },
  });
  const wanted = rows.columns.filter(({ name }) => names?.includes(name) ?? true);
  const columns = wanted.filter(({ kind }) => kind !== 'other');
  const left = wanted.filter(({ kind }) => kind === 'other');
  const every = Math.ceil(Number(all) / SAMPLE_ROWS);
  const sql = dialect.select({
    ...{ from, layers },
    columns: Object.fromEntries(
      columns.map((column, c) => [`adscale_s${c}`, valueOf(rows, column)]),
    ),
    where: [...where, ...(every > 1 ? [dialect.drawn(every)] : [])],
  });
  const staged = columns.map(({ kind }, c) => ({
    name: `s${c}`,
    type: kind === 'text' ? ('VARCHAR' as const) : ('DOUBLE' as const),
  }));
  await database.load(SAMPLED, staged, warehouse.stream(sql));
  const typed = columns.map(
    ({ name, kind }, c) => `${typedSql[kind](`s${c}`)} AS ${quoteName(name)}`,
  );
  const source: Source = {
    ...{ format: 'query', files: [], text: false, layouts: [], totals: noTotals },
    name: nameOf(data),
    sampled: true,
    query: `SELECT ${typed.join(', ')}, rowid AS ${ROW_COLUMN}, NULL::VARCHAR AS ${FILE_COLUMN} FROM ${SAMPLED}`,
    columns: columns.map(({ name, kind }): SourceColumn => ({ name, type: types[kind] })),
    notes: left.map(({ name, type }) => `column ${name} is left alone: its type is ${type}`),
  };
  return { source, rows: Number(all) };
}

function valueOf({ warehouse: { dialect } }: WarehouseRows, column: WarehouseColumn): string {
  if (column.kind === 'text') return dialect.asText(column);
  return column.kind === 'time' ? dialect.asTime(column) : dialect.asNumber(column);
}

/** Types of the columns here. */
const types: Readonly<Record<ColumnKind, string>> = {
  integer: 'BIGINT',
  decimal: 'DOUBLE',
  float: 'DOUBLE',
  boolean: 'BOOLEAN',
  text: 'VARCHAR',
  time: 'TIMESTAMP',
  other: 'VARCHAR',
};

const typedSql: Readonly<Record<ColumnKind, (value: string) => string>> = {
  integer: (value) => `TRY_CAST(${value} AS BIGINT)`,
  decimal: (value) => value,
  float: (value) => value,
  boolean: (value) => `(${value} <> 0)`,
  text: (value) => value,
  // Days that no time here is, far away, are left out: PostgreSQL counts millions of years.
  time: (value) =>
    `make_timestamp(CASE WHEN abs(${value}) < 9e12 THEN (${value} * 1e6)::BIGINT END)`,
  other: (value) => value,
};
