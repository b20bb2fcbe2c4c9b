import type { CtrTable } from '@adscale/ctr';

/** A feature as the training rows hold it. */
export interface FeatureView {
  /** Its place in the schema. */
  readonly f: number;
  readonly distribution: Distribution;
  readonly levels: Levels;
}

/** Goes through the rows: everything that is told of the feature is told from this. */
export function viewFeature(table: CtrTable, f: number): FeatureView {
  const distribution = Distribution.of(table.features.values[f]);
  return { f, distribution, levels: levelsOf(table, f, distribution) };
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

function levelsOf(
  { features, impressions }: CtrTable,
  f: number,
  distribution: Distribution,
): Levels {
  const feature = features.schema.features[f];
  if (feature.kind === 'categorical') {
    const frequent = mostFrequent(features.values[f], impressions, MOST_CATEGORIES);
    return singleValues(feature.name, frequent, (place) => feature.categories[place]);
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
    .map(([place]) => place)
    .sort((a, b) => a - b);
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
  readonly kind: 'numeric' | 'integer' | 'categorical';
  readonly description?: string;
  readonly missing: number;
  readonly distinct: number;
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

export function profileFeatures(table: CtrTable, views: readonly FeatureView[]): FeatureProfile[] {
  const { schema, rows } = table.features;
  return views.map(({ f, distribution, levels }) => {
    const feature = schema.features[f];
    return {
      feature: feature.name,
      kind: feature.kind,
      ...(feature.description === undefined ? {} : { description: feature.description }),
      missing: rows - distribution.rows,
      distinct: distribution.values.length,
      ...(feature.kind === 'categorical' || distribution.rows === 0
        ? {}
        : { quartiles: [0, 0.25, 0.5, 0.75, 1].map((share) => distribution.quantile(share)) }),
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
