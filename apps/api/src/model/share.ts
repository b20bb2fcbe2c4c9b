import type { RecordSchema } from '@adscale/ctr';

const WHOLE = 2 ** 32;

/** A double and its two halves: reads the bits of a number without allocating. */
const value = new Float64Array(1);
const halves = new Int32Array(value.buffer);

/**
 * A fixed share of all rows: a row is always in it or never, so that the same request always gets
 * the same model. Nothing is drawn at random and nothing is remembered:
 *
 * ```
 * row ──▶ Σ over features of mix(seed of its name, bits of its value) ──▶ 32 bits < percent ?
 * ```
 * Of a word that is a text, the bits are those of the text: its number is another in every model.
 * - The sum does not care about the order of the features, nor does the share.
 * - A larger percentage of the same salt keeps every row of a smaller one.
 * - Shares of different salts are independent: no row is always the one that tries what is new.
 */
export class RowShare {
  private readonly seeds: Int32Array;
  /** By feature: the name of a word that is a text; else null. */
  private readonly texts: readonly (string | null)[];
  private readonly below: number;

  /**
   * @param schema the features of the rows, in their order
   * @param salt what the share is for; other salts give other rows
   * @param percent how many of all rows, 0 to 100
   */
  constructor(schema: RecordSchema, salt: string, percent: number) {
    this.seeds = Int32Array.from(schema.features, ({ name }) => textBits(`${salt}\n${name}`));
    this.texts = schema.features.map((feature) => (isText(feature) ? feature.name : null));
    this.below = (percent / 100) * WHOLE;
  }

  /**
   * Whether a record is in the share. Allocates nothing.
   * @param row its numbers in schema order
   * @param record itself, where texts of its words are read
   */
  takes(row: Float64Array, record?: unknown): boolean {
    const { seeds, texts } = this;
    let sum = 0;
    for (let f = 0; f < seeds.length; f++) {
      const text = texts[f];
      if (text !== null) {
        sum = (sum + mix(seeds[f] ^ bitsIn(record, text))) | 0;
        continue;
      }
      // −0 + 0 is 0: both are the same number to a forest.
      value[0] = row[f] + 0;
      sum = (sum + mix(mix(seeds[f] ^ halves[0]) ^ halves[1])) | 0;
    }
    return mix(sum) >>> 0 < this.below;
  }
}

/** The finaliser of MurmurHash3 (Appleby, public domain): every bit in moves half the bits out. */
function mix(bits: number): number {
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** Whether a row holds the number of a feature's text, which means nothing in another model. */
export function isText(feature: RecordSchema['features'][number]): boolean {
  return feature.kind === 'word' && feature.whole !== true;
}

/** An absent word counts as an empty one: neither is known. */
function bitsIn(record: unknown, name: string): number {
  const value = (record as Readonly<Record<string, unknown>> | undefined)?.[name];
  return textBits(typeof value === 'string' ? value : '');
}

/** FNV-1a over UTF-16 units, mixed. */
export function textBits(text: string): number {
  let bits = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193);
  return mix(bits);
}
