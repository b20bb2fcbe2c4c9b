import { DatagenError, shown } from './errors.js';
import { profiles, type Profile } from './profile.js';

/** What to generate. */
export interface GenerateOptions {
  /** Number of records, a positive safe integer. Default 5000. */
  rows?: number;
  /** Any safe integer. Same seed, same records. Default 42. */
  seed?: number;
  /** Which market the records come from. Default `realistic`. */
  profile?: Profile;
}

const known = ['rows', 'seed', 'profile'];

/**
 * The options with their defaults.
 * @throws DatagenError `OPTION_INVALID` naming the option, the value got and the value wanted
 */
export function resolveOptions(options: GenerateOptions): Required<GenerateOptions> {
  if (typeof options !== 'object' || options === null) {
    throw new DatagenError('OPTION_INVALID', `options is ${shown(options)}, wanted an object`);
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new DatagenError(
      'OPTION_INVALID',
      `${shown(unknown)}, wanted one of ${known.join(', ')}`,
    );
  }
  const { rows = 5000, seed = 42, profile = 'realistic' } = options;
  if (!Number.isSafeInteger(rows) || rows < 1) refuse('rows', rows, 'a positive safe integer');
  if (!Number.isSafeInteger(seed)) refuse('seed', seed, 'a safe integer');
  if (!profiles.includes(profile)) refuse('profile', profile, `one of ${profiles.join(', ')}`);
  return { rows, seed, profile };
}

export function refuse(option: string, got: unknown, wanted: string): never {
  throw new DatagenError('OPTION_INVALID', `${option} is ${shown(got)}, wanted ${wanted}`);
}
