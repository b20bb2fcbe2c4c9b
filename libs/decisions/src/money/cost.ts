import type { Currency } from './money.js';
import { readPrice, toMinor } from './money.js';
import { readFields, refuse } from '../request.js';

/** What is paid for: each click (CPC), or each thousand impressions (CPM). */
export interface Cost {
  readonly per: 'click' | 'thousand_impressions';
  /** In the currency's unit. */
  readonly price: number;
}

/** Reads `{ "cpc": 0.4 }` or `{ "cpm": 5 }`. */
export function readCost(value: unknown, path: string): Cost {
  const fields = readFields(value, path, ['cpc', 'cpm']);
  const { cpc, cpm } = fields;
  if ((cpc === undefined) === (cpm === undefined)) refuse(path, value, 'either cpc or cpm');
  return cpc === undefined
    ? { per: 'thousand_impressions', price: readPrice(cpm, `${path}.cpm`) }
    : { per: 'click', price: readPrice(cpc, `${path}.cpc`) };
}

/** Cost of so many impressions and clicks, in minor units, to the nearest. */
export function costOf(
  { per, price }: Cost,
  impressions: number,
  clicks: number,
  currency: Currency,
): number {
  return toMinor(per === 'click' ? price * clicks : (price * impressions) / 1000, currency);
}
