import { isText as isTextual, type Mapping } from '../mapping/mapping.js';
import type { SourceColumn } from '../source/database.js';
import type { Source } from '../source/source.js';
import { FILE_COLUMN, quoteName, ROW_COLUMN } from '../source/sql.js';
import { timeSql } from '../source/typing.js';

/** Name of the text that column `c` has in the data, if it is one of text there. */
const rawColumn = (c: number): string => `adscale_raw${c}`;

/** Name of the same where it is something, NULL where the text says that there is nothing. */
const presentColumn = (c: number): string => `adscale_present${c}`;

/** Name of the same without signs and blanks, where it is mapped to a number and no plain one. */
const bareColumn = (c: number): string => `adscale_bare${c}`;

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
  const c = source.columns.findIndex(({ name }) => name === column);
  return c >= 0 && isText(source, source.columns[c]) ? presentColumn(c) : quoteName(column);
}

/**
 * The source with its columns as numbers, times and words, which is how the mapping's SQL sees
 * them: text that is mapped to numbers, or looks like them, is read as such. It is read step by
 * step, each step a query around the last: SQL has no other way to name what is used again, and
 * to plan what is written out again for every column takes longer than to run it.
 * @param further columns of the source's query that are taken along
 */
export function typedQuery(
  source: Source,
  mapping: Mapping,
  further: readonly string[] = [],
): string {
  const numeric = numericColumns(mapping);
  const texts = source.columns.flatMap((column, c) => {
    if (!isText(source, column)) return [];
    const isNumber = numeric.has(column.name) || (source.text && isNumberType(column.type));
    return [{ ...column, c, isNumber: isNumber && column.times === undefined }];
  });
  const present = texts.map(({ name, c }) => `present(${quoteName(name)}) AS ${presentColumn(c)}`);
  const mark = source.typing?.decimal ?? mapping.decimal;
  const plain = mark === 'comma' ? '-?\\d{1,15}' : '-?\\d{1,15}(\\.\\d+)?';
  const bare = texts.flatMap(({ c, isNumber }) => {
    if (!isNumber) return [];
    const isPlain = `regexp_full_match(${presentColumn(c)}, '${plain}')`;
    return [
      `CASE WHEN NOT ${isPlain} THEN bare_number(${presentColumn(c)}) END AS ${bareColumn(c)}`,
    ];
  });
  const columns = source.columns.flatMap((column, c) => {
    const name = quoteName(column.name);
    const text = texts.find((found) => found.c === c);
    if (text === undefined) return [name];
    const typed = typedValue(source, column, c, text.isNumber, mark);
    return [`${typed} AS ${name}`, `${name} AS ${rawColumn(c)}`, presentColumn(c)];
  });
  return `SELECT ${[...columns, ...further, FILE_COLUMN, ROW_COLUMN].join(', ')}
    FROM (SELECT ${['*', ...bare].join(', ')}
    FROM (SELECT ${['*', ...present].join(', ')} FROM (${source.query})))`;
}

/** Columns that the mapping takes numbers from. */
function numericColumns({ impressions, clicks, true_ctr: truth, features }: Mapping): Set<string> {
  const numbers = Object.values(features).filter((feature) => !isTextual(feature));
  const names = [impressions, clicks, truth, ...numbers.map(({ column }) => column)];
  return new Set(names.filter((name) => name !== undefined));
}

function typedValue(
  source: Source,
  { name, type, times }: SourceColumn,
  c: number,
  isNumber: boolean,
  mark: Mapping['decimal'],
): string {
  const present = presentColumn(c);
  if (isNumber) {
    const marked = mark === 'comma' ? `translate(${bareColumn(c)}, '.,', ',.')` : bareColumn(c);
    return `CASE WHEN ${bareColumn(c)} IS NULL THEN try_cast(${present} AS DOUBLE) ELSE marked_number(${marked}) END`;
  }
  if (!source.text) return quoteName(name);
  if (times !== undefined) {
    return `make_timestamp((${timeSql(present, times)} * 1e6)::BIGINT)::${type}`;
  }
  return type === 'VARCHAR' ? present : `TRY_CAST(${present} AS ${type})`;
}

/** Is an SQL type one of numbers? */
export function isNumberType(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|REAL|DECIMAL.*)$/.test(type);
}
