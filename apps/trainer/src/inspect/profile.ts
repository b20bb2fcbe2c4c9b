import { sampleRows } from '../rows/leaks.js';
import { isNumberType } from '../rows/typed.js';
import { ROW_COLUMN } from '../source/csv.js';
import type { Database, SourceColumn, SqlRow } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName } from '../source/sql.js';

/** What one column holds. */
export interface ColumnProfile {
  readonly name: string;
  /** number, integer, text, time, yes/no, or the SQL type of anything else. */
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
  readonly top?: readonly { readonly value: string; readonly rows: number }[];
}

const TOP = 8;
const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95];

/** Name of the table that `profileColumns` reads: the source, as it is. */
export const INSPECTED = 'inspected';

/** Name of the table of a sample of its rows. */
export const SAMPLED = 'sampled';

/** Up to about so many different values are counted one by one. */
const COUNTED = 100_000;

/** A column counts as one of numbers, or of times, if no more than this share of its cells is something else. */
const MOST_UNREADABLE = 0.05;

/** Reads the source into `INSPECTED`, text once, what is typed not at all, and samples it. */
export async function openInspected(database: Database, source: Source): Promise<void> {
  const object = source.text ? 'TABLE' : 'TEMP VIEW';
  await database.run(`CREATE OR REPLACE ${object} ${INSPECTED} AS ${source.query}`);
  const { rows } = await database.row(`SELECT count(*)::DOUBLE AS rows FROM ${INSPECTED}`);
  const place = source.text ? 'spot' : ROW_COLUMN;
  const from = `SELECT *${source.text ? ', rowid AS spot' : ''} FROM ${INSPECTED}`;
  await sampleRows(database, SAMPLED, from, place, Number(rows));
}

/**
 * Profiles every column of `INSPECTED`.
 * @param onColumn called after each column with the number done
 */
export async function profileColumns(
  database: Database,
  source: Source,
  decimal: 'point' | 'comma',
  onColumn: (done: number) => void = () => {},
): Promise<ColumnProfile[]> {
  const profiles: ColumnProfile[] = [];
  for (const column of source.columns) {
    profiles.push(await profileColumn(database, source, column, decimal));
    onColumn(profiles.length);
  }
  return profiles;
}

async function profileColumn(
  database: Database,
  source: Source,
  column: SourceColumn,
  decimal: 'point' | 'comma',
): Promise<ColumnProfile> {
  const { present, number, time } = readings(source, column, decimal);
  const facts = await database.row(`
    SELECT count(*)::DOUBLE AS rows, count(present)::DOUBLE AS there,
      approx_count_distinct(present)::DOUBLE AS distinct, count(number)::DOUBLE AS numbers,
      count(time)::DOUBLE AS times, coalesce(bool_and(number = floor(number)), false) AS whole
    FROM (SELECT ${present} AS present, ${number} AS number, ${time} AS time FROM ${INSPECTED})`);
  const { rows, there, distinct, numbers, times } = facts as Record<string, number>;
  const isMostly = (cells: number): boolean =>
    cells > 0 && there - cells <= MOST_UNREADABLE * there;
  const about = Math.min(distinct, there);
  const common = {
    name: column.name,
    rows,
    missing: rows - there,
    distinct: about <= COUNTED ? await countDistinct(database, present) : about,
  };
  if (isMostly(numbers)) {
    const type = facts.whole === true ? 'integer' : 'number';
    const quantiles = await quantilesOf(database, number);
    return { ...common, type, unreadable: there - numbers, quantiles };
  }
  const top = await topOf(database, present);
  if (isMostly(times)) return { ...common, type: 'time', unreadable: there - times, top };
  return { ...common, type: wordFor(column.type), unreadable: 0, top };
}

/** SQL of a column as it stands, as a number and as a time, NULL where it is none. */
function readings(
  source: Source,
  { name: column, type }: SourceColumn,
  decimal: 'point' | 'comma',
): { present: string; number: string; time: string } {
  const name = quoteName(column);
  if (source.text || type === 'VARCHAR') {
    const present = `present(${name})`;
    const macro = decimal === 'comma' ? 'number_comma' : 'number_of';
    const time = `TRY_CAST(${present} AS TIMESTAMP)`;
    return { present, number: `${macro}(${present})`, time };
  }
  return {
    present: name,
    number: isNumberType(type) ? `TRY_CAST(${name} AS DOUBLE)` : 'NULL::DOUBLE',
    time: /^(DATE|TIME)/.test(type) ? name : 'NULL',
  };
}

async function countDistinct(database: Database, present: string): Promise<number> {
  const { distinct } = await database.row(
    `SELECT count(DISTINCT ${present})::DOUBLE AS distinct FROM ${INSPECTED}`,
  );
  return Number(distinct);
}

async function quantilesOf(database: Database, number: string): Promise<number[]> {
  const row = await database.row(`
    SELECT min(number) AS low, approx_quantile(number, ${JSON.stringify(LEVELS)}) AS middle, max(number) AS high
    FROM (SELECT ${number} AS number FROM ${INSPECTED})`);
  return [row.low, ...(row.middle as unknown as number[]), row.high].map(Number);
}

async function topOf(
  database: Database,
  present: string,
): Promise<{ value: string; rows: number }[]> {
  const rows: SqlRow[] = await database.rows(`
    SELECT CAST(present AS VARCHAR) AS value, count(*)::DOUBLE AS rows
    FROM (SELECT ${present} AS present FROM ${INSPECTED}) WHERE present IS NOT NULL
    GROUP BY present ORDER BY rows DESC, value LIMIT ${TOP}`);
  return rows.map(({ value, rows: count }) => ({ value: String(value), rows: Number(count) }));
}

function wordFor(type: string): string {
  if (type === 'BOOLEAN') return 'yes/no';
  return isNumberType(type) || type === 'VARCHAR' ? 'text' : type;
}

/**
 * Is the comma the decimal mark of a text source? Counted are the cells that only one of the two
 * readings makes a number of.
 */
export async function guessDecimal(database: Database, source: Source): Promise<'point' | 'comma'> {
  if (!source.text) return 'point';
  const cells = source.columns.map(({ name }) => quoteName(name)).join(', ');
  const { point, comma } = await database.row(`
    SELECT count(*) FILTER (number_of(cell) IS NOT NULL AND number_comma(cell) IS NULL)::DOUBLE AS point,
      count(*) FILTER (number_of(cell) IS NULL AND number_comma(cell) IS NOT NULL)::DOUBLE AS comma
    FROM (SELECT unnest([${cells}]) AS cell FROM (FROM ${INSPECTED} LIMIT 20000))`);
  return Number(comma) > Number(point) ? 'comma' : 'point';
}
