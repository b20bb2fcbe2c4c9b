/* What a service tries beside the current version: `rollout.json`, a trial or null for each role. */
import { join } from 'node:path';
import { writeFileAtomically } from '@adscale/forest/node';
import { CtrError } from '../errors.js';
import { readIfThere } from './pointer.js';

/** A version that is tried on a share of the requests. */
export interface Trial {
  readonly version: string;
  /** Share of the requests, above 0 and at most 100. */
  readonly percent: number;
}

/** How a version is tried: a canary answers its share, a shadow only predicts it too. */
export const ROLES = ['canary', 'shadow'] as const;
export type Role = (typeof ROLES)[number];

/** What is tried in each role; null is nothing. */
export type Rollout = Readonly<Record<Role, Trial | null>>;

const FILE = 'rollout.json';
const NO_TRIALS: Rollout = Object.freeze({ canary: null, shadow: null });

/** @throws CtrError ROLLOUT_INVALID */
export async function readRollout(folder: string): Promise<Rollout> {
  const text = await readIfThere(join(folder, FILE));
  return text === undefined ? NO_TRIALS : parseRollout(text, folder);
}

/**
 * The text of the file after a change, or undefined if it says so already. A file that says
 * nothing valid counts as empty, so that a change mends it.
 */
export async function changedRollout(
  folder: string,
  change: (rollout: Rollout) => Rollout,
): Promise<string | undefined> {
  const before = await readRollout(folder).catch((error: unknown) => {
    if (error instanceof CtrError) return undefined;
    throw error;
  });
  const text = textOf(change(before ?? NO_TRIALS));
  return before !== undefined && text === textOf(before) ? undefined : text;
}

export async function writeRollout(folder: string, text: string): Promise<void> {
  await writeFileAtomically(join(folder, FILE), text);
}

function textOf({ canary, shadow }: Rollout): string {
  return `${JSON.stringify({ canary, shadow }, null, 2)}\n`;
}

function parseRollout(text: string, folder: string): Rollout {
  const refuse = (what: string, cause?: unknown): never => {
    const path = join(folder, FILE);
    throw new CtrError('ROLLOUT_INVALID', `${path} ${what}; mend or remove it`, { cause });
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    return refuse('is not JSON', cause);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return refuse(`does not hold an object with the keys ${ROLES.join(', ')}`);
  }
  const trialOf = (role: Role): Trial | null => {
    const got = (parsed as Partial<Record<Role, unknown>>)[role] ?? null;
    const { version, percent } = (got ?? {}) as Partial<Trial>;
    if (got === null) return null;
    if (typeof version === 'string' && isPercent(percent)) return { version, percent };
    return refuse(
      `says that ${role} is ${JSON.stringify(got)}, wanted null or a version and a percent above 0, at most 100`,
    );
  };
  return { canary: trialOf('canary'), shadow: trialOf('shadow') };
}

function isPercent(got: unknown): got is number {
  return typeof got === 'number' && got > 0 && got <= 100;
}
