/*
 * Which rows train and which judge:
 *
 *   own data              known outcomes          fresh outcomes
 *   ·····················  ─────────────────────  ─────────────────┬──────────
 *   learned by the current model: it must not     train             judge: the latest days,
 *   be judged by them                                               by time; neither saw them
 *
 * Fresh are the days that the current model did not learn from: those that judged it, and all since.
 */
import { joinTables, type CtrTable } from '@adscale/ctr';
import { DAY, latestMoment, momentOf } from './days.js';
import type { OutcomeTable } from './outcome-table.js';

/** A table to train on, split by time. */
export interface TrainingPlan {
  readonly table: CtrTable;
  /** Of the table's rows, exactly those of the days that judge. */
  readonly heldOutShare: number;
  /** The first of these days. */
  readonly heldOutFrom: string;
}

/** Moments that rows without a time are dealt to: enough for folds and half-lives to go by. */
const MOMENTS = 24;

/**
 * Puts own rows and outcomes together.
 * @param freshFrom the first day that the current model did not learn from; undefined: all days
 * @param share of the rows of fresh days that judge, in (0, 1)
 * @returns undefined if there are fewer than two fresh days: one to learn from, one to judge by
 */
export function planTraining(
  own: CtrTable,
  { table, vocabularies, days }: OutcomeTable,
  freshFrom: string | undefined,
  share: number,
): TrainingPlan | undefined {
  const fresh = [...days].filter(([day]) => freshFrom === undefined || day >= freshFrom);
  if (fresh.length < 2) return undefined;
  const heldOut = latestDays(fresh, share);
  const rows = own.features.rows + table.features.rows;
  const held = heldOut.reduce((sum, [, count]) => sum + count, 0);
  return {
    table: {
      ...joinTables([timed(own, [...days.keys()]), table]),
      ...(vocabularies && { vocabularies }),
    },
    heldOutShare: held / rows,
    heldOutFrom: heldOut[0][0],
  };
}

/** The latest days, as near to the share of the rows as whole days allow; at least one, never all. */
function latestDays<T extends readonly [string, number]>(fresh: readonly T[], share: number): T[] {
  const wanted = share * fresh.reduce((sum, [, count]) => sum + count, 0);
  let from = fresh.length - 1;
  let rows = fresh[from][1];
  while (from > 1) {
    const more = rows + fresh[from - 1][1];
    if (Math.abs(more - wanted) >= Math.abs(rows - wanted)) break;
    rows = more;
    from--;
  }
  return fresh.slice(from);
}

/**
 * Own rows with a time and nothing that outcomes lack. Nobody knows how old rows without dates are. They
 * count as if they came evenly over as many days before the first outcome as there are days of outcomes,
 * dealt by turns, so that half-lives can tell them from outcomes and not from each other: right before the
 * first outcome, only half-lives of hours could, which would forget most outcomes too.
 */
function timed(own: CtrTable, days: readonly string[]): CtrTable {
  const { trueCtr: _, group: __, ...rest } = own;
  if (latestMoment(own.time) !== undefined) return rest;
  const [first, last] = [momentOf(days[0]), momentOf(days.at(-1)!)];
  const step = (last + DAY - first) / MOMENTS;
  const time = Float64Array.from(
    { length: own.features.rows },
    (_, row) => first - step * (1 + (row % MOMENTS)),
  );
  return { ...rest, time };
}
