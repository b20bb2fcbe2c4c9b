import { existsSync } from 'node:fs';
import { CtrError, type Registry } from '@adscale/ctr';

/** Which model a command is about, and the arguments that remain. */
export interface Chosen {
  readonly version: string;
  readonly rest: readonly string[];
}

/**
 * Reads `[version] <file…>`: the first argument names a version if the registry knows it and no
 * file has that name; the current version is meant otherwise.
 * @throws CtrError NO_MODEL, VERSION_UNKNOWN
 */
export async function chooseVersion(registry: Registry, args: readonly string[]): Promise<Chosen> {
  const [first, ...others] = args;
  if (first !== undefined && !existsSync(first)) {
    try {
      return { version: await registry.resolve(first), rest: others };
    } catch (error) {
      // Then it is data, unless it could be nothing but a version.
      const isName = error instanceof CtrError && !/[./*?[\\]/.test(first);
      if (isName && others.length > 0) throw error;
    }
  }
  return { version: await registry.resolve('current'), rest: args };
}
