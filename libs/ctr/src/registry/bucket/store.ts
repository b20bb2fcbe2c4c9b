/*
 * A registry in a bucket:
 *
 *   <prefix>/registry.json                    what serves, served, is tried and tagged, and all versions
 *   <prefix>/versions/<version>/model.adsf    written first, and only if it is not there: it takes the name
 *   <prefix>/versions/<version>/…             likewise: no file of a version is ever written twice
 *   <prefix>/versions/<version>/model.json    written last
 *   <prefix>/retrain.json                     the lease of a retraining
 *
 *   read registry.json ─▶ guard, decide ─▶ write it, if it is still what was read
 *         ▲                                  │ it is not
 *         └──────────── wait a little ◀──────┘
 *
 * A version is seen when registry.json names it, which is after all of its objects are there, and in the
 * same write that makes it serve. Who is killed before leaves objects that nobody sees, which `remove`
 * deletes when they are a day old; a publication that takes longer than an hour gives up before, so that
 * nothing is deleted of one that is still to come.
 */
import { createHash, randomUUID } from 'node:crypto';
import { CtrError } from '../../errors.js';
import { systemClock, type Clock, type LockOptions } from '../lock.js';
import type { Rollout } from '../rollout.js';
import { VERSIONS, type VersionFiles } from '../staging.js';
import type { Decide, Edit, Guard, RegistryStore, Shelf } from '../store.js';
import { MODEL_FILE } from '../versions.js';
import { BOOK, bookText, edited, EMPTY_BOOK, readBook, shelfOf, signed, type Book } from './book.js';
import { leased } from './lease.js';
import type { Objects } from './objects.js';

/** Milliseconds that a change tries to come first. */
const WAIT = 45_000;
/** Milliseconds that a publication may take. */
const LONGEST = 3_600_000;
/** Milliseconds after which objects that belong to no version count as left behind. */
const PATIENCE = 24 * 3_600_000;
/** Milliseconds of the shortest and the longest wait between two tries. */
const BACK_OFF = { least: 10, most: 1000 };

/** A book and the ETag that it was read with; none while there is no such object. */
interface ReadBook {
  readonly book: Book;
  readonly etag?: string;
}

export class BucketStore implements RegistryStore {
  private readonly clock: Clock;
  /** What was read last, which a store need not send again. */
  private known: ReadBook | undefined;
  /** Somebody else has begun a retraining, as this one gave no sign of life for too long. */
  private lost: CtrError | undefined;

  constructor(
    private readonly objects: Objects,
    private readonly options: LockOptions = {},
  ) {
    this.clock = options.clock ?? systemClock;
  }

  get location(): string {
    return this.objects.nameOf();
  }

  get pointerName(): string {
    return this.objects.nameOf(BOOK);
  }

  async pointer(): Promise<readonly string[]> {
    return (await this.read()).book.served;
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
    return this.swap(guard, async (book) =>
      edited(book, await decide(shelfOf(book, this.pointerName))),
    );
  }

  async add(
    guard: Guard,
    name: string,
    files: VersionFiles,
    decide: (shelf: Shelf, version: string) => Promise<Edit>,
  ): Promise<string> {
    const begun = this.clock.now();
    const version = await this.upload(name, files);
    const digest = createHash('sha256').update(files[MODEL_FILE]).digest('hex');
    try {
      await this.swap(guard, async (book) => {
        if (this.clock.now() - begun > LONGEST) {
          const detail = `${this.fileOf(version, '')} took more than an hour to write; try again`;
          throw new CtrError('STORE_UNREACHABLE', detail);
        }
        const edit = await decide(shelfOf(book, this.pointerName), version);
        return { ...(edited(book, edit) ?? book), versions: { ...book.versions, [version]: digest } };
      });
      return version;
    } catch (error) {
      // Without an answer, it may be published all the same.
      const isUnknown = error instanceof CtrError && error.code === 'STORE_UNREACHABLE';
      if (!isUnknown) await this.takeBack(version, files);
      throw error;
    }
  }

  async remove(
    guard: Guard,
    choose: (shelf: Shelf) => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    let removed: readonly string[] = [];
    await this.swap(guard, async (book) => {
      removed = await choose(shelfOf(book, this.pointerName));
      if (removed.length === 0) return undefined;
      const versions = { ...book.versions };
      for (const version of removed) delete versions[version];
      return { ...book, versions };
    });
    return this.sweep(removed);
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
    const onLost = (error: CtrError) => (this.lost = error);
    try {
      return await leased(this.objects, work, this.options, onLost);
    } finally {
      this.lost = undefined;
    }
  }

  private async shelf(): Promise<Shelf> {
    return shelfOf((await this.read()).book, this.pointerName);
  }

  /** What the registry says now. @throws CtrError REGISTRY_BROKEN */
  private async read(): Promise<ReadBook> {
    const found = await this.objects.get(BOOK, this.known?.etag);
    if (found === 'same') return this.known!;
    this.known =
      found === undefined
        ? { book: EMPTY_BOOK }
        : { book: readBook(found.bytes, this.pointerName), etag: found.etag };
    return this.known;
  }

