/*
 * An open vocabulary in little memory. A Map of a million strings takes about 100 bytes a word; this
 * takes the word's own UTF-8 bytes and 12 more:
 *
 *   bytes   | shoes | red shoes | … |      end to end
 *   ends    | 5     | 14        | … |      4 bytes a word
 *   slots   | 0 | 17 | 0 | 3 | …    |      word + 1 by hash, open addressing, at most 2 in 3 in use
 */
const encoder = new TextEncoder();
/** A byte order mark is part of a word: else two words would read as one. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Words that are looked up may have more bytes than this; they are encoded in a buffer of their own. */
const ROOM = 4096;

/** Different words, numbered from 0. */
export class Vocabulary {
  private readonly slots: Int32Array;
  private readonly room = new Uint8Array(ROOM);

  /**
   * @param bytes the words' UTF-8, end to end
   * @param ends where each ends
   * @throws RangeError if the two do not fit together, or a word is there twice
   */
  constructor(
    readonly bytes: Uint8Array,
    readonly ends: Uint32Array,
  ) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(4, 1.5 * ends.length)));
    this.slots = new Int32Array(size);
    for (let word = 0, from = 0; word < ends.length; from = ends[word++]) {
      if (ends[word] < from || ends[word] > bytes.length) {
        throw new RangeError(`word ${word} ends at ${ends[word]} of ${bytes.length} bytes`);
      }
      const place = this.placeOf(bytes.subarray(from, ends[word]));
      if (this.slots[place] > 0) {
        throw new RangeError(`word ${word} is word ${this.slots[place] - 1} again`);
      }
      this.slots[place] = word + 1;
    }
  }

  /** @param words different ones */
  static of(words: readonly string[]): Vocabulary {
    const parts = words.map((word) => encoder.encode(word));
    const ends = new Uint32Array(words.length);
    let length = 0;
    parts.forEach((part, word) => (ends[word] = length += part.length));
    const bytes = new Uint8Array(length);
    parts.forEach((part, word) => bytes.set(part, ends[word] - part.length));
    return new Vocabulary(bytes, ends);
  }

  get size(): number {
    return this.ends.length;
  }

  /** The number of a word; −1 if it is none of these. */
  numberOf(text: string): number {
    const { room } = this;
    let length = 0;
    if (text.length <= ROOM) {
      for (; length < text.length; length++) {
        const unit = text.charCodeAt(length);
        if (unit > 0x7f) break;
        room[length] = unit;
      }
    }
    const isPlain = length === text.length;
    return this.slots[this.placeOf(isPlain ? room.subarray(0, length) : encoder.encode(text))] - 1;
  }

  /** The text of a word. */
  textOf(word: number): string {
    return decoder.decode(this.bytes.subarray(this.startOf(word), this.ends[word]));
  }

  /** All words, in order. */
  words(): string[] {
    return Array.from(this.ends, (_, word) => this.textOf(word));
  }

  private startOf(word: number): number {
    return word === 0 ? 0 : this.ends[word - 1];
  }

  /** The slot of a word, or the free one where it would be. */
  private placeOf(word: Uint8Array): number {
    const { slots } = this;
    const mask = slots.length - 1;
    // FNV-1a, and a last mixing: short words would else share their upper bits.
    let hash = 0x811c9dc5;
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word[i], 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let place = (hash ^ (hash >>> 13)) & mask;
    while (slots[place] > 0 && !this.isAt(slots[place] - 1, word)) place = (place + 1) & mask;
    return place;
  }

  private isAt(other: number, word: Uint8Array): boolean {
    const start = this.startOf(other);
    if (this.ends[other] - start !== word.length) return false;
    for (let i = 0; i < word.length; i++) if (this.bytes[start + i] !== word[i]) return false;
    return true;
  }
}
