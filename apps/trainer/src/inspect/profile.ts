import { MAX_CATEGORIES } from '../mapping/mapping.js';
import { CELLS, countCells } from './cells.js';
import type { Database, SourceColumn, SqlRow } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName } from '../source/sql.js';
import { isNumberType } from '../rows/typed.js';
import { timeSql } from '../source/typing.js';

/** A word, and in how many rows it is. */
export interface WordCount {
  readonly value: string;
  readonly rows: number;
}

/** What is in a column. */
export interface ColumnProfile {
  readonly name: string;
  /** A number, whole numbers, times, words, yes/no, or the SQL type of anything else. */
  readonly type: string;
  readonly rows: number;
  /** Empty, or one of the words for "nothing". */
  readonly missing: number;
  /** Of a column of numbers or times: cells that are neither missing nor such. */
  readonly unreadable: number;
  /** Different values; where they are many, as estimated by HyperLogLog. */
  readonly distinct: number;
  /** Of a column of numbers: minimum, 5 %, 25 %, 50 %, 75 %, 95 %, maximum. */
  readonly quantiles?: readonly number[];
  /** Of a column of anything else: the most frequent values, and in how many rows. */
  readonly top?: readonly WordCount[];
}

/** Words of a column that are shown. */
export const TOP = 8;
/** Words of a column that are listed: one more than a feature has tells that it has more. */
const MOST_WORDS = MAX_CATEGORIES + 1;
/** Shares of a column whose values are shown. */
export const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95];

/** Name of the table that `profileColumns` reads: the source, as it is. */
export const INSPECTED = 'inspected';

/** Up to about so many different values are counted one by one. */
const COUNTED = 100_000;

/** Columns of one query: all at once would be a plan that takes longer than the data. */
const COLUMNS_AT_ONCE = 50;

/** Makes `INSPECTED`, which is the source under one name. */
export async function openInspected(database: Database, source: Source): Promise<void> {
  await database.run(`CREATE OR REPLACE TEMP VIEW ${INSPECTED} AS ${source.query}`);
}

interface Facts {
  readonly rows: number;
  readonly there: number;
  readonly about: number;
  readonly numbers: number;
  readonly times: number;
  readonly whole: boolean | null;
  readonly low: number | null;
  readonly middle: readonly number[] | null;
  readonly high: number | null;
}

/**
 * Profiles every column of `INSPECTED`, some columns a pass.
 * @param onColumn called after each pass with the number done
 */
export async function profileColumns(
  database: Database,
  source: Source,
  onColumn: (done: number) => void = () => {},
): Promise<ColumnProfile[]> {
  if (source.text) return profileText(database, source, onColumn);
  const profiles: ColumnProfile[] = [];
  for (let from = 0; from < source.columns.length; from += COLUMNS_AT_ONCE) {
    const columns = source.columns.slice(from, from + COLUMNS_AT_ONCE);
    profiles.push(...(await profileSome(database, source, columns)));
    onColumn(profiles.length);
  }
  return profiles;
}

/** Profiles columns of text by their different cells. */
async function profileText(
  database: Database,
  source: Source,
  onColumn: (done: number) => void,
): Promise<ColumnProfile[]> {
  const columns = source.columns.map((column, which) => ({ ...column, which }));
  await countCells(database, INSPECTED, columns);
  const { rows } = await database.row(`SELECT count(*)::DOUBLE AS rows FROM ${INSPECTED}`);
  const counts = await byColumn(
    database,
    `SELECT which, sum(rows)::DOUBLE AS there, count(*)::DOUBLE AS different FROM ${CELLS} GROUP BY which`,
  );
  const figures = await figuresOf(database, source, columns.filter(isNumber));
  const words = await commonCells(database, columns);
  const profiles: ColumnProfile[] = [];
  for (const { name, type, which, times } of columns) {
    const top = words.get(which)!.slice(0, TOP);
    const { there = 0, different = 0 } = counts.get(which) ?? {};
    const present = Number(there);
    const common = {
      name,
      rows: Number(rows),
      missing: Number(rows) - present,
      distinct: Number(different),
      unreadable: 0,
    };
    const found = figures.get(which);
    if (found !== undefined) {
      const { numbers, whole, quantiles } = found;
      const kind = whole === true ? 'integer' : 'number';
      const list = (quantiles as unknown as number[]).map(Number);
      profiles.push({
        ...common,
        type: kind,
        unreadable: present - Number(numbers),
        quantiles: list,
      });
    } else if (times !== undefined) {
      const read = await database.row(`SELECT coalesce(sum(rows), 0)::DOUBLE AS times
        FROM ${CELLS} WHERE which = ${which} AND ${timeSql('cell', times)} IS NOT NULL`);
      const unreadable = present - Number(read.times);
      profiles.push({ ...common, type: 'time', unreadable, top });
    } else {
      profiles.push({ ...common, type: wordFor(type), top });
    }
  }
  for (const [p, profile] of profiles.entries()) listed.set(profile, words.get(p)!);
  onColumn(profiles.length);
  return profiles;
}

