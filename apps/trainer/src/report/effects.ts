import {
  encodedTable,
  fitInput,
  plainColumns,
  takeTable,
  type CtrTable,
  type Trained,
} from '@adscale/ctr';
import {
  impurityImportance,
  normalisedEntropy,
  partialDependence,
  permutationImportance,
} from '@adscale/forest';
import type { FeatureView } from './levels.js';

/** How much a feature, or a cross of two, matters to the held-out predictions. */
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

/** What a model knows of a word. */
export interface WordStatistic {
  readonly word: string;
  /** Smoothed, in [0, 1]; null where nothing is known. */
  readonly ctr: number | null;
  /** Effective impressions. */
  readonly count: number;
}

/** How predictions move with a feature. */
export interface Effect {
  readonly feature: string;
  /** The grid is categories or words. */
  readonly categorical: boolean;
  /** Numbers, categories, or words, the commonest first. */
  readonly grid: readonly (number | string)[];
  /** Mean predicted CTR at each point of the grid. */
  readonly mean: readonly number[];
  /** Curves of single training rows. */
  readonly curves: readonly (readonly number[])[];
  /** Quantiles of the feature in training, from 0 to 100 % by 2 %: where the data lie. */
  readonly rug: readonly number[];
  /** Of words: what is known of each point of the grid. */
  readonly words?: readonly WordStatistic[];
}

/** Models of more trees than this are asked about fewer rows, at least a quarter of them. */
const MANY_TREES = 1000;
const IMPORTANCE_ROWS = 2000;
const REPEATS = 5;
const BACKGROUND_ROWS = 200;
const CURVES = 30;
const GRID_POINTS = 64;
const MOST_CATEGORIES = 12;
/** NE wants predictions away from 0 and 1. */
const SUREST = 1e-4;

/**
 * Features by permutation importance on held-out rows, the most important first. All columns of a
 * feature are dealt together; crosses of features stand by themselves.
 */
export function importances({ forest, encoding, heldOut }: Trained): Importance[] {
  const input = fitInput(
    encodedTable(evenly(heldOut, rowsToAsk(IMPORTANCE_ROWS, forest)), encoding),
  );
  const { layout } = encoding ?? {};
  const groups = layout && { groups: layout.groups };
  const { count } = input;
  const weight = count === undefined ? input.weight! : input.weight!.map((w, i) => w * count[i]);
  const impurity = impurityImportance(forest, groups);
  const loss: typeof normalisedEntropy = (observed, predicted, weights) => {
    const sure = Float64Array.from(predicted, (p) => Math.min(1 - SUREST, Math.max(SUREST, p)));
    return normalisedEntropy(observed, sure, weights);
  };
  return permutationImportance(forest, { ...input, weight }, { repeats: REPEATS, loss, ...groups })
    .map(({ feature, mean, spread, rises }, f) => ({
      feature: layout?.names[f] ?? feature,
      mean,
      spread,
      rises: [...rises],
      impurity: impurity[f].importance,
    }))
    .sort((a, b) => b.mean - a.mean);
}

/** Partial dependence of one feature over training rows, with curves of some of them. */
export function effectOf(trained: Trained, view: FeatureView): Effect {
  const { encoding, forest, training } = trained;
  const { f, distribution } = view;
  const { name: feature, kind } = training.features.schema.features[f];
  const sample = evenly(training, rowsToAsk(BACKGROUND_ROWS, forest));
  if (kind === 'word') return { feature, categorical: true, ...wordEffect(trained, view, sample) };
  const categorical = kind === 'categorical';
  const rug = categorical
    ? []
    : Array.from({ length: 51 }, (_, k) => distribution.quantile(k / 50));
  const plain = columnEffect(trained, f, encodedTable(sample, encoding));
  const isAlone = encoding?.levels.every(({ features }) => !features.includes(f)) ?? true;
  if (isAlone) return { feature, categorical, ...plain, rug };
  // More columns than the feature's own follow it: those of its crosses, and of words that it answers for.
  const numbers = plain.grid.map((point) => numberOf(training, f, point));
  return {
    feature,
    categorical,
    grid: plain.grid,
    ...recordEffect(trained, f, numbers, sample),
    rug,
  };
}

