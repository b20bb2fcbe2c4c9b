import { openBytes } from './text.js';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Where to look for records. */
export interface LineSearch {
  readonly path: string;
  /** Lines above the first record. */
  readonly headLines: number;
  /** The character that lets a line break stand in a field; absent if none does. */
  readonly quote?: string;
  /** First lines of records that are not counted. */
  readonly skipped: ReadonlySet<number>;
}

/**
 * The lines on which records begin. Blank lines are no records. Reads the file up to the last
 * record asked for.
 * @param records ascending places among the counted records, from 0
 * @returns line numbers from 1, as many as records
 */
export async function linesOf(search: LineSearch, records: readonly number[]): Promise<number[]> {
  const { path, headLines, skipped } = search;
  const quote = search.quote?.charCodeAt(0) ?? -1;
  const found: number[] = [];
  let line = 1;
  let record = -1;
  let blank = true;
  let quoted = false;
  for await (const chunk of openBytes(path)) {
    for (const byte of chunk) {
      if (byte === LINE_FEED) {
        line++;
        if (!quoted) blank = true;
      } else if (byte !== CARRIAGE_RETURN && line > headLines) {
        if (blank) {
          blank = false;
          if (!skipped.has(line)) record++;
          if (record === records[found.length] && !skipped.has(line)) found.push(line);
          if (found.length === records.length) return found;
        }
        if (byte === quote) quoted = !quoted;
      }
    }
  }
  return found;
}
