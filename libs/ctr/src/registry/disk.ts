/* Reads that allow for what is not there, and folders that survive a power cut. */
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

/** Nothing is under a name that is longer than the file system's names. */
const ABSENT = ['ENOENT', 'ENAMETOOLONG'];

export function isAbsent(error: unknown): boolean {
  return ABSENT.includes((error as NodeJS.ErrnoException).code ?? '');
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Names in a folder, in order; none if there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Makes a folder and those above it that are missing, to stay after a power cut. */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  let parent = dirname(first);
  for (const name of relative(parent, folder).split(sep)) {
    await syncFolder(parent);
    parent = join(parent, name);
  }
}

/** Makes what was renamed or made in a folder stay after a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
