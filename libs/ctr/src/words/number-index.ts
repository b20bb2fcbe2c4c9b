/*
 * Numbers, or pairs of them, by place: what a Map of strings would be to a pair, in 8 bytes a number and
 * 6 to 8 more for each entry.
 */
export class NumberIndex {
  private readonly slots: Int32Array;
  private readonly bits = new Float64Array(1);
  private readonly halves = new Uint32Array(this.bits.buffer);

  /**
   * @param keys different tuples of `width` numbers, one after the other
   * @throws RangeError if one is there twice, or is no number
   */
  constructor(
    readonly keys: Float64Array,
    readonly width: number,
  ) {
    const size = keys.length / width;
    this.slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(4, 1.5 * size))));
    for (let entry = 0; entry < size; entry++) {
      const key = keys.subarray(entry * width, (entry + 1) * width);
      if (key.some(Number.isNaN)) throw new RangeError(`entry ${entry} is no number`);
      const place = this.slotOf(key);
      if (this.slots[place] > 0) throw new RangeError(`entry ${entry} is there twice`);
      this.slots[place] = entry + 1;
    }
  }

  get size(): number {
    return this.keys.length / this.width;
  }

  /** The place of a tuple; −1 if it is none of these, or part of it is NaN. */
  placeOf(key: ArrayLike<number>): number {
    return this.slots[this.slotOf(key)] - 1;
  }

  private slotOf(key: ArrayLike<number>): number {
    const { keys, width, slots, bits, halves } = this;
    const mask = slots.length - 1;
    let hash = 0;
    for (let i = 0; i < width; i++) {
      // −0 and 0 are the same number.
      bits[0] = key[i] + 0;
      hash = Math.imul(hash ^ halves[0], 0x85ebca6b);
      hash = Math.imul((hash ^ (hash >>> 13)) + halves[1], 0xc2b2ae35);
      hash ^= hash >>> 16;
    }
    let slot = hash & mask;
    for (; slots[slot] > 0; slot = (slot + 1) & mask) {
      const at = (slots[slot] - 1) * width;
      let i = 0;
      while (i < width && keys[at + i] === key[i]) i++;
      if (i === width) break;
    }
    return slot;
  }
}

/** The different tuples of some columns, by first appearance; rows with NaN in one have none. */
export function indexRows(columns: readonly Float64Array[]): {
  readonly index: NumberIndex;
  /** By row: the place of its tuple; −1: none. */
  readonly places: Int32Array;
} {
  const width = columns.length;
  const rows = columns[0].length;
  const places = new Int32Array(rows);
  const found = new Map<string | number, number>();
  const keys: number[] = [];
  for (let row = 0; row < rows; row++) {
    const tuple = columns.map((column) => column[row]);
    if (tuple.some(Number.isNaN)) {
      places[row] = -1;
      continue;
    }
    const name = width === 1 ? tuple[0] : tuple.join();
    const place = found.get(name) ?? found.size;
    if (place === found.size) {
      found.set(name, place);
      for (const number of tuple) keys.push(number + 0);
    }
    places[row] = place;
  }
  return { index: new NumberIndex(Float64Array.from(keys), width), places };
}
