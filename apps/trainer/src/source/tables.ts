/*
 * The table in a text file. An export is more than its table:
 *
 *   Campaign report                 ┐
 *   "Jul 1, 2026 - Jul 4, 2026"     ├ preamble: a title, properties, comments, other tables
 *                                   ┘
 *   Day,Campaign,Impr.,Clicks       ─ header
 *   2026-07-01,Harbour,1000,80      ┐
 *   2026-07-01,Fjord,1200           ├ rows, and between them lines that are none: dropped, each
 *   2026-07-02,Harbour,900,70       ┘ with its reason
 *                                   ┐
 *   ©2026                           ┴ footer
 *
 * Every line of the file is one of these, so that they add up to its length. A line of as many
 * fields as the header is always a row. Rows go to a file of a plain dialect, their line first,
 * which the database loads at once; nothing is held in memory.
 */
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { InputError } from '../cli/exit.js';
import { namedLike } from '../language/vocabulary.js';
import { CellCounter } from './cells.js';
import { dialectOf, figuresInHeader, isBlank, isFigure, SAMPLE_CHARACTERS } from './dialect.js';
import { RecordReader, type TextRecord } from './records.js';

/** A line that is no row of the table, though it stands among them. */
export interface DroppedLine {
  readonly line: number;
  /** How many lines it takes. */
  readonly lines: number;
  readonly text: string;
  readonly reason: string;
}

/** How many lines of a file are what. They add up to `lines`. */
export interface LineCounts {
  readonly lines: number;
  readonly preamble: number;
  readonly header: number;
  readonly rows: number;
  readonly dropped: number;
  readonly footer: number;
}

/** The table of a text file, and what else the file holds. */
export interface TextTable {
  readonly delimiter: string;
  /** Names of the columns as the header has them, blanks around them left out. */
  readonly names: readonly string[];
  /** Line of the header, from 1. */
  readonly headerLine: number;
  readonly rows: number;
  /** Rows, comma-separated: line, then the fields, quoted where they must be. */
  readonly rowsFile: string;
  /** What the cells of each column look like. */
  readonly cells: readonly CellCounter[];
  readonly counts: LineCounts;
  /** Lines among the rows that are none: the first ones, with reasons. */
  readonly dropped: readonly DroppedLine[];
  /** How many there are by reason; blank lines are not among them. */
  readonly droppedBy: Readonly<Record<string, number>>;
  readonly preamble: readonly string[];
  readonly footer: readonly string[];
  /** All tables of the file, by title or place, with their numbers of rows. */
  readonly tables: readonly { readonly title: string; readonly rows: number }[];
  /** NUL characters that were left out. */
  readonly nulls: number;
}

/** Settings that the user gives. */
export interface TableWish {
  /** Which of several tables, from 1; the one that counts clicks, else the largest, if absent. */
  readonly table?: number;
}

/** So many lines of one field each are a table of one column, whose header is the first of them. */
const SURELY_ONE_COLUMN = 1000;
/** A longer line is a sentence, and no column's name. */
const LONGEST_NAME = 60;
const SHOWN_LINES = 10;
const SHOWN_CHARACTERS = 200;
const isComment = ({ text }: TextRecord): boolean => text.trimStart().startsWith('#');

/** Whether fields are the names of a header again. */
const repeats = (fields: readonly string[], header: TextRecord): boolean =>
  header.fields.every((name, f) => name.trim() === (fields[f] ?? '').trim());

/** A table as it is being written. */
interface OpenTable {
  readonly title: string;
  readonly header: TextRecord;
  readonly path: string;
  readonly file: WriteStream;
  readonly cells: readonly CellCounter[];
  rows: number;
  rowLines: number;
  firstRow?: number;
  lastLine: number;
  blank: number;
  dropped: DroppedLine[];
  droppedLines: number;
  droppedBy: Record<string, number>;
}

/** Records to find a table in: of a text, or of a sheet. */
export interface RecordSource {
  /** Fields of a record of the table at hand; set as soon as it is known. */
  width?: number | undefined;
  readonly delimiter: string;
  /** Lines taken so far. */
  readonly lineCount: number;
  /** NUL characters left out so far. */
  readonly nulls: number;
  /** Empty cells at the end of a record are not written. */
  readonly trimmed: boolean;
  batches(): AsyncIterable<Iterable<TextRecord>>;
}

/**
 * The records of a text.
 * @param text pieces of it
 * @param sample its beginning, `SAMPLE_CHARACTERS` of it if there is as much
 */
