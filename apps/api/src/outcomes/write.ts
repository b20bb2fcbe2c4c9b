/*
 * How told outcomes become kept ones. In one transaction, for a whole batch:
 *
 *   told ─▶ day closed? ───────────────▶ refused
 *        ─▶ key not known ─────────────▶ new
 *        ─▶ says what counts ──────────▶ unchanged; if it holds, it is known to hold until later
 *        ─▶ says what was replaced ────▶ outdated
 *        ─▶ anything else ─────────────▶ restated: kept in the history, and the newest wins
 *
 * Who says no more than was said before, such as the same counts without the spend, says the same.
 * Newest is the one that counts until later; of two alike, the one that came later. Growth is counted
 * over the figures of a key in that order too, so it does not matter in which order they come.
 */
import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { insertMany, isOneOf } from '../store/bulk.js';
import type { CellColumns, GrowthRow, HistoryRow, OutcomeRow } from '../store/outcome-tables.js';
import type { Tables } from '../store/tables.js';
import { writeAlone } from '../store/write-lock.js';
import { saysNoMore } from './content.js';
import { ageAt } from './days.js';
import { growingOf, placed, type Figure } from './growing.js';
import { type PackedOutcomes, type ToldOutcome, unpack } from './packed.js';

/** What became of an outcome that was told. */
export const FATES = ['new', 'restated', 'unchanged', 'outdated', 'closed'] as const;
export type Fate = (typeof FATES)[number];

const OUTCOME_COLUMNS = [
  ...(['key', 'kind', 'segment', 'day', 'cell_id', 'model', 'cell', 'unseen'] as const),
  ...(['campaign', 'placement', 'arm', 'impressions', 'clicks', 'ctr', 'spend'] as const),
  ...(['received_at', 'until', 'revision', 'content'] as const),
];
const HISTORY_COLUMNS = [
  ...(['key', 'revision', 'day', 'segment', 'age', 'content'] as const),
  ...(['impressions', 'clicks', 'spend', 'until', 'received_at'] as const),
];
const GROWTH_COUNTS = [
  ...(['first_keys', 'first_impressions', 'first_clicks'] as const),
  ...(['more_impressions', 'more_clicks'] as const),
];
const NO_GROWTH = {
  ...{ first_keys: 0, first_impressions: 0, first_clicks: 0 },
  ...{ more_impressions: 0, more_clicks: 0 },
};
const GROWTH_COLUMNS = [...(['day', 'segment', 'age'] as const), ...GROWTH_COUNTS];

/** A restatement changes these; the cell, and the model that is judged, stay those of the first figure. */
const REPLACED = ['campaign', 'placement', 'arm', 'cell_id', 'impressions', 'clicks', 'spend'];
const NEWEST = [...REPLACED, 'received_at', 'until', 'revision', 'content'];

