/*
 * How the times of a column are written. Each way is a pattern and the format by which the
 * database reads it (strptime). Which of `07/09/2026`'s numbers is the day is told by any other
 * cell with a part above 12; where there is none, both readings are given and somebody must say.
 */
import { languages } from './vocabulary.js';

/** How a column of times is to be read. */
export interface TimeReading {
  /** strptime formats, any of which a cell may have; none for seconds or milliseconds since 1970. */
  readonly formats: readonly string[];
  /** Seconds or milliseconds since 1970, as whole numbers. */
  readonly epoch?: 'seconds' | 'milliseconds';
  /** Names of months as they stand in the cells, in small letters, by English abbreviation. */
  readonly months: Readonly<Record<string, string>>;
  /** The cells are periods, `2026-07-06 - 2026-07-12`, that are read by their starts. */
  readonly ranges?: true;
}

/** Pattern of what follows the start of a period in a cell. */
export const RANGE_END = '(?: - | ?[–—~〜～] ?| to )[^–—~〜～]+';

/** What the cells of a column say of times. */
export interface TimesFound {
  readonly reading: TimeReading;
  /** The other reading, day and month exchanged, where the cells leave it open. */
  readonly otherwise?: TimeReading;
  /** A cell that is another day then. */
  readonly openCell?: string;
  /** The order of day and month, where both are numbers and the cells tell it. */
  readonly order?: DateOrder;
  /** Share of the cells that read as times, 0 to 1. */
  readonly share: number;
}

/** Which part of `07/09/2026` comes first, where the user says so. */
export type DateOrder = 'dmy' | 'mdy';

const YEAR = '(?:19|20)\\d\\d';
const MONTH = '(?:0?[1-9]|1[0-2])';
const DAY = '(?:0?[1-9]|[12]\\d|3[01])';
const NAME = '\\p{L}{3,12}\\.?';

/** Patterns of dates by their format. `swap`: the format with day and month exchanged. */
const dates: readonly { pattern: string; format: string; swap?: string }[] = [
  { pattern: `${YEAR}-${MONTH}-${DAY}`, format: '%Y-%m-%d' },
  { pattern: `${YEAR}/${MONTH}/${DAY}`, format: '%Y/%m/%d' },
  { pattern: `${YEAR}\\.${MONTH}\\.${DAY}`, format: '%Y.%m.%d' },
  { pattern: `${YEAR}\\. ${MONTH}\\. ${DAY}\\.`, format: '%Y. %m. %d.' },
  { pattern: `${YEAR}年${MONTH}月${DAY}日`, format: '%Y年%m月%d日' },
  { pattern: `${YEAR}년 ${MONTH}월 ${DAY}일`, format: '%Y년 %m월 %d일' },
  { pattern: `${DAY}\\.${MONTH}\\.${YEAR}`, format: '%d.%m.%Y' },
  { pattern: `${DAY}\\.${MONTH}\\.\\d\\d`, format: '%d.%m.%y' },
  { pattern: `${DAY}/${MONTH}/${YEAR}`, format: '%d/%m/%Y', swap: '%m/%d/%Y' },
  { pattern: `${MONTH}/${DAY}/${YEAR}`, format: '%m/%d/%Y', swap: '%d/%m/%Y' },
  { pattern: `${DAY}/${MONTH}/\\d\\d`, format: '%d/%m/%y', swap: '%m/%d/%y' },
  { pattern: `${MONTH}/${DAY}/\\d\\d`, format: '%m/%d/%y', swap: '%d/%m/%y' },
  { pattern: `${DAY}-${MONTH}-${YEAR}`, format: '%d-%m-%Y', swap: '%m-%d-%Y' },
  { pattern: `${MONTH}-${DAY}-${YEAR}`, format: '%m-%d-%Y', swap: '%d-%m-%Y' },
  { pattern: `${NAME} ${DAY}, ${YEAR}`, format: '%b %d, %Y' },
  { pattern: `${NAME} ${DAY} ${YEAR}`, format: '%b %d %Y' },
  { pattern: `${NAME}, ${NAME} ${DAY}, ${YEAR}`, format: '%b %d, %Y' },
  { pattern: `${DAY}\\.? (?:de )?${NAME} (?:de )?${YEAR}`, format: '%d %b %Y' },
  { pattern: `${DAY}-${NAME}-${YEAR}`, format: '%d-%b-%Y' },
  { pattern: `${DAY}-${NAME}-\\d\\d`, format: '%d-%b-%y' },
  { pattern: `${NAME} ${YEAR}`, format: '%b %Y' },
  { pattern: `${YEAR}-(?:0[1-9]|1[0-2])`, format: '%Y-%m' },
  { pattern: `${YEAR}年${MONTH}月`, format: '%Y年%m月' },
];

const HOUR = '(?:[01]?\\d|2[0-3])';
const MINUTE = '[0-5]\\d';

