import { ROLES } from './rollout.js';
import type { Leftovers, Shelf } from './store.js';

export interface PruneOptions {
  /** So many of the newest versions stay, whatever they are for. */
  readonly keep: number;
  /** Only tell. */
  readonly dryRun?: boolean;
}

export interface Pruned extends Leftovers {
  /** Versions that were removed, or would be, oldest first. */
  readonly removed: readonly string[];
  /** Those that stay, oldest first, and why: newest, current, rollback, canary, shadow, "tag x". */
  readonly kept: readonly { readonly version: string; readonly reasons: readonly string[] }[];
}

/**
 * Decides which versions nobody needs.
 * @throws CtrError ROLLOUT_INVALID if it cannot be told what a service tries
 */
export async function planPrune(
  shelf: Shelf,
  keep: number,
): Promise<Omit<Pruned, keyof Leftovers>> {
  const versions = await shelf.versions();
  const reasons = new Map(versions.map((version) => [version, [] as string[]]));
  const need = (version: string, reason: string): void => {
    reasons.get(version)?.push(reason);
  };
  for (const version of versions.slice(Math.max(0, versions.length - keep))) {
    need(version, 'newest');
  }
  const [current, ...before] = await shelf.pointer();
  if (current !== undefined) need(current, 'current');
  for (const version of new Set(before)) if (version !== current) need(version, 'rollback');
  const rollout = await shelf.rollout();
  for (const role of ROLES) {
    const trial = rollout[role];
    if (trial !== null) need(trial.version, role);
  }
  for (const [tag, version] of await shelf.tags()) need(version, `tag ${tag}`);
  const all = [...reasons].map(([version, why]) => ({ version, reasons: why }));
  return {
    removed: all.filter(({ reasons }) => reasons.length === 0).map(({ version }) => version),
    kept: all.filter(({ reasons }) => reasons.length > 0),
  };
}
