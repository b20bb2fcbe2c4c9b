import { writeMapping } from '../mapping/file.js';
import { describeDirty } from '../rows/dirty.js';
import type { Draft } from './draft.js';
import type { Inspection } from './inspection.js';
import type { ColumnProfile } from './profile.js';

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
    table([
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

/** Columns side by side, numbers and all to the left. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => cell.padEnd(widths[c]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
