import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import iconv from 'iconv-lite';
import { InputError } from '../cli/exit.js';
import { countFlag, someText } from '../cli/flags.js';
import type { DateOrder, TimeReading } from '../language/times.js';
import { CellCounter } from './cells.js';
import type { Database, SourceColumn } from './database.js';
import { encodingOf, textOf } from './encoding.js';
import { SAMPLE_CHARACTERS } from './dialect.js';
import { findFiles, type DataFile, type FoundFiles } from './files.js';
import { nameColumns, nameKey, type NamedColumn } from './header.js';
import { plainObjects } from './json.js';
import { openDatabaseFile, stageQuery, type StagedQuery } from './query.js';
import { FILE_COLUMN, quoteList, quoteName, quoteText, ROW_COLUMN } from './sql.js';
import { findTable, recordsOfText, type TextTable } from './tables.js';
import { describeTotals, dropTotals, noTotals, type FoundTotals } from './totals.js';
import { typeCells, type CellType, type CountedColumn, type Typing } from './typing.js';
import { recordsOfSheet } from './workbook.js';

/** Flags of every command that reads data. */
export interface SourceFlags {
  /** Files, globs of files, or a DuckDB database. */
  readonly input?: readonly string[];
  readonly query?: string;
  /** What files are called where they are told of; their paths if absent. */
  readonly called?: string;
  /** Of text, as iconv calls it. */
  readonly encoding?: string;
  /** Columns that count, where somebody says so: totals are looked for in them. */
  readonly impressions?: string;
  readonly clicks?: string;
  /** Which of the tables of a text, from 1; of a warehouse, its name. */
  readonly table?: number | string;
  /** Name of a workbook's sheet, or its place from 1. */
  readonly sheet?: string;
  readonly decimal?: 'point' | 'comma';
  readonly dates?: DateOrder;
  readonly memoryLimit?: string;
  readonly temp?: string;
  readonly threads: number;
}

/** Adds the flags that say what to read and with how much memory. */
export function addSourceFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        '-i, --input <file...>',
        'CSV, XLSX, Parquet, NDJSON (.gz too), globs, - for standard input, or a DuckDB file; the argument by another name',
      ),
    )
    .option('--query <sql>', 'a SELECT over files or over the DuckDB file given', someText)
    .option('--called <name>', 'what reports and messages call the data; default its paths')
    .option('--encoding <name>', 'of text, such as windows-1252; found out if absent')
    .addOption(
      new Option(
        '--table <which>',
        'which of several tables in a file, from 1, else the largest; with --source, its name',
      ).argParser(tableFlag),
    )
    .option('--sheet <name>', 'of a workbook, by name or place; else the first')
    .addOption(
      new Option('--decimal <mark>', 'the decimal mark; found out if absent').choices([
        'point',
        'comma',
      ]),
    )
    .addOption(
      new Option('--dates <order>', 'is 07/09/2026 in September (dmy) or in July (mdy)').choices([
        'dmy',
        'mdy',
      ]),
    )
    .option('--memory-limit <size>', 'memory to read with, as 2GB; default half of the machine')
    .option('--temp <folder>', 'for what does not fit in memory; default the system folder')
    .addOption(countFlag('threads', 'threads to work on', availableParallelism()));
}

/** A table's place, or the name of one in a warehouse. */
function tableFlag(text: string): number | string {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : someText(text);
}

/** A text file or a sheet, as it was found to be written. */
export interface FileLayout extends Omit<TextTable, 'rowsFile' | 'cells'> {
  readonly path: string;
  /** Encoding of a text; name of a sheet. */
  readonly written: string;
  /** Of a sheet: some cells are numbers with a fraction. */
  readonly fromNumbers?: boolean;
}

/** How a text file or sheet was read, and what each of its lines was taken for. */
export function layoutOf({ path, written, counts, dropped, tables, ...rest }: FileLayout): object {
  const { delimiter, headerLine, preamble, footer } = rest;
  return {
    path,
    written,
    delimiter,
    header_line: headerLine,
    lines: counts,
    dropped,
    preamble,
    footer,
    tables,
  };
}

