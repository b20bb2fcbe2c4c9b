/* Columns that many tables of the page have. */
import { figure, type Column } from '../shell/table.js';
import { type Factor, factorWords } from './words.js';

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
