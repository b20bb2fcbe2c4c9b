/*
 * Models on disk; the README draws the folder. A version is staged beside the others and renamed
 * into place whole; pointer, tags and rollout are files that are replaced by rename. A reader
 * therefore sees the old state or the new one, never a part, and needs no lock, nor permission to
 * write.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { modelDigest, readModel } from '@adscale/forest';
import type { ModelCard } from '../card/card.js';
import { CtrError } from '../errors.js';
import type { CtrModel } from '../model.js';
import { makeFolder } from './disk.js';
import { alone, exclusively, type LockOptions } from './lock.js';
import { POINTER, readPointer, rolledBack, writePointer } from './pointer.js';
import { planPrune, type Pruned, type PruneOptions } from './prune.js';
import {
  changeRollout,
  checkTrial,
  readRollout,
  type Role,
  type Rollout,
  type Trial,
} from './rollout.js';
import {
  placeVersion,
  stageVersion,
  sweep,
  withdrawVersions,
  type VersionFiles,
} from './staging.js';
import { checkTag, checkTagKnown, readTags, removeTag, TAGS, writeTag } from './tags.js';
import {
  CARD_FILE,
  listVersions,
  loadVersion,
  MODEL_FILE,
  readCard,
  versionFolder,
  versionName,
} from './versions.js';

export interface PublishOptions {
  /** Make it the current version. Default true. */
  readonly promote?: boolean;
  /** Further files of the version, such as a report, by name. */
  readonly files?: VersionFiles;
}

/** A card as it may be stored: of a model that came from elsewhere, not everything is known. */
export type StoredCard = Partial<ModelCard> & Pick<ModelCard, 'created_at'>;

/**
 * Any number of processes may read and change a registry at the same time. Changes take turns by
 * a lock (lock.ts); a process that is killed at any point leaves the pointer as it was or
 * as it was to become, and no part of a version where versions are looked for.
 */
export class Registry {
  constructor(
    readonly folder: string,
    private readonly lock: LockOptions = {},
    private readonly guard: () => Promise<void> = async () => {},
  ) {}

  /**
   * The same registry, with a last check before every change: what was decided a while ago may not be
   * wanted any more.
   * @param guard runs when the change has its turn and nobody else can change anything; what it throws,
   *   the change throws, and nothing has changed
   */
  guardedBy(guard: () => Promise<void>): Registry {
    return new Registry(this.folder, this.lock, guard);
  }

  /** The version that serves, or undefined while there is none. */
  async current(): Promise<string | undefined> {
    return (await readPointer(this.folder))[0];
  }

  /** The version that serves, then those that served before it as far as the pointer remembers. */
  history(): Promise<string[]> {
    return readPointer(this.folder);
  }

  /** The version that `rollback` goes to, or undefined when none served before or it is gone. */
  async previous(): Promise<string | undefined> {
    return (await this.rolledBack())[0];
  }

  /** All versions, oldest first. */
  versions(): Promise<string[]> {
    return listVersions(this.folder);
  }

  /** The version of every tag, by tag. */
  tags(): Promise<ReadonlyMap<string, string>> {
    return readTags(this.folder);
  }

  /**
   * What a service tries beside the current version.
   * @throws CtrError ROLLOUT_INVALID naming what is wrong with the file
   */
  rollout(): Promise<Rollout> {
    return readRollout(this.folder);
  }

  /**
   * The version that people mean by `current`, `previous`, a tag or a version's name.
   * @throws CtrError NO_MODEL, NO_PREVIOUS, VERSION_UNKNOWN
   */
  async resolve(name: string): Promise<string> {
    if (name === POINTER) return (await this.current()) ?? this.refuseEmpty();
    if (name === 'previous') return (await this.previous()) ?? this.refuseRollback();
    const [versions, tags] = await Promise.all([this.versions(), this.tags()]);
    const version = versions.includes(name) ? name : tags.get(name);
    if (version !== undefined && versions.includes(version)) return version;
    const known = ['current', 'previous', ...tags.keys(), ...versions.slice(-3).reverse()];
    throw new CtrError('VERSION_UNKNOWN', `${name}; ${this.folder} has ${known.join(', ')}`);
  }

  /**
   * Loads a version, the current one by default, on a thread of its own: a service that does so
   * goes on answering.
   * @throws CtrError NO_MODEL, VERSION_UNKNOWN, VERSION_BROKEN
   */
  async load(version?: string): Promise<CtrModel> {
    return loadVersion(this.folder, version ?? (await this.current()) ?? this.refuseEmpty());
  }

  /**
   * The card of a version.
   * @throws CtrError VERSION_UNKNOWN, VERSION_BROKEN
   */
  card(version: string): Promise<ModelCard> {
    return readCard(this.folder, version);
  }

  /** The path of a file of a version. */
  fileOf(version: string, name: string): string {
    return join(versionFolder(this.folder, version), name);
  }

