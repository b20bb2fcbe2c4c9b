/* Sixty days on which three things go wrong, looked at at the end of each. */
import { learnGrowth, monitor } from '@adscale/monitor';
import { growthRows, knownAt } from './delivery.mjs';
import { chanceOf, dayOf, dayText, placementsOf } from './traffic.mjs';

const DAYS = 60;
const FATIGUE = { from: 15, perDay: 0.02, least: 0.5, creative: 'creative-1' };
const DRIFT = { from: 30, factor: 0.85 };
const BROKEN = { from: 45 };

/** What goes wrong, and which words would name it. */
export const events = [
  {
    name: 'a creative fatigues, 2 % a day',
    from: FATIGUE.from,
    isNamed: ({ parts }) => parts.some(({ value }) => value === FATIGUE.creative),
    holds: (record) => record.creative === FATIGUE.creative,
  },
  {
    name: "mobile's CTR drifts by 15 %",
    from: DRIFT.from,
    isNamed: ({ parts }) => parts.some(({ value }) => value === 'mobile'),
    holds: (record) => record.device_type === 'mobile',
  },
  {
    name: 'desktop loses its position',
    from: BROKEN.from,
    isNamed: ({ parts }) =>
      parts.some(({ feature, value }) => feature === 'ad_position' && value === null),
    holds: (record, day) => record.device_type === 'desktop' && day >= BROKEN.from,
  },
];

function wrong({ creative, device_type }, day) {
  const tired = Math.max(0, day - FATIGUE.from + 1);
  const fatigue =
    creative === FATIGUE.creative ? Math.max(FATIGUE.least, 1 - FATIGUE.perDay * tired) : 1;
  return fatigue * (device_type === 'mobile' && day >= DRIFT.from ? DRIFT.factor : 1);
}

const sent = (record, day) =>
  record.device_type === 'desktop' && day >= BROKEN.from
    ? { ...record, ad_position: null }
    : record;

/**
 * @returns by event, the day on which it was first named, by outcomes and by a sign of inputs; causes that
 *   name nothing that is wrong; and what the last report says
 */
export async function sixtyDays(seed, { impressions, placements: count, young = 'correct' }) {
  const chance = chanceOf(`sixty days ${seed}`);
  const placements = placementsOf(chance, count);
  const options = { impressions, dayVariance: 0.0009, cellVariance: 0.01, wrong, sent };
  const days = Array.from({ length: DAYS }, (_, day) => dayOf(chance, placements, day, options));
  const jitters = days.map((cells) => cells.map(() => chance.random()));
  const named = events.map(() => null);
  const signed = events.map(() => null);
  const falsely = new Set();
  let report;
  for (let last = 0; last < DAYS; last++) {
    const growth = learnGrowth(growthRows(days, jitters, last), dayText(last));
    const asked = young === 'ignore' ? {} : { growth, young };
    report = await monitor(knownAt(days, jitters, last), { ...asked, prices: { cpc: 0.5 } });
    for (const cause of report.causes) {
      const event = events.findIndex(({ isNamed, from }) => last >= from && isNamed(cause));
      if (event >= 0) named[event] ??= last;
      else falsely.add(cause.segment);
    }
    const raised = report.signs.find(({ raised: is }) => is);
    if (raised?.feature === 'ad_position' && last >= BROKEN.from) signed[2] ??= last;
  }
  return { named, signed, falsely: [...falsely], report, days };
}

/** Clicks that did not come since a day, in what an event holds: the truth that a report guesses. */
export function lostSince(days, event, since) {
  let lost = 0;
  for (const [day, cells] of days.entries()) {
    if (dayText(day) < since) continue;
    for (const { truth, predicted } of cells) {
      if (event.holds(truth.original, day)) lost += truth.expected - predicted;
    }
  }
  return lost;
}