  /**
   * Replaces the book by what `next` makes of it, when nobody else has replaced it meanwhile.
   * @param next undefined for what is to stay
   * @throws CtrError REGISTRY_BUSY if others come first again and again
   */
  private async swap(guard: Guard, next: (book: Book) => Promise<Book | undefined>): Promise<void> {
    const { wait = WAIT, signal } = this.options;
    const deadline = this.clock.now() + wait;
    const change = randomUUID();
    /** A write that got no answer: it may still come, as long as the book is as it was asked to replace. */
    let doubt: { readonly etag: string | undefined } | undefined;
    for (let tries = 0; ; tries++) {
      if (tries > 0) await this.clock.sleep(backOff(tries));
      const { book, etag } = await this.read();
      if (book.changes.includes(change)) return;
      const isLate = this.clock.now() >= deadline;
      if (doubt && doubt.etag === etag) {
        if (isLate) throw this.doubtful();
        // Another write in its place, which changes nothing, and the late one comes to nothing.
        await this.write(signed(book, randomUUID()), etag);
        continue;
      }
      doubt = undefined;
      signal?.throwIfAborted();
      if (tries > 0 && isLate) throw this.busy();
      await guard();
      const wanted = await next(book);
      if (this.lost) throw this.lost;
      if (wanted === undefined) return;
      const written = await this.write(signed(wanted, change), etag);
      if (written === 'done') return;
      if (written === 'unknown') doubt = { etag };
    }
  }

  /** @returns 'outrun' if somebody came first; 'unknown' if no answer came */
  private async write(book: Book, etag: string | undefined): Promise<'done' | 'outrun' | 'unknown'> {
    const when = etag === undefined ? 'absent' : { etag };
    try {
      return (await this.objects.put(BOOK, bookText(book), when)) === undefined ? 'outrun' : 'done';
    } catch (error) {
      if (error instanceof CtrError && error.code === 'STORE_UNREACHABLE') return 'unknown';
      throw error;
    }
  }

  private doubtful(): CtrError {
    const detail = `${this.pointerName} may have been changed, or not: no answer came; look what it says`;
    return new CtrError('STORE_UNREACHABLE', detail);
  }

  private busy(): CtrError {
    const detail = `${this.pointerName} is changed by others again and again; try again`;
    return new CtrError('REGISTRY_BUSY', detail);
  }

  /** Writes the files of a version under the first name that nobody has taken. @returns it */
  private async upload(name: string, files: VersionFiles): Promise<string> {
    for (let number = 1; ; number++) {
      this.options.signal?.throwIfAborted();
      const version = number === 1 ? name : `${name}-${number}`;
      if (await this.uploadAs(version, files)) return version;
    }
  }

  /** @returns false if the name is taken */
  private async uploadAs(version: string, files: VersionFiles): Promise<boolean> {
    for (const [file, contents] of Object.entries(files)) {
      const key = keyOf(version, file);
      if ((await this.objects.put(key, contents, 'absent')) === undefined) return false;
    }
    return true;
  }

  /** Deletes what a publication that came to nothing has written. */
  private async takeBack(version: string, files: VersionFiles): Promise<void> {
    try {
      await this.objects.remove(keysToRemove(Object.keys(files).map((file) => keyOf(version, file))));
    } catch {
      // They are found when they are a day old.
    }
  }

  /** @throws CtrError VERSION_BROKEN for a model that is not the one that was published */
  private async checkDigest(version: string, bytes: Uint8Array): Promise<void> {
    const wanted = (await this.read()).book.versions[version];
    const got = createHash('sha256').update(bytes).digest('hex');
    if (wanted === undefined || got === wanted) return;
    const detail = `${version}: ${MODEL_FILE} has SHA-256 ${got}, wanted ${wanted}, as it was published`;
    throw new CtrError('VERSION_BROKEN', detail);
  }

  /** Deletes the objects of versions that were removed, and those of no version that are a day old. */
  private async sweep(removed: readonly string[]): Promise<string[]> {
    const groups = new Map<string, { keys: string[]; latest: number }>();
    for (const { key, modified } of await this.objects.list(`${VERSIONS}/`)) {
      const version = key.split('/')[1];
      const { keys, latest } = groups.get(version) ?? { keys: [], latest: 0 };
      groups.set(version, { keys: [...keys, key], latest: Math.max(latest, modified) });
    }
    // Read after the list: what is listed and a day old has been published by now, or never will be.
    const { book } = await this.read();
    const swept: string[] = [];
    for (const [version, { keys, latest }] of groups) {
      if (Object.hasOwn(book.versions, version)) continue;
      const isRemoved = removed.includes(version);
      if (!isRemoved && Date.now() - latest <= PATIENCE) continue;
      await this.objects.remove(keysToRemove(keys));
      if (!isRemoved) swept.push(`${VERSIONS}/${version}`);
    }
    return swept;
  }
}

const keyOf = (version: string, name: string): string => `${VERSIONS}/${version}/${name}`;

/** The model goes last: as long as it is there, nobody takes the name. */
function keysToRemove(keys: readonly string[]): string[] {
  const isModel = (key: string) => key.endsWith(`/${MODEL_FILE}`);
  return [...keys.filter((key) => !isModel(key)), ...keys.filter(isModel)];
}

/** Milliseconds before another try: longer from try to try, and never the same for two. */
function backOff(tries: number): number {
  const { least, most } = BACK_OFF;
  return Math.min(most, least * 2 ** Math.min(tries, 10)) * (0.5 + Math.random());
}
