import { join } from 'node:path';
import { CtrError } from '../errors.js';
import { readIfThere, readPointer } from './pointer.js';
import { readTags } from './tags.js';

export interface PruneOptions {
  /** So many of the newest versions stay, whatever they are for. */
  readonly keep: number;
  /** Only tell. */
  readonly dryRun?: boolean;
}

export interface Pruned {
  /** Versions that were removed, or would be, oldest first. */
  readonly removed: readonly string[];
  /** Those that stay, oldest first, and why: newest, current, rollback, canary, shadow, "tag x". */
  readonly kept: readonly { readonly version: string; readonly reasons: readonly string[] }[];
  /** What processes that were killed had left behind, and is gone now. */
  readonly swept: readonly string[];
}

/** What a service tries beside the current version, as it writes it. */
const ROLLOUT = 'rollout.json';

/**
 * Decides which versions nobody needs.
 * @param versions all, oldest first
 * @throws CtrError ROLLOUT_INVALID if it cannot be told what a service tries
 */
export async function planPrune(
  folder: string,
  versions: readonly string[],
  keep: number,
): Promise<Omit<Pruned, 'swept'>> {
  const reasons = new Map(versions.map((version) => [version, [] as string[]]));
  const need = (version: string, reason: string): void => {
    reasons.get(version)?.push(reason);
  };
  for (const version of versions.slice(Math.max(0, versions.length - keep))) {
    need(version, 'newest');
  }
  const [current, ...before] = await readPointer(folder);
  if (current !== undefined) need(current, 'current');
  for (const version of new Set(before)) if (version !== current) need(version, 'rollback');
  for (const [role, version] of await readTrials(folder)) need(version, role);
  for (const [tag, version] of await readTags(folder)) need(version, `tag ${tag}`);
  const all = [...reasons].map(([version, why]) => ({ version, reasons: why }));
  return {
    removed: all.filter(({ reasons }) => reasons.length === 0).map(({ version }) => version),
    kept: all.filter(({ reasons }) => reasons.length > 0),
  };
}

/** The version in each role of `rollout.json`. */
export async function readTrials(folder: string): Promise<Map<string, string>> {
  const path = join(folder, ROLLOUT);
  const text = await readIfThere(path);
  const trials = new Map<string, string>();
  if (text === undefined) return trials;
  let rollout: unknown;
  try {
    rollout = JSON.parse(text);
  } catch (cause) {
    throw new CtrError('ROLLOUT_INVALID', `${path} is not JSON; mend or remove it`, { cause });
  }
  for (const role of ['canary', 'shadow'] as const) {
    const trial = (rollout as Record<string, { version?: unknown } | null> | null)?.[role];
    if (trial === null || trial === undefined) continue;
    if (typeof trial.version !== 'string') {
      throw new CtrError(
        'ROLLOUT_INVALID',
        `${path}: ${role} is ${JSON.stringify(trial)}, wanted a version; mend or remove it`,
      );
    }
    trials.set(role, trial.version);
  }
  return trials;
}
