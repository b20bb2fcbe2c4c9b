import type { Mapping } from '../mapping/mapping.js';
import type { Reporter } from '../cli/reporter.js';
import type { Database } from '../source/database.js';
import { countRows, type RowCounts } from '../rows/dirty.js';
import { prepareRows } from '../rows/prepare.js';
import type { Source } from '../source/source.js';
import { draftMapping, type Draft } from './draft.js';
import { findings, type Finding } from './findings.js';
import { guessDecimal, openInspected, profileColumns, type ColumnProfile } from './profile.js';
import type { Wishes } from './target.js';

/** Everything that inspecting a table brings to light. */
export interface Inspection {
  readonly source: Source;
  readonly columns: readonly ColumnProfile[];
  readonly draft: Draft;
  readonly counts: RowCounts;
  readonly findings: readonly Finding[];
}

/**
 * Profiles a table, drafts its mapping and tries the draft on every row.
 * @throws InputError if the columns that count are not found, or no feature is left
 */
export async function inspectSource(
  database: Database,
  source: Source,
  wishes: Wishes,
  reporter: Reporter,
): Promise<Inspection> {
  await reporter.during(
    { name: 'read', unit: 'columns' },
    () => openInspected(database, source),
    () => source.columns.length,
  );
  const decimal = await guessDecimal(database, source);
  const profiles = await reporter.during(
    { name: 'profile', total: source.columns.length, unit: 'columns' },
    (stage) => profileColumns(database, source, decimal, stage.update),
  );
  const draft = await draftMapping({ database, source, profiles, decimal }, wishes);
  const prepared = await prepareRows(database, source, draft.mapping);
  const counts = await countRows(database, prepared);
  const mapping: Mapping = counts.dirty > 0 ? dropping(draft.mapping) : draft.mapping;
  const finished = { ...draft, mapping };
  return {
    source,
    columns: profiles,
    draft: finished,
    counts,
    findings: await findings(database, source, profiles, finished, counts),
  };
}

/** The mapping with `dirty: drop`, features last as they are the longest. */
function dropping({ features, ...rest }: Mapping): Mapping {
  return { ...rest, dirty: 'drop', features };
}
