import type { Columns, Feature, Schema } from '@adscale/forest';

/**
 * A value of an open vocabulary: a keyword, a creative, a publisher. In a row it is a number: the word's
 * place in a vocabulary, or, of whole numbers, the number itself; NaN for a word that is not known.
 */
export interface WordFeature {
  readonly name: string;
  readonly kind: 'word';
  readonly description?: string;
  /** A record may lack it: some training rows did. */
  readonly missing?: boolean;
  readonly example?: string | number;
  /** Its words are whole numbers that name something, such as ids. */
  readonly whole?: boolean;
}

/** What a feature may be beside its kind. */
export interface Biasing {
  /**
   * It is learned from, because what was observed depends on it (the position), but is not known, or not
   * to count, when candidates are compared. A record may lack it, and is then answered as if it were
   * `heldAt`: a number, a category or a word, as the feature's kind has it.
   */
  readonly bias?: { readonly heldAt: number | string };
}

/** What a record may hold: what the forest takes as it is, and words, which are encoded for it. */
export type RecordFeature = (Feature | WordFeature) & Biasing;

/** What a record is: its features in order. */
export interface RecordSchema {
  readonly features: readonly RecordFeature[];
}

/** Rows by column, words as numbers. */
export interface RecordColumns {
  readonly schema: RecordSchema;
  readonly rows: number;
  readonly values: readonly Float64Array[];
}

/** Characters (code points) that a word may have. Longer text is a mistake. */
export const LONGEST_WORD = 512;

/**
 * Columns as the forest takes them.
 * @throws Error if some are words, which is a fault of the caller
 */
export function plainColumns(columns: RecordColumns): Columns {
  const word = columns.schema.features.find(({ kind }) => kind === 'word');
  if (word !== undefined) throw new Error(`the words of ${word.name} are not encoded`);
  return columns as Columns;
}

/** Larger counts and amounts than any campaign has: a bound that only mistakes reach. */
const MAX_AMOUNT = 1e12;

/** The features of the default model, the contract of `POST /predict_ctr`. */
export const defaultSchema: Schema = {
  features: [
    {
      name: 'impressions',
      kind: 'integer',
      minimum: 1,
      maximum: MAX_AMOUNT,
      description: 'Impressions that the placement is planned to get.',
      example: 5000,
    },
    {
      name: 'ad_position',
      kind: 'integer',
      minimum: 1,
      maximum: 10,
      description: 'Place on the page, 1 (top) to 10.',
      example: 1,
    },
    {
      name: 'device_type',
      kind: 'categorical',
      categories: ['mobile', 'desktop', 'tablet'],
      description: 'Device that the ad is shown on.',
      example: 'mobile',
    },
    {
      name: 'budget',
      kind: 'numeric',
      exclusiveMinimum: 0,
      maximum: MAX_AMOUNT,
      description: 'Budget of the campaign, in the currency of the training data.',
      example: 2500,
    },
  ],
};
