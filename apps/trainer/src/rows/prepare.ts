/*
 * From a source and a mapping to rows that are ready to be learned from, all in SQL:
 *
 *   source ──▶ typed ──▶ derived ──▶ prepared
 *   (text)     (numbers  (the        file, line      where the row stands
 *              where     mapping's   f0, f1, …       features: numbers, or words
 *              mapped)   SQL)        n, k, truth     impressions, clicks, true CTR
 *                                    time, grp       what splits go by
 *                                    rows            how many it stands for
 *                                    kept            does it meet `where`?
 *                                    problem, got    the first rule it breaks, and by what value
 *
 * Everything after reads that table, compressed and on disk, and never the source again.
 */
import { shown } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import type { Stage } from '../cli/reporter.js';
import { columnsOf, isText, OTHER, type FeatureMapping, type Mapping } from '../mapping/mapping.js';
import type { Database } from '../source/database.js';
import { isDataError, type Source } from '../source/source.js';
import {
  FILE_COLUMN,
  isOneOf,
  quoteName,
  quoteNumber,
  quoteText,
  ROW_COLUMN,
} from '../source/sql.js';
import { WEIGHT_COLUMN } from './equal-rows.js';
import { featureColumn, rowRules, type RowRule } from './rules.js';
import { isNumberType, presentValue, rawValue, typedQuery } from './typed.js';

/** Rows ready to be learned from, in the table `PREPARED`. */
export interface Prepared {
  readonly source: Source;
  readonly mapping: Mapping;
  /** The `problem` of a row is a place in here, plus one. */
  readonly rules: readonly RowRule[];
  /** Equal rows are one, with how many they are. */
  readonly grouped: boolean;
}

/** How rows are prepared. */
export interface PrepareOptions {
  readonly stage?: Stage;
  /** The source's different rows, with `WEIGHT_COLUMN`, to read instead of each row of it. */
  readonly different?: Source;
  /** A model is asked about the rows: empty cells and unseen words do not make one unusable. */
  readonly answering?: boolean;
  /** Columns that the table has beside those of every row: SQL over the mapping's columns, by name. */
  readonly further?: Readonly<Record<string, string>>;
}

/** Name of the table of prepared rows; rowid counts them in the order of the data. */
export const PREPARED = 'prepared';

/** Name of the first usable ones of the rows, as they are, however `PREPARED` groups them. */
export const FIRST = 'first_rows';
const FIRST_ROWS = 100_000;

/** What makes a prepared row one to learn from. */
export const USABLE = 'kept AND problem IS NULL';

/** Seconds. */
const DAY = 86_400;

/**
 * Makes the table `PREPARED`.
 * @throws InputError if the mapping names a column that is not there, or its SQL does not work
 */
export async function prepareRows(
  database: Database,
  source: Source,
  mapping: Mapping,
  { stage, different, answering = false, further }: PrepareOptions = {},
): Promise<Prepared> {
  checkColumns(source, mapping);
  const read = different ?? source;
  const { query, rules } = await preparedQuery(database, read, mapping, {
    ...{ different, answering, further },
  });
  try {
    await database.run(`CREATE OR REPLACE TABLE ${PREPARED} AS ${query}`, stage);
    if (different === undefined) {
      await database.run(
        `CREATE OR REPLACE TEMP TABLE ${FIRST} AS FROM ${PREPARED} WHERE ${USABLE} LIMIT ${FIRST_ROWS}`,
      );
    } else {
      const each = await preparedQuery(database, source, mapping, { answering });
      await database.run(
        `CREATE OR REPLACE TEMP TABLE ${FIRST} AS FROM (${each.query}) WHERE ${USABLE} LIMIT ${FIRST_ROWS}`,
      );
    }
  } catch (cause) {
    if (!isDataError(cause)) throw cause;
    throw new InputError(`${source.name}: ${cause.message.split('\n')[0]}`, { cause });
  }
  return { source, mapping, rules, grouped: different !== undefined };
}

async function preparedQuery(
  database: Database,
  source: Source,
  mapping: Mapping,
  { different, answering, further = {} }: PrepareOptions,
): Promise<{ query: string; rules: RowRule[] }> {
  const isGrouped = different !== undefined;
  const rules = rowRules(mapping, (column) => presentValue(source, column), answering);
  const typed = typedQuery(source, mapping, isGrouped ? [WEIGHT_COLUMN] : []);
  const rows = await derivedQuery(database, typed, mapping);
  for (const [w, condition] of (mapping.where ?? []).entries()) {
    await checkSql(database, `where.${w}`, condition, rows);
  }
  const broken = rules.map(({ broken }, r) => `WHEN ${broken} THEN ${r + 1}`).join('\n');
  const got = rules
    .map(({ column }, r) => `WHEN ${r + 1} THEN ${gotOf(source, column)}`)
    .join('\n');
  const mature = await matureSql(database, source, mapping, rows);
  const features = Object.keys(mapping.features).map((_, f) => `${featureColumn(f)} AS f${f}`);
  const kept = (mapping.where ?? []).map((condition) => `(${condition}\n)`).join(' AND ') || 'true';
  const beside = Object.entries(further).map(([name, sql]) => `${sql} AS ${name}`);
  const times = isGrouped ? ` * ${WEIGHT_COLUMN}` : '';
  const query = `
    SELECT ${source.files.length > 1 ? FILE_COLUMN : 'NULL::VARCHAR'} AS file, ${ROW_COLUMN}::BIGINT AS line,
      ${[...features, ...beside].join(', ')}, ${exposureIn(mapping)}${times} AS n, adscale_k${times} AS k, adscale_truth AS truth,
      adscale_time AS time, adscale_group AS grp, ${isGrouped ? WEIGHT_COLUMN : '1::DOUBLE'} AS rows,
      (adscale_kept AND ${mature}) AS kept, adscale_problem AS problem, CASE WHEN adscale_problem IS NOT NULL THEN CASE adscale_problem ${got} END END AS got
    FROM (SELECT *, (CASE ${broken} END)::USMALLINT AS adscale_problem
      FROM (SELECT *, coalesce(${kept}, false) AS adscale_kept, ${valueColumns(source, mapping, answering)}
        FROM (${rows})))`;
  return { query, rules };
}

