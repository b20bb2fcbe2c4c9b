/*
 * Rows that say again what others say. A platform corrects its counts for days, so that exports of
 * other days hold the same campaign's same day twice:
 *
 *   july-01-06.csv   2026-07-06  Harbour   1000  41  ┐ one key, two tellings
 *   july-04-09.csv   2026-07-06  Harbour   1050  43  ┘ the newest counts
 *
 * The key of a row is its time and what names it: its words and codes, and in one file its settings too. Of several files the newest is the one that reaches furthest in time, then the one
 * that was written last, then the last one named. Within one file, as of exports that were appended
 * to each other, a later line corrects an earlier one if other days stand between the two, and if
 * nearly all such lines have grown a little. Else the file lacks the column that tells its rows
 * apart, and all are kept.
 */
import { stat } from 'node:fs/promises';
import { InputError } from '../cli/exit.js';
import { isAverage, matchMeaning, outcomePhrase } from '../language/vocabulary.js';
import type { Mapping, Restated } from '../mapping/mapping.js';
import type { Database, SqlRow } from '../source/database.js';
import type { Source } from '../source/source.js';
import { FILE_COLUMN, quoteName, quoteText, ROW_COLUMN } from '../source/sql.js';
import { isNumberType, typedQuery } from './typed.js';

/** What was found out about rows that say again what others say. */
export interface RestatedRows {
  /** What became of them. */
  readonly treated: Restated;
  /** Rows left out, or that would be: an older telling of another row. */
  readonly older: number;
  /** Of those, rows whose counts were the same: copies. */
  readonly copies: number;
  /** Sums over the restated rows, in their oldest and their newest telling. */
  readonly impressions: Moved;
  readonly clicks: Moved;
  /** The youngest days, if their counts moved most. */
  readonly immature?: { readonly days: number; readonly moved: number; readonly others: number };
  /** The file that was taken for the newest, if there are several. */
  readonly newest?: string;
  /** Rows of one file that have the key of another with other counts, kept as rows of their own. */
  readonly alike: number;
}

/** A sum before and after a restatement. */
export interface Moved {
  readonly before: number;
  readonly after: number;
}

/** A source without the older tellings of its rows. */
export interface SettledSource {
  readonly source: Source;
  readonly restated?: RestatedRows;
}

const DAY = 86_400;
/** Lines of one file correct others if so many of them … */
const MOST_NEAR = 0.9;
/** … have impressions within these times of what they repeat, … */
const NEAR = [0.9, 3] as const;
/** … and the middle one no more than so many times. */
const GROWN = 1.5;
/** Days are immature that moved by so much, … */
const MOVED = 0.02;
/** … and by so many times what older ones moved by. */
const MORE = 2;

/**
 * Finds the rows that say again what others say, and leaves the older ones out.
 * @throws InputError if the mapping refuses them
 */
export async function settleRestated(
  database: Database,
  source: Source,
  mapping: Mapping,
): Promise<SettledSource> {
  const { impressions, clicks, time, restated } = mapping;
  const wanted = restated ?? 'newest';
  if (impressions === undefined || clicks === undefined || time === undefined) return { source };
  if (!source.columns.some(({ name }) => name === time)) return { source };
  const order = await filesByAge(database, source, mapping, time);
  const keys = await identityOf(database, source, mapping, order.length > 1);
  await findTellings(database, source, mapping, order, keys);
  const counts = await database.row(`
    SELECT count(*) FILTER (again AND other_file)::DOUBLE AS over_files,
      count(*) FILTER (again AND NOT other_file AND same)::DOUBLE AS copies,
      count(*) FILTER (again AND NOT other_file AND NOT same)::DOUBLE AS in_file,
      count(*) FILTER (again AND NOT other_file AND NOT same AND near)::DOUBLE AS near,
      coalesce(median(grown) FILTER (again AND NOT other_file AND NOT same), 0)::DOUBLE AS grown
    FROM tellings`);
  const [overFiles, copies] = [Number(counts.over_files), Number(counts.copies)];
  const [inFile, near] = [Number(counts.in_file), Number(counts.near)];
  if (overFiles + copies + inFile === 0) return { source };
  const corrects =
    inFile > 0 &&
    (restated === 'newest' || (near >= MOST_NEAR * inFile && Number(counts.grown) <= GROWN));
  // Equal rows are copies only where the others are corrections: else both lack a column.
  const isKeyed = inFile === 0 || corrects;
  const leave = isKeyed ? 'again' : 'again AND other_file';
  const found = await describe(database, leave, {
    treated: wanted,
    alike: isKeyed ? 0 : inFile + copies,
    ...(order.length > 1 && { newest: order.at(-1)! }),
  });
  if (found.older === 0 || wanted === 'keep') return { source, restated: found };
  if (wanted === 'refuse') {
    throw new InputError(
      `${source.name}: ${tellRestated(found)}. Take the newest by --restated newest, or keep all by --restated keep.`,
    );
  }
  return { source: await leaveOut(database, source, order, leave), restated: found };
}

