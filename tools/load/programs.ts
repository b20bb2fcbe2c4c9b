import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The path of the first of these programs that a folder of `path`, as in PATH, holds. */
export async function findProgram(
  names: string[],
  path: string | undefined,
): Promise<string | undefined> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const folders = (path ?? '').split(delimiter).filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name + suffix);
      if (await isExecutable(file)) return file;
    }
  }
  return undefined;
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
