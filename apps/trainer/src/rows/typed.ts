import type { Mapping } from '../mapping/mapping.js';
import { FILE_COLUMN } from '../source/csv.js';
import type { SourceColumn } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName } from '../source/sql.js';

/** Name of the text that column `c` has in the data, if it is one of text there. */
const rawColumn = (c: number): string => `adscale_raw${c}`;

function isText(source: Source, { type }: SourceColumn): boolean {
  return source.text || type === 'VARCHAR';
}

/** SQL over `typedQuery` of a column's value as it stands in the data; derived ones as they are. */
export function rawValue(source: Source, column: string): string {
  const c = source.columns.findIndex(({ name }) => name === column);
  return c >= 0 && isText(source, source.columns[c]) ? rawColumn(c) : quoteName(column);
}

/** The same, NULL where there is nothing. */
export function presentValue(source: Source, column: string): string {
  const raw = rawValue(source, column);
  return raw === quoteName(column) ? raw : `present(${raw})`;
}

/**
 * The source with its columns as numbers, times and words, which is how the mapping's SQL sees
 * them: text that is mapped to numbers, or looks like them, is read as such.
 */
export function typedQuery(source: Source, mapping: Mapping): string {
  const numeric = numericColumns(mapping);
  const columns = source.columns.flatMap((column, c) => {
    const name = quoteName(column.name);
    const typed = typedValue(source, column, numeric.has(column.name), mapping.decimal);
    const raw = isText(source, column) ? [`${name} AS ${rawColumn(c)}`] : [];
    return [`${typed} AS ${name}`, ...raw];
  });
  return `SELECT ${columns.join(', ')}, ${FILE_COLUMN} FROM (${source.query})`;
}

/** Columns that the mapping takes numbers from. */
function numericColumns({ impressions, clicks, true_ctr: truth, features }: Mapping): Set<string> {
  const numbers = Object.values(features).filter(({ kind }) => kind !== 'categorical');
  const names = [impressions, clicks, truth, ...numbers.map(({ column }) => column)];
  return new Set(names.filter((name) => name !== undefined));
}

function typedValue(
  source: Source,
  { name, type }: SourceColumn,
  isNumeric: boolean,
  decimal: Mapping['decimal'],
): string {
  const value = quoteName(name);
  const number = decimal === 'comma' ? 'number_comma' : 'number_of';
  if (!source.text) return isNumeric && type === 'VARCHAR' ? `${number}(${value})` : value;
  if (isNumeric || isNumberType(type)) return `${number}(present(${value}))`;
  if (type === 'VARCHAR') return `present(${value})`;
  return `TRY_CAST(present(${value}) AS ${type})`;
}

/** Is an SQL type one of numbers? */
export function isNumberType(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|REAL|DECIMAL.*)$/.test(type);
}
