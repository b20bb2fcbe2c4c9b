import { stat } from 'node:fs/promises';
import { InputError } from '../cli/exit.js';
import type { Database } from './database.js';
import { quoteText } from './sql.js';

export type Format = 'csv' | 'ndjson' | 'parquet' | 'duckdb';

/** A file to read: its path as given or as the glob found it. */
export interface DataFile {
  readonly path: string;
  readonly bytes: number;
}

const endings = new Map<string, Format>([
  ['csv', 'csv'],
  ['tsv', 'csv'],
  ['txt', 'csv'],
  ['ndjson', 'ndjson'],
  ['jsonl', 'ndjson'],
  ['json', 'ndjson'],
  ['parquet', 'parquet'],
  ['pq', 'parquet'],
  ['duckdb', 'duckdb'],
  ['db', 'duckdb'],
]);

/** What a file is, by its ending; CSV if the ending says nothing. */
export function formatOf(path: string): Format {
  const [, ending] = /\.([^./\\]+)(?:\.gz)?$/.exec(path.toLowerCase()) ?? [];
  return endings.get(ending) ?? 'csv';
}

/**
 * The files that paths and globs name, each glob's in alphabetical order.
 * @throws InputError if one names nothing, or if the files are of several formats
 */
export async function findFiles(
  database: Database,
  patterns: readonly string[],
): Promise<{ format: Format; files: DataFile[] }> {
  const files: DataFile[] = [];
  for (const pattern of patterns) files.push(...(await filesOf(database, pattern)));
  const formats = [...new Set(files.map(({ path }) => formatOf(path)))];
  if (formats.length > 1) {
    throw new InputError(`${patterns.join(', ')}: got ${formats.join(' and ')}, wanted one format`);
  }
  if (formats[0] === 'duckdb' && files.length > 1) {
    throw new InputError(`${patterns.join(', ')}: got ${files.length} databases, wanted one`);
  }
  return { format: formats[0], files };
}

async function filesOf(database: Database, pattern: string): Promise<DataFile[]> {
  const literal = await fileAt(pattern);
  if (literal !== undefined) return [literal];
  if (!/[*?[{]/.test(pattern)) throw new InputError(`${pattern}: there is no such file`);
  const found = await database.rows(`SELECT file FROM glob(${quoteText(pattern)}) ORDER BY file`);
  const files = await Promise.all(found.map(({ file }) => fileAt(String(file))));
  const there = files.filter((file) => file !== undefined);
  if (there.length === 0) throw new InputError(`${pattern}: no file fits`);
  return there;
}

async function fileAt(path: string): Promise<DataFile | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      throw new InputError(`${path} is a folder, wanted files: ${path.replace(/\/$/, '')}/*.csv`);
    }
    return { path, bytes: found.size };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
