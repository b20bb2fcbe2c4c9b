import { rename, rm } from 'node:fs/promises';

/**
 * Writes a file whole or not at all: `write` fills a temporary neighbour, which takes the file's
 * place when it is done and the user has not interrupted it.
 * @param write is given the neighbour's path
 */
export async function writeWhole(
  path: string,
  signal: AbortSignal,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    signal.throwIfAborted();
    await write(temporary);
    signal.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