/** What the model answers when every record has each of the commonest words. */
function wordEffect(
  trained: Trained,
  { f, levels }: FeatureView,
  sample: CtrTable,
): Omit<Effect, 'feature' | 'categorical'> {
  const words = levels.values!;
  const encoding = trained.encoding!;
  return {
    grid: levels.labels,
    ...recordEffect(trained, f, words, sample),
    rug: [],
    words: words.map((number, level) => {
      const word = levels.labels[level];
      if (!encoding.isKnown(f, number)) return { word, ctr: null, count: 0 };
      return { word, ...encoding.statisticsOf(f, number) };
    }),
  };
}

type Curves = Pick<Effect, 'grid' | 'mean' | 'curves'>;

/** What the forest answers when one of its columns is set to each point of a grid. */
function columnEffect({ forest, training }: Trained, f: number, sample: CtrTable): Curves {
  const described = training.features.schema.features[f];
  const feature = described.name;
  const categorical = described.kind === 'categorical';
  const shown =
    categorical && described.categories.length > MOST_CATEGORIES
      ? { grid: frequentCategories(training, f, described.categories) }
      : {};
  const { grid, mean, curves } = partialDependence(forest, feature, plainColumns(sample.features), {
    weight: sample.impressions,
    maxPoints: GRID_POINTS,
    curves: true,
    ...shown,
  });
  return { grid: [...grid], mean: [...mean], curves: someOf(curves!) };
}

/** What the model answers when a feature of every record is set to each of some numbers. */
function recordEffect(
  trained: Trained,
  f: number,
  numbers: readonly number[],
  { features, impressions }: CtrTable,
): Omit<Curves, 'grid'> {
  const { rows, values } = features;
  const width = values.length;
  const records = new Float64Array(rows * numbers.length * width);
  for (let i = 0, at = 0; i < rows; i++) {
    for (const number of numbers) {
      for (let g = 0; g < width; g++) records[at++] = g === f ? number : values[g][i];
    }
  }
  const predicted = predictRecords(trained, records, rows * numbers.length);
  const total = impressions.reduce((sum, n) => sum + n, 0);
  const curves = Array.from({ length: rows }, (_, i) =>
    predicted.subarray(i * numbers.length, (i + 1) * numbers.length),
  );
  const mean = numbers.map((_, k) =>
    curves.reduce((sum, curve, i) => sum + (curve[k] * impressions[i]) / total, 0),
  );
  return { mean, curves: someOf(curves) };
}

/** Predictions of records, row after row, words by the model's numbers; not clamped. */
export function predictRecords(
  { forest, encoding }: Trained,
  records: Float64Array,
  count: number,
): Float64Array {
  const columns =
    encoding === undefined
      ? records
      : encoding.expandAll(records, count, new Float64Array(count * encoding.width));
  return forest.compile().predictBatch(columns, new Float64Array(count));
}

function someOf(curves: readonly Float64Array[]): number[][] {
  const every = Math.max(1, Math.floor(curves.length / CURVES));
  return curves.filter((_, i) => i % every === 0).map((curve) => [...curve]);
}

/** What stands for a point of a grid in a row. */
function numberOf({ features }: CtrTable, f: number, point: number | string): number {
  if (typeof point === 'number') return point;
  const feature = features.schema.features[f];
  return feature.kind === 'categorical' ? feature.categories.indexOf(point) : NaN;
}

/** So many rows as a model is asked about in a moment, `most` or fewer. */
export function rowsToAsk(most: number, { trees }: Trained['forest']): number {
  return Math.round(most * Math.min(1, Math.max(0.25, MANY_TREES / trees.length)));
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
