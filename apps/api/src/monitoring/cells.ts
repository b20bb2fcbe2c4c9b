import type { OutcomeCell } from '@adscale/monitor';
import type { Kysely } from 'kysely';
import { type CellPlace, type CountedCell, countedCells } from '../outcomes/counted.js';
import { unseenOf } from '../outcomes/told-cells.js';
import type { Tables } from '../store/tables.js';

/** Cells of a page: as many as are read in some milliseconds. */
const PAGE = 5000;

/** Which outcomes: of these days, both included, and of one version if it is named. */
export interface WantedCells {
  readonly from: string;
  readonly to: string;
  readonly model?: string;
  /** What was told from this moment on is fresh: milliseconds since 1970. */
  readonly since: number;
}

/** The counted outcomes of the days that are asked for, page by page. */
export async function* outcomePages(
  db: Kysely<Tables>,
  { from, to, model, since }: WantedCells,
): AsyncGenerator<readonly OutcomeCell[]> {
  let after: CellPlace | undefined;
  do {
    const { cells, next } = await countedCells(db, { from, to, after, limit: PAGE, since });
    const wanted = model === undefined ? cells : cells.filter((row) => row.model === model);
    yield wanted.map(cellOf);
    after = next;
  } while (after !== undefined);
}

function cellOf(row: CountedCell): OutcomeCell {
  const { day, model, cell, unseen, campaign, placement, arm, spend } = row;
  return {
    ...{ day, model, record: JSON.parse(cell) as OutcomeCell['record'] },
    unseen: unseenOf(unseen),
    ...(campaign !== '' && { campaign }),
    ...(placement !== '' && { placement }),
    ...(arm !== '' && { arm }),
    ...{ rows: row.rows, impressions: row.impressions, clicks: row.clicks },
    fresh: row.fresh,
    // Sums of rounded figures may be above what can be by their last digits.
    predicted: Math.min(row.predicted, row.impressions),
    ...(spend !== null && { spend }),
  };
}