/** The words of a profile's column, where they have been counted. */
const listed = new WeakMap<ColumnProfile, readonly WordCount[]>();

/**
 * The most frequent words of a column, one more than a feature has categories if there are as
 * many; of equally frequent ones the first in the alphabet.
 */
export async function wordsOf(
  database: Database,
  source: Source,
  profile: ColumnProfile,
): Promise<readonly WordCount[]> {
  const known = listed.get(profile);
  if (known !== undefined) return known;
  const column = source.columns.find(({ name }) => name === profile.name)!;
  const rows = await database.rows(`
    SELECT CAST(word AS VARCHAR) AS value, count(*)::DOUBLE AS rows
    FROM (SELECT ${readingOf(source, column).present} AS word FROM ${INSPECTED})
    WHERE word IS NOT NULL GROUP BY word ORDER BY rows DESC, word LIMIT ${MOST_WORDS}`);
  return rows as unknown as WordCount[];
}

type Placed = SourceColumn & { readonly which: number };

const isNumber = ({ type }: SourceColumn): boolean => isNumberType(type);

/** How many cells of each column are numbers, whether all are whole, and their quantiles. */
async function figuresOf(
  database: Database,
  source: Source,
  columns: readonly Placed[],
): Promise<Map<number, SqlRow>> {
  const macro = source.typing?.decimal === 'comma' ? 'number_comma' : 'number_of';
  const levels = LEVELS.map((level) => `min(number) FILTER (below >= ${level} * numbers)`);
  return byColumn(
    database,
    `SELECT which, max(numbers)::DOUBLE AS numbers, bool_and(number = floor(number)) AS whole,
      [min(number), ${levels.join(', ')}, max(number)] AS quantiles
    FROM (SELECT which, number, sum(rows) OVER (PARTITION BY which ORDER BY number) AS below,
        sum(rows) OVER (PARTITION BY which) AS numbers
      FROM (SELECT which, rows, ${macro}(cell) AS number FROM ${CELLS} WHERE ${isIn(columns)})
      WHERE number IS NOT NULL)
    GROUP BY which`,
  );
}

/** The most frequent cells of each column; of equals, the first in the alphabet. */
async function commonCells(
  database: Database,
  columns: readonly Placed[],
): Promise<Map<number, WordCount[]>> {
  const rows = await database.rows(`
    SELECT which, cell, rows::DOUBLE AS rows FROM ${CELLS}
    QUALIFY row_number() OVER (PARTITION BY which ORDER BY rows DESC, cell) <= ${MOST_WORDS}
    ORDER BY rows DESC, cell`);
  const words = new Map(columns.map(({ which }) => [which, [] as WordCount[]]));
  for (const { which, cell, rows: count } of rows) {
    words.get(Number(which))!.push({ value: String(cell), rows: Number(count) });
  }
  return words;
}

/** Not IN: of a long list it makes a join. */
function isIn(columns: readonly Placed[]): string {
  return `list_contains([${columns.map(({ which }) => which).join(', ')}]::USMALLINT[], which)`;
}

async function byColumn(database: Database, sql: string): Promise<Map<number, SqlRow>> {
  const rows = await database.rows(sql);
  return new Map(rows.map((row) => [Number(row.which), row]));
}

