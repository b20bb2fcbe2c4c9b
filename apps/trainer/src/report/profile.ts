import type { CtrTable } from '@adscale/ctr';
import { levelsOf } from './levels.js';

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

function quantile(sorted: Float64Array, share: number): number {
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
