import type { CtrTable, Trained } from '@adscale/ctr';
import { evenly, predictRecords, rowsToAsk } from './effects.js';
import type { FeatureView } from './levels.js';

/** Predicted CTR by two features together, with what training rows say of the same cell. */
export interface HeatMap {
  readonly rows: { readonly feature: string; readonly labels: readonly string[] };
  readonly columns: { readonly feature: string; readonly labels: readonly string[] };
  readonly cells: readonly HeatCell[];
}

export interface HeatCell {
  readonly row: number;
  readonly column: number;
  /** Mean prediction when training rows are given these two values. */
  readonly predicted: number;
  /** Training impressions in the cell: 0 means that the prediction extrapolates. */
  readonly impressions: number;
  readonly observed: number | null;
}

const BACKGROUND_ROWS = 100;

/**
 * The two most important features of few values, the one with more levels across; null if there
 * are not two.
 * @param ranked the most important first
 */
export function heatMap(trained: Trained, ranked: readonly FeatureView[]): HeatMap | null {
  const { training } = trained;
  const found = ranked
    .filter(({ levels }) => levels.values !== null && levels.values.length > 1)
    .slice(0, 2)
    .sort((a, b) => a.levels.labels.length - b.levels.labels.length);
  if (found.length < 2) return null;
  const [down, across] = found;
  const cells = down.levels.labels.flatMap((_, row) =>
    across.levels.labels.map((__, column) => ({ row, column })),
  );
  const predicted = dependence(trained, [down, across], cells);
  const seen = observed(training, [down, across]);
  return {
    rows: { feature: down.levels.feature, labels: down.levels.labels },
    columns: { feature: across.levels.feature, labels: across.levels.labels },
    cells: cells.map((cell, i) => {
      const { impressions, clicks } = seen[i];
      return {
        ...cell,
        predicted: predicted[i],
        impressions,
        observed: impressions > 0 ? clicks / impressions : null,
      };
    }),
  };
}

type Sides = readonly FeatureView[];

/** Partial dependence on two features (Friedman 2001). */
function dependence(
  trained: Trained,
  [down, across]: Sides,
  cells: readonly { row: number; column: number }[],
): number[] {
  const { features, impressions } = evenly(
    trained.training,
    rowsToAsk(BACKGROUND_ROWS, trained.forest),
  );
  const { rows, values } = features;
  const width = values.length;
  const numbers = new Float64Array(cells.length * rows * width);
  cells.forEach(({ row, column }, cell) => {
    for (let i = 0; i < rows; i++) {
      const at = (cell * rows + i) * width;
      for (let f = 0; f < width; f++) numbers[at + f] = values[f][i];
      numbers[at + down.f] = down.levels.values![row];
      numbers[at + across.f] = across.levels.values![column];
    }
  });
  const predicted = predictRecords(trained, numbers, cells.length * rows);
  const total = impressions.reduce((sum, n) => sum + n, 0);
  return cells.map(
    (_, cell) => impressions.reduce((sum, n, i) => sum + n * predicted[cell * rows + i], 0) / total,
  );
}

function observed(
  { features, impressions, clicks }: CtrTable,
  [down, across]: Sides,
): { impressions: number; clicks: number }[] {
  const width = across.levels.labels.length;
  const sums = Array.from({ length: width * down.levels.labels.length }, () => ({
    impressions: 0,
    clicks: 0,
  }));
  for (let i = 0; i < features.rows; i++) {
    const row = down.levels.levelOf(features.values[down.f][i]);
    const column = across.levels.levelOf(features.values[across.f][i]);
    if (row < 0 || column < 0) continue;
    sums[row * width + column].impressions += impressions[i];
    sums[row * width + column].clicks += clicks[i];
  }
  return sums;
}
