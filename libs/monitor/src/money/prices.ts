import type { OutcomeCell } from '../cells.js';
import { within } from '../errors.js';

/** What clicks or impressions are worth; the first that is there counts. */
export interface Price {
  /** Of a click, to whoever reads the report. */
  readonly value_per_click?: number;
  /** Paid per click. */
  readonly cpc?: number;
  /** Paid per thousand impressions: what each expected click was planned to cost. */
  readonly cpm?: number;
}

/** Prices for all, and for values of a feature (or of `campaign`, `placement`). */
export interface Prices extends Price {
  readonly by?: {
    readonly feature: string;
    readonly prices: Readonly<Record<string, Price>>;
  };
}

const NAMES = ['value_per_click', 'cpc', 'cpm'] as const;

/** @throws MonitorError OPTION_INVALID for a price that is none */
export function checkPrices({ by, ...all }: Prices): void {
  const check = (price: Price, path: string): void => {
    for (const name of NAMES) {
      const value = price[name];
      if (value !== undefined) within(`${path}${name}`, value, [0, Infinity]);
    }
  };
  check(all, 'prices.');
  for (const [value, price] of Object.entries(by?.prices ?? {})) {
    check(price, `prices.by.prices.${value}.`);
  }
}

/**
 * What a click more or less of a cell is worth: by the price of its value, by that for all, or by what
 * was spent, which each expected click had its part of.
 * @returns money; NaN where nobody says
 */
export function worthOfClick(cell: OutcomeCell, prices: Prices = {}): number {
  const { by } = prices;
  const value = by && valueOf(cell, by.feature);
  const own = value === undefined || value === null ? undefined : by?.prices[String(value)];
  const priced = (own && worth(own, cell)) ?? worth(prices, cell);
  if (priced !== undefined) return priced;
  return cell.spend !== undefined && cell.predicted > 0 ? cell.spend / cell.predicted : NaN;
}

function valueOf(cell: OutcomeCell, feature: string): string | number | null | undefined {
  if (feature in cell.record) return cell.record[feature];
  return feature === 'campaign' || feature === 'placement' ? cell[feature] : undefined;
}

function worth(price: Price, { impressions, predicted }: OutcomeCell): number | undefined {
  const perClick = price.value_per_click ?? price.cpc;
  if (perClick !== undefined) return perClick;
  if (price.cpm === undefined || !(predicted > 0)) return undefined;
  return (price.cpm * impressions) / 1000 / predicted;
}