export interface WriteArgs {
  readonly packed: PackedOutcomes;
  /** When they came, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * Keeps outcomes, all or none.
 * @returns the fate of each, as its place in `FATES`
 */
export async function writeOutcomes(
  db: Kysely<Tables>,
  { packed, at }: WriteArgs,
): Promise<Uint8Array> {
  const told = unpack(packed);
  const fates = new Uint8Array(told.length);
  await writeAlone(db, async (transaction) => {
    const batch = new Batch(at);
    await batch.read(transaction, told);
    told.forEach((outcome, i) => (fates[i] = FATES.indexOf(batch.take(outcome))));
    await batch.write(transaction);
  });
  return fates;
}

/** The digest of all that a cell is but for itself. */
export function cellIdOf(cell: Omit<CellColumns, 'cell_id'>): string {
  const { day, model, cell: record, unseen, campaign, placement, arm } = cell;
  const text = JSON.stringify([day, model, record, unseen, campaign, placement, arm]);
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/** Told outcomes beside what is kept of theirs. */
export class Batch {
  private closed: ReadonlySet<string> = new Set();
  /** Outcomes as they are kept, or will be when all is written. */
  private readonly kept = new Map<string, OutcomeRow>();
  private readonly changed = new Set<OutcomeRow>();
  /** Contents that were told before, by key. */
  private readonly known = new Map<string, string[]>();
  /** By key that was told more than once: its figures, the newest last. */
  private readonly figures = new Map<string, readonly Figure[]>();
  private readonly histories: HistoryRow[] = [];
  private readonly growth = new Map<string, GrowthRow>();

  constructor(private readonly at: number) {}

  /** Finds what the store knows of these. */
  async read(db: Kysely<Tables>, told: readonly ToldOutcome[]): Promise<void> {
    const days = [...new Set(told.map(({ day }) => day))];
    const closed = db.selectFrom('daily').select('day').distinct().where('day', 'in', days);
    this.closed = new Set((await closed.execute()).map(({ day }) => day));
    const keys = [...new Set(told.map(({ key }) => key))];
    const kept = db
      .selectFrom('outcomes')
      .select(OUTCOME_COLUMNS)
      .where(isOneOf(db, 'key', keys));
    for (const row of await kept.execute()) this.kept.set(row.key, row);
    const restated = [...this.kept.values()].filter(({ revision }) => revision > 1);
    if (restated.length === 0) return;
    const severally = isOneOf(
      db,
      'key',
      restated.map(({ key }) => key),
    );
    const histories = db
      .selectFrom('histories')
      .select(['key', 'content', 'impressions', 'clicks', 'until'])
      .where(severally)
      .orderBy('revision');
    for (const { key, content, ...figure } of await histories.execute()) {
      this.know(key, content);
      this.figures.set(key, placed(this.figures.get(key) ?? [], figure));
    }
  }

  take(told: ToldOutcome): Fate {
    const kept = this.kept.get(told.key);
    if (kept === undefined) {
      if (this.closed.has(told.day)) return 'closed';
      this.begin(told);
      return 'new';
    }
    if (kept.content === told.content) {
      if (ageAt(kept.day, told.until) > ageAt(kept.day, kept.until)) this.restate(kept, told);
      return 'unchanged';
    }
    if (saysNoMore(told.content, kept.content)) return 'unchanged';
    const known = this.known.get(told.key);
    if (known?.some((content) => saysNoMore(told.content, content))) return 'outdated';
    this.restate(kept, told);
    return 'restated';
  }

  private begin(told: ToldOutcome): void {
    const row = firstRow(told, this.at);
    this.kept.set(told.key, row);
    this.changed.add(row);
    this.count(row, [told], 1);
  }

  private restate(kept: OutcomeRow, told: ToldOutcome): void {
    if (kept.revision === 1) this.remember(kept);
    const wins = told.until >= kept.until;
    const { impressions, clicks, until, content } = told;
    const before = this.figures.get(kept.key) ?? [{ ...kept }];
    const after = placed(before, { impressions, clicks, until });
    this.count(kept, before, -1);
    this.count(kept, after, 1);
    this.figures.set(kept.key, after);
    kept.revision++;
    this.remember({
      ...kept,
      impressions,
      clicks,
      spend: told.spend,
      until,
      content,
      received_at: this.at,
    });
    this.changed.add(kept);
    if (!wins) return;
    Object.assign(kept, { impressions, clicks, until, content, received_at: this.at });
    // Who does not say again where it was has not said that it was nowhere.
    for (const name of ['campaign', 'placement', 'arm'] as const)
      kept[name] = told[name] || kept[name];
    kept.spend = told.spend ?? kept.spend;
    kept.cell_id = cellIdOf(kept);
  }

  private remember(row: OutcomeRow): void {
    const { key, revision, day, segment, content, impressions, clicks, spend } = row;
    const { until, received_at } = row;
    const age = ageAt(day, until);
    this.know(key, content);
    const figures = { impressions, clicks, spend, until, received_at };
    this.histories.push({ key, revision, day, segment, age, content, ...figures });
  }

  private know(key: string, content: string): void {
    const known = this.known.get(key);
    if (known === undefined) this.known.set(key, [content]);
    else known.push(content);
  }

  /** Adds what a key's figures say of growth, or takes it away again. */
  private count({ day, segment }: OutcomeRow, figures: readonly Figure[], sign: 1 | -1): void {
    for (const { age, ...counts } of growingOf(day, figures)) {
      const name = `${day} ${age} ${segment}`;
      const row = this.growth.get(name) ?? { day, segment, age, ...NO_GROWTH };
      for (const column of GROWTH_COUNTS) row[column] += sign * counts[column];
      this.growth.set(name, row);
    }
  }

  async write(db: Kysely<Tables>): Promise<void> {
    await insertMany(db, {
      table: 'outcomes',
      columns: OUTCOME_COLUMNS,
      rows: [...this.changed],
      ending: `on conflict ("key") do update set ${NEWEST.map(replaced).join(', ')}`,
    });
    await insertMany(db, {
      table: 'histories',
      columns: HISTORY_COLUMNS,
      rows: this.histories,
      ending: '',
    });
    await insertMany(db, {
      table: 'growth',
      columns: GROWTH_COLUMNS,
      rows: [...this.growth.values()],
      ending: `on conflict ("day", "segment", "age") do update set ${GROWTH_COUNTS.map(added).join(', ')}`,
    });
  }
}

/** Written out, which takes a fifth of spreading what was told. */
function firstRow(told: ToldOutcome, at: number): OutcomeRow {
  return {
    key: told.key,
    kind: told.kind,
    segment: told.segment,
    day: told.day,
    cell_id: cellIdOf(told),
    model: told.model,
    cell: told.cell,
    unseen: told.unseen,
    campaign: told.campaign,
    placement: told.placement,
    arm: told.arm,
    impressions: told.impressions,
    clicks: told.clicks,
    ctr: told.ctr,
    spend: told.spend,
    received_at: at,
    until: told.until,
    revision: 1,
    content: told.content,
  };
}

function replaced(column: string): string {
  return `"${column}" = excluded."${column}"`;
}

function added(column: string): string {
  return `"${column}" = growth."${column}" + excluded."${column}"`;
}
