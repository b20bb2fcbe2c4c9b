/*
 * What the cells of a table of text are. All columns are looked at in one pass, and one decision is
 * made for the file: which of point and comma is the decimal mark.
 *
 *   decides for the point     1,234.5   1,234,567   12.5   0.125
 *   decides for the comma     1.234,5   1.234.567   12,5   0,125
 *   open                      1.234     1,234       a count has no decimals, so that in a column
 *                                                   that counts the mark parts thousands
 *
 * Where no cell decides, the language of the header does; where it has none, somebody must say.
 */
import { languageOf, matchMeaning, writesComma } from '../language/vocabulary.js';
import {
  findTimes,
  RANGE_END,
  type DateOrder,
  type TimeReading,
  type TimesFound,
} from '../language/times.js';
import type { CellCounter, Shape } from './cells.js';

export type Decimal = 'point' | 'comma';

/** What the cells of a column of text are. */
export interface CellType {
  readonly kind: 'integer' | 'number' | 'time' | 'yes/no' | 'text' | 'empty';
  /** How they are read, of a column of times. */
  readonly times?: TimesFound;
  /** Why digits are words here. */
  readonly because?: string;
  /** The digits are no longer those that were exported: nothing can be learned from them. */
  readonly lost?: true;
  /** Cells that say no more than "fewer than": `<5`, `< 10%`. */
  readonly censored: number;
}

/** What the cells of a table are. */
export interface Typing {
  readonly decimal: Decimal;
  /** How the decimal mark was found; undefined if no number has a mark. */
  readonly decidedBy?: string;
  /** Cells that could be read either way, where nothing decides. */
  readonly open?: { readonly column: string; readonly cell: string };
  /** By column. */
  readonly types: readonly CellType[];
}

/** What the user says of the cells. */
export interface TypingWish {
  /** The cells were numbers already, and have been written with a point: nothing can be told. */
  readonly fromNumbers?: boolean | undefined;
  readonly decimal?: Decimal | undefined;
  readonly dates?: DateOrder | undefined;
}

/** A column of text: its name, and what its cells look like. */
export interface CountedColumn {
  readonly name: string;
  readonly cells: CellCounter;
}

/** A column is one of numbers if no more than this share of its cells is something else. */
export const MOST_UNREADABLE = 0.05;

/** Finds out what the cells of a table of text are. */
export function typeCells(columns: readonly CountedColumn[], wish: TypingWish = {}): Typing {
  const decision: Omit<Typing, 'types'> =
    wish.fromNumbers === true
      ? { decimal: 'point', decidedBy: 'the cells are numbers' }
      : decideDecimal(columns, wish.decimal);
  const types = columns.map((column) => typeOf(column, decision.decimal, wish.dates));
  return { ...decision, types: wish.dates === undefined ? settleOrders(columns, types) : types };
}

const isMostly = (cells: number, there: number): boolean =>
  cells > 0 && there - cells <= MOST_UNREADABLE * there;

function isNumeric({ cells }: CountedColumn): boolean {
  const numbers = Math.max(cells.count('point'), cells.count('comma'));
  return isMostly(numbers, cells.there - cells.count('censored'));
}

function decideDecimal(
  columns: readonly CountedColumn[],
  told: Decimal | undefined,
): Omit<Typing, 'types'> {
  if (told !== undefined) return { decimal: told, decidedBy: 'as told' };
  const numeric = columns.filter(isNumeric);
  const sum = (shape: Shape): number =>
    numeric.reduce((total, { cells }) => total + cells.count(shape), 0);
  const [point, comma] = [sum('provesPoint'), sum('provesComma')];
  if (point !== comma) {
    const cells = Math.max(point, comma).toLocaleString('en');
    return {
      decimal: point > comma ? 'point' : 'comma',
      decidedBy: `${cells} cell${cells === '1' ? '' : 's'} can be read no other way`,
    };
  }
  const open = numeric.filter(
    ({ cells }) => cells.count('openPoint') + cells.count('openComma') > 0,
  );
  if (open.length === 0) return { decimal: 'point' };
  const thousands = open.find(isThousands);
  if (thousands !== undefined) {
    const { name, cells } = thousands;
    return {
      decimal: cells.count('openPoint') > cells.count('openComma') ? 'comma' : 'point',
      decidedBy: `${name} holds whole numbers, so that ${cells.openCell} is thousands`,
    };
  }
  const decimals = open.find(({ cells }) => cells.count('plain') > 0);
  if (decimals !== undefined) {
    const { name, cells } = decimals;
    return {
      decimal: cells.count('openPoint') > cells.count('openComma') ? 'point' : 'comma',
      decidedBy: `${name} writes thousands without a mark, so that ${cells.openCell} has decimals`,
    };
  }
  const language = languageOf(columns.map(({ name }) => name));
  if (language !== undefined) {
    const decimal = writesComma(language) ? 'comma' : 'point';
    // A mark that parts thousands in the header's language is no surprise; the other one is.
    const unusual = sum(decimal === 'comma' ? 'openComma' : 'openPoint');
    if (unusual === 0) return { decimal, decidedBy: `the header's language (${language})` };
  }
  const [{ name, cells }] = open;
  return { decimal: 'point', open: { column: name, cell: cells.openCell ?? '' } };
}

