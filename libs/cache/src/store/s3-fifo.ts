/*
 * A bounded store whose eviction is S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you
 * need for cache eviction", SOSP 2023).
 *
 * ```
 *             new ──▶ [ small: a tenth ] ──read again──▶ [ main ] ◀─┐ read since: once more around,
 *                            │ not                          │ ──────┘ up to three times
 *                            ▼                              ▼
 *      asked for again ◀── ghost (hashes only)            gone
 *       goes to main
 * ```
 * A scan, keys that are asked for once, washes through a tenth of the room and leaves the rest alone.
 * A hit is one look into the index and one byte counted up: nothing is moved, nothing allocated. Where
 * the keys are the numbers of a model's cells, the index is an array by cell and nothing is hashed
 * before there is no room for all of them.
 * One departure from the paper: a single read in the small queue earns a place in main, where the
 * paper asks for two. It costs nothing on stationary traffic and a point or two less where
 * popularity moves (bench/eviction.mjs).
 *
 * Why not lru-cache (11.5.3): it hits 3 to 12 points less where room is scarce or scans pass by
 * (bench/eviction.mjs; the table is in the README). npm has no maintained S3-FIFO.
 *
 * Slots 0 and 1 are the queues themselves, slots from 2 are entries; each queue is a ring of slots:
 * next[queue] is its newest entry, previous[queue] its oldest.
 */
import { CacheError } from '../errors.js';
import { hashKey } from '../keys/hash.js';
import type { CellKey } from '../keys/keys.js';
import { Ghost } from './ghost.js';
import { keyBytes } from './sizing.js';
import { type SlotIndex, indexFor } from './slot-index.js';
import { SlotArrays } from './slots.js';

const SMALL = 0;
const MAIN = 1;
const SMALL_SHARE = 0.1;
/** Reads beyond these do not count: what was popular long ago leaves after three rounds. */
const MOST_READS = 3;

/** What a store holds at most, and for how long. */
export interface StoreLimits<V> {
  /** Most entries, at least 1. */
  readonly entries: number;
  /** Most bytes, the index included; Infinity for no such bound. */
  readonly bytes: number;
  /** Milliseconds that an entry is served; 0 for good. */
  readonly ttlMs: number;
  readonly sizeOf: (value: V) => number;
  readonly now: () => number;
}

/** Counts of entries that left a store and of values it did not take. Stores may share them. */
export interface Departures {
  /** Entries pushed out of the main queue. */
  evictions: number;
  /** Entries that left the small queue unread, and values larger than all the room there is. */
  refused: number;
  /** Entries found too old. */
  expired: number;
}

/** Keeps values by key within limits of number, bytes and age; the head of this file says how. */
export class S3Fifo<V extends NonNullable<unknown>> {
  private readonly keys: (CellKey | undefined)[] = [undefined, undefined];
  private readonly values: (V | undefined)[] = [undefined, undefined];
  private readonly slots: SlotArrays;
  private readonly count = [0, 0];
  private readonly held = [0, 0];
  private readonly smallCount: number;
  /** Made at the first eviction: many caches never fill. */
  private ghost: Ghost | undefined;

  constructor(
    private readonly limits: StoreLimits<V>,
    private readonly departures: Departures,
    private readonly index: SlotIndex = indexFor(undefined, limits.bytes),
  ) {
    this.slots = new SlotArrays(limits.entries);
    this.smallCount = Math.max(1, Math.round(limits.entries * SMALL_SHARE));
  }

  /** Entries held. One that is too old counts until it is looked up or pushed out. */
  get size(): number {
    return this.count[SMALL]! + this.count[MAIN]!;
  }

  /** What the entries take, by `sizeOf` and the store's own share, and an array of all cells. */
  get bytes(): number {
    return this.held[SMALL]! + this.held[MAIN]! + this.index.bytes;
  }

  /**
   * The value of `key`, or undefined when it is unknown or too old.
   * @throws CacheError KEY_INVALID when the store is for numbered cells and `key` is none of them
   */
  get(key: CellKey): V | undefined {
    const slot = this.index.find(key);
    if (slot === 0) return undefined;
    const { slots, limits } = this;
    if (limits.ttlMs > 0 && slots.expires[slot]! <= limits.now()) {
      this.remove(slot);
      this.departures.expired++;
      return undefined;
    }
    const reads = slots.reads[slot]!;
    if (reads < MOST_READS) slots.reads[slot] = reads + 1;
    return this.values[slot];
  }

