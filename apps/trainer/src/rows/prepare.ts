/*
 * From a source and a mapping to rows that are ready to be learned from, all in SQL:
 *
 *   source ──▶ typed ──▶ derived ──▶ prepared
 *   (text)     (numbers  (the        file            of several; rowid is the row's place
 *              where     mapping's   f0, f1, …       features: numbers, or words
 *              mapped)   SQL)        n, k, truth     impressions, clicks, true CTR
 *                                    time, grp       what splits go by
 *                                    kept            does it meet `where`?
 *                                    problem, got    the first rule it breaks, and by what value
 *
 * Everything after reads that table, compressed and on disk, and never the source again.
 */
import { shown } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import type { Stage } from '../cli/reporter.js';
import { columnsOf, OTHER, type FeatureMapping, type Mapping } from '../mapping/mapping.js';
import { FILE_COLUMN } from '../source/csv.js';
import type { Database } from '../source/database.js';
import { isDataError, type Source } from '../source/source.js';
import { isOneOf, quoteName } from '../source/sql.js';
import { featureColumn, rowRules, type RowRule } from './rules.js';
import { presentValue, rawValue, typedQuery } from './typed.js';

/** Rows ready to be learned from, in the table `PREPARED`. */
export interface Prepared {
  readonly source: Source;
  readonly mapping: Mapping;
  /** The `problem` of a row is a place in here, plus one. */
  readonly rules: readonly RowRule[];
}

/** Name of the table of prepared rows; rowid counts them in the order of the data. */
export const PREPARED = 'prepared';

/** What makes a prepared row one to learn from. */
export const USABLE = 'kept AND problem IS NULL';

/**
 * Makes the table `PREPARED`.
 * @throws InputError if the mapping names a column that is not there, or its SQL does not work
 */
export async function prepareRows(
  database: Database,
  source: Source,
  mapping: Mapping,
  stage?: Stage,
): Promise<Prepared> {
  checkColumns(source, mapping);
  const rules = rowRules(mapping, (column) => presentValue(source, column));
  const rows = await derivedQuery(database, typedQuery(source, mapping), mapping);
  for (const [w, condition] of (mapping.where ?? []).entries()) {
    await checkSql(database, `where.${w}`, condition, rows);
  }
  const broken = rules.map(({ broken }, r) => `WHEN ${broken} THEN ${r + 1}`).join('\n');
  const got = rules
    .map(({ column }, r) => `WHEN ${r + 1} THEN ${gotOf(source, column)}`)
    .join('\n');
  const features = Object.keys(mapping.features).map((_, f) => `${featureColumn(f)} AS f${f}`);
  const kept = (mapping.where ?? []).map((condition) => `(${condition}\n)`).join(' AND ') || 'true';
  const query = `
    SELECT ${source.files.length > 1 ? FILE_COLUMN : 'NULL::VARCHAR'} AS file,
      ${features.join(', ')}, adscale_n AS n, adscale_k AS k, adscale_truth AS truth,
      adscale_time AS time, adscale_group AS grp,
      adscale_kept AS kept, adscale_problem AS problem, CASE adscale_problem ${got} END AS got
    FROM (SELECT *, (CASE ${broken} END)::USMALLINT AS adscale_problem
      FROM (SELECT *, coalesce(${kept}, false) AS adscale_kept, ${valueColumns(source, mapping)}
        FROM (${rows})))`;
  try {
    await database.run(`CREATE OR REPLACE TABLE ${PREPARED} AS ${query}`, stage);
  } catch (cause) {
    if (!isDataError(cause)) throw cause;
    throw new InputError(`${source.name}: ${cause.message.split('\n')[0]}`, { cause });
  }
  return { source, mapping, rules };
}

/** @throws InputError naming the columns that the mapping names and the data lacks */
export function checkColumns(source: Source, mapping: Mapping): void {
  const derived = Object.keys(mapping.derived ?? {});
  const names = source.columns.map(({ name }) => name);
  const hidden = derived.find((name) => names.includes(name));
  if (hidden !== undefined) {
    throw new InputError(
      `mapping: derived.${hidden}: the data has a column of this name; choose another`,
    );
  }
  const absent = columnsOf(mapping).filter((name) => ![...names, ...derived].includes(name));
  if (absent.length === 0) return;
  const line = source.format === 'csv' ? ': line 1' : '';
  throw new InputError(
    `${source.name}${line}: column ${absent.join(', ')} is missing; got ${names.join(', ')}`,
  );
}

