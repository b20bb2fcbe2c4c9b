/** What may be asked for, and drawing it record by record: placement, truth, clicks. */
import { DatagenError, refuse, shown } from './errors.js';
import { extraDraws, extraEffect, extraFeatures, type ExtraValue } from './extras.js';
import { changeOn, dayOf, resolvePeriod, type Change, type Period } from './period.js';
import {
  checkProfile,
  deviceTypes,
  markets,
  POSITIONS,
  type DeviceType,
  type Market,
  type Profile,
} from './profile.js';
import { betas, binomials, choices, normals, sourceOf } from './random.js';
import { placementCtr } from './truth.js';
import { exposures } from './words.js';

/** What to generate. */
export interface GenerateOptions {
  /** Number of records, a positive safe integer. Default 5000. */
  rows?: number;
  /** Any safe integer. Same seed, same records. Default 42. */
  seed?: number;
  /** Which market the records come from. Default `realistic`. */
  profile?: Profile;
  /**
   * Records to pass over first, a safe integer ≥ 0. Default 0. `{ rows: 20, skip: 80 }` are the
   * last 20 of `{ rows: 100 }`: data of the same market that a model of `{ rows: 80 }` has not seen.
   */
  skip?: number;
  /** First day of the records, `YYYY-MM-DD`; gives them a column `day`. Default: they have none. */
  from?: string;
  /** Days that the records are spread over, in order and evenly, 1 to 3660. Default 28. Needs `from`. */
  days?: number;
  /** What changes on some day. Default: nothing. Needs `from`. */
  change?: Change;
}

const optionNames = ['rows', 'seed', 'profile', 'skip', 'from', 'days', 'change'];

/** The options with the defaults of those that have one. */
export type ResolvedOptions = GenerateOptions &
  Required<Pick<GenerateOptions, 'rows' | 'seed' | 'profile' | 'skip'>>;

/**
 * The options with their defaults.
 * @throws DatagenError `OPTION_INVALID` naming the option, the value got and the value wanted
 */
export function resolveOptions(options: GenerateOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    refuse('OPTION_INVALID', 'options', options, 'an object');
  }
  const unknown = Object.keys(options).find((name) => !optionNames.includes(name));
  if (unknown !== undefined) {
    const wanted = `one of ${optionNames.join(', ')}`;
    throw new DatagenError('OPTION_INVALID', `${shown(unknown)}, wanted ${wanted}`);
  }
  const { rows = 5000, seed = 42, profile = 'realistic', skip = 0 } = options;
  if (!Number.isSafeInteger(rows) || rows < 1) {
    refuse('OPTION_INVALID', 'rows', rows, 'a positive safe integer');
  }
  if (!Number.isSafeInteger(seed)) refuse('OPTION_INVALID', 'seed', seed, 'a safe integer');
  checkProfile(profile);
  if (!Number.isSafeInteger(skip) || skip < 0) {
    refuse('OPTION_INVALID', 'skip', skip, 'a safe integer of at least 0');
  }
  const { from, days, change } = options;
  if (from === undefined) {
    for (const [name, value] of Object.entries({ days, change })) {
      if (value !== undefined)
        refuse('OPTION_INVALID', name, value, 'nothing where there is no from');
    }
    return { rows, seed, profile, skip };
  }
  if (markets[profile].words) {
    refuse('OPTION_INVALID', 'from', from, `nothing: records of ${profile} have days of their own`);
  }
  return { rows, seed, profile, skip, ...resolvePeriod({ from, days, change }) };
}

/** The lowest observed CTR a record can have; the highest is 1. */
export const CTR_MIN = 0.0001;

/** One record. The sampler hands out the same object each time, filled anew. */
export interface SampledRow {
  impressions: number;
  adPosition: number;
  deviceType: DeviceType;
  budget: number;
  clicks: number;
  ctr: number;
  trueCtr: number;
  /** x01..x20 for the `wide` profile, day and words for `words`; last the day of a period. */
  extras: ExtraValue[];
}

/**
 * The endless sequence of a seed's records, those to be skipped included: record k does not depend
 * on how many are drawn after it, so the first k rows of a longer table are the table of k rows.
 * Only the last row of a profile that has a dominant one depends on how many there are.
 */
