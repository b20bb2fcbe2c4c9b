import type { Columns, Forest } from '@adscale/forest';
import { RocArea } from './auc.js';
import {
  percentileInterval,
  resample,
  type BootstrapOptions,
  type MetricInterval,
  type Resampling,
} from './bootstrap.js';
import { clampCtr } from '../clamp.js';
import { coverageOf, type Coverage } from './coverage.js';
import { metricsOf, type Metrics } from './metrics.js';
import { observedRows, withPredictions, type ObservedRows } from './judged-rows.js';
import { orderOf } from './order.js';
import { overdispersionOf, type Overdispersion } from './overdispersion.js';
import { calibrationError, reliability, type ReliabilityBin } from './reliability.js';
import { MetricUnits } from './sums.js';
import { plainColumns } from '../table/schema.js';
import type { CtrTable } from '../table/table.js';

/** Distance of predicted CTR from another CTR; rows counting alike, or by their impressions. */
export interface Fit {
  readonly r2: number;
  readonly mae: number;
  readonly rmse: number;
  readonly weighted_r2: number;
  readonly weighted_mae: number;
  readonly weighted_rmse: number;
}

/** How good predictions are on rows that the model did not see. All CTRs are fractions. */
export interface Evaluation {
  readonly rows: number;
  readonly impressions: number;
  readonly clicks: number;
  /** Against clicks / impressions, which carries binomial noise. */
  readonly observed: Fit;
  /** Against the generator's own CTR, where it is known. */
  readonly true?: Fit;
  /** R² that a perfect model would score against observed CTR, where the truth is known. */
  readonly noise_ceiling?: number;
  /** The same, rows counting by their impressions. */
  readonly weighted_noise_ceiling?: number;
  /**
   * The same, estimated without the truth, of binomial chance alone: 1 − mean(p (1 − p) / n) / Var(y),
   * where p is the prediction. It is the most that a ceiling may be: rows that differ by more than
   * binomial chance have a lower one, see `overdispersion`. It is close where rows hold many clicks. Where they hold few, it depends on the
   * predictions themselves, and is too low if they vary too little. null if it lies more than a
   * tenth below the R² that was reached: it then tells nothing.
   */
  readonly noise_ceiling_estimate: number | null;
  readonly weighted_noise_ceiling_estimate: number | null;
  /**
   * By how much rows differ beyond binomial chance, and the ceilings that this leaves; null where
   * rows of one impression cannot tell. Absent in cards of earlier trainers.
   */
  readonly overdispersion?: Overdispersion | null;
  /** R² against observed CTR over the ceiling: the known one, else the estimate if there is one. */
  readonly share_of_ceiling: number | null;
  readonly weighted_share_of_ceiling: number | null;
  /** Log loss per impression. */
  readonly log_loss: number;
  /** Log loss over that of the average CTR; below 1 is better than the average. */
  readonly normalised_entropy: number;
  /** Σ predicted clicks / Σ observed clicks; 1 is calibrated. */
  readonly calibration_ratio: number;
  /** Mean distance of the reliability curve from the diagonal, by impressions. */
  readonly calibration_error: number;
  /** Area under the ROC curve by impressions; null if nothing or everything was clicked. */
  readonly auc: number | null;
  readonly reliability: readonly ReliabilityBin[];
  /** How often prediction intervals hold; empty where there are none. */
  readonly coverage: readonly Coverage[];
  readonly bootstrap: Bootstrap;
}

/** The bootstrap intervals of an evaluation's metrics. */
export interface Bootstrap {
  readonly level: number;
  readonly replicates: number;
  /** What was drawn with replacement. */
  readonly resampled: 'rows' | 'groups';
  /** By metric, `observed.r2` for r2 of observed. */
  readonly intervals: Readonly<Record<string, MetricInterval>>;
}

export interface EvaluationOptions extends BootstrapOptions {
  /** The group of each row, if rows of a group are to be resampled together. */
  readonly groups?: Float64Array;
}

/** Rows that are predicted at a time. */
const BATCH = 2 ** 14;

/** Clamped predictions of every row of a table. */
export function predictTable(forest: Forest, { features }: CtrTable): Float64Array {
  return predictColumns(forest, plainColumns(features));
}

/** The same of columns as the forest takes them. */
export function predictColumns(forest: Forest, { rows, values }: Columns): Float64Array {
  const compiled = forest.compile();
  const width = values.length;
  const batch = new Float64Array(Math.min(rows, BATCH) * width);
  const predicted = new Float64Array(rows);
  for (let from = 0; from < rows; from += BATCH) {
    const length = Math.min(BATCH, rows - from);
    for (let f = 0; f < width; f++) {
      for (let i = 0; i < length; i++) batch[i * width + f] = values[f][from + i];
    }
    compiled.predictBatch(batch.subarray(0, length * width), predicted.subarray(from));
  }
  for (let row = 0; row < rows; row++) predicted[row] = clampCtr(predicted[row]);
  return predicted;
}

