/*
 * Models on disk:
 *
 *   <folder>/current                          the name of the version that serves
 *   <folder>/versions/<version>/model.adsf    the forest
 *   <folder>/versions/<version>/model.json    its card
 *
 * A version is staged beside the others and renamed into place whole; the pointer is a file that
 * is replaced by rename. A reader therefore sees the old model or the new one, never a part.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelDigest } from '@adscale/forest';
import { writeFileAtomically } from '@adscale/forest/node';
import type { ModelCard } from './card.js';
import { CtrError } from './errors.js';
import { CtrModel } from './model.js';

const MODEL_FILE = 'model.adsf';
const CARD_FILE = 'model.json';
const POINTER = 'current';
const VERSION_NAME = /^[0-9A-Za-z][\w.-]*$/;

export class Registry {
  constructor(readonly folder: string) {}

  /** The version that serves, or undefined while there is none. */
  async current(): Promise<string | undefined> {
    return (await readIfThere(join(this.folder, POINTER)))?.trim();
  }

  /** All versions, oldest first. */
  async versions(): Promise<string[]> {
    try {
      const names = await readdir(join(this.folder, 'versions'));
      return names.filter((name) => VERSION_NAME.test(name)).sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  }

  /**
   * Loads a version, the current one by default.
   * @throws CtrError NO_MODEL, VERSION_UNKNOWN, VERSION_BROKEN
   */
  async load(version?: string): Promise<CtrModel> {
    const name = version ?? (await this.current());
    if (name === undefined) {
      throw new CtrError(
        'NO_MODEL',
        `${join(this.folder, POINTER)} does not exist; train one first`,
      );
    }
    this.checkName(name);
    const folder = this.folderOf(name);
    let bytes: Uint8Array;
    let card: string;
    try {
      [bytes, card] = await Promise.all([
        readFile(join(folder, MODEL_FILE)),
        readFile(join(folder, CARD_FILE), 'utf8'),
      ]);
    } catch (cause) {
      if (!isAbsent(cause)) throw cause;
      throw new CtrError('VERSION_UNKNOWN', name, { cause });
    }
    try {
      return CtrModel.load(bytes, JSON.parse(card) as ModelCard, name);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CtrError('VERSION_BROKEN', `${name}: ${reason}`, { cause });
    }
  }

  /**
   * Stores a model as a new version and makes it the current one.
   * @returns the version: UTC time and the first digits of the model's digest
   * @throws CtrError VERSION_TAKEN
   */
  async publish(bytes: Uint8Array, card: ModelCard): Promise<string> {
    const version = versionName(card.created_at, modelDigest(bytes));
    await mkdir(join(this.folder, 'versions'), { recursive: true });
    const staging = join(this.folder, `.staging-${randomUUID()}`);
    try {
      await mkdir(staging);
      await writeFileAtomically(join(staging, MODEL_FILE), bytes);
      await writeFile(join(staging, CARD_FILE), `${JSON.stringify(card, null, 2)}\n`, {
        flush: true,
      });
      await this.place(staging, version);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
    await this.promote(version);
    return version;
  }

  /** Moves the pointer. @throws CtrError VERSION_UNKNOWN */
  async promote(version: string): Promise<void> {
    this.checkName(version);
    if (!(await this.versions()).includes(version)) throw new CtrError('VERSION_UNKNOWN', version);
    await writeFileAtomically(join(this.folder, POINTER), `${version}\n`);
  }

  private async place(staging: string, version: string): Promise<void> {
    try {
      await rename(staging, this.folderOf(version));
    } catch (cause) {
      throw new CtrError('VERSION_TAKEN', version, { cause });
    }
  }

  private folderOf(version: string): string {
    return join(this.folder, 'versions', version);
  }

  /** A version is a name, not a path. */
  private checkName(version: string): void {
    if (!VERSION_NAME.test(version)) throw new CtrError('VERSION_UNKNOWN', JSON.stringify(version));
  }
}

function versionName(createdAt: string, digest: string): string {
  const [date, time] = new Date(createdAt).toISOString().split(/[T.]/);
  return `${date.replaceAll('-', '')}-${time.replaceAll(':', '')}-${digest.slice(0, 8)}`;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