export function recordsOfText(text: AsyncIterable<string>, sample: string): RecordSource {
  const { delimiter, quote } = dialectOf(sample, sample.length < SAMPLE_CHARACTERS);
  const reader = new RecordReader(delimiter, undefined, quote);
  async function* batches(): AsyncGenerator<Iterable<TextRecord>> {
    for await (const piece of text) yield reader.push(piece);
    yield reader.end();
  }
  return Object.assign(reader, { trimmed: false, batches });
}

/**
 * Finds the tables among records and writes the rows of each to a file.
 * @param fileFor a path for the rows of the n-th table
 * @throws InputError if there is no table, no header, or not the table asked for
 */
export async function findTable(
  name: string,
  source: RecordSource,
  fileFor: (table: number) => string,
  wish: TableWish = {},
): Promise<TextTable> {
  const finder = new TableFinder(source, fileFor);
  for await (const batch of source.batches()) {
    for (const record of batch) finder.take(record);
    await finder.drain();
  }
  await finder.finish();
  return finder.result(name, wish);
}

class TableFinder {
  private readonly tables: OpenTable[] = [];
  private current: OpenTable | undefined;
  /** Records since the last row that may become a header, a footer or a fault. */
  private aside: TextRecord[] = [];
  private unwritten: string[] = [];
  private unwrittenCharacters = 0;
  /** The first lines, for messages. */
  private readonly start: string[] = [];

  constructor(
    private readonly source: RecordSource,
    private readonly fileFor: (table: number) => string,
  ) {}

  take(record: TextRecord): void {
    if (this.start.length < SHOWN_LINES) this.start.push(record.text.slice(0, SHOWN_CHARACTERS));
    const { current } = this;
    const isRow = current !== undefined && this.isRow(record, current);
    const begins = isRow && this.beginsTable(record);
    if (isRow && !begins && this.pending === undefined) {
      this.row(record, current);
      return;
    }
    this.aside.push(record);
    const header = this.headerAside();
    if (header === undefined) {
      this.keepPending(begins ? record : undefined);
      if (current === undefined && this.aside.length === SURELY_ONE_COLUMN) this.onlyColumn();
      if (this.aside.length > 10_000) this.dropOldest();
      return;
    }
    this.open(header);
  }

  /** The last line aside, a row by its width, that may begin another table. */
  private pending: TextRecord | undefined;

  /** What was held for a header, and has none below it that it could head, is a row. */
  private keepPending(next: TextRecord | undefined): void {
    const { current, pending } = this;
    this.pending = next;
    if (current === undefined || pending === undefined) return;
    const last = this.aside.pop()!;
    this.aside.splice(this.aside.indexOf(pending), 1);
    this.row(pending, current);
    if (next === undefined && this.isRow(last, current)) this.row(last, current);
    else this.aside.push(last);
  }

  private isRow({ fields, openQuote }: TextRecord, { header }: OpenTable): boolean {
    if (openQuote) return false;
    const wanted = header.fields.length;
    const full = fields.filter((field) => !isBlank(field)).length;
    if (fields.length < wanted) return this.source.trimmed && full >= 2;
    return (full > 0 || wanted === 1) && fields.slice(wanted).every(isBlank);
  }

  /** A header of the same width, after lines that are no rows or with names of counts. */
  private beginsTable({ fields }: TextRecord): boolean {
    if (figuresInHeader(fields) !== 0 || repeats(fields, this.current!.header)) return false;
    if (this.isFuller(fields)) return true;
    if (!this.hadFigures || fields.some(isBlank)) return false;
    return (
      this.aside.length > 0 ||
      (['clicks', 'impressions'] as const).some((meaning) => namedLike(fields, meaning).length > 0)
    );
  }

  /** Has more names than the header of a table without figures, which was a title then. */
  private isFuller(fields: readonly string[]): boolean {
    const names = (all: readonly string[]): number => all.filter((field) => !isBlank(field)).length;
    return !this.everFigures && names(fields) > names(this.current!.header.fields);
  }

  /** The current table's last row had figures in it; any of its rows had. */
  private hadFigures = false;
  private everFigures = false;

  /**
   * The place, among the lines aside, of a header with a row below it: two records of one width, of
   * which the first has names. A line of dates above the names has names too, so that the one
   * with fewer figures wins.
   */
  private headerAside(): number | undefined {
    const isFull = ({ fields }: TextRecord): boolean => !fields.every(isBlank);
    const b = this.aside.length - 1;
    if (!isFull(this.aside[b])) return undefined;
    const a = this.aside.slice(0, b).findLastIndex(isFull);
    if (a < 0) return undefined;
    const [first, second] = [this.aside[a], this.aside[b]];
    const width = first.fields.length;
    if (width < 2 || first.openQuote || second.openQuote) return undefined;
    const fits =
      second.fields.length < width
        ? this.source.trimmed
        : second.fields.slice(width).every(isBlank);
    if (!fits) return undefined;
    const figures = figuresInHeader(first.fields);
    if (figures < 0) return undefined;
    const below = figuresInHeader(second.fields);
    if (isComment(first) && below === 0) return undefined;
    if (figures > 0 && below === 0) return undefined;
    return this.current === undefined || this.isStacked(first, second) ? a : undefined;
  }

