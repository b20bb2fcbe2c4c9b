import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError } from '../cli/exit.js';
import type { Database } from './database.js';
import { contentOf, startOf, type Content } from './encoding.js';
import { quoteText } from './sql.js';

export type Format = 'csv' | 'xlsx' | 'ndjson' | 'parquet' | 'duckdb';

/** A file to read. */
export interface DataFile {
  /** As given, or as the glob found it. */
  readonly path: string;
  /** Where its bytes lie: `path`, or a copy of what came through a pipe. */
  readonly stored: string;
  readonly bytes: number;
  readonly format: Format;
  /** Its first bytes, unpacked. */
  readonly start: Buffer;
}

/** What paths and globs name. */
export interface FoundFiles {
  readonly format: Format;
  readonly files: DataFile[];
  /** Files that were left out, in sentences. */
  readonly notes: readonly string[];
}

const formats: Readonly<Record<Content, Format>> = {
  text: 'csv',
  json: 'ndjson',
  xlsx: 'xlsx',
  parquet: 'parquet',
  duckdb: 'duckdb',
};

/**
 * The files that paths and globs name, each glob's in alphabetical order; `-` is standard input.
 * What a file is, its bytes say.
 * @throws InputError if one names nothing, is a folder, or if the files are of several formats
 */
export async function findFiles(
  database: Database,
  patterns: readonly string[],
): Promise<FoundFiles> {
  const all: DataFile[] = [];
  for (const pattern of patterns) all.push(...(await filesOf(database, pattern)));
  const { files, notes } = await withoutCopies(all);
  const found = [...new Set(files.map(({ format }) => format))];
  if (found.length > 1) {
    throw new InputError(`${patterns.join(', ')}: got ${found.join(' and ')}, wanted one format`);
  }
  if (found[0] === 'duckdb' && files.length > 1) {
    throw new InputError(`${patterns.join(', ')}: got ${files.length} databases, wanted one`);
  }
  return { format: found[0], files, notes };
}

/** Leaves out files that hold the same bytes as an earlier one: their rows would count twice. */
async function withoutCopies(all: readonly DataFile[]): Promise<Omit<FoundFiles, 'format'>> {
  const files: DataFile[] = [];
  const notes: string[] = [];
  const digests = new Map<string, string>();
  const digestOf = async ({ stored }: DataFile): Promise<string> => {
    let digest = digests.get(stored);
    if (digest === undefined) {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(stored)) hash.update(chunk as Buffer);
      digests.set(stored, (digest = hash.digest('hex')));
    }
    return digest;
  };
  for (const file of all) {
    let same: DataFile | undefined;
    for (const other of files) {
      if (other.bytes !== file.bytes || file.bytes === 0) continue;
      const isSame =
        other.stored === file.stored || (await digestOf(other)) === (await digestOf(file));
      if (isSame) same = other;
    }
    if (same === undefined) files.push(file);
    else notes.push(`${file.path}: holds the same as ${same.path}, and is read once`);
  }
  return { files, notes };
}

async function filesOf(database: Database, pattern: string): Promise<DataFile[]> {
  if (pattern === '-') return [await spooled(database, process.stdin, 'standard input')];
  const literal = await fileAt(database, pattern);
  if (literal !== undefined) return [literal];
  if (!/[*?[{]/.test(pattern)) throw new InputError(`${pattern}: there is no such file`);
  const found = await database.rows(`SELECT file FROM glob(${quoteText(pattern)}) ORDER BY file`);
  const files: DataFile[] = [];
  for (const { file } of found) {
    const there = await fileAt(database, String(file));
    if (there !== undefined) files.push(there);
  }
  if (files.length === 0) throw new InputError(`${pattern}: no file fits`);
  return files;
}

async function fileAt(database: Database, path: string): Promise<DataFile | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      throw new InputError(`${path} is a folder, wanted files: ${path.replace(/\/$/, '')}/*.csv`);
    }
    if (!found.isFile()) {
      // What a parent process writes to may be a socket, which has no path that could be opened.
      const from = path === '/dev/stdin' ? process.stdin : createReadStream(path);
      return await spooled(database, from, path);
    }
    return await looked(path, path, found.size);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

let spools = 0;

/** What comes through a pipe can be read once: it is kept in a file. */
async function spooled(database: Database, from: Readable, name: string): Promise<DataFile> {
  const stored = database.file(`pipe${++spools}`);
  const file = createWriteStream(stored);
  await pipeline(from, file, { signal: database.signal });
  if (!file.closed) await once(file, 'close');
  return looked(name, stored, file.bytesWritten);
}

async function looked(path: string, stored: string, bytes: number): Promise<DataFile> {
  const few = await startOf(stored, 4096);
  if (few.subarray(0, 4).toString('hex') === 'd0cf11e0') {
    throw new InputError(
      `${path}: got an old workbook (.xls), wanted .xlsx or CSV: save it as one`,
    );
  }
  const content = contentOf(few);
  const start = content === 'text' ? await startOf(stored) : few;
  return { path, stored, bytes, format: formats[content], start };
}
