/**
 * The true CTR: the probability that an impression of a record is clicked.
 *
 *   true_ctr = base · device · persistence^(position − 1) · returns(budget) · fatigue(impressions)
 *              · extras (wide) · quality (hidden) · campaign · ad group · creative (words)
 *
 * A click needs an examined ad and an attractive one, and the two are independent (the
 * examination hypothesis: Richardson et al. 2007, Craswell et al. 2008), hence the product.
 */
import { refuse } from './errors.js';
import { extraEffect, extraFeatures, type ExtraFeature, type ExtraValue } from './extras.js';
import {
  checkProfile,
  deviceTypes,
  markets,
  POSITIONS,
  type Market,
  type Profile,
} from './profile.js';

/** An ad placement as users write it: four inputs, and for `wide` x01..x20. */
export interface AdRecord {
  /** Impressions of the placement, an integer ≥ 1. */
  impressions: number;
  /** 1 (top) to 10. */
  ad_position: number;
  /** `mobile`, `desktop` or `tablet`. */
  device_type: string;
  /** The campaign's budget, dollars, > 0. */
  budget: number;
}

/** A record of the `wide` profile: x01 to x20 too, where absent, null, NaN and '' mean missing. */
export type WideAdRecord = AdRecord & Record<`x${number}`, number | string | null | undefined>;

/** The request of the product's contract and its true CTR: every CTR is calibrated from it. */
export const anchor = {
  record: { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 },
  ctr: 0.0847,
} as const;

/** Diminishing returns: 1 at no budget, 1 + gain at an endless one, concave in between. */
function returns(market: Market, budget: number): number {
  return 1 + (market.returnsGain * budget) / (budget + market.returnsHalf);
}

/** Audience fatigue: 1 at no impressions, falling as a power of them. */
function fatigue(market: Market, impressions: number): number {
  // Not **: see random.ts on what is the same everywhere.
  return Math.exp(-market.fatigueExponent * Math.log1p(impressions / market.fatigueScale));
}

// The CTR of an examined mobile ad before the effects of budget and fatigue: whatever makes the
// anchor come out.
const base =
  anchor.ctr /
  (markets.realistic.deviceCtr[anchor.record.device_type] *
    returns(markets.realistic, anchor.record.budget) *
    fatigue(markets.realistic, anchor.record.impressions));

/** base · device · examination, at [device · POSITIONS + position − 1]; devices in their order. */
function attractionTable(market: Market): Float64Array {
  const table = new Float64Array(deviceTypes.length * POSITIONS);
  deviceTypes.forEach((device, d) => {
    let ctr = base * market.ctrScale * market.deviceCtr[device];
    for (let p = 0; p < POSITIONS; p++) {
      table[d * POSITIONS + p] = ctr;
      ctr *= market.persistence[device];
    }
  });
  return table;
}

const attractions = new Map(
  Object.values(markets).map((market) => [market, attractionTable(market)] as const),
);

/** The CTR of the four inputs, unchecked; `device` is an index into `deviceTypes`. */
export function placementCtr(
  market: Market,
  device: number,
  position: number,
  budget: number,
  impressions: number,
): number {
  return (
    attractions.get(market)![device * POSITIONS + position - 1]! *
    returns(market, budget) *
    fatigue(market, impressions)
  );
}

/**
 * The true CTR of a record, a probability. For `hidden` it is the CTR at the average quality and for
 * `overdispersed` the mean over row effects: the best guess that the inputs allow. For `words` it is
 * the CTR at the mean effect of the words, which `words` tells one by one. For `wide`, extras far outside what is generated may reach
 * the bounds 0 and 1.
 *
 * @throws DatagenError `RECORD_INVALID` for a field out of range, `OPTION_INVALID` for an unknown
 * profile
 */
export function trueCtr(record: AdRecord | WideAdRecord, profile: Profile = 'realistic'): number {
  checkProfile(profile);
  const market = markets[profile];
  const device = checkedDevice(record);
  const { impressions, ad_position, budget } = record;
  const ctr = placementCtr(market, device, ad_position, budget, impressions);
  if (!market.wide) return ctr;
  const values: Readonly<Record<string, unknown>> = { ...record };
  const recorded = extraFeatures.map((feature) => recordedExtra(feature, values[feature.name]));
  return Math.min(1, Math.max(0, ctr * extraEffect(recorded)));
}

/** Checks the four inputs and returns the device's index. */
function checkedDevice({ impressions, ad_position, device_type, budget }: AdRecord): number {
  if (!(Number.isSafeInteger(impressions) && impressions >= 1)) {
    reject('impressions', impressions, 'an integer of at least 1');
  }
  if (!(Number.isInteger(ad_position) && ad_position >= 1 && ad_position <= POSITIONS)) {
    reject('ad_position', ad_position, `an integer from 1 to ${POSITIONS}`);
  }
  if (!(Number.isFinite(budget) && budget > 0)) reject('budget', budget, 'a finite number above 0');
  const device = deviceTypes.findIndex((name) => name === device_type);
  if (device < 0) reject('device_type', device_type, `one of ${deviceTypes.join(', ')}`);
  return device;
}

function recordedExtra(feature: ExtraFeature, value: unknown): ExtraValue {
  const { name, kind, categories } = feature;
  const isText = kind === 'categorical';
  if (value === undefined || value === null || value === '' || Number.isNaN(value)) {
    return isText ? '' : NaN;
  }
  if (categories ? !categories.includes(String(value)) : !Number.isFinite(value)) {
    reject(name, value, categories ? `one of ${categories.join(', ')}` : 'a finite number');
  }
  return value as ExtraValue;
}

function reject(field: string, got: unknown, wanted: string): never {
  refuse('RECORD_INVALID', field, got, wanted);
}
