import type { JudgedCells } from '../ledger/judged.js';
import type { DayCounts } from '../sequential/dispersion.js';
import type { Evidence } from '../sequential/evidence.js';
import type { Dimension } from './dimensions.js';

/** One dimension, or two together: which segment a cell belongs to. */
export interface Division {
  readonly dimensions: readonly Dimension[];
  readonly segments: number;
}

export const divisionOf = (...dimensions: readonly Dimension[]): Division => ({
  dimensions,
  segments: dimensions.reduce((product, { labels }) => product * labels.length, 1),
});

/** The segment of a cell; -1: none. Of no dimension: all cells, segment 0. */
export function segmentAt({ dimensions }: Division, cell: number): number {
  let segment = 0;
  for (const { codes, labels } of dimensions) {
    if (codes[cell] < 0) return -1;
    segment = segment * labels.length + codes[cell];
  }
  return segment;
}

/** The segments of a division's dimensions, from that of both together. */
export function binsOf({ dimensions }: Division, segment: number): number[] {
  const bins: number[] = [];
  let rest = segment;
  for (const { labels } of dimensions.toReversed()) {
    bins.unshift(rest % labels.length);
    rest = Math.floor(rest / labels.length);
  }
  return bins;
}

/**
 * Clicks and expected clicks by segment and day.
 * @param expected by cell
 * @param least expected clicks on all days; segments of fewer have no days here
 */
export function daySums(
  cells: JudgedCells,
  division: Division,
  expected: Float64Array,
  least = 0,
): DayCounts[][] {
  const { days, day, clicks } = cells;
  const [came, were, squares] = [0, 0, 0].map(() => new Float64Array(division.segments * days));
  for (let at = 0; at < cells.length; at++) {
    const segment = segmentAt(division, at);
    if (segment < 0) continue;
    const place = segment * days + day[at];
    came[place] += clicks[at];
    were[place] += expected[at];
    squares[place] += expected[at] ** 2;
  }
  return Array.from({ length: division.segments }, (_, segment) => {
    const first = segment * days;
    let all = 0;
    for (let d = 0; d < days; d++) all += were[first + d];
    const counts: DayCounts[] = [];
    for (let at = first; all >= least && at < first + days; at++) {
      counts.push({ clicks: came[at], expected: were[at], squares: squares[at] });
    }
    return counts;
  });
}

/** The sum of days of evidence from some day on. */
export function total(days: readonly Evidence[], since = 0): Evidence {
  let [clicks, expected] = [0, 0];
  for (let day = since; day < days.length; day++) {
    clicks += days[day].clicks;
    expected += days[day].expected;
  }
  return { clicks, expected };
}
