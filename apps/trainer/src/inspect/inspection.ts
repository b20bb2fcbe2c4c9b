import { tableText, type Reporter } from '../cli/reporter.js';
import { writeMapping } from '../mapping/file.js';
import { changeMapping } from '../mapping/mapping-flags.js';
import { expandMapping, isDefault, type Mapping } from '../mapping/mapping.js';
import { countRows, describeDirty, MUCH_DIRTY, type RowCounts } from '../rows/counts.js';
import { prepareRows } from '../rows/prepare.js';
import { settleRestated } from '../rows/restated.js';
import type { Database } from '../source/database.js';
import type { FileLayout, Source } from '../source/source.js';
import { addDerived } from './derived.js';
import { draftMapping, type Draft } from './draft.js';
import { findings, type Finding } from './findings.js';
import { tryOffers, type Offer } from './offers.js';
import { openInspected, profileColumns, type ColumnProfile } from './profile.js';
import type { Wishes } from './target.js';

/** Everything that inspecting a table brings to light. */
export interface Inspection {
  readonly source: Source;
  readonly columns: readonly ColumnProfile[];
  readonly draft: Draft;
  readonly offers: readonly Offer[];
  readonly counts: RowCounts;
  readonly findings: readonly Finding[];
}

/**
 * Profiles a table, drafts its mapping, tries what else could be a feature, and tries the draft on
 * every row.
 * @throws InputError if the columns that count are not found, or no feature is left
 */
export async function inspectSource(
  database: Database,
  source: Source,
  wishes: Wishes,
  reporter: Reporter,
): Promise<Inspection> {
  await openInspected(database, source);
  const columns = await reporter.during(
    { name: 'profile', total: source.columns.length, unit: 'columns' },
    (stage) => profileColumns(database, source, stage.update),
  );
  const guessed = await draftMapping({ database, source, profiles: columns }, wishes);
  const changes = wishes.changes && { ...wishes.changes, derive: {} };
  const changed = changes ? changeMapping(guessed.mapping, changes) : guessed.mapping;
  const derived = await addDerived(database, source, changed, wishes.derive ?? {}, wishes.features);
  const settled = await settleRestated(database, source, derived.mapping);
  const isNamed = wishes.features.length > 0 || isDefault(derived.mapping);
  const offered =
    isNamed || source.sampled
      ? { mapping: derived.mapping, offers: [] }
      : await reporter.during(
          { name: 'try', unit: 'features' },
          () => tryOffers(database, settled.source, columns, derived.mapping, wishes.exposure),
          ({ offers }) => offers.length,
        );
  const { offers } = offered;
  const tried = expandMapping(offered.mapping);
  const prepared = await prepareRows(database, settled.source, tried);
  const counts = await countRows(database, prepared);
  const drops = counts.dirty > 0 && counts.dirty_share <= MUCH_DIRTY;
  const mapping = drops ? dropping(offered.mapping) : offered.mapping;
  const draft = { ...guessed, mapping, notes: [...guessed.notes, ...derived.notes] };
  const { restated } = settled;
  const found = { database, source, columns, draft, offers, counts, restated };
  return { source, columns, draft, offers, counts, findings: await findings(found) };
}

/** The mapping with `dirty: drop`, features last as they are the longest. */
function dropping({ features, ...rest }: Mapping): Mapping {
  return { ...rest, dirty: 'drop', features };
}

/** The text of a draft mapping: what to look at, the keys, and what was left out as comments. */
export function draftText({ mapping, excluded }: Draft, sourceName: string): string {
  const lines = [
    `# What the columns of ${sourceName.replaceAll('\n', ' ')} mean, as guessed: look it through.`,
    '# kind is numeric, integer, categorical (a closed list) or word (an open vocabulary: any text, or',
    '# whole: true of ids). Further keys of a feature: minimum, maximum,',
    '# exclusive_minimum, categories, missing (true: empty cells are trained on), description, bias (true:',
    '# learnt from, and held at held_at in requests that lack it, as a position).',
    '# Further keys here: where (a list of SQL conditions), derived (columns by SQL expressions),',
    '# time and group (to split by), decimal (point or comma), dates (dmy or mdy), dirty (drop or',
    '# refuse), restated (newest, refuse or keep), mature_days, exposure_feature (true or false),',
    '# blank_clicks (zero or refuse), repeat_clicks (cap or refuse), negative_sampling_rate; of words:',
    '# hierarchy ([campaign, ad_group, creative], coarse before fine), cross ([publisher, position]).',
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
    [
      `${source.name}: ${rows} rows, ${columns.length} columns`,
      ...source.layouts.flatMap((layout) => tellLines(layout, source.layouts.length > 1)),
    ].join('\n'),
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

/** What the lines of a file were taken for; nothing of one that is a header and rows. */
function tellLines({ path, counts }: FileLayout, isOneOfMany: boolean): string[] {
  const { lines, preamble, header, rows, dropped, footer } = counts;
  if (preamble + dropped + footer === 0) return [];
  const parts = [
    preamble > 0 && `${preamble} above the header`,
    `${header} of the header`,
    `${rows.toLocaleString('en')} of rows`,
    dropped > 0 && `${dropped.toLocaleString('en')} left out`,
    footer > 0 && `${footer} below`,
  ].filter((part) => part !== false);
  const name = isOneOfMany ? `${path}: ` : '';
  return [`${name}${lines.toLocaleString('en')} lines: ${parts.join(', ')}`];
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
