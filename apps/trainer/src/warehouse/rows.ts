/*
 * What a mapping makes of the rows of a warehouse, as names that build on one another:
 *
 *   derived ──▶ values                  ──▶ judged
 *   the         adscale_n, adscale_k        adscale_kept      does it meet `where`?
 *   mapping's   adscale_truth, _time        adscale_problem   the first rule it breaks, from 1; 0: none
 *   SQL         adscale_f0, …  features
 *               adscale_p0, …  is there anything
 *
 * It is what rows/prepare.ts makes of files, with the same rules, as far as columns with types allow:
 * a number is a number, and texts are taken as they stand.
 */
import { InputError } from '../cli/exit.js';
import { shown } from '@adscale/ctr';
import { isText, OTHER, type FeatureMapping, type Mapping } from '../mapping/mapping.js';
import { featureColumn, rowRules, type RowRule, type RuleWords } from '../rows/rules.js';
import { missingWords } from '../source/numbers.js';
import {
  fromSql,
  type Dialect,
  type Select,
  type Warehouse,
  type WarehouseColumn,
} from './warehouse.js';

/** A table of a warehouse, with the columns that the mapping derives. */
export interface WarehouseRows {
  readonly warehouse: Warehouse;
  readonly from: string;
  readonly columns: readonly WarehouseColumn[];
  /** SQL by name: a layer for each, as it may use those before it. */
  readonly derived: Readonly<Record<string, string>>;
}

/** Rows with their values and what is wrong with them. */
export interface JudgedRows extends WarehouseRows {
  readonly mapping: Mapping;
  readonly rules: readonly RowRule[];
  readonly layers: Select['layers'];
}

/** What makes a row one to learn from. */
export const USABLE_ROW = 'adscale_kept = 1 AND adscale_problem = 0';

/**
 * Opens a table or a query, and derives columns.
 * @throws InputError if it is not there, or if a derived column does not work
 */
export async function openRows(
  warehouse: Warehouse,
  { table, query }: { readonly table?: string; readonly query?: string },
  derived: Readonly<Record<string, string>>,
): Promise<WarehouseRows> {
  if ((table === undefined) === (query === undefined)) {
    throw new InputError(
      `--source: got ${table === undefined ? 'neither' : 'both'} --table and --query, wanted one of them`,
    );
  }
  const { dialect } = warehouse;
  const from = fromSql(dialect, { table, query });
  let columns = await describe(warehouse, { from, layers: [], columns: {} });
  const known: Record<string, string> = {};
  for (const [name, expression] of Object.entries(derived)) {
    if (columns.some((column) => column.name.toLowerCase() === name.toLowerCase())) {
      throw new InputError(`derived.${name}: the data has a column of this name; choose another`);
    }
    const rows = { from, layers: Object.entries(known).map(([as, sql]) => ({ [as]: sql })) };
    const [column] = await tried(warehouse, `derived.${name}`, expression, rows);
    columns = [...columns, { ...column, name }];
    known[name] = expression;
  }
  refuseOurNames(columns);
  return { warehouse, from, columns, derived: known };
}

/** What is made of the columns is called so beside them, and would be taken for them. */
function refuseOurNames(columns: readonly WarehouseColumn[]): void {
  const ours = columns.find(({ name }) => name.toLowerCase().startsWith('adscale_'));
  if (ours === undefined) return;
  throw new InputError(
    `column ${ours.name}: got a name that begins with adscale_, wanted another one, which a SELECT of --query gives it`,
  );
}

/** Columns of all rows, or of the columns asked for. */
function describe(warehouse: Warehouse, query: Select): Promise<WarehouseColumn[]> {
  const isAll = Object.keys(query.columns).length === 0;
  const sql = isAll ? `SELECT * FROM ${query.from}` : warehouse.dialect.select(query);
  return warehouse.describe(sql);
}

