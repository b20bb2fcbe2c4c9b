/*
 * Records out of text that comes in pieces, whatever ends its lines, each with the line it begins
 * on. No CSV library tells where a quote was opened that never closes and goes on after it: there
 * the rows below would vanish in one cell.
 *
 *   2026-07-03,"Harbour,1000,43     ◀ opens, and the record it would make has another width
 *   2026-07-03,Fjord,1000,11        ◀ is read again as a record of its own
 */

/** Some lines of a text, cut into fields. */
export interface TextRecord {
  /** Line that it begins on, from 1. */
  readonly line: number;
  /** How many lines it takes. */
  readonly lines: number;
  readonly fields: readonly string[];
  /** As it stands in the file, its last line break left out. */
  readonly text: string;
  /** A quote opens on this line that does not close as it should: its other fields are guesses. */
  readonly openQuote: boolean;
}

/** More lines or characters than these are no cell. */
const MOST_LINES = 1000;
const MOST_CHARACTERS = 2 ** 20;

const LINE_END = /\r\n|\n|\r/;

/** Cuts text into records. Lines are cut first, and put together again where a quote is open. */
export class RecordReader {
  /** NUL characters that were left out. */
  nulls = 0;
  /** Lines that have come to an end so far. */
  lineCount = 0;
  private rest = '';
  /** Lines of a record whose quote is open. */
  private held: string[] = [];
  private heldCharacters = 0;
  private readonly quotes: RegExp;

  /**
   * @param width fields of a record, where it is known: a quoted cell over several lines is
   *   believed only if it leads to this
   */
  constructor(
    readonly delimiter: string,
    public width?: number,
    private readonly quote = '"',
  ) {
    this.quotes = new RegExp(quote, 'g');
  }

  /** The records that end in a piece of text. */
  *push(piece: string): Generator<TextRecord> {
    let text = this.rest + this.withoutNulls(piece);
    // The other half of a line's end may be in the next piece.
    const cut = text.endsWith('\r');
    if (cut) text = text.slice(0, -1);
    const lines = text.split(LINE_END);
    this.rest = lines.pop()! + (cut ? '\r' : '');
    for (const line of lines) yield* this.line(line);
  }

  /** The records that are left when the text has ended. */
  *end(): Generator<TextRecord> {
    // A carriage return that was held back ends a line, though it be an empty one.
    if (this.rest !== '') yield* this.line(this.rest.replace(/\r$/, ''));
    this.rest = '';
    while (this.held.length > 0) yield* this.giveUp();
  }

  private withoutNulls(piece: string): string {
    if (!piece.includes('\0')) return piece;
    const parts = piece.split('\0');
    this.nulls += parts.length - 1;
    return parts.join('');
  }

  private *line(line: string): Generator<TextRecord> {
    this.lineCount++;
    if (this.held.length === 0) yield* this.first(line);
    else yield* this.further(line);
  }

  private *first(line: string): Generator<TextRecord> {
    if (!line.includes(this.quote)) {
      yield this.record(line.split(this.delimiter), line, 1);
      return;
    }
    const { fields, open } = this.cut(line);
    if (!open) {
      yield this.record(fields, line, 1);
      return;
    }
    this.held = [line];
    this.heldCharacters = line.length;
  }

  private *further(line: string): Generator<TextRecord> {
    this.held.push(line);
    this.heldCharacters += line.length;
    if (line.match(this.quotes) !== null) {
      const text = this.held.join('\n');
      const { fields, open, ragged } = this.cut(text);
      if (!open) {
        const fits = this.width === undefined || fields.length === this.width;
        if (fits && !ragged && !this.swallows()) {
          const lines = this.held.length;
          this.held = [];
          yield this.record(fields, text, lines);
        } else yield* this.giveUp();
        return;
      }
    }
    if (this.held.length > MOST_LINES || this.heldCharacters > MOST_CHARACTERS)
      yield* this.giveUp();
  }

  /** The lines that would be one cell are rows by themselves: its quote was opened by mistake. */
  private swallows(): boolean {
    const isRow = (line: string): boolean => line.split(this.delimiter).length === this.width;
    return isRow(this.held[0]) && this.held.slice(1).some(isRow);
  }

  /** Takes the line with the open quote by itself, and the lines below it for what they are. */
  private *giveUp(): Generator<TextRecord> {
    const [first, ...others] = this.held;
    if (first === undefined) return;
    this.held = [];
    this.lineCount -= others.length;
    const fields = first.split(this.delimiter);
    yield { ...this.record(fields, first, 1), openQuote: true };
    for (const line of others) yield* this.line(line);
  }

  private record(fields: readonly string[], text: string, lines: number): TextRecord {
    return { line: this.lineCount - lines + 1, lines, fields, text, openQuote: false };
  }

  /**
   * Fields of a text with quotes: `""` within them is one, and so is `\"` where no field ends.
   * What follows a closing quote up to the delimiter is kept, and makes the record a ragged one.
   */
  private cut(text: string): { fields: string[]; open: boolean; ragged: boolean } {
    const { delimiter, quote } = this;
    const fields: string[] = [];
    let ragged = false;
    let at = 0;
    for (;;) {
      const start = at;
      while (text[at] === ' ' && delimiter !== ' ') at++;
      if (text[at] !== quote) {
        const end = text.indexOf(delimiter, start);
        if (end < 0) {
          fields.push(text.slice(start));
          return { fields, open: false, ragged };
        }
        fields.push(text.slice(start, end));
        at = end + delimiter.length;
        continue;
      }
      let field = '';
      let from = at + 1;
      for (;;) {
        const close = text.indexOf(quote, from);
        if (close < 0) return { fields, open: true, ragged };
        const next = text[close + 1];
        if (next === quote) {
          field += text.slice(from, close + 1);
          from = close + 2;
        } else if (text[close - 1] === '\\' && !this.endsField(text, close + 1)) {
          field += `${text.slice(from, close - 1)}${quote}`;
          from = close + 1;
        } else {
          field += text.slice(from, close);
          at = close + 1;
          break;
        }
      }
      const end = text.indexOf(delimiter, at);
      const tail = text.slice(at, end < 0 ? undefined : end);
      if (tail.trim() !== '') ragged = true;
      fields.push(tail.trim() === '' ? field : field + tail);
      if (end < 0) return { fields, open: false, ragged };
      at = end + delimiter.length;
    }
  }

  private endsField(text: string, at: number): boolean {
    return at >= text.length || text.startsWith(this.delimiter, at);
  }
}
