/*
 * Rows that sum up others. An export may have one at its top, several at its end, one below each
 * group; trained on, it is the largest campaign of all. They are taken out and used: where the
 * rows that stay have other sums, something is missing.
 */
import { matchMeaning, outcomePhrase, totalPattern } from '../language/vocabulary.js';
import type { Database } from './database.js';
import { numberOf, presentCell } from './numbers.js';
import { FILE_COLUMN, quoteName, quoteText, ROW_COLUMN } from './sql.js';
import { findTotals, type AllRows, type FoundRow, type SummedRow } from './total-rows.js';
import { timeSql, type CellType, type CountedColumn, type Typing } from './typing.js';

/** A row that sums up others. */
export interface TotalRow {
  readonly file: string;
  readonly line: number;
  /** What its key cells say: `Total: Account`; empty if they are. */
  readonly says: string;
}

/** Where the rows that are kept do not add up to the file's own total. */
export interface TotalDifference {
  readonly file: string;
  /** Line of the total. */
  readonly line: number;
  readonly column: string;
  readonly total: number;
  readonly sum: number;
}

/** Rows that were taken out, and what they give away. */
export interface FoundTotals {
  readonly rows: readonly TotalRow[];
  /** Columns whose sums were compared with the totals. */
  readonly compared: readonly string[];
  readonly differences: readonly TotalDifference[];
  /** Rows that say "total" but sum up nothing: they are kept. */
  readonly doubtful: readonly TotalRow[];
}

/** Of a table that has no totals. */
export const noTotals: FoundTotals = { rows: [], compared: [], differences: [], doubtful: [] };

/** Rows of a larger table are not added up one by one: those that may say "total" are looked at. */
const MOST_ADDED = 100_000;

/** A column by which rows are told apart. */
interface Key {
  readonly name: string;
  readonly type: CellType;
}

/** A column that adds up. */
interface Counted {
  readonly name: string;
  /** By how much one of its cells may be rounded. */
  readonly rounding: number;
}

interface Reader {
  readonly database: Database;
  readonly table: string;
  /** Number of its rows. */
  readonly size: number;
  readonly keys: readonly Key[];
  readonly counted: readonly Counted[];
  readonly decimal: Typing['decimal'];
}

/**
 * Takes the totals out of a table of text.
 * @param columns of the table, of which `typing` says what they are; the cells of totals are
 *   taken back from their counts
 */
export async function dropTotals(
  database: Database,
  table: string,
  columns: readonly CountedColumn[],
  { types, decimal }: Typing,
  counts: readonly string[] = [],
): Promise<FoundTotals> {
  const size = Number((await database.row(`SELECT count(*)::DOUBLE AS size FROM ${table}`)).size);
  const keys = columns.flatMap((column, c) =>
    isKey(column, types[c]) && differs(column, size) ? [{ name: column.name, type: types[c] }] : [],
  );
  if (keys.length === 0) return noTotals;
  const reader = {
    database,
    table,
    size,
    keys,
    counted: countedOf(columns, types, counts),
    decimal,
  };
  const found: { file: string; total: FoundRow }[] = [];
  const doubtful: TotalRow[] = [];
  const facts = {
    times: keys.map(({ type }) => type.kind === 'time'),
    rounding: reader.counted.map(({ rounding }) => rounding),
  };
  const files = await rowsByFile(reader);
  const sums = size > MOST_ADDED ? await sumsByFile(reader) : undefined;
  for (const [file, rows] of files) {
    const { totals, doubtful: unsure } = findTotals(rows, facts, sums?.get(file));
    found.push(...totals.map((total) => ({ file, total })));
    const says = ({ keys: cells }: SummedRow): string => cells.filter((cell) => cell).join(' ');
    doubtful.push(...unsure.map((row) => ({ file, line: row.line, says: says(row) })));
  }
  const ids = found.map(({ total }) => total.row.id);
  if (ids.length > 0) await takeOut(database, table, columns, ids);
  return {
    rows: found.map(({ file, total: { row, says } }) => ({ file, line: row.line, says })),
    compared: reader.counted.map(({ name }) => name),
    differences: differencesOf(found, reader),
    doubtful,
  };
}

