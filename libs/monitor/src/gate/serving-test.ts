import { type ArmCounts, logMoreWrong } from './e-values.js';
import { eOf, type GateTest, type GateTestName, rounded } from './evidence.js';

/** Failures and slow answers may be this much more frequent than the current model's. */
const TOLERANCE = 0.25;

/**
 * Whether requests go wrong more often with the canary than with the current model.
 * @param what completes the sentence "of a thousand requests, 3 …"
 */
export function servingTest(
  name: Extract<GateTestName, 'answered' | 'latency'>,
  what: string,
  stretches: readonly ArmCounts[],
  logBound: number,
): GateTest {
  const sum = (of: keyof ArmCounts) => stretches.reduce((total, each) => total + each[of], 0);
  const [tried, current] = [sum('tried'), sum('current')];
  const [triedWrong, currentWrong] = [sum('triedWrong'), sum('currentWrong')];
  const thousandth = (wrong: number, all: number) => rounded(all === 0 ? 0 : (1000 * wrong) / all);
  const estimate =
    tried === 0 || current === 0 || currentWrong === 0
      ? null
      : rounded(triedWrong / tried / (currentWrong / current));
  const words =
    tried === 0
      ? 'the canary has not been asked yet'
      : `of a thousand requests, ${thousandth(triedWrong, tried)} ${what} with the canary and ` +
        `${thousandth(currentWrong, current)} with the current model`;
  return {
    name,
    e_value: eOf(logMoreWrong(stretches, TOLERANCE)),
    bound: eOf(logBound),
    estimate,
    lower: null,
    upper: null,
    allowed: [null, 1 + TOLERANCE],
    words,
  };
}
