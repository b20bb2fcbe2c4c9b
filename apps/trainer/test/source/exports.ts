/*
 * Exports in the shapes in which ad platforms write them: platform by language by grain by dialect.
 * What is written is told beside the bytes, so that what is read can be compared with it.
 */
import fc from 'fast-check';
import iconv from 'iconv-lite';
import type { Language } from '../../src/language/vocabulary.js';
import { exportNames, type ExportNames } from './export-names.js';

export const platforms = [
  'google',
  'meta',
  'linkedin',
  'tiktok',
  'amazon',
  'microsoft',
  'click log',
] as const;
export type Platform = (typeof platforms)[number];

export const grains = ['total', 'day', 'hour', 'week', 'month'] as const;
export type Grain = (typeof grains)[number];

/** How a date is written. */
export const dateStyles = ['iso', 'compact', 'points', 'dmy', 'mdy'] as const;
export type DateStyle = (typeof dateStyles)[number];

/** How an export is written. */
export interface Dialect {
  readonly delimiter: string;
  readonly decimal: '.' | ',';
  /** Between groups of three digits. */
  readonly thousands: string;
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'legacy';
  readonly marked: boolean;
  readonly lineEnd: string;
  readonly quoteAll: boolean;
  readonly dates: DateStyle;
  readonly missing: string;
  readonly preamble: number;
  readonly footer: number;
}

/** One export. */
export interface Shape {
  readonly grain: Grain;
  /** Ad groups and keywords below campaigns. */
  readonly depth: 1 | 2 | 3;
  readonly times: number;
  readonly campaigns: number;
  readonly counts: readonly number[];
  readonly totals: boolean;
  readonly dialect: Dialect;
}

/** A written export, and what must be read in it. */
export interface WrittenExport {
  readonly bytes: Buffer;
  readonly lines: number;
  readonly header: readonly string[];
  /** Cells of the rows by name: numbers, words, times as `2026-07-01 00:00:00`. */
  readonly columns: Readonly<Record<string, readonly (string | number)[]>>;
  readonly impressions: string;
  readonly clicks: string;
  readonly time: string | undefined;
  /** Rows that sum up others. */
  readonly totals: number;
}

const dialects: fc.Arbitrary<Dialect> = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t'),
  decimal: fc.constantFrom('.', ','),
  thousands: fc.constantFrom('', 'other', '\u00a0', '\u202f'),
  encoding: fc.constantFrom('utf-8', 'utf-16le', 'utf-16be', 'legacy'),
  marked: fc.boolean(),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  quoteAll: fc.boolean(),
  dates: fc.constantFrom(...dateStyles),
  missing: fc.constantFrom('', '--', ' --', '-'),
  preamble: fc.integer({ min: 0, max: 3 }),
  footer: fc.integer({ min: 0, max: 2 }),
});

/** Shapes of exports. */
export const shapes: fc.Arbitrary<Shape> = fc.record({
  grain: fc.constantFrom(...grains),
  depth: fc.constantFrom(1, 2, 3),
  times: fc.integer({ min: 4, max: 6 }),
  campaigns: fc.integer({ min: 2, max: 5 }),
  counts: fc.array(fc.integer({ min: 1, max: 50_000 }), { minLength: 40, maxLength: 40 }),
  totals: fc.boolean(),
  dialect: dialects,
});

type Cell =
  | string
  | number
  | { readonly share: number }
  | { readonly time: Date }
  | { readonly date: string }
  | null;

interface Column {
  readonly name: string;
  /** What a row has in it. */
  readonly cell: (row: Row) => Cell;
  /** What a total has in it. */
  readonly total: (rows: readonly Row[]) => Cell;
}

interface Row {
  readonly time: Date;
  readonly words: readonly string[];
  readonly id: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly cost: number;
}

const sum = (rows: readonly Row[], key: 'impressions' | 'clicks' | 'cost'): number =>
  Math.round(100 * rows.reduce((total, row) => total + row[key], 0)) / 100;
const day = 86_400_000;
const nothing = (): null => null;

