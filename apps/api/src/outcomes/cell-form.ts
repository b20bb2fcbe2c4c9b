import type { RecordSchema } from '@adscale/ctr';
import { coarse } from '../ids/coarse.js';

/** Gives the text of a word by its number in a model. */
export type TextOf = (feature: number, word: number) => string;

/**
 * How a record is written as an outcome's cell: JSON with a value for each feature in the schema's
 * order. Categories and words are there as they are, other numbers to two significant digits, and null
 * for what is missing. It does not depend on a model's cuts, so that outcomes outlive models.
 */
export class CellForm {
  private readonly names: readonly string[];

  /** Names in an order that does not depend on the schema's. */
  private readonly sorted: readonly string[];
  /** The place of the first category; −1 if there is none. */
  private readonly category: number;

  constructor(readonly schema: RecordSchema) {
    this.sorted = schema.features.map(({ name }) => name).toSorted();
    this.category = schema.features.findIndex(({ kind }) => kind === 'categorical');
    this.names = schema.features.map(
      ({ name }, f) => `${f === 0 ? '{' : ','}${JSON.stringify(name)}:`,
    );
  }

  /**
   * @param row the record's numbers in schema order
   * @param textOf asked for words that the row knows
   * @param record where the row has no number of a word, its text is taken from here if given
   */
  textOf(
    row: ArrayLike<number>,
    textOf: TextOf,
    record?: Readonly<Record<string, unknown>>,
  ): string {
    const { features } = this.schema;
    let text = '';
    for (let f = 0; f < features.length; f++) {
      text += this.names[f] + this.valueOf(f, row[f], textOf, record);
    }
    return `${text}}`;
  }

  /** Tells a record from others of its schema, whatever order its fields have. */
  identityOf(record: Readonly<Record<string, unknown>>): string {
    return JSON.stringify(this.sorted.map((name) => record[name] ?? null));
  }

  /**
   * What the growth of an outcome's counts is learnt by: the value of the first feature of categories,
   * such as `device_type=mobile`; '' if there is none. More would be too few of each.
   */
  segmentOf(row: ArrayLike<number>): string {
    const feature = this.schema.features[this.category];
    if (feature?.kind !== 'categorical' || Number.isNaN(row[this.category])) return '';
    return `${feature.name}=${feature.categories[row[this.category]]}`;
  }

  private valueOf(
    f: number,
    number: number,
    textOf: TextOf,
    record: Readonly<Record<string, unknown>> | undefined,
  ): string {
    const feature = this.schema.features[f];
    if (feature.kind === 'word') {
      if (feature.whole === true) return Number.isNaN(number) ? 'null' : String(number);
      if (!Number.isNaN(number)) return JSON.stringify(textOf(f, number));
      const word = record?.[feature.name];
      return typeof word === 'string' && word !== '' ? JSON.stringify(word) : 'null';
    }
    if (Number.isNaN(number)) return 'null';
    if (feature.kind === 'categorical') return JSON.stringify(feature.categories[number]);
    return String(coarse(number));
  }
}