export function sampler(options: ResolvedOptions): () => SampledRow {
  const { seed, profile } = options;
  const market = markets[profile];
  const nextPlacement = placements(seed, market);
  const nextQuality = qualities(seed, market);
  const dominate = dominance(options, market);
  const nextRowEffect = rowEffects(seed, market);
  const nextWords = market.words ? exposures(seed) : undefined;
  const nextExtras = market.wide ? extraDraws(sourceOf(seed, 'extras')) : undefined;
  const nextDay = options.from === undefined ? undefined : dated(options, options as Period);
  const nextClicks = binomials(sourceOf(seed, 'clicks'));
  const row: SampledRow = {
    impressions: 0,
    adPosition: 0,
    deviceType: 'mobile',
    budget: 0,
    clicks: 0,
    ctr: 0,
    trueCtr: 0,
    extras: [],
  };
  return () => {
    const device = nextPlacement(row);
    dominate(row);
    let p = placementCtr(market, device, row.adPosition, row.budget, row.impressions);
    if (nextExtras) {
      nextExtras(row.budget, row.extras);
      p *= extraEffect(row.extras);
    }
    if (nextWords) p = Math.min(1, p * nextWords(row.extras));
    p *= nextQuality();
    if (nextDay) p = Math.min(1, p * nextDay(row));
    row.trueCtr = nextRowEffect(p);
    row.clicks = nextClicks(row.impressions, row.trueCtr);
    row.ctr = Math.min(1, Math.max(CTR_MIN, row.clicks / row.impressions));
    return row;
  };
}

/** Fills in the inputs of a record and returns the device's index. */
function placements(seed: number, market: Market): (row: SampledRow) => number {
  const source = sourceOf(seed, 'placement');
  const normal = normals(source);
  const nextDevice = choices(
    source,
    deviceTypes.map((device) => market.deviceShare[device]),
  );
  const nextPosition = choices(source, inventory(market));
  // Impressions of one placement for a dollar of campaign budget, at the median.
  const perDollar = (1000 / market.cpmMedian) * market.placementShare;
  // CPM and share spread independently, so their logarithms' variances add up.
  const spread = Math.sqrt(market.cpmLogSd ** 2 + market.placementShareLogSd ** 2);
  return (row) => {
    const device = nextDevice();
    row.deviceType = deviceTypes[device]!;
    row.adPosition = nextPosition() + 1;
    // Ends soon: every market takes more than 97 % of what is drawn.
    do {
      const dollars = market.budgetMedian * Math.exp(market.budgetLogSd * normal());
      row.budget = Math.round(dollars * 100) / 100;
      row.impressions = Math.round(row.budget * perDollar * Math.exp(spread * normal()));
    } while (
      row.budget < market.budgetMin ||
      row.budget > market.budgetMax ||
      row.impressions < market.impressionsMin
    );
    return device;
  };
}

/** Relative inventory of each position: linear, `inventoryTilt` times as much at the last. */
function inventory(market: Market): number[] {
  const step = (market.inventoryTilt - 1) / (POSITIONS - 1);
  return Array.from({ length: POSITIONS }, (_, i) => 1 + step * i);
}

/** Puts each record on its day, after its other extras, and tells what the day does to its CTR. */
function dated({ rows, skip, profile }: ResolvedOptions, period: Period) {
  const place = markets[profile].wide ? extraFeatures.length : 0;
  let drawn = 0;
  return (row: SampledRow): number => {
    const day = dayOf(period, Math.max(0, drawn++ - skip), rows);
    row.extras[place] = day;
    return changeOn(period, day, row);
  };
}

/** Log-normal with mean 1: on average a hidden quality changes nothing. */
function qualities(seed: number, { qualityLogSd: sd }: Market): () => number {
  if (sd === 0) return () => 1;
  const normal = normals(sourceOf(seed, 'quality'));
  return () => Math.exp(sd * normal() - (sd * sd) / 2);
}

/**
 * Gives the last row of the table as many impressions as make up the market's dominant share of all
 * of them, once all others are drawn. Rows that are skipped are no part of the table.
 */
function dominance(
  { rows, skip }: ResolvedOptions,
  { dominantShare: share }: Market,
): (row: SampledRow) => void {
  if (share === 0) return () => {};
  const last = skip + rows - 1;
  let drawn = 0;
  let others = 0;
  return (row) => {
    if (drawn === last && others > 0) row.impressions = Math.round((share / (1 - share)) * others);
    else if (drawn >= skip) others += row.impressions;
    drawn++;
  };
}

/** What a row's own CTR is where its inputs tell μ: drawn from Beta(μ/ρ − μ, (1−μ)/ρ − (1−μ)). */
function rowEffects(seed: number, { rowCorrelation }: Market): (ctr: number) => number {
  if (rowCorrelation === 0) return (ctr) => ctr;
  const nextBeta = betas(sourceOf(seed, 'rows'));
  const size = 1 / rowCorrelation - 1;
  return (ctr) => nextBeta(size * ctr, size * (1 - ctr));
}