/** Tries an expression on no rows, so that what is wrong with it is told by its key. */
async function tried(
  warehouse: Warehouse,
  key: string,
  expression: string,
  rows: Pick<Select, 'from' | 'layers'>,
): Promise<WarehouseColumn[]> {
  try {
    return await describe(warehouse, { ...rows, columns: { adscale_tried: expression }, limit: 0 });
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(`mapping: ${key}: got ${shown(expression)}: ${cause.message}`, { cause });
  }
}

/**
 * The rows as a mapping reads them.
 * @param answering a model is asked: see `featureRules`
 * @param latest seconds since 1970 of the last row, where young days are left out
 * @throws InputError if the mapping names a column that is not there or is of no use, or if its SQL
 * does not work
 */
export async function judgeRows(
  rows: WarehouseRows,
  mapping: Mapping,
  answering: boolean,
  latest?: number,
): Promise<JudgedRows> {
  const { warehouse, columns, derived } = rows;
  const { dialect } = warehouse;
  const words = ruleWords(dialect);
  const layers: Record<string, string>[] = Object.entries(derived).map(([as, sql]) => ({
    [as]: sql,
  }));
  for (const [w, condition] of (mapping.where ?? []).entries()) {
    await tried(warehouse, `where.${w}`, condition, { from: rows.from, layers });
  }
  const find = (name: string): WarehouseColumn => columnOf(columns, name);
  const values = valuesOf(dialect, mapping, find, answering);
  const rules = rowRules(mapping, (name) => presentIn(dialect, find(name)), answering, words);
  const broken = rules.map(({ broken }, r) => `WHEN ${broken} THEN ${r + 1}`).join('\n');
  const young = mapping.mature_days ?? 0;
  const kept = [
    ...(mapping.where ?? []).map((condition) => `(${condition}\n)`),
    ...(young > 0 && latest !== undefined
      ? [`adscale_time < ${dialect.number((Math.floor(latest / DAY) + 1 - young) * DAY)}`]
      : []),
  ];
  const isKept =
    kept.length === 0 ? '1' : `CASE WHEN ${dialect.isTrue(kept.join(' AND '))} THEN 1 ELSE 0 END`;
  const judged = {
    adscale_kept: isKept,
    adscale_problem: `CASE ${broken} ELSE 0 END`,
  };
  return { ...rows, mapping, rules, layers: [...layers, values, judged] };
}

export const DAY = 86_400;

function ruleWords(dialect: Dialect): RuleWords {
  return {
    isTrue: (condition) => dialect.isTrue(condition),
    isOneOf: (text, list) => isOneOf(dialect, text, list),
    number: (value) => dialect.number(value),
    length: (text) => dialect.length(text),
  };
}

const isOneOf = (dialect: Dialect, text: string, list: readonly string[]): string =>
  dialect.isTrue(`${text} IN (${list.map((word) => dialect.text(word)).join(', ')})`);

/** @throws InputError naming the columns that there are */
export function columnOf(columns: readonly WarehouseColumn[], name: string): WarehouseColumn {
  const column = columns.find((other) => other.name === name);
  if (column !== undefined) return column;
  const got = columns.map((other) => other.name).join(', ');
  throw new InputError(`column ${name} is missing; got ${got}`);
}

/** A text, or NULL where it is empty or one of the words for "nothing". */
export function wordIn(dialect: Dialect, column: WarehouseColumn): string {
  const text = dialect.asText(column);
  if (column.kind !== 'text') return text;
  return `CASE WHEN ${isOneOf(dialect, `lower(${text})`, [...missingWords])} THEN NULL ELSE ${text} END`;
}

/** Whether there is anything, NULL where there is not. */
function presentIn(dialect: Dialect, column: WarehouseColumn): string {
  return column.kind === 'text' ? wordIn(dialect, column) : dialect.name(column.name);
}

/** A number, where the column has such. */
export function numberIn(dialect: Dialect, column: WarehouseColumn): string {
  if (column.kind === 'time') return dialect.asTime(column);
  if (column.kind !== 'other') return dialect.asNumber(column);
  throw refusedType(column, 'a number or text');
}

