import type { RecordFeature } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import type { Mapping } from '../mapping/mapping.js';
import { placeSql } from '../rows/columns.js';
import { checkColumns, derivedQuery, featureValue } from '../rows/prepare.js';
import { featureColumn, featureRules, type RowRule } from '../rows/rules.js';
import { presentValue, typedQuery } from '../rows/typed.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName, quoteText } from '../source/sql.js';
import { takesText, UNSEEN, type Scorer } from './scorer.js';

const PREDICT = 'adscale_predict';

/** A query that predicts every row of a source, in its order. */
export interface ScoreQuery {
  /** SELECT of everything there is, and `adscale_answer`, `adscale_problem`. */
  readonly sql: string;
  /** A row's `adscale_problem` is 0, or a place in here plus one. */
  readonly rules: readonly RowRule[];
}

/**
 * Makes the query that has `scorer` predict every row. Only the features are looked at: the data
 * needs no clicks. A row that breaks a rule of a feature has a problem and no answer.
 * @param options.exposure SQL of the impressions that an interval is over, if intervals are wanted
 * @throws InputError if a column is missing, or the mapping's SQL does not work
 */
export async function scoreQuery(
  database: Database,
  source: Source,
  { scorer, mapping, exposure }: { scorer: Scorer; mapping: Mapping; exposure?: string },
): Promise<ScoreQuery> {
  const { features, derived, decimal } = mapping;
  const wanted: Mapping = { features, ...(derived && { derived }), ...(decimal && { decimal }) };
  checkColumns(source, wanted);
  database.register(await scorer.asFunction(PREDICT));
  const rows = await derivedQuery(database, typedQuery(source, wanted), wanted);
  const values = Object.values(features).map(
    (feature, f) => `${featureValue(source, feature)} AS ${featureColumn(f)}`,
  );
  const rules = featureRules(wanted, (column) => presentValue(source, column), true);
  const broken = rules.map((rule, r) => `WHEN ${rule.broken} THEN ${r + 1}`).join('\n');
  const numbers: string[] = [];
  for (const [f, feature] of scorer.schema.features.entries()) {
    numbers.push(await argumentSql(database, featureColumn(f), feature));
  }
  const problem = rules.length === 0 ? '0' : `CASE ${broken} ELSE 0 END`;
  const given = ['adscale_problem', ...(exposure === undefined ? [] : [exposure]), ...numbers];
  const sql = `
    SELECT *, ${PREDICT}(${given.join(', ')}) AS adscale_answer
    FROM (SELECT *, (${problem})::USMALLINT AS adscale_problem
      FROM (SELECT *, ${values.join(', ')} FROM (${rows})))`;
  return { sql, rules };
}

/**
 * SQL of what a scorer's function is given of a feature: a number, a category's place or a word's text.
 * @param column SQL of its value: a number, or a text
 */
export async function argumentSql(
  database: Database,
  column: string,
  feature: RecordFeature,
): Promise<string> {
  if (feature.kind === 'word') return takesText(feature) ? `${column}::VARCHAR` : column;
  if (feature.kind !== 'categorical') return column;
  const place = await placeSql(database, column, feature.categories);
  // A word that is not listed is told apart from none.
  return `coalesce(${place}, CASE WHEN ${column} IS NOT NULL THEN ${UNSEEN} END)`;
}

/** SQL of a row's problem in words. */
export function reasonSql(rules: readonly RowRule[]): string {
  const words = rules.map(({ reason }, r) => `WHEN ${r + 1} THEN ${quoteText(reason)}`);
  return rules.length === 0 ? 'NULL::VARCHAR' : `CASE adscale_problem ${words.join(' ')} END`;
}

/**
 * SQL of the impressions that a row's interval is over: the number given, 1 for a click log, or
 * the column that the mapping names.
 * @throws InputError if none tells
 */
export function exposureSql(source: Source, mapping: Mapping, given?: number): string {
  if (given !== undefined) return `${given}::DOUBLE`;
  const { impressions, label } = mapping;
  if (label !== undefined) return '1::DOUBLE';
  if (source.columns.some(({ name }) => name === impressions)) {
    return `TRY_CAST(${quoteName(impressions!)} AS DOUBLE)`;
  }
  throw new InputError(
    `--interval: the data has no column ${impressions} that tells over how many impressions; give their number by --exposure`,
  );
}