/** A table somewhere, open for reading. */
export interface Source {
  /** What it is, in words. */
  readonly name: string;
  readonly format: 'csv' | 'xlsx' | 'ndjson' | 'parquet' | 'query';
  readonly files: readonly DataFile[];
  /** SELECT of the columns, FILE_COLUMN and ROW_COLUMN; rows in their order. */
  readonly query: string;
  readonly columns: readonly SourceColumn[];
  /** The columns come as text, in a table of ours. */
  readonly text: boolean;
  /** Of text: what its cells are. */
  readonly typing?: Typing;
  /** Of text files and sheets. */
  readonly layouts: readonly FileLayout[];
  /** Rows that sum up others, taken out. */
  readonly totals: FoundTotals;
  /** A sample of another database, whose SQL derives columns: none is offered in ours. */
  readonly sampled?: boolean;
  /** What was done to the data before anybody looked at it, in sentences. */
  readonly notes: readonly string[];
}

/** Table of the rows of text, as they are. */
const LOADED = 'loaded';

const untouched = { layouts: [], totals: noTotals, notes: [] } as const;

/**
 * Opens what the flags name: files, or the rows of a query. Text is read once, into a table.
 * @throws InputError if there is nothing to read, or not in this format
 */
export async function openSource(database: Database, flags: SourceFlags): Promise<Source> {
  const { input = [], query, table } = flags;
  if (typeof table === 'string') {
    throw new InputError(
      `--table: got ${table}, wanted a whole number from 1, or --source beside it`,
    );
  }
  if (query !== undefined) {
    return fromQuery(await stageQuery(database, query, input), query, input);
  }
  if (input.length === 0) throw new InputError('there is no data: name a file, or give --query');
  const found = await findFiles(database, input);
  const source = await openFiles(database, found, flags);
  return { ...source, notes: [...found.notes, ...source.notes] };
}

async function openFiles(
  database: Database,
  { format, files }: FoundFiles,
  flags: SourceFlags,
): Promise<Source> {
  const { input = [], called } = flags;
  const name = called ?? input.join(', ');
  try {
    switch (format) {
      case 'csv':
      case 'xlsx':
        return await fromText(database, files, { name, format }, flags);
      case 'ndjson':
        return await fromNdjson(database, files, name, flags);
      case 'parquet':
        return await fromParquet(database, files, name);
      case 'duckdb':
        return fromQuery(await openDatabaseFile(database, files[0].path), undefined, input);
    }
  } catch (cause) {
    if (!isDataError(cause)) throw cause;
    throw new InputError(`${name}: ${cause.message.split('\n').slice(0, 2).join(' ')}`, { cause });
  }
}

/** What the database says of data it cannot read, not of a fault of ours or of the machine. */
export function isDataError(error: unknown): error is Error {
  const { message } = error as Partial<Error>;
  return /(^|\s)(Invalid Input|Conversion|Invalid|Binder|Parser|Catalog|IO|Permission) Error/.test(
    message ?? '',
  );
}

/** A file's rows, in a plain dialect, and the columns that they have. */
interface LoadedFile {
  readonly layout: FileLayout;
  readonly rowsFile: string;
  readonly cells: readonly CellCounter[];
  readonly columns: readonly NamedColumn[];
}

async function fromText(
  database: Database,
  files: readonly DataFile[],
  { name, format }: Pick<Source, 'name' | 'format'>,
  flags: SourceFlags,
): Promise<Source> {
  if (flags.sheet !== undefined && format !== 'xlsx') {
    throw new InputError(`--sheet: got ${flags.sheet}, wanted none: ${name} is no workbook`);
  }
  const notes: string[] = [];
  const loaded: LoadedFile[] = [];
  /** By key, as the first file has it: exports of other months may write `day` for `Day`. */
  const names = new Map<string, string>();
  for (const [f, file] of files.entries()) {
    const { rowsFile, cells, ...layout } = await readTable(database, file, f, flags, notes);
    const named = nameColumns(layout.names);
    notes.push(...named.notes.map((note) => `${file.path}: ${note}`));
    const columns = named.columns.map(({ name: found, place }) => {
      const first = names.get(nameKey(found)) ?? found;
      names.set(nameKey(found), first);
      return { name: first, place };
    });
    loaded.push({ layout, rowsFile, cells, columns });
  }
  const full = loaded.filter(({ layout }) => layout.rows > 0);
  if (full.length === 0) {
    const [broken] = loaded.flatMap(({ layout }) => layout.dropped);
    const why = broken === undefined ? '' : `; line ${broken.line}: ${broken.reason}`;
    throw new InputError(`${name}: there are no rows below the header${why}`);
  }
  for (const { layout } of loaded) {
    if (layout.rows === 0) notes.push(`${layout.path}: there are no rows below the header`);
  }
  await database.run(
    `CREATE OR REPLACE TABLE ${LOADED} AS ${full.map(rowsQuery).join(' UNION ALL BY NAME ')}`,
  );
  const layouts = loaded.map(({ layout }) => layout);
  const counted = joinCells(full);
  const tidy = await dropUseless(database, [...counted.keys()], notes);
  const columns = tidy.map((column) => ({ name: column, cells: counted.get(column)! }));
  return finishText(database, { name, format, files, layouts, notes }, columns, flags);
}

