/*
 * Combinations that training never had: a small number with a large one may lie within both
 * ranges and still be far from every row. For two numeric features, a row's place is its bins over
 * the number of bins, which are quantiles; a sample of training rows lies in that square,
 *
 *   1 ┌─────────·─┐      × is within both ranges, and further from the nearest of the sample
 *     │      · ·  │      than any of the sample is from the others
 *     │   · ··  × │
 *   0 └·──────────┘
 *
 * and a row is outside where the nearest is further than the loneliest of the sample is lonely.
 * Distance is the larger of the two differences. Only features that go together are looked at:
 * where they do not, any combination may be had. A sample of tens of rows sees gross cases only.
 */
import type { Forest } from '../model/forest.js';

/** Fewer rows than this say nothing of where training was. */
const LEAST_ROWS = 32;
/** Rank correlation from which two features go together: no accident in 32 rows. */
const LEAST_CORRELATION = 0.5;
/** Pairs among more features than this are not looked at. */
const MOST_FEATURES = 8;
const MOST_BINS = 1024;
/** One in a hundred rows of the kind trained on would still be called outside without it. */
const MARGIN = 1.25;

const [UNKNOWN, INSIDE, OUTSIDE] = [0, 1, 2];

const NONE: readonly string[] = [];

interface Pair {
  readonly first: number;
  readonly second: number;
  readonly name: string;
  /** Places of the sample: first and second coordinate, row after row. */
  readonly places: Float64Array;
  readonly limit: number;
  /** By codes of first and second. */
  readonly verdicts: Uint8Array;
}

/** A numeric feature whose pairs with others are looked at. */
export interface PairedFeature {
  readonly name: string;
  /** Its place in rows, those of the sample and those that are asked about. */
  readonly place: number;
  /** Its column of the forest. */
  readonly column: number;
}

/** Tells which pairs of numbers of a row training never had together. */
export class TrainingPairs {
  private readonly features: readonly PairedFeature[];
  private readonly pairs: readonly Pair[];
  /** By feature of those looked at: the code of the row at hand. */
  private readonly codes: Int32Array;

  /**
   * @param features numeric ones; the first eight of at most 1,024 bins are looked at
   * @param sample training rows, null where a value is missing; fewer than 32 say nothing
   */
  constructor(
    private readonly forest: Forest,
    features: readonly PairedFeature[],
    sample: readonly (readonly (number | null)[])[],
  ) {
    const isFit = ({ column }: PairedFeature) => {
      const bins = forest.binCount(column);
      return bins > 1 && bins <= MOST_BINS;
    };
    this.features = features.filter(isFit).slice(0, MOST_FEATURES);
    this.codes = new Int32Array(this.features.length);
    this.pairs = sample.length < LEAST_ROWS ? [] : this.pairsOf(sample);
  }

  /** The names of the pairs in which a row is outside. */
  outside(row: ArrayLike<number>): readonly string[] {
    const { codes } = this;
    this.features.forEach(({ place, column }, f) => {
      codes[f] = this.forest.binOf(column, row[place]);
    });
    let all = NONE;
    for (const pair of this.pairs) if (this.isOutside(pair)) all = [...all, pair.name];
    return all;
  }

  /** Rows of equal bins get one verdict. */
  private isOutside({ first, second, places, limit, verdicts }: Pair): boolean {
    const { codes } = this;
    const at = codes[first] * (this.binCount(second) + 1) + codes[second];
    if (verdicts[at] === UNKNOWN) {
      const distance = nearest(places, this.placeOf(first), this.placeOf(second), -1);
      verdicts[at] = distance > limit ? OUTSIDE : INSIDE;
    }
    return verdicts[at] === OUTSIDE;
  }

  private pairsOf(sample: readonly (readonly (number | null)[])[]): Pair[] {
    const { features } = this;
    return features.flatMap((one, first) =>
      features.slice(first + 1).flatMap((other, further): Pair[] => {
        const second = first + 1 + further;
        const places = this.placesOf(first, second, sample);
        if (!(Math.abs(correlation(places)) >= LEAST_CORRELATION)) return [];
        let loneliest = 0;
        for (let at = 0; at < places.length; at += 2) {
          const distance = nearest(places, places[at], places[at + 1], at);
          loneliest = Math.max(loneliest, distance);
        }
        const name = `${one.name} with ${other.name}`;
        const verdicts = new Uint8Array((this.binCount(first) + 1) * (this.binCount(second) + 1));
        return [{ first, second, name, places, limit: MARGIN * loneliest, verdicts }];
      }),
    );
  }

  private placesOf(
    first: number,
    second: number,
    sample: readonly (readonly (number | null)[])[],
  ): Float64Array {
    const both = [first, second].map((f) => ({ f, ...this.features[f] }));
    const known = sample.filter((row) => both.every(({ place }) => row[place] !== null));
    const places = new Float64Array(2 * known.length);
    known.forEach((row, i) => {
      both.forEach(({ f, place, column }, of) => {
        this.codes[f] = this.forest.binOf(column, row[place]!);
        places[2 * i + of] = this.placeOf(f);
      });
    });
    return places;
  }

  /** Where a feature's code at hand lies, in [0, 1]; NaN if it is missing, which is never outside. */
  private placeOf(f: number): number {
    const bins = this.binCount(f);
    return this.codes[f] === bins ? NaN : this.codes[f] / (bins - 1);
  }

  private binCount(f: number): number {
    return this.forest.binCount(this.features[f].column);
  }
}

/** Pearson's, of the places' two coordinates; NaN where one does not vary. */
function correlation(places: Float64Array): number {
  const mean = [0, 0];
  places.forEach((place, at) => (mean[at % 2] += (2 * place) / places.length));
  let [xx, xy, yy] = [0, 0, 0];
  for (let at = 0; at < places.length; at += 2) {
    const x = places[at] - mean[0];
    const y = places[at + 1] - mean[1];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Distance to the nearest place but the one at `skip`; NaN from a place that is not known. */
function nearest(places: Float64Array, x: number, y: number, skip: number): number {
  let best = Infinity;
  for (let at = 0; at < places.length; at += 2) {
    if (at === skip) continue;
    const distance = Math.max(Math.abs(places[at] - x), Math.abs(places[at + 1] - y));
    if (!(distance >= best)) best = distance;
  }
  return best;
}
