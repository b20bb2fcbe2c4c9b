import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { clearAbandoned, markOwned } from './owner.js';

let announce: (path: string) => void = () => {};

/**
 * Has every temporary file and folder told to `listener`, so that whoever ends this process can
 * remove what it leaves behind.
 */
export function announceTemporaries(listener: (path: string) => void): void {
  announce = listener;
}

const PREFIX = 'adscale-';

/**
 * Makes a folder in `parent` that nobody else uses; the caller removes it. Those of processes that
 * were killed before they could are removed first.
 */
export async function makeTemporaryFolder(parent: string): Promise<string> {
  await clearAbandoned(parent, PREFIX, Date.now());
  const folder = await mkdtemp(join(parent, PREFIX));
  announce(folder);
  await markOwned(folder);
  return folder;
}

/**
 * Writes a file whole or not at all: `write` fills a temporary file beside it, which takes its
 * place when it is complete and the user has not stopped the program.
 * @param write is given the path of the temporary file
 */
export async function writeWhole(
  path: string,
  signal: AbortSignal,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    signal.throwIfAborted();
    announce(temporary);
    await write(temporary);
    signal.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