/** The columns that say what a row is of, by what is known of them before any count. */
function keyColumns({ columns }: Source, mapping: Mapping): string[] {
  const { impressions, clicks, features } = mapping;
  const known = new Set(Object.values(features).map(({ column }) => column));
  return columns
    .filter(({ name, type }) => {
      if (name === impressions || name === clicks) return false;
      return known.has(name) || !isMeasured(name, type);
    })
    .map(({ name }) => name);
}

/** So many rows of a file may share what names them. */
const SHARED = 0.001;

/**
 * The columns that tell rows of one time apart. A setting may be other in a later export (a budget, a
 * status), so that over several files the fewest columns are taken that name each row of a file:
 * campaign, ad group, device and ids; else all words; else all that is not counted.
 */
async function identityOf(
  database: Database,
  source: Source,
  mapping: Mapping,
  overFiles: boolean,
): Promise<string[]> {
  const all = keyColumns(source, mapping).filter((name) => name !== mapping.time);
  if (!overFiles) return all;
  const typeOf = new Map(source.columns.map(({ name, type }) => [name, type]));
  const words = all.filter((name) => typeOf.get(name) === 'VARCHAR' || isId(name));
  const named = words.filter((name) => isId(name) || namesRow(name));
  for (const keys of [named, words]) {
    if (keys.length === 0) continue;
    const row = await database.row(`
      SELECT count(*)::DOUBLE AS rows, count(DISTINCT hash(file, moment, key))::DOUBLE AS different
      FROM (${keyedQuery(source, mapping, keys, [])})`);
    if (Number(row.rows) - Number(row.different) <= SHARED * Number(row.rows)) return keys;
  }
  return all;
}

/** Whether a column numbers things, by its name. */
export const isId = (name: string): boolean => /(^|[^\p{L}])id([^\p{L}]|$)/iu.test(name);

const namesRow = (name: string): boolean =>
  (['campaign', 'ad_group', 'device'] as const).some(
    (meaning) => matchMeaning(name, meaning) !== undefined,
  ) || /(^|[^\p{L}])(ad|ads|creative|keyword|placement|site|publisher)([^\p{L}]|$)/iu.test(name);

/** SQL of every row with its file, place, age, key and time, and its counts. */
function keyedQuery(
  source: Source,
  mapping: Mapping,
  names: readonly string[],
  order: readonly string[],
): string {
  const { impressions, clicks, time } = mapping;
  const number = (name: string): string => `TRY_CAST(${quoteName(name)} AS DOUBLE)`;
  const ages = order.map((path, age) => `WHEN ${quoteText(path)} THEN ${age}`).join(' ');
  const age = order.length === 0 ? '0' : `CASE ${FILE_COLUMN} ${ages} END`;
  // As they are written: to read them all as numbers and words would take longer than the rest.
  const keys = ['0', ...names.map(quoteName)].join(', ');
  const read = only(source, [impressions, clicks, time]);
  return `SELECT adscale_key AS key, ${FILE_COLUMN} AS file, ${ROW_COLUMN} AS place, ${age} AS age,
      ${number(impressions!)} AS n, ${number(clicks!)} AS k, epoch(${asTime(source, time!)}) AS moment
    FROM (${typedQuery(read, mapping, [`hash(${keys}) AS adscale_key`])})`;
}

