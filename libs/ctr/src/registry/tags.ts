/* Names that people give to versions: a file a tag, `tags/<tag>`, that holds the version's name. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@adscale/forest/node';
import { CtrError } from '../errors.js';
import { namesIn, readIfThere } from './disk.js';

export const TAGS = 'tags';

/** Letters, digits, `_`, `.` and `-`, as in a version, but never taken for one or for a pointer. */
const TAG_NAME = /^(?!\d{8}-\d{6}-)(?!(?:current|previous)$)(?!.*\.tmp$)[0-9A-Za-z][\w.-]*$/;

/** The version of every tag, by tag. */
export async function readTags(folder: string): Promise<Map<string, string>> {
  const tags = new Map<string, string>();
  for (const name of await namesIn(join(folder, TAGS))) {
    if (!TAG_NAME.test(name)) continue;
    const version = (await readIfThere(join(folder, TAGS, name)))?.trim();
    if (version !== undefined) tags.set(name, version);
  }
  return tags;
}

/** @throws CtrError TAG_INVALID */
export function checkTag(tag: string): void {
  if (TAG_NAME.test(tag)) return;
  throw new CtrError(
    'TAG_INVALID',
    `got ${JSON.stringify(tag)}, wanted letters, digits, "_", "." and "-", not "current" or "previous", nor anything like a version`,
  );
}

export async function writeTag(folder: string, tag: string, version: string): Promise<void> {
  await writeFileAtomically(join(folder, TAGS, tag), `${version}\n`);
}

/** @throws CtrError TAG_UNKNOWN */
export function checkTagKnown(tags: ReadonlyMap<string, string>, tag: string): void {
  if (tags.has(tag)) return;
  const known = [...tags.keys()].join(', ') || 'none';
  throw new CtrError('TAG_UNKNOWN', `got ${JSON.stringify(tag)}, the tags are: ${known}`);
}

export async function removeTag(folder: string, tag: string): Promise<void> {
  await rm(join(folder, TAGS, tag), { force: true });
}
