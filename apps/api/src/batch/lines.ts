/*
 * Lines out of bytes that come in pieces. The byte 0A is never part of another character of UTF-8,
 * so lines are cut before they are decoded, and no character is cut in two:
 *
 *   pieces   … 0A 7B 22 77 C3 │ B6 72 74 22 7D 0A 7B …
 *   line          └── held ───┴── the rest ──┘
 *
 * Not split2: its limit counts characters, not bytes, and only those of a line that has no end yet;
 * a line above it is dropped without a word, where ours is answered by its number; and it splits
 * all that it holds again at each piece, which is quadratic for a line that comes byte by byte.
 */

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = 0xfeff;

/** A line that is longer than it may be; nothing of it is kept. */
export const TOO_LONG = Symbol('a line that is too long');

/** A line without its end. */
export interface Line {
  /** Counted from 1, with the empty ones. */
  readonly number: number;
  readonly text: string | typeof TOO_LONG;
}

/**
 * Cuts bytes into lines, without their ends (LF or CRLF). Empty lines are counted and left out.
 * Holds what has come of the line that has no end yet, and nothing of one that is too long.
 */
export class LineCutter {
  private count = 0;
  /** Grows by doubling: the pieces of a line may be as small as a byte, and must cost no more. */
  private held = Buffer.alloc(0);
  private heldBytes = 0;
  private isFull = false;

  /**
   * @param limit most bytes of a line
   * @param hasRoom takes room for a number of bytes in all, or says that there is none
   */
  constructor(
    private readonly limit: number,
    private readonly hasRoom: (bytes: number) => boolean = () => true,
  ) {}

  /** Whether there was no room for the line that has no end yet: nothing of it is kept. */
  get isOutOfRoom(): boolean {
    return this.isFull;
  }

  /** The number of the line that came out last, counting from 1 and with the empty ones. */
  get line(): number {
    return this.count;
  }

  /** The lines that end in `chunk`. */
  cut(chunk: Buffer): readonly Line[] {
    const lines: Line[] = [];
    const first = chunk.indexOf(NEWLINE);
    if (first >= 0) this.finish(chunk.subarray(0, first), lines);
    // What follows a line that there was no room for is not read: it is told where to go on.
    if (this.isFull) return lines;
    const last = chunk.lastIndexOf(NEWLINE);
    if (last > first) this.addWhole(chunk.subarray(first + 1, last), lines);
    this.hold(chunk.subarray(last + 1));
    return lines;
  }

  /** The last line, when it has no end of its own. */
  end(): readonly Line[] {
    const lines: Line[] = [];
    if (this.heldBytes > 0) this.finish(Buffer.alloc(0), lines);
    return lines;
  }

  /** Adds lines of which all is there, without the end of the last. */
  private addWhole(bytes: Buffer, lines: Line[]): void {
    if (bytes.length > this.limit) return this.addOneByOne(bytes, lines);
    // None can be too long. To decode them at once costs a third of doing it one by one.
    const texts = bytes.toString().split('\n');
    for (let i = 0; i < texts.length; i++) {
      const line = texts[i];
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      this.count++;
      if (text !== '') lines.push({ number: this.count, text });
    }
  }

  private addOneByOne(bytes: Buffer, lines: Line[]): void {
    for (let from = 0; from <= bytes.length;) {
      const end = bytes.indexOf(NEWLINE, from);
      this.finish(bytes.subarray(from, end < 0 ? bytes.length : end), lines);
      if (end < 0) return;
      from = end + 1;
    }
  }

  private hold(part: Buffer): void {
    const bytes = this.heldBytes + part.length;
    if (bytes <= this.limit && !this.isFull) {
      if (bytes > this.held.length) this.grow(bytes);
      if (!this.isFull) part.copy(this.held, this.heldBytes);
    }
    this.heldBytes = bytes;
  }

  private grow(bytes: number): void {
    const size = Math.min(this.limit, 2 * bytes);
    this.isFull = !this.hasRoom(size);
    if (this.isFull) return;
    const larger = Buffer.alloc(size);
    this.held.copy(larger, 0, 0, this.heldBytes);
    this.held = larger;
  }

  /** Adds the line that ends with `last`, unless it is empty. */
  private finish(last: Buffer, lines: Line[]): void {
    let line = last;
    if (this.heldBytes > 0) {
      this.hold(last);
      if (this.isFull) return;
      line = this.held.subarray(0, this.heldBytes);
    }
    const number = ++this.count;
    const bytes = Math.max(this.heldBytes, last.length);
    this.heldBytes = 0;
    if (bytes > this.limit) return void lines.push({ number, text: TOO_LONG });
    const end = line[bytes - 1] === CARRIAGE_RETURN ? bytes - 1 : bytes;
    const read = line.toString('utf8', 0, end);
    const text = number === 1 && read.charCodeAt(0) === BYTE_ORDER_MARK ? read.slice(1) : read;
    if (text !== '') lines.push({ number, text });
  }
}