/** Whether a number is counted or averaged over the impressions of its row, by its name. */
export function isMeasured(name: string, type: string): boolean {
  if (!isNumberType(type)) return false;
  const counts = (['impressions', 'clicks', 'cost'] as const).some(
    (meaning) => matchMeaning(name, meaning) !== undefined,
  );
  const isMeanPosition = type === 'DOUBLE' && matchMeaning(name, 'position') !== undefined;
  return counts || outcomePhrase(name) !== undefined || isAverage(name) || isMeanPosition;
}

/** The files' paths, oldest first. */
async function filesByAge(
  database: Database,
  source: Source,
  mapping: Mapping,
  time: string,
): Promise<string[]> {
  if (source.files.length <= 1) return [];
  const rows: SqlRow[] = await database.rows(`
    SELECT ${FILE_COLUMN} AS file, epoch(max(${asTime(source, time)}))::DOUBLE AS latest
    FROM (${typedQuery(only(source, [time]), mapping)}) GROUP BY ALL`);
  const latest = new Map(rows.map(({ file, latest: at }) => [String(file), Number(at)]));
  const written = new Map<string, number>();
  for (const { path, stored } of source.files) written.set(path, (await stat(stored)).mtimeMs);
  const paths = source.files.map(({ path }) => path);
  const by = (of: ReadonlyMap<string, number>, a: string, b: string): number =>
    (of.get(a) ?? 0) - (of.get(b) ?? 0);
  return paths.sort(
    (a, b) => by(latest, a, b) || by(written, a, b) || paths.indexOf(a) - paths.indexOf(b),
  );
}

function asTime(source: Source, time: string): string {
  const type = source.columns.find(({ name }) => name === time)?.type ?? '';
  return /^(DATE|TIME)/.test(type) ? `${quoteName(time)}::TIMESTAMP` : 'NULL::TIMESTAMP';
}

/**
 * Makes the table `tellings`: of every row whose key occurs again, the row and how its next telling
 * compares. `again`: there is a newer one.
 */
async function findTellings(
  database: Database,
  source: Source,
  mapping: Mapping,
  order: readonly string[],
  names: readonly string[],
): Promise<void> {
  const window = '(PARTITION BY key, moment ORDER BY age, place)';
  await database.run(`CREATE OR REPLACE TEMP TABLE tellings AS
    SELECT file, place, age, n, k, moment, next_age IS NOT NULL AS again,
      first_n, first_k, coalesce(next_age > age, false) AS other_file,
      coalesce(next_n = n AND next_k = k, false) AS same,
      coalesce(next_run > run AND next_n BETWEEN ${NEAR[0]} * n AND ${NEAR[1]} * n, false) AS near,
      next_n / nullif(n, 0) AS grown
    FROM (
      SELECT *, lead(age) OVER w AS next_age, lead(run) OVER w AS next_run, lead(n) OVER w AS next_n, lead(k) OVER w AS next_k,
        first_value(n) OVER w AS first_n, first_value(k) OVER w AS first_k,
        count(*) OVER (PARTITION BY key, moment) AS times
      FROM (
        SELECT *, sum(turned) OVER (ORDER BY age, place) AS run
        FROM (
          SELECT *, (moment IS DISTINCT FROM lag(moment) OVER (ORDER BY age, place))::INTEGER AS turned
          FROM (${keyedQuery(source, mapping, names, order)})))
      WHERE n IS NOT NULL AND moment IS NOT NULL
      WINDOW w AS ${window})
    WHERE times > 1`);
}

/** A source with no other columns to be read than these. */
function only(source: Source, names: readonly (string | undefined)[]): Source {
  return { ...source, columns: source.columns.filter(({ name }) => names.includes(name)) };
}

async function describe(
  database: Database,
  leave: string,
  rest: Pick<RestatedRows, 'treated' | 'alike' | 'newest'>,
): Promise<RestatedRows> {
  const sums = await database.row(`
    SELECT count(*) FILTER (${leave})::DOUBLE AS older,
      count(*) FILTER (${leave} AND same)::DOUBLE AS copies,
      coalesce(sum(first_n) FILTER (NOT again), 0)::DOUBLE AS n0,
      coalesce(sum(n) FILTER (NOT again), 0)::DOUBLE AS n1,
      coalesce(sum(first_k) FILTER (NOT again), 0)::DOUBLE AS k0,
      coalesce(sum(k) FILTER (NOT again), 0)::DOUBLE AS k1
    FROM tellings`);
  const immature = await immatureDays(database);
  const number = (name: string): number => Number(sums[name]);
  return {
    ...rest,
    older: number('older'),
    copies: number('copies'),
    impressions: { before: number('n0'), after: number('n1') },
    clicks: { before: number('k0'), after: number('k1') },
    ...(immature !== undefined && { immature }),
  };
}

