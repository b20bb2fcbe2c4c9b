import { InputError } from '../cli/exit.js';
import type { Mapping } from '../mapping/mapping.js';
import { calledLike, type Role } from '../mapping/names.js';
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
}

/** Which columns count. */
export type Target = Pick<Mapping, 'impressions' | 'clicks' | 'label'>;

/**
 * Finds the columns that count impressions and clicks, or the 0/1 label.
 * @throws InputError if they are not there, saying how to name them
 */
export function guessTarget(profiles: readonly ColumnProfile[], wishes: Wishes): Target {
  const named = (role: Role, wish?: string): string | undefined => {
    const names = profiles.map(({ name }) => name);
    if (wish === undefined) return calledLike(names, role)[0];
    if (names.includes(wish)) return wish;
    throw new InputError(`--${role}: got ${wish}, wanted one of the columns ${names.join(', ')}`);
  };
  if (wishes.label !== undefined) return { label: named('label', wishes.label) };
  const impressions = named('impressions', wishes.impressions);
  const clicks = named('clicks', wishes.clicks);
  if (impressions !== undefined && clicks !== undefined) return { impressions, clicks };
  const label = named('label');
  const profile = profiles.find(({ name }) => name === label);
  if (profile !== undefined && isYesNo(profile)) return { label };
  const missing = impressions === undefined ? 'impressions' : 'clicks';
  throw new InputError(
    `no column is called like ${missing}: name them by --impressions and --clicks, or by --label a column of 0 and 1 with one row an impression; the columns are ${profiles.map(({ name }) => name).join(', ')}`,
  );
}

function isYesNo({ type, quantiles }: ColumnProfile): boolean {
  if (type === 'yes/no') return true;
  return type === 'integer' && quantiles!.every((value) => value === 0 || value === 1);
}
