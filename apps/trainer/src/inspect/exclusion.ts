import { gatherEvidence, leakIn, type LeakEvidence } from '../rows/leaks.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName } from '../source/sql.js';
import { SAMPLED, type ColumnProfile } from './profile.js';
import type { Target } from './target.js';

/** A table under inspection. */
export interface Inspected {
  readonly database: Database;
  readonly source: Source;
  readonly profiles: readonly ColumnProfile[];
  readonly decimal: 'point' | 'comma';
}

/** A column that the draft leaves out. */
export interface Excluded {
  readonly column: string;
  readonly because: string;
  readonly leak?: LeakEvidence;
}

/** Why a column should not be a feature; undefined if it may be one. */
export async function reasonAgainst(
  inspected: Inspected,
  profile: ColumnProfile,
  target: Target,
): Promise<Omit<Excluded, 'column'> | undefined> {
  const { name, rows, missing, distinct, type } = profile;
  if (missing === rows) return { because: 'it is empty' };
  if (distinct <= 1 && missing === 0) return { because: 'it is the same in every row' };
  const evidence = await evidenceFor(inspected, profile, target);
  const because = leakIn(name, evidence, target.label !== undefined);
  if (because !== undefined) {
    return { because: `it leaks the target: ${because}`, ...(evidence && { leak: evidence }) };
  }
  if (type !== 'number' && rows > 100 && distinct > 0.9 * (rows - missing)) {
    return { because: 'it is different in nearly every row: an id' };
  }
  if (type === 'time') {
    return { because: 'it is a time: derive a feature from it, such as its hour or weekday' };
  }
  if (!['number', 'integer', 'text', 'yes/no'].includes(type)) {
    return { because: `it is ${type}: derive features from what is in it` };
  }
  return undefined;
}

/** Text is measured by its being there or not: 1 or missing. */
async function evidenceFor(
  { database, source, decimal }: Inspected,
  { name, type, missing }: ColumnProfile,
  target: Target,
): Promise<LeakEvidence | undefined> {
  const numeric = type === 'number' || type === 'integer';
  if (!numeric && missing === 0) return undefined;
  const number = numberReader(source, decimal);
  const value = numeric
    ? number(name)
    : `CASE WHEN ${presentSql(source, name)} IS NULL THEN NULL ELSE 1 END`;
  const { impressions, clicks, label } = target;
  const counts =
    label === undefined
      ? { impressions: number(impressions!), clicks: number(clicks!) }
      : { impressions: '1', clicks: labelNumber(source, label) };
  return gatherEvidence(database, SAMPLED, value, counts);
}

/** SQL of what stands in a column, NULL where there is nothing. */
export function presentSql(source: Source, name: string): string {
  const isText =
    source.text || source.columns.find((column) => column.name === name)?.type === 'VARCHAR';
  return isText ? `present(${quoteName(name)})` : quoteName(name);
}

function numberReader(source: Source, decimal: 'point' | 'comma'): (name: string) => string {
  const macro = decimal === 'comma' ? 'number_comma' : 'number_of';
  return (name) => {
    const value = presentSql(source, name);
    return value.startsWith('present(') ? `${macro}(${value})` : `TRY_CAST(${value} AS DOUBLE)`;
  };
}

function labelNumber(source: Source, label: string): string {
  return `TRY_CAST(TRY_CAST(${presentSql(source, label)} AS BOOLEAN) AS DOUBLE)`;
}