function timesOf({ grain, times }: Shape): Date[] {
  if (grain === 'total') return [new Date(0)];
  return Array.from({ length: times }, (_, t) => {
    if (grain === 'month') return new Date(Date.UTC(2026, 4 + t, 1));
    // From the 11th, so that some day is above 12.
    const start = Date.UTC(2026, 6, 11);
    const step = { day, week: 7 * day, hour: day / 4 }[grain];
    return new Date(start + t * step + (grain === 'hour' ? 3 * day : 0));
  });
}

function rowsOf(shape: Shape, { words }: ExportNames): Row[] {
  let next = 0;
  const count = (): number => shape.counts[next++ % shape.counts.length] + next;
  return timesOf(shape).flatMap((time) =>
    words.slice(0, shape.campaigns).map((campaign, c): Row => {
      const impressions = count();
      return {
        time,
        words: [campaign, `${words[(c + 1) % words.length]} ${c}`, `"${words[c]}", exact`],
        id: 2001 + c,
        impressions,
        clicks: 1 + (count() % Math.max(1, Math.ceil(impressions / 3))),
        cost: count() / 100,
      };
    }),
  );
}

/** Columns of a platform, and which of them count. */
function columnsOf(platform: Platform, shape: Shape, names: ExportNames) {
  const meta = platform === 'meta' || platform === 'linkedin' ? 1 : 0;
  const clicks =
    platform === 'tiktok' ? `${names.clicks[0]} (${names.words[0]})` : names.clicks[meta];
  const impressions = names.impressions[meta];
  const label = platform === 'google' ? 0 : platform === 'tiktok' ? 2 : 1;
  const word = names.total[label].replace('{n}', String(shape.campaigns));
  const counted = (key: 'impressions' | 'clicks' | 'cost', name: string, factor = 1): Column => ({
    name,
    cell: (row) => (factor === 1 ? row[key] : factor * row[key]),
    total: (rows) => (factor === 1 ? sum(rows, key) : factor * sum(rows, key)),
  });
  const { time } = names;
  const timeName =
    shape.grain === 'total'
      ? undefined
      : platform === 'linkedin'
        ? `${names.starts} (in UTC)`
        : shape.grain === 'hour'
          ? platform === 'click log'
            ? 'timestamp'
            : time.hour
          : time[shape.grain];
  const timed: Column[] =
    timeName === undefined
      ? []
      : [{ name: timeName, cell: (row) => ({ time: row.time }), total: nothing }];
  const keys = [names.campaign[meta], names.adGroup[meta], names.keyword]
    .slice(0, shape.depth)
    .map((name, k): Column => ({
      name,
      cell: (row) => row.words[k],
      // A nameless total of Meta, and one in the first word of all others.
      total: () => (k === 0 && platform !== 'meta' ? word : null),
    }));
  const share: Column = {
    name: names.ctr,
    cell: (row) => ({ share: row.clicks / row.impressions }),
    total: (rows) => ({ share: sum(rows, 'clicks') / sum(rows, 'impressions') }),
  };
  const constant = (name: string, value: Cell): Column => ({
    name,
    cell: () => value,
    total: () => value,
  });
  const counts = [counted('impressions', impressions), counted('clicks', clicks)];
  const cost = counted('cost', names.cost[meta]);
  const columns: Column[] = {
    google: [...timed, ...keys, constant(names.currency, 'EUR'), cost, ...counts, share],
    meta: [
      constant(names.starts, { date: '2026-07-01' }),
      constant(names.ends, { date: '2026-12-31' }),
      ...keys,
      ...timed,
      cost,
      ...counts,
      counted('clicks', names.allClicks, 2),
    ],
    linkedin: [...timed, ...keys, cost, ...counts, share],
    tiktok: [...keys, ...timed, cost, ...counts, share],
    amazon: [...timed, ...keys, ...counts, share, cost],
    microsoft: [
      ...timed,
      ...keys,
      { name: 'Campaign ID', cell: (row: Row) => `[${row.id}]`, total: nothing },
      ...counts,
      cost,
    ],
    'click log': [...timed, ...keys, ...counts, cost],
  }[platform];
  return { columns, impressions, clicks, time: timeName };
}

