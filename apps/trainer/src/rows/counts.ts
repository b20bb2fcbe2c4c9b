import { shortened } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import type { Database, SqlRow } from '../source/database.js';
import type { Source } from '../source/source.js';
import { PREPARED, type Prepared } from './prepare.js';

/** So many rows are shown: one is too few to mend a file by, all are too many to read. */
export const SHOWN = 10;

/** A row that breaks a rule. */
export interface DirtyExample {
  /** "ads.csv: line 3", or "row 3" where a table has no lines. */
  readonly where: string;
  readonly column: string;
  readonly value: string;
  readonly wanted: string;
}

/** What became of the rows of a table. */
export interface RowCounts {
  readonly rows: number;
  /** Left out by the mapping's conditions. */
  readonly left_out: number;
  /** To learn from. */
  readonly usable: number;
  /** Rows that break a rule, each counted by the first it breaks. */
  readonly dirty: number;
  readonly reasons: readonly { readonly reason: string; readonly rows: number }[];
  /**
   * Of the rows that the conditions leave, the share that is dirty, or that of their impressions if
   * it is larger, in [0, 1]. Rows without impressions tell nothing and are not counted.
   */
  readonly dirty_share: number;
  readonly examples: readonly DirtyExample[];
}

/** Counts rows by what is wrong with them, and finds the first ones. */
export async function countRows(database: Database, prepared: Prepared): Promise<RowCounts> {
  const groups = await database.rows(
    `SELECT kept, problem, sum(rows)::DOUBLE AS rows, coalesce(sum(n), 0)::DOUBLE AS n FROM ${PREPARED} GROUP BY ALL ORDER BY rows DESC, problem`,
  );
  return sumUp(groups, prepared, () => findExamples(database, prepared));
}

/**
 * Counts from the numbers of rows and impressions by whether the conditions keep them, and by what is
 * wrong with them; most rows first.
 * @param groups of `kept`, `problem`, `rows` and `n`
 * @param examples asked for only if there are dirty rows
 */
export async function sumUp(
  groups: readonly SqlRow[],
  prepared: Pick<Prepared, 'rules' | 'source'>,
  examples: () => Promise<DirtyExample[]>,
): Promise<RowCounts> {
  const total = (fits: (group: SqlRow) => boolean): number =>
    groups.filter(fits).reduce((sum, { rows }) => sum + Number(rows), 0);
  const broken = groups.filter(({ kept, problem }) => kept === true && problem !== null);
  const reasons = [
    ...broken.map(({ problem, rows }) => ({
      reason: prepared.rules[Number(problem) - 1].reason,
      rows: Number(rows),
    })),
    ...brokenLines(prepared.source),
  ];
  const dirty = reasons.reduce((sum, { rows }) => sum + rows, 0);
  const harmless = broken.filter(({ problem }) => prepared.rules[Number(problem) - 1].harmless);
  const lost = dirty - harmless.reduce((sum, { rows }) => sum + Number(rows), 0);
  const learned = groups.filter(({ kept }) => kept === true);
  const impressions = (some: readonly SqlRow[]): number =>
    some.reduce((sum, { n }) => sum + Number(n), 0);
  const lines = brokenLines(prepared.source).reduce((sum, { rows }) => sum + rows, 0);
  return {
    rows: total(() => true) + lines,
    left_out: total(({ kept }) => kept !== true),
    usable: total(({ kept, problem }) => kept === true && problem === null),
    dirty,
    reasons,
    dirty_share: Math.max(
      shareOf(lost, total(({ kept, problem }) => kept === true && problem === null) + lost),
      shareOf(impressions(broken), impressions(learned)),
    ),
    examples: dirty === 0 ? [] : await examples(),
  };
}

const shareOf = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** More than this share is not dropped unless somebody says so. */
export const MUCH_DIRTY = 0.05;

