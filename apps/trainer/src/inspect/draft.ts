import { InputError } from '../cli/exit.js';
import {
  besideDefault,
  defaultMapping,
  fitsDefault,
  MAX_CATEGORIES,
  MOST_LISTED,
  OTHER,
  type FeatureMapping,
  type Mapping,
} from '../mapping/mapping.js';
import { calledLike, featureName, soundsLikeCode } from '../mapping/names.js';
import { matchMeaning, namedLike } from '../language/vocabulary.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName } from '../source/sql.js';
import { suspicionOf } from '../rows/leaks.js';
import { typedQuery } from '../rows/typed.js';
import { measureLeaks, reasonAgainst, type Excluded, type Inspected } from './exclusion.js';
import { wordsOf, type ColumnProfile } from './profile.js';
import { guessTarget, type Target, type Wishes } from './target.js';

/** A mapping to look through, and why it is not longer. */
export interface Draft {
  readonly mapping: Mapping;
  readonly excluded: readonly Excluded[];
  /** What was decided, in sentences, with the flags for the other way. */
  readonly notes: readonly string[];
  /** Kept columns that look like outcomes, and why. */
  readonly suspicions: readonly { readonly column: string; readonly because: string }[];
}

/**
 * Writes the mapping that suits a profiled table. One with the columns of the default model and no
 * others gets the default model's.
 * @throws InputError if no feature is left
 */
export async function draftMapping(inspected: Inspected, wishes: Wishes): Promise<Draft> {
  const { source, profiles } = inspected;
  const names = profiles.map(({ name }) => name);
  const { impressions, clicks, label, features: wished, forced, derive, exposure } = wishes;
  const isPlain = [impressions, clicks, label, derive, exposure, ...wished, ...forced].every(
    (wish) => wish === undefined,
  );
  if (isPlain && fitsDefault(names) && besideDefault(names).length === 0) {
    return { mapping: defaultMapping(names), excluded: [], notes: [], suspicions: [] };
  }
  checkWishes(names, wishes);
  const { target, notes: guessed } = guessTarget(profiles, wishes);
  const [truth] = calledLike(names, 'true_ctr');
  const time = timeOf(profiles);
  const notes = [...guessed, ...(time === undefined ? gapsOf(profiles) : [])];
  const [group] = namedLike(names, 'campaign');
  const chosen = await chooseFeatures(inspected, wishes, target, [truth, time]);
  const { features, excluded, suspicions } = chosen;
  if (Object.keys(features).length === 0 && Object.keys(wishes.derive ?? {}).length === 0) {
    const why = excluded.map(({ column, because }) => `${column}: ${because}`).join('; ');
    throw new InputError(`${source.name}: no column is left to be a feature. ${why}`);
  }
  const mapping = {
    ...target,
    ...(truth !== undefined && { true_ctr: truth }),
    ...(time !== undefined && { time }),
    ...(group !== undefined && { group }),
    ...(source.typing?.decimal === 'comma' && { decimal: 'comma' as const }),
    ...(await blankClicks(inspected, target)),
    ...(wishes.exposure === true && { exposure_feature: true }),
    features,
  };
  return { mapping, excluded, notes, suspicions };
}

function checkWishes(columns: readonly string[], { features, forced, derive }: Wishes): void {
  const names = [...columns, ...Object.keys(derive ?? {})];
  const unknown = [...features, ...forced].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new InputError(`--feature: got ${unknown}, wanted one of the columns ${names.join(', ')}`);
}

async function chooseFeatures(
  inspected: Inspected,
  { features: wished, forced }: Wishes,
  target: Target,
  roles: readonly (string | undefined)[],
): Promise<{
  features: Record<string, FeatureMapping>;
  excluded: Excluded[];
  suspicions: { column: string; because: string }[];
}> {
  const features: Record<string, FeatureMapping> = {};
  const excluded: Excluded[] = [];
  const suspicions: { column: string; because: string }[] = [];
  const taken = [...Object.values(target), ...roles];
  const evidence = await measureLeaks(inspected, target);
  const isLog = target.label !== undefined;
  for (const [p, profile] of inspected.profiles.entries()) {
    const { name } = profile;
    const isForced = forced.includes(name);
    const isWished = isForced || wished.includes(name);
    if (!isWished && (wished.length > 0 || taken.includes(name))) continue;
    const { lost, because } = inspected.source.columns[p];
    const rounded = lost === true ? { because: because! } : undefined;
    const reason = isForced
      ? undefined
      : (rounded ?? reasonAgainst(profile, evidence.get(name), isLog));
    if (reason !== undefined) {
      excluded.push({ column: name, ...reason });
      continue;
    }
    const api = featureName(name, new Set(Object.keys(features)), `feature_${p + 1}`);
    const feature = await draftFeature(inspected, profile, api);
    features[api] = isForced ? { ...feature, force: true } : feature;
    const suspicion = isLog ? undefined : suspicionOf(evidence.get(name));
    if (suspicion !== undefined) suspicions.push({ column: name, because: suspicion });
  }
  return { features, excluded, suspicions };
}