/** The cells of all files by column. */
function joinCells(files: readonly LoadedFile[]): Map<string, CellCounter> {
  const counted = new Map<string, CellCounter>();
  for (const { columns, cells } of files) {
    for (const { name, place } of columns) {
      const known = counted.get(name);
      if (known === undefined) counted.set(name, cells[place]);
      else known.join(cells[place]);
    }
  }
  return counted;
}

async function readTable(
  database: Database,
  { path, stored, start, bytes, format }: DataFile,
  f: number,
  { encoding: told, table, sheet }: SourceFlags,
  notes: string[],
): Promise<FileLayout & Pick<TextTable, 'rowsFile' | 'cells'>> {
  if (bytes === 0 || start.length === 0) {
    throw new InputError(`${path}: there are no rows: the file is empty`);
  }
  const fileFor = (t: number): string => database.file(`rows${f}_${t}.csv`);
  const wish = { ...(typeof table === 'number' && { table }) };
  if (format === 'xlsx') {
    const source = await recordsOfSheet(path, stored, sheet);
    if (source.sheets.length > 1) {
      notes.push(
        `${path}: sheet ${source.sheet} is read, of ${source.sheets.join(', ')}; another by --sheet`,
      );
    }
    const found = await findTable(path, source, fileFor, wish);
    notes.push(...aboutTable(path, found));
    return { ...found, path, written: `sheet ${source.sheet}`, fromNumbers: source.decimals };
  }
  const encoding = encodingOf(start, told);
  const sample = iconv.decode(start, encoding.name).slice(0, SAMPLE_CHARACTERS);
  const records = recordsOfText(textOf(stored, encoding), sample);
  const found = await findTable(path, records, fileFor, wish);
  if (encoding.guessed) {
    notes.push(`${path}: read as ${encoding.name}, as its bytes suggest; another by --encoding`);
  }
  notes.push(...aboutTable(path, found));
  return { ...found, path, written: encoding.name };
}

function aboutTable(
  path: string,
  { tables, headerLine, rows, nulls, dropped }: TextTable,
): string[] {
  const notes: string[] = [];
  if (tables.length > 1) {
    const list = tables.map(
      ({ title, rows: count }, t) => `${t + 1}: ${title}, ${count.toLocaleString('en')} rows`,
    );
    notes.push(
      `${path}: ${tables.length} tables; read is the one of ${rows.toLocaleString('en')} rows below line ${headerLine}, another by --table (${list.join('; ')})`,
    );
  }
  if (nulls > 0)
    notes.push(
      `${path}: ${nulls.toLocaleString('en')} NUL character${nulls === 1 ? '' : 's'} left out`,
    );
  for (const { line, reason } of dropped) {
    if (reason.startsWith('a quote'))
      notes.push(
        `${path}: line ${line}: ${reason}: this line is left out, those below it are read`,
      );
  }
  return notes;
}

/** The query of a file's rows, as text. */
function rowsQuery({ layout, rowsFile, columns }: LoadedFile): string {
  const types = layout.names.map((_, c) => `'c${c}': 'VARCHAR'`);
  const options = [
    `columns = {'line': 'BIGINT', ${types.join(', ')}}`,
    'auto_detect = false, header = false',
    `delim = ',', quote = '"', escape = '"', new_line = '\\n'`,
    'max_line_size = 4194304',
  ];
  const list = columns.map(({ name, place }) => `c${place} AS ${quoteName(name)}`);
  return `SELECT ${quoteText(layout.path)} AS ${FILE_COLUMN}, line AS ${ROW_COLUMN}, ${list.join(', ')}
    FROM read_csv(${quoteText(rowsFile)}, ${options.join(', ')})`;
}