/** Patterns of clocks, with what parts them from the date. */
const clocks: readonly { pattern: string; format: string }[] = [
  { pattern: '', format: '' },
  ...[' ', 'T', ', ', ' - '].flatMap((between) =>
    ['', 'Z', ' ?UTC', '[+-]\\d\\d:?\\d\\d', ' [+-]\\d\\d:?\\d\\d'].flatMap((zone) =>
      [
        { pattern: `${HOUR}:${MINUTE}`, format: '%H:%M' },
        { pattern: `${HOUR}:${MINUTE}:${MINUTE}`, format: '%H:%M:%S' },
        { pattern: `${HOUR}:${MINUTE}:${MINUTE}\\.\\d{1,6}`, format: '%H:%M:%S.%f' },
        { pattern: `(?:0?[1-9]|1[0-2]):${MINUTE} ?[AaPp]\\.?[Mm]\\.?`, format: '%I:%M %p' },
        {
          pattern: `(?:0?[1-9]|1[0-2]):${MINUTE}:${MINUTE} ?[AaPp]\\.?[Mm]\\.?`,
          format: '%I:%M:%S %p',
        },
        { pattern: `(?:0?[1-9]|1[0-2]) ?[AaPp]\\.?[Mm]\\.?`, format: '%I %p' },
        { pattern: HOUR, format: '%H' },
      ].map((clock) => ({
        pattern: `${between}${clock.pattern}${zone}`,
        format: `${between}${clock.format}${zoneFormat(zone)}`,
      })),
    ),
  ),
];

function zoneFormat(zone: string): string {
  if (zone.startsWith(' [')) return ' %z';
  if (zone.startsWith('[')) return '%z';
  return zone === 'Z' ? 'Z' : zone === '' ? '' : ' UTC';
}

/** Times in digits alone. They are times only if the name says so, or if all cells can be dates. */
const digits: readonly { pattern: RegExp; format: string; needsName: boolean }[] = [
  {
    pattern: /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/,
    format: '%Y%m%d',
    needsName: false,
  },
  {
    pattern: /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])$/,
    format: '%Y%m%d%H',
    needsName: true,
  },
  {
    pattern: /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d[0-5]\d$/,
    format: '%Y%m%d%H%M%S',
    needsName: true,
  },
  {
    pattern: /^[0-4]\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])$/,
    format: '%y%m%d%H',
    needsName: true,
  },
  { pattern: /^(19|20)\d\d(0[1-9]|1[0-2])$/, format: '%Y%m', needsName: true },
];

/** Seconds since 1970 between 2001 and 2096, and milliseconds. */
const SECONDS = /^[1-3]\d{9}(\.\d+)?$/;
const MILLISECONDS = /^[1-3]\d{12}$/;

/** Fewer cells than this share, and a column is not one of times. */
const ENOUGH = 0.95;
/** Where the name says that it is a time, odd cells are odd cells. */
const ENOUGH_WITH_NAME = 0.8;

const ENGLISH = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];

/** English abbreviations by the names of months in all languages, small letters, without points. */
let monthNames: ReadonlyMap<string, string> | undefined;

function namesOfMonths(): ReadonlyMap<string, string> {
  if (monthNames !== undefined) return monthNames;
  const names = new Map<string, string>([['sept', 'Sep']]);
  for (const language of languages) {
    for (const options of [
      { month: 'short' },
      { month: 'long' },
      { month: 'long', day: 'numeric' },
    ] as const) {
      const format = new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' });
      ENGLISH.forEach((english, month) => {
        const name = format
          .formatToParts(Date.UTC(2026, month, 1))
          .find(({ type }) => type === 'month')?.value;
        const plain = name?.toLowerCase().replace(/\.$/, '');
        if (plain !== undefined && /^\p{L}+$/u.test(plain) && !names.has(plain)) {
          names.set(plain, english);
        }
      });
    }
  }
  monthNames = names;
  return names;
}

/**
 * Finds out how the cells of a column are times.
 * @param cells of the column, different ones, none of them empty; a sample will do if `order` is
 *   told or the sample holds the cells with the largest first and second part
 * @param soundsLikeTime the column's name says that it is a time
 * @returns undefined if they are no times
 */
export function findTimes(
  cells: readonly string[],
  soundsLikeTime: boolean,
  order?: DateOrder,
): TimesFound | undefined {
  const found = findMoments(cells, soundsLikeTime, order);
  if (found !== undefined) return found;
  const range = new RegExp(`${RANGE_END}$`, 'u');
  const periods = cells.map(plainBlanks).filter((cell) => range.test(cell));
  if (periods.length < ENOUGH * cells.length) return undefined;
  // Ends tell the order of day and month as well as starts.
  const ends = periods.map((cell) =>
    range.exec(cell)![0].replace(/^(?: - | ?[–—~〜～] ?| to )/u, ''),
  );
  const told = order ?? findMoments(ends, soundsLikeTime)?.order;
  const starts = periods.map((cell) => cell.replace(range, ''));
  const start = findMoments(starts, soundsLikeTime, told);
  return start && { ...start, reading: { ...start.reading, ranges: true } };
}

