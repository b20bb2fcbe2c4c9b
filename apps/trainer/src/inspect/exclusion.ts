import type { Database, SourceColumn } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName, ROW_COLUMN } from '../source/sql.js';
import { gatherEvidence, leakIn, sampleCounts, type LeakEvidence } from '../rows/leaks.js';
import { labelSql } from '../rows/prepare.js';
import { INSPECTED, readingOf, type ColumnProfile } from './profile.js';
import type { Target } from './target.js';

/** A table under inspection. */
export interface Inspected {
  readonly database: Database;
  readonly source: Source;
  readonly profiles: readonly ColumnProfile[];
}

/** A column that the draft leaves out. */
export interface Excluded {
  readonly column: string;
  readonly because: string;
  readonly leak?: LeakEvidence;
}

/** By column, how it goes with the clicks; undefined where that cannot be measured. */
export type Evidence = ReadonlyMap<string, LeakEvidence | undefined>;

/** Why a column should not be a feature; undefined if it may be one. */
export function reasonAgainst(
  { name, rows, missing, distinct, type }: ColumnProfile,
  evidence: LeakEvidence | undefined,
  isLog: boolean,
): Omit<Excluded, 'column'> | undefined {
  if (missing === rows) return { because: 'it is empty' };
  if (distinct <= 1 && missing === 0) return { because: 'it is the same in every row' };
  const isNumber = type === 'number' || type === 'integer';
  const because = leakIn(name, evidence, isLog, isNumber);
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

/** Measures all columns against the clicks. Text is measured by its being there or not. */
export async function measureLeaks(
  { database, source, profiles }: Inspected,
  target: Target,
): Promise<Evidence> {
  const isNumber = ({ type }: ColumnProfile): boolean => type === 'number' || type === 'integer';
  const numbers = profiles.filter((profile) => profile.missing < profile.rows && isNumber(profile));
  const words = profiles.filter(
    (profile) => profile.missing > 0 && profile.missing < profile.rows && !isNumber(profile),
  );
  const { impressions, clicks, label } = target;
  const counts: [string, string] =
    label === undefined
      ? [numberSql(source, impressions!), numberSql(source, clicks!)]
      : ['1', `least(${labelSql(`CAST(${presentSql(source, label)} AS VARCHAR)`)}, 1)`];
  const macro = source.typing?.decimal === 'comma' ? 'number_comma' : 'number_of';
  const sample = source.text
    ? await sampleCounts(database, `FROM ${INSPECTED}`, ROW_COLUMN, counts, [
        { columns: quoted(numbers), read: (cell) => `${macro}(present(${cell}))` },
        {
          columns: quoted(words),
          read: (cell) => `CASE WHEN present(${cell}) IS NOT NULL THEN 1 END`,
        },
      ])
    : await sampleCounts(database, `FROM ${INSPECTED}`, ROW_COLUMN, [
        ...counts,
        ...numbers.map(({ name }) => numberSql(source, name)),
        ...words.map(({ name }) => `CASE WHEN ${presentSql(source, name)} IS NOT NULL THEN 1 END`),
      ]);
  return new Map(
    [...numbers, ...words].map(({ name }, c) => [name, gatherEvidence(sample, sample.columns[c])]),
  );
}

const quoted = (columns: readonly ColumnProfile[]): string[] =>
  columns.map(({ name }) => quoteName(name));

/** SQL of what stands in a column, NULL where there is nothing. */
function presentSql(source: Source, name: string): string {
  return readingOf(source, columnOf(source, name)).present;
}

function numberSql(source: Source, name: string): string {
  return readingOf(source, columnOf(source, name)).number ?? 'NULL';
}

function columnOf({ columns }: Source, name: string): SourceColumn {
  return columns.find((column) => column.name === name)!;
}
