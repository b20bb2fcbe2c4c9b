import seedrandom from 'seedrandom';
import { ratioEvidence, type PairedCounts } from '../../src/experiment/ratio.js';
import { binomialOf } from './draw.js';

const SCALE = Math.log(1.1);

/** Days of two arms whose CTRs are `ctr` and `ctr · ratio`, which move together from day to day. */
function days(count: number, ratio: number, random: () => number, most = 1000): PairedCounts[] {
  const draw = binomialOf(random);
  return Array.from({ length: count }, () => {
    const ctr = 0.02 + 0.06 * random();
    const [controlImpressions, impressions] = [most, Math.round(most * (0.2 + random()))];
    const controlClicks = draw(controlImpressions, ctr);
    return {
      controlImpressions,
      controlClicks,
      impressions,
      clicks: draw(impressions, ctr * ratio),
    };
  });
}

function normal(z: number, scale: number): number {
  return Math.exp(-((z / scale) ** 2) / 2) / (scale * Math.sqrt(2 * Math.PI));
}

/** The share of runs in which one of the looks, after every day, says so. */
function shareOf(runs: number, seed: string, says: (strata: PairedCounts[]) => boolean, ratio = 1) {
  const random = seedrandom(seed);
  let said = 0;
  for (let run = 0; run < runs; run++) {
    const all = days(15, ratio, random);
    if (all.some((_, i) => says(all.slice(0, i + 1)))) said++;
  }
  return said / runs;
}

describe('evidence on a ratio of CTRs', () => {
  it('is, without an outcome, none', () => {
    const known = ratioEvidence([], SCALE);
    expect(known.ratio).toBeNaN();
    expect(known.logEvidenceAgainst(1)).toBeCloseTo(0, 10);
    expect(known.interval(0.05)).toEqual({ low: 0, high: Infinity });
  });

  it('is the integral over the prior, as the plain sum has it', () => {
    const strata = [
      { controlImpressions: 1000, controlClicks: 50, impressions: 900, clicks: 61 },
      { controlImpressions: 300, controlClicks: 7, impressions: 2000, clicks: 40 },
    ];
    const likelihood = (psi: number): number =>
      strata.reduce((product, s) => {
        const chance =
          (s.impressions * Math.exp(psi)) / (s.impressions * Math.exp(psi) + s.controlImpressions);
        return product * (chance ** s.clicks * (1 - chance) ** s.controlClicks);
      }, 1);
    const step = 1e-4;
    let sum = 0;
    for (let psi = -4; psi < 4; psi += step) {
      sum += likelihood(psi) * (normal(psi, SCALE) + normal(psi, 8 * SCALE)) * 0.5 * step;
    }
    const known = ratioEvidence(strata, SCALE);
    expect(known.logEvidenceAgainst(1)).toBeCloseTo(Math.log(sum / likelihood(0)), 8);
    expect(known.logEvidenceAgainst(1.3)).toBeCloseTo(Math.log(sum / likelihood(Math.log(1.3))), 8);
  });

  it('refutes exactly the ratios outside its interval', () => {
    const known = ratioEvidence(days(10, 1.2, seedrandom('edges')), SCALE);
    const { low, high } = known.interval(0.05);
    expect(low).toBeLessThan(known.ratio);
    expect(high).toBeGreaterThan(known.ratio);
    for (const end of [low, high]) {
      expect(known.logEvidenceAgainst(end)).toBeCloseTo(Math.log(20), 6);
    }
  });

  it('tells sides apart that one arm alone has clicks on', () => {
    const stratum = { controlImpressions: 5000, impressions: 5000 };
    const none = ratioEvidence([{ ...stratum, controlClicks: 100, clicks: 0 }], SCALE);
    expect(none.ratio).toBe(0);
    expect(none.interval(0.05).low).toBe(0);
    expect(none.interval(0.05).high).toBeLessThan(0.2);
    const all = ratioEvidence([{ ...stratum, controlClicks: 0, clicks: 100 }], SCALE);
    expect(all.ratio).toBe(Infinity);
    expect(all.interval(0.05).low).toBeCloseTo(1 / none.interval(0.05).high, 6);
  });

  it('does not take for a difference what days have in common', () => {
    // Arm B has most of its impressions on the better day: pooled, its CTR is twice as high.
    const known = ratioEvidence(
      [
        { controlImpressions: 90_000, controlClicks: 900, impressions: 10_000, clicks: 100 },
        { controlImpressions: 10_000, controlClicks: 1000, impressions: 90_000, clicks: 9000 },
      ],
      SCALE,
    );
    expect(known.ratio).toBeCloseTo(1, 6);
    expect(known.logEvidenceAgainst(1)).toBeLessThan(0);
  });

  it('is wrong in at most one experiment in twenty, looked at after every day', () => {
    const falseAlarms = shareOf(200, 'null', (strata) => {
      return ratioEvidence(strata, SCALE).logEvidenceAgainst(1) >= Math.log(20);
    });
    expect(falseAlarms).toBeLessThanOrEqual(0.05);
  });

  it('has intervals that hold the true ratio at every look, in nineteen of twenty', () => {
    const misses = shareOf(
      200,
      'cover',
      (strata) => ratioEvidence(strata, SCALE).logEvidenceAgainst(1.15) >= Math.log(20),
      1.15,
    );
    expect(misses).toBeLessThanOrEqual(0.05);
  });

  it('finds a difference of three tenths in most experiments', () => {
    const found = shareOf(
      40,
      'power',
      (strata) => ratioEvidence(strata, SCALE).logEvidenceAgainst(1) >= Math.log(20),
      1.3,
    );
    expect(found).toBeGreaterThan(0.8);
  });
});
