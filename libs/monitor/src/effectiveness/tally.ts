import type { OutcomeCell } from '../cells.js';
import { addTotals, noTotals, type Totals } from '../ledger/ledger.js';

/** What cells are added up by: a label, or a feature of the record. */
export interface Tally {
  readonly name: string;
  /** By value, by day. */
  readonly values: Map<string, Map<number, TalliedDay>>;
}

export interface TalliedDay extends Totals {
  /** Clicks that there will be when the day is mature. */
  matureClicks: number;
}

/** Values of a label or feature that are told apart; the rest is `others`. */
export const MOST_VALUES = 2000;
/** Features that are looked at. */
const MOST_FEATURES = 40;
export const OTHERS = '(others)';
/** Where nobody said. */
export const UNNAMED = '(none)';

/** Adds cells up by campaign, placement, and each feature of few values. */
export class Tallies {
  readonly campaign: Tally = { name: 'campaign', values: new Map() };
  readonly placement: Tally = { name: 'placement', values: new Map() };
  readonly all: Tally = { name: 'all', values: new Map() };
  private readonly byFeature = new Map<string, Tally>();

  add(cell: OutcomeCell, day: number, share: number): void {
    addTo(this.all, 'all', cell, day, share);
    addTo(this.campaign, cell.campaign ?? UNNAMED, cell, day, share);
    addTo(this.placement, cell.placement ?? UNNAMED, cell, day, share);
    for (const [name, value] of Object.entries(cell.record)) {
      if (typeof value === 'number') continue;
      let tally = this.byFeature.get(name);
      if (tally === undefined) {
        if (this.byFeature.size >= MOST_FEATURES) continue;
        this.byFeature.set(name, (tally = { name, values: new Map() }));
      }
      addTo(tally, value ?? UNNAMED, cell, day, share);
    }
  }

  /** Labels and features that have more than one value. */
  get told(): Tally[] {
    return [this.campaign, this.placement, ...this.byFeature.values()].filter(
      ({ values }) => values.size > 1,
    );
  }
}

function addTo(
  { values }: Tally,
  value: string,
  cell: OutcomeCell,
  day: number,
  share: number,
): void {
  const name = values.has(value) || values.size < MOST_VALUES ? value : OTHERS;
  let days = values.get(name);
  if (days === undefined) values.set(name, (days = new Map()));
  let totals = days.get(day);
  if (totals === undefined) days.set(day, (totals = { ...noTotals(), matureClicks: 0 }));
  addTotals(totals, cell, share);
  totals.matureClicks += cell.clicks / share;
}
