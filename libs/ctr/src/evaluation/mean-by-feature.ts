/* The mean CTR of each value of one feature: what a team does in a spreadsheet. */
import type { Columns } from '@adscale/forest';
import { type CtrTable, exposures } from '../table/table.js';

/** Predicts from one feature alone. */
export interface MeanByFeature {
  readonly feature: string;
  readonly predict: (features: Columns) => Float64Array;
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
  const all = features.map((_, f) => fitMeans(training, f));
  const position = features.findIndex(({ name }) => /(^|_)pos(ition)?$/i.test(name));
  const strengths = all.map(({ explained }) => explained);
  const strongest = position >= 0 ? position : strengths.indexOf(Math.max(...strengths));
  const { predict } = all[strongest];
  return {
    feature: features[strongest].name,
    predict: ({ values }) => values[strongest].map(predict),
  };
}

interface Means {
  readonly predict: (value: number) => number;
  /** Σ n (mean − overall mean)², less what as many values of pure noise would give. */
  readonly explained: number;
}

function fitMeans(table: CtrTable, f: number): Means {
  const { features, clicks } = table;
  const impressions = exposures(table);
  const values = features.values[f];
  const levelOf = levels(values, features.schema.features[f].kind === 'categorical');
  const sums = new Map<number, { impressions: number; clicks: number }>();
  let [allImpressions, allClicks] = [0, 0];
  for (let row = 0; row < features.rows; row++) {
    const level = levelOf(values[row]);
    const sum = sums.get(level) ?? { impressions: 0, clicks: 0 };
    sum.impressions += impressions[row];
    sum.clicks += clicks[row];
    sums.set(level, sum);
    allImpressions += impressions[row];
    allClicks += clicks[row];
  }
  const rate = allClicks / allImpressions;
  const means = new Map<number, number>();
  let explained = 0;
  for (const [level, sum] of sums) {
    const mean = (sum.clicks + PRIOR_IMPRESSIONS * rate) / (sum.impressions + PRIOR_IMPRESSIONS);
    means.set(level, mean);
    explained += sum.impressions * (mean - rate) ** 2 - rate * (1 - rate);
  }
  return { explained, predict: (value) => means.get(levelOf(value)) ?? rate };
}

/** The level of a value: itself where values are few, its quantile otherwise; −1 is missing. */
function levels(values: Float64Array, categorical: boolean): (value: number) => number {
  const observed = values.filter((value) => !Number.isNaN(value));
  const few = categorical || new Set(observed.subarray(0, 10_000)).size <= MOST_VALUES;
  if (few && (categorical || new Set(observed).size <= MOST_VALUES)) {
    return (value) => (Number.isNaN(value) ? -1 : value);
  }
  const sorted = observed.sort();
  const cuts = Float64Array.from(
    { length: MOST_VALUES - 1 },
    (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / MOST_VALUES)],
  );
  return (value) => (Number.isNaN(value) ? -1 : cuts.filter((cut) => cut <= value).length);
}
