/*
 * A registry in a bucket:
 *
 *   <prefix>/registry.json                    what serves, served, is tried and tagged, and all versions
 *   <prefix>/versions/<version>/model.adsf    written first, and only if it is not there: it takes the name
 *   <prefix>/versions/<version>/…             likewise: no file of a version is ever written twice
 *   <prefix>/versions/<version>/model.json    written last
 *   <prefix>/retrain.json                     the lease of a retraining
 *
 * A version is seen when registry.json names it, which is after all of its objects are there, and in the
 * same write that makes it serve. Who is killed before leaves objects that nobody sees, which `remove`
 * deletes when they are a day old, unless the card is among them: then it may be a version of which an older
 * registry.json knows nothing, and is only named. A publication that takes longer than an hour gives up before, so that
 * nothing is deleted of one that is still to come.
 */
import { createHash } from 'node:crypto';
import { CtrError } from '../errors.js';
import type { Objects } from '../objects/objects.js';
import { edited, shelfOf, type Book } from './book.js';
import { KeptBook, type Sent } from './kept-book.js';
import { leased } from './lease.js';
import type { LockOptions } from './lock.js';
import type { Rollout } from './rollout.js';
import { VERSIONS, type VersionFiles } from './staging.js';
import type { Decide, Edit, Guard, Leftovers, RegistryStore, Shelf } from './store.js';
import { CARD_FILE, MODEL_FILE } from './versions.js';

/** Milliseconds that a publication may take. */
const LONGEST = 3_600_000;
/** Milliseconds after which objects that belong to no version count as left behind. */
const PATIENCE = 24 * 3_600_000;
/** So many names of removed versions are remembered, in case their objects were not all deleted. */
const MOST_REMOVED = 1000;

export class BucketStore implements RegistryStore {
  private readonly kept: KeptBook;

  constructor(
    private readonly objects: Objects,
    private readonly options: LockOptions = {},
  ) {
    this.kept = new KeptBook(objects, options);
  }

  get location(): string {
    return this.objects.nameOf();
  }

  get pointerName(): string {
    return this.kept.name;
  }

  async pointer(): Promise<readonly string[]> {
    return (await this.kept.read()).book.served;
  }

  async versions(): Promise<string[]> {
    return (await this.shelf()).versions();
  }

  async tags(): Promise<ReadonlyMap<string, string>> {
    return (await this.shelf()).tags();
  }

  async rollout(): Promise<Rollout> {
    return (await this.shelf()).rollout();
  }

  change(guard: Guard, decide: Decide): Promise<void> {
    return this.kept.swap(guard, async (book) =>
      edited(book, await decide(shelfOf(book, this.pointerName))),
    );
  }

  checkWritable(): Promise<void> {
    return this.kept.checkConditions();
  }

  async add(
    guard: Guard,
    name: string,
    files: VersionFiles,
    decide: (shelf: Shelf, version: string) => Promise<Edit>,
  ): Promise<string> {
    const begun = this.kept.clock.now();
    await this.kept.checkConditions();
    const { version, etags } = await this.upload(name, files);
    const digest = createHash('sha256').update(files[MODEL_FILE]).digest('hex');
    const sent: Sent = { inDoubt: false };
    const named = async (book: Book): Promise<Book> => {
      if (this.kept.clock.now() - begun > LONGEST) {
        const detail = `${this.fileOf(version, '')} took more than an hour to write; try again`;
        throw new CtrError('STORE_UNREACHABLE', detail);
      }
      await this.checkThere(version, etags);
      const edit = await decide(shelfOf(book, this.pointerName), version);
      return {
        ...(edited(book, edit) ?? book),
        versions: { ...book.versions, [version]: digest },
      };
    };
    try {
      await this.kept.swap(guard, named, sent);
      return version;
    } catch (error) {
      // Whatever went wrong: it may be published all the same.
      if (!sent.inDoubt) await this.takeBack(version, files);
      throw error;
    }
  }

  async remove(
    guard: Guard,
    choose: (shelf: Shelf) => Promise<readonly string[]>,
  ): Promise<Leftovers> {
    let removed: readonly string[] = [];
    await this.kept.swap(guard, async (book) => {
      removed = await choose(shelfOf(book, this.pointerName));
      if (removed.length === 0) return undefined;
      const versions = { ...book.versions };
      for (const version of removed) delete versions[version];
      return { ...book, versions, removed: [...book.removed, ...removed].slice(-MOST_REMOVED) };
    });
    const { going, gone, unknown } = await this.look(removed);
    await this.objects.remove([...going, ...gone].flatMap(({ keys }) => keysToRemove(keys)));
    return { swept: gone.map(({ name }) => name), unknown };
  }

  async leftovers(): Promise<Leftovers> {
    const { gone, unknown } = await this.look([]);
    return { swept: gone.map(({ name }) => name), unknown };
  }

  fileOf(version: string, name: string): string {
    return this.objects.nameOf(keyOf(version, name));
  }

  async fetch(version: string, name: string): Promise<Uint8Array> {
    const found = await this.objects.get(keyOf(version, name));
    const path = this.fileOf(version, name);
    if (found === undefined || found === 'same') {
      throw Object.assign(new Error(`${path} is not there`), { code: 'ENOENT', path });
    }
    if (name === MODEL_FILE) await this.checkDigest(version, found.bytes);
    return found.bytes;
  }

