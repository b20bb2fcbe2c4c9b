/*
 * What inputs tell before any outcome is in. Four signs of each feature, each with its size and interval; a
 * sign is raised only where the whole interval is beyond what matters in practice, so that of a million
 * rows not everything "drifts". Intervals share α among the signs (Bonferroni); they are for one look
 * at a time, not for all looks together.
 */
import normal from '@stdlib/stats-base-dists-normal';
import type { Value } from '../ledger/ledger.js';
import { numberText, shareText } from '../figures.js';
import { distance, type Weighted } from './distance.js';
import type { FeatureReference, Reference } from './reference.js';
import { shareGrowth, shareInterval } from './shares.js';
import { stability, type Effect } from './stability.js';

export type SignKind = ChangeKind | 'outside';
type ChangeKind = 'psi' | 'wasserstein' | 'missing' | 'unseen';

/** An early sign of one feature. */
export interface Sign extends Effect {
  readonly feature: string;
  readonly kind: SignKind;
  /** What the lower end must pass to be raised. */
  readonly threshold: number;
  readonly raised: boolean;
  readonly words: string;
}

/** The PSI that practice calls moderate; a tenth of the numbers' spread; two points of the traffic. */
const THRESHOLDS: Readonly<Record<SignKind, number>> = {
  psi: 0.1,
  wasserstein: 0.1,
  missing: 0.02,
  unseen: 0.02,
  outside: 0.02,
};
const KINDS = 5;
const BINS = 10;
/** Categories beyond are one bin. */
const MOST_CATEGORIES = 30;
/** Fewer rows tell nothing. */
const LEAST_ROWS = 20;

/**
 * Signs of every feature that is known from before, those raised first, then by size over threshold.
 * @param reference null: nothing was before
 * @param training what values must be in not to be outside. Default: the reference
 */
export function signsOf(
  reference: Reference | null,
  window: Reference,
  alpha: number,
  training?: Reference,
): Sign[] {
  const known = { ...reference?.features, ...training?.features };
  const names = Object.keys(window.features).filter((name) => Object.hasOwn(known, name));
  const level = 1 - alpha / (2 * KINDS * Math.max(1, names.length));
  const reach = normal.quantile(level, 0, 1);
  const signs = names.flatMap((name) => {
    const [before, now] = [reference?.features[name], window.features[name]];
    const trained = training?.features[name];
    return [
      ...(before === undefined ? [] : changeSigns(name, before, now, reach)),
      ...outsideSign(name, { before, trained }, now, reach),
    ];
  });
  const size = ({ lower, threshold }: Sign): number => lower / threshold;
  return signs.sort((a, b) => size(b) - size(a));
}

function signOf(feature: string, kind: SignKind, effect: Effect, told: string): Sign {
  const threshold = THRESHOLDS[kind];
  const raised = effect.lower > threshold;
  return { feature, kind, ...effect, threshold, raised, words: `${feature} ${told}` };
}

const isKnown = (...spreads: readonly FeatureReference[]): boolean =>
  spreads.every(({ size }) => size >= LEAST_ROWS);

/** What is otherwise than before. */
function changeSigns(
  feature: string,
  before: FeatureReference,
  now: FeatureReference,
  reach: number,
): Sign[] {
  if (!isKnown(before, now)) return [];
  const signs: Sign[] = [];
  const add = (kind: ChangeKind, effect: Effect | null): void => {
    if (effect !== null) signs.push(signOf(feature, kind, effect, wordsOf(kind, effect)));
  };
  if (before.values.length > 0) {
    add('psi', stabilityOf(before, now, reach));
    add(
      'wasserstein',
      distance([numbersOf(before), before.size], [numbersOf(now), now.size], reach),
    );
    add('missing', growthOf(missingShare, before, now, reach));
  }
  if (before.unseen !== undefined) add('unseen', growthOf(unseenShare, before, now, reach));
  return signs;
}

/** What is none of what the model was trained with, so that it extrapolates; else, none of what was before. */
function outsideSign(
  feature: string,
  { before, trained }: { readonly before?: FeatureReference; readonly trained?: FeatureReference },
  now: FeatureReference,
  reach: number,
): Sign[] {
  const known = trained ?? before;
  if (known === undefined || !isKnown(known, now)) return [];
  const effect = outside(known, now, reach);
  if (effect === null) return [];
  const what = trained === undefined ? 'was there before' : 'the model was trained with';
  const [share, least, most] = sharesOf(effect);
  const told = `is beyond what ${what} in ${share} of the impressions (${least} to ${most})`;
  return [signOf(feature, 'outside', effect, told)];
}

