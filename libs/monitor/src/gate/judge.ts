import {
  type GateEvidence,
  type GateTestName,
  PARTS,
  rounded,
  type ServingCounts,
} from './evidence.js';
import type { Segments } from './layout.js';
import type { GateOptions } from './options.js';
import { calibrationTest, entropyTest, segmentTest } from './outcome-tests.js';
import { servingTest } from './serving-test.js';
import { Sums } from './sums.js';
import type { DayTally } from './tally.js';

/**
 * What the outcomes so far say of a canary. Everything is computed anew from the sums of the days, so
 * that restated days, restarts and other processes change nothing about how it comes out.
 * @param days each once, in any order
 */
export function judge(
  days: readonly DayTally[],
  segments: Segments,
  serving: ServingCounts,
  options: GateOptions,
): GateEvidence {
  const sums = new Sums(days, segments.count);
  const dispersion = sums.dispersion();
  const logBound = (name: GateTestName) => -Math.log(options.alpha * PARTS[name]);
  const watched = segmentTest(sums, segments, dispersion, options, logBound('segments'));
  const slow = `take longer than ${options.slow_ms} ms`;
  return {
    impressions: sums.impressions,
    clicks: sums.allClicks,
    own_clicks: sums.clicks[segments.count],
    days: days.length,
    dispersion: rounded(dispersion),
    tests: [
      calibrationTest(days, dispersion, options, logBound('calibration')),
      watched.test,
      entropyTest(sums, dispersion, options, logBound('entropy')),
      servingTest('answered', 'fail', serving.failed, logBound('answered')),
      servingTest('latency', slow, serving.slow, logBound('latency')),
    ],
    segments: watched.shown,
    caution: watched.caution,
  };
}
