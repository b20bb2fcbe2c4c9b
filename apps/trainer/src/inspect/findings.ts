import type { Mapping } from '../mapping/mapping.js';
import type { RowCounts } from '../rows/counts.js';
import { ROW_COLUMN, FILE_COLUMN } from '../source/csv.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName } from '../source/sql.js';
import type { Draft } from './draft.js';
import { INSPECTED, type ColumnProfile } from './profile.js';

/** Something that a user should know before training. */
export interface Finding {
  readonly kind: 'leak' | 'excluded' | 'dirty' | 'unreadable' | 'words' | 'duplicates' | 'missing';
  readonly column?: string;
  readonly text: string;
}

/** A column with more missing cells than this is remarked on. */
const MUCH_MISSING = 0.5;

/** What stands out in a table, leaks first. */
export async function findings(
  database: Database,
  source: Source,
  profiles: readonly ColumnProfile[],
  { mapping, excluded }: Draft,
  counts: RowCounts,
): Promise<Finding[]> {
  const left = excluded.map(({ column, because, leak }): Finding => {
    const isLeak = leak !== undefined || because.startsWith('it leaks');
    return {
      kind: isLeak ? 'leak' : 'excluded',
      column,
      text: `${column} is left out: ${because}`,
    };
  });
  const order = ['leak', 'dirty', 'duplicates', 'unreadable', 'missing', 'words', 'excluded'];
  const found = [
    ...left,
    ...counts.reasons.map(({ reason, rows }): Finding => {
      return { kind: 'dirty', text: `${count(rows, 'row')} cannot be used: ${reason}` };
    }),
    ...profiles.flatMap((profile) => columnFindings(profile, mapping)),
    ...(await duplicates(database, source, mapping)),
  ];
  return found.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

function columnFindings(profile: ColumnProfile, { features }: Mapping): Finding[] {
  const { name: column, rows, missing, unreadable } = profile;
  const feature = Object.values(features).find((mapped) => mapped.column === column);
  if (feature === undefined) return [];
  const found: Finding[] = [];
  if (unreadable > 0) {
    const text = `${column}: no number in ${count(unreadable, 'cell')}`;
    found.push({ kind: 'unreadable', column, text });
  }
  if (missing > MUCH_MISSING * rows) {
    const text = `${column} is empty in ${Math.round((100 * missing) / rows)} % of the rows`;
    found.push({ kind: 'missing', column, text });
  }
  if (feature.categories !== undefined && profile.distinct > feature.categories.length) {
    const text = `${column} has about ${profile.distinct.toLocaleString('en')} different words: the ${feature.categories.length - 1} most frequent are kept, the rest is "other"`;
    found.push({ kind: 'words', column, text });
  }
  return found;
}

/** Whole rows that occur again. In a click log they must. */
async function duplicates(
  database: Database,
  source: Source,
  { label }: Mapping,
): Promise<Finding[]> {
  if (label !== undefined) return [];
  const hidden = [FILE_COLUMN, ...(source.text ? [] : [ROW_COLUMN])].map(quoteName).join(', ');
  const { again } = await database.row(`
    SELECT (count(*) - count(DISTINCT hash(r)))::DOUBLE AS again
    FROM (SELECT * EXCLUDE (${hidden}) FROM ${INSPECTED}) r`);
  if (Number(again) === 0) return [];
  return [
    {
      kind: 'duplicates',
      text: `${count(Number(again), 'row')} too many: equal to an earlier one in every column`,
    },
  ];
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