/**
 * Judges a forest on a table, by rows and by impressions, its intervals included.
 * @param predicted its predictions of the table, if they are there already
 */
export function evaluate(
  forest: Forest,
  table: CtrTable,
  options: EvaluationOptions = {},
  predicted = predictTable(forest, table),
): Evaluation {
  const rows = observedRows(table, options.groups);
  return evaluateForest(forest, predicted, table, rows, resample(rows, options));
}

/**
 * The same for predictions that are made already, of rows that are resampled already.
 * @param predicted one a table row
 * @param rows the table's
 */
export function evaluateForest(
  forest: Forest,
  predicted: Float64Array,
  table: CtrTable,
  rows: ObservedRows,
  resampling: Resampling,
): Evaluation {
  return judge(rows, predicted, resampling, coverageOf(forest, table, rows, resampling));
}

/**
 * Judges any predictions of a table's rows.
 * @param predicted CTRs in (0, 1], one a row
 */
export function evaluatePredictions(
  predicted: Float64Array,
  table: CtrTable,
  options: EvaluationOptions = {},
): Evaluation {
  const rows = observedRows(table, options.groups);
  return judge(rows, predicted, resample(rows, options), []);
}

function judge(
  observed: ObservedRows,
  predicted: Float64Array,
  resampling: Resampling,
  coverage: Coverage[],
): Evaluation {
  const rows = withPredictions(observed, predicted);
  const order = orderOf(rows.predicted);
  const sums = new MetricUnits(rows, resampling);
  const roc = new RocArea(rows, resampling.unitOf, order);
  const curve = reliability(rows, undefined, order);
  const whole = sums.total();
  const metrics = metricsOf(whole);
  const area = roc.area();
  return {
    rows: whole.plain.weight,
    impressions: whole.weighted.weight,
    clicks: whole.clicks,
    observed: fitOf(metrics, 'observed'),
    ...(rows.trueCtr === undefined
      ? {}
      : {
          true: fitOf(metrics, 'true'),
          noise_ceiling: metrics['noise_ceiling'],
          weighted_noise_ceiling: metrics['weighted_noise_ceiling'],
        }),
    ...ceilingsOf(metrics),
    overdispersion: overdispersionOf(rows),
    log_loss: metrics['log_loss'],
    normalised_entropy: metrics['normalised_entropy'],
    calibration_ratio: metrics['calibration_ratio'],
    calibration_error: calibrationError(curve),
    auc: Number.isNaN(area) ? null : area,
    reliability: curve,
    coverage,
    bootstrap: {
      level: resampling.level,
      replicates: resampling.draws.length,
      resampled: rows.groups === undefined ? 'rows' : 'groups',
      intervals: intervalsOf(resampling, (draws) => ({
        ...metricsOf(sums.total(draws)),
        auc: roc.area(draws),
      })),
    },
  };
}

/** An estimated ceiling may lie a little below what was reached: both carry chance. */
const LEAST_SHARE = 0.9;

function ceilingsOf(
  metrics: Metrics,
): Pick<
  Evaluation,
  | 'noise_ceiling_estimate'
  | 'weighted_noise_ceiling_estimate'
  | 'share_of_ceiling'
  | 'weighted_share_of_ceiling'
> {
  const of = (weighted: '' | 'weighted_') => {
    const reached = metrics[`observed.${weighted}r2`];
    const known = metrics[`${weighted}noise_ceiling`];
    const estimate = metrics[`${weighted}noise_ceiling_estimate`];
    const told = estimate > 0 && estimate > LEAST_SHARE * reached ? estimate : null;
    const ceiling = known ?? told;
    return { estimate: told, share: ceiling === null ? null : reached / ceiling };
  };
  const [plain, weighted] = [of(''), of('weighted_')];
  return {
    noise_ceiling_estimate: plain.estimate,
    weighted_noise_ceiling_estimate: weighted.estimate,
    share_of_ceiling: plain.share,
    weighted_share_of_ceiling: weighted.share,
  };
}

function intervalsOf(
  { draws, level }: Resampling,
  replicate: (draws: Float64Array) => Metrics,
): Record<string, MetricInterval> {
  const replicates = draws.map(replicate);
  const names = Object.keys(replicates[0] ?? {});
  const intervals = names.map((name): [string, MetricInterval] => [
    name,
    percentileInterval(
      replicates.map((metrics) => metrics[name]),
      level,
    ),
  ]);
  return Object.fromEntries(intervals);
}

function fitOf(metrics: Metrics, against: 'observed' | 'true'): Fit {
  const of = (name: keyof Fit): number => metrics[`${against}.${name}`];
  return {
    r2: of('r2'),
    mae: of('mae'),
    rmse: of('rmse'),
    weighted_r2: of('weighted_r2'),
    weighted_mae: of('weighted_mae'),
    weighted_rmse: of('weighted_rmse'),
  };
}
