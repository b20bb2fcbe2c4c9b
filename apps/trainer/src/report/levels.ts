import type { CtrTable } from '@adscale/ctr';

/** A feature cut into levels that a person can tell apart. */
export interface Levels {
  readonly feature: string;
  /** Each level is a category, a single number or an interval of numbers. */
  readonly labels: readonly string[];
  /** The level of each row; −1 where the value is missing or among the rare ones. */
  readonly levelOf: (value: number) => number;
  /** Whether a level is a single value: then the feature has few of them. */
  readonly exact: boolean;
}

/** So many categories are shown, those with most impressions. */
const MOST_CATEGORIES = 12;
/** A numeric feature with at most so many values is shown value by value. */
const MOST_VALUES = 12;
const QUANTILES = 10;

export function levelsOf({ features, impressions }: CtrTable, f: number): Levels {
  const feature = features.schema.features[f];
  const values = features.values[f];
  if (feature.kind === 'categorical') {
    const frequent = mostFrequent(values, impressions, MOST_CATEGORIES);
    const places = new Map(frequent.map((place, level) => [place, level]));
    return {
      feature: feature.name,
      labels: frequent.map((place) => feature.categories[place]),
      levelOf: (value) => places.get(value) ?? -1,
      exact: true,
    };
  }
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct = distinctUpTo(known, MOST_VALUES);
  if (distinct !== null) {
    const places = new Map(distinct.map((value, level) => [value, level]));
    const labels = distinct.map((value) => tellNumber(value));
    return {
      feature: feature.name,
      labels,
      levelOf: (value) => places.get(value) ?? -1,
      exact: true,
    };
  }
  return { feature: feature.name, ...quantileLevels(known), exact: false };
}

function quantileLevels(sorted: Float64Array): Pick<Levels, 'labels' | 'levelOf'> {
  const edges = Array.from(
    { length: QUANTILES + 1 },
    (_, k) => sorted[Math.min(sorted.length - 1, Math.floor((k * sorted.length) / QUANTILES))],
  );
  const cuts = [...new Set(edges.slice(1, -1))].filter((cut) => cut > sorted[0]);
  const bounds = [sorted[0], ...cuts, sorted[sorted.length - 1]];
  return {
    labels: bounds.slice(1).map((end, k) => `${tellNumber(bounds[k])}–${tellNumber(end)}`),
    levelOf: (value) =>
      Number.isNaN(value) ? -1 : cuts.reduce((level, cut) => level + +(value >= cut), 0),
  };
}

/** Distinct values, ascending; null if there are more than `most`. */
export function distinctUpTo(sorted: Float64Array, most: number): number[] | null {
  const distinct: number[] = [];
  for (const value of sorted) {
    if (value === distinct[distinct.length - 1]) continue;
    if (distinct.length === most) return null;
    distinct.push(value);
  }
  return distinct;
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

export function profileFeatures(table: CtrTable): FeatureProfile[] {
  const { schema, values, rows } = table.features;
  return schema.features.map((feature, f) => {
    const known = values[f].filter((value) => !Number.isNaN(value)).sort();
    return {
      feature: feature.name,
      kind: feature.kind,
      ...(feature.description === undefined ? {} : { description: feature.description }),
      missing: rows - known.length,
      distinct: countDistinct(known),
      ...(feature.kind === 'categorical' || known.length === 0
        ? {}
        : { quartiles: [0, 0.25, 0.5, 0.75, 1].map((share) => quantile(known, share)) }),
      levels: profileLevels(table, f),
    };
  });
}

function countDistinct(sorted: Float64Array): number {
  return sorted.reduce((count, value, i) => count + +(i === 0 || value !== sorted[i - 1]), 0);
}

/** The value below which this share of sorted ones lies. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))];
}

function profileLevels(table: CtrTable, f: number): LevelProfile[] {
  const { labels, levelOf } = levelsOf(table, f);
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
