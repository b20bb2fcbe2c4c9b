import { fitInput, takeTable, type CtrTable, type Trained } from '@adscale/ctr';
import {
  impurityImportance,
  normalisedEntropy,
  partialDependence,
  permutationImportance,
} from '@adscale/forest';
import type { FeatureView } from './levels.js';

/** How much a feature matters to the held-out predictions. */
export interface Importance {
  readonly feature: string;
  /** Mean rise of NE when the feature's values change rows. */
  readonly mean: number;
  /** Standard deviation over the repeats. */
  readonly spread: number;
  readonly rises: readonly number[];
  /** Share of the loss that the feature's splits saved in training. */
  readonly impurity: number;
}

/** How predictions move with a feature. */
export interface Effect {
  readonly feature: string;
  readonly categorical: boolean;
  /** Numbers, or categories. */
  readonly grid: readonly (number | string)[];
  /** Mean predicted CTR at each point of the grid. */
  readonly mean: readonly number[];
  /** Curves of single training rows. */
  readonly curves: readonly (readonly number[])[];
  /** Quantiles of the feature in training, from 0 to 100 % by 2 %: where the data lie. */
  readonly rug: readonly number[];
}

const IMPORTANCE_ROWS = 2000;
const REPEATS = 5;
const BACKGROUND_ROWS = 200;
const CURVES = 30;
const GRID_POINTS = 64;
const MOST_CATEGORIES = 12;
/** NE wants predictions away from 0 and 1. */
const SUREST = 1e-4;

/** Features by permutation importance on held-out rows, the most important first. */
export function importances({ forest, heldOut }: Trained): Importance[] {
  const input = fitInput(evenly(heldOut, IMPORTANCE_ROWS));
  const { count } = input;
  const weight = count === undefined ? input.weight! : input.weight!.map((w, i) => w * count[i]);
  const impurity = impurityImportance(forest);
  const loss: typeof normalisedEntropy = (observed, predicted, weights) => {
    const sure = Float64Array.from(predicted, (p) => Math.min(1 - SUREST, Math.max(SUREST, p)));
    return normalisedEntropy(observed, sure, weights);
  };
  return permutationImportance(forest, { ...input, weight }, { repeats: REPEATS, loss })
    .map(({ feature, mean, spread, rises }, f) => ({
      feature,
      mean,
      spread,
      rises: [...rises],
      impurity: impurity[f].importance,
    }))
    .sort((a, b) => b.mean - a.mean);
}

/** Partial dependence of one feature over training rows, with curves of some of them. */
export function effectOf({ forest, training }: Trained, { f, distribution }: FeatureView): Effect {
  const sample = evenly(training, BACKGROUND_ROWS);
  const described = forest.schema.features[f];
  const feature = described.name;
  const categorical = described.kind === 'categorical';
  const shown =
    categorical && described.categories.length > MOST_CATEGORIES
      ? { grid: frequentCategories(training, f, described.categories) }
      : {};
  const { grid, mean, curves } = partialDependence(forest, feature, sample.features, {
    weight: sample.impressions,
    maxPoints: GRID_POINTS,
    curves: true,
    ...shown,
  });
  const every = Math.max(1, Math.floor(curves!.length / CURVES));
  return {
    feature,
    categorical,
    grid: [...grid],
    mean: [...mean],
    curves: curves!.filter((_, i) => i % every === 0).map((curve) => [...curve]),
    rug: categorical ? [] : Array.from({ length: 51 }, (_, k) => distribution.quantile(k / 50)),
  };
}

/** At most `most` evenly spaced rows. */
export function evenly(table: CtrTable, most: number): CtrTable {
  const { rows } = table.features;
  if (rows <= most) return table;
  return takeTable(
    table,
    Uint32Array.from({ length: most }, (_, k) => Math.floor((k * rows) / most)),
  );
}

function frequentCategories(
  { features, impressions }: CtrTable,
  f: number,
  categories: readonly string[],
): string[] {
  const sums = new Float64Array(categories.length);
  features.values[f].forEach((place, row) => {
    if (!Number.isNaN(place)) sums[place] += impressions[row];
  });
  return Array.from(sums.keys())
    .sort((a, b) => sums[b] - sums[a])
    .slice(0, MOST_CATEGORIES)
    .sort((a, b) => a - b)
    .map((place) => categories[place]);
}
