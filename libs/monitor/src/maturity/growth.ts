/*
 * How the counts of a day grow with its age.
 *
 * Ad platforms restate: clicks come late, invalid ones are taken back. For every day we know what was
 * told of it at each age, which is the run-off triangle of insurers, and take their method for it (chain
 * ladder; Mack 1993): from one age to the next, counts grow by the factor
 *
 *   f_a = Σ days (C_a + restated at a + 1) / Σ days C_a        C_a: told up to age a
 *
 * over the days that are old enough to know both; the share that a day of age a has of what it will
 * have is Π 1 / f from a on. A key's first figure enters C and is no growth, so that a delivery of
 * old days is not taken for one; a key that is never restated counts as one that did not grow.
 *
 * Mack's σ²_a, the days' squared deviations from f_a by volume, gives the variance of the logarithm
 * of a share: σ²_a / f_a² (1 / C̄ + 1 / Σ C) over the ages to come, of a day of usual volume C̄ and of the
 * factor itself. A segment's factors are pulled to those of all by credibility (Bühlmann & Straub 1970):
 * by as much as chance within segments is large against what segments differ by.
 */
import { dayNumber } from '../days.js';
import { credible, ladderOf, type Ladder, type Step } from './ladder.js';
import { triangles, type GrowthRow } from './triangle.js';

/** Of one count, by age from 0. */
export interface GrowthCurve {
  /** Of what a day will have, what it has at this age. Above 1 where more is taken back than comes. */
  readonly share: readonly number[];
  /** Standard deviation of the share's logarithm. */
  readonly deviation: readonly number[];
}

/** How one segment grows. */
export interface SegmentGrowth {
  readonly impressions: GrowthCurve;
  readonly clicks: GrowthCurve;
  /** Days that were seen to grow. */
  readonly days: number;
}

/** What was learned of how counts grow; plain data. */
export interface Growth {
  /** The last day of which all deliveries are in. */
  readonly as_of: string;
  readonly overall: SegmentGrowth;
  readonly segments: Readonly<Record<string, SegmentGrowth>>;
}

/**
 * Learns how counts grow from what was told at which age.
 * @param rows in any order; rows of the same segment, day and age add up
 * @param asOf the last day whose deliveries are all in: usually yesterday
 * @throws MonitorError GROWTH_INVALID for a row that cannot be, OPTION_INVALID for a day that is none
 */
export function learnGrowth(rows: Iterable<GrowthRow>, asOf: string): Growth {
  const last = dayNumber(asOf, 'as_of');
  const { overall, segments } = triangles(rows, last);
  const all = { impressions: ladderOf(overall.impressions), clicks: ladderOf(overall.clicks) };
  const names = [...segments.keys()];
  const of = (count: 'impressions' | 'clicks'): Ladder[] => {
    const own = names.map((name) => ladderOf(segments.get(name)![count]));
    return credible(own, all[count]);
  };
  const [impressions, clicks] = [of('impressions'), of('clicks')];
  return {
    as_of: asOf,
    overall: growthOf(all.impressions, all.clicks),
    segments: Object.fromEntries(
      names.map((name, s) => [name, growthOf(impressions[s], clicks[s])]),
    ),
  };
}

function growthOf(impressions: Ladder, clicks: Ladder): SegmentGrowth {
  const days = Math.max(0, ...impressions.map((step) => step.days));
  return { impressions: curveOf(impressions), clicks: curveOf(clicks), days };
}

function curveOf(ladder: Ladder): GrowthCurve {
  const [share, deviation] = [new Array<number>(ladder.length), new Array<number>(ladder.length)];
  let [logShare, variance] = [0, 0];
  for (let age = ladder.length - 1; age >= 0; age--) {
    logShare -= Math.log(ladder[age].factor);
    variance += stepVariance(ladder[age]);
    share[age] = Math.exp(logShare);
    deviation[age] = Math.sqrt(variance);
  }
  return { share, deviation };
}

function stepVariance({ factor, process, usual, uncertain }: Step): number {
  return (usual > 0 ? process / usual : 0) / factor ** 2 + uncertain / factor ** 2;
}
