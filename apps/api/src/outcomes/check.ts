import type { Kysely } from 'kysely';
import { isOneOf } from '../store/bulk.js';
import type { Tables } from '../store/tables.js';
import { type ToldOutcome, unpack } from './packed.js';
import { Batch, FATES, type WriteArgs } from './write.js';

/** What would become of outcomes. */
export interface Checked {
  /** The fate of each, as its place in `FATES`. */
  readonly fates: Uint8Array;
  /** New ones that say the same of a day and record as another one that is kept under another key. */
  readonly alike: number;
}

/** Tells what would become of outcomes, and keeps none. */
export async function checkOutcomes(
  db: Kysely<Tables>,
  { packed, at }: WriteArgs,
): Promise<Checked> {
  const told = unpack(packed);
  const batch = new Batch(at);
  await batch.read(db, told);
  const fates = Uint8Array.from(told, (outcome) => FATES.indexOf(batch.take(outcome)));
  const fresh = told.filter((_, i) => FATES[fates[i]] === 'new');
  return { fates, alike: fresh.length === 0 ? 0 : await countAlike(db, fresh) };
}

/** Whatever model they are judged by, and whatever their labels: those may be told otherwise as well. */
async function countAlike(db: Kysely<Tables>, fresh: readonly ToldOutcome[]): Promise<number> {
  const days = [...new Set(fresh.map(({ day }) => day))];
  const cells = [...new Set(fresh.map(({ cell }) => cell))];
  const kept = await db
    .selectFrom('outcomes')
    .select(['day', 'cell', 'impressions', 'clicks'])
    .distinct()
    .where('day', 'in', days)
    .where('kind', '=', 'record')
    .where(isOneOf(db, 'cell', cells))
    .execute();
  const known = new Set(kept.map(figuresOf));
  return fresh.filter((outcome) => known.has(figuresOf(outcome))).length;
}

function figuresOf(row: Pick<ToldOutcome, 'day' | 'cell' | 'impressions' | 'clicks'>): string {
  return `${row.day} ${row.impressions} ${row.clicks} ${row.cell}`;
}