/** SQL of whether a row is older than the days that are left out at the end. */
async function matureSql(
  database: Database,
  source: Source,
  { time, mature_days: days = 0 }: Mapping,
  rows: string,
): Promise<string> {
  if (days === 0) return 'true';
  const type = source.columns.find(({ name }) => name === time)?.type ?? 'VARCHAR';
  if (time === undefined || (!/^(DATE|TIME)/.test(type) && !source.text)) {
    throw new InputError(`--mature: got ${days} days, wanted a mapping whose time is a date`);
  }
  const { latest } = await database.row(
    `SELECT floor(max(${timeIn(time)}) / ${DAY})::DOUBLE AS latest FROM (${rows})`,
  );
  if (latest === null) return 'true';
  return `(adscale_time IS NULL OR adscale_time < ${(Number(latest) + 1 - days) * DAY})`;
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

function valueColumns(source: Source, mapping: Mapping, answering = false): string {
  const { impressions, label, true_ctr: truth, time, group, features } = mapping;
  const number = (column: string | undefined): string =>
    column === undefined ? 'NULL::DOUBLE' : numberIn(column);
  const values = [
    `${label === undefined ? number(impressions) : '1::DOUBLE'} AS adscale_n`,
    `${label === undefined ? clicksIn(source, mapping) : labelIn(source, label, mapping)} AS adscale_k`,
    `${number(truth)} AS adscale_truth`,
    `${time === undefined ? 'NULL::DOUBLE' : timeIn(time)} AS adscale_time`,
    `${group === undefined ? 'NULL::DOUBLE' : groupIn(group)} AS adscale_group`,
    ...Object.values(features).map(
      (feature, f) =>
        `${(answering ? heldValue : featureValue)(source, feature)} AS ${featureColumn(f)}`,
    ),
  ];
  return values.join(', ');
}

/** Finite numbers only. */
function numberIn(column: string): string {
  const value = `TRY_CAST(${quoteName(column)} AS DOUBLE)`;
  return `CASE WHEN isfinite(${value}) THEN ${value} END`;
}

/**
 * Impressions of a usable row: of a table whose impressions without a click were sampled, as many
 * as there were before.
 */
function exposureIn({ label, negative_sampling_rate: rate = 1 }: Mapping): string {
  if (label !== undefined || rate === 1) return 'adscale_n';
  return `(adscale_k + (adscale_n - adscale_k) / ${quoteNumber(rate)})`;
}

function clicksIn(source: Source, { clicks, impressions, blank_clicks: blank }: Mapping): string {
  const count = numberIn(clicks!);
  if (blank !== 'zero') return count;
  const isBlank = `${presentValue(source, clicks!)} IS NULL AND ${numberIn(impressions!)} > 0`;
  return `CASE WHEN ${isBlank} THEN 0 ELSE ${count} END`;
}

/** Words that a label of 0 or 1 is written in. */
const YES = ['true', 'yes', 't', 'y'];
const NO = ['false', 'no', 'f', 'n'];

/** A label as a number. More than one click of an impression are one click, unless refused. */
function labelIn(
  source: Source,
  column: string,
  { repeat_clicks: repeat = 'cap' }: Mapping,
): string {
  const number = labelNumber(source, column);
  if (repeat === 'refuse') return number;
  return `CASE WHEN ${number} > 1 AND ${number} = floor(${number}) THEN 1 ELSE ${number} END`;
}

/** A label as the number that it is: 0, 1, or the clicks of one impression. */
export function labelNumber(source: Source, column: string): string {
  const type = source.columns.find(({ name }) => name === column)?.type ?? 'VARCHAR';
  if (!source.text && isNumberType(type)) return numberIn(column);
  return labelSql(gotOf(source, column));
}

/** SQL of the number that a label's text is, in whatever words; NULL if it is none. */
export function labelSql(text: string): string {
  const got = `lower(trim(${text}))`;
  return `CASE WHEN ${isOneOf(got, YES)} THEN 1 WHEN ${isOneOf(got, NO)} THEN 0 ELSE TRY_CAST(${got} AS DOUBLE) END::DOUBLE`;
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

/** As `featureValue`, for asking a model: where a feature with `bias` is empty it is held at its value. */
function heldValue(source: Source, feature: FeatureMapping): string {
  const value = featureValue(source, feature);
  const { bias, held_at: heldAt, column } = feature;
  if (bias !== true || heldAt === undefined) return value;
  const held = typeof heldAt === 'number' ? quoteNumber(heldAt) : quoteText(heldAt);
  return `CASE WHEN ${presentValue(source, column)} IS NULL THEN ${held} ELSE ${value} END`;
}

/** SQL of a feature's value: a number, or a word of the mapping's list. */
export function featureValue(source: Source, feature: FeatureMapping): string {
  const { column, categories } = feature;
  if (!isText(feature)) return numberIn(column);
  const found = presentValue(source, column);
  const word = found === quoteName(column) ? `present(${gotOf(source, column)})` : found;
  if (!categories?.includes(OTHER)) return word;
  return `CASE WHEN ${word} IS NULL OR ${isOneOf(word, categories)} THEN ${word} ELSE '${OTHER}' END`;
}
