import type { CrossValidation, FoldedMetric } from '../card/card.js';
import { evaluatePredictions, type Evaluation } from '../evaluation/evaluation.js';
import { splitFolds } from '../table/folds.js';
import type { SplitOptions } from '../table/split.js';
import type { CtrTable } from '../table/table.js';

/**
 * Trains a model without each fold in turn and judges it on that fold.
 * @param train learns from the first table and predicts the rows of the second
 * @throws CtrError TABLE_INVALID; ForestError ABORTED
 */
export async function crossValidate(
  table: CtrTable,
  folds: number,
  options: SplitOptions,
  train: (training: CtrTable, heldOut: CtrTable) => Promise<Float64Array>,
  onFold: (done: number, all: number) => void = () => {},
): Promise<CrossValidation> {
  const evaluated: Record<string, number>[] = [];
  for (const { training, heldOut } of splitFolds(table, folds, options)) {
    const predicted = await train(training, heldOut);
    evaluated.push(flatMetrics(evaluatePredictions(predicted, heldOut, { replicates: 0 })));
    onFold(evaluated.length, folds);
  }
  const names = Object.keys(evaluated[0]).filter((name) => evaluated.every((fold) => name in fold));
  return {
    folds,
    by: options.by ?? 'rows',
    metrics: Object.fromEntries(
      names.map((name) => [name, summarise(evaluated.map((metrics) => metrics[name]))]),
    ),
  };
}

function summarise(folds: readonly number[]): FoldedMetric {
  const mean = folds.reduce((sum, value) => sum + value, 0) / folds.length;
  const squares = folds.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(squares / (folds.length - 1)), folds };
}

/** The metrics of an evaluation by the names that its intervals have. */
export function flatMetrics(evaluation: Evaluation): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const [name, value] of Object.entries(evaluation)) {
    if (['rows', 'impressions', 'clicks'].includes(name)) continue;
    if (typeof value === 'number') metrics[name] = value;
    if (name !== 'observed' && name !== 'true') continue;
    for (const [inner, number] of Object.entries(value))
      metrics[`${name}.${inner}`] = number as number;
  }
  return metrics;
}
