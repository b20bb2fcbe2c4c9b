/*
 * The smallest set of segments that explains the miss. A device that drifts takes all traffic with it, the
 * campaigns that mostly run on it, and its pairs with every other value: each of these is off, and none of
 * them is news.
 *
 * So causes are taken one by one from the segments that were found (judge.ts). The strongest is the one
 * of the largest e-value; a segment of more features must beat one of fewer clearly, or it is only a part
 * of it. Then what it explains is taken away: from the day of its change on, the expected clicks of its
 * cells are multiplied by its factor of that day. Who is no longer off after that was off because of it.
 * The rest is looked at again.
 *
 * What is found has e-BH's guarantee. Naming causes only orders it and leaves out.
 */
import type { JudgedCells } from '../ledger/judged.js';
import type { Evidence } from '../sequential/evidence.js';
import type { Change } from '../sequential/since.js';
import { changeOfDays, type Family, type Judged, type JudgeOptions } from './judge.js';
import { daySums, segmentAt, total } from './sums.js';

export interface Found {
  readonly judged: Judged;
  readonly family: Family;
}

/** A segment that is off by itself, and those that are off because of it. */
export interface Cause extends Found {
  readonly explains: readonly Found[];
}

const MOST_CAUSES = 12;
/** A segment of one feature more must have an e-value whose logarithm is larger by this, and this share. */
const CLEARLY = { by: 4, times: 1.1 };
/** Clicks that a segment's factor counts for against that of a single day. */
const DAY_PULL = 50;

/** @returns causes, the strongest first; and who is left unexplained beyond the first 12 */
export function causesOf(
  cells: JudgedCells,
  families: readonly Family[],
  options: JudgeOptions,
): { causes: Cause[]; unexplained: Found[] } {
  let left: (Found & { readonly change: Change })[] = families.flatMap((family) =>
    family.found.map((judged) => ({ judged, family, change: judged.change })),
  );
  const expected = cells.expected.slice();
  const causes: Cause[] = [];
  while (left.length > 0 && causes.length < MOST_CAUSES) {
    const strongest = strongestOf(left);
    takeAway(cells, expected, strongest.judged, strongest.change);
    const rest = rejudged(
      cells,
      expected,
      left.filter((one) => one !== strongest),
      options,
    );
    const isLeft = ({ change, family }: (typeof rest)[number]): boolean =>
      change.logE >= family.least;
    const explains = rest.filter((one) => !isLeft(one));
    causes.push({ judged: strongest.judged, family: strongest.family, explains });
    left = rest.filter(isLeft);
  }
  return { causes, unexplained: left };
}

function strongestOf<T extends Found & { readonly change: Change }>(left: readonly T[]): T {
  const bySize = [0, 1, 2].map((size) => {
    const same = left.filter(({ judged }) => judged.parts.length === size);
    return same.reduce<T | undefined>(
      (best, one) => (best === undefined || one.change.logE > best.change.logE ? one : best),
      undefined,
    );
  });
  const chosen = bySize.reduce((simple, fine) => {
    if (simple === undefined || fine === undefined) return simple ?? fine;
    const least = CLEARLY.times * simple.change.logE + CLEARLY.by;
    return fine.change.logE > least ? fine : simple;
  });
  return chosen!;
}

/** Corrects the expected clicks of a cause's cells by its factor of the day. */
function takeAway(
  cells: JudgedCells,
  expected: Float64Array,
  { division, segment }: Judged,
  { since }: Change,
): void {
  const days = daySums(cells, division, expected)[segment];
  const factors = dayFactors(days, since);
  for (let at = 0; at < cells.length; at++) {
    if (segmentAt(division, at) === segment) expected[at] *= factors[cells.day[at]];
  }
}

function dayFactors(days: readonly Evidence[], since: number): number[] {
  const all = total(days, since);
  const factor = all.clicks / all.expected;
  return days.map(({ clicks, expected }, day) =>
    day < since ? 1 : (clicks + DAY_PULL * factor) / (expected + DAY_PULL),
  );
}

/** What the others say once the causes so far are corrected for. */
function rejudged<T extends Found>(
  cells: JudgedCells,
  expected: Float64Array,
  others: readonly T[],
  { tolerance }: JudgeOptions,
): (T & { readonly change: Change })[] {
  const sums = new Map(
    [...new Set(others.map(({ judged }) => judged.division))].map((division) => [
      division,
      daySums(cells, division, expected),
    ]),
  );
  return others.map((one) => {
    const { division, segment, spread } = one.judged;
    const days = sums.get(division)![segment];
    return { ...one, change: changeOfDays(days, spread, tolerance) };
  });
}
