import {
  DayTally,
  decide,
  gateDefaults,
  judge,
  Segments,
  settleSegments,
} from '../../src/index.js';
import { chance } from '../chance.js';

const RECORDS = 60;
const DAYS = 6;
const LOOKS = 8;
const IMPRESSIONS = 8000;
const DAY_MS = 86_400_000;

const records = Array.from({ length: RECORDS }, (_, i) => {
  return {
    device: ['tablet', 'mobile', 'desktop'][i % 10 === 0 ? 0 : 1 + (i % 2)],
    position: i % 6,
  };
});

/** How a trial ends that is looked at after every batch; `wrong` is a factor of the canary's CTR. */
function runTrial(seed: number, noise: number, wrong: (device: string) => number) {
  const { normal, poisson } = chance(`gate ${seed}`);
  const truth = records.map(({ position }) => 0.05 * 0.9 ** position);
  const current = truth.map((ctr) => ctr * Math.exp(noise * normal()));
  const canary = truth.map((ctr, i) => ctr * Math.exp(noise * normal()) * wrong(records[i].device));
  const layout = records.map((record, i) => ({ record, impressions: 1, canary: canary[i] }));
  const segments = new Segments(settleSegments(layout, ['device', 'position']));
  const days: DayTally[] = [];
  const state = { step: 0, since: 0, clicks: 0, answers: 1e6 };
  for (let look = 0; look < DAYS * LOOKS; look++) {
    if (look % LOOKS === 0) days.push(new DayTally(segments));
    records.forEach((record, i) => {
      days.at(-1)!.add({
        ...{ record, impressions: IMPRESSIONS, clicks: poisson(IMPRESSIONS * truth[i]) },
        ...{ canary: IMPRESSIONS * canary[i], current: IMPRESSIONS * current[i], own: false },
      });
    });
    const evidence = judge(days, segments, { failed: [], slow: [] }, gateDefaults);
    const { action } = decide(state, evidence, gateDefaults, ((look + 1) / LOOKS) * DAY_MS);
    if (action === 'abort') return { aborted: true, look, named: evidence.segments[0]?.segment };
  }
  return { aborted: false, look: Infinity, named: undefined };
}

const seeds = Array.from({ length: 60 }, (_, seed) => seed);

it('a canary as good as the current model is hardly ever aborted, however often one looks', () => {
  const aborted = seeds.filter((seed) => runTrial(seed, 0.02, () => 1).aborted);
  expect(aborted.length).toBeLessThanOrEqual(3);
});

it('one that is 10 % off in a tenth of the traffic is stopped, and the tenth is named', () => {
  for (const factor of [1.1, 0.9]) {
    const wrong = (device: string) => (device === 'tablet' ? factor : 1);
    const runs = seeds.slice(0, 25).map((seed) => runTrial(seed, 0.01, wrong));
    expect(runs.filter(({ aborted }) => aborted).length).toBeGreaterThanOrEqual(24);
    const named = runs.filter(({ named }) => named === 'device = tablet');
    expect(named.length).toBeGreaterThanOrEqual(20);
  }
});
