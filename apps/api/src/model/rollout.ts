import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exclusively } from '@adscale/ctr';
import { writeFileAtomically } from '@adscale/forest/node';

/** A version that is tried on a share of the requests. */
export interface Trial {
  readonly version: string;
  /** Share of the requests, above 0 and at most 100. */
  readonly percent: number;
}

/** How a version is tried: a canary answers its share, a shadow only predicts it too. */
export const ROLES = ['canary', 'shadow'] as const;
export type Role = (typeof ROLES)[number];

/** What is tried now. */
export type Rollout = Readonly<Record<Role, Trial | null>>;

/** Nothing is tried. */
export const NO_TRIALS: Rollout = Object.freeze({ canary: null, shadow: null });

/** The file is there but does not say what a rollout says. */
export class RolloutError extends Error {
  override readonly name = 'RolloutError';
}

const FILE = 'rollout.json';

/**
 * What is tried, kept beside the registry's pointer as `rollout.json`: every worker and replica
 * that shares the folder tries the same, and still does after a restart. Replaced whole by rename,
 * so a reader sees the old state or the new one.
 */
export class RolloutFile {
  private readonly path: string;

  constructor(private readonly folder: string) {
    this.path = join(folder, FILE);
  }

  /** @throws RolloutError naming what is wrong with the file */
  async read(): Promise<Rollout> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NO_TRIALS;
      throw error;
    }
    return parseRollout(text);
  }

  /** Tries `trial`, or nothing, in this role from now on. A file that cannot be read is replaced. */
  async set(role: Role, trial: Trial | null): Promise<void> {
    await this.update((rollout) => ({ ...rollout, [role]: trial }));
  }

  /** Ends whatever is tried of this version: what serves everyone is not on trial any more. */
  async end(version: string): Promise<void> {
    await this.update(({ canary, shadow }) => ({
      canary: canary?.version === version ? null : canary,
      shadow: shadow?.version === version ? null : shadow,
    }));
  }

  /** One change after another, whoever makes it, as each builds on what the file says. */
  private async update(change: (rollout: Rollout) => Rollout): Promise<void> {
    if (!(await this.changed(change))) return;
    await exclusively(this.folder, async () => {
      const text = await this.changed(change);
      if (text !== undefined) await writeFileAtomically(this.path, text);
    });
  }

  /** The text of the file after a change, or undefined when it stays as it is. */
  private async changed(change: (rollout: Rollout) => Rollout): Promise<string | undefined> {
    const before = await this.read().catch((error: unknown) => {
      if (error instanceof RolloutError) return undefined;
      throw error;
    });
    const text = textOf(change(before ?? NO_TRIALS));
    return before !== undefined && text === textOf(before) ? undefined : text;
  }
}

/** Whether the system does not let this process write where it may read, such as a mount `:ro`. */
export function isReadOnly(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'EROFS' || code === 'EACCES' || code === 'EPERM';
}

function textOf(rollout: Rollout): string {
  return `${JSON.stringify(rollout, null, 2)}\n`;
}

function parseRollout(text: string): Rollout {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new RolloutError(`${FILE} is not JSON`, { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new RolloutError(`${FILE} must hold an object with the keys ${ROLES.join(', ')}`);
  }
  const state = parsed as Partial<Record<Role, unknown>>;
  return { canary: trialOf('canary', state.canary), shadow: trialOf('shadow', state.shadow) };
}

function trialOf(role: Role, got: unknown): Trial | null {
  if (got === undefined || got === null) return null;
  const { version, percent } = got as Partial<Trial>;
  if (typeof version === 'string' && isPercent(percent)) return { version, percent };
  throw new RolloutError(
    `${FILE}: ${role} is ${JSON.stringify(got)}, wanted null or a version and a percent above 0, at most 100`,
  );
}

function isPercent(got: unknown): got is number {
  return typeof got === 'number' && got > 0 && got <= 100;
}