  /** Below a table, two lines are another one only if it is plain to see: broken rows are none. */
  private isStacked(first: TextRecord, second: TextRecord): boolean {
    if (this.isFuller(first.fields)) return true;
    if (figuresInHeader(first.fields) > 0 || !second.fields.some(isFigure)) return false;
    return first.fields.length !== this.current!.header.fields.length || this.hadFigures;
  }

  private open(at: number): void {
    const header = this.aside[at];
    const before = this.aside.slice(0, at);
    const rows = this.aside.slice(at + 1);
    const title = [...before].reverse().find(({ fields }) => !fields.every(isBlank))?.text ?? '';
    this.flushUnwritten();
    const path = this.fileFor(this.tables.length + 1);
    const table: OpenTable = {
      title: title.replace(/^["\s\uFEFF]+|["\s]+$/g, '').slice(0, SHOWN_CHARACTERS),
      header,
      path,
      file: createWriteStream(path),
      cells: header.fields.map(() => new CellCounter()),
      rows: 0,
      rowLines: 0,
      lastLine: header.line + header.lines - 1,
      blank: 0,
      dropped: [],
      droppedLines: 0,
      droppedBy: {},
    };
    this.tables.push(table);
    this.current = table;
    this.source.width = header.fields.length;
    this.hadFigures = false;
    this.everFigures = false;
    this.pending = undefined;
    this.aside = [];
    for (const record of rows) {
      if (this.isRow(record, table)) this.row(record, table);
      else this.aside.push(record);
    }
  }

