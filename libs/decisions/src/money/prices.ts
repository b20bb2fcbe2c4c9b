/* What is paid for a placement, and what a click on it is worth. */
import { readFields, readNumber, refuse, type Fields } from '../request.js';
import { readPrice, toMinor, type Currency } from './money.js';

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

/** What a click is worth, in the currency's unit, and how that is known. */
export interface ClickValue {
  readonly amount: number;
  readonly from: 'bid_cpc' | 'value_per_click' | 'target_cpa';
}

/** The fields that say what a click is worth; exactly one of the three ways. */
export const CLICK_VALUE_FIELDS = ['bid_cpc', 'value_per_click', 'target_cpa', 'conversion_rate'];

/**
 * A bid per click, a value per click, or a target cost per acquisition times the share of clicks
 * that become one.
 */
export function readClickValue(fields: Fields): ClickValue {
  const { bid_cpc, value_per_click, target_cpa, conversion_rate } = fields;
  const given = [bid_cpc, value_per_click, target_cpa].filter((value) => value !== undefined);
  if (given.length !== 1) {
    const name = given.length === 0 ? 'bid_cpc' : 'value_per_click';
    const wanted = 'one of bid_cpc, value_per_click, or target_cpa with conversion_rate';
    refuse(name, given[1], `exactly ${wanted}`);
  }
  if (bid_cpc !== undefined) {
    return { amount: readPrice(bid_cpc, 'bid_cpc'), from: 'bid_cpc' };
  }
  if (value_per_click !== undefined) {
    return {
      amount: readPrice(value_per_click, 'value_per_click'),
      from: 'value_per_click',
    };
  }
  const rate = readNumber(conversion_rate, 'conversion_rate', { exclusiveMinimum: 0, maximum: 1 });
  return { amount: readPrice(target_cpa, 'target_cpa') * rate, from: 'target_cpa' };
}