/** Leaves out nameless columns that are empty, and second columns that say the same as the first. */
async function dropUseless(
  database: Database,
  names: readonly string[],
  notes: string[],
): Promise<string[]> {
  const useless = new Set<string>();
  const nameless = names.filter((name) => /^column \d+$/.test(name));
  const again = names.flatMap((name) => {
    const [, first] = /^(.*) \(\d+\)$/.exec(name) ?? [];
    return first !== undefined && names.includes(first) ? [[name, first] as const] : [];
  });
  const tests = [
    ...nameless.map((name) => `count(present(${quoteName(name)}))::DOUBLE`),
    ...again.map(
      ([name, first]) =>
        `count(*) FILTER (present(${quoteName(name)}) IS DISTINCT FROM present(${quoteName(first)}))::DOUBLE`,
    ),
  ];
  if (tests.length === 0) return [...names];
  const row = await database.row(
    `SELECT ${tests.map((test, t) => `${test} AS t${t}`).join(', ')} FROM ${LOADED}`,
  );
  nameless.forEach((name, n) => {
    if (row[`t${n}`] === 0) useless.add(name);
  });
  again.forEach(([name, first], a) => {
    if (row[`t${nameless.length + a}`] !== 0) {
      notes.push(`column ${first} stands twice with other cells: the second is ${name}`);
      return;
    }
    useless.add(name);
    notes.push(`column ${first} stands twice with equal cells: it is read once`);
  });
  return names.filter((name) => !useless.has(name));
}

type Begun = Pick<Source, 'name' | 'format' | 'files' | 'layouts'> & { readonly notes: string[] };

/** Finds out what the cells are, and takes the totals out. */
async function finishText(
  database: Database,
  begun: Begun,
  counted: readonly CountedColumn[],
  { decimal, dates, impressions, clicks }: SourceFlags,
): Promise<Source> {
  const fromNumbers = begun.layouts.some((layout) => layout.fromNumbers === true);
  const wish = { decimal, dates, fromNumbers };
  const names = counted.map(({ name }) => name);
  let typing = typeCells(counted, wish);
  const totals = await dropTotals(
    database,
    LOADED,
    counted,
    typing,
    [impressions, clicks].filter((name) => name !== undefined),
  );
  // A total's empty day or "Total" must not take a column's type away.
  if (totals.rows.length > 0) typing = typeCells(counted, wish);
  const columns = names.map((name, c): SourceColumn => {
    const { kind, times, because, lost } = typing.types[c];
    return {
      name,
      type: times && !hasClock(times.reading) ? 'DATE' : sqlTypes[kind],
      ...(times && { times: times.reading }),
      ...(because !== undefined && { because }),
      ...(lost && { lost }),
    };
  });
  const list = names.map(quoteName).join(', ');
  const layouts = begun.layouts.map((layout) => withoutTotals(layout, totals));
  return {
    ...begun,
    layouts,
    notes: [...begun.notes, ...describeTotals(totals), ...aboutCells(names, typing)],
    query: `SELECT ${FILE_COLUMN}, ${ROW_COLUMN}, ${list} FROM ${LOADED}`,
    columns,
    text: true,
    typing,
    totals,
  };
}

/** Totals are lines that were dropped. */
function withoutTotals(layout: FileLayout, { rows: totals }: FoundTotals): FileLayout {
  const own = totals.filter(({ file }) => file === layout.path).length;
  const { rows, dropped } = layout.counts;
  const counts = { ...layout.counts, rows: rows - own, dropped: dropped + own };
  return { ...layout, rows: layout.rows - own, counts };
}

/** What is worth knowing of the cells, in sentences. */
function aboutCells(names: readonly string[], { types }: Typing): string[] {
  return types.flatMap(({ because, censored }, c) => {
    const count = `${censored.toLocaleString('en')} cell${censored === 1 ? '' : 's'}`;
    return [
      ...(because === undefined ? [] : [`column ${names[c]} is read as words: ${because}`]),
      ...(censored === 0
        ? []
        : [`column ${names[c]}: ${count} such as <5 give a bound, no number: read as empty`]),
    ];
  });
}

/** Whether times of a column have an hour, and not only a day. */
const hasClock = ({ formats, epoch }: TimeReading): boolean =>
  epoch !== undefined || formats.some((format) => /%[HI]/.test(format));

const sqlTypes: Readonly<Record<CellType['kind'], string>> = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  time: 'TIMESTAMP',
  'yes/no': 'BOOLEAN',
  text: 'VARCHAR',
  empty: 'VARCHAR',
};

