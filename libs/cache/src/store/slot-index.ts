/*
 * The index of a store: which slot the entry of a key stands in.
 *
 * ```
 * any keys     hash table   key ──hash──▶ slot
 * cell numbers array        [ 0 | 0 | 7 | 0 | 2 | … ]   at the cell's number its slot, or 0
 * ```
 * No entry stands in slot 0, so 0 says that there is none.
 */
import { CacheError } from '../errors.js';
import type { CellKey } from '../keys/keys.js';

/** Bytes that an array takes for each cell of the model, kept or not. */
export const CELL_BYTES = Int32Array.BYTES_PER_ELEMENT;

/** Finds slots by key. */
export interface SlotIndex {
  /** What it takes beside its share in `ENTRY_BYTES`. */
  readonly bytes: number;
  /**
   * The slot of `key`, 0 when it has none.
   * @throws CacheError KEY_INVALID when this index never holds such a key
   */
  find(key: CellKey): number;
  /** Sets the slot of a key that was looked for before. */
  put(key: CellKey, slot: number): void;
  /** Forgets the slot of a key that has one. */
  drop(key: CellKey): void;
}

/**
 * An array where the model's cells are numbered and the array leaves at least half of the room to
 * answers, else a hash table.
 * @param cells how many cells the model numbers from 0; undefined when keys may be anything
 * @param bytes the room for index and answers together
 */
export function indexFor(cells: number | undefined, bytes: number): SlotIndex {
  const direct = cells !== undefined && 2 * CELL_BYTES * cells <= bytes;
  return direct ? new CellIndex(cells) : new HashIndex();
}

/** Slots by hash of the key. */
class HashIndex implements SlotIndex {
  readonly bytes = 0;
  private readonly slots = new Map<CellKey, number>();

  find(key: CellKey): number {
    return this.slots.get(key) ?? 0;
  }

  put(key: CellKey, slot: number): void {
    this.slots.set(key, slot);
  }

  drop(key: CellKey): void {
    this.slots.delete(key);
  }
}

/** Slots by number of the cell. The system gives memory to the array where cells are first kept. */
class CellIndex implements SlotIndex {
  private readonly slots: Int32Array;

  constructor(cells: number) {
    this.slots = new Int32Array(cells);
  }

  get bytes(): number {
    return this.slots.byteLength;
  }

  find(key: CellKey): number {
    // A text such as '7' is asked about first, because the array would take it for the number.
    const slot = typeof key === 'number' ? this.slots[key] : undefined;
    if (slot === undefined) throw this.refusal(key);
    return slot;
  }

  put(key: CellKey, slot: number): void {
    this.slots[key as number] = slot;
  }

  drop(key: CellKey): void {
    this.slots[key as number] = 0;
  }

  private refusal(key: CellKey): CacheError {
    const wanted = `a whole number from 0 to ${this.slots.length - 1}`;
    return new CacheError('KEY_INVALID', `cell must be ${wanted}, got ${typeof key} ${key}`);
  }
}
