/*
 * The models of a team: what each version is, which of them serves, did before and is tried, and the
 * names that people give them. Where that is kept, and how changes take turns, is a store's: a folder
 * (folder.ts), a bucket (bucket.ts), or one version's folder (single.ts). Here is what a change means.
 */
import { modelDigest, readModel } from '@adscale/forest';
import type { ModelCard } from '../card/card.js';
import { CtrError } from '../errors.js';
import type { CtrModel } from '../model.js';
import { readAddress } from '../objects/address.js';
import { Objects } from '../objects/objects.js';
import { BucketStore } from './bucket.js';
import { FolderStore } from './folder.js';
import type { LockOptions } from './lock.js';
import { POINTER, rolledBack } from './pointer.js';
import { planPrune, type Pruned, type PruneOptions } from './prune.js';
import { changedRollout, checkTrial, type Role, type Rollout, type Trial } from './rollout.js';
import { SingleStore } from './single.js';
import type { VersionFiles } from './staging.js';
import type { Edit, Guard, RegistryStore, Shelf } from './store.js';
import { checkTag, checkTagKnown } from './tags.js';
import { CARD_FILE, loadVersion, MODEL_FILE, readCard, versionName } from './versions.js';

/**
 * What a registry is kept in, by its location. Nothing is asked of a bucket yet.
 * @throws CtrError LOCATION_INVALID
 */
function openStore(location: string, lock: LockOptions): RegistryStore {
  const address = readAddress(location);
  if (address !== undefined) return new BucketStore(new Objects(address), lock);
  return SingleStore.isAt(location) ? new SingleStore(location) : new FolderStore(location, lock);
}

export interface PublishOptions {
  /** Make it the current version. Default true. */
  readonly promote?: boolean;
  /** Further files of the version, such as a report, by name. */
  readonly files?: VersionFiles;
}

/** A card as it may be stored: of a model that came from elsewhere, not everything is known. */
export type StoredCard = Partial<ModelCard> & Pick<ModelCard, 'created_at'>;

/**
 * Any number of processes may read and change a registry at the same time. A process that is killed at
 * any point leaves the pointer as it was or as it was to become, and no part of a version where versions
 * are looked for. Whatever asks a bucket may throw CtrError STORE_REFUSED, STORE_UNREACHABLE and
 * REGISTRY_BROKEN; what changes a registry that can only be read, REGISTRY_READ_ONLY, or the system's error
 * of a folder.
 */
export class Registry {
  private readonly store: RegistryStore;

  /**
   * @param at a folder, of a registry or of one version, or `s3://bucket/prefix`
   * @throws CtrError LOCATION_INVALID
   */
  constructor(
    at: string | RegistryStore,
    lock: LockOptions = {},
    private readonly guard: Guard = async () => {},
  ) {
    this.store = typeof at === 'string' ? openStore(at, lock) : at;
  }

  /** Where it is, as it was given. */
  get location(): string {
    return this.store.location;
  }

  /**
   * The same registry, with a last check before every change: what was decided a while ago may not be
   * wanted any more.
   * @param guard runs when the change has its turn and nobody else can change anything; what it throws,
   *   the change throws, and nothing has changed
   */
  guardedBy(guard: () => Promise<void>): Registry {
    return new Registry(this.store, {}, guard);
  }

  /**
   * For before long work that ends in a change: a bucket whose key may only read, or whose store ignores
   * conditions on writes, is told now. Of a folder nothing is looked at.
   * @throws CtrError REGISTRY_READ_ONLY, STORE_REFUSED, STORE_UNREACHABLE
   */
  checkWritable(): Promise<void> {
    return this.store.checkWritable();
  }

  /** The version that serves, or undefined while there is none. */
  async current(): Promise<string | undefined> {
    return (await this.store.pointer())[0];
  }

  /** The version that serves, then those that served before it as far as the pointer remembers. */
  history(): Promise<readonly string[]> {
    return this.store.pointer();
  }

