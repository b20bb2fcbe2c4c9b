import { writtenValue, type CtrTable, type ModelChoice, type WordEncoding } from '@adscale/ctr';

/** A feature as the training rows hold it. */
export interface FeatureView {
  /** Its place in the schema. */
  readonly f: number;
  readonly distribution: Distribution;
  /** Of words, those with most impressions. */
  readonly levels: Levels;
  /** The levels, and of words also what they leave out: every row has one. */
  readonly everyLevel: Levels;
}

/**
 * Goes through the rows: everything that is told of the feature is told from this.
 * @param encoding what the model knows of words, which the table has by its numbers
 */
export function viewFeature(table: CtrTable, f: number, encoding?: WordEncoding): FeatureView {
  const distribution = Distribution.of(table.features.values[f]);
  const levels = levelsOf(table, f, distribution);
  const isWord = table.features.schema.features[f].kind === 'word';
  const everyLevel =
    isWord && encoding !== undefined
      ? withOthers(levels, (word) => encoding.isKnown(f, word))
      : levels;
  return { f, distribution, levels, everyLevel };
}

/** How often a feature has each of its values; missing ones are left out. */
export class Distribution {
  /**
   * @param values distinct, ascending
   * @param ends how many rows have at most this value
   */
  private constructor(
    readonly values: Float64Array,
    private readonly ends: Uint32Array,
  ) {}

  /** Counts where values are few; sorts where they are many. */
  static of(values: Float64Array): Distribution {
    const places = new Map<number, number>();
    const counts = new Uint32Array(MOST_COUNTED);
    for (const value of values) {
      if (Number.isNaN(value)) continue;
      let place = places.get(value);
      if (place === undefined) {
        if (places.size === MOST_COUNTED) return Distribution.ofSorted(values.slice().sort());
        places.set(value, (place = places.size));
      }
      counts[place]++;
    }
    const distinct = Float64Array.from(places.keys()).sort();
    let end = 0;
    const ends = Uint32Array.from(distinct, (value) => (end += counts[places.get(value)!]));
    return new Distribution(distinct, ends);
  }

  /** @param sorted ascending, NaN last */
  private static ofSorted(sorted: Float64Array): Distribution {
    const distinct = new Float64Array(sorted.length);
    const ends = new Uint32Array(sorted.length);
    let found = 0;
    for (let i = 0; i < sorted.length && !Number.isNaN(sorted[i]); i++) {
      if (found === 0 || sorted[i] !== distinct[found - 1]) distinct[found++] = sorted[i];
      ends[found - 1] = i + 1;
    }
    return new Distribution(distinct.slice(0, found), ends.slice(0, found));
  }

  /** Rows that have a value. */
  get rows(): number {
    return this.ends.at(-1) ?? 0;
  }

  /** The value of this rank among all rows, from 0; `rows` is at least 1. */
  at(rank: number): number {
    let [low, high] = [0, this.ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle] > rank) high = middle;
      else low = middle + 1;
    }
    return this.values[low];
  }

  /** The value below which this share of the rows lies, in [0, 1]; undefined if there are none. */
  quantile(share: number): number {
    return this.at(Math.round(share * (this.rows - 1)));
  }
}

/** More distinct values than this are sorted. */
const MOST_COUNTED = 4096;

/** A feature cut into levels that a person can tell apart. */
export interface Levels {
  readonly feature: string;
  /** Each level is a category, a single number or an interval of numbers. */
  readonly labels: readonly string[];
  /** The level of each row; −1 where the value is missing or among the rare ones. */
  readonly levelOf: (value: number) => number;
  /** The value of each level where it is a single one: then the feature has few. Null otherwise. */
  readonly values: readonly number[] | null;
}

/** So many categories are shown, those with most impressions. */
const MOST_CATEGORIES = 12;
/** A numeric feature with at most so many values is shown value by value. */
const MOST_VALUES = 12;
const QUANTILES = 10;

function levelsOf(table: CtrTable, f: number, distribution: Distribution): Levels {
  const { features, impressions } = table;
  const feature = features.schema.features[f];
  if (feature.kind === 'categorical') {
    const frequent = mostFrequent(features.values[f], impressions, MOST_CATEGORIES);
    frequent.sort((a, b) => a - b);
    return singleValues(feature.name, frequent, (place) => feature.categories[place]);
  }
  if (feature.kind === 'word') {
    const frequent = mostFrequent(features.values[f], impressions, MOST_CATEGORIES);
    return singleValues(feature.name, frequent, (word) => String(writtenValue(table, f, word)));
  }
  if (distribution.values.length <= MOST_VALUES) {
    return singleValues(feature.name, [...distribution.values], tellNumber);
  }
  return { feature: feature.name, ...quantileLevels(distribution), values: null };
}

