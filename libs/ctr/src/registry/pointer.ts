/*
 * Which version serves, and which did before it, in one file, so that one rename moves both:
 *
 *   20260301-080000-9c0d1e2f     serves
 *   20260228-080000-77aa01be     served before: where a roll-back goes
 *   20260101-120000-3fa1c2d4     and the next one
 */
import { join } from 'node:path';
import { writeFileAtomically } from '@adscale/forest/node';
import { readIfThere } from './disk.js';

export const POINTER = 'current';

/** So many versions are remembered beside the current one. */
export const MOST_ROLLBACKS = 5;

/** The version that serves, then those that did, the latest first; empty if none ever did. */
export async function readPointer(folder: string): Promise<string[]> {
  const text = (await readIfThere(join(folder, POINTER))) ?? '';
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Replaces the pointer: a reader sees the old one or this one, also after a power cut. */
export async function writePointer(folder: string, served: readonly string[]): Promise<void> {
  const kept = served.slice(0, 1 + MOST_ROLLBACKS);
  await writeFileAtomically(join(folder, POINTER), `${kept.join('\n')}\n`);
}

/**
 * What the pointer says after a roll-back; empty if there is nothing to go back to.
 * @param known versions that are still there
 */
export function rolledBack([current, ...before]: readonly string[], known: Set<string>): string[] {
  const place = before.findIndex((version) => version !== current && known.has(version));
  return place < 0 ? [] : before.slice(place);
}
