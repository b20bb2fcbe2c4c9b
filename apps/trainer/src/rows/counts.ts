import { shortened } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import { REJECTS, REJECT_SCANS } from '../source/csv.js';
import type { Database, SqlRow } from '../source/database.js';
import { quoteText } from '../source/sql.js';
import { linesOf } from '../source/text.js';
import { PREPARED, type Prepared } from './prepare.js';

/** So many rows are shown: one is too few to mend a file by, all are too many to read. */
const SHOWN = 10;

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
  readonly examples: readonly DirtyExample[];
}

/** Counts rows by what is wrong with them, and finds the first ones. */
export async function countRows(database: Database, prepared: Prepared): Promise<RowCounts> {
  const groups = await database.rows(
    `SELECT kept, problem, count(*)::DOUBLE AS rows FROM ${PREPARED} GROUP BY ALL ORDER BY rows DESC, problem`,
  );
  const rejects = await rejectedLines(database, prepared);
  const total = (fits: (group: SqlRow) => boolean): number =>
    groups.filter(fits).reduce((sum, { rows }) => sum + Number(rows), 0);
  const broken = groups.filter(({ kept, problem }) => kept === true && problem !== null);
  const reasons = broken.map(({ problem, rows }) => ({
    reason: prepared.rules[Number(problem) - 1].reason,
    rows: Number(rows),
  }));
  if (rejects.length > 0) {
    reasons.push({ reason: 'wrong number of fields', rows: rejects.length });
  }
  const dirty = reasons.reduce((sum, { rows }) => sum + rows, 0);
  return {
    rows: total(() => true) + rejects.length,
    left_out: total(({ kept }) => kept !== true),
    usable: total(({ kept, problem }) => kept === true && problem === null),
    dirty,
    reasons,
    examples: dirty === 0 ? [] : await findExamples(database, prepared, rejects),
  };
}

interface Reject {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  readonly message: string;
}

async function rejectedLines(database: Database, { source }: Prepared): Promise<Reject[]> {
  if (source.format !== 'csv') return [];
  const rows = await database.rows(`
    SELECT file_path, line::DOUBLE AS line, any_value(csv_line) AS text, any_value(error_message) AS message
    FROM ${REJECTS} JOIN ${REJECT_SCANS} USING (scan_id, file_id)
    GROUP BY file_path, line ORDER BY file_path, line`);
  return rows.map(({ file_path: path, line, text, message }) => ({
    path: String(path),
    line: Number(line),
    text: String(text).trim(),
    message: String(message),
  }));
}

async function findExamples(
  database: Database,
  prepared: Prepared,
  rejects: readonly Reject[],
): Promise<DirtyExample[]> {
  const { rules } = prepared;
  const rows = await database.rows(`
    SELECT file, rowid::DOUBLE AS place, problem, got, n FROM ${PREPARED}
    WHERE kept AND problem IS NOT NULL LIMIT ${SHOWN}`);
  const where = await whereabouts(database, prepared, rows, rejects);
  const examples = rows.map(({ problem, got, n }, i): DirtyExample => {
    const { column, wanted, broken } = rules[Number(problem) - 1];
    const bound = broken === 'adscale_k > adscale_n' ? `, ${String(n)}` : '';
    return { where: where[i], column, value: shortened(String(got ?? '')), wanted: wanted + bound };
  });
  const ragged = rejects.slice(0, SHOWN).map(({ path, line, text, message }): DirtyExample => {
    const [, expected = '', found = ''] = /: (\d+) Found: (\d+)/.exec(message) ?? [];
    const fields = found === '' ? message : `${expected} fields`;
    return {
      where: placeName(prepared, path, `line ${line}`),
      column: '(the line)',
      value: shortened(text),
      wanted: fields,
    };
  });
  return [...examples, ...ragged].slice(0, SHOWN);
}

function placeName({ source }: Prepared, path: string, place: string): string {
  return source.files.length > 1 ? `${path}: ${place}` : place;
}

/** Lines of a text file, rows of anything else, counted from 1. */
async function whereabouts(
  database: Database,
  prepared: Prepared,
  rows: readonly SqlRow[],
  rejects: readonly Reject[],
): Promise<string[]> {
  const { source } = prepared;
  const names = rows.map(({ place }) => `row ${Number(place) + 1}`);
  if (source.format === 'query') return names;
  const pathOf = ({ file }: SqlRow): string => String(file ?? source.files[0].path);
  for (const path of new Set(rows.map(pathOf))) {
    const mine = rows.flatMap((row, i) => (pathOf(row) === path ? [i] : []));
    const first = await firstPlace(database, prepared, path);
    const records = mine.map((i) => Number(rows[i].place) - first);
    mine.forEach((i, m) => (names[i] = placeName(prepared, path, `row ${records[m] + 1}`)));
    if (!source.text) continue;
    const dialect = source.dialects.get(path);
    if (dialect?.encoding === 'utf-16') continue;
    const skipped = new Set(rejects.filter((r) => r.path === path).map(({ line }) => line));
    const headLines = dialect === undefined ? 0 : dialect.skip + 1;
    const lines = await linesOf({ path, headLines, skipped, quote: dialect?.quote }, records);
    lines.forEach((line, m) => (names[mine[m]] = placeName(prepared, path, `line ${line}`)));
  }
  return names;
}

async function firstPlace(database: Database, { source }: Prepared, path: string): Promise<number> {
  if (source.files.length === 1) return 0;
  const { first } = await database.row(
    `SELECT min(rowid)::DOUBLE AS first FROM ${PREPARED} WHERE file = ${quoteText(path)}`,
  );
  return Number(first);
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
export function checkRows({ source, mapping }: Prepared, counts: RowCounts): void {
  const { dirty, usable, rows, left_out: leftOut } = counts;
  if (dirty > 0 && mapping.dirty !== 'drop') {
    const few = dirty === 1 ? '1 row' : `${dirty.toLocaleString('en')} rows`;
    throw new InputError(
      `${source.name}: ${few} cannot be used: ${describeDirty(counts)}\nMend them, or leave them out by "dirty: drop" in the mapping or --dirty drop.`,
    );
  }
  if (usable > 0) return;
  if (rows === 0) throw new InputError(`${source.name}: there are no rows`);
  throw new InputError(
    `${source.name}: there are no rows to learn from: ${leftOut} left out by where, ${describeDirty(counts)}`,
  );
}