  /** The version that `rollback` goes to, or undefined when none served before or it is gone. */
  async previous(): Promise<string | undefined> {
    return (await rollBack(this.store))[0];
  }

  /** All versions, oldest first. */
  versions(): Promise<string[]> {
    return this.store.versions();
  }

  /** The version of every tag, by tag. */
  tags(): Promise<ReadonlyMap<string, string>> {
    return this.store.tags();
  }

  /**
   * What a service tries beside the current version.
   * @throws CtrError ROLLOUT_INVALID naming what is wrong with the file
   */
  rollout(): Promise<Rollout> {
    return this.store.rollout();
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
    throw new CtrError('VERSION_UNKNOWN', `${name}; ${this.location} has ${known.join(', ')}`);
  }

  /**
   * Loads a version, the current one by default, on a thread of its own: a service that does so
   * goes on answering.
   * @throws CtrError NO_MODEL, VERSION_UNKNOWN, VERSION_BROKEN
   */
  async load(version?: string): Promise<CtrModel> {
    return loadVersion(this.store, version ?? (await this.current()) ?? this.refuseEmpty());
  }

  /**
   * The card of a version.
   * @throws CtrError VERSION_UNKNOWN, VERSION_BROKEN
   */
  card(version: string): Promise<ModelCard> {
    return readCard(this.store, version);
  }

  /** What people call a file of a version: its path, or its address. */
  fileOf(version: string, name: string): string {
    return this.store.fileOf(version, name);
  }

  /**
   * A file of a version to be read: its path, or its bytes where it lies in a bucket.
   * @throws an error of code ENOENT if it is not there; a path is not looked at
   */
  fetch(version: string, name: string): Promise<string | Uint8Array> {
    return this.store.fetch(version, name);
  }

  /** Differs when the model or the card of a version does; undefined if one of them is not there. */
  async stamp(version: string): Promise<string | undefined> {
    const files = [MODEL_FILE, CARD_FILE].map((name) => this.store.stamp(version, name));
    const stamps = await Promise.all(files);
    return stamps.includes(undefined) ? undefined : stamps.join(' ');
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
    // The card comes last: whoever copies versions sees none without its other files.
    const all = {
      [MODEL_FILE]: bytes,
      ...files,
      [CARD_FILE]: `${JSON.stringify(card, null, 2)}\n`,
    };
    return this.store.add(this.guard, name, all, async (shelf, version) =>
      promote ? point(shelf, version) : {},
    );
  }

  /** Moves the pointer. @throws CtrError VERSION_UNKNOWN, REGISTRY_BUSY */
  async promote(version: string): Promise<void> {
    await this.change(version, (shelf) => point(shelf, version));
  }

  /**
   * Moves the pointer back to the version that served before; done again, to the one before that,
   * as far as the pointer remembers (`MOST_ROLLBACKS`). Versions that are gone are passed over.
   * @returns that version
   * @throws CtrError NO_PREVIOUS, REGISTRY_BUSY
   */
  async rollback(): Promise<string> {
    if ((await this.previous()) === undefined) this.refuseRollback();
    let version = '';
    await this.store.change(this.guard, async (shelf) => {
      const pointer = await rollBack(shelf);
      if (pointer.length === 0) this.refuseRollback();
      [version] = pointer;
      return { pointer };
    });
    return version;
  }

  /**
   * Gives a version a name that `resolve` knows and `prune` respects; takes it off another one.
   * @throws CtrError TAG_INVALID, VERSION_UNKNOWN, REGISTRY_BUSY
   */
  async tag(version: string, tag: string): Promise<void> {
    checkTag(tag);
    await this.change(version, async () => ({ tag: [tag, version] }));
  }

  /** Forgets a tag. @throws CtrError TAG_UNKNOWN, REGISTRY_BUSY */
  async untag(tag: string): Promise<void> {
    // Before as well: there may be no folder to lock.
    checkTagKnown(await this.tags(), tag);
    await this.store.change(this.guard, async (shelf) => {
      checkTagKnown(await shelf.tags(), tag);
      return { tag: [tag, null] };
    });
  }