async function profileSome(
  database: Database,
  source: Source,
  columns: readonly SourceColumn[],
): Promise<ColumnProfile[]> {
  const facts = await factsOf(database, source, columns);
  const few = columns.filter((_, c) => facts[c].about <= COUNTED && facts[c].about > 0);
  const counted = await countWords(database, source, few);
  return columns.map((column, c): ColumnProfile => {
    const { rows, there, about, numbers, times, whole, low, middle, high } = facts[c];
    const { distinct = Math.min(about, there), top = [] } = counted.get(column.name) ?? {};
    const common = { name: column.name, rows, missing: rows - there, distinct };
    if (isNumberType(column.type) && there > 0) {
      const quantiles = [low, ...(middle ?? []), high].map(Number);
      const type = whole === true ? 'integer' : 'number';
      return { ...common, type, unreadable: there - numbers, quantiles };
    }
    if (/^(DATE|TIME)/.test(column.type)) {
      return { ...common, type: 'time', unreadable: there - times, top };
    }
    return { ...common, type: wordFor(column.type), unreadable: 0, top };
  });
}

async function factsOf(
  database: Database,
  source: Source,
  columns: readonly SourceColumn[],
): Promise<Facts[]> {
  const readings = columns.map((column) => readingOf(source, column));
  const cells = readings.flatMap(({ present, number, time }, c) => [
    `${present} AS p${c}`,
    ...(number === undefined ? [] : [`${number} AS n${c}`]),
    ...(time === undefined ? [] : [`${time} AS t${c}`]),
  ]);
  const facts = readings.map(({ number, time }, c) => {
    const quantiles = `low := min(n${c}), middle := approx_quantile(n${c}, ${JSON.stringify(LEVELS)}), high := max(n${c}), whole := bool_and(n${c} = floor(n${c}))`;
    return `struct_pack(rows := count(*)::DOUBLE, there := count(p${c})::DOUBLE,
      about := approx_count_distinct(p${c})::DOUBLE,
      numbers := ${number === undefined ? '0::DOUBLE' : `count(n${c})::DOUBLE`},
      times := ${time === undefined ? '0::DOUBLE' : `count(t${c})::DOUBLE`}
      ${number === undefined ? '' : `, ${quantiles}`}) AS c${c}`;
  });
  const row = await database.row(
    `SELECT ${facts.join(', ')} FROM (SELECT ${cells.join(', ')} FROM ${INSPECTED})`,
  );
  return columns.map((_, c) => row[`c${c}`] as unknown as Facts);
}

/** SQL of a column as it stands, and as a number or a time if it is one of such. */
export function readingOf(
  source: Source,
  { name: column, type, times }: SourceColumn,
): { present: string; number?: string; time?: string } {
  const name = quoteName(column);
  const isText = source.text || type === 'VARCHAR';
  const present = isText ? `present(${name})` : name;
  if (isNumberType(type)) {
    const macro = source.typing?.decimal === 'comma' ? 'number_comma' : 'number_of';
    return { present, number: isText ? `${macro}(${present})` : `TRY_CAST(${name} AS DOUBLE)` };
  }
  if (times !== undefined) return { present, time: timeSql(present, times) };
  return /^(DATE|TIME)/.test(type) ? { present, time: name } : { present };
}

interface Words {
  readonly distinct: number;
  readonly top: readonly WordCount[];
}

/** Different values of each column, and the most frequent ones, in one pass. */
async function countWords(
  database: Database,
  source: Source,
  columns: readonly SourceColumn[],
): Promise<Map<string, Words>> {
  if (columns.length === 0) return new Map();
  const sets = columns.map((_, c) => `(v${c})`).join(', ');
  const values = columns.map(
    (column, c) => `CAST(${readingOf(source, column).present} AS VARCHAR) AS v${c}`,
  );
  const which = columns.map((_, c) => `WHEN grouping(v${c}) = 0 THEN ${c}`).join(' ');
  const value = columns.map((_, c) => `WHEN grouping(v${c}) = 0 THEN v${c}`).join(' ');
  const rows = await database.rows(`
    SELECT which, count(*)::DOUBLE AS words, max_by(struct_pack(value := value, rows := rows), rows, ${TOP}) AS top
    FROM (
      SELECT CASE ${which} END AS which, CASE ${value} END AS value, count(*)::DOUBLE AS rows
      FROM (SELECT ${values.join(', ')} FROM ${INSPECTED}) GROUP BY GROUPING SETS (${sets}))
    WHERE value IS NOT NULL GROUP BY which`);
  return new Map(
    rows.map(({ which: c, words, top }) => {
      const list = top as unknown as WordCount[];
      return [columns[Number(c)].name, { distinct: Number(words), top: list }] as const;
    }),
  );
}

function wordFor(type: string): string {
  if (type === 'BOOLEAN') return 'yes/no';
  return isNumberType(type) || type === 'VARCHAR' ? 'text' : type;
}
