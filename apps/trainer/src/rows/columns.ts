import {
  Vocabulary,
  type CtrTable,
  type RecordFeature,
  type RecordSchema,
  type Vocabularies,
} from '@adscale/ctr';
import { OTHER, type Mapping } from '../mapping/mapping.js';
import type { Database } from '../source/database.js';
import { nameKey, withoutUnit } from '../source/header.js';
import { quoteText } from '../source/sql.js';

/**
 * A mapping with its columns named as other data names them: in other case, with other blanks
 * (`day` for `Day`), or with another unit (`Amount spent (EUR)` for `Amount spent (USD)`). A column
 * that is not there, or that two could be, keeps its name.
 */
export function renameColumns(mapping: Mapping, names: readonly string[]): Mapping {
  const derived = Object.keys(mapping.derived ?? {});
  const rename = (name: string): string => {
    if (names.includes(name) || derived.includes(name)) return name;
    for (const key of [nameKey, withoutUnit]) {
      const alike = names.filter((other) => key(other) === key(name));
      if (alike.length === 1) return alike[0];
    }
    return name;
  };
  const roles = ['impressions', 'clicks', 'label', 'true_ctr', 'time', 'group'] as const;
  const renamed = roles.flatMap((role) => {
    const name = mapping[role];
    return name === undefined ? [] : [[role, rename(name)]];
  });
  const features = Object.entries(mapping.features).map(([name, feature]) => {
    return [name, { ...feature, column: rename(feature.column) }];
  });
  return {
    ...mapping,
    ...Object.fromEntries(renamed),
    features: Object.fromEntries(features),
  };
}

/**
 * SQL of the number that a feature has in a row: a number itself, a category's place in its list, a word's
 * in the vocabulary of the rows that are prepared; NULL where it is missing.
 * @param rows FROM clause of the rows whose words there are
 */
export async function numberSql(
  database: Database,
  column: string,
  feature: RecordFeature,
  rows: string,
): Promise<string> {
  if (feature.kind === 'categorical') return placeSql(database, column, feature.categories);
  if (feature.kind !== 'word' || feature.whole === true) return column;
  const type = wordType(column);
  await database.run(`DROP TYPE IF EXISTS ${type}`);
  // The commonest first, so that numbers are small where it matters.
  await database.run(`CREATE TYPE ${type} AS ENUM (
    SELECT ${column} ${rows} AND ${column} IS NOT NULL
    GROUP BY ${column} ORDER BY sum(n) DESC, ${column})`);
  return `enum_code(${column}::${type})::BIGINT`;
}

const wordType = (column: string): string => `words_${column}`;

/** The words that the numbers of `numberSql` stand for, by feature of words. */
export async function readVocabularies(
  database: Database,
  { features }: RecordSchema,
): Promise<Vocabularies | undefined> {
  const found: Record<string, Vocabulary> = {};
  for (const [f, feature] of features.entries()) {
    if (feature.kind !== 'word' || feature.whole === true) continue;
    const words = await database.rows(
      `SELECT unnest(enum_range(NULL::${wordType(`f${f}`)}))::VARCHAR AS word`,
    );
    found[feature.name] = Vocabulary.of(words.map(({ word }) => String(word)));
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

/** SQL of a categorical feature's place in the schema, NULL where it is missing. */
export async function placeSql(
  database: Database,
  column: string,
  categories: readonly string[],
): Promise<string> {
  const type = wordType(column);
  await database.run(`DROP TYPE IF EXISTS ${type}`);
  await database.run(`CREATE TYPE ${type} AS ENUM (${categories.map(quoteText).join(', ')})`);
  const other = categories.indexOf(OTHER);
  const unlisted = other < 0 ? 'NULL' : `CASE WHEN ${column} IS NOT NULL THEN ${other} END`;
  return `coalesce(enum_code(TRY_CAST(${column} AS ${type}))::INTEGER, ${unlisted})`;
}

/** Optional columns of a table that the mapping names. */
export function keysOf({ true_ctr: truth, time, group }: Mapping): ('truth' | 'time' | 'grp')[] {
  return [
    ...(truth === undefined ? [] : ['truth' as const]),
    ...(time === undefined ? [] : ['time' as const]),
    ...(group === undefined ? [] : ['grp' as const]),
  ];
}

/** Columns of doubles, features first, then impressions, clicks and the keys, as a table. */
export function tableOf(
  schema: RecordSchema,
  keys: readonly string[],
  values: Float64Array[],
): CtrTable {
  const width = schema.features.length;
  const key = (name: string): Float64Array | undefined =>
    keys.includes(name) ? values[width + 2 + keys.indexOf(name)] : undefined;
  const [trueCtr, time, group] = [key('truth'), key('time'), key('grp')];
  return {
    features: { schema, rows: values[width].length, values: values.slice(0, width) },
    impressions: values[width],
    clicks: values[width + 1],
    ...(trueCtr !== undefined && { trueCtr }),
    ...(time !== undefined && { time }),
    ...(group !== undefined && { group }),
  };
}
