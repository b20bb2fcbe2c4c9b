import { InputError } from '../cli/exit.js';
import {
  defaultMapping,
  fitsDefault,
  MAX_CATEGORIES,
  OTHER,
  type FeatureMapping,
  type Mapping,
} from '../mapping/mapping.js';
import {
  calledLike,
  featureName,
  soundsLikeCode,
  soundsLikeGroup,
  soundsLikeTime,
} from '../mapping/names.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { presentSql, reasonAgainst, type Excluded, type Inspected } from './exclusion.js';
import { INSPECTED, type ColumnProfile } from './profile.js';
import { guessTarget, type Target, type Wishes } from './target.js';

/** A mapping to look through, and why it is not longer. */
export interface Draft {
  readonly mapping: Mapping;
  readonly excluded: readonly Excluded[];
}

/**
 * Writes the mapping that suits a profiled table. One with the columns of the default model gets
 * the default model's.
 * @throws InputError if no feature is left
 */
export async function draftMapping(inspected: Inspected, wishes: Wishes): Promise<Draft> {
  const { source, profiles, decimal } = inspected;
  const names = profiles.map(({ name }) => name);
  const isPlain = Object.values(wishes)
    .flat()
    .every((wish) => wish === undefined);
  if (isPlain && fitsDefault(names)) return { mapping: defaultMapping(names), excluded: [] };
  checkWishes(names, wishes);
  const target = guessTarget(profiles, wishes);
  const [truth] = calledLike(names, 'true_ctr');
  const time = profiles.find(isTime)?.name;
  const group = names.find((name) => soundsLikeGroup(name));
  const { features, excluded } = await chooseFeatures(inspected, wishes, target, [truth, time]);
  if (Object.keys(features).length === 0) {
    const why = excluded.map(({ column, because }) => `${column}: ${because}`).join('; ');
    throw new InputError(`${source.name}: no column is left to be a feature. ${why}`);
  }
  const mapping = {
    ...target,
    ...(truth !== undefined && { true_ctr: truth }),
    ...(time !== undefined && { time }),
    ...(group !== undefined && { group }),
    ...(decimal === 'comma' && { decimal }),
    features,
  };
  return { mapping, excluded };
}

function checkWishes(names: readonly string[], { features, forced }: Wishes): void {
  const unknown = [...features, ...forced].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new InputError(`--feature: got ${unknown}, wanted one of the columns ${names.join(', ')}`);
}

async function chooseFeatures(
  inspected: Inspected,
  { features: wished, forced }: Wishes,
  target: Target,
  roles: readonly (string | undefined)[],
): Promise<{ features: Record<string, FeatureMapping>; excluded: Excluded[] }> {
  const features: Record<string, FeatureMapping> = {};
  const excluded: Excluded[] = [];
  const taken = [...Object.values(target), ...roles];
  for (const [p, profile] of inspected.profiles.entries()) {
    const { name } = profile;
    const isForced = forced.includes(name);
    const isWished = isForced || wished.includes(name);
    if (!isWished && (wished.length > 0 || taken.includes(name))) continue;
    const reason = isForced ? undefined : await reasonAgainst(inspected, profile, target);
    if (reason !== undefined) {
      excluded.push({ column: name, ...reason });
      continue;
    }
    const api = featureName(name, new Set(Object.keys(features)), `feature_${p + 1}`);
    const feature = await draftFeature(inspected, profile, api);
    features[api] = isForced ? { ...feature, force: true } : feature;
  }
  return { features, excluded };
}

/** Only what reads as a time in every row can order them. */
function isTime({ name, type, missing }: ColumnProfile): boolean {
  return missing === 0 && type === 'time' && soundsLikeTime(name);
}

async function draftFeature(
  { database, source }: Inspected,
  profile: ColumnProfile,
  api: string,
): Promise<FeatureMapping> {
  const { name: column, type, missing, quantiles } = profile;
  const common = { ...(missing > 0 && { missing: true }) };
  const numeric = type === 'number' || (type === 'integer' && !isCode(profile, api));
  if (!numeric) {
    const categories = await wordsOf(database, source, column);
    return { column, kind: 'categorical', categories, ...common };
  }
  const kind = type === 'number' ? 'numeric' : 'integer';
  return { column, kind, ...(quantiles![0] >= 0 && { minimum: 0 }), ...common };
}

/** Whole numbers that name something: few of them, or called a code. */
function isCode({ distinct }: ColumnProfile, api: string): boolean {
  return soundsLikeCode(api) && distinct <= 10 * MAX_CATEGORIES;
}

/** Where words are many, one in fewer rows than this is not worth a place in the list. */
const FEWEST_ROWS = 10;

/** The words of a column, most frequent first; beyond the limit, `OTHER` for the rest. */
async function wordsOf(database: Database, source: Source, column: string): Promise<string[]> {
  const rows = await database.rows(`
    SELECT CAST(word AS VARCHAR) AS word, count(*)::DOUBLE AS rows FROM (SELECT ${presentSql(source, column)} AS word FROM ${INSPECTED})
    WHERE word IS NOT NULL GROUP BY word ORDER BY rows DESC, word LIMIT ${MAX_CATEGORIES + 1}`);
  const all = rows.map(({ word }) => String(word));
  if (all.length <= MAX_CATEGORIES) return all;
  const kept = all.slice(0, MAX_CATEGORIES).filter((_, w) => Number(rows[w].rows) >= FEWEST_ROWS);
  return [...kept.filter((word) => word !== OTHER), OTHER];
}
