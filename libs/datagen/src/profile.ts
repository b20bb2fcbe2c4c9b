/**
 * The market a profile simulates, as numbers. Sources are named where one exists; where none
 * does, the comment says that the value is chosen and what it was chosen for.
 *
 * What a record is: one placement (a position on a device) of one campaign over one reporting
 * period. `budget` is the budget of the whole campaign; `impressions` are those of this
 * placement, a small share of what the campaign buys. Budget over impressions is therefore not
 * a CPM.
 */
import { refuse } from './errors.js';

export const profiles = [
  'realistic',
  'sparse',
  'drifted',
  'wide',
  'hidden',
  'overdispersed',
  'words',
] as const;
export type Profile = (typeof profiles)[number];

/** @throws DatagenError `OPTION_INVALID` when it is no profile */
export function checkProfile(profile: Profile): void {
  if (profiles.includes(profile)) return;
  refuse('OPTION_INVALID', 'profile', profile, `one of ${profiles.join(', ')}`);
}

export const deviceTypes = ['mobile', 'desktop', 'tablet'] as const;
export type DeviceType = (typeof deviceTypes)[number];

/** Ad positions run from 1, the most visible, to 10: the length of a classic results page. */
export const POSITIONS = 10;

/** One number per device. */
export type PerDevice = Readonly<Record<DeviceType, number>>;

export interface Market {
  /** Median campaign budget, dollars, and the standard deviation of its logarithm. */
  readonly budgetMedian: number;
  readonly budgetLogSd: number;
  /** Budgets are drawn again until they lie in [budgetMin, budgetMax], dollars. */
  readonly budgetMin: number;
  readonly budgetMax: number;
  /** Median price of a thousand impressions, dollars, and the log-sd of that price. */
  readonly cpmMedian: number;
  readonly cpmLogSd: number;
  /** Median share of a campaign's impressions that one placement gets, and its log-sd. */
  readonly placementShare: number;
  readonly placementShareLogSd: number;
  /** Fewer impressions than this are not reported: the row is drawn again. */
  readonly impressionsMin: number;
  /** Share of the records on each device; sums to 1. */
  readonly deviceShare: PerDevice;
  /** Inventory at the last position over that at the first; linear in between. */
  readonly inventoryTilt: number;
  /** CTR at position 1 relative to mobile. */
  readonly deviceCtr: PerDevice;
  /** Probability that a user who examined one position goes on to examine the next. */
  readonly persistence: PerDevice;
  /** Budget effect 1 + gain · b / (b + half): the most it adds, and the dollars for half of it. */
  readonly returnsGain: number;
  readonly returnsHalf: number;
  /** Fatigue effect (1 + n / scale)^−exponent: where it sets in (impressions), how fast it goes. */
  readonly fatigueScale: number;
  readonly fatigueExponent: number;
  /** Multiplies every CTR; 1 leaves the anchor where it is. */
  readonly ctrScale: number;
  /** Log-sd of an ad quality no input shows; 0 for none. Its mean is 1. */
  readonly qualityLogSd: number;
  /**
   * Intra-row correlation ρ in [0, 1): a row's true CTR is beta-distributed around the CTR μ that
   * its inputs tell, with variance ρ μ (1 − μ), so that clicks are beta-binomial. 0: no row effect.
   */
  readonly rowCorrelation: number;
  /** Share of all impressions that the last row has, in [0, 1); 0: it is as any other. */
  readonly dominantShare: number;
  /** Whether records carry the extra features x01..x20. */
  readonly wide: boolean;
  /** Whether records carry a day, and a campaign, an ad group and a creative that act on the CTR. */
  readonly words: boolean;
}