async function takeOut(
  database: Database,
  table: string,
  columns: readonly CountedColumn[],
  ids: readonly number[],
): Promise<void> {
  const list = columns.map(({ name }) => quoteName(name)).join(', ');
  const condition = `rowid IN (${ids.join(', ')})`;
  await database.each(`SELECT ${list} FROM ${table} WHERE ${condition}`, (row) => {
    columns.forEach(({ cells }, c) => cells.take(String(row[c] ?? ''), -1));
  });
  await database.run(`DELETE FROM ${table} WHERE ${condition}`);
}

const isNumber = ({ kind }: CellType): boolean => kind === 'number' || kind === 'integer';

/** Times, words and ids say what a row is of; a share that is written `< 10%` does not. */
function isKey({ name, cells }: CountedColumn, type: CellType): boolean {
  if (isNumber(type)) return /(^|[^a-z])id([^a-z]|$)/i.test(name);
  if (type.kind === 'text') {
    const figures = Math.max(cells.count('point'), cells.count('comma')) + type.censored;
    return outcomePhrase(name) === undefined || 2 * figures < cells.there;
  }
  return type.kind === 'time' || type.kind === 'yes/no';
}

/** Columns of counts and amounts: those that are called so, or that have it in their names. */
function countedOf(
  columns: readonly CountedColumn[],
  types: readonly CellType[],
  told: readonly string[],
): Counted[] {
  const all = columns.flatMap((column, c) => {
    if (!isNumber(types[c]) || isKey(column, types[c])) return [];
    const closeness = (meaning: 'impressions' | 'clicks' | 'cost'): number =>
      told.includes(column.name) ? 3 : (matchMeaning(column.name, meaning)?.closeness ?? 0);
    const count = Math.max(closeness('impressions'), closeness('clicks'));
    const amount = closeness('cost');
    const rounding = types[c].kind === 'integer' ? 0.5 : 0.005;
    return count === 0 && amount === 0
      ? []
      : [{ name: column.name, close: Math.max(count, amount), rounding: count > 0 ? 0 : rounding }];
  });
  const close = all.filter((column) => column.close >= 2);
  const chosen = close.length >= 2 ? close : all;
  // Counts come first: they are what rows are compared by.
  return chosen.sort((a, b) => a.rounding - b.rounding);
}

/** Whether a column tells rows apart: one that says the same everywhere says so in a total, too. */
function differs({ cells }: CountedColumn, rows: number): boolean {
  return cells.different().length > 1 || (cells.there > 0 && cells.there < rows);
}

/** The rows to look at, by file: all of a small table, else those that may say "total". */
async function rowsByFile(reader: Reader): Promise<Map<string, SummedRow[]>> {
  const { database, table, keys, counted, decimal, size } = reader;
  const seconds = keys.flatMap(({ name, type }) =>
    type.times === undefined ? [] : [timeSql(`present(${quoteName(name)})`, type.times.reading)],
  );
  // Start and end: a row that has the first start and the last end says no day.
  const spans =
    seconds.length < 2 || seconds.length === keys.length
      ? 'false'
      : `coalesce(least(${seconds.join(', ')}) = min(least(${seconds.join(', ')})) OVER (PARTITION BY ${FILE_COLUMN})
         AND greatest(${seconds.join(', ')}) = max(greatest(${seconds.join(', ')})) OVER (PARTITION BY ${FILE_COLUMN}), false)`;
  const where = size <= MOST_ADDED ? 'true' : suspectSql(reader);
  const files = new Map<string, SummedRow[]>();
  const names = [...keys, ...counted].map(({ name }) => quoteName(name));
  await database.each(
    `SELECT rowid::DOUBLE, ${FILE_COLUMN}, ${ROW_COLUMN}::DOUBLE, ${[spans, ...names].join(', ')}
     FROM ${table} WHERE ${where} ORDER BY rowid`,
    ([id, file, line, spansAll, ...rest]) => {
      const name = String(file ?? '');
      let rows = files.get(name);
      if (rows === undefined) files.set(name, (rows = []));
      const cells = (rest as (string | null)[]).map(presentCell);
      rows.push({
        id: Number(id),
        line: Number(line),
        spansAll: spansAll === true,
        keys: cells.slice(0, keys.length),
        counts: cells.slice(keys.length).map((cell) => numberOf(cell ?? '', decimal) ?? 0),
      });
    },
  );
  return files;
}

function numbersOf({ counted, decimal }: Reader): string[] {
  const macro = decimal === 'comma' ? 'number_comma' : 'number_of';
  return counted.map(({ name }) => `coalesce(${macro}(present(${quoteName(name)})), 0)`);
}

