import { dayText } from '../days.js';
import type { JudgedCells } from '../ledger/judged.js';
import { gainOf, type Gain } from '../money/loss.js';
import { tempered } from '../sequential/dispersion.js';
import { confidenceSequence, observedFactor, type FactorInterval } from '../sequential/evidence.js';
import { factorSince } from '../sequential/since.js';
import type { Found } from './causes.js';
import type { SegmentPart } from './dimensions.js';
import type { Judged } from './judge.js';
import { segmentAt, total, type Division } from './sums.js';
import { missInWords } from './words.js';

/** A segment's outcomes against its predictions, on all days. */
export interface SegmentCalibration {
  /** `device_type = mobile`. */
  readonly segment: string;
  readonly parts: readonly SegmentPart[];
  readonly impressions: number;
  readonly clicks: number;
  readonly expected: number;
  /** Clicks over expected clicks; null where nothing was expected. */
  readonly factor: number | null;
  /** Of the factor, at all times, of this segment by itself; widened to hold it. */
  readonly lower: number;
  readonly upper: number | null;
  /** Of the e-value against "calibrated, on all days, but for the tolerance". */
  readonly log_e_value: number;
  /** Found among all: off by more than chance and tolerance explain. */
  readonly off: boolean;
}

/** A segment that is off, since the day from which on it is. */
export interface SegmentFinding {
  readonly segment: string;
  readonly parts: readonly SegmentPart[];
  /** First day of the miss, `YYYY-MM-DD`; of a miss from the start, the first day. */
  readonly since: string;
  /** Since then. */
  readonly impressions: number;
  readonly clicks: number;
  readonly expected: number;
  readonly factor: number | null;
  /** At all times, whichever segment and day were chosen to be told (e-BY; Xu, Wang & Ramdas 2024). */
  readonly lower: number;
  readonly upper: number | null;
  readonly log_e_value: number;
  readonly gain: Gain;
  /** `device_type = mobile: 15 % fewer clicks than expected (9 to 21 %) since 2026-03-14`. */
  readonly words: string;
}

interface Sums {
  impressions: number;
  clicks: number;
  expected: number;
  clicksWorth: number;
  expectedWorth: number;
  isPriced: boolean;
}

/** Sums of a division's segments, each from a day of its own on. */
function sumsOf(
  cells: JudgedCells,
  division: Division,
  sinceOf: (segment: number) => number,
): Sums[] {
  const sums = Array.from({ length: division.segments }, () => ({
    ...{ impressions: 0, clicks: 0, expected: 0 },
    ...{ clicksWorth: 0, expectedWorth: 0, isPriced: false },
  }));
  const since = sums.map((_, segment) => sinceOf(segment));
  for (let at = 0; at < cells.length; at++) {
    const segment = segmentAt(division, at);
    if (segment < 0 || cells.day[at] < since[segment]) continue;
    const sum = sums[segment];
    sum.impressions += cells.impressions[at];
    sum.clicks += cells.clicks[at];
    sum.expected += cells.expected[at];
    const worth = cells.worth[at];
    if (Number.isNaN(worth)) continue;
    sum.isPriced = true;
    sum.clicksWorth += worth * cells.clicks[at];
    sum.expectedWorth += worth * cells.expected[at];
  }
  return sums;
}

/** All judged segments, each by itself. */
export function calibrations(
  cells: JudgedCells,
  judged: readonly Judged[],
  off: ReadonlySet<Judged>,
  alpha: number,
): SegmentCalibration[] {
  const sums = new Map<Division, Sums[]>();
  for (const { division } of judged) {
    if (!sums.has(division))
      sums.set(
        division,
        sumsOf(cells, division, () => 0),
      );
  }
  return judged.map((one) => {
    const sum = sums.get(one.division)![one.segment];
    const { impressions, clicks, expected } = sum;
    return {
      ...{ segment: one.label, parts: one.parts, impressions, clicks, expected },
      ...observedFactor(sum, intervalOf(one, alpha)),
      ...{ log_e_value: one.change.logE, off: off.has(one) },
    };
  });
}

/** Of all days, tempered. */
function intervalOf({ days, spread }: Judged, alpha: number): FactorInterval {
  return confidenceSequence(total(days.map((day) => tempered(day, spread))), alpha);
}

/** A found segment as it is told. */
export function findingOf(cells: JudgedCells, { judged, family }: Found): SegmentFinding {
  const { change, division, segment } = judged;
  const alpha = (family.alpha * family.found.length) / family.judged.length;
  const sums = sumsOf(cells, division, () => change.since)[segment];
  const interval = observedFactor(sums, factorSince(change, alpha));
  const { impressions, clicks, expected } = sums;
  const since = dayText(cells.firstDay + change.since);
  const from = change.since > 0 ? ` since ${since}` : '';
  return {
    ...{ segment: judged.label, parts: judged.parts, since, impressions, clicks, expected },
    ...interval,
    log_e_value: change.logE,
    gain: gainOf(sums, interval),
    words: `${judged.label}: ${missInWords(interval)}${from}`,
  };
}
