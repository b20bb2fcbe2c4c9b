/* The mean CTR of each value of one feature: what a team does in a spreadsheet. */
import type { RecordColumns } from '../table/schema.js';
import { type CtrTable, exposures } from '../table/table.js';

/** Predicts from one feature alone. */
export interface MeanByFeature {
  readonly feature: string;
  readonly predict: (features: RecordColumns) => Float64Array;
}

/** Numeric features of more distinct values than this are cut into as many quantiles. */
const MOST_VALUES = 20;
/** Every value starts with so many impressions at the average CTR: a rare one has no extreme mean. */
const PRIOR_IMPRESSIONS = 10;

/**
 * The mean by ad position if there is a feature named so; else by the feature whose means differ
 * the most, by impressions, on the training rows.
 */
export function meanByFeature(training: CtrTable): MeanByFeature {
  const { features } = training.features.schema;
  const impressions = exposures(training);
  const position = features.findIndex(({ name }) => /(^|_)pos(ition)?$/i.test(name));
  const tried = position >= 0 ? [position] : [...features.keys()];
  const all = tried.map((f) => fitMeans(training, impressions, f));
  const strengths = all.map(({ explained }) => explained);
  const best = strengths.indexOf(Math.max(...strengths));
  const { levelOf, means } = all[best];
  return {
    feature: features[tried[best]].name,
    predict: ({ values }) => values[tried[best]].map((value) => means[levelOf(value)]),
  };
}

interface Means {
  readonly levelOf: LevelOf;
  /** By level. */
  readonly means: Float64Array;
  /** Σ n (mean − overall mean)², less what as many values of pure noise would give. */
  readonly explained: number;
}

function fitMeans(table: CtrTable, impressions: Float64Array, f: number): Means {
  const { features, clicks } = table;
  const values = features.values[f];
  const feature = features.schema.features[f];
  const { count, levelOf } =
    feature.kind === 'categorical'
      ? categories(feature.categories.length)
      : (distinct(values) ?? quantiles(values));
  const sums = { impressions: new Float64Array(count), clicks: new Float64Array(count) };
  for (let row = 0; row < features.rows; row++) {
    const level = levelOf(values[row]);
    sums.impressions[level] += impressions[row];
    sums.clicks[level] += clicks[row];
  }
  const sum = (list: Float64Array): number => list.reduce((total, value) => total + value, 0);
  const rate = sum(clicks) / sum(impressions);
  const means = sums.clicks.map(
    (k, level) => (k + PRIOR_IMPRESSIONS * rate) / (sums.impressions[level] + PRIOR_IMPRESSIONS),
  );
  let explained = 0;
  sums.impressions.forEach((n, level) => {
    if (n > 0) explained += n * (means[level] - rate) ** 2 - rate * (1 - rate);
  });
  return { levelOf, means, explained };
}

/** The place of a value's level. */
type LevelOf = (value: number) => number;

interface Levels {
  readonly count: number;
  readonly levelOf: LevelOf;
}

/** A level a category, and one for what is missing. */
function categories(known: number): Levels {
  return { count: known + 1, levelOf: (place) => (Number.isNaN(place) ? known : place) };
}

/** A level a value, one for what is missing and one for values never seen; null: there are too many. */
function distinct(values: Float64Array): Levels | null {
  const levels = new Map<number, number>();
  for (const value of values) {
    if (levels.has(value)) continue;
    levels.set(value, levels.size);
    if (levels.size - +levels.has(NaN) > MOST_VALUES) return null;
  }
  const unseen = levels.size;
  return { count: unseen + 1, levelOf: (value) => levels.get(value) ?? unseen };
}

/** As many levels of as many rows each, and one for what is missing. */
function quantiles(values: Float64Array): Levels {
  const sorted = values.slice().sort();
  // NaN is sorted last.
  const known = sorted.length - countMissing(values);
  const cuts = Float64Array.from(
    { length: MOST_VALUES - 1 },
    (_, k) => sorted[Math.floor(((k + 1) * known) / MOST_VALUES)],
  );
  return {
    count: MOST_VALUES + 1,
    levelOf: (value) => {
      if (Number.isNaN(value)) return MOST_VALUES;
      let level = 0;
      while (level < cuts.length && cuts[level] <= value) level++;
      return level;
    },
  };
}

function countMissing(values: Float64Array): number {
  return values.reduce((count, value) => count + +Number.isNaN(value), 0);
}
