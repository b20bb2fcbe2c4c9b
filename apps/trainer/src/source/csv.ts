import { InputError } from '../cli/exit.js';
import type { Database } from './database.js';
import type { DataFile } from './files.js';
import { quoteList, quoteName, quoteText } from './sql.js';
import { sniffEncoding, type Encoding } from './text.js';

/** Column of every source: the file that a row is from; NULL for the rows of a query. */
export const FILE_COLUMN = 'adscale_file';

/** Column of a source that is not text: the row's place in its file, or in the query's result. */
export const ROW_COLUMN = 'adscale_row';

/** How a CSV file is written, and what its header says. */
export interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  /** Lines above the header: a title, a date range. */
  readonly skip: number;
  readonly encoding: Encoding;
  readonly names: readonly string[];
  /** What the columns seem to hold, as SQL types. */
  readonly types: readonly string[];
}

/** Files that are written alike, read as one. */
interface Batch {
  readonly dialect: Dialect;
  readonly files: readonly DataFile[];
}

/** Table of lines that have too few or too many fields, as the database fills it. */
export const REJECTS = 'csv_rejects';
export const REJECT_SCANS = 'csv_reject_scans';

/**
 * Finds out how a file is written. The first line that has as many fields as the lines below it
 * is the header.
 * @throws InputError if there is no row, or if the header names a column twice or not at all
 */
export async function sniffDialect(
  database: Database,
  { path, bytes }: DataFile,
  given?: Encoding,
): Promise<Dialect> {
  if (bytes === 0) throw new InputError(`${path}: there are no rows: the file is empty`);
  const encoding = given ?? (await sniffEncoding(path));
  const sniffed = await sniff(database, path, encoding);
  const { Delimiter, Quote, Escape, SkipRows } = sniffed;
  const columns = sniffed.Columns as unknown as { name: string; type: string }[];
  const dialect = {
    delimiter: String(Delimiter),
    quote: charOf(Quote) || '"',
    escape: charOf(Escape) || '"',
    skip: Number(SkipRows),
    encoding,
    types: columns.map(({ type }) => type),
  };
  const names = await readHeader(database, path, dialect, columns.length);
  checkHeader(names, `${path}: line ${dialect.skip + 1}`);
  return { ...dialect, names };
}

/** Ragged lines mislead the sniffer, so that it is asked to pass over them if it found nothing. */
async function sniff(database: Database, path: string, encoding: Encoding) {
  const call = (options: string): string =>
    `FROM sniff_csv(${quoteText(path)}, encoding = ${quoteText(encoding)}${options})`;
  try {
    const strict = await database.row(call(''));
    if ((strict.Columns as unknown as unknown[]).length > 1) return strict;
  } catch {
    // What is wrong with it is told by the second try, or by the rows themselves.
  }
  try {
    return await database.row(call(', ignore_errors = true'));
  } catch (cause) {
    throw new InputError(`${path}: ${firstLine(cause)}`, { cause });
  }
}

function charOf(value: unknown): string {
  return value === '(empty)' ? '' : String(value);
}

async function readHeader(
  database: Database,
  path: string,
  dialect: Omit<Dialect, 'names'>,
  count: number,
): Promise<string[]> {
  const places = Array.from({ length: count }, (_, i) => `c${i}`);
  const options = readOptions({ ...dialect, names: places }, dialect.skip);
  const row = await database.row(
    `SELECT * FROM read_csv(${quoteText(path)}, ${options}, ignore_errors = true) LIMIT 1`,
  );
  return places.map((place) => String(row?.[place] ?? '').trim());
}

function checkHeader(names: readonly string[], where: string): void {
  // The database knows no difference between Clicks and clicks.
  const lower = names.map((name) => name.toLowerCase());
  const twice = names.find((_, i) => lower.indexOf(lower[i]) !== i);
  if (names.includes('')) throw new InputError(`${where}: a column has no name`);
  if (twice !== undefined) throw new InputError(`${where}: column ${twice} is named twice`);
  const numbers = names.filter((name) => /^[+-]?[\d.,]+$/.test(name));
  if (2 * numbers.length <= names.length) return;
  throw new InputError(
    `${where}: got ${names.join(', ')}, wanted a header with the names of the columns`,
  );
}

function readOptions(dialect: Dialect, skip: number): string {
  const columns = dialect.names.map((name) => `${quoteText(name)}: 'VARCHAR'`);
  return [
    `columns = {${columns.join(', ')}}`,
    'auto_detect = false',
    'header = false',
    `skip = ${skip}`,
    `delim = ${quoteText(dialect.delimiter)}`,
    `quote = ${quoteText(dialect.quote)}`,
    `escape = ${quoteText(dialect.escape)}`,
    `encoding = ${quoteText(dialect.encoding)}`,
    // An empty field is an empty text, which "missing" is decided on later.
    "nullstr = '\\N'",
  ].join(', ');
}

/** Sniffs every file and puts neighbours that are written alike together. */
export async function batchFiles(
  database: Database,
  files: readonly DataFile[],
  encoding?: Encoding,
): Promise<Batch[]> {
  const batches: { dialect: Dialect; files: DataFile[] }[] = [];
  for (const file of files) {
    const dialect = await sniffDialect(database, file, encoding);
    const last = batches.at(-1);
    const same = last !== undefined && keyOf(last.dialect) === keyOf(dialect);
    if (same) last.files.push(file);
    else batches.push({ dialect, files: [file] });
  }
  return batches;
}

/** Types are left out: what a column seems to hold may differ from file to file. */
function keyOf({ types: _, ...written }: Dialect): string {
  return JSON.stringify(written);
}

/**
 * The query that reads all batches as text; columns that a file lacks are NULL. Lines with a wrong number of fields go to the table of rejects.
 */
export function csvQuery(batches: readonly Batch[]): string {
  return batches
    .map(({ dialect, files }) => {
      const list = quoteList(files.map(({ path }) => path));
      const rejects = `store_rejects = true, rejects_table = '${REJECTS}', rejects_scan = '${REJECT_SCANS}', rejects_limit = 0`;
      const names = dialect.names.map(quoteName).join(', ');
      const options = readOptions(dialect, dialect.skip + 1);
      const read = `read_csv(${list}, ${options}, ${rejects}, filename = '${FILE_COLUMN}')`;
      return `SELECT ${quoteName(FILE_COLUMN)}, ${names} FROM ${read}`;
    })
    .join(' UNION ALL BY NAME ');
}

function firstLine(error: unknown): string {
  return (error as Error).message.split('\n').slice(0, 2).join(' ');
}
