import { dayText } from '../days.js';
import { Dispersion, tempered, type DayCounts, type Spread } from '../sequential/dispersion.js';
import { confidenceSequence, observedFactor, type Evidence } from '../sequential/evidence.js';
import { changeBetween, type Change, type Counted } from './change.js';
import { changeInWords } from './words.js';
import { shrunkFactors } from './shrink.js';
import { OTHERS, UNNAMED, type Tallies, type TalliedDay, type Tally } from './tally.js';

/** How a campaign, a placement or a day did, against what the model expected. */
export interface Effect {
  readonly value: string;
  readonly impressions: number;
  readonly clicks: number;
  /** Null without impressions. */
  readonly ctr: number | null;
  /** Clicks that the model expected, as mature as the days are; and the CTR that they are. */
  readonly expected: number;
  readonly expected_ctr: number | null;
  /** Clicks over expected clicks, with an interval that holds at all times; null: nothing expected. */
  readonly factor: number | null;
  readonly lower: number;
  readonly upper: number | null;
  /**
   * What is best believed of the factor: days count by what they tell, and it is pulled to that of all by how
   * little is known of it.
   */
  readonly shrunk_factor: number;
  /** Null where nobody said what was spent. */
  readonly spend: number | null;
  /** Spend over the clicks that it was said for. */
  readonly cpc: number | null;
}

/** What changed from one period to the next of equal length. */
export interface PeriodChange {
  /** First and last day. */
  readonly before: readonly [string, string];
  readonly after: readonly [string, string];
  /** By campaign, placement and each feature of few values: the same change, split by its values. */
  readonly by: Readonly<Record<string, Change>>;
  /** In a sentence each. */
  readonly words: readonly string[];
}

/** Ad effectiveness for people. */
export interface EffectivenessReport {
  readonly from: string | null;
  readonly to: string | null;
  readonly overall: Effect;
  readonly campaigns: readonly Effect[];
  readonly placements: readonly Effect[];
  readonly days: readonly Effect[];
  /**
   * Of campaigns and placements, those furthest above and below what the model expected, compared with the
   * others; none where chance alone explains how they differ.
   */
  readonly best: readonly NamedEffect[];
  readonly worst: readonly NamedEffect[];
  /** Null where there is no earlier period to compare with. */
  readonly change: PeriodChange | null;
}

export interface NamedEffect extends Effect {
  readonly kind: 'campaign' | 'placement';
}

export interface EffectivenessOptions {
  readonly alpha: number;
  /** Days of a period that is compared with the one before. */
  readonly period: number;
}

const TOLD = 5;

export function effectivenessOf(
  tallies: Tallies,
  { alpha, period }: EffectivenessOptions,
): EffectivenessReport {
  const everyDay = tallies.all.values.get('all') ?? new Map<number, TalliedDay>();
  const numbers = [...everyDay.keys()].sort((a, b) => a - b);
  const byDay: Tally = {
    name: 'day',
    values: new Map(numbers.map((day) => [dayText(day), new Map([[day, everyDay.get(day)!]])])),
  };
  const effects = (tally: Tally): readonly Effect[] => effectsOf(tally, alpha).effects;
  const campaigns = effectsOf(tallies.campaign, alpha);
  const placements = effectsOf(tallies.placement, alpha);
  const ranked = [...rankedOf('campaign', campaigns), ...rankedOf('placement', placements)].sort(
    (a, b) => b.ahead - a.ahead,
  );
  const told = (some: typeof ranked): NamedEffect[] =>
    some.slice(0, TOLD).map(({ kind, effect }) => ({ kind, ...effect }));
  const last = numbers.at(-1);
  return {
    from: numbers.length > 0 ? dayText(numbers[0]) : null,
    to: last === undefined ? null : dayText(last),
    overall: effects(tallies.all)[0] ?? effectOf('all', [], 1, alpha, { cells: 0, days: 0 }),
    campaigns: campaigns.effects,
    placements: placements.effects,
    days: effects(byDay),
    best: told(ranked.filter(({ ahead }) => ahead > 0)),
    worst: told(ranked.filter(({ ahead }) => ahead < 0).toReversed()),
    change: last === undefined ? null : periodChange(tallies, last, period),
  };
}

