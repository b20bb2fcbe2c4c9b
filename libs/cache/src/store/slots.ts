/** How many queues there are; their numbers are the first slots. */
const QUEUES = 2;
const FIRST_SLOTS = 1024;

/**
 * What a store knows of each entry, one typed array a field, and the rings that the entries stand
 * in. Slots are numbers: those below 2 are the heads of the queues, the others are entries. Grows
 * by doubling, because a bound is often far above what is ever held.
 */
export class SlotArrays {
  next: Int32Array;
  previous: Int32Array;
  /** Which queue the entry stands in. */
  queue: Uint8Array;
  /** Reads since the entry came, or came around. */
  reads: Uint8Array;
  /** When the entry is too old. */
  expires: Float64Array;
  /** Bytes. */
  cost: Float64Array;
  private used = QUEUES;
  /** First of the released slots, which are chained by `next`; 0 for none. */
  private free = 0;

  /** @param entries most entries that are ever held at once */
  constructor(private readonly entries: number) {
    const length = Math.min(entries, FIRST_SLOTS) + QUEUES;
    this.next = new Int32Array(length);
    this.previous = new Int32Array(length);
    this.queue = new Uint8Array(length);
    this.reads = new Uint8Array(length);
    this.expires = new Float64Array(length);
    this.cost = new Float64Array(length);
    for (let queue = 0; queue < QUEUES; queue++) {
      this.next[queue] = queue;
      this.previous[queue] = queue;
    }
  }

  /** A slot that is in no queue. */
  take(): number {
    if (this.free !== 0) {
      const slot = this.free;
      this.free = this.next[slot]!;
      return slot;
    }
    if (this.used === this.next.length) this.grow();
    return this.used++;
  }

  /** Takes back a slot that is in no queue. */
  release(slot: number): void {
    this.next[slot] = this.free;
    this.free = slot;
  }

  /** Makes `slot` the newest of a queue. */
  link(slot: number, queue: number): void {
    const newest = this.next[queue]!;
    this.queue[slot] = queue;
    this.previous[slot] = queue;
    this.next[slot] = newest;
    this.previous[newest] = slot;
    this.next[queue] = slot;
  }

  /** Takes `slot` out of its queue. @returns the queue's number */
  unlink(slot: number): number {
    const before = this.previous[slot]!;
    const after = this.next[slot]!;
    this.next[before] = after;
    this.previous[after] = before;
    return this.queue[slot]!;
  }

  private grow(): void {
    const length = Math.min(2 * this.next.length, this.entries + QUEUES);
    this.next = copied(new Int32Array(length), this.next);
    this.previous = copied(new Int32Array(length), this.previous);
    this.queue = copied(new Uint8Array(length), this.queue);
    this.reads = copied(new Uint8Array(length), this.reads);
    this.expires = copied(new Float64Array(length), this.expires);
    this.cost = copied(new Float64Array(length), this.cost);
  }
}

function copied<A extends Int32Array | Uint8Array | Float64Array>(to: A, from: A): A {
  to.set(from);
  return to;
}
