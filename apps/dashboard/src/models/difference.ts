/* What makes one version another one than a second: settings, data, features, and how good they are. */
import { apart, type Card, type Ends, type Measured, type Metric } from './card.js';

/** A difference, with the interval that both intervals leave it. */
export interface Difference {
  readonly difference: number;
  readonly ends: readonly [number, number] | undefined;
  /** Better or worse beyond chance; undefined where chance may have made it, or nothing says what is better. */
  readonly verdict: 'better' | 'worse' | undefined;
}

/**
 * One figure less another. Of its interval the ends are those of MOVER (Zou and Donner 2008), which takes the two
 * as independent: versions that were judged by the same rows differ less by chance than it allows for.
 */
export function differenceOf(metric: Metric, one: Measured, other: Measured): Difference {
  const difference = one.value - other.value;
  const ends = endsOf(one, other);
  return { difference, ends, verdict: verdictOf(metric, ends) };
}

function endsOf(one: Measured, other: Measured): readonly [number, number] | undefined {
  const [[low, high], [below, above]] = [one.ends ?? [null, null], other.ends ?? [null, null]];
  if (low === null || high === null || below === null || above === null) return undefined;
  const difference = one.value - other.value;
  return [
    difference - Math.hypot(one.value - low, above - other.value),
    difference + Math.hypot(high - one.value, other.value - below),
  ];
}

function verdictOf({ better }: Metric, ends: Difference['ends']): Difference['verdict'] {
  if (ends === undefined || better === 'one') return undefined;
  const [low, high] = ends;
  if (low <= 0 && high >= 0) return undefined;
  return high < 0 === (better === 'lower') ? 'better' : 'worse';
}

/** One thing that a card says, in both. */
export interface Line {
  readonly name: string;
  readonly one: string;
  readonly other: string;
  readonly differs: boolean;
}

/** What a card says of its settings and its data, by name. */
export function factsOf(card: Card): Map<string, string> {
  const { training, held_out, split, source, data_fingerprint, code_version, seed, choice } = card;
  const facts = new Map<string, string>();
  const add = (name: string, value: unknown) => {
    if (value === undefined || value === null) return;
    facts.set(name, typeof value === 'object' ? JSON.stringify(value) : value.toLocaleString());
  };
  add('data: source', source);
  add('data: fingerprint', data_fingerprint);
  add('data: training rows', training?.rows);
  add('data: training impressions', training?.impressions);
  add('data: training clicks', training?.clicks);
  add('data: held-out rows', held_out?.rows);
  add('data: held out by', split?.by);
  add('data: held-out share', split?.share);
  add('kind', choice?.kind);
  add('seed', seed);
  for (const [name, value] of Object.entries(card.parameters ?? {})) add(name, value);
  add('trainer', code_version);
  return facts;
}

/** What a card says of its features, by feature. */
export function featuresOf({ schema, training }: Card): Map<string, string> {
  return new Map(
    (schema?.features ?? []).map(({ name, kind, categories }) => {
      const range = training?.ranges?.[name];
      return [name, [kind, rangeInWords(range, categories)].filter(Boolean).join(', ')];
    }),
  );
}

/** The most categories that are named one by one. */
const MOST_NAMED = 8;

export function rangeInWords(
  range: NonNullable<Card['training']>['ranges'][string] | undefined,
  categories?: unknown,
): string {
  if (range !== undefined && 'minimum' in range) return `${range.minimum} to ${range.maximum}`;
  if (range !== undefined && 'words' in range) return `${range.words} words`;
  const named = range !== undefined ? Object.keys(range.categories) : categories;
  if (!Array.isArray(named)) return '';
  const more = named.length > MOST_NAMED ? ` and ${named.length - MOST_NAMED} more` : '';
  return named.slice(0, MOST_NAMED).map(apart).join(', ') + more;
}

const ABSENT = '–';

/** Both sides of every name that one of them has; those that differ first. */
export function linesOf(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): Line[] {
  const names = [...new Set([...one.keys(), ...other.keys()])];
  const lines = names.map((name) => {
    const sides = { one: one.get(name) ?? ABSENT, other: other.get(name) ?? ABSENT };
    return { name, ...sides, differs: sides.one !== sides.other };
  });
  return [...lines.filter(({ differs }) => differs), ...lines.filter(({ differs }) => !differs)];
}

/** Whether the same rows judged both, as far as cards tell. */
export function areJudgedAlike(one: Card, other: Card): boolean {
  const { data_fingerprint, seed, split, held_out } = one;
  return (
    data_fingerprint !== undefined &&
    data_fingerprint === other.data_fingerprint &&
    seed === other.seed &&
    JSON.stringify(split) === JSON.stringify(other.split) &&
    held_out?.rows === other.held_out?.rows
  );
}

/** An interval in words; an end that is not known has none. */
export function within(ends: Ends | undefined, format: (value: number) => string): string {
  if (ends === undefined) return '';
  const [low, high] = ends;
  if (low === null && high === null) return '';
  if (low === null) return `up to ${format(high!)}`;
  return high === null ? `${format(low)} or more` : `${format(low)} to ${format(high)}`;
}
