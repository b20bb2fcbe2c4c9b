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
    // From that day on the two are the same.
    isNamed: ({ parts }) =>
      parts.some(
        ({ feature, value }) =>
          value === 'desktop' || (feature === 'ad_position' && value === null),
      ),
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

/** Whether a cell belongs to a segment. */
function isWithin({ parts }, { record, campaign, predicted, impressions }) {
  return parts.every(({ feature, value, from, to }) => {
    const has = { ...record, campaign, 'predicted CTR': predicted / impressions }[feature];
    return from === undefined ? has === value : has >= from && has <= to;
  });
}

/** Misses below this are none: what the report tolerates. */
const TOLERANCE = 0.02;

/** Whether predictions were right, in truth, where a cause says that they were not. */
function isRight(days, cause) {
  let [truly, predicted] = [0, 0];
  for (const cell of days.flat()) {
    if (cell.day < cause.since || !isWithin(cause, cell)) continue;
    truly += cell.truth.expected;
    predicted += cell.predicted;
  }
  return Math.abs(truly / predicted - 1) <= TOLERANCE;
}

/**
 * @returns by event, the day on which it was first named, by outcomes and by a sign of inputs; causes
 *   whose predictions were right; and what the last report says
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
      else if (isRight(days.slice(0, last + 1), cause))
        falsely.add(`${cause.segment} on day ${last + 1}`);
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
