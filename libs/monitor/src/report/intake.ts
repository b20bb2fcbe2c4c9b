import type { OutcomeCell } from '../cells.js';
import { checkCell } from '../ledger/check.js';
import { maturityOf, type CheckedOptions } from './options.js';

/** Cells page by page, as a store gives them; a list of one page for cells in memory. */
export type Pages = Iterable<readonly OutcomeCell[]> | AsyncIterable<readonly OutcomeCell[]>;

/** What was left out because it is too young. */
export interface LeftOut {
  days: number;
  impressions: number;
}

/**
 * Hands on each cell of the days asked for, with its day and maturity.
 * @throws MonitorError CELL_INVALID
 */
export async function takeIn(
  pages: Pages,
  options: CheckedOptions,
  take: (cell: OutcomeCell, day: number, share: number) => void,
): Promise<LeftOut> {
  const young = new Set<number>();
  const leftOut = { days: 0, impressions: 0 };
  const [from, to] = options.days;
  for await (const page of pages) {
    for (const cell of page) {
      const day = checkCell(cell);
      if (day < from || day > to) continue;
      const share = maturityOf(options, cell, day);
      if (share !== null) take(cell, day, share);
      else {
        young.add(day);
        leftOut.impressions += cell.impressions;
      }
    }
  }
  return { ...leftOut, days: young.size };
}