  private row(record: TextRecord, table: OpenTable): void {
    if (this.aside.length > 0) this.drop(table, this.aside.splice(0));
    const { header } = table;
    const width = header.fields.length;
    table.lastLine = record.line + record.lines - 1;
    if (repeats(record.fields, header)) {
      this.drop(table, [record], 'the header again');
      return;
    }
    if (isComment(record) && !isComment(header) && !record.fields.some(isFigure)) {
      this.drop(table, [record], 'a comment');
      return;
    }
    table.rows++;
    for (let c = 0; c < width; c++) table.cells[c].take(record.fields[c] ?? '');
    table.rowLines += record.lines;
    table.firstRow ??= record.line;
    this.hadFigures = record.fields.some(isFigure);
    this.everFigures ||= this.hadFigures;
    const isPlain =
      record.lines === 1 &&
      this.source.delimiter === ',' &&
      record.fields.length === width &&
      !/["']/.test(record.text);
    const text = isPlain ? record.text : rowText(record.fields, width);
    const line = `${record.line},${text}\n`;
    this.unwritten.push(line);
    this.unwrittenCharacters += line.length;
  }

  private drop(table: OpenTable, records: readonly TextRecord[], why?: string): void {
    for (const record of records) {
      table.droppedLines += record.lines;
      table.lastLine = record.line + record.lines - 1;
      if (why === undefined && record.fields.every(isBlank)) {
        table.blank += record.lines;
        continue;
      }
      const reason = why ?? this.reasonOf(record, table);
      table.droppedBy[reason] = (table.droppedBy[reason] ?? 0) + 1;
      if (table.dropped.length >= SHOWN_LINES) continue;
      const { line, lines, text } = record;
      table.dropped.push({ line, lines, text: text.slice(0, SHOWN_CHARACTERS), reason });
    }
  }

  private reasonOf({ fields, openQuote, text }: TextRecord, { header }: OpenTable): string {
    if (openQuote) return 'a quote opens and does not close';
    if (text.trimStart().startsWith('#')) return 'a comment';
    return `${fields.length} field${fields.length === 1 ? '' : 's'}, wanted ${header.fields.length}`;
  }

  private dropOldest(): void {
    if (this.current === undefined) this.aside.splice(SHOWN_LINES, 5000);
    else this.drop(this.current, this.aside.splice(0, 5000));
  }

  private flushUnwritten(): void {
    if (this.current !== undefined && this.unwritten.length > 0) {
      this.current.file.write(this.unwritten.join(''));
    }
    this.unwritten = [];
    this.unwrittenCharacters = 0;
  }

  /** Writes what there is, and waits for the disk. */
  async drain(): Promise<void> {
    if (this.unwrittenCharacters < 2 ** 20) return;
    this.flushUnwritten();
    const { file } = this.current!;
    if (file.writableNeedDrain) await once(file, 'drain');
  }

  async finish(): Promise<void> {
    if (this.tables.length === 0) this.onlyHeader();
    if (this.tables.length === 0) this.onlyColumn();
    this.flushUnwritten();
    await Promise.all(
      this.tables.map(async ({ file }) => {
        file.end();
        await once(file, 'close');
      }),
    );
  }

  result(name: string, { table: wished }: TableWish): TextTable {
    const chosen = this.choose(name, wished);
    const { header, lastLine } = chosen;
    this.takeBackFaults(chosen);
    const lines = this.source.lineCount;
    const end = Math.max(lastLine, chosen.lastLine);
    const rows = chosen.rowLines;
    return {
      delimiter: this.source.delimiter,
      names: header.fields.map((field) => field.replace(/^\uFEFF/, '').trim()),
      headerLine: header.line,
      rows: chosen.rows,
      rowsFile: chosen.path,
      cells: chosen.cells,
      counts: {
        lines,
        preamble: header.line - 1,
        header: header.lines,
        rows,
        dropped: chosen.droppedLines,
        footer: lines - end,
      },
      dropped: chosen.dropped,
      droppedBy: chosen.droppedBy,
      preamble: this.start.slice(0, Math.max(0, header.line - 1)),
      footer:
        chosen === this.current
          ? this.aside
              .map(({ text }) => text)
              .filter((text) => text.trim() !== '')
              .slice(0, SHOWN_LINES)
          : [],
      tables: this.tables.map(({ title, rows: count }, t) => ({
        title: title || `table ${t + 1}`,
        rows: count,
      })),
      nulls: this.source.nulls,
    };
  }

  /**
   * Of the lines below the last row, those up to the last that looks like a broken row are
   * faults; the rest is the footer.
   */
  private takeBackFaults(table: OpenTable): void {
    if (table !== this.current) return;
    const width = table.header.fields.length;
    const isFault = ({ fields, openQuote }: TextRecord): boolean =>
      openQuote || isBroken(fields.filter((field) => !isBlank(field)));
    // Figures alone are a row that was cut off; so is what fills most of the columns.
    const isBroken = (full: readonly string[]): boolean => {
      const figures = full.filter(isFigure).length;
      return (figures > 0 && full.length > width / 2) || (figures > 1 && figures === full.length);
    };
    const last = this.aside.findLastIndex(isFault);
    if (last < 0) return;
    const faults = this.aside.splice(0, last + 1);
    this.drop(table, faults);
    const { line, lines } = faults[last];
    table.lastLine = line + lines - 1;
  }

  private choose(name: string, wished: number | undefined): OpenTable {
    const { tables } = this;
    if (tables.length === 0) {
      const [first = ''] = this.start;
      throw new InputError(
        `${name}: line 1: got ${first.slice(0, 80)}, wanted a header with the names of the columns, and rows below it`,
      );
    }
    if (wished !== undefined) {
      if (wished <= tables.length) return tables[wished - 1];
      throw new InputError(`${name}: --table: got ${wished}, wanted 1 to ${tables.length}`);
    }
    const counts = ({ header }: OpenTable): number =>
      +(namedLike(header.fields, 'clicks').length > 0);
    const [best] = [...tables].sort((a, b) => counts(b) - counts(a) || b.rows - a.rows);
    return best;
  }

  /** A table of one column: no line is cut by a delimiter, and the first is a name. */
  private onlyColumn(): void {
    const isOne = this.aside.every(({ fields, openQuote }) => fields.length === 1 && !openQuote);
    const at = this.aside.findIndex(({ fields }) => !fields.every(isBlank));
    if (!isOne || at < 0) return;
    const [name, ...cells] = this.aside.slice(at).map(({ fields }) => fields[0]);
    const isCell = (text: string): boolean =>
      isFigure(text) || text.trim().split(/\s+/).length <= 2;
    const isTable = 2 * cells.filter(isCell).length >= cells.length;
    if (!isFigure(name) && name.length <= LONGEST_NAME && isTable) this.open(at);
  }

  /** A header that nothing stands below. */
  private onlyHeader(): void {
    const at = this.aside.findLastIndex(
      (record) => figuresInHeader(record.fields) === 0 && !isComment(record),
    );
    if (at >= 0) this.open(at);
  }
}

/** The first `width` fields, comma-separated; empty ones for those that lack. */
function rowText(fields: readonly string[], width: number): string {
  const text = fields.slice(0, width).map(quoted).join(',');
  return fields.length < width ? text + ','.repeat(width - fields.length) : text;
}

function quoted(field: string): string {
  return /[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
