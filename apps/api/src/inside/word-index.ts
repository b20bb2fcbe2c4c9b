/*
 * Finds words by a part of them, whatever their case, among a million and more. A search must not hold up
 * predictions, so the words lie folded (NFC, lower case), in pieces that are looked through in well under a
 * millisecond each; after some of them others get their turn:
 *
 *   piece    | ÿ shoes ÿ red shoes ÿ … ÿ |   first: number of its first word; starts: where each begins
 *
 * `ÿ` is the byte 0xFF, which no UTF-8 text has: so "ÿ" + what is looked for is what begins with it. Words
 * are in the order of their exposure, and so are those that are found.
 */
import { Turn } from '../overload/turn.js';

/** Words of a feature, by place. */
export interface WordList {
  readonly size: number;
  /** Undefined where nothing is known of the word. */
  textOf(place: number): string | undefined;
}

interface Piece {
  readonly first: number;
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
}

const SEPARATOR = Buffer.from([0xff]);
const PIECE_BYTES = 65_536;
/** Milliseconds that a search or the making of an index keeps the event loop. */
const TURN_MS = 2;

/** The words of a feature, to be searched. */
export class WordIndex {
  private constructor(private readonly pieces: readonly Piece[]) {}

  /** Folds all words, in turns: a second or so for a million. */
  static async of(words: WordList, turn = new Turn(32, undefined, TURN_MS)): Promise<WordIndex> {
    const pieces: Piece[] = [];
    let piece = new PieceWriter(0);
    for (let place = 0; place < words.size; place++) {
      piece.add(folded(words.textOf(place) ?? ''));
      if (piece.isFull) {
        pieces.push(piece.finish());
        piece = new PieceWriter(place + 1);
      }
      if (turn.isOver()) await turn.pass();
    }
    pieces.push(piece.finish());
    return new WordIndex(pieces);
  }

  /**
   * Places of words that begin with a text, then of those that have it further on; each by exposure.
   * @param text not empty
   * @param most how many to find
   * @param isGone tells that nobody waits any more: then the search ends with what it has. Asked after
   *   every turn
   */
  async find(
    text: string,
    most: number,
    isGone: () => boolean,
    turn = new Turn(1, undefined, TURN_MS),
  ): Promise<number[]> {
    const needle = Buffer.from(folded(text));
    const beginning = Buffer.concat([SEPARATOR, needle]);
    const found: number[] = [];
    for (const wanted of [beginning, needle]) {
      for (const piece of this.pieces) {
        if (found.length >= most) return found;
        findIn(piece, wanted, beginning, found, most);
        if (!turn.isOver()) continue;
        await turn.pass();
        if (isGone()) return found;
      }
    }
    return found;
  }
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** @param beginning what the words begin with that were found before, by a search for it */
function findIn(
  { first, bytes, starts }: Piece,
  wanted: Buffer,
  beginning: Buffer,
  found: number[],
  most: number,
): void {
  const isBeginning = wanted === beginning;
  let at = bytes.indexOf(wanted);
  while (at >= 0 && found.length < most) {
    // The word, not the separator before it.
    const word = wordAt(starts, isBeginning ? at + 1 : at);
    if (isBeginning || at > starts[word]) found.push(first + word);
    // Each word once, at its first place.
    const next = word + 1 < starts.length ? starts[word + 1] - 1 : bytes.length;
    at = bytes.indexOf(wanted, next);
  }
}

/** The last word that starts at `at` or before. */
function wordAt(starts: Uint32Array, at: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A piece while it is written. */
class PieceWriter {
  private bytes = Buffer.allocUnsafe(2 * PIECE_BYTES);
  private readonly starts: number[] = [];
  private at = SEPARATOR.copy(this.bytes);

  constructor(private readonly first: number) {}

  get isFull(): boolean {
    return this.at >= PIECE_BYTES;
  }

  add(word: string): void {
    const { bytes, at } = this;
    // A UTF-16 unit is at most three bytes.
    const room = at + 3 * word.length + SEPARATOR.length;
    if (room > bytes.length) {
      this.bytes = Buffer.allocUnsafe(room);
      bytes.copy(this.bytes, 0, 0, at);
    }
    this.starts.push(at);
    const end = at + this.bytes.write(word, at);
    this.at = end + SEPARATOR.copy(this.bytes, end);
  }

  finish(): Piece {
    const { first, starts, at } = this;
    const bytes = Buffer.from(this.bytes.subarray(0, at));
    return { first, bytes, starts: Uint32Array.from(starts) };
  }
}
