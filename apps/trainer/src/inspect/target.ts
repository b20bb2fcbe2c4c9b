import { InputError } from '../cli/exit.js';
import { namedLike, outcomePhrase } from '../language/vocabulary.js';
import type { MappingChanges, MappingFlags } from '../mapping/mapping-flags.js';
import type { Mapping } from '../mapping/mapping.js';
import { calledLike } from '../mapping/names.js';
import type { ColumnProfile } from './profile.js';

/** What the user says beforehand; everything else is guessed. */
export interface Wishes {
  readonly impressions?: string;
  readonly clicks?: string;
  readonly label?: string;
  /** Columns to be the features; all that are fit for it if empty. */
  readonly features: readonly string[];
  /** Columns to take although they leak. */
  readonly forced: readonly string[];
  /** Further columns by SQL, each a feature. */
  readonly derive?: Readonly<Record<string, string>>;
  /** Impressions are a feature too, or are not; tried if absent. */
  readonly exposure?: boolean;
  /** Conditions and what becomes of rows. */
  readonly changes?: MappingChanges;
}

/** What the flags of a command say beforehand. */
export function wishesOf(flags: MappingFlags & MappingChanges): Wishes {
  const { impressions, clicks, label, feature: features, forceFeature: forced } = flags;
  const { derive, exposureFeature: exposure } = flags;
  return {
    ...{ impressions, clicks, label, features, forced },
    ...(Object.keys(derive).length > 0 && { derive }),
    ...(exposure !== undefined && { exposure }),
    changes: flags,
  };
}

/** Which columns count. */
export type Target = Pick<Mapping, 'impressions' | 'clicks' | 'label'>;

/** The columns that count, and what else could have been one. */
export interface GuessedTarget {
  readonly target: Target;
  /** In sentences, with the flags for the others. */
  readonly notes: readonly string[];
}

/**
 * Finds the columns that count impressions and clicks, or the 0/1 label.
 * @throws InputError if they are not there, saying how to name them
 */
export function guessTarget(profiles: readonly ColumnProfile[], wishes: Wishes): GuessedTarget {
  const names = profiles.map(({ name }) => name);
  const told = (role: 'impressions' | 'clicks' | 'label'): string | undefined => {
    const wish = wishes[role];
    if (wish === undefined || names.includes(wish)) return wish;
    throw new InputError(`--${role}: got ${wish}, wanted one of the columns ${names.join(', ')}`);
  };
  const label = told('label');
  if (label !== undefined) return { target: { label }, notes: [] };
  const numbers = profiles
    .filter(
      ({ type, missing, rows }) => type === 'integer' || type === 'number' || missing === rows,
    )
    .map(({ name }) => name);
  const notes: string[] = [];
  const named = (role: 'impressions' | 'clicks'): string | undefined => {
    const wish = told(role);
    if (wish !== undefined) return wish;
    const [first, ...others] = namedLike(numbers, role).filter((name) => !isOtherOutcome(name));
    if (others.length > 0) {
      const flags = others.map((other) => `--${role} ${JSON.stringify(other)}`).join(' or ');
      notes.push(
        `${first} is taken for the ${role}, as its name is the closest; otherwise by ${flags}`,
      );
    }
    return first ?? namedLike(names, role)[0];
  };
  const impressions = named('impressions');
  const clicks = named('clicks');
  if (impressions !== undefined && clicks !== undefined) {
    return { target: { impressions, clicks }, notes };
  }
  const [guessed] = calledLike(names, 'label');
  const profile = profiles.find(({ name }) => name === guessed);
  if (profile !== undefined && isLabel(profile)) return { target: { label: guessed }, notes: [] };
  const missing = impressions === undefined ? 'impressions' : 'clicks';
  throw new InputError(
    `no column is called like ${missing}: name them by --impressions and --clicks, or by --label a column of 0 and 1 with one row an impression; the columns are ${names.join(', ')}`,
  );
}

/** `post click sales` and the like: what is left of the name besides the clicks is an outcome. */
function isOtherOutcome(name: string): boolean {
  const rest = name.replace(
    /[ck]li[ckq][a-z]*|clic[a-z]*|クリック数?|클릭수?|点击[次量]?数?|點擊[次量]?數?/giu,
    ' ',
  );
  return rest !== name && outcomePhrase(rest) !== undefined;
}

/** 0 and 1, yes and no, or the clicks of one impression: whole numbers that are mostly 0 and 1. */
function isLabel({ type, quantiles }: ColumnProfile): boolean {
  if (type === 'yes/no') return true;
  if (type !== 'integer') return false;
  const [least, , , , upperQuartile] = quantiles!;
  return least >= 0 && upperQuartile <= 1;
}
