/*
 * The rows of a workbook's sheet as records. Cells keep what they are: a number is written with a
 * point and all its digits, a date as 2026-07-01, whatever the workbook shows.
 */
import { InputError } from '../cli/exit.js';
import type { TextRecord } from './records.js';
import type { RecordSource } from './tables.js';

type Cell = string | number | boolean | Date | null | typeof Date;

/** A sheet as records. */
export interface SheetRecords extends RecordSource {
  readonly sheet: string;
  /** Names of all sheets. */
  readonly sheets: readonly string[];
  /** Some cells are numbers with a fraction, which are written with a point here. */
  readonly decimals: boolean;
}

/**
 * Reads a sheet.
 * @param sheet its name or its place, from 1; the first if absent
 * @throws InputError if it is no workbook, or has no such sheet
 */
export async function recordsOfSheet(
  path: string,
  stored: string,
  sheet?: string,
): Promise<SheetRecords> {
  const sheets = await readSheets(path, stored);
  const names = sheets.map(({ sheet: name }) => name);
  const place =
    sheet === undefined ? 0 : names.includes(sheet) ? names.indexOf(sheet) : Number(sheet) - 1;
  const chosen = sheets[place];
  if (chosen === undefined) {
    throw new InputError(
      `${path}: --sheet: got ${String(sheet)}, wanted one of ${names.join(', ')}`,
    );
  }
  const rows = chosen.data as Cell[][];
  const records = rows.map(recordOf);
  return {
    delimiter: ',',
    lineCount: records.length,
    nulls: 0,
    trimmed: true,
    sheet: chosen.sheet,
    sheets: names,
    decimals: rows.some((row) => row.some((cell) => typeof cell === 'number' && cell % 1 !== 0)),
    async *batches() {
      yield records;
    },
  };
}

async function readSheets(path: string, stored: string) {
  // Loading it takes longer than reading most text files, which have no use for it.
  const { default: readWorkbook } = await import('read-excel-file/node');
  try {
    return await readWorkbook(stored);
  } catch (cause) {
    throw new InputError(
      `${path}: it is no workbook that can be read: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

function recordOf(cells: readonly Cell[], row: number): TextRecord {
  const fields = cells.map(textOfCell);
  while (fields.length > 0 && fields.at(-1) === '') fields.pop();
  return { line: row + 1, lines: 1, fields, text: fields.join(','), openQuote: false };
}

function textOfCell(cell: Cell): string {
  if (cell === null) return '';
  if (cell instanceof Date) {
    const text = cell.toISOString().replace('T', ' ').replace('.000Z', '').replace('Z', '');
    return text.replace(/ 00:00:00$/, '');
  }
  return String(cell);
}
