import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.js';

/** When the latest outcomes came and what they are about; cheap to ask. */
export interface Marks {
  /** Milliseconds since 1970; null where all days are closed, or nothing ever came. */
  readonly receivedAt: number | null;
  /** Last day that there are outcomes of; null if there are none. */
  readonly lastDay: string | null;
}

export async function outcomeMarks(db: Kysely<Tables>): Promise<Marks> {
  const latest = await db
    .selectFrom('outcomes')
    .select(({ fn }) => [fn.max('received_at').as('at'), fn.max('day').as('day')])
    .executeTakeFirst();
  const closed = await db
    .selectFrom('daily')
    .select(({ fn }) => fn.max('day').as('day'))
    .executeTakeFirst();
  const days = [latest?.day ?? null, closed?.day ?? null].filter((day) => day !== null);
  return { receivedAt: latest?.at ?? null, lastDay: days.sort().at(-1) ?? null };
}

/** What stands for the outcomes that there are; and whether there are any. */
export function marksOf({ receivedAt, lastDay }: Marks): {
  readonly revision: string;
  readonly isEmpty: boolean;
} {
  return { revision: `${receivedAt ?? ''} ${lastDay ?? ''}`, isEmpty: lastDay === null };
}
