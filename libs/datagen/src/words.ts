/**
 * The words of the `words` profile: 30 campaigns of 10 ad groups of 10 creatives, each a random effect
 * on the CTR, and who is shown on which day.
 *
 *   campaign   c01 … c30             Zipf exposure over the 30,            log-sd 0.35
 *     ad group   c01-g01 … c01-g10   Zipf over those launched in it,       log-sd 0.25
 *       creative   c01-g01-r01 … r10 Zipf over those launched in it,       log-sd 0.35
 *
 * An effect multiplies the CTR and is log-normal with mean 1, so that 1 is the best guess of a word
 * that nobody has seen yet. Every ROWS_A_DAY records a day passes, and until the last day of
 * LAUNCH_DAYS words are launched: whatever lies behind the rows that train a model, be it the latest
 * days of one file or a file made with `skip`, has words that they have not. All of it follows from
 * the seed alone, so that every table of one seed shares its words and their effects.
 *
 * The exponent is Zipf's own, 1; the log-sds are chosen: a creative matters as much as its campaign,
 * and together (log-sd 0.56) they matter about half as much as the position does.
 */
import type { ExtraValue } from './extras.js';
import { normals, sourceOf } from './random.js';

/** The columns that words come in, after all others: a date and three words. */
export const wordColumns = ['day', 'campaign', 'ad_group', 'creative'] as const;

/** Words below one word of the level above, from the top. */
const CAMPAIGNS = 30;
const GROUPS_A_CAMPAIGN = 10;
const CREATIVES_A_GROUP = 10;

/** Log-sds of the effects. */
const logSds = { campaign: 0.35, ad_group: 0.25, creative: 0.35 };

/** Records a day. */
export const ROWS_A_DAY = 500;
/** Days in which words are launched, the first included. */
export const LAUNCH_DAYS = 100;
/** Shares that are there on the first day: of the ad groups, and of the creatives of one of these. */
const GROUPS_AT_ONCE = 0.7;
const CREATIVES_AT_ONCE = 0.4;

const FIRST_DAY = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 3600 * 1000;

/** A word and what is true of it. */
export interface Word {
  readonly name: string;
  /** Factor on the CTR, log-normal with mean 1. */
  readonly effect: number;
  /** The first day that it may be shown on, from 0. */
  readonly launch: number;
}

interface Level extends Word {
  readonly below: readonly Level[];
}

/** Campaigns with their ad groups, with their creatives. */
function vocabulary(seed: number): readonly Level[] {
  const source = sourceOf(seed, 'vocabulary');
  const normal = normals(source);
  const effect = (sd: number): number => Math.exp(sd * normal() - (sd * sd) / 2);
  const later = (from: number): number => from + Math.floor(source() * (LAUNCH_DAYS - from));
  const number = (k: number): string => String(k + 1).padStart(2, '0');
  /** One of the words below is there from its parent's first day on, whichever it is. */
  const launches = (count: number, parent: number, atOnce: number): number[] => {
    const first = Math.floor(source() * count);
    return Array.from({ length: count }, (_, k) => {
      const [u, day] = [source(), later(parent)];
      return k === first || u < atOnce ? parent : day;
    });
  };
  const levelOf = (name: string, launch: number, sd: number, below: readonly Level[]): Level => ({
    ...{ name, launch, below },
    effect: effect(sd),
  });
  return Array.from({ length: CAMPAIGNS }, (_, c) => {
    const campaign = `c${number(c)}`;
    const groups = launches(GROUPS_A_CAMPAIGN, 0, GROUPS_AT_ONCE).map((launch, g) => {
      const group = `${campaign}-g${number(g)}`;
      const creatives = launches(CREATIVES_A_GROUP, launch, CREATIVES_AT_ONCE).map((day, r) =>
        levelOf(`${group}-r${number(r)}`, day, logSds.creative, []),
      );
      return levelOf(group, launch, logSds.ad_group, creatives);
    });
    return levelOf(campaign, 0, logSds.campaign, groups);
  });
}

/**
 * All words of a seed's `words` records by column and name, with their true effects: 30 campaigns,
 * 300 ad groups and 3,000 creatives.
 */
export function words(
  seed: number,
): Readonly<Record<'campaign' | 'ad_group' | 'creative', ReadonlyMap<string, Word>>> {
  const named = (levels: readonly Level[]): Map<string, Word> =>
    new Map(levels.map(({ name, effect, launch }) => [name, { name, effect, launch }]));
  const campaigns = vocabulary(seed);
  const groups = campaigns.flatMap(({ below }) => below);
  return {
    campaign: named(campaigns),
    ad_group: named(groups),
    creative: named(groups.flatMap(({ below }) => below)),
  };
}

/** Prepares to fill in the day and the words of one record after the other: their joint effect. */
export function exposures(seed: number): (values: ExtraValue[]) => number {
  const source = sourceOf(seed, 'exposure');
  const campaigns = vocabulary(seed);
  let drawn = 0;
  return (values) => {
    const day = Math.floor(drawn++ / ROWS_A_DAY);
    values[0] = new Date(FIRST_DAY + day * DAY_MS).toISOString().slice(0, 10);
    let effect = 1;
    let level = campaigns;
    for (let depth = 1; depth <= 3; depth++) {
      const word = zipf(level, day, source());
      values[depth] = word.name;
      effect *= word.effect;
      level = word.below;
    }
    return effect;
  };
}

/** One of the words launched by a day, the k-th in order with probability proportional to 1 / k. */
function zipf(level: readonly Level[], day: number, u: number): Level {
  let total = 0;
  for (let k = 0; k < level.length; k++) if (level[k]!.launch <= day) total += 1 / (k + 1);
  let left = u * total;
  let last = level[0]!;
  for (let k = 0; k < level.length; k++) {
    if (level[k]!.launch > day) continue;
    last = level[k]!;
    left -= 1 / (k + 1);
    if (left < 0) break;
  }
  return last;
}