function findMoments(
  cells: readonly string[],
  soundsLikeTime: boolean,
  order?: DateOrder,
): TimesFound | undefined {
  if (cells.length === 0) return undefined;
  const numbers = findInDigits(cells, soundsLikeTime);
  if (numbers !== undefined) return numbers;
  const found = new Map<string, { count: number; swap?: string }>();
  let read = 0;
  for (const cell of cells) {
    const ways = waysOf(cell);
    if (ways.length > 0) read++;
    for (const { format, swap } of ways) {
      const { count } = found.get(format) ?? { count: 0 };
      found.set(format, { count: count + 1, ...(swap !== undefined && { swap }) });
    }
  }
  const share = read / cells.length;
  if (read === 0 || share < (soundsLikeTime ? ENOUGH_WITH_NAME : ENOUGH)) return undefined;
  const months = monthsIn(cells);
  const open = isOpen(found, order);
  const readingBy = (chosen: DateOrder): TimeReading => ({
    formats: [...found.keys()].filter((format) => !contradicts(format, found, chosen)),
    months,
  });
  const told = order ?? decided(found);
  const first = told ?? 'mdy';
  const reading = readingBy(first);
  if (!open) return { reading, share, ...(told !== undefined && { order: told }) };
  const otherwise = readingBy(first === 'mdy' ? 'dmy' : 'mdy');
  const swapped = cells.filter((cell) => waysOf(cell).some(({ swap }) => swap !== undefined));
  const openCell = swapped.find((cell) => !/^0?(\d+)\D0?\1\D/.test(cell)) ?? swapped[0];
  return { reading, otherwise, openCell, share };
}

function findInDigits(cells: readonly string[], soundsLikeTime: boolean): TimesFound | undefined {
  const all = (pattern: RegExp): number =>
    cells.filter((cell) => pattern.test(cell)).length / cells.length;
  for (const { pattern, format, needsName } of digits) {
    if (needsName && !soundsLikeTime) continue;
    const share = all(pattern);
    if (share >= (soundsLikeTime ? ENOUGH : 1)) {
      return { reading: { formats: [format], months: {} }, share };
    }
  }
  if (!soundsLikeTime) return undefined;
  for (const [pattern, epoch] of [
    [SECONDS, 'seconds'],
    [MILLISECONDS, 'milliseconds'],
  ] as const) {
    const share = all(pattern);
    if (share >= ENOUGH) return { reading: { formats: [], epoch, months: {} }, share };
  }
  return undefined;
}

const datePatterns = dates.map((date) => ({
  ...date,
  start: new RegExp(`^${date.pattern}(?!\\d)`, 'u'),
}));
const clockPatterns = clocks.map(({ pattern, format }) => ({
  whole: new RegExp(`^${pattern}$`, 'u'),
  format,
}));

/** The formats that a cell can be read by. */
function waysOf(cell: string): { format: string; swap?: string }[] {
  const ways: { format: string; swap?: string }[] = [];
  const text = plainBlanks(cell);
  for (const { format, swap, start } of datePatterns) {
    const date = start.exec(text)?.[0];
    if (date === undefined) continue;
    if (format.includes('%b') && !namesMonth(text)) continue;
    const rest = text.slice(date.length);
    for (const clock of clockPatterns) {
      if (!clock.whole.test(rest)) continue;
      ways.push({
        format: format + clock.format,
        ...(swap !== undefined && { swap: swap + clock.format }),
      });
    }
  }
  return ways;
}

/** Narrow and no-break blanks, as some write before AM and PM, are blanks. */
function plainBlanks(cell: string): string {
  return cell.replace(/[\u00a0\u2009\u202f]/g, ' ').trim();
}

function namesMonth(text: string): boolean {
  return (text.toLowerCase().match(/\p{L}+/gu) ?? []).some((word) => namesOfMonths().has(word));
}

function monthsIn(cells: readonly string[]): Record<string, string> {
  const months: Record<string, string> = {};
  for (const cell of cells) {
    for (const word of cell.toLowerCase().match(/\p{L}+/gu) ?? []) {
      const english = namesOfMonths().get(word);
      if (english !== undefined) months[word] = english;
    }
  }
  return months;
}

type Found = ReadonlyMap<string, { readonly count: number; readonly swap?: string }>;

const orderOf = (format: string): DateOrder =>
  format.indexOf('%d') < format.indexOf('%m') ? 'dmy' : 'mdy';

/** The order that more cells can have; undefined if all can have both. */
function decided(found: Found): DateOrder | undefined {
  const counts = { dmy: 0, mdy: 0 };
  for (const [format, { count, swap }] of found) {
    if (swap !== undefined) counts[orderOf(format)] += count;
  }
  if (counts.dmy === counts.mdy) return undefined;
  return counts.dmy > counts.mdy ? 'dmy' : 'mdy';
}

function isOpen(found: Found, order: DateOrder | undefined): boolean {
  if (order !== undefined) return false;
  const mixed = [...found.values()].some(({ swap }) => swap !== undefined);
  return mixed && decided(found) === undefined;
}

function contradicts(format: string, found: Found, order: DateOrder): boolean {
  return found.get(format)!.swap !== undefined && orderOf(format) !== order;
}
