import { InputError } from '../cli/exit.js';
import { isNumberType, rawValue } from '../rows/typed.js';
import type { Database, SourceColumn } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName, quoteText } from '../source/sql.js';

/** How a file of predictions is written. */
export interface OutputFormat {
  readonly kind: 'csv' | 'ndjson' | 'parquet';
  /** Options of the database's COPY. */
  readonly options: string;
}

/**
 * What a file is to be, by its ending.
 * @throws InputError if the ending names no format
 */
export function outputFormat(path: string): OutputFormat {
  const [, ending = '', packed] = /\.([^./\\]+?)(\.gz)?$/.exec(path.toLowerCase()) ?? [];
  const gzip = packed === undefined ? '' : ", COMPRESSION 'gzip'";
  switch (ending) {
    case 'csv':
      return { kind: 'csv', options: `FORMAT csv, HEADER true${gzip}` };
    case 'tsv':
      return { kind: 'csv', options: `FORMAT csv, HEADER true, DELIMITER '\t'${gzip}` };
    case 'ndjson':
    case 'jsonl':
      return { kind: 'ndjson', options: `FORMAT json${gzip}` };
    case 'parquet':
      if (packed === undefined) return { kind: 'parquet', options: 'FORMAT parquet' };
  }
  throw new InputError(
    `--output: got ${path}, wanted a file ending in .csv, .tsv, .ndjson (each also .gz) or .parquet`,
  );
}

/**
 * SQL of the data's own columns as they are to be written. Text stays the text it was in CSV. In
 * a format with types it becomes what it seemed to be, if every value of the column is just that.
 */
export async function keptColumns(
  database: Database,
  source: Source,
  { kind }: OutputFormat,
): Promise<string[]> {
  const types =
    kind === 'csv' ? new Map<string, string>() : await keptTypes(database, source, kind);
  return source.columns.map(({ name }) => {
    const raw = rawValue(source, name);
    // An empty field of a CSV file is nothing, which in other formats is not an empty text.
    const value = source.format === 'csv' || kind === 'csv' ? `nullif(${raw}, '')` : raw;
    const type = types.get(name);
    const kept = !source.text ? raw : type === undefined ? value : `TRY_CAST(${value} AS ${type})`;
    return `${kept} AS ${quoteName(name)}`;
  });
}

/** By column, the type that all of its texts have. */
async function keptTypes(
  database: Database,
  source: Source,
  kind: 'ndjson' | 'parquet',
): Promise<Map<string, string>> {
  const types = new Map<string, string>();
  if (!source.text) return types;
  const tried = source.columns
    .map((column) => ({ ...column, type: typeIn(column, kind) }))
    .filter(({ type }) => type !== undefined);
  if (tried.length === 0) return types;
  const tests = tried.map(({ name, type }, i) => {
    const value = quoteName(name);
    // What is written as 007 is no number, nor is any column that holds such a thing.
    const padded = isNumberType(type!) ? ` OR regexp_matches(${value}, '^[+-]?0\\d')` : '';
    const bad = `${value} <> '' AND (TRY_CAST(${value} AS ${type}) IS NULL${padded})`;
    return `count(*) FILTER (WHERE ${bad})::DOUBLE AS bad${i}`;
  });
  const counts = await database.row(`SELECT ${tests.join(', ')} FROM (${source.query})`);
  tried.forEach(({ name, type }, i) => {
    if (counts[`bad${i}`] === 0) types.set(name, type!);
  });
  return types;
}

function typeIn({ type }: SourceColumn, kind: 'ndjson' | 'parquet'): string | undefined {
  if (type === 'VARCHAR') return undefined;
  const isNested = /^(STRUCT|MAP)|\[\d*\]$|^JSON$/.test(type);
  if (!isNested) return type;
  return kind === 'ndjson' ? 'JSON' : undefined;
}

/** `COPY` of a query to a file. */
export function copySql(query: string, path: string, { options }: OutputFormat): string {
  return `COPY (${query}) TO ${quoteText(path)} (${options})`;
}