  /**
   * Stores a model as a new version and makes it the current one, if not told otherwise.
   * @returns the version: UTC time and the first digits of the model's digest, and a number if
   *   that name is taken
   * @throws ForestError FILE_* if the bytes are no model; CtrError REGISTRY_BUSY
   */
  async publish(
    bytes: Uint8Array,
    card: StoredCard,
    { promote = true, files = {} }: PublishOptions = {},
  ): Promise<string> {
    // What cannot be read must not become what serves.
    readModel(bytes);
    const name = versionName(card.created_at, modelDigest(bytes));
    const staging = await stageVersion(this.folder, {
      ...files,
      [MODEL_FILE]: bytes,
      [CARD_FILE]: `${JSON.stringify(card, null, 2)}\n`,
    });
    try {
      return await this.exclusively(async () => {
        await sweep(this.folder);
        const version = await placeVersion(this.folder, staging, name);
        if (promote) await this.point(version);
        return version;
      });
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  /** Moves the pointer. @throws CtrError VERSION_UNKNOWN, REGISTRY_BUSY */
  async promote(version: string): Promise<void> {
    await this.change(version, () => this.point(version));
  }

  /**
   * Moves the pointer back to the version that served before; done again, to the one before that,
   * as far as the pointer remembers (`MOST_ROLLBACKS`). Versions that are gone are passed over.
   * @returns that version
   * @throws CtrError NO_PREVIOUS, REGISTRY_BUSY
   */
  async rollback(): Promise<string> {
    if ((await this.previous()) === undefined) this.refuseRollback();
    return this.exclusively(async () => {
      const served = await this.rolledBack();
      if (served.length === 0) this.refuseRollback();
      await writePointer(this.folder, served);
      return served[0];
    });
  }

  /**
   * Gives a version a name that `resolve` knows and `prune` respects; takes it off another one.
   * @throws CtrError TAG_INVALID, VERSION_UNKNOWN, REGISTRY_BUSY
   */
  async tag(version: string, tag: string): Promise<void> {
    checkTag(tag);
    await this.change(version, async () => {
      await makeFolder(join(this.folder, TAGS));
      await writeTag(this.folder, tag, version);
    });
  }

  /** Forgets a tag. @throws CtrError TAG_UNKNOWN, REGISTRY_BUSY */
  async untag(tag: string): Promise<void> {
    // Before as well: there may be no folder to lock.
    await checkTagKnown(this.folder, tag);
    await this.exclusively(() => removeTag(this.folder, tag));
  }

  /**
   * Tries `trial`, or nothing, in this role from now on. Replaces a rollout that cannot be read.
   * @throws CtrError VERSION_UNKNOWN, ROLLOUT_INVALID for a percentage out of range, REGISTRY_BUSY
   */
  async setTrial(role: Role, trial: Trial | null): Promise<void> {
    const wanted = checkTrial(trial, role);
    await changeRollout(
      this.folder,
      (rollout) => ({ ...rollout, [role]: wanted }),
      (write) => (wanted === null ? this.exclusively(write) : this.change(wanted.version, write)),
    );
  }

  /**
   * Ends the trials of a version in every role: what serves everyone is not on trial any more.
   * @throws CtrError REGISTRY_BUSY
   */
  async endTrials(version: string): Promise<void> {
    const unless = (trial: Trial | null) => (trial?.version === version ? null : trial);
    await changeRollout(
      this.folder,
      ({ canary, shadow }) => ({ canary: unless(canary), shadow: unless(shadow) }),
      (write) => this.exclusively(write),
    );
  }

  /**
   * Deletes versions, but for the newest, the current one, those that a roll-back would go to, and
   * those with a tag or on trial; and what processes that were killed have left behind.
   * @throws CtrError ROLLOUT_INVALID, REGISTRY_BUSY
   */
  async prune({ keep, dryRun = false }: PruneOptions): Promise<Pruned> {
    const plan = async () => planPrune(this.folder, await this.versions(), keep);
    if (dryRun || (await this.versions()).length === 0) return { ...(await plan()), swept: [] };
    const { scratch, ...pruned } = await this.exclusively(async () => {
      const swept = await sweep(this.folder);
      const planned = await plan();
      const scratch = await withdrawVersions(this.folder, planned.removed);
      return { ...planned, swept, scratch };
    });
    for (const folder of scratch) await rm(folder, { recursive: true, force: true });
    return pruned;
  }

  /**
   * Runs a retraining while no other one is under way, in this process or another. Everybody else may
   * go on changing the registry meanwhile.
   * @throws CtrError NO_MODEL, RETRAIN_UNDER_WAY
   */
  async retraining<T>(work: () => Promise<T>): Promise<T> {
    if ((await this.current()) === undefined) this.refuseEmpty();
    return alone(this.folder, 'retrain.lock', work, this.lock);
  }

  private exclusively<T>(work: () => Promise<T>): Promise<T> {
    const guarded = async () => {
      await this.guard();
      return work();
    };
    return exclusively(this.folder, guarded, this.lock);
  }

  /** Runs a change that names a version: it must exist, and nobody can prune it meanwhile. */
  private async change(version: string, work: () => Promise<void>): Promise<void> {
    // Before as well: there may be no folder to lock.
    await this.checkKnown(version);
    await this.exclusively(async () => {
      await this.checkKnown(version);
      await work();
    });
  }

  /** Call it under the lock only: it writes what it derives from what it reads. */
  private async point(version: string): Promise<void> {
    const served = await readPointer(this.folder);
    if (served[0] !== version) await writePointer(this.folder, [version, ...served]);
  }

  private async rolledBack(): Promise<string[]> {
    const [served, versions] = await Promise.all([readPointer(this.folder), this.versions()]);
    return rolledBack(served, new Set(versions));
  }

  private refuseEmpty(): never {
    const pointer = join(this.folder, POINTER);
    throw new CtrError('NO_MODEL', `${pointer} does not exist; train one first`);
  }

  private refuseRollback(): never {
    const pointer = join(this.folder, POINTER);
    throw new CtrError('NO_PREVIOUS', `${pointer} remembers none; promote one`);
  }

  private async checkKnown(version: string): Promise<void> {
    if (!(await this.versions()).includes(version)) throw new CtrError('VERSION_UNKNOWN', version);
  }
}
