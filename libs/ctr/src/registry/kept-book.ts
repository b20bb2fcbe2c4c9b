/*
 * The book in its bucket, read and replaced:
 *
 *   read ─▶ guard, next ─▶ write, if it is still what was read
 *    ▲                       │ it is not, or no answer came
 *    └──── wait a little ◀───┘
 *
 * A write that got no answer may have been done, and may still be on its way. The names of changes in the
 * book tell the first. Against the second, another write that changes nothing takes its place: then the
 * late one finds another book than it asks for. So whoever is told that a change failed can rely on it,
 * unless he is told that nobody knows.
 */
import { randomUUID } from 'node:crypto';
import { CtrError } from '../errors.js';
import type { Condition, Objects } from '../objects/objects.js';
import { BOOK, bookText, EMPTY_BOOK, readBook, signed, type Book } from './book.js';
import { systemClock, type Clock, type LockOptions } from './lock.js';
import type { Guard } from './store.js';

/** Milliseconds that a change tries to come first. */
const WAIT = 45_000;
/** An object that is only there while the store is asked for its conditions; of another name each time. */
const PROBE = 'condition';
/** Milliseconds of the shortest and the longest wait between two tries. */
const BACK_OFF = { least: 10, most: 1000 };

/** A book and the ETag that it was read with; none while there is no such object. */
interface ReadBook {
  readonly book: Book;
  readonly etag?: string;
}

/** What became of the writes of a change, for whoever has to clear up after one that failed. */
export interface Sent {
  /** Whether one was sent of which it is not known that it came to nothing. */
  inDoubt: boolean;
}

export class KeptBook {
  readonly clock: Clock;
  /** What errors call it. */
  readonly name: string;
  /** Why nothing may be changed from here any more; undefined as long as it may. */
  lost: CtrError | undefined;
  private isChecked = false;
  /** What was read last, which a store need not send again. */
  private known: ReadBook | undefined;

  constructor(
    private readonly objects: Objects,
    private readonly options: LockOptions,
  ) {
    this.clock = options.clock ?? systemClock;
    this.name = objects.nameOf(BOOK);
  }

  /** What the registry says now. @throws CtrError REGISTRY_BROKEN */
  async read(): Promise<ReadBook> {
    const { known } = this;
    const found = await this.objects.get(BOOK, known?.etag);
    if (found === 'same') return known!;
    // No change deletes it: whoever would take it for an empty registry would begin a second one.
    if (found === undefined && known?.etag !== undefined) {
      const detail = `${this.name} was there and is gone; put an earlier one back`;
      throw new CtrError('REGISTRY_BROKEN', detail);
    }
    this.known =
      found === undefined
        ? { book: EMPTY_BOOK }
        : { book: readBook(found.bytes, this.name), etag: found.etag };
    return this.known;
  }

  /**
   * Replaces the book by what `next` makes of it, when nobody else has replaced it meanwhile.
   * @param next undefined for what is to stay
   * @param sent is told when the change may have been made although this throws
   * @throws CtrError REGISTRY_BUSY if others come first again and again
   */
  async swap(
    guard: Guard,
    next: (book: Book) => Promise<Book | undefined>,
    sent: Sent = { inDoubt: false },
  ): Promise<void> {
    const { wait = WAIT, signal } = this.options;
    const deadline = this.clock.now() + wait;
    const change = randomUUID();
    /**
     * A write that got no answer, or was told that somebody came first, which may have been itself: it may
     * still come, as long as the book is as it was asked to replace.
     */
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
      // A book that is away for a moment proves nothing.
      if (etag !== undefined) sent.inDoubt = false;
      signal?.throwIfAborted();
      if (tries > 0 && isLate) throw this.busy();
      await guard();
      const wanted = await next(book);
      if (this.lost) throw this.lost;
      if (wanted === undefined) return;
      await this.checkConditions();
      sent.inDoubt = true;
      if (await this.write(signed(wanted, change), etag)) return;
      doubt = { etag };
    }
  }

  /**
   * A store that ignores conditions would lose changes in silence. It is asked, once, to write what it must
   * not write: in the place of an object that is not there, and of one that is.
   * @throws CtrError STORE_REFUSED
   */
  async checkConditions(): Promise<void> {
    if (this.isChecked) return;
    const probe = `${PROBE}-${randomUUID()}`;
    const isDone = async (when: Condition): Promise<boolean> =>
      (await this.objects.put(probe, '', when)) !== undefined;
    const ignored: string[] = [];
    try {
      if (await isDone({ etag: 'none' })) ignored.push('If-Match');
      await isDone('absent');
      if (await isDone('absent')) ignored.push('If-None-Match');
    } finally {
      // Who may not delete leaves an empty object behind, and is told no more than whoever may.
      await this.objects.remove([probe]).catch(() => {});
    }
    if (ignored.length > 0) {
      const detail = `${this.objects.nameOf()} is in a store that ignores ${ignored.join(' and ')}; wanted one that keeps conditions on writes`;
      throw new CtrError('STORE_REFUSED', detail);
    }
    this.isChecked = true;
  }

  /** @returns false if it may not have been done: only reading the book tells */
  private async write(book: Book, etag: string | undefined): Promise<boolean> {
    const when = etag === undefined ? 'absent' : { etag };
    try {
      return (await this.objects.put(BOOK, bookText(book), when)) !== undefined;
    } catch (error) {
      if (error instanceof CtrError && error.code === 'STORE_UNREACHABLE') return false;
      throw error;
    }
  }

  private doubtful(): CtrError {
    const detail = `${this.name} may have been changed, or not: no answer came; look what it says`;
    return new CtrError('STORE_UNREACHABLE', detail);
  }

  private busy(): CtrError {
    const detail = `${this.name} is changed by others again and again; try again`;
    return new CtrError('REGISTRY_BUSY', detail);
  }
}

/** Milliseconds before another try: longer from try to try, and never the same for two. */
function backOff(tries: number): number {
  const { least, most } = BACK_OFF;
  return Math.min(most, least * 2 ** Math.min(tries, 10)) * (0.5 + Math.random());
}
