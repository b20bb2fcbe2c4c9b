/* Finds what came of a decision's entries, in the thread of the store. */
import type { RecordSchema } from '@adscale/ctr';
import { type Kysely, sql } from 'kysely';
import { type Days, outcomesOf, sums } from '../outcomes/any-age.js';
import type { Tables } from '../store/tables.js';
import { type RequestEntry, armsOf, formsOf } from './entry-forms.js';
import { type Counted, type EntryForm, RecordMatcher } from './matching.js';
import { type ShownCell, ShownCells, mostOfEntry } from './shown-cells.js';

const CELLS_A_PAGE = 20_000;
const ARMS_A_STATEMENT = 5000;

export interface OutcomesWanted {
  readonly id: string;
  /** Of the model that decided. */
  readonly schema: RecordSchema;
  /** First day, `YYYY-MM-DD`. */
  readonly from: string;
  /** Last day of outcomes that name the entries. */
  readonly to: string;
  /** Last day of those that are found by their records. */
  readonly recordsTo: string;
}

/** What came of an entry, and at which records. */
export interface EntryOutcomes extends Counted {
  readonly shown: readonly ShownCell[];
}

/** What came of a decision's entries, and how that was found. */
export interface DecisionOutcomes {
  /** `{request, answer}` as JSON. */
  readonly content: string;
  /** `arm`: outcomes named the entries. `record`: their records are those of the entries. */
  readonly by: 'arm' | 'record';
  readonly entries: readonly EntryOutcomes[];
}

/** Outcomes whose arm names the entries, or if there are none those whose record matches. */
export async function outcomesOfEntries(
  db: Kysely<Tables>,
  entries: readonly RequestEntry[],
  { id, schema, from, to, recordsTo }: OutcomesWanted,
): Promise<Omit<DecisionOutcomes, 'content'>> {
  const labelled = await outcomesByArm(db, armsOf(id, entries), { from, to });
  if (labelled !== undefined) return { by: 'arm', entries: labelled };
  const forms = formsOf(entries, schema);
  return { by: 'record', entries: await outcomesByRecord(db, forms, { from, to: recordsTo }) };
}

/** Adds up what came, by entry. */
class EntrySums {
  private readonly sums: { readonly counted: Counted; readonly shown: ShownCells }[];

  constructor(entries: number) {
    const most = mostOfEntry(entries);
    this.sums = Array.from({ length: entries }, () => ({
      counted: { impressions: 0, clicks: 0, spend: null },
      shown: new ShownCells(most),
    }));
  }

  add(place: number, { cell, impressions, clicks, spend }: Counted & { cell: string }): void {
    const { counted, shown } = this.sums[place];
    counted.impressions += impressions;
    counted.clicks += clicks;
    if (spend !== null) counted.spend = (counted.spend ?? 0) + spend;
    shown.add(cell, impressions);
  }

  get entries(): EntryOutcomes[] {
    return this.sums.map(({ counted, shown }) => ({ ...counted, shown: shown.cells }));
  }
}

async function outcomesByArm(
  db: Kysely<Tables>,
  arms: readonly string[],
  days: Days,
): Promise<EntryOutcomes[] | undefined> {
  const sumsOf = new EntrySums(arms.length);
  // That of entries that cannot be named is what outcomes of no arm have.
  const places = new Map(arms.map((arm, i) => [arm, i] as const).filter(([arm]) => arm !== ''));
  const named = [...places.keys()];
  let found = false;
  for (let at = 0; at < named.length; at += ARMS_A_STATEMENT) {
    const some = named.slice(at, at + ARMS_A_STATEMENT);
    for await (const { arm, ...counts } of armPages(db, some, days)) {
      sumsOf.add(places.get(arm)!, counts);
      found = true;
    }
  }
  return found ? sumsOf.entries : undefined;
}

/** What was counted by arm and record. */
async function* armPages(db: Kysely<Tables>, arms: readonly string[], days: Days) {
  let after: { readonly arm: string; readonly cell: string } | undefined;
  for (;;) {
    let query = outcomesOf(db, days).select(['arm', 'cell']).select(sums).where('arm', 'in', arms);
    if (after !== undefined) {
      const { arm, cell } = after;
      query = query.where((is) =>
        is.or([is('arm', '>', arm), is.and([is('arm', '=', arm), is('cell', '>', cell)])]),
      );
    }
    const grouped = query.groupBy(['arm', 'cell']).orderBy('arm').orderBy('cell');
    const rows = await grouped.limit(CELLS_A_PAGE).execute();
    yield* rows;
    if (rows.length < CELLS_A_PAGE) return;
    after = rows.at(-1);
  }
}

async function outcomesByRecord(
  db: Kysely<Tables>,
  forms: readonly EntryForm[],
  days: Days,
): Promise<EntryOutcomes[]> {
  const sumsOf = new EntrySums(forms.length);
  const matcher = new RecordMatcher(forms);
  let after: string | undefined;
  while (!matcher.isEmpty) {
    let query = outcomesOf(db, days).select('cell').select(sums).where(NOBODY_ELSES);
    if (after !== undefined) query = query.where('cell', '>', after);
    const rows = await query.groupBy('cell').orderBy('cell').limit(CELLS_A_PAGE).execute();
    for (const row of rows) {
      const place = matcher.placeOf(row.cell);
      if (place !== undefined) sumsOf.add(place, row);
    }
    if (rows.length < CELLS_A_PAGE) break;
    after = rows.at(-1)!.cell;
  }
  return sumsOf.entries;
}

/** Whether an outcome is no other decision's and no experiment's: their ids are of 17 and 13 characters. */
const NOBODY_ELSES = sql<boolean>`not (
  (substr(arm, 18, 1) = '/' and substr(arm, 1, 17) in (select id from decisions)) or
  (substr(arm, 14, 1) = '/' and substr(arm, 1, 13) in (select id from experiments)))`;