function singleValues(
  feature: string,
  values: readonly number[],
  tell: (value: number) => string,
): Levels {
  const places = new Map(values.map((value, level) => [value, level]));
  return { feature, labels: values.map(tell), levelOf: (value) => places.get(value) ?? -1, values };
}

/** Behind the commonest words the other ones that are known, and those that are not. */
function withOthers(
  { feature, labels, levelOf }: Levels,
  isKnown: (word: number) => boolean,
): Levels {
  const others = labels.length;
  return {
    feature,
    labels: [...labels, ...['(other words)', '(words unseen)'].map((name) => apart(name, labels))],
    levelOf: (word) => {
      const level = levelOf(word);
      if (level >= 0) return level;
      return isKnown(word) ? others : others + 1;
    },
    values: null,
  };
}

/** A name that is none of the words: an axis finds its points by their labels. */
function apart(name: string, words: readonly string[]): string {
  return words.includes(name) ? apart(`(${name})`, words) : name;
}

function quantileLevels(distribution: Distribution): Pick<Levels, 'labels' | 'levelOf'> {
  const { rows } = distribution;
  const edges = Array.from({ length: QUANTILES + 1 }, (_, k) =>
    distribution.at(Math.min(rows - 1, Math.floor((k * rows) / QUANTILES))),
  );
  const [least, greatest] = [edges[0], edges[QUANTILES]];
  const cuts = [...new Set(edges.slice(1, -1))].filter((cut) => cut > least);
  const bounds = [least, ...cuts, greatest];
  return {
    labels: bounds.slice(1).map((end, k) => `${tellNumber(bounds[k])}–${tellNumber(end)}`),
    levelOf: (value) => {
      if (Number.isNaN(value)) return -1;
      let level = 0;
      while (level < cuts.length && value >= cuts[level]) level++;
      return level;
    },
  };
}

function mostFrequent(values: Float64Array, impressions: Float64Array, most: number): number[] {
  const sums = new Map<number, number>();
  values.forEach((place, row) => {
    if (!Number.isNaN(place)) sums.set(place, (sums.get(place) ?? 0) + impressions[row]);
  });
  return [...sums]
    .sort((a, b) => b[1] - a[1])
    .slice(0, most)
    .map(([place]) => place);
}

/** A number as an axis shows it: three significant digits, k and M for thousands and millions. */
export function tellNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)}G`;
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  if (size >= 1e4) return `${trim(value / 1e3)}k`;
  return trim(value);
}

function trim(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e4) return String(value);
  return String(Number(value.toPrecision(3)));
}

/** One feature as the training rows hold it. */
export interface FeatureProfile {
  readonly feature: string;
  readonly kind: 'numeric' | 'integer' | 'categorical' | 'word';
  readonly description?: string;
  /** Rows without a value; of words, also those with a word of which nothing is known. */
  readonly missing: number;
  /** Different values; of words, all that training rows had. */
  readonly distinct: number;
  /** Of words: those of which something is known. */
  readonly known?: number;
  /** Minimum, quartiles and maximum of a number. */
  readonly quartiles?: readonly number[];
  /** Share of impressions and CTR by level. */
  readonly levels: readonly LevelProfile[];
}

export interface LevelProfile {
  readonly label: string;
  readonly rows: number;
  readonly impressions: number;
  /** Observed, null without impressions. */
  readonly ctr: number | null;
}

/** @param words what the card tells of them */
export function profileFeatures(
  table: CtrTable,
  views: readonly FeatureView[],
  words: NonNullable<ModelChoice['words']> = [],
): FeatureProfile[] {
  const { schema, rows } = table.features;
  return views.map(({ f, distribution, everyLevel: levels }) => {
    const feature = schema.features[f];
    const isNumber = feature.kind === 'numeric' || feature.kind === 'integer';
    const told = words.find(({ name }) => feature.kind === 'word' && name === feature.name);
    return {
      feature: feature.name,
      kind: feature.kind,
      ...(feature.description === undefined ? {} : { description: feature.description }),
      missing: rows - distribution.rows,
      distinct: told?.seen ?? distribution.values.length,
      ...(told && { known: told.known }),
      ...(isNumber && distribution.rows > 0
        ? { quartiles: [0, 0.25, 0.5, 0.75, 1].map((share) => distribution.quantile(share)) }
        : {}),
      levels: profileLevels(table, f, levels),
    };
  });
}

function profileLevels(table: CtrTable, f: number, { labels, levelOf }: Levels): LevelProfile[] {
  const sums = labels.map((label) => ({ label, rows: 0, impressions: 0, clicks: 0 }));
  table.features.values[f].forEach((value, row) => {
    const sum = sums[levelOf(value)];
    if (sum === undefined) return;
    sum.rows++;
    sum.impressions += table.impressions[row];
    sum.clicks += table.clicks[row];
  });
  return sums.map(({ clicks, ...level }) => ({
    ...level,
    ctr: level.impressions > 0 ? clicks / level.impressions : null,
  }));
}