  stamp(version: string, name: string): Promise<string | undefined> {
    return this.objects.head(keyOf(version, name));
  }

  async retraining<T>(work: () => Promise<T>): Promise<T> {
    const onLost = (error: CtrError) => (this.kept.lost = error);
    try {
      return await leased(this.objects, work, this.options, onLost);
    } finally {
      this.kept.lost = undefined;
    }
  }

  private async shelf(): Promise<Shelf> {
    return shelfOf((await this.kept.read()).book, this.kept.name);
  }

  /** Writes the files of a version under the first name that nobody has taken. */
  private async upload(name: string, files: VersionFiles): Promise<Uploaded> {
    for (let number = 1; ; number++) {
      this.options.signal?.throwIfAborted();
      const version = number === 1 ? name : `${name}-${number}`;
      const etags = await this.uploadAs(version, files);
      if (etags) return { version, etags };
    }
  }

  /** @returns undefined if the name is taken */
  private async uploadAs(
    version: string,
    files: VersionFiles,
  ): Promise<Map<string, string> | undefined> {
    const etags = new Map<string, string>();
    for (const [file, contents] of Object.entries(files)) {
      const key = keyOf(version, file);
      const etag = await this.objects.put(key, contents, 'absent');
      if (etag === undefined) return undefined;
      etags.set(file, etag);
    }
    return etags;
  }

  /** What was written may have been deleted before it is named, by somebody who took it for left behind. */
  private async checkThere(version: string, etags: ReadonlyMap<string, string>): Promise<void> {
    for (const [file, etag] of etags) {
      const got = await this.stamp(version, file);
      if (got === etag) continue;
      const what = got === undefined ? 'is gone' : 'was replaced';
      const detail = `${this.fileOf(version, file)} ${what} before ${version} was published; try again`;
      throw new CtrError('VERSION_BROKEN', detail);
    }
  }

  /** Deletes what a publication that came to nothing has written, unless the book names it. */
  private async takeBack(version: string, files: VersionFiles): Promise<void> {
    try {
      if (Object.hasOwn((await this.kept.read()).book.versions, version)) return;
      await this.objects.remove(
        keysToRemove(Object.keys(files).map((file) => keyOf(version, file))),
      );
    } catch {
      // They are found when they are a day old.
    }
  }

  /** @throws CtrError VERSION_BROKEN for a model that is not the one that was published */
  private async checkDigest(version: string, bytes: Uint8Array): Promise<void> {
    const wanted = (await this.kept.read()).book.versions[version];
    const got = createHash('sha256').update(bytes).digest('hex');
    if (wanted === undefined || got === wanted) return;
    const detail = `${version}: ${MODEL_FILE} has SHA-256 ${got}, wanted ${wanted}, as it was published`;
    throw new CtrError('VERSION_BROKEN', detail);
  }

  /**
   * The objects that the book does not name, by version: `going` of what is removed now, `gone` of what
   * was begun or removed a day ago, and whatever else has a card, which is complete.
   * @throws CtrError REGISTRY_BROKEN if there are complete versions and no book
   */
  private async look(removed: readonly string[]): Promise<Unnamed> {
    const groups = new Map<string, { keys: string[]; latest: number }>();
    for (const { key, modified } of await this.objects.list(`${VERSIONS}/`)) {
      const version = key.split('/')[1];
      const { keys, latest } = groups.get(version) ?? { keys: [], latest: 0 };
      groups.set(version, { keys: [...keys, key], latest: Math.max(latest, modified) });
    }
    // Read after the list: what is listed and a day old has been published by now, or never will be.
    const { book, etag } = await this.kept.read();
    // By the same clock as the objects; without one, nothing is old.
    const now = this.objects.told ?? 0;
    const found: Unnamed = { going: [], gone: [], unknown: [] };
    for (const [version, { keys, latest }] of groups) {
      if (Object.hasOwn(book.versions, version)) continue;
      const group = { name: `${VERSIONS}/${version}`, keys };
      const isComplete = keys.includes(keyOf(version, CARD_FILE));
      if (removed.includes(version)) found.going.push(group);
      else if (isComplete && !book.removed.includes(version)) found.unknown.push(group.name);
      else if (etag !== undefined && now - latest > PATIENCE) found.gone.push(group);
    }
    if (etag === undefined && found.unknown.length > 0) {
      const detail = `${this.pointerName} is not there, yet ${found.unknown.join(', ')} are complete; put an earlier one back, or publish`;
      throw new CtrError('REGISTRY_BROKEN', detail);
    }
    return found;
  }
}

interface Uploaded {
  readonly version: string;
  /** Of its files, by name. */
  readonly etags: ReadonlyMap<string, string>;
}

/** Objects that the book does not name. */
interface Unnamed {
  readonly going: Group[];
  readonly gone: Group[];
  readonly unknown: string[];
}

interface Group {
  readonly name: string;
  readonly keys: readonly string[];
}

const keyOf = (version: string, name: string): string => `${VERSIONS}/${version}/${name}`;

/**
 * The card goes first: without it, a version is not complete. The model goes last: as long as it is there,
 * nobody takes the name.
 */
function keysToRemove(keys: readonly string[]): string[] {
  const place = (key: string): number =>
    key.endsWith(`/${CARD_FILE}`) ? 0 : key.endsWith(`/${MODEL_FILE}`) ? 2 : 1;
  return [...keys].sort((a, b) => place(a) - place(b));
}
