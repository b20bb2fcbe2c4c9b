/* What a registry is kept in: a folder, a bucket, or the folder of one version. */
import type { Rollout } from './rollout.js';
import type { VersionFiles } from './staging.js';

/** What no version that the registry names is made of. */
export interface Leftovers {
  /** What processes that were killed had left behind, and is gone now, or would be. */
  readonly swept: readonly string[];
  /**
   * Complete versions that the registry does not name, and nothing removes: being published at this
   * moment, or never published, or of a registry that forgot them. Only of buckets.
   */
  readonly unknown?: readonly string[];
}

/** What a registry says, at one moment or at every question anew. */
export interface Shelf {
  /** The version that serves, then those that did before it, the latest first; empty if none ever did. */
  pointer(): Promise<readonly string[]>;
  /** All versions, oldest first. */
  versions(): Promise<string[]>;
  /** The version of every tag, by tag. */
  tags(): Promise<ReadonlyMap<string, string>>;
  /** @throws CtrError ROLLOUT_INVALID */
  rollout(): Promise<Rollout>;
}

/** What a change makes of it; what is left out stays as it is. */
export interface Edit {
  readonly pointer?: readonly string[];
  readonly rollout?: Rollout;
  /** A tag and its version, or null for none any more. */
  readonly tag?: readonly [name: string, version: string | null];
}

/** A last check before a change; what it throws, the change throws, and nothing has changed. */
export type Guard = () => Promise<void>;

/** Derives a change from what the registry says when nobody else can change it. */
export type Decide = (shelf: Shelf) => Promise<Edit>;

/**
 * Changes are whole and one after another, whoever makes them: what `guard` and `decide` have seen holds
 * until the change is made. A store that waits runs them again, with what is true then.
 */
export interface RegistryStore extends Shelf {
  /** The folder, or the address of the bucket, as people write it. */
  readonly location: string;
  /** What errors call the place of the pointer. */
  readonly pointerName: string;
  /** @throws CtrError REGISTRY_BUSY, REGISTRY_READ_ONLY, STORE_* */
  change(guard: Guard, decide: Decide): Promise<void>;
  /**
   * Looks whether changes would be refused whatever they are, where that can be told without making one.
   * @throws CtrError REGISTRY_READ_ONLY, STORE_*
   */
  checkWritable(): Promise<void>;
  /**
   * Stores a version under `name`, or, where that is taken, the name and a number. It is seen whole, and
   * no sooner than `decide` is done.
   * @returns the version
   */
  add(
    guard: Guard,
    name: string,
    files: VersionFiles,
    decide: (shelf: Shelf, version: string) => Promise<Edit>,
  ): Promise<string>;
  /**
   * Deletes versions, and what processes that were killed have left behind.
   * @param choose which of the versions go
   * @returns what was left behind
   */
  remove(guard: Guard, choose: (shelf: Shelf) => Promise<readonly string[]>): Promise<Leftovers>;
  /** What `remove` would find left behind, as far as that can be told without a turn. */
  leftovers(): Promise<Leftovers>;
  /** What people call a file of a version: a path, or an address. */
  fileOf(version: string, name: string): string;
  /**
   * A file of a version: its path, which may not exist, or its bytes.
   * @throws an error of code ENOENT if it is not there; CtrError STORE_*
   */
  fetch(version: string, name: string): Promise<string | Uint8Array>;
  /** Differs when the file does; undefined for one that is not there. @throws CtrError STORE_* */
  stamp(version: string, name: string): Promise<string | undefined>;
  /** Runs long work while nobody else does. @throws CtrError RETRAIN_UNDER_WAY */
  retraining<T>(work: () => Promise<T>): Promise<T>;
}