  /**
   * Keeps `value` under `key`, if there is room for it at all.
   * @throws CacheError SIZE_INVALID when `sizeOf` gives no number from 0; KEY_INVALID as `get`
   */
  set(key: CellKey, value: V): void {
    const cost = this.costOf(key, value);
    const slot = this.index.find(key);
    if (cost + this.index.bytes > this.limits.bytes) {
      if (slot !== 0) this.remove(slot);
      this.departures.refused++;
    } else if (slot === 0) this.insert(key, value, cost);
    else this.update(slot, value, cost);
  }

  private costOf(key: CellKey, value: V): number {
    const size = this.limits.sizeOf(value);
    if (!(size >= 0 && size < Infinity)) {
      throw new CacheError('SIZE_INVALID', `sizeOf must give a number from 0, got ${size}`);
    }
    // Whole numbers, so that the sum is exact however often entries come and go.
    return keyBytes(key) + Math.ceil(size);
  }

  private insert(key: CellKey, value: V, cost: number): void {
    const { entries, bytes } = this.limits;
    while (this.size >= entries || this.bytes + cost > bytes) this.evict();
    const queue = this.ghost?.take(hashKey(key)) ? MAIN : SMALL;
    const slot = this.slots.take();
    this.slots.reads[slot] = 0;
    this.slots.cost[slot] = cost;
    this.keys[slot] = key;
    this.store(slot, value);
    this.index.put(key, slot);
    this.link(slot, queue);
  }

  private update(slot: number, value: V, cost: number): void {
    const { slots, held } = this;
    held[slots.queue[slot]!]! += cost - slots.cost[slot]!;
    slots.cost[slot] = cost;
    this.store(slot, value);
    while (this.bytes > this.limits.bytes) this.evict();
  }

  private store(slot: number, value: V): void {
    const { ttlMs, now } = this.limits;
    this.values[slot] = value;
    if (ttlMs > 0) this.slots.expires[slot] = now() + ttlMs;
  }

  /** Moves or drops one entry. Each move uses up a read, so after some moves an entry is dropped. */
  private evict(): void {
    const room = this.limits.bytes - this.index.bytes;
    const full = this.count[SMALL]! >= this.smallCount || this.held[SMALL]! >= SMALL_SHARE * room;
    if (this.count[SMALL]! > 0 && (full || this.count[MAIN] === 0)) this.evictSmall();
    else this.evictMain();
  }

  private evictSmall(): void {
    const { slots } = this;
    const slot = slots.previous[SMALL]!;
    if (slots.reads[slot]! > 0) {
      slots.reads[slot] = 0;
      this.unlink(slot);
      this.link(slot, MAIN);
      return;
    }
    // As long as the main queue is when the store is full for the first time.
    this.ghost ??= new Ghost(Math.max(1, this.size - Math.round(this.size * SMALL_SHARE)));
    this.ghost.add(hashKey(this.keys[slot]!));
    this.remove(slot);
    this.departures.refused++;
  }

  private evictMain(): void {
    const { slots } = this;
    const slot = slots.previous[MAIN]!;
    if (slots.reads[slot]! > 0) {
      slots.reads[slot]!--;
      this.unlink(slot);
      this.link(slot, MAIN);
      return;
    }
    this.remove(slot);
    this.departures.evictions++;
  }

  private remove(slot: number): void {
    this.unlink(slot);
    this.index.drop(this.keys[slot]!);
    this.keys[slot] = undefined;
    this.values[slot] = undefined;
    this.slots.release(slot);
  }

  private link(slot: number, queue: number): void {
    this.slots.link(slot, queue);
    this.count[queue]!++;
    this.held[queue]! += this.slots.cost[slot]!;
  }

  private unlink(slot: number): void {
    const queue = this.slots.unlink(slot);
    this.count[queue]!--;
    this.held[queue]! -= this.slots.cost[slot]!;
  }
}
