/*
 * What a prediction id holds, so that no prediction need be remembered:
 *
 *   format 1 │ model 6 │ second 4 │ CTR 2 │ process 4 │ number 4 │ record, feature after feature │ MAC
 *   └───────────────────────────── signed ───────────────────────────────────────────────────────┘
 *
 * Of each feature: a category as its place plus one, a known word as its number plus one, both as varints
 * and 0 for none; a word that is a number as 1 if the model knows it, else 2, and the number (0: none); any
 * other number as mantissa and exponent (`coarse.ts`), 0 for none. All of it is written as base64url.
 */
import type { RecordSchema } from '@adscale/ctr';
import { type Coarse, joinNumber, splitNumber } from './coarse.js';

export const FORMAT = 1;
/** Bytes of a model's digest that name it. */
export const DIGEST_BYTES = 6;
export const AT_SECOND = 1 + DIGEST_BYTES;
export const AT_CTR = AT_SECOND + 4;
export const AT_PROCESS = AT_CTR + 2;
export const AT_NUMBER = AT_PROCESS + 4;
export const HEAD_BYTES = AT_NUMBER + 4;
/** Most bytes that a feature takes. */
const MOST_FEATURE_BYTES = 10;

/** How the values of a feature are written. */
type Way = 'place' | 'whole' | 'number';

function wayOf(feature: RecordSchema['features'][number]): Way {
  if (feature.kind === 'categorical') return 'place';
  if (feature.kind === 'word') return feature.whole === true ? 'whole' : 'place';
  return 'number';
}

/** Missing numbers are 0, so mantissas are written from 2 on. */
const MANTISSA_ZERO = 101;
const EXPONENT_ZERO = 128;

/** Writes and reads the record of an id, for the models of one schema. */
export class RecordBytes {
  private readonly ways: readonly Way[];
  private readonly split: Coarse = { mantissa: 0, exponent: 0 };
  private at = 0;

  constructor(schema: RecordSchema) {
    this.ways = schema.features.map(wayOf);
  }

  /** Most bytes of a record. */
  get most(): number {
    return this.ways.length * MOST_FEATURE_BYTES;
  }

  /**
   * Writes a row's numbers, in schema order.
   * @param isKnown whether the model knows a word that is a number
   * @returns where they end
   */
  write(
    bytes: Uint8Array,
    from: number,
    row: ArrayLike<number>,
    isKnown: (feature: number, word: number) => boolean,
  ): number {
    this.at = from;
    for (let f = 0; f < this.ways.length; f++) {
      const value = row[f];
      const isNone = value !== value;
      switch (this.ways[f]) {
        case 'place':
          this.putVarint(bytes, isNone ? 0 : value + 1);
          break;
        case 'whole':
          bytes[this.at++] = isNone ? 0 : isKnown(f, value) ? 1 : 2;
          if (!isNone) this.putVarint(bytes, value < 0 ? -2 * value - 1 : 2 * value);
          break;
        case 'number':
          if (isNone) bytes[this.at++] = 0;
          else this.putNumber(bytes, value);
      }
    }
    return this.at;
  }

  /**
   * Reads what `write` wrote.
   * @param known gets whether each feature that is a word is known
   * @returns the row; undefined if the bytes are no record of this schema
   */
  read(bytes: Uint8Array, from: number, known: boolean[]): Float64Array | undefined {
    const row = new Float64Array(this.ways.length);
    this.at = from;
    for (let f = 0; f < row.length; f++) {
      known[f] = true;
      if (this.ways[f] === 'number') row[f] = this.takeNumber(bytes);
      else if (this.ways[f] === 'place') {
        const place = this.takeVarint(bytes);
        row[f] = place === 0 ? NaN : place - 1;
        known[f] = place !== 0;
      } else {
        const kind = bytes[this.at++];
        const written = kind === 0 ? NaN : this.takeVarint(bytes);
        row[f] = written % 2 === 1 ? -(written + 1) / 2 : written / 2;
        known[f] = kind === 1;
      }
    }
    return this.at === bytes.length ? row : undefined;
  }

  /** A whole number from 0 to 2^54, seven bits a byte, the lowest first. */
  private putVarint(bytes: Uint8Array, value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[this.at++] = (rest % 128) | 128;
    bytes[this.at++] = rest;
  }

  private takeVarint(bytes: Uint8Array): number {
    let value = 0;
    for (let scale = 1; this.at < bytes.length; scale *= 128) {
      const byte = bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    // Cut off: `read` sees that the record ends behind the bytes.
    this.at = bytes.length + 1;
    return NaN;
  }

  private putNumber(bytes: Uint8Array, value: number): void {
    splitNumber(value, this.split);
    bytes[this.at++] = this.split.mantissa + MANTISSA_ZERO;
    bytes[this.at++] = this.split.exponent + EXPONENT_ZERO;
  }

  private takeNumber(bytes: Uint8Array): number {
    const mantissa = bytes[this.at++];
    if (mantissa === 0) return NaN;
    return joinNumber(mantissa - MANTISSA_ZERO, bytes[this.at++] - EXPONENT_ZERO);
  }
}
