/* One segment day by day, summed from the outcomes themselves while they are read: no report tells it. */
import { ask, type Schemas } from '../api/client.js';
import type { Day } from './days-chart.js';
import type { Question } from './question.js';

type Part = Schemas['PartAnswer'];

/** A line of GET /outcomes. */
interface Cell {
  readonly day: string;
  readonly model_version: string;
  readonly record: Readonly<Record<string, string | number | null>>;
  readonly unseen: readonly string[];
  readonly campaign?: string | null;
  readonly placement?: string | null;
  readonly impressions: number;
  readonly clicks: number;
  readonly predicted_clicks: number;
  readonly maturity: { readonly share: number } | null;
}

/** More than these are not read: a page is no database. */
const MOST_CELLS = 300_000;

export interface SegmentDays {
  readonly days: readonly Day[];
  /** Cells that were read; not all that there are if `isCut`. */
  readonly cells: number;
  readonly isCut: boolean;
}

/** What a cell has for the feature of a part. */
function valueOf(cell: Cell, feature: string): string | number | null | undefined {
  if (feature in cell.record) return cell.record[feature];
  if (feature === 'campaign') return cell.campaign ?? null;
  if (feature === 'placement') return cell.placement ?? null;
  if (feature === 'predicted CTR') return cell.predicted_clicks / cell.impressions;
  return undefined;
}

/** Whether a cell lies in all parts of a segment; of a segment without parts, every one does. */
export function liesIn(cell: Cell, parts: readonly Part[]): boolean {
  return parts.every(({ feature, value, from, to, known }) => {
    if (known !== undefined) return cell.unseen.includes(feature) !== known;
    const is = valueOf(cell, feature);
    if (from !== undefined && to !== undefined) {
      return typeof is === 'number' && is >= from && is <= to;
    }
    return is === (value ?? null);
  });
}

/** Sums of a day. */
interface Sum {
  impressions: number;
  clicks: number;
  expected: number;
}

/**
 * A segment's days, of one version. Intervals are those of chance and of what days differ by anyway, 95 of
 * a hundred for each day by itself.
 * @param spread variance of a day's factor beyond chance
 */
export async function segmentDays(
  parts: readonly Part[],
  {
    from,
    to,
    version,
    spread,
  }: Pick<Question, 'from' | 'to'> & { version: string; spread: number },
  signal: AbortSignal,
): Promise<SegmentDays> {
  const sums = new Map<string, Sum>();
  let cells = 0;
  for await (const line of linesOf(`/outcomes?from=${from}&to=${to}`, signal)) {
    const cell = JSON.parse(line) as Cell & { readonly end?: boolean };
    if (cell.end === true) return { days: daysOf(sums, spread), cells, isCut: false };
    if (++cells > MOST_CELLS) break;
    if (cell.model_version !== version || !liesIn(cell, parts)) continue;
    const sum = sums.get(cell.day) ?? { impressions: 0, clicks: 0, expected: 0 };
    sum.impressions += cell.impressions;
    sum.clicks += cell.clicks;
    sum.expected += cell.predicted_clicks * (cell.maturity?.share ?? 1);
    sums.set(cell.day, sum);
  }
  return { days: daysOf(sums, spread), cells, isCut: true };
}

/** Standard deviations to either side that hold 95 of a hundred. */
const REACH = 1.96;

function daysOf(sums: ReadonlyMap<string, Sum>, spread: number): Day[] {
  return [...sums]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([day, sum]) => {
      const factor = sum.expected > 0 ? sum.clicks / sum.expected : null;
      const reach = factor === null ? 0 : REACH * Math.sqrt(factor / sum.expected + spread);
      const [lower, upper] =
        factor === null ? [0, null] : [Math.max(0, factor - reach), factor + reach];
      return { day, ...sum, factor, lower, upper };
    });
}

/** The lines of an answer, as they come. */
async function* linesOf(path: string, signal: AbortSignal): AsyncGenerator<string> {
  const { body } = await ask(path, { signal });
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split('\n');
      rest = lines.pop()!;
      yield* lines.filter((line) => line !== '');
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
