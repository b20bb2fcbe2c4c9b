/* Columns that many tables of the page have. */
import { count } from '../shell/format.js';
import type { Column } from '../shell/table.js';
import { type Factor, factorWords } from './words.js';

type Figure = number | null | undefined;

/** A column of numbers, sorted by them. */
export function figure<Row>(
  name: string,
  of: (row: Row) => Figure,
  format: (value: Figure) => string = count,
): Column<Row> {
  return { name, isNumber: true, cell: (row) => format(of(row)), sortBy: of };
}

/** What came over what was expected, with its interval. */
export const factorColumn: Column<Factor> = {
  ...{ name: 'Clicks / expected', isNumber: true, cell: factorWords },
  sortBy: ({ factor }) => factor,
};

/** What came and what was expected. */
export const clicksColumns: readonly Column<
  Factor & { readonly impressions: number; readonly clicks: number; readonly expected: number }
>[] = [
  figure('Impressions', ({ impressions }) => impressions),
  figure('Clicks', ({ clicks }) => clicks),
  figure('Expected', ({ expected }) => expected),
  factorColumn,
];
