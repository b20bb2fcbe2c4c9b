import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { InputError } from '../cli/exit.js';

/** Encodings of CSV files that are read without an extension of the database. */
export const encodings = ['utf-8', 'latin-1', 'utf-16'] as const;

export type Encoding = (typeof encodings)[number];

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** So much of a file is looked at: accents turn up early or hardly ever. */
const SNIFFED_BYTES = 8 * 1024 * 1024;

/** The bytes of a file, unpacked if its name ends in .gz. */
export function openBytes(path: string): AsyncIterable<Buffer> {
  const file = createReadStream(path);
  if (!path.endsWith('.gz')) return file as AsyncIterable<Buffer>;
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  return file.pipe(unpacked) as AsyncIterable<Buffer>;
}

/**
 * Guesses a text file's encoding: UTF-16 by its mark, UTF-8 if the bytes are that, else Latin-1,
 * which any bytes are.
 * @throws InputError if the file cannot be unpacked
 */
export async function sniffEncoding(path: string): Promise<Encoding> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let seen = 0;
  try {
    for await (const chunk of openBytes(path)) {
      if (seen === 0 && isUtf16(chunk)) return 'utf-16';
      seen += chunk.length;
      decoder.decode(chunk, { stream: true });
      if (seen >= SNIFFED_BYTES) break;
    }
    return 'utf-8';
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'latin-1';
    throw new InputError(`${path}: ${message}`, { cause });
  }
}

function isUtf16(bytes: Buffer): boolean {
  return (
    bytes.length >= 2 && (bytes.readUInt16BE(0) === 0xfeff || bytes.readUInt16LE(0) === 0xfeff)
  );
}

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