/** Writes an export. */
export function writeExport(platform: Platform, language: Language, shape: Shape): WrittenExport {
  const names = exportNames[language];
  const { dialect } = shape;
  const { columns, impressions, clicks, time } = columnsOf(platform, shape, names);
  const rows = rowsOf(shape, names);
  const header = columns.map(({ name }) => name);
  const cells = (of: (column: Column) => Cell): string[] =>
    columns.map((column) => written(of(column), shape));
  const total = cells((column) => column.total(rows));
  const above = shape.totals && platform === 'meta' ? [total] : [];
  const hasBelow = shape.totals && !['meta', 'linkedin', 'click log'].includes(platform);
  const below = hasBelow ? (platform === 'google' ? [total, total] : [total]) : [];
  const body = rows.map((row) => cells((column) => column.cell(row)));
  const records = [header, ...above, ...body, ...below].map((fields) => record(fields, dialect));
  const lines = [
    ...[names.campaign[0], '2026', '# 41'].slice(0, dialect.preamble),
    ...records,
    ...['', `©2026 ${names.words[0]}`].slice(0, dialect.footer),
  ];
  return {
    bytes: encoded(lines.join(dialect.lineEnd) + dialect.lineEnd, dialect, names.legacy),
    lines: lines.length,
    header,
    columns: Object.fromEntries(
      columns.map((column) => [column.name, rows.map((row) => expected(column.cell(row), shape))]),
    ),
    impressions,
    clicks,
    time,
    totals: above.length + below.length,
  };
}

function written(cell: Cell, shape: Shape): string {
  const { dialect } = shape;
  if (cell === null) return dialect.missing;
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number') {
    return numberText(cell, Number.isInteger(cell) ? 0 : 2, dialect);
  }
  if ('share' in cell) return `${numberText(100 * cell.share, 2, dialect)}%`;
  if ('date' in cell) return cell.date;
  const text = cell.time.toISOString();
  const [year, month, date] = text.slice(0, 10).split('-');
  const clock = shape.grain === 'hour' ? ` ${text.slice(11, 16)}` : '';
  if (shape.grain === 'month') return `${year}-${month}`;
  const styles: Readonly<Record<DateStyle, string>> = {
    iso: `${year}-${month}-${date}`,
    compact: shape.grain === 'hour' ? `${year}-${month}-${date}` : `${year}${month}${date}`,
    points: `${date}.${month}.${year}`,
    dmy: `${date}/${month}/${year}`,
    mdy: `${Number(month)}/${Number(date)}/${year}`,
  };
  return styles[dialect.dates] + clock;
}

function numberText(value: number, decimals: number, { decimal, thousands }: Dialect): string {
  const [whole, fraction] = value.toFixed(decimals).split('.');
  const other = decimal === '.' ? ',' : '.';
  const mark = thousands === 'other' ? other : thousands;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, mark);
  return fraction === undefined ? grouped : `${grouped}${decimal}${fraction}`;
}

function expected(cell: Cell, { grain }: Shape): string | number {
  if (cell === null) throw new Error('rows have no empty cells');
  if (typeof cell !== 'object') return cell;
  if ('share' in cell) return Number((cell.share * 100).toFixed(2)) / 100;
  if ('date' in cell) return `${cell.date} 00:00:00`;
  const text = cell.time.toISOString().replace('T', ' ').slice(0, 19);
  return grain === 'hour' ? `${text.slice(0, 16)}:00` : text;
}

function record(fields: readonly string[], { delimiter, quoteAll }: Dialect): string {
  return fields
    .map((field) =>
      quoteAll || field.includes(delimiter) || /["\r\n]/.test(field)
        ? `"${field.replaceAll('"', '""')}"`
        : field,
    )
    .join(delimiter);
}

/** The bytes of a text; a legacy encoding that lacks a letter of it gives way to UTF-8. */
function encoded(text: string, { encoding, marked }: Dialect, legacy: string): Buffer {
  if (encoding === 'legacy') {
    const bytes = iconv.encode(text, legacy);
    if (iconv.decode(bytes, legacy) === text) return bytes;
    return iconv.encode(text, 'utf-8');
  }
  return iconv.encode((marked ? '\ufeff' : '') + text, encoding);
}
