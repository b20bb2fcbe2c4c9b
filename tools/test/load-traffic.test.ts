import { Traffic } from '@adscale/api/load/traffic.ts';
import type { AdRecord } from '@adscale/api/load/traffic.ts';

const REQUESTS = 200_000;

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

describe('traffic', () => {
  const traffic = new Traffic();

  it('asks for campaigns as often as Zipf says', () => {
    const seen = new Float64Array(traffic.campaigns.length);
    for (const i of range(REQUESTS)) seen[traffic.rankAt(i)]!++;
    const harmonic = range(2000).reduce((sum, rank) => sum + 1 / (rank + 1), 0);
    // chi-square over the 100 frequent campaigns and one bin for the rest: 100 degrees of freedom,
    // so above 150 once in a thousand seeds
    let chiSquare = 0;
    let restSeen = REQUESTS;
    let restExpected = REQUESTS;
    for (const rank of range(100)) {
      const expected = REQUESTS / (rank + 1) / harmonic;
      chiSquare += (seen[rank]! - expected) ** 2 / expected;
      restSeen -= seen[rank]!;
      restExpected -= expected;
    }
    chiSquare += (restSeen - restExpected) ** 2 / restExpected;
    expect(chiSquare).toBeLessThan(150);
  });

  it('asks for all campaigns alike when the exponent is 0', () => {
    const even = new Traffic({ campaigns: 4, exponent: 0 });
    const seen = [0, 0, 0, 0];
    for (const i of range(40_000)) seen[even.rankAt(i)]!++;
    for (const count of seen) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it('keeps budget and impressions within the drift of the campaign', () => {
    const strays = range(20_000).filter((i) => {
      const { budget, impressions, ...fixed } = traffic.recordAt(i);
      const base = traffic.campaigns[traffic.rankAt(i)]!;
      // half a unit of rounding on top
      return (
        Math.abs(budget - base.budget) > 0.01 * base.budget + 0.005 ||
        Math.abs(impressions - base.impressions) > 0.01 * base.impressions + 0.5 ||
        fixed.ad_position !== base.ad_position ||
        fixed.device_type !== base.device_type
      );
    });
    expect(strays).toEqual([]);
  });

  it('moves a campaign after about four of its requests', () => {
    expect(repeatedShare(traffic)).toBeGreaterThan(0.6);
    expect(repeatedShare(traffic)).toBeLessThan(0.8);
    expect(repeatedShare(new Traffic({ requestsPerStep: 1 }))).toBeLessThan(0.05);
    expect(repeatedShare(new Traffic({ drift: 0 }))).toBeGreaterThan(0.95);
  });

  it('sends only records that the API accepts', () => {
    const records = range(20_000).map((i) => traffic.recordAt(i));
    expect([...traffic.campaigns, ...records].filter((record) => !isValid(record))).toEqual([]);
  });

  it('keeps even the smallest campaign valid when it drifts far', () => {
    const wild = new Traffic({ drift: 0.99, campaigns: 50 });
    const records = range(5_000).map((i) => wild.recordAt(i));
    expect(records.filter((record) => !isValid(record))).toEqual([]);
  });

  it('is the same for the same seed, in any order of asking', () => {
    const once = new Traffic({ seed: 7 });
    const forward = range(1000).map((i) => once.recordAt(i));
    const again = new Traffic({ seed: 7 });
    const backward = range(1000).map((i) => again.recordAt(999 - i));
    expect(backward.reverse()).toEqual(forward);
    expect(new Traffic({ seed: 8 }).campaigns).not.toEqual(again.campaigns);
  });

  it('uses every position and device', () => {
    const positions = new Set(traffic.campaigns.map((campaign) => campaign.ad_position));
    const devices = new Set(traffic.campaigns.map((campaign) => campaign.device_type));
    expect(positions.size).toBe(10);
    expect(devices.size).toBe(3);
  });

  it.each([
    [{ campaigns: 0 }, 'campaigns'],
    [{ campaigns: 1.5 }, 'campaigns'],
    [{ exponent: -1 }, 'exponent'],
    [{ drift: 1 }, 'drift'],
    [{ requestsPerStep: 0 }, 'requestsPerStep'],
  ])('refuses %j and names the option', (options, name) => {
    expect(() => new Traffic(options)).toThrow(new RegExp(`^${name} must be`));
  });
});

/** The share of requests whose exact record was sent before: what a cache keyed by it would hit. */
function repeatedShare(traffic: Traffic): number {
  const seen = new Set(range(50_000).map((i) => JSON.stringify(traffic.recordAt(i))));
  return 1 - seen.size / 50_000;
}

/** Within the limits of the default schema. */
function isValid(record: AdRecord): boolean {
  const { impressions, ad_position, device_type, budget } = record;
  return (
    Object.keys(record).length === 4 &&
    Number.isInteger(impressions) &&
    impressions >= 1 &&
    impressions <= 1e12 &&
    Number.isInteger(ad_position) &&
    ad_position >= 1 &&
    ad_position <= 10 &&
    ['mobile', 'desktop', 'tablet'].includes(device_type) &&
    budget > 0 &&
    budget <= 1e12
  );
}