const dayCounts = ({ judgedClicks: clicks, expected, squares }: TalliedDay): DayCounts => ({
  ...{ clicks, expected, squares },
});

interface Effects {
  readonly effects: readonly Effect[];
  /** The factor of all of them. */
  readonly mean: number;
}

/** How far each is ahead of the others, by its shrunk factor. */
function rankedOf(kind: NamedEffect['kind'], { effects, mean }: Effects) {
  return effects
    .filter(({ value, factor }) => value !== UNNAMED && value !== OTHERS && factor !== null)
    .map((effect) => ({ kind, effect, ahead: effect.shrunk_factor - mean }));
}

function effectsOf({ values }: Tally, alpha: number): Effects {
  const series = [...values].map(([value, days]) => ({
    value,
    days: [...days].sort(([a], [b]) => a - b).map(([, totals]) => totals),
  }));
  const counts = series.map(({ days }) => days.map(dayCounts));
  const dispersion = new Dispersion(counts, 0);
  const spreads = counts.map((days) => dispersion.spreadOf(days));
  const { factors, mean } = shrunkFactors(counts.map((days, at) => sumOf(days, spreads[at])));
  const effects = series.map(({ value, days }, at) =>
    effectOf(value, days, factors[at], alpha, spreads[at]),
  );
  return { effects, mean };
}

/** Tempered. */
function sumOf(days: readonly DayCounts[], spread: Spread): Evidence {
  let [clicks, expected] = [0, 0];
  for (const day of days) {
    const worth = tempered(day, spread);
    clicks += worth.clicks;
    expected += worth.expected;
  }
  return { clicks, expected };
}

function effectOf(
  value: string,
  days: readonly TalliedDay[],
  shrunk_factor: number,
  alpha: number,
  spread: Spread,
): Effect {
  const sum = (name: keyof TalliedDay): number => days.reduce((all, day) => all + day[name], 0);
  const [impressions, clicks, expected] = [sum('impressions'), sum('clicks'), sum('expected')];
  const interval = confidenceSequence(sumOf(days.map(dayCounts), spread), alpha);
  const perImpression = (count: number): number | null =>
    impressions > 0 ? count / impressions : null;
  const isPriced = sum('spendImpressions') > 0;
  const paid = sum('spendClicks');
  return {
    ...{ value, impressions, clicks, ctr: perImpression(clicks) },
    ...{ expected, expected_ctr: perImpression(expected) },
    ...observedFactor({ clicks: sum('judgedClicks'), expected }, interval),
    shrunk_factor,
    spend: isPriced ? sum('spend') : null,
    cpc: isPriced && paid > 0 ? sum('spend') / paid : null,
  };
}

function periodChange(tallies: Tallies, last: number, period: number): PeriodChange | null {
  const first = last - period + 1;
  const by: Record<string, Change> = {};
  for (const tally of [tallies.all, ...tallies.told]) {
    const change = changeBetween(
      countsOf(tally, [first - period, first - 1]),
      countsOf(tally, [first, last]),
    );
    if (change !== null) by[tally.name] = change;
  }
  if (by.all === undefined) return null;
  const days = (from: number, to: number) => [dayText(from), dayText(to)] as const;
  return {
    before: days(first - period, first - 1),
    after: days(first, last),
    by,
    words: Object.entries(by)
      .filter(([name]) => name !== 'all')
      .map(([name, change]) => changeInWords(name, change)),
  };
}

function countsOf({ values }: Tally, [from, to]: readonly [number, number]): Map<string, Counted> {
  const counts = new Map<string, Counted>();
  for (const [value, days] of values) {
    let [impressions, clicks] = [0, 0];
    for (const [day, totals] of days) {
      if (day < from || day > to) continue;
      impressions += totals.impressions;
      clicks += totals.matureClicks;
    }
    if (impressions > 0) counts.set(value, { impressions, clicks });
  }
  return counts;
}
