import type { CtrTable, Trained } from '@adscale/ctr';
import { evenly, type Importance } from './effects.js';
import { levelsOf, type Levels } from './levels.js';

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
 */
export function heatMap(trained: Trained, ranked: readonly Importance[]): HeatMap | null {
  const { training, forest } = trained;
  const found = ranked
    .map(({ feature }) => forest.schema.features.findIndex(({ name }) => name === feature))
    .map((f) => ({ f, levels: levelsOf(training, f) }))
    .filter(({ levels }) => levels.exact && levels.labels.length > 1)
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

interface Side {
  readonly f: number;
  readonly levels: Levels;
}
type Sides = readonly [down: Side, across: Side] | readonly Side[];

/** Partial dependence on two features (Friedman 2001). */
function dependence(
  { forest, training }: Trained,
  [down, across]: Sides,
  cells: readonly { row: number; column: number }[],
): number[] {
  const { features, impressions } = evenly(training, BACKGROUND_ROWS);
  const compiled = forest.compile();
  const valuesOf = ({ f, levels }: Side): number[] => {
    const found: number[] = [];
    for (const value of training.features.values[f]) {
      const level = levels.levelOf(value);
      if (level >= 0) found[level] ??= value;
    }
    return found;
  };
  const [downValues, acrossValues] = [valuesOf(down), valuesOf(across)];
  const total = impressions.reduce((sum, n) => sum + n, 0);
  return cells.map(({ row, column }) => {
    let sum = 0;
    for (let i = 0; i < features.rows; i++) {
      const numbers = features.values.map((values) => values[i]);
      numbers[down.f] = downValues[row];
      numbers[across.f] = acrossValues[column];
      sum += impressions[i] * compiled.predict(numbers);
    }
    return sum / total;
  });
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
