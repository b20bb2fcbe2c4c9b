import type { OutcomeCell } from '../cells.js';
import { dayNumber } from '../days.js';
import { MonitorError } from '../errors.js';

function refuse(cell: OutcomeCell, field: keyof OutcomeCell, wanted: string): never {
  throw new MonitorError(
    'CELL_INVALID',
    `${field} is ${JSON.stringify(cell[field]) ?? 'absent'}, and must be ${wanted}`,
    field,
  );
}

const isCount = (value: number): boolean => Number.isFinite(value) && value >= 0;

/**
 * A cell that can be counted.
 * @returns its day, as days since 1970-01-01
 * @throws MonitorError CELL_INVALID, with the field, the value got and the value wanted
 */
export function checkCell(cell: OutcomeCell): number {
  const { rows, impressions, clicks, predicted, spend, fresh = 0 } = cell;
  if (!isCount(rows)) refuse(cell, 'rows', 'a number, 0 or more');
  if (!isCount(impressions)) refuse(cell, 'impressions', 'a number, 0 or more');
  if (!isCount(clicks)) refuse(cell, 'clicks', 'a number, 0 or more');
  if (clicks > impressions) refuse(cell, 'clicks', `the impressions, ${impressions}, at most`);
  if (!(fresh >= 0 && fresh <= impressions)) {
    refuse(cell, 'fresh', `0 to the impressions, ${impressions}`);
  }
  // Sums of many roundings may be above by their last digits.
  const most = impressions * (1 + 1e-6);
  if (!isCount(predicted) || predicted > most) {
    refuse(cell, 'predicted', `0 to the impressions, ${impressions}`);
  }
  if (spend !== undefined && !isCount(spend)) refuse(cell, 'spend', 'an amount, 0 or more');
  try {
    return dayNumber(cell.day);
  } catch {
    return refuse(cell, 'day', 'a day such as 2026-03-01');
  }
}
