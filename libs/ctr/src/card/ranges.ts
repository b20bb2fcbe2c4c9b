import type { CtrTable } from '../table/table.js';

/** What a feature held in training: beyond it, a prediction extrapolates. */
export type TrainingRange =
  | { readonly minimum: number; readonly maximum: number; readonly missing: number }
  | { readonly categories: Readonly<Record<string, number>>; readonly missing: number };

/** By feature name; rows are counted, not impressions. */
export function trainingRanges({ features }: CtrTable): Record<string, TrainingRange> {
  const ranges = features.schema.features.map((feature, f): [string, TrainingRange] => {
    const values = features.values[f];
    const missing = values.reduce((count, value) => count + +Number.isNaN(value), 0);
    if (feature.kind === 'categorical') {
      const rows = new Float64Array(feature.categories.length);
      for (const place of values) if (!Number.isNaN(place)) rows[place]++;
      const counts = feature.categories.map((category, place) => [category, rows[place]]);
      return [feature.name, { categories: Object.fromEntries(counts), missing }];
    }
    let minimum = Infinity;
    let maximum = -Infinity;
    for (const value of values) {
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
    return [feature.name, { minimum, maximum, missing }];
  });
  return Object.fromEntries(ranges);
}
