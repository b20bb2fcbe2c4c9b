import type { Kysely } from 'kysely';
import { insertMany, isOneOf } from '../store/bulk.js';
import type { DailyRow } from '../store/outcome-tables.js';
import type { Tables } from '../store/tables.js';
import { writeAlone } from '../store/write-lock.js';

export interface CompactArgs {
  /** Days before it may be closed: `YYYY-MM-DD`. */
  readonly before: string;
  /** A day of which something came after this moment stays open: milliseconds since 1970. */
  readonly quietSince: number;
  /** Days before it are forgotten. */
  readonly forget: string;
  /** Most outcomes, and most rows forgotten, of one call. */
  readonly limit: number;
}

const DAILY_COLUMNS = [
  ...(['cell_id', 'day', 'model', 'cell', 'unseen', 'campaign', 'placement', 'arm'] as const),
  ...(['rows', 'impressions', 'clicks', 'predicted', 'spend'] as const),
];

const ADDED = [
  ...['rows', 'impressions', 'clicks', 'predicted'].map(
    (name) => `"${name}" = daily."${name}" + excluded."${name}"`,
  ),
  // What nobody told does not make what was told unknown.
  `"spend" = case when daily."spend" is null then excluded."spend"
     else daily."spend" + coalesce(excluded."spend", 0) end`,
].join(', ');

/**
 * Closes old days: sums some of their outcomes by cell, in one transaction, and forgets what is too old. A
 * day is closed once it has sums; then nothing comes to it any more. Called until it has nothing to do; a
 * crash in between loses and doubles nothing.
 * @returns whether there may be more to do
 */
export async function compactDays(db: Kysely<Tables>, args: CompactArgs): Promise<boolean> {
  const summed = await sumSome(db, args);
  const forgotten = await forgetSome(db, args);
  return summed || forgotten;
}

function sumSome(db: Kysely<Tables>, { before, quietSince, limit }: CompactArgs): Promise<boolean> {
  return writeAlone(db, async (transaction) => {
    const day = await nextDay(transaction, before, quietSince);
    if (day === undefined) return false;
    const rows = await transaction
      .selectFrom('outcomes')
      .selectAll()
      .where('day', '=', day)
      .orderBy('cell_id')
      .limit(limit)
      .execute();
    const cells = new Map<string, DailyRow>();
    for (const row of rows) {
      const { cell_id, model, cell, unseen, campaign, placement, arm } = row;
      const sums = cells.get(cell_id) ?? {
        ...{ cell_id, day, model, cell, unseen, campaign, placement, arm },
        ...{ rows: 0, impressions: 0, clicks: 0, predicted: 0, spend: null as number | null },
      };
      sums.rows++;
      sums.impressions += row.impressions;
      sums.clicks += row.clicks;
      sums.predicted += row.ctr * row.impressions;
      if (row.spend !== null) sums.spend = (sums.spend ?? 0) + row.spend;
      cells.set(cell_id, sums);
    }
    await insertMany(transaction, {
      table: 'daily',
      columns: DAILY_COLUMNS,
      rows: [...cells.values()],
      ending: `on conflict ("cell_id") do update set ${ADDED}`,
    });
    const keys = rows.map(({ key }) => key);
    const these = isOneOf(transaction, 'key', keys);
    await transaction.deleteFrom('outcomes').where(these).execute();
    await transaction.deleteFrom('histories').where(these).execute();
    return true;
  });
}

/** The first day that can be closed, or that has begun to be. */
async function nextDay(
  db: Kysely<Tables>,
  before: string,
  quietSince: number,
): Promise<string | undefined> {
  const days = await db
    .selectFrom('outcomes')
    .select(({ fn }) => ['day', fn.max('received_at').as('latest')])
    .where('day', '<', before)
    .groupBy('day')
    .orderBy('day')
    .execute();
  const quiet = days.find(({ latest }) => latest <= quietSince);
  if (quiet !== undefined) return quiet.day;
  const names = days.map(({ day }) => day);
  if (names.length === 0) return undefined;
  const begun = db.selectFrom('daily').select('day').where('day', 'in', names).limit(1);
  return (await begun.executeTakeFirst())?.day;
}

/** Forgets some of what is older than anybody may ask for. */
async function forgetSome(db: Kysely<Tables>, { forget, limit }: CompactArgs): Promise<boolean> {
  let most = 0;
  const count = async (deleted: Promise<{ numDeletedRows: bigint }>) => {
    most = Math.max(most, Number((await deleted).numDeletedRows));
  };
  const ids = db.selectFrom('daily').select('cell_id').where('day', '<', forget).limit(limit);
  await count(db.deleteFrom('daily').where('cell_id', 'in', ids).executeTakeFirst());
  const keys = db.selectFrom('outcomes').select('key').where('day', '<', forget).limit(limit);
  await count(db.deleteFrom('outcomes').where('key', 'in', keys).executeTakeFirst());
  const old = db.selectFrom('histories').select('key').where('day', '<', forget).limit(limit);
  await count(db.deleteFrom('histories').where('key', 'in', old).executeTakeFirst());
  await db.deleteFrom('growth').where('day', '<', forget).execute();
  return most >= limit;
}
