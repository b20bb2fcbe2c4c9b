/* What a version is, and what is wrong with it if it cannot be read. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ForestError } from '@adscale/forest';
import type { ModelCard } from '../card/card.js';
import { CtrError } from '../errors.js';
import { CtrModel } from '../model.js';
import { isAbsent } from './disk.js';
import { VERSIONS } from './staging.js';
import type { RegistryStore } from './store.js';

export const MODEL_FILE = 'model.adsf';
export const CARD_FILE = 'model.json';

const VERSION_NAME = /^[0-9A-Za-z][\w.-]*$/;
/** A version's name, and the number that tells it from an equal one. */
const NUMBERED = /^(.*?-[0-9a-f]{8})(?:-(\d+))?$/;

/** A name that tells when a model was made, and what it is. */
export function versionName(createdAt: string, digest: string): string {
  const [date, time] = new Date(createdAt).toISOString().split(/[T.]/);
  return `${date.replaceAll('-', '')}-${time.replaceAll(':', '')}-${digest.slice(0, 8)}`;
}

/** Whether a name could be one that `versionName` gave, or a numbered one. */
export function isVersionName(name: string): boolean {
  return /^\d{8}-\d{6}-[0-9a-f]{8}(?:-\d+)?$/.test(name);
}

/** The names of versions in a folder, oldest first. */
export async function listVersions(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(join(folder, VERSIONS), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && VERSION_NAME.test(entry.name))
      .map(({ name }) => name)
      .sort(byAge);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** By time, then digest; of equal names by the number that told them apart. */
export function byAge(one: string, other: string): number {
  const [, name, number = '1'] = NUMBERED.exec(one) ?? [one, one];
  const [, name2, number2 = '1'] = NUMBERED.exec(other) ?? [other, other];
  if (name !== name2) return name < name2 ? -1 : 1;
  return Number(number) - Number(number2);
}

/** @throws CtrError VERSION_UNKNOWN, VERSION_BROKEN */
export async function loadVersion(store: RegistryStore, version: string): Promise<CtrModel> {
  const card = await readCard(store, version);
  try {
    return await CtrModel.loadFile(await store.fetch(version, MODEL_FILE), card, version);
  } catch (cause) {
    throw await refusal(store, version, cause);
  }
}

/** @throws CtrError VERSION_UNKNOWN, VERSION_BROKEN */
export async function readCard(store: RegistryStore, version: string): Promise<ModelCard> {
  // A version is a name, not a path.
  if (!VERSION_NAME.test(version)) throw new CtrError('VERSION_UNKNOWN', JSON.stringify(version));
  try {
    const file = await store.fetch(version, CARD_FILE);
    const text = typeof file === 'string' ? await readFile(file, 'utf8') : textIn(file);
    const card: unknown = JSON.parse(text);
    if (typeof card === 'object' && card !== null) return card as ModelCard;
  } catch (cause) {
    throw await refusal(store, version, cause);
  }
  throw new CtrError('VERSION_BROKEN', `${version}: ${CARD_FILE} does not hold an object`);
}

const textIn = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** What a version that could not be read is an error of; errors of the system stay as they are. */
async function refusal(store: RegistryStore, version: string, cause: unknown): Promise<unknown> {
  if (cause instanceof ForestError) {
    return new CtrError('VERSION_BROKEN', `${version}: ${cause.message}`, { cause });
  }
  if (cause instanceof SyntaxError) {
    return new CtrError('VERSION_BROKEN', `${version}: ${CARD_FILE} is not JSON`, { cause });
  }
  if (!isAbsent(cause)) return cause;
  const known = (await store.versions()).includes(version);
  if (!known) return new CtrError('VERSION_UNKNOWN', version, { cause });
  const file = basename((cause as NodeJS.ErrnoException).path ?? MODEL_FILE);
  return new CtrError('VERSION_BROKEN', `${version}: ${file} is missing`, { cause });
}
