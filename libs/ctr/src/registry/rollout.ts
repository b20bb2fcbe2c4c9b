/* What a service tries beside the current version: `rollout.json`, a trial or null for each role. */
import { join } from 'node:path';
import { writeFileAtomically } from '@adscale/forest/node';
import { CtrError } from '../errors.js';
import { readIfThere } from './disk.js';

/** A version that is tried on a share of the requests. */
export interface Trial {
  readonly version: string;
  /** Share of the requests, above 0 and at most 100. */
  readonly percent: number;
}

/** How a version is tried: a canary answers its share, a shadow only predicts it too. */
export const ROLES = ['canary', 'shadow'] as const;
export type Role = (typeof ROLES)[number];

/** What is tried in each role; null if nothing is. */
export type Rollout = Readonly<Record<Role, Trial | null>>;

export const ROLLOUT = 'rollout.json';
export const NO_TRIALS: Rollout = Object.freeze({ canary: null, shadow: null });

/** @throws CtrError ROLLOUT_INVALID */
export async function readRollout(folder: string): Promise<Rollout> {
  const path = join(folder, ROLLOUT);
  const text = await readIfThere(path);
  return text === undefined ? NO_TRIALS : parseRollout(text, path);
}

/** Replaces what is tried. */
export async function writeRollout(folder: string, rollout: Rollout): Promise<void> {
  await writeFileAtomically(join(folder, ROLLOUT), textOf(rollout));
}

/**
 * What a change makes of what is tried; what cannot be read counts as nothing, so that a change mends it.
 * @returns undefined if it says so already
 */
export async function changedRollout(
  read: () => Promise<Rollout>,
  change: (rollout: Rollout) => Rollout,
): Promise<Rollout | undefined> {
  const before = await read().catch((error: unknown) => {
    if (error instanceof CtrError && error.code === 'ROLLOUT_INVALID') return undefined;
    throw error;
  });
  const after = change(before ?? NO_TRIALS);
  return before !== undefined && textOf(after) === textOf(before) ? undefined : after;
}

function textOf({ canary, shadow }: Rollout): string {
  return `${JSON.stringify({ canary, shadow }, null, 2)}\n`;
}

function parseRollout(text: string, path: string): Rollout {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new CtrError('ROLLOUT_INVALID', `${path} is not JSON; mend or remove it`, { cause });
  }
  return rolloutIn(parsed, path, '; mend or remove it');
}

/**
 * What is tried, of what JSON says.
 * @param path what an error calls it
 * @param advice how an error ends
 * @throws CtrError ROLLOUT_INVALID
 */
export function rolloutIn(parsed: unknown, path: string, advice: string): Rollout {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    const wanted = `an object with the keys ${ROLES.join(', ')}`;
    throw new CtrError('ROLLOUT_INVALID', `${path} does not hold ${wanted}${advice}`);
  }
  const trialOf = (role: Role): Trial | null => {
    const got = (parsed as Partial<Record<Role, unknown>>)[role] ?? null;
    return checkTrial(got, `${path}: ${role}`, advice);
  };
  return { canary: trialOf('canary'), shadow: trialOf('shadow') };
}

/**
 * @param name what an error calls it
 * @param advice how an error ends
 * @throws CtrError ROLLOUT_INVALID
 */
export function checkTrial(got: unknown, name: string, advice = ''): Trial | null {
  if (got === null) return null;
  const { version, percent } = got as Partial<Trial>;
  if (typeof version === 'string' && typeof percent === 'number' && percent > 0 && percent <= 100) {
    return { version, percent };
  }
  throw new CtrError(
    'ROLLOUT_INVALID',
    `${name} is ${JSON.stringify(got)}, wanted null or a version and a percent above 0, at most 100${advice}`,
  );
}