async function fromNdjson(
  database: Database,
  files: readonly DataFile[],
  name: string,
  flags: SourceFlags,
): Promise<Source> {
  const isList = files.every(({ start }) =>
    start.toString('utf8', 0, 64).trimStart().startsWith('['),
  );
  const paths: string[] = [];
  for (const [f, { path, stored, start }] of files.entries()) {
    if (!isList && start.toString('utf8', 0, 64).trimStart().startsWith('[')) {
      throw new InputError(`${path}: got a list, wanted one JSON object a line as in the others`);
    }
    paths.push(isList ? stored : database.file(`objects${f}.ndjson`));
    if (!isList) await plainObjects(stored, encodingOf(start, flags.encoding), paths[f]);
  }
  const format = isList ? 'auto' : 'newline_delimited';
  const found = await database.describe(
    `SELECT * FROM read_json(${quoteList(paths)}, format = '${format}', union_by_name = true)`,
  );
  const names = found.map((column) => column.name).filter((column) => column !== ROW_COLUMN);
  if (names.length === 0 || (names.length === 1 && names[0] === 'json')) {
    throw new InputError(`${name}: got values, wanted one JSON object a line`);
  }
  const types = names.map((column) => `${quoteText(column)}: 'VARCHAR'`);
  if (!isList) types.push(`'${ROW_COLUMN}': 'BIGINT'`);
  const row = isList ? `, row_number() OVER () AS ${ROW_COLUMN}` : '';
  const queries = files.map(
    ({ path }, f) => `SELECT ${quoteText(path)} AS ${FILE_COLUMN}, *${row}
      FROM read_json(${quoteText(paths[f])}, format = '${format}', columns = {${types.join(', ')}})`,
  );
  await database.run(`CREATE OR REPLACE TABLE ${LOADED} AS ${queries.join(' UNION ALL BY NAME ')}`);
  const cells = names.map(() => new CellCounter());
  await database.each(`SELECT ${names.map(quoteName).join(', ')} FROM ${LOADED}`, (row) => {
    row.forEach((cell, c) => cells[c].take(String(cell ?? '')));
  });
  return finishText(
    database,
    { name, format: 'ndjson', files, layouts: [], notes: [] },
    names.map((column, c) => ({ name: column, cells: cells[c] })),
    flags,
  );
}

async function fromParquet(
  database: Database,
  files: readonly DataFile[],
  name: string,
): Promise<Source> {
  const list = quoteList(files.map(({ stored }) => stored));
  const read = `read_parquet(${list}, union_by_name = ${files.length > 1}`;
  const columns = await database.describe(`SELECT * FROM ${read})`);
  return {
    ...untouched,
    name,
    format: 'parquet',
    files,
    query: `SELECT *, file_row_number AS ${ROW_COLUMN} FROM ${read}, filename = '${FILE_COLUMN}')`,
    columns,
    text: false,
  };
}

function fromQuery(
  { table, columns, files }: StagedQuery,
  sql: string | undefined,
  input: readonly string[],
): Source {
  return {
    ...untouched,
    name: [...input, ...(sql === undefined ? [] : [sql.trim()])].join(': '),
    format: 'query',
    files,
    query: `SELECT *, rowid AS ${ROW_COLUMN}, NULL::VARCHAR AS ${FILE_COLUMN} FROM ${table}`,
    columns,
    text: false,
  };
}

/**
 * Tells whether two models saw the same data: SHA-256 over name, size and bytes of each file, in
 * order; of a query over no file, over the number of its rows and an order-blind hash of them.
 * @returns "sha256:" and 64 hexadecimal digits
 */
export async function fingerprint(
  database: Database,
  source: Source,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  for (const { path, stored, bytes } of source.files) {
    hash.update(`${basename(path)}\0${bytes}\0`);
    for await (const chunk of createReadStream(stored, { signal, highWaterMark: 1 << 20 })) {
      hash.update(chunk as Buffer);
    }
  }
  if (source.format === 'query') {
    const rows = await database.row(
      `SELECT count(*) AS rows, bit_xor(hash(r)) AS mixed, sum(hash(r)) AS total FROM (${source.query}) r`,
    );
    hash.update(`${source.name}\0${JSON.stringify(rows)}`);
  }
  return `sha256:${hash.digest('hex')}`;
}
