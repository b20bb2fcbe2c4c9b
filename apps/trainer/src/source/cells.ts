/*
 * What the cells of a column look like, counted as they come by: so that a table's types are known
 * when it has been read, without a question to the database. A shape is a set of bits; different
 * cells of one shape are one number.
 */
import { bareNumber, exchanged, isMissing } from './numbers.js';

/** What a cell can look like, one bit each. */
export const shapes = {
  /** A number, if the point is the decimal mark; the comma. */
  point: 1,
  comma: 2,
  /** A number that can be read in no other way. */
  provesPoint: 4,
  provesComma: 8,
  /** `1.234` and `1,234`: thousands or decimals. */
  openPoint: 16,
  openComma: 32,
  /** One of these that ends in 0: no decimals whose last zeros were left out. */
  openZero: 64,
  /** A whole number of one to three digits; of four and more. */
  small: 128,
  plain: 256,
  /** A whole number if the point is the decimal mark; the comma. */
  wholePoint: 512,
  wholeComma: 1024,
  /** `1.44383E+14`: it had more digits once. */
  rounded: 2048,
  /** `007` */
  leadingZero: 4096,
  /** Whole, and above 2^53. */
  big: 8192,
  /** `<5`, `< 10%` */
  censored: 16384,
  yesNo: 32768,
} as const;

export type Shape = keyof typeof shapes;

const POINT =
  /^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d\d)+,\d{3})(?:\.\d*)?(?:[eE][+-]?\d+)?%?$|^[+-]?\.\d+(?:[eE][+-]?\d+)?%?$/;
const PROVES_POINT =
  /^[+-]?(?:\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d+)?|0?\.\d+|\d+\.(?:\d{1,2}|\d{4,})|\d{4,}\.\d+|\d+\.\d+[eE][+-]?\d+)%?$/;
const OPEN_POINT = /^[+-]?[1-9]\d{0,2}\.\d{3}%?$/;
const WHOLE_POINT = /^[+-]?(?:\d{1,15}|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d\d)+,\d{3})$/;
const ROUNDED = /^\d(?:[.,](\d+))?[eE]\+?(\d+)$/;
const CENSORED = /^[<>≤≥] ?\S*\d/;

/** The shape of a cell that is not missing. */
export function shapeOf(cell: string): number {
  if (/^\d+$/.test(cell)) return shapeOfDigits(cell);
  if (CENSORED.test(cell)) return shapes.censored;
  if (/^(?:true|false|yes|no)$/i.test(cell)) return shapes.yesNo;
  if (!/\d/.test(cell)) return 0;
  const bare = bareNumber(cell);
  if (!/^[-+.,\d]/.test(bare)) return 0;
  if (/^\d+$/.test(bare)) return shapeOfDigits(bare);
  const other = exchanged(bare);
  let shape = 0;
  const sets = (bit: Shape, holds: boolean): void => {
    if (holds) shape |= shapes[bit];
  };
  sets('point', POINT.test(bare));
  sets('comma', POINT.test(other));
  if (shape === 0) return 0;
  sets('provesPoint', PROVES_POINT.test(bare));
  sets('provesComma', PROVES_POINT.test(other));
  sets('openPoint', OPEN_POINT.test(bare));
  sets('openComma', OPEN_POINT.test(other));
  sets('openZero', (shape & (shapes.openPoint | shapes.openComma)) > 0 && /0%?$/.test(bare));
  sets('small', /^[+-]\d{1,3}$/.test(bare));
  sets('plain', /^[+-]\d{4,}$/.test(bare));
  sets('wholePoint', WHOLE_POINT.test(bare));
  sets('wholeComma', WHOLE_POINT.test(other));
  const [, decimals = '', exponent] = ROUNDED.exec(bare) ?? [];
  sets('rounded', exponent !== undefined && Number(exponent) > Math.max(decimals.length, 9));
  return shape;
}

function shapeOfDigits(digits: string): number {
  let shape: number = shapes.point | shapes.comma;
  shape |= digits.length < 4 ? shapes.small : shapes.plain;
  const isBig = digits.length > 15 && BigInt(digits) > BigInt(Number.MAX_SAFE_INTEGER);
  shape |= isBig ? shapes.big : shapes.wholePoint | shapes.wholeComma;
  if (digits.length > 1 && digits.startsWith('0')) shape |= shapes.leadingZero;
  return shape;
}

/** So many different cells are kept, to find out how times are written, … */
const KEPT = 500;
/** … and beyond them those of which a part is above 12: they tell the day from the month. */
const FIRST_OVER_12 = /^(?:1[3-9]|[23]\d)[/-]\d{1,2}[/-]\d/;
const SECOND_OVER_12 = /^\d{1,2}[/-](?:1[3-9]|[23]\d)[/-]\d/;

/** The cells of one column. */
export class CellCounter {
  private readonly byShape = new Map<number, number>();
  /** Different cells, how often each came by, and its shape. */
  private readonly kept = new Map<string, { times: number; readonly shape: number }>();
  private readonly telling: (string | undefined)[] = [undefined, undefined];

  /** Cells that hold something. */
  get there(): number {
    let sum = 0;
    for (const times of this.byShape.values()) sum += times;
    return sum;
  }

  /** How many cells have a shape. */
  count(shape: Shape): number {
    let sum = 0;
    for (const [bits, times] of this.byShape) if ((bits & shapes[shape]) !== 0) sum += times;
    return sum;
  }

  /** A cell that could be decimals or thousands. */
  get openCell(): string | undefined {
    return this.openExample;
  }
  private openExample: string | undefined;

  /** Different cells, and those that tell the order of day and month. */
  different(): string[] {
    const told = this.telling.filter((cell) => cell !== undefined);
    return [...new Set([...this.kept.keys(), ...told])];
  }

  /** Counts a cell; takes it back where `times` is negative. */
  take(field: string, times = 1): void {
    const cell = field.trim();
    const known = this.kept.get(cell);
    if (known !== undefined) {
      known.times += times;
      if (known.times <= 0) this.kept.delete(cell);
      this.add(known.shape, times);
      return;
    }
    if (isMissing(cell)) return;
    const shape = shapeOf(cell);
    this.add(shape, times);
    if (times < 0) return;
    if (this.kept.size < KEPT) this.kept.set(cell, { times, shape });
    if ((shape & (shapes.openPoint | shapes.openComma)) !== 0) this.openExample ??= cell;
    if (this.telling[0] === undefined && FIRST_OVER_12.test(cell)) this.telling[0] = cell;
    if (this.telling[1] === undefined && SECOND_OVER_12.test(cell)) this.telling[1] = cell;
  }

  /** Counts what another counter has seen, too. */
  join(other: CellCounter): void {
    for (const [shape, times] of other.byShape) this.add(shape, times);
    for (const [cell, { times, shape }] of other.kept) {
      const known = this.kept.get(cell);
      if (known !== undefined) known.times += times;
      else if (this.kept.size < KEPT) this.kept.set(cell, { times, shape });
    }
    this.openExample ??= other.openExample;
    other.telling.forEach((cell, c) => (this.telling[c] ??= cell));
  }

  private add(shape: number, times: number): void {
    this.byShape.set(shape, (this.byShape.get(shape) ?? 0) + times);
  }
}