/** Condition of rows that may be totals. */
function suspectSql({ table, keys }: Reader): string {
  const cells = keys.map(({ name }) => `present(${quoteName(name)})`);
  const empty = cells.map((cell) => `${cell} IS NULL`).join(' AND ');
  const said = cells.map(
    (cell) => `regexp_matches(lower(strip_accents(${cell})), ${quoteText(`(${totalPattern})`)})`,
  );
  const edges = ['min', 'max'].map(
    (edge) => `rowid IN (SELECT ${edge}(rowid) FROM ${table} GROUP BY ${FILE_COLUMN})`,
  );
  return `(${empty}) OR ${[...said, ...edges].join(' OR ')}`;
}

/** What all rows of each file add up to. */
async function sumsByFile(reader: Reader): Promise<Map<string, AllRows>> {
  const sums = numbersOf(reader).flatMap((number, c) => [
    `sum(${number})::DOUBLE AS c${c}`,
    ...(c === 0 ? [`max(${number})::DOUBLE AS largest`] : []),
  ]);
  const rows = await reader.database.rows(
    `SELECT ${[`${FILE_COLUMN} AS file`, 'count(*)::DOUBLE AS rows', ...sums].join(', ')} FROM ${reader.table} GROUP BY ALL`,
  );
  return new Map(
    rows.map((row) => [
      String(row.file ?? ''),
      {
        rows: Number(row.rows),
        counts: reader.counted.map((_, c) => Number(row[`c${c}`])),
        largest: Number(row.largest ?? 0),
      },
    ]),
  );
}

/** Where no total of a file is the sum of the rows that are kept: by how much the nearest differs. */
function differencesOf(
  found: readonly { file: string; total: FoundRow }[],
  { counted }: Reader,
): TotalDifference[] {
  const differences: TotalDifference[] = [];
  for (const file of new Set(found.map((one) => one.file))) {
    const own = found.filter((one) => one.file === file).map(({ total }) => total);
    const distance = ({ row, sums }: FoundRow): number => Math.abs(row.counts[0] - sums[0]);
    const wholes = own.filter(({ whole }) => whole).sort((a, b) => distance(a) - distance(b));
    const complete = wholes.some(({ addsUp }) => addsUp);
    const differing = [
      ...own.filter(({ whole, addsUp }) => !whole && !addsUp),
      ...(complete ? [] : wholes.slice(0, 1)),
    ];
    for (const { row, sums, summed } of differing) {
      counted.forEach(({ name: column, rounding }, c) => {
        if (Math.abs(row.counts[c] - sums[c]) <= rounding * (summed + 1)) return;
        differences.push({ file, line: row.line, column, total: row.counts[c], sum: sums[c] });
      });
    }
  }
  return differences;
}

/** So many totals are shown by line. */
const SHOWN = 5;

/** What was found and compared, in sentences. */
export function describeTotals({ rows, compared, differences, doubtful }: FoundTotals): string[] {
  const notes: string[] = [];
  for (const file of new Set(rows.map((row) => row.file))) {
    const own = rows.filter((row) => row.file === file);
    const shown = own.slice(0, SHOWN).map(quoted);
    const more = own.length > SHOWN ? ` and ${own.length - SHOWN} more` : '';
    const differing = differences.filter((difference) => difference.file === file);
    const sums =
      differing.length > 0
        ? 'the rows that are kept have other sums: rows are missing, were counted with other filters, or restated'
        : compared.length > 0
          ? `${compared.join(', ')} of the rows that are kept add up to it`
          : 'there is nothing to add up';
    const one = own.length === 1 ? 'row sums up others and is' : 'rows sum up others and are';
    notes.push(`${file}: ${own.length} ${one} left out (${shown.join('; ')}${more}): ${sums}`);
    for (const { line, column, total, sum } of differing) {
      notes.push(
        `${file}: line ${line}: ${column} is ${figure(total)} there, ${figure(sum)} in the rows: ${figure(total - sum)} ${total > sum ? 'are missing' : 'are too many'}`,
      );
    }
  }
  for (const row of doubtful) {
    notes.push(
      `${row.file}: ${quoted(row)} says "total", but sums up nothing: it is read as a row`,
    );
  }
  return notes;
}

const quoted = ({ line, says }: TotalRow): string =>
  `line ${line}${says === '' ? ', without a name' : `: ${says}`}`;

const figure = (value: number): string =>
  Math.abs(value).toLocaleString('en', { maximumFractionDigits: 2 });
