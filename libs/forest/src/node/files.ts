import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Forest } from '../model/forest.js';
import { readModel, writeModel } from '../model/file.js';

/**
 * Writes a whole file or nothing: to a name of its own beside the target, flushed, then renamed
 * over it. Whatever fails, the old file is still there.
 */
export async function writeFileAtomically(
  path: string,
  contents: Uint8Array | string,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes a rename survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a model file atomically. */
export async function saveForest(forest: Forest, path: string): Promise<void> {
  await writeFileAtomically(path, writeModel(forest));
}

/** Reads a model file. @throws ForestError FILE_* if it is not one */
export async function loadForest(path: string): Promise<Forest> {
  return readModel(await readFile(path));
}
