import { tableText, type Reporter } from '../cli/reporter.js';
import { writeMapping } from '../mapping/file.js';
import type { Mapping } from '../mapping/mapping.js';
import { countRows, describeDirty, type RowCounts } from '../rows/counts.js';
import { prepareRows } from '../rows/prepare.js';
import type { Database } from '../source/database.js';
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

/** The text of a draft mapping: what to look at, the keys, and what was left out as comments. */
export function draftText({ mapping, excluded }: Draft, sourceName: string): string {
  const lines = [
    `# What the columns of ${sourceName.replaceAll('\n', ' ')} mean, as guessed: look it through.`,
    '# kind is numeric, integer or categorical. Further keys of a feature: minimum, maximum,',
    '# exclusive_minimum, categories, missing (true: empty cells are trained on), description.',
    '# Further keys here: where (a list of SQL conditions), derived (columns by SQL expressions),',
    '# time and group (to split by), decimal (point or comma), dirty (drop or refuse).',
    writeMapping(mapping).trimEnd(),
    ...(excluded.length === 0 ? [] : ['# Left out:']),
    ...excluded.map(({ column, because }) => `#   ${column}: ${because}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** An inspection as a person reads it. */
export function describeInspection({ source, columns, counts, findings }: Inspection): string {
  const rows = counts.rows.toLocaleString('en');
  const sections = [
    `${source.name}: ${rows} rows, ${columns.length} columns`,
    tableText([
      ['column', 'type', 'missing', 'distinct', 'values'],
      ...columns.map((column) => [
        column.name,
        column.type,
        column.missing === 0 ? '' : percent(column.missing / column.rows),
        Math.round(column.distinct).toLocaleString('en'),
        valuesOf(column),
      ]),
    ]),
  ];
  if (findings.length > 0) {
    sections.push(`Worth knowing\n${findings.map(({ text }) => `  ${text}`).join('\n')}`);
  }
  if (counts.dirty > 0) sections.push(`Rows that cannot be used: ${describeDirty(counts)}`);
  return sections.join('\n\n');
}

const MAX_WORD = 24;

function valuesOf({ type, quantiles, top }: ColumnProfile): string {
  if (quantiles !== undefined) {
    const shown = type === 'integer' ? quantiles.map(Math.round) : quantiles;
    const [least, , , middle, , , greatest] = shown.map(shortNumber);
    return `${least} … ${middle} … ${greatest}`;
  }
  const words = (top ?? []).slice(0, 4).map(({ value }) => value);
  const cut = words.map((word) => (word.length > MAX_WORD ? `${word.slice(0, MAX_WORD)}…` : word));
  return cut.join(', ');
}

function shortNumber(value: number): string {
  return Number(value.toPrecision(4)).toLocaleString('en', { maximumSignificantDigits: 4 });
}

function percent(share: number): string {
  return share < 0.001 ? '<0.1 %' : `${(100 * share).toFixed(1)} %`;
}
