/*
 * How a text is cut into fields, found out from its beginning: by the delimiter with which most
 * lines have the same, and a large, number of fields, as a header and rows below it have.
 */
import { RecordReader, type TextRecord } from './records.js';

const DELIMITERS = [',', ';', '\t', '|'];
/** So much text is looked at to find out how the file is written. */
export const SAMPLE_CHARACTERS = 2 ** 17;

/** A number, an amount, a share, a date: what a header has no names of. */
const FIGURE =
  /^[\s\p{Sc}]*(?:[A-Z]{3} ?)?[-+−(<]?\s*[\p{Sc}]?\s*\d[\d\s.,'’/:%eE+\-–—\u00a0\u202f]*(?:[AP]M|Z|T[\d:.Z+-]*)?\s*[\p{Sc}%)]*(?: ?[A-Z]{3})?\s*$/u;

/** Whether a field is a number, an amount, a share or a date. */
export const isFigure = (field: string): boolean => field.length <= 64 && FIGURE.test(field);
/** Whether a field holds nothing. */
export const isBlank = (field: string): boolean => field.trim() === '';

/** How a text is cut into fields. */
export interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
}

/**
 * The dialect in which most lines of a sample have the same, and a large, number of fields.
 * @param whole the sample is the whole text; else its last line is cut off
 */
export function dialectOf(sample: string, whole: boolean): Dialect {
  const told = /^\uFEFF?"?sep=([^\r\n"])"?\r?\n/i.exec(sample)?.[1];
  const usesSingle =
    !sample.includes('"') && /(^|[,;\t|])'[^'\n]*[,;\t|][^'\n]*'([,;\t|]|\r?$)/m.test(sample);
  const quote = usesSingle ? "'" : '"';
  if (told !== undefined) return { delimiter: told, quote };
  let best = { delimiter: ',', score: -1 };
  for (const delimiter of DELIMITERS) {
    const score = scoreOf(recordsOf(sample, whole, { delimiter, quote }));
    if (score > best.score) best = { delimiter, score };
  }
  return { delimiter: best.delimiter, quote };
}

function recordsOf(sample: string, whole: boolean, { delimiter, quote }: Dialect): TextRecord[] {
  const reader = new RecordReader(delimiter, undefined, quote);
  const records = [...reader.push(sample)];
  return whole || records.length === 0 ? [...records, ...reader.end()] : records;
}

/** What lines weigh that are cut within their figures. */
const FIGURES_ALONE = 0.1;

/** Whether most fields hold nothing: spreadsheets write a title with as many delimiters as the widest row. */
const isFilledUp = (fields: readonly string[]): boolean =>
  2 * fields.filter(isBlank).length > fields.length;

function scoreOf(records: readonly TextRecord[]): number {
  const counts = new Map<number, { records: number; weight?: number }>();
  let full = 0;
  for (const { fields } of records) {
    if (fields.every(isBlank)) continue;
    full++;
    const width = fields.length;
    const count = counts.get(width) ?? { records: 0 };
    count.records++;
    counts.set(width, count);
    // Lines of figures alone are cut within their figures: a header would be of their width, and above
    // them. Titles that are filled up with delimiters say nothing of it.
    if (isFilledUp(fields)) continue;
    count.weight ??= figuresInHeader(fields) < 0 ? FIGURES_ALONE : 1;
  }
  let best = 0;
  for (const [width, { records: count, weight = FIGURES_ALONE }] of counts) {
    if (width > 1) best = Math.max(best, (weight * count * Math.log2(width + 1)) / full);
  }
  return best;
}

/** Whether fields can be the names of columns. @returns how many of them are figures, or −1 */
export function figuresInHeader(fields: readonly string[]): number {
  const named = fields.filter((field) => !isBlank(field));
  if (named.length < 2 || 2 * named.length < fields.length) return -1;
  const figures = named.filter(isFigure).length;
  return 2 * figures > named.length ? -1 : figures;
}