/**
 * Whether the marks of a column part thousands: it counts by its name, or numbers below 1,000
 * stand without a mark beside `1.500`. Decimals would stand there too, or be cut to `1.5`.
 */
function isThousands({ name, cells }: CountedColumn): boolean {
  if (cells.count('plain') > 0) return false;
  return isCount(name) || (cells.count('small') > 0 && cells.count('openZero') > 0);
}

/** Whether a column counts impressions or clicks by its name: whole numbers. */
function isCount(name: string): boolean {
  return (['impressions', 'clicks'] as const).some(
    (meaning) => (matchMeaning(name, meaning)?.closeness ?? 0) >= 2,
  );
}

function typeOf(
  { name, cells }: CountedColumn,
  decimal: Decimal,
  dates: DateOrder | undefined,
): CellType {
  const { there } = cells;
  const censored = cells.count('censored');
  if (there === 0) return { kind: 'empty', censored };
  const timely = matchMeaning(name, 'time') !== undefined;
  const numbers = cells.count(decimal);
  const whole = cells.count(decimal === 'comma' ? 'wholeComma' : 'wholePoint');
  const isNumber = isMostly(numbers, there - censored);
  if (isNumber && cells.count('big') > 0) {
    return { kind: 'text', because: 'its digits are more than a number can hold', censored };
  }
  if (isNumber && cells.count('rounded') > 0 && cells.count('rounded') + whole === numbers) {
    const because = `its digits are lost: a spreadsheet has rounded them, as in ${roundedCell(cells)}`;
    return { kind: 'text', because, lost: true, censored };
  }
  // "00" to "23" is the hour of a day.
  const isHour = timely && cells.different().every((cell) => cell.length <= 2);
  if (
    isNumber &&
    !isHour &&
    cells.count('leadingZero') > 0 &&
    cells.count('provesPoint') + cells.count('provesComma') === 0
  ) {
    return { kind: 'text', because: 'its digits begin with 0: a code', censored };
  }
  if (!isNumber || timely || cells.count('plain') === there) {
    const times = findTimes(cells.different(), timely, dates);
    if (times !== undefined) return { kind: 'time', times, censored };
  }
  if (isNumber) return { kind: whole === numbers ? 'integer' : 'number', censored };
  if (cells.count('yesNo') === there) return { kind: 'yes/no', censored };
  return { kind: 'text', censored };
}

function roundedCell(cells: CellCounter): string {
  return cells.different().find((cell) => /[eE]\+?\d/.test(cell)) ?? '';
}

/** A file writes its dates in one order: a column that leaves it open takes another's. */
function settleOrders(
  columns: readonly CountedColumn[],
  types: readonly CellType[],
): readonly CellType[] {
  const orders = new Set(types.flatMap(({ times }) => times?.order ?? []));
  if (orders.size !== 1) return types;
  const [order] = orders;
  return types.map((type, c) => {
    if (type.times?.otherwise === undefined) return type;
    const times = findTimes(columns[c].cells.different(), true, order);
    return times === undefined ? type : { ...type, times };
  });
}

/** SQL of the seconds since 1970 that a column of text tells; NULL where it is no time. */
export function timeSql(text: string, { formats, epoch, months, ranges }: TimeReading): string {
  if (epoch !== undefined) {
    return `try_cast(${text} AS DOUBLE)${epoch === 'milliseconds' ? ' / 1000' : ''}`;
  }
  let plain = `trim(translate(${text}, '\u00a0\u2009\u202f', '   '))`;
  if (ranges) plain = `regexp_replace(${plain}, '${RANGE_END}$', '')`;
  const names = Object.entries(months);
  if (names.length > 0) {
    // "Wednesday, July 1, 2026" and "1. de jul. de 2026" as "July 1, 2026" and "1 jul 2026".
    plain = `regexp_replace(lower(${plain}), '^\\p{L}+\\.?, ', '')`;
    plain = `regexp_replace(replace(${plain}, ' de ', ' '), '(\\d|\\p{L})\\. ', '\\1 ', 'g')`;
    // The longer first: "juillet" holds no "juil" then.
    for (const [name, english] of names.sort(([a], [b]) => b.length - a.length)) {
      plain = `regexp_replace(${plain}, '(^|[^\\p{L}])${name}\\.?($|[^\\p{L}])', '\\1${english}\\2')`;
    }
  }
  const list = formats.map((format) => `'${format}'`).join(', ');
  return `epoch(try_strptime(${plain}, [${list}])::TIMESTAMP)`;
}
