/*
 * A registry in a folder; the README draws it. A version is staged beside the others and renamed into
 * place whole; pointer, tags and rollout are files that are replaced by rename. A reader therefore sees
 * the old state or the new one, never a part, and needs no lock, nor permission to write. Changes take
 * turns by a lock (lock.ts).
 */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent, makeFolder } from './disk.js';
import { alone, exclusively, type LockOptions } from './lock.js';
import { POINTER, readPointer, writePointer } from './pointer.js';
import { readRollout, writeRollout, type Rollout } from './rollout.js';
import {
  placeVersion,
  stageVersion,
  sweep,
  VERSIONS,
  withdrawVersions,
  type VersionFiles,
} from './staging.js';
import type { Decide, Edit, Guard, Leftovers, RegistryStore, Shelf } from './store.js';
import { readTags, removeTag, TAGS, writeTag } from './tags.js';
import { listVersions } from './versions.js';

export class FolderStore implements RegistryStore {
  constructor(
    readonly location: string,
    private readonly lock: LockOptions,
  ) {}

  get pointerName(): string {
    return join(this.location, POINTER);
  }

  pointer(): Promise<string[]> {
    return readPointer(this.location);
  }

  versions(): Promise<string[]> {
    return listVersions(this.location);
  }

  tags(): Promise<ReadonlyMap<string, string>> {
    return readTags(this.location);
  }

  rollout(): Promise<Rollout> {
    return readRollout(this.location);
  }

  change(guard: Guard, decide: Decide): Promise<void> {
    return this.exclusively(guard, async () => this.write(await decide(this)));
  }

  /** The rights of a folder are looked at when it is changed. */
  async checkWritable(): Promise<void> {}

  async add(
    guard: Guard,
    name: string,
    files: VersionFiles,
    decide: (shelf: Shelf, version: string) => Promise<Edit>,
  ): Promise<string> {
    const staging = await stageVersion(this.location, files);
    try {
      return await this.exclusively(guard, async () => {
        await sweep(this.location);
        const version = await placeVersion(this.location, staging, name);
        await this.write(await decide(this, version));
        return version;
      });
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  async remove(
    guard: Guard,
    choose: (shelf: Shelf) => Promise<readonly string[]>,
  ): Promise<Leftovers> {
    // There may be no folder to lock.
    if ((await this.versions()).length === 0) return { swept: [] };
    const { swept, scratch } = await this.exclusively(guard, async () => {
      const swept = await sweep(this.location);
      return { swept, scratch: await withdrawVersions(this.location, await choose(this)) };
    });
    for (const folder of scratch) await rm(folder, { recursive: true, force: true });
    return { swept };
  }

  /** Whose owners live is only told under the lock. */
  async leftovers(): Promise<Leftovers> {
    return { swept: [] };
  }

  fileOf(version: string, name: string): string {
    return join(this.location, VERSIONS, version, name);
  }

  async fetch(version: string, name: string): Promise<string> {
    return this.fileOf(version, name);
  }

  stamp(version: string, name: string): Promise<string | undefined> {
    return stampOf(this.fileOf(version, name));
  }

  retraining<T>(work: () => Promise<T>): Promise<T> {
    return alone(this.location, 'retrain.lock', work, this.lock);
  }

  private exclusively<T>(guard: Guard, work: () => Promise<T>): Promise<T> {
    const guarded = async () => {
      await guard();
      return work();
    };
    return exclusively(this.location, guarded, this.lock);
  }

  /** Under the lock only. */
  private async write({ pointer, rollout, tag }: Edit): Promise<void> {
    if (pointer) await writePointer(this.location, pointer);
    if (rollout) await writeRollout(this.location, rollout);
    if (tag === undefined) return;
    const [name, version] = tag;
    if (version === null) return removeTag(this.location, name);
    await makeFolder(join(this.location, TAGS));
    await writeTag(this.location, name, version);
  }
}

/** Differs when the file at a path does; undefined for one that is not there. */
export async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