  /**
   * Tries `trial`, or nothing, in this role from now on. Replaces a rollout that cannot be read.
   * @throws CtrError VERSION_UNKNOWN, ROLLOUT_INVALID for a percentage out of range, REGISTRY_BUSY
   */
  async setTrial(role: Role, trial: Trial | null): Promise<void> {
    const wanted = checkTrial(trial, role);
    await this.changeRollout(
      (rollout) => ({ ...rollout, [role]: wanted }),
      wanted === null ? undefined : wanted.version,
    );
  }

  /**
   * Ends the trials of a version in every role: what serves everyone is not on trial any more.
   * @throws CtrError REGISTRY_BUSY
   */
  async endTrials(version: string): Promise<void> {
    const unless = (trial: Trial | null) => (trial?.version === version ? null : trial);
    await this.changeRollout(({ canary, shadow }) => ({
      canary: unless(canary),
      shadow: unless(shadow),
    }));
  }

  /**
   * Deletes versions, but for the newest, the current one, those that a roll-back would go to, and
   * those with a tag or on trial; and what processes that were killed have left behind.
   * @throws CtrError ROLLOUT_INVALID, REGISTRY_BUSY
   */
  async prune({ keep, dryRun = false }: PruneOptions): Promise<Pruned> {
    let planned = await planPrune(this.store, keep);
    if (dryRun) return { ...planned, ...(await this.store.leftovers()) };
    const leftovers = await this.store.remove(this.guard, async (shelf) => {
      planned = await planPrune(shelf, keep);
      return planned.removed;
    });
    return { ...planned, ...leftovers };
  }

  /**
   * Runs a retraining while no other one is under way, in this process or another. Everybody else may
   * go on changing the registry meanwhile.
   * @throws CtrError NO_MODEL, RETRAIN_UNDER_WAY
   */
  async retraining<T>(work: () => Promise<T>): Promise<T> {
    if ((await this.current()) === undefined) this.refuseEmpty();
    return this.store.retraining(work);
  }

  /** A change that names a version: it must exist, and nobody can prune it meanwhile. */
  private async change(version: string, decide: (shelf: Shelf) => Promise<Edit>): Promise<void> {
    // Before as well: there may be no folder to lock.
    await checkKnown(this.store, version);
    await this.store.change(this.guard, async (shelf) => {
      await checkKnown(shelf, version);
      return decide(shelf);
    });
  }

  /** A change that changes nothing takes no turn, so that a registry that may only be read allows it. */
  private async changeRollout(
    change: (rollout: Rollout) => Rollout,
    version?: string,
  ): Promise<void> {
    const decide = async (shelf: Shelf): Promise<Edit> => {
      return { rollout: await changedRollout(() => shelf.rollout(), change) };
    };
    if ((await decide(this.store)).rollout === undefined) return;
    if (version !== undefined) return this.change(version, decide);
    await this.store.change(this.guard, decide);
  }

  private refuseEmpty(): never {
    const { pointerName } = this.store;
    throw new CtrError('NO_MODEL', `${pointerName} names no version that serves; train one first`);
  }

  private refuseRollback(): never {
    throw new CtrError('NO_PREVIOUS', `${this.store.pointerName} remembers none; promote one`);
  }
}

async function point(shelf: Shelf, version: string): Promise<Edit> {
  const served = await shelf.pointer();
  return served[0] === version ? {} : { pointer: [version, ...served] };
}

/** What the pointer says after a roll-back. */
async function rollBack(shelf: Shelf): Promise<string[]> {
  const [served, versions] = await Promise.all([shelf.pointer(), shelf.versions()]);
  return rolledBack(served, new Set(versions));
}

async function checkKnown(shelf: Shelf, version: string): Promise<void> {
  if (!(await shelf.versions()).includes(version)) throw new CtrError('VERSION_UNKNOWN', version);
}
