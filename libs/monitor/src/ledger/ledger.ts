/*
 * Cells as columns: what a report is made of. A cell enters once and is kept as numbers (values of features
 * by their place in a list), so that a million cells take some 150 MB and are summed in milliseconds, any
 * way that is asked.
 *
 * Beyond `mostCells`, half of the records are left out of the columns, chosen by a hash of the record
 * (never by its outcome), then three quarters, and so on: evidence of what is kept stays valid, and
 * `keptShare` says what it was chosen from. Totals by day and model are of all cells, always.
 */
import type { OutcomeCell } from '../cells.js';
import { Numbers, Values } from './columns.js';

/** What is done with a cell on its way in. */
export interface Intake {
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Share of its expected clicks that can have come by now: 1 when it is mature. */
  readonly share: number;
  /** What a click more or less is worth; NaN where nobody says. */
  readonly worth: number;
}

/** Sums of some cells. */
export interface Totals {
  rows: number;
  impressions: number;
  clicks: number;
  /** Of cells with a forecast: clicks that came, and those expected, as mature as the cell is. */
  judgedClicks: number;
  expected: number;
  /** Sum of the squares of the cells' expected clicks. */
  squares: number;
  spend: number;
  /** Impressions of which it was said what they cost. */
  spendImpressions: number;
  spendClicks: number;
}

export type Value = string | number | null;

/** One feature, or label, by cell. */
export interface FeatureColumn {
  readonly name: string;
  /** Of the campaign rather than of the record: the model knows nothing of it. */
  readonly isLabel: boolean;
  readonly values: Values<Value>;
  /** By cell: the place of its value; -1: the cell's record has no such feature. */
  readonly codes: Numbers;
  /** By cell: 1 where the model did not know the word. */
  readonly unseen: Numbers;
}

const LABELS = ['campaign', 'placement'] as const;
export const MOST_CELLS = 1_000_000;

export const noTotals = (): Totals => ({
  ...{ rows: 0, impressions: 0, clicks: 0, judgedClicks: 0, expected: 0, squares: 0 },
  ...{ spend: 0, spendImpressions: 0, spendClicks: 0 },
});

export function addTotals(to: Totals, cell: OutcomeCell, share: number): void {
  to.rows += cell.rows;
  to.impressions += cell.impressions;
  to.clicks += cell.clicks;
  if (cell.predicted > 0) {
    to.judgedClicks += cell.clicks;
    to.expected += cell.predicted * share;
    to.squares += (cell.predicted * share) ** 2;
  }
  if (cell.spend !== undefined) {
    to.spend += cell.spend;
    to.spendImpressions += cell.impressions;
    to.spendClicks += cell.clicks;
  }
}

export class Ledger {
  readonly features = new Map<string, FeatureColumn>();
  readonly models = new Values<string>();
  readonly model = new Numbers();
  readonly day = new Numbers();
  readonly rows = new Numbers();
  readonly impressions = new Numbers();
  readonly clicks = new Numbers();
  readonly expected = new Numbers();
  readonly ctr = new Numbers();
  readonly worth = new Numbers();
  /** By model, by day: of all cells, those left out of the columns too. */
  readonly totals = new Map<string, Map<number, Totals>>();
  /** Cells that were given. */
  cells = 0;
  private halvings = 0;

  constructor(private readonly mostCells = MOST_CELLS) {}

  get length(): number {
    return this.day.length;
  }

  /** Of the records, how many are in the columns. */
  get keptShare(): number {
    return 2 ** -this.halvings;
  }

  /** @param cell checked (checkCell) */
  add(cell: OutcomeCell, { day, share, worth }: Intake): void {
    this.cells++;
    addTotals(this.totalsOf(cell.model, day), cell, share);
    this.model.push(this.models.numberOf(cell.model));
    this.day.push(day);
    this.rows.push(cell.rows);
    this.impressions.push(cell.impressions);
    this.clicks.push(cell.predicted > 0 ? cell.clicks : 0);
    this.expected.push(cell.predicted * share);
    this.ctr.push(cell.impressions > 0 ? cell.predicted / cell.impressions : 0);
    this.worth.push(worth);
    this.addFeatures(cell);
    if (this.halvings > 0 && !this.isKept(this.length - 1)) this.dropLast();
    if (this.length > this.mostCells) {
      this.halvings++;
      this.keepOnly((at) => this.isKept(at));
    }
  }

  private addFeatures(cell: OutcomeCell): void {
    const place = this.length - 1;
    for (const name of Object.keys(cell.record)) {
      this.addValue(
        this.columnOf(name, false),
        cell.record[name],
        cell.unseen.includes(name),
        place,
      );
    }
    for (const label of LABELS) {
      const value = cell[label];
      if (value === undefined || label in cell.record) continue;
      this.addValue(this.columnOf(label, true), value, false, place);
    }
  }

  private columnOf(name: string, isLabel: boolean): FeatureColumn {
    let column = this.features.get(name);
    if (column === undefined) {
      const [codes, unseen] = [new Numbers(), new Numbers()];
      column = { name, isLabel, values: new Values(), codes, unseen };
      this.features.set(name, column);
    }
    return column;
  }

  private addValue(column: FeatureColumn, value: Value, isUnseen: boolean, place: number): void {
    pad(column, place);
    column.codes.push(column.values.numberOf(value));
    column.unseen.push(+isUnseen);
  }

  /** Ends the intake: columns of features that the last cells lack are as long as the others. */
  close(): this {
    for (const column of this.features.values()) pad(column, this.length);
    return this;
  }

  private totalsOf(model: string, day: number): Totals {
    let days = this.totals.get(model);
    if (days === undefined) this.totals.set(model, (days = new Map()));
    let totals = days.get(day);
    if (totals === undefined) days.set(day, (totals = noTotals()));
    return totals;
  }

  /**
   * Whether a record is one of those kept: by a hash of the places of its values (FNV-1a, whose bits are
   * then mixed as murmur3 does), the same on every day.
   */
  private isKept(place: number): boolean {
    let hash = 0x811c9dc5;
    for (const { codes } of this.features.values()) {
      // What a record lacks does not count, so that features met later change nothing.
      const code = place < codes.length ? codes.at(place) : -1;
      hash = code < 0 ? hash : Math.imul(hash ^ code, 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) % 2 ** this.halvings === 0;
  }

  private dropLast(): void {
    const length = this.length - 1;
    for (const column of this.columns()) column.length = Math.min(column.length, length);
  }

  private keepOnly(isKept: (place: number) => boolean): void {
    this.close();
    const kept = Uint8Array.from({ length: this.length }, (_, at) => +isKept(at));
    for (const column of this.columns()) column.keepOnly(kept);
  }

  private *columns(): Generator<Numbers> {
    yield* [this.model, this.day, this.rows, this.impressions, this.clicks];
    yield* [this.expected, this.ctr, this.worth];
    for (const { codes, unseen } of this.features.values()) yield* [codes, unseen];
  }
}

function pad({ codes, unseen }: FeatureColumn, length: number): void {
  while (codes.length < length) {
    codes.push(-1);
    unseen.push(0);
  }
}