/** The days before the end of the older file whose counts moved most. */
async function immatureDays(database: Database): Promise<RestatedRows['immature']> {
  const rows = await database.rows(`
    SELECT floor((latest - moment) / ${DAY})::DOUBLE AS days, sum(abs(k - first_k))::DOUBLE AS moved,
      sum(first_k)::DOUBLE AS clicks
    FROM (
      SELECT *, max(moment) FILTER (age = 0 OR again) OVER () AS latest FROM tellings)
    WHERE NOT again AND moment <= latest GROUP BY days ORDER BY days`);
  const days = rows.map((row) => ({
    days: Number(row.days),
    moved: Number(row.moved),
    clicks: Number(row.clicks),
  }));
  const shareOf = (some: typeof days): number => {
    const clicks = some.reduce((sum, day) => sum + day.clicks, 0);
    return clicks === 0 ? 0 : some.reduce((sum, day) => sum + day.moved, 0) / clicks;
  };
  let young = 0;
  while (young < days.length - 1) {
    const rest = shareOf(days.slice(young + 1));
    if (shareOf([days[young]]) < Math.max(MOVED, MORE * rest)) break;
    young++;
  }
  if (young === 0) return undefined;
  const moved = shareOf(days.slice(0, young));
  return { days: days[young - 1].days + 1, moved, others: shareOf(days.slice(young)) };
}

/** The source without the rows that `leave` means, in their order. */
async function leaveOut(
  database: Database,
  source: Source,
  order: readonly string[],
  leave: string,
): Promise<Source> {
  const place = order.length === 0 ? ROW_COLUMN : `${fileRank(source)}, ${ROW_COLUMN}`;
  await database.run(`CREATE OR REPLACE TABLE settled AS
    SELECT s.* FROM (${source.query}) s
    ANTI JOIN (FROM tellings WHERE ${leave}) t
      ON s.${FILE_COLUMN} IS NOT DISTINCT FROM t.file AND s.${ROW_COLUMN} = t.place
    ORDER BY ${place}`);
  return { ...source, query: 'SELECT * FROM settled' };
}

function fileRank({ files }: Source): string {
  const ranks = files.map(({ path }, f) => `WHEN ${quoteText(path)} THEN ${f}`).join(' ');
  return `CASE ${FILE_COLUMN} ${ranks} END`;
}

/** What was found in words, without an end mark. */
export function tellRestated(found: RestatedRows): string {
  const { older, copies, impressions, clicks, immature, newest, treated, alike } = found;
  const count = (rows: number): string => rows.toLocaleString('en');
  const parts: string[] = [];
  if (older > copies) {
    const done = { newest: 'left out', refuse: 'found', keep: 'kept' }[treated];
    const of = newest === undefined ? 'a later line' : newest;
    parts.push(
      `${count(older - copies)} rows are an older telling of others and ${done}: of one key and day the newest counts (${of}); impressions moved by ${moved(impressions)}, clicks by ${moved(clicks)}`,
    );
  }
  if (copies > 0) {
    const done = treated === 'keep' ? 'kept' : treated === 'refuse' ? 'found' : 'left out';
    parts.push(`${count(copies)} rows are copies of others and ${done}`);
  }
  if (immature !== undefined) {
    const { days, moved: share, others } = immature;
    parts.push(
      `the youngest ${days === 1 ? 'day is' : `${days} days are`} immature: clicks moved by ${percent(share)} there, by ${percent(others)} before; --mature ${days}d leaves ${days === 1 ? 'it' : 'them'} out`,
    );
  }
  if (alike > 0) {
    parts.push(
      `${count(alike)} rows have the day and words of another in the same file, with other counts: they are kept, as a column that tells them apart seems to be missing; --restated newest takes the last of each`,
    );
  }
  return parts.join('; ');
}

function moved({ before, after }: Moved): string {
  const share = before === 0 ? 0 : after / before - 1;
  return `${share < 0 ? '−' : '+'}${percent(Math.abs(share))}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