/** So many times more blanks than chance leaves rows without a click are lost counts. */
const MOST_BLANKS = 3;

/**
 * A column of clicks with blanks and without a 0 is of a platform that writes none as nothing, if
 * chance would leave about as many rows without a click.
 */
async function blankClicks(
  { database, source, profiles }: Inspected,
  { impressions, clicks }: Target,
): Promise<Pick<Mapping, 'blank_clicks'>> {
  const profile = profiles.find(({ name }) => name === clicks);
  const hasNoZero = profile?.quantiles === undefined || profile.quantiles[0] > 0;
  if (profile === undefined || profile.missing === 0 || !hasNoZero) return {};
  const counted = { impressions, clicks, features: {} };
  const [n, k] = [impressions!, clicks!].map(quoteName);
  const row = await database.row(`
    SELECT sum(n) FILTER (k IS NOT NULL)::DOUBLE AS n, sum(k)::DOUBLE AS k,
      count(*) FILTER (k IS NULL AND n > 0)::DOUBLE AS blanks
    FROM (SELECT ${n} AS n, ${k} AS k FROM (${typedQuery(source, counted)}))`);
  const { expected } = await database.row(`
    SELECT sum((1 - ${Number(row.k) / Math.max(1, Number(row.n))}) ** n)::DOUBLE AS expected
    FROM (SELECT ${n} AS n FROM (${typedQuery(source, counted)})) WHERE n > 0`);
  const most = MOST_BLANKS * Number(expected) + 5;
  return Number(row.blanks) <= most ? { blank_clicks: 'zero' } : {};
}

/** A column of times with more odd cells than this share orders nothing. */
const MOST_UNTIMELY = 0.05;

/**
 * The column that orders the rows: one that is called a time, or the only one that is one. Of a start
 * and an end it is the one with more different times, which is the day within a period.
 */
function timeOf(profiles: readonly ColumnProfile[]): string | undefined {
  const times = profiles.filter(
    ({ type, rows, missing, unreadable, distinct }) =>
      type === 'time' && missing + unreadable <= MOST_UNTIMELY * rows && distinct > 1,
  );
  const named = times.filter(({ name }) => matchMeaning(name, 'time') !== undefined);
  const [finest] = named.toSorted((a, b) => b.distinct - a.distinct);
  return finest?.name ?? (times.length === 1 ? times[0].name : undefined);
}

/** Times with too many odd cells to order the rows by: held out are rows at random, which flatters. */
function gapsOf(profiles: readonly ColumnProfile[]): string[] {
  const gaps = profiles.filter(
    ({ type, rows, missing, unreadable, distinct }) =>
      type === 'time' && missing + unreadable > MOST_UNTIMELY * rows && distinct > 1,
  );
  return gaps.map(({ name, missing, unreadable, rows }) => {
    const share = Math.round((100 * (missing + unreadable)) / rows);
    return `${name}: ${share} % of the cells are no time, so it does not order the rows, and rows are held out at random; "time: ${name}" with "dirty: drop" in the mapping holds out the latest`;
  });
}

async function draftFeature(
  { database, source }: Inspected,
  profile: ColumnProfile,
  api: string,
): Promise<FeatureMapping> {
  const { name: column, type, missing, quantiles } = profile;
  const common = { ...(missing > 0 && { missing: true }) };
  const isCoded = type === 'integer' && isCode(profile, api);
  const isOpen = profile.distinct > MOST_LISTED;
  if (isCoded && isOpen) return { column, kind: 'word', whole: true, ...common };
  const numeric = type === 'number' || (type === 'integer' && !isCoded);
  if (!numeric && isOpen) return { column, kind: 'word', ...common };
  if (!numeric) {
    const categories = await categoriesOf(database, source, profile);
    return { column, kind: 'categorical', categories, ...common };
  }
  const kind = type === 'number' ? 'numeric' : 'integer';
  return { column, kind, ...(quantiles![0] >= 0 && { minimum: 0 }), ...common };
}

/** Whole numbers that name something: called a code, or called by nothing but a letter and a number. */
function isCode(_: ColumnProfile, api: string): boolean {
  return soundsLikeCode(api) || ANONYMOUS.test(api);
}

/** `c14`, as data sets name columns whose meaning is kept back. */
const ANONYMOUS = /^[a-z]{1,2}_?\d{1,3}$/;

/** Where words are many, one in fewer rows than this is not worth a place in the list. */
const FEWEST_ROWS = 10;

/** The words of a column, most frequent first; beyond the limit, `OTHER` for the rest. */
async function categoriesOf(
  database: Database,
  source: Source,
  profile: ColumnProfile,
): Promise<string[]> {
  const words = await wordsOf(database, source, profile);
  const all = words.map(({ value }) => value);
  if (all.length <= MAX_CATEGORIES) return all;
  const kept = all.slice(0, MAX_CATEGORIES).filter((_, w) => words[w].rows >= FEWEST_ROWS);
  return [...kept.filter((word) => word !== OTHER), OTHER];
}