/** Lines among the rows of text files that are none, by reason. */
export function brokenLines({ layouts }: Source): { reason: string; rows: number }[] {
  const counts = new Map<string, number>();
  for (const { droppedBy } of layouts) {
    for (const [reason, lines] of Object.entries(droppedBy)) {
      if (HARMLESS.has(reason)) continue;
      counts.set(reason, (counts.get(reason) ?? 0) + lines);
    }
  }
  return [...counts].map(([reason, rows]) => ({ reason, rows }));
}

/** Reasons for which a line was never meant to be a row. */
const HARMLESS = new Set(['the header again', 'a comment']);

async function findExamples(
  database: Database,
  { source, rules, grouped }: Prepared,
): Promise<DirtyExample[]> {
  const rows = await database.rows(`
    SELECT file, line::DOUBLE AS line, problem, got, n FROM ${PREPARED}
    WHERE kept AND problem IS NOT NULL ${grouped ? 'ORDER BY line' : ''} LIMIT ${SHOWN}`);
  const examples: DirtyExample[] = [];
  for (const { file, line, problem, got, n } of rows) {
    const { column, wanted, broken } = rules[Number(problem) - 1];
    const bound = broken === 'adscale_k > adscale_n' ? `, ${String(n)}` : '';
    const where = placeOf(source, String(file ?? source.files[0]?.path), Number(line));
    examples.push({ where, column, value: shortened(String(got ?? '')), wanted: wanted + bound });
  }
  const lines = source.layouts.flatMap(({ path, names, dropped }) =>
    dropped
      .filter(({ reason }) => !HARMLESS.has(reason))
      .map(({ line, text, reason }): DirtyExample => ({
        where: placeOf(source, path, line),
        column: '(the line)',
        value: shortened(text),
        wanted: reason.startsWith('a quote') ? 'a quote that closes' : `${names.length} fields`,
      })),
  );
  return [...examples, ...lines].slice(0, SHOWN);
}

/** Lines of text are counted from 1, as rows of anything else are, whose places are from 0. */
export function placeOf({ files, text }: Source, path: string, line: number): string {
  const place = text ? `line ${line}` : `row ${line + 1}`;
  return files.length > 1 ? `${path}: ${place}` : place;
}

/** The counts as lines of text. */
export function describeDirty({ dirty, reasons, examples }: RowCounts): string {
  const counts = reasons.map(({ reason, rows }) => `${rows.toLocaleString('en')} ${reason}`);
  const shown = examples.map(
    ({ where, column, value, wanted }) =>
      `  ${where}, column ${column}: got "${value}", wanted ${wanted}`,
  );
  if (dirty > shown.length)
    shown.push(`  … and ${(dirty - shown.length).toLocaleString('en')} more`);
  return `${counts.join('; ')}\n${shown.join('\n')}`;
}

/**
 * @throws InputError if no row is left, or if there are dirty rows and the mapping does not drop
 * them
 */
export function checkRows(
  { source, mapping, rules }: Pick<Prepared, 'source' | 'mapping' | 'rules'>,
  counts: RowCounts,
): void {
  const { dirty, usable, rows, left_out: leftOut, reasons } = counts;
  const fatal = rules.find(
    (rule) => rule.fatal && reasons.some(({ reason }) => reason === rule.reason),
  );
  if (fatal !== undefined) {
    throw new InputError(
      `${source.name}: ${describeDirty(counts)}\nThey are not left out by themselves: the rest would have too few clicks. ${fatal.wanted}.`,
    );
  }
  if (dirty > 0 && mapping.dirty !== 'drop') {
    const few = dirty === 1 ? '1 row' : `${dirty.toLocaleString('en')} rows`;
    throw new InputError(
      `${source.name}: ${few} cannot be used: ${describeDirty(counts)}\nMend them, or leave them out by "dirty: drop" in the mapping or --dirty drop.`,
    );
  }
  if (usable > 0) return;
  if (rows === 0) throw new InputError(`${source.name}: there are no rows`);
  throw new InputError(
    `${source.name}: there are no rows to learn from: ${leftOut} left out by conditions (where, mature days)${dirty > 0 ? `, ${describeDirty(counts)}` : ''}`,
  );
}
