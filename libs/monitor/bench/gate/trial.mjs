/** One trial of a canary on drawn traffic, looked at after every batch of outcomes. */
import { DayTally, decide, gateDefaults, judge, Segments, settleSegments } from '@adscale/monitor';
import { clicksOf, dayFactors, features, makeModel, makeTraffic } from './traffic.mjs';

const DAY_MS = 86_400_000;
/** So many days later, the rest of a day's clicks is told. */
const LATE_DAYS = 2;
const NO_SERVING = { failed: [], slow: [] };

/**
 * @param setting of the traffic and both models
 *   seed; days and perDay: batches; impressions: of the whole time, the budget
 *   canary, current: what `makeModel` takes, without seed
 *   told: the part of a day's clicks that is told while it is young; 1 for all
 *   growing: whether the canary grows; else it stays at the first step for the whole time
 * @returns how it ended, after which part of the time, and which part of the budget went through it
 */
export function runTrial({ seed, days, perDay, impressions, growing = true, ...setting }) {
  const { options = gateDefaults, told = 1, spread = 0 } = setting;
  const cells = makeTraffic(seed);
  const canary = makeModel(cells, { seed: `canary ${seed}`, ...setting.canary });
  const current = makeModel(cells, { seed: `current ${seed}`, ...setting.current });
  const perBatch = impressions / (days * perDay);
  const draw = clicksOf(cells, { seed, impressions: perBatch, spread });
  const layout = cells.map(({ record, weight }, i) => {
    return { record, impressions: weight, canary: weight * canary[i] };
  });
  const segments = new Segments(settleSegments(layout, features));
  const tallies = [];
  const factors = [];
  const young = Array.from({ length: LATE_DAYS }, () => cells.map(() => 0));
  const add = (tally, clicks, impressions) => {
    for (let i = 0; i < cells.length; i++) {
      const shown = impressions * cells[i].weight;
      tally.add({
        record: cells[i].record,
        impressions: shown,
        clicks: clicks[i],
        canary: shown * canary[i],
        current: shown * current[i],
        own: false,
      });
    }
  };
  /** Counts a day anew, as the service does when it was told more of it. */
  const tellRest = (day) => {
    const rest = draw((1 - told) * perDay, factors[day]);
    const sums = young[day % LATE_DAYS];
    tallies[day] = new DayTally(segments);
    add(
      tallies[day],
      rest.map((count, i) => count + sums[i]),
      perBatch * perDay,
    );
    sums.fill(0);
  };
  let state = { step: 0, since: 0, clicks: 0, answers: Infinity };
  let passed = 0;
  for (let batch = 0; batch < days * perDay; batch++) {
    const day = Math.floor(batch / perDay);
    if (batch % perDay === 0) {
      // Of a young day it is not known how much was told yet.
      tallies.push(new DayTally(segments, told < 1 ? 0 : 1));
      factors.push(dayFactors(cells, { seed: `${seed} ${day}`, spread }));
      if (told < 1 && day >= LATE_DAYS) tellRest(day - LATE_DAYS);
    }
    const percent = options.steps[state.step];
    passed += (percent / 100) * perBatch;
    const clicks = draw(told, factors[day]);
    if (told < 1) clicks.forEach((count, i) => (young[day % LATE_DAYS][i] += count));
    add(tallies[day], clicks, perBatch);
    const evidence = judge(tallies, segments, NO_SERVING, options);
    const now = ((batch + 1) / perDay) * DAY_MS;
    const decision = decide(state, evidence, options, now);
    const facts = { time: (batch + 1) / (days * perDay), passed: passed / impressions, evidence };
    if (decision.action === 'abort') return { end: 'aborted', ...facts, words: decision.words };
    if (!growing) continue;
    if (decision.action === 'promote') return { end: 'promoted', ...facts };
    if (decision.action === 'grow') {
      state = { ...state, step: decision.step, since: now, clicks: evidence.clicks };
    }
  }
  return { end: 'undecided', time: 1, passed: passed / impressions };
}