/** Adds the derived columns one by one, so that each may use those before it. */
export async function derivedQuery(
  database: Database,
  typed: string,
  mapping: Mapping,
): Promise<string> {
  let query = typed;
  for (const [name, expression] of Object.entries(mapping.derived ?? {})) {
    await checkSql(database, `derived.${name}`, expression, query);
    query = `SELECT *, (${expression}\n) AS ${quoteName(name)} FROM (${query})`;
  }
  return query;
}

/** Tries an expression on no rows, so that what is wrong with it is told by its key. */
async function checkSql(
  database: Database,
  key: string,
  expression: string,
  rows: string,
): Promise<void> {
  const query = `SELECT (${expression}\n) FROM (${rows}) LIMIT 0`;
  let reason = 'wanted one expression';
  try {
    if ((await database.countStatements(query)) === 1) {
      await database.run(query);
      return;
    }
  } catch (cause) {
    if (!isDataError(cause)) throw cause;
    reason = cause.message.split('\n')[0];
  }
  throw new InputError(`mapping: ${key}: got ${shown(expression)}: ${reason}`);
}

/** What a row has in a column, as text. */
function gotOf(source: Source, column: string): string {
  return `CAST(${rawValue(source, column)} AS VARCHAR)`;
}

function valueColumns(source: Source, mapping: Mapping): string {
  const { impressions, clicks, label, true_ctr: truth, time, group, features } = mapping;
  const number = (column: string | undefined): string =>
    column === undefined ? 'NULL::DOUBLE' : numberIn(column);
  const values = [
    `${label === undefined ? number(impressions) : '1::DOUBLE'} AS adscale_n`,
    `${label === undefined ? number(clicks) : labelIn(source, label)} AS adscale_k`,
    `${number(truth)} AS adscale_truth`,
    `${time === undefined ? 'NULL::DOUBLE' : timeIn(time)} AS adscale_time`,
    `${group === undefined ? 'NULL::DOUBLE' : groupIn(group)} AS adscale_group`,
    ...Object.values(features).map(
      (feature, f) => `${featureValue(source, feature)} AS ${featureColumn(f)}`,
    ),
  ];
  return values.join(', ');
}

/** Finite numbers only. */
function numberIn(column: string): string {
  const value = `TRY_CAST(${quoteName(column)} AS DOUBLE)`;
  return `CASE WHEN isfinite(${value}) THEN ${value} END`;
}

function labelIn(source: Source, column: string): string {
  const type = source.columns.find(({ name }) => name === column)?.type ?? 'VARCHAR';
  if (!source.text && type !== 'VARCHAR') return numberIn(column);
  const got = `lower(trim(${gotOf(source, column)}))`;
  return `CASE ${got} WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE TRY_CAST(${got} AS DOUBLE) END::DOUBLE`;
}

/** Seconds since 1970 of a date or time; a number as it is. */
function timeIn(column: string): string {
  const name = `CAST(${quoteName(column)} AS VARCHAR)`;
  return `coalesce(TRY_CAST(${name} AS DOUBLE), epoch(TRY_CAST(${name} AS TIMESTAMP)))`;
}

/** A number that is the same for the same words: 52 bits of their hash. */
function groupIn(column: string): string {
  return `(hash(CAST(${quoteName(column)} AS VARCHAR)) >> 12)::DOUBLE`;
}

/** SQL of a feature's value: a number, or a word of the mapping's list. */
export function featureValue(source: Source, { column, kind, categories }: FeatureMapping): string {
  if (kind !== 'categorical') return numberIn(column);
  const word = `present(${gotOf(source, column)})`;
  if (!categories?.includes(OTHER)) return word;
  return `CASE WHEN ${word} IS NULL OR ${isOneOf(word, categories)} THEN ${word} ELSE '${OTHER}' END`;
}
