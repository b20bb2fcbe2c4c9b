/*
 * What the cells of a file leave open: 1.234 may be a thousand and something or one and something,
 * 07/09/2026 may be in July or in September. Somebody must say.
 */
import { numberOf } from './numbers.js';
import type { Source } from './source.js';

/** A question that a file leaves open. */
export interface OpenReading {
  readonly column: string;
  /** The cell with both of its readings and the flag for each. */
  readonly text: string;
  readonly flag: 'decimal' | 'dates';
  readonly answers: readonly string[];
}

/**
 * The questions that a source leaves open.
 * @param used whether a column is made use of: no other needs an answer
 */
export function openReadings(
  { typing, columns }: Pick<Source, 'typing' | 'columns'>,
  used: (column: string) => boolean,
): OpenReading[] {
  const found: OpenReading[] = [];
  const open = typing?.open;
  if (open !== undefined && columns.some(({ name }) => used(name))) {
    const { column, cell } = open;
    const text = `column ${column}: ${readingsOfNumber(cell)}`;
    found.push({ column, text, flag: 'decimal', answers: ['point', 'comma'] });
  }
  columns.forEach(({ name: column }, c) => {
    const cell = typing?.types[c]?.times?.openCell;
    if (cell === undefined || !used(column)) return;
    const text = `column ${column}: ${readingsOfDate(cell)}`;
    found.push({ column, text, flag: 'dates', answers: ['dmy', 'mdy'] });
  });
  return found;
}

function readingsOfNumber(cell: string): string {
  const isPoint = cell.includes('.');
  const [whole, fraction] = (['comma', 'point'] as const).map((decimal) =>
    String(numberOf(cell, isPoint ? decimal : decimal === 'comma' ? 'point' : 'comma')),
  );
  const [parts, decimals] = isPoint ? ['comma', 'point'] : ['point', 'comma'];
  return `${cell} can be ${whole} (its ${decimals} parts thousands: --decimal ${parts}) or ${fraction} (it is the decimal mark: --decimal ${decimals})`;
}

function readingsOfDate(cell: string): string {
  const [first = '', second = '', year = ''] = cell.match(/\d+/g) ?? [];
  const written = (month: string, day: string): string =>
    [year.length === 2 ? `20${year}` : year, month.padStart(2, '0'), day.padStart(2, '0')].join(
      '-',
    );
  return `${cell} can be ${written(second, first)} (the day is first: --dates dmy) or ${written(first, second)} (the month is: --dates mdy)`;
}