const rounded = ({ value, lower, upper }: Effect): number[] =>
  [value, lower, upper].map((x) => Number(x.toPrecision(2)));

const sharesOf = (effect: Effect): string[] => rounded(effect).map(shareText);

function wordsOf(kind: ChangeKind, effect: Effect): string {
  const [v, l, u] = rounded(effect).map(numberText);
  const [sv, sl, su] = sharesOf(effect);
  switch (kind) {
    case 'psi':
      return `is spread otherwise than before: PSI ${v} (${l} to ${u})`;
    case 'wasserstein':
      return `has moved by ${v} of its spread (${l} to ${u})`;
    case 'missing':
      return `is missing in ${sv} more of the impressions than before (${sl} to ${su})`;
    case 'unseen':
      return `is a word that the model does not know in ${sv} more of the impressions (${sl} to ${su})`;
  }
}

const sumOf = ({ values }: FeatureReference, counts: (value: Value) => boolean): number =>
  values.reduce((sum, [value, weight]) => sum + (counts(value) ? weight : 0), 0);

const missingShare = (spread: FeatureReference): number => {
  const all = sumOf(spread, () => true);
  return all > 0 ? sumOf(spread, (value) => value === null) / all : 0;
};

const unseenShare = ({ unseen = 0 }: FeatureReference): number => unseen;

function growthOf(
  shareOf: (spread: FeatureReference) => number,
  before: FeatureReference,
  now: FeatureReference,
  reach: number,
): Effect {
  return shareGrowth([shareOf(before), before.size], [shareOf(now), now.size], reach);
}

function numbersOf({ values }: FeatureReference): Weighted {
  return values.filter((pair): pair is [number, number] => typeof pair[0] === 'number');
}

/** As cells are told: two significant digits. */
const told = (value: number): number => Number(value.toPrecision(2));

function outside(before: FeatureReference, now: FeatureReference, reach: number): Effect | null {
  const all = sumOf(now, () => true);
  if (!(all > 0)) return null;
  const { minimum, maximum } = before;
  const known = new Set(before.values.map(([value]) => value));
  const isFew = known.size > 0 && known.size <= MOST_CATEGORIES && !before.unseen;
  const isClosed = before.isComplete ?? isFew;
  const isOutside = (value: Value): boolean => {
    if (typeof value === 'number' && minimum !== undefined && maximum !== undefined) {
      return value < told(minimum) || value > told(maximum);
    }
    if (value === null) return before.isMissing === false;
    return typeof value === 'string' && isClosed && !known.has(value);
  };
  const value = sumOf(now, isOutside) / all;
  const [lower, upper] = shareInterval(value, now.size, reach);
  return { value, lower, upper };
}

function stabilityOf(
  before: FeatureReference,
  now: FeatureReference,
  reach: number,
): Effect | null {
  const binOf = binsOf(before);
  const shares = (spread: FeatureReference): number[] => {
    const sums = new Array<number>(binOf.bins).fill(0);
    for (const [value, weight] of spread.values) sums[binOf.of(value)] += weight;
    const all = sums.reduce((sum, weight) => sum + weight, 0);
    return sums.map((sum) => (all > 0 ? sum / all : 0));
  };
  if (binOf.bins < 2 || now.values.length === 0) return null;
  return stability([shares(before), before.size], [shares(now), now.size], reach);
}

/** Tenths of the reference's numbers, or its most frequent categories; the last bin is what is left. */
function binsOf(before: FeatureReference): { bins: number; of: (value: Value) => number } {
  const numbers = [...numbersOf(before)].sort(([a], [b]) => a - b);
  if (numbers.length > 0) {
    const edges = quantiles(numbers);
    const of = (value: Value): number => {
      if (typeof value !== 'number') return edges.length;
      const edge = edges.findIndex((at) => value <= at);
      return edge < 0 ? edges.length - 1 : edge;
    };
    return { bins: edges.length + 1, of };
  }
  const names = [...before.values]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_CATEGORIES)
    .map(([value]) => value);
  const places = new Map(names.map((value, place) => [value, place]));
  return { bins: names.length + 1, of: (value) => places.get(value) ?? names.length };
}

function quantiles(numbers: Weighted): number[] {
  const all = numbers.reduce((sum, [, weight]) => sum + weight, 0);
  const edges: number[] = [];
  let [passed, bin] = [0, 0];
  for (const [value, weight] of numbers) {
    passed += weight;
    const reached = Math.floor((BINS * passed) / all + 1e-9);
    if (reached > bin) edges.push(value);
    bin = reached;
  }
  return edges;
}
