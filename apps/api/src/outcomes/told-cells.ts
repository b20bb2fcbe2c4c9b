import { type Growth, type MatureShare, matureShare } from '@adscale/monitor';
import type { CountedCell } from './counted.js';
import type { Store } from '../store/store.js';
import { dayOf, DAY_MS, startOf } from './days.js';
import { isGrowthKnown } from './growth.js';
import type { OutcomeQueries } from './queries.js';

/** Cells of a page of the store: about 300 bytes each as they are told. */
const PAGE = 1000;

export interface CellsAsked {
  readonly from: string;
  readonly to: string;
  /** Says of each day's clicks how many of them are there, if it is known. */
  readonly growth: Growth | undefined;
  readonly now: number;
}

/**
 * Counted outcomes as lines of JSON, a page at a time: the next page is asked for when this one is read.
 * @throws StoreError
 */
export async function* cellLines(
  store: Pick<Store<OutcomeQueries>, 'run'>,
  { from, to, growth, now }: CellsAsked,
): AsyncGenerator<string> {
  const today = startOf(dayOf(now));
  let cells = 0;
  let after: { readonly day: string; readonly cell_id: string } | undefined;
  do {
    const page = await store.run('countedCells', { from, to, after, limit: PAGE, since: today });
    cells += page.cells.length;
    if (page.cells.length > 0) yield page.cells.map((cell) => lineOf(cell, growth, today)).join('');
    after = page.next;
  } while (after !== undefined);
  yield `${JSON.stringify({ end: true, cells })}\n`;
}

/** The record is JSON already. */
function lineOf(row: CountedCell, growth: Growth | undefined, today: number): string {
  const { day, model, cell, unseen, campaign, placement, arm } = row;
  const told = {
    ...(campaign !== '' && { campaign }),
    ...(placement !== '' && { placement }),
    ...(arm !== '' && { arm }),
    rows: row.rows,
    impressions: row.impressions,
    clicks: row.clicks,
    predicted_clicks: rounded(row.predicted),
    ...(row.spend !== null && { spend: rounded(row.spend) }),
    ...(growth && {
      maturity: isGrowthKnown(growth)
        ? shareOf(growth, row, (today - startOf(day)) / DAY_MS)
        : null,
    }),
  };
  const start = `{"day":"${day}","model_version":${JSON.stringify(model)},"record":${cell}`;
  const words = JSON.stringify(unseenOf(unseen));
  return `${start},"unseen":${words},${JSON.stringify(told).slice(1)}\n`;
}

/** The features that `OutcomeRow.unseen` names. */
export function unseenOf(unseen: string): string[] {
  return unseen === '' ? [] : unseen.split(',').map(decodeURIComponent);
}

/**
 * What is there of a cell's clicks, grown as its segment does. What was told today has the age of today, and
 * what was not may still come: it has the age of yesterday.
 * @param age of today
 */
function shareOf(growth: Growth, { cell, impressions, fresh }: CountedCell, age: number) {
  const segment = segmentIn(growth, cell);
  const told = impressions > 0 ? fresh / impressions : 0;
  const [since, before] = [age, age - 1].map((at) => matureShare(growth, at, segment));
  const both = (name: keyof MatureShare) => rounded(told * since[name] + (1 - told) * before[name]);
  return { share: both('share'), lower: both('lower'), upper: both('upper') };
}

/** The segment of a cell, among those whose growth is known: they are `feature=value`. */
function segmentIn(growth: Growth, cell: string): string | null {
  const record = JSON.parse(cell) as Readonly<Record<string, unknown>>;
  return (
    Object.keys(growth.segments).find((segment) => {
      const [name] = segment.split('=', 1);
      return segment === `${name}=${String(record[name])}`;
    }) ?? null
  );
}

/** Six significant decimals. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
