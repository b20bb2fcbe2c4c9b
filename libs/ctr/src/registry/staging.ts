/*
 * How a version comes into being and goes, whole:
 *
 *   .staging-<owner>/   written, each file flushed  ──rename──▶  versions/<version>/
 *   versions/<version>/ ──rename──▶ .removed-<owner>/  ──▶  deleted
 *
 * A folder is flushed after each rename in it, so that a version that was reported as published is
 * still there after a power cut.
 */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent, makeFolder, namesIn, syncFolder } from './disk.js';
import { isAlive, ownerOfScratch, scratchName } from './owner.js';
import { POINTER } from './pointer.js';
import { ROLLOUT } from './rollout.js';
import { TAGS } from './tags.js';

export const VERSIONS = 'versions';

/** Files of a version by name. */
export type VersionFiles = Readonly<Record<string, Uint8Array | string>>;

/** Milliseconds after which scratch counts as left behind if its owner is out of sight. */
const PATIENCE = 24 * 3_600_000;
/** A pointer or rollout that was being written; only who holds the lock writes one. */
const isHalfWritten = (name: string): boolean =>
  [POINTER, ROLLOUT].some((file) => name.startsWith(`${file}.`)) && name.endsWith('.tmp');

/** Writes a version's files to a folder that no reader looks into. @returns its path */
export async function stageVersion(folder: string, files: VersionFiles): Promise<string> {
  await makeFolder(join(folder, VERSIONS));
  const staging = join(folder, scratchName('staging'));
  try {
    await mkdir(staging);
    for (const [name, contents] of Object.entries(files)) {
      await writeFile(join(staging, name), contents, { flag: 'wx', flush: true });
    }
    await syncFolder(staging);
    return staging;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Gives a staged version its name, or, where that is taken, the name and a number.
 * @returns the name
 */
export async function placeVersion(folder: string, staging: string, name: string): Promise<string> {
  const versions = join(folder, VERSIONS);
  for (let number = 1; ; number++) {
    const version = number === 1 ? name : `${name}-${number}`;
    try {
      await rename(staging, join(versions, version));
    } catch (error) {
      // A folder that holds something is never replaced by another.
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code!)) throw error;
      continue;
    }
    await syncFolder(versions);
    return version;
  }
}

/** Takes versions out of sight. @returns the folders that are left to delete */
export async function withdrawVersions(
  folder: string,
  versions: readonly string[],
): Promise<string[]> {
  const removed: string[] = [];
  for (const version of versions) {
    const scratch = join(folder, scratchName('removed'));
    await rename(join(folder, VERSIONS, version), scratch);
    removed.push(scratch);
  }
  if (removed.length > 0) await syncFolder(join(folder, VERSIONS));
  return removed;
}

/**
 * Deletes what processes that were killed have left behind. Only who holds the lock may call it:
 * nobody else writes a pointer, a rollout or a tag then, so that half-written ones are leftovers.
 * @returns names of what was deleted
 */
export async function sweep(folder: string): Promise<string[]> {
  const swept: string[] = [];
  for (const name of await namesIn(folder)) {
    if (!(await isLeftover(folder, name))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
    swept.push(name);
  }
  for (const name of await namesIn(join(folder, TAGS))) {
    if (!name.endsWith('.tmp')) continue;
    await rm(join(folder, TAGS, name), { force: true });
    swept.push(`${TAGS}/${name}`);
  }
  return swept;
}

async function isLeftover(folder: string, name: string): Promise<boolean> {
  const owner = ownerOfScratch(name);
  if (owner === undefined) return isHalfWritten(name);
  const alive = await isAlive(owner);
  if (alive !== undefined) return !alive;
  try {
    return Date.now() - (await stat(join(folder, name))).mtimeMs > PATIENCE;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
