/*
 * What a chosen model gets last: a calibration if that loses less, its words, and intervals. All of it is
 * learned from predictions of rows by members that did not see them.
 */
import {
  calibrate,
  calibrated,
  judged,
  r2,
  takeRows,
  takeValues,
  type Forest,
  type Judged,
} from '@adscale/forest';
import { fitInput, outcomesOf } from '../table/table.js';
import { differenceOf, lossesOf, type JudgedOutcomes } from './choice.js';
import type { FoldedRows, FoldModel } from './fold-models.js';

/** A model keeps no more scores. */
const MOST_SCORES = 4096;

/** How to finish a model. */
export interface FinishOptions {
  readonly outcomes: JudgedOutcomes;
  /** Impressions of each row, those of old rows as they count by age. */
  readonly impressions: Float64Array;
  /** Intra-row correlation, which intervals allow for. */
  readonly rho: number;
  /** Look for a calibration? */
  readonly calibrated: boolean;
}

export type CalibrationMethod = 'isotonic' | 'platt';

/** Calibrates where that loses less, and gives the model its intervals. */
export function finishModel(
  rows: FoldedRows,
  { forest, outOfFold }: FoldModel,
  { outcomes, impressions, rho, calibrated: isWanted }: FinishOptions,
): Judged & { readonly method: CalibrationMethod | undefined } {
  const { input } = rows;
  const plain = { forest, outOfBag: unspread(outOfFold) };
  const method = isWanted ? calibrationOf(rows, plain, outcomes) : undefined;
  const aged = { ...input, weight: impressions };
  const kept = method === undefined ? plain : calibrate(aged, plain, method);
  const { predictions } = kept.outOfBag;
  const result = withIntervals(rows, kept.forest, outOfFold, rho);
  const outOfBag = {
    ...result.outOfBag,
    predictions,
    r2: r2(input.target, predictions),
    weightedR2: r2(input.target, predictions, input.weight),
  };
  return { forest: result.forest, outOfBag, method };
}

/** Intervals of as many evenly spaced rows' scores as a model keeps: every member is asked of each. */
function withIntervals(
  rows: FoldedRows,
  forest: Forest,
  outOfFold: Float64Array,
  overdispersion: number,
): Judged {
  const { table } = rows.folded;
  const noise = { noise: 'binomial', overdispersion } as const;
  if (table.grouped) {
    const input = fitInput({ ...table, features: rows.columns });
    return judged(forest, input, takeValues(outOfFold, outcomesOf(table).from), noise);
  }
  const { columns, target, impressions } = rows;
  const asked = Math.min(columns.rows, MOST_SCORES);
  const places = Uint32Array.from({ length: asked }, (_, k) =>
    Math.floor((k * columns.rows) / asked),
  );
  const input = {
    columns: takeRows(columns, places),
    target: takeValues(target, places),
    weight: takeValues(impressions, places),
  };
  return judged(forest, input, takeValues(outOfFold, places), noise);
}

/** The calibration that loses least on folds that it was not fitted to, if it does by more than its error. */
function calibrationOf(
  { folded: { fold, folds }, target }: FoldedRows,
  model: Judged,
  outcomes: JudgedOutcomes,
): CalibrationMethod | undefined {
  const { predictions } = model.outOfBag;
  const before = lossesOf(outcomes, predictions);
  const methods = (['platt', 'isotonic'] as const).map((method) => {
    const mapped = predictions.slice();
    for (let f = 0; f < folds; f++) {
      const others = predictions.map((p, row) => (fold[row] === f ? NaN : p));
      const { forest } = calibrate(
        { target, weight: outcomes.weight },
        { forest: model.forest, outOfBag: { ...model.outOfBag, predictions: others } },
        method,
      );
      for (let row = 0; row < fold.length; row++) {
        if (fold[row] === f) mapped[row] = calibrated(forest.calibration!, predictions[row]);
      }
    }
    return { method, ...differenceOf(before, lossesOf(outcomes, mapped), outcomes) };
  });
  const [best] = methods.filter(({ sum, error }) => sum > error).sort((a, b) => b.sum - a.sum);
  return best?.method;
}

/** Predictions of rows left out by themselves. */
function unspread(predictions: Float64Array): Judged['outOfBag'] {
  const variances = new Float64Array(predictions.length).fill(NaN);
  return { predictions, variances, r2: NaN, weightedR2: NaN };
}
