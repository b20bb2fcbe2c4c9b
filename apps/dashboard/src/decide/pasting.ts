/*
 * Text of a spreadsheet or a CSV file as rows of the table. What cannot be understood is said by line and
 * column, and what is not a value of its column is kept as it is, so that people see and mend it.
 */
import { type Column, readCell, tidy } from './columns.js';

export interface Complaint {
  /** Line of the text, from 1. */
  readonly line?: number;
  readonly column?: string;
  readonly text?: string;
  readonly why: string;
}

export interface Pasted {
  /** Texts by the key of their column. */
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly hasHeading: boolean;
  /** Columns that were filled, in the order of the text. */
  readonly columns: readonly Column[];
  readonly complaints: readonly Complaint[];
  /** Numbers that were written for people, and are read as such. */
  readonly tidied: number;
}

/** Larger texts are no table to type in. */
export const MOST_CHARACTERS = 20_000_000;
const MOST_ROWS = 5000;

const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

function columnOf(heading: string, columns: readonly Column[]): Column | undefined {
  const text = heading.trim();
  return (
    columns.find(({ name, key }) => name === text || key === text) ??
    (plain(text) === ''
      ? undefined
      : columns.find(({ name, label }) => [name, label].some((own) => plain(own) === plain(text))))
  );
}

/**
 * Reads a text of lines and cells.
 * @param columns those that there are; without a heading they are filled in order, from `first` on
 */
export async function readPasted(
  given: string,
  columns: readonly Column[],
  first = 0,
): Promise<Pasted> {
  if (given.length > MOST_CHARACTERS) {
    const why = `It has ${given.length} characters, and at most ${MOST_CHARACTERS} are read.`;
    return { rows: [], hasHeading: false, columns: [], complaints: [{ why }], tidied: 0 };
  }
  const { default: papa } = await import('papaparse');
  const text = given.replace(/^\uFEFF/, '');
  const parsed = papa.parse<string[]>(text, {
    delimiter: text.includes('\t') ? '\t' : '',
    skipEmptyLines: 'greedy',
  });
  const complaints: Complaint[] = parsed.errors
    .filter(({ code }) => code !== 'UndetectableDelimiter')
    .map(({ row, message }) => ({ ...(row !== undefined && { line: row + 1 }), why: message }));
  const [heading = [], ...below] = parsed.data;
  const named = heading.map((cell) => columnOf(cell, columns));
  const isNumber = (cell: string) => cell.trim() !== '' && Number.isFinite(Number(cell));
  const hasHeading = named.some((column) => column !== undefined) && !heading.some(isNumber);
  const order = hasHeading
    ? headed(heading, named, complaints)
    : heading.map((_, c) => columns[first + c]);
  const lines = hasHeading ? below : parsed.data;
  if (lines.length > MOST_ROWS) {
    const why = `Lines after the first ${MOST_ROWS} are left out: there are ${lines.length}.`;
    complaints.push({ why });
  }
  const offset = hasHeading ? 2 : 1;
  const read = linesOf(lines.slice(0, MOST_ROWS), order, offset, complaints);
  const filled = order.filter((column) => column !== undefined);
  return { ...read, hasHeading, columns: filled, complaints };
}

/** The columns that headings name; each once. */
function headed(
  heading: readonly string[],
  named: readonly (Column | undefined)[],
  complaints: Complaint[],
): (Column | undefined)[] {
  return named.map((column, c) => {
    const text = heading[c];
    if (column === undefined) {
      if (text.trim() !== '') {
        complaints.push({ line: 1, column: text, why: 'This table has no such column: left out.' });
      }
      return undefined;
    }
    if (named.indexOf(column) < c) {
      complaints.push({ line: 1, column: text, why: 'The heading comes twice: the first counts.' });
      return undefined;
    }
    return column;
  });
}

function linesOf(
  lines: readonly string[][],
  order: readonly (Column | undefined)[],
  offset: number,
  complaints: Complaint[],
) {
  let tidied = 0;
  const rows = lines.map((cells, i) => {
    const row: Record<string, string> = {};
    const line = i + offset;
    for (const [c, cell] of cells.entries()) {
      const column = order[c];
      const given = unmarked(cell).trim();
      if (column === undefined) {
        if (given !== '' && c >= order.length) {
          const why = 'There is no column for it: left out.';
          complaints.push({ line, column: `cell ${c + 1}`, text: given, why });
        }
        continue;
      }
      const text = tidy(column, given);
      if (text === '') continue;
      row[column.key] = text;
      const { error } = readCell(column, text);
      if (error !== undefined) complaints.push({ line, column: column.label, text, why: error });
      else if (text !== given) tidied++;
    }
    return row;
  });
  return { rows, tidied };
}

/** What we mark as text for spreadsheets (see `csvOf`), as it was. */
const unmarked = (cell: string) => (/^'[=+\-@']/.test(cell) ? cell.slice(1) : cell);

/** A table as CSV. Texts that a spreadsheet would take for a formula are marked as text. */
export async function csvOf(
  headings: readonly string[],
  rows: readonly (readonly (string | number | boolean | null | undefined)[])[],
): Promise<string> {
  const { default: papa } = await import('papaparse');
  return papa.unparse(
    { fields: [...headings], data: rows.map((row) => [...row]) },
    {
      escapeFormulae: /^[=+\-@\t\r']/,
    },
  );
}