const realistic: Market = {
  // Log-normal, because budgets are set and raised in proportion to what they were: products of
  // many factors. Chosen: a mid-size advertiser's $4,500, 95 % of the campaigns between about
  // $940 and $21,600.
  budgetMedian: 4_500,
  budgetLogSd: 0.8,
  // Chosen: below $50 no platform runs a campaign for long; above $50,000 it is split up.
  budgetMin: 50,
  budgetMax: 50_000,
  // Chosen: display and social advertisers commonly quote $2 to $10; a median of $4 with log-sd
  // 0.4 puts 95 % of the prices between $1.8 and $8.8.
  cpmMedian: 4,
  cpmLogSd: 0.4,
  // Chosen: a campaign runs on the order of a hundred placements (positions × devices × days),
  // unequal by about a factor 1.35 either way. The median record has some 11,000 impressions.
  placementShare: 0.01,
  placementShareLogSd: 0.3,
  // Chosen: reports suppress thin rows. Also keeps single rows from dominating the noise.
  impressionsMin: 1_000,
  // Web traffic shares as StatCounter has reported them for the last years, rounded; tablets
  // are raised from 2 % so that a 5,000-row sample holds enough of them to learn from.
  deviceShare: { mobile: 0.56, desktop: 0.36, tablet: 0.08 },
  // Chosen: pages have one top slot and many low ones, yet auctions fill the top slot first.
  inventoryTilt: 1.5,
  // Chosen: sponsored results at the top fill a phone's first screen, so phones click more
  // there than desktops do.
  deviceCtr: { mobile: 1, desktop: 0.85, tablet: 0.93 },
  // Examination by a user who scans downwards, as in the cascade model (Craswell et al. 2008),
  // and goes on to the next ad with a constant persistence (Moffat & Zobel 2008), which makes
  // examination geometric in the position. Chosen so that CTR falls 25-fold (desktop) to 55-fold
  // (mobile) from position 1 to 10, steeper than eye tracking of organic results finds, because
  // ads at the foot of a page are looked for less. A phone shows less of the list at once, so
  // its users stop sooner: the device-by-position interaction.
  persistence: { mobile: 0.64, desktop: 0.7, tablet: 0.67 },
  // Diminishing returns as a Hill curve of exponent 1 (Jin et al. 2017, media-mix models): more
  // money buys better targeting, less and less so. Chosen: +60 % at the very most, half of it at
  // $5,000.
  returnsGain: 0.6,
  returnsHalf: 5_000,
  // Audience fatigue: a placement shown more often reaches the same people again. Chosen: −11 %
  // at 20,000 impressions, −33 % at 200,000.
  fatigueScale: 20_000,
  fatigueExponent: 0.17,
  ctrScale: 1,
  qualityLogSd: 0,
  rowCorrelation: 0,
  dominantShare: 0,
  wide: false,
  words: false,
};

/** The constants of every profile. Where a profile says nothing, it is `realistic`. */
export const markets: Readonly<Record<Profile, Market>> = {
  realistic,
  // A long tail of small placements, some 34 impressions each at the median: binomial noise is
  // more than half of the observed variance.
  sparse: { ...realistic, placementShare: 0.000_03, impressionsMin: 5 },
  // A year later: dearer impressions, larger budgets, more phones, impatient users, lower CTR.
  drifted: {
    ...realistic,
    budgetMedian: 6_500,
    cpmMedian: 5.2,
    deviceShare: { mobile: 0.68, desktop: 0.27, tablet: 0.05 },
    persistence: { mobile: 0.58, desktop: 0.68, tablet: 0.63 },
    ctrScale: 0.8,
  },
  wide: { ...realistic, wide: true },
  // Log-sd 0.2 hides some 7 % of the CTR's variance from every model of the inputs.
  hidden: { ...realistic, qualityLogSd: 0.2 },
  // A CTR of 3 % has a standard deviation of 1.2 points between rows of equal inputs: some fifty
  // times the variance that binomial chance alone gives a row of 11,000 impressions. The last row
  // has half of all impressions, as a row of totals or a house ad that was left in has.
  overdispersed: { ...realistic, rowCorrelation: 0.005, dominantShare: 0.5 },
  // Some 340 impressions a row at the median, about ten clicks: a rare creative has few of them,
  // so that its own rate is a poor guess and shrinking it towards its ad group's a better one.
  words: { ...realistic, placementShare: 0.000_3, impressionsMin: 50, words: true },
};
