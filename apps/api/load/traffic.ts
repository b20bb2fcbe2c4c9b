// The traffic that every load scenario sends: a few campaigns ask often, many ask rarely, and the
// figures of each move a little while it is served.
//
// k6 gives each virtual user a JavaScript world of its own, so a generator with state would drift
// apart between users. Request i is therefore a pure function of (seed, i): k6 passes the number of
// the iteration, the Node driver a counter, and both send the same sequence for any number of users.
//
// No imports: `k6 run` resolves no npm packages, which is also why the random numbers are made here.

/** An ad placement as the API takes it. */
export interface AdRecord {
  impressions: number;
  ad_position: number;
  device_type: Device;
  budget: number;
}

export type Device = 'mobile' | 'desktop' | 'tablet';

export interface TrafficOptions {
  /** Makes the campaigns and the order of requests; same seed, same traffic. */
  seed?: number;
  /** How many campaigns there are, at least 1. */
  campaigns?: number;
  /** Zipf's exponent: the campaign of rank r gets a share proportional to 1 / r^exponent. */
  exponent?: number;
  /** Largest relative distance of budget and impressions from the campaign's base, in [0, 1). */
  drift?: number;
  /**
   * After how many of its own requests, on average, a campaign's figures move. 1 or less moves
   * them at every request; the default lets about three requests in four repeat the last figures.
   */
  requestsPerStep?: number;
}

export const defaultTraffic: Required<TrafficOptions> = {
  seed: 42,
  campaigns: 2000,
  exponent: 1,
  drift: 0.01,
  requestsPerStep: 4,
};

// Separate streams of random numbers: changing what one is used for leaves the others alone.
const CHOICE = 1;
const POSITION = 2;
const DEVICE = 3;
const BUDGET = 4;
const IMPRESSIONS = 5;
const PHASE = 6;
const BUDGET_DRIFT = 7;
const IMPRESSIONS_DRIFT = 8;

const GOLDEN = 0x9e3779b9;

/** Endless traffic of a fixed set of campaigns; see the head of this file. */
export class Traffic {
  readonly options: Required<TrafficOptions>;
  /** The campaigns before drift, most frequent first. */
  readonly campaigns: readonly AdRecord[];
  /** Share of the requests that goes to the campaigns up to and including each one. */
  private readonly cumulative: Float64Array;

  /** @throws RangeError naming the option that is out of range. */
  constructor(options: TrafficOptions = {}) {
    this.options = { ...defaultTraffic, ...options };
    checkOptions(this.options);
    const { seed, campaigns, exponent } = this.options;
    this.cumulative = cumulativeShares(campaigns, exponent);
    this.campaigns = Array.from({ length: campaigns }, (_, rank) => makeCampaign(seed, rank));
  }

  /** The rank, from 0, of the campaign that request `i` (an integer from 0) belongs to. */
  rankAt(i: number): number {
    const u = uniform(this.options.seed, CHOICE, i);
    let low = 0;
    let high = this.cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (u < this.cumulative[middle]!) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Request `i`, an integer from 0. */
  recordAt(i: number): AdRecord {
    const rank = this.rankAt(i);
    const step = this.stepAt(i, rank);
    const campaign = this.campaigns[rank]!;
    return {
      impressions: Math.max(
        1,
        Math.round(campaign.impressions * this.drifted(IMPRESSIONS_DRIFT, rank, step)),
      ),
      ad_position: campaign.ad_position,
      device_type: campaign.device_type,
      budget: cents(campaign.budget * this.drifted(BUDGET_DRIFT, rank, step)),
    };
  }

  /** How often the campaign's figures have moved before request `i`. */
  private stepAt(i: number, rank: number): number {
    const { seed, requestsPerStep } = this.options;
    if (requestsPerStep <= 1) return i;
    const share = this.cumulative[rank]! - (rank === 0 ? 0 : this.cumulative[rank - 1]!);
    // a phase of its own per campaign, or all of them would move at the first request
    return Math.floor((i * share) / requestsPerStep + uniform(seed, PHASE, rank));
  }

  private drifted(stream: number, rank: number, step: number): number {
    const { seed, drift } = this.options;
    return 1 + drift * (2 * uniform(mix(seed + Math.imul(rank + 1, GOLDEN)), stream, step) - 1);
  }
}

function checkOptions(options: Required<TrafficOptions>): void {
  const { campaigns, exponent, drift, requestsPerStep } = options;
  if (!Number.isInteger(campaigns) || campaigns < 1)
    throw new RangeError(`campaigns must be an integer of at least 1, got ${campaigns}`);
  if (!(exponent >= 0)) throw new RangeError(`exponent must be 0 or more, got ${exponent}`);
  if (!(drift >= 0 && drift < 1)) throw new RangeError(`drift must be in [0, 1), got ${drift}`);
  if (!(requestsPerStep > 0))
    throw new RangeError(`requestsPerStep must be above 0, got ${requestsPerStep}`);
}

function cumulativeShares(campaigns: number, exponent: number): Float64Array {
  const shares = new Float64Array(campaigns);
  let total = 0;
  for (let rank = 0; rank < campaigns; rank++) {
    total += (rank + 1) ** -exponent;
    shares[rank] = total;
  }
  for (let rank = 0; rank < campaigns; rank++) shares[rank]! /= total;
  return shares;
}

/** A campaign as the training data's generator makes them, so that no request extrapolates. */
function makeCampaign(seed: number, rank: number): AdRecord {
  const budget = clamp(4500 * Math.exp(0.8 * normal(seed, BUDGET, rank)), 50, 50_000);
  // at $4 a thousand, one placement in a hundred of the campaign's, spread by a factor of 1.65
  const impressions = 2.5 * budget * Math.exp(0.5 * normal(seed, IMPRESSIONS, rank));
  return {
    impressions: Math.max(1000, Math.round(impressions)),
    ad_position: positionOf(uniform(seed, POSITION, rank)),
    device_type: deviceOf(uniform(seed, DEVICE, rank)),
    budget: cents(budget),
  };
}

/** There is more room further down: a density that grows linearly, half as much again at the end. */
function positionOf(u: number): number {
  return 1 + Math.floor(20 * (Math.sqrt(1 + 1.25 * u) - 1));
}

function deviceOf(u: number): Device {
  if (u < 0.56) return 'mobile';
  return u < 0.92 ? 'desktop' : 'tablet';
}

/** Box-Muller: a standard normal number from two uniform ones. */
function normal(seed: number, stream: number, index: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(seed, stream, 2 * index)));
  return radius * Math.cos(2 * Math.PI * uniform(seed, stream, 2 * index + 1));
}

/** Number `index` of a stream, in [0, 1): the output of SplitMix32 at that place, by itself. */
function uniform(seed: number, stream: number, index: number): number {
  const start = mix(mix(seed + GOLDEN) + Math.imul(stream, GOLDEN));
  return mix(start + Math.imul(index + 1, GOLDEN)) / 2 ** 32;
}

/** The 32-bit finaliser of MurmurHash3 (Appleby), which SplitMix32 steps through. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function cents(value: number): number {
  return Math.max(0.01, Math.round(value * 100) / 100);
}