function refusedType({ name, type }: WarehouseColumn, wanted: string): InputError {
  return new InputError(
    `column ${name}: got the type ${type}, wanted ${wanted}; --derive makes another column of it`,
  );
}

/**
 * A number with a fraction, or one that may have such, is written by each engine in its own way (1,
 * 1.0, 1.00): its words would be other ones, and a model another.
 * @throws InputError if a column has no words
 */
export function refuseWords(column: WarehouseColumn): void {
  if (!['other', 'float', 'decimal'].includes(column.kind)) return;
  throw refusedType(column, 'a text or a whole number');
}

function timeIn(dialect: Dialect, column: WarehouseColumn): string {
  if (column.kind === 'time') return dialect.asTime(column);
  if (['integer', 'decimal', 'float'].includes(column.kind)) return dialect.asNumber(column);
  throw refusedType(column, 'a date, a time or a number');
}

function valuesOf(
  dialect: Dialect,
  mapping: Mapping,
  find: (name: string) => WarehouseColumn,
  answering: boolean,
): Record<string, string> {
  const { impressions, label, true_ctr: truth, time, features } = mapping;
  return {
    ...(label === undefined && { adscale_n: numberIn(dialect, find(impressions!)) }),
    adscale_k:
      label === undefined
        ? clicksIn(dialect, mapping, find)
        : labelIn(dialect, find(label), mapping.repeat_clicks ?? 'cap'),
    ...(truth !== undefined && { adscale_truth: numberIn(dialect, find(truth)) }),
    ...(time !== undefined && { adscale_time: timeIn(dialect, find(time)) }),
    ...Object.fromEntries(
      Object.values(features).map((feature, f) => [
        featureColumn(f),
        featureIn(dialect, find(feature.column), feature, answering),
      ]),
    ),
  };
}

function clicksIn(
  dialect: Dialect,
  { clicks, impressions, blank_clicks: blank }: Mapping,
  find: (name: string) => WarehouseColumn,
): string {
  const count = numberIn(dialect, find(clicks!));
  if (blank !== 'zero') return count;
  const isBlank = `${presentIn(dialect, find(clicks!))} IS NULL AND ${numberIn(dialect, find(impressions!))} > 0`;
  return `CASE WHEN ${isBlank} THEN ${dialect.number(0)} ELSE ${count} END`;
}

function labelIn(dialect: Dialect, column: WarehouseColumn, repeat: 'cap' | 'refuse'): string {
  const one = dialect.number(1);
  let number = numberIn(dialect, column);
  if (column.kind === 'text') {
    const got = `lower(${dialect.asText(column)})`;
    const yes = isOneOf(dialect, got, ['true', 'yes', 't', 'y']);
    const no = isOneOf(dialect, got, ['false', 'no', 'f', 'n']);
    number = `CASE WHEN ${yes} THEN ${one} WHEN ${no} THEN ${dialect.number(0)} ELSE ${number} END`;
  }
  if (repeat === 'refuse') return number;
  return `CASE WHEN ${number} > 1 AND ${number} = floor(${number}) THEN ${one} ELSE ${number} END`;
}

function featureIn(
  dialect: Dialect,
  column: WarehouseColumn,
  feature: FeatureMapping,
  answering: boolean,
): string {
  const value = plainFeature(dialect, column, feature);
  const { bias, held_at: heldAt } = feature;
  if (!answering || bias !== true || heldAt === undefined) return value;
  const held = typeof heldAt === 'number' ? dialect.number(heldAt) : dialect.text(heldAt);
  return `CASE WHEN ${presentIn(dialect, column)} IS NULL THEN ${held} ELSE ${value} END`;
}

function plainFeature(dialect: Dialect, column: WarehouseColumn, feature: FeatureMapping): string {
  if (!isText(feature)) return numberIn(dialect, column);
  refuseWords(column);
  const word = wordIn(dialect, column);
  const { categories } = feature;
  if (!categories?.includes(OTHER)) return word;
  return `CASE WHEN ${word} IS NULL OR ${isOneOf(dialect, word, categories)} THEN ${word} ELSE ${dialect.text(OTHER)} END`;
}
