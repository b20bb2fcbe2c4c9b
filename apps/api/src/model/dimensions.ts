import type { RecordFeature, RecordSchema } from '@adscale/ctr';
import type { Dimension } from '@adscale/stats';

/** An integer feature with more values than this is not counted value by value. */
const MOST_VALUES = 64;
const MOST_DIMENSIONS = 16;

/** A feature whose values are few enough to count predictions by, as device and position are. */
interface Counted {
  /** Place in the row. */
  readonly place: number;
  /** The value that is category 0. */
  readonly first: number;
  readonly dimension: Dimension;
}

/** What predictions are counted by: the features of a model that have few values. */
export class PredictionDimensions {
  readonly named: readonly Dimension[];
  /** The row's category in each dimension; filled anew by every call of `codesOf`. */
  private readonly codes: Int32Array;
  private readonly counted: readonly Counted[];

  constructor({ features }: RecordSchema) {
    this.counted = features.flatMap(countedOf).slice(0, MOST_DIMENSIONS);
    this.named = this.counted.map(({ dimension }) => dimension);
    this.codes = new Int32Array(this.counted.length);
  }

  /** Category numbers of a row in schema order, as `ServiceStats.countPrediction` takes them. */
  codesOf(row: Float64Array): Int32Array {
    const { codes, counted } = this;
    for (let d = 0; d < counted.length; d++) {
      const { place, first } = counted[d];
      // Missing is NaN, which is no category.
      codes[d] = row[place] >= first ? row[place] - first : -1;
    }
    return codes;
  }
}

function countedOf(feature: RecordFeature, place: number): Counted[] {
  const { name } = feature;
  if (feature.kind === 'categorical') {
    return [{ place, first: 0, dimension: { name, categories: feature.categories } }];
  }
  // Words have too many values: those that are not known are counted by feature (unknown-words.ts).
  if (feature.kind !== 'integer') return [];
  const { minimum, maximum } = feature;
  if (minimum === undefined || maximum === undefined) return [];
  const values = maximum - minimum + 1;
  if (values > MOST_VALUES) return [];
  const categories = Array.from({ length: values }, (_, i) => String(minimum + i));
  return [{ place, first: minimum, dimension: { name, categories } }];
}
