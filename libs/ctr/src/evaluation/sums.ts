/*
 * Every metric but the AUC is a function of sums over rows. So each row's part of each sum is
 * computed once, added up by resampling unit, and a replicate of the bootstrap costs one pass over
 * the units, whatever the metrics.
 *
 *             width sums
 *   unit 0    s s s s …     ×  how often unit 0 was drawn
 *   unit 1    s s s s …     ×  how often unit 1 was drawn      a replicate's sums are the columns'
 *   …
 *
 * "Plain" sums count rows alike, "weighted" ones by their impressions; where every row has one
 * impression they are the same. Observed CTRs are taken from their mean, so that no variance is a
 * small difference of large numbers.
 */
import { MIN_CTR } from '../clamp.js';
import type { Resampling } from './bootstrap.js';
import type { JudgedRows, ObservedRows } from './judged-rows.js';

/** Some sums of every unit, unit after unit. */
export class UnitSums {
  readonly values: Float64Array;

  constructor(
    private readonly units: number,
    readonly width: number,
  ) {
    this.values = new Float64Array(units * width);
  }

  /**
   * The sums over all units.
   * @param draws how often each unit counts; absent: once
   */
  total(draws?: Float64Array): Float64Array {
    const { units, width, values } = this;
    const totals = new Float64Array(width);
    for (let unit = 0; unit < units; unit++) {
      const times = draws === undefined ? 1 : draws[unit];
      if (times === 0) continue;
      const at = unit * width;
      for (let k = 0; k < width; k++) totals[k] += times * values[at + k];
    }
    return totals;
  }
}

/** Of CTRs y and predictions p of them. */
export interface DistanceSums {
  /** (y − p)² */
  readonly squares: number;
  /** |y − p| */
  readonly distances: number;
  /** y, from its mean */
  readonly values: number;
  /** y², from the same mean */
  readonly valueSquares: number;
}

/** Sums over rows that count alike, or by their impressions. */
export interface WeighedSums {
  /** Rows, or impressions. */
  readonly weight: number;
  /** p (1 − p) / n: what (y − true CTR)² would be on average if p were the true CTR. */
  readonly binomialNoise: number;
  readonly observed: DistanceSums;
  /** Against the true CTR, where it is known. */
  readonly true?: DistanceSums;
  /** (y − true CTR)². */
  readonly noise?: number;
}

/** The sums that metrics are made of. */
export interface MetricSums {
  readonly clicks: number;
  readonly predictedClicks: number;
  /** Log loss times impressions. */
  readonly loss: number;
  readonly plain: WeighedSums;
  readonly weighted: WeighedSums;
}

/** Columns: three sums by impressions, then the plain sums, then the weighted ones. */
const FIRST_PLAIN = 3;
const OBSERVED = 2;
const TRUE = 6;
const NOISE = 10;

/** Adds up every row's part of every sum. */
export class MetricUnits {
  private readonly sums: UnitSums;
  /** Plain sums, and as many weighted ones. */
  private readonly parts: number;

  constructor(
    private readonly rows: JudgedRows,
    { units, unitOf }: Resampling,
  ) {
    const { predicted, observed, weight, count, trueCtr } = rows;
    this.parts = trueCtr === undefined ? TRUE : NOISE + 1;
    const kinds = weight === undefined ? 1 : 2;
    this.sums = new UnitSums(units, FIRST_PLAIN + kinds * this.parts);
    const { values, width } = this.sums;
    const centre = mean(observed);
    const trueCentre = trueCtr === undefined ? NaN : mean(trueCtr);
    const parts = new Float64Array(this.parts);
    for (let i = 0; i < observed.length; i++) {
      const [y, p] = [observed[i], predicted[i]];
      const n = weight === undefined ? 1 : weight[i];
      const times = count === undefined ? 1 : count[i];
      parts[0] = 1;
      parts[1] = (p * (1 - p)) / n;
      putDistances(parts, OBSERVED, y, p, centre);
      if (trueCtr !== undefined) {
        putDistances(parts, TRUE, trueCtr[i], p, trueCentre);
        parts[NOISE] = (y - trueCtr[i]) ** 2;
      }
      let at = unitOf[i] * width;
      values[at++] += times * (n * y);
      values[at++] += times * (n * p);
      values[at++] += times * (n * lossOf(y, p));
      for (let k = 0; k < parts.length; k++) values[at++] += times * parts[k];
      if (weight === undefined) continue;
      for (let k = 0; k < parts.length; k++) values[at++] += times * (n * parts[k]);
    }
  }

  /** @param draws how often each unit counts; absent: once */
  total(draws?: Float64Array): MetricSums {
    const totals = this.sums.total(draws);
    const [clicks, predictedClicks, loss] = totals;
    const plain = this.weighed(totals.subarray(FIRST_PLAIN));
    const weighted =
      this.rows.weight === undefined
        ? plain
        : this.weighed(totals.subarray(FIRST_PLAIN + this.parts));
    return { clicks, predictedClicks, loss, plain, weighted };
  }

  private weighed(parts: Float64Array): WeighedSums {
    return {
      weight: parts[0],
      binomialNoise: parts[1],
      observed: distancesAt(parts, OBSERVED),
      ...(this.rows.trueCtr === undefined
        ? {}
        : { true: distancesAt(parts, TRUE), noise: parts[NOISE] }),
    };
  }
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function putDistances(parts: Float64Array, at: number, y: number, p: number, centre: number): void {
  parts[at] = (y - p) ** 2;
  parts[at + 1] = Math.abs(y - p);
  parts[at + 2] = y - centre;
  parts[at + 3] = (y - centre) ** 2;
}

function distancesAt(parts: Float64Array, at: number): DistanceSums {
  return {
    squares: parts[at],
    distances: parts[at + 1],
    values: parts[at + 2],
    valueSquares: parts[at + 3],
  };
}

/**
 * Impressions, clicks and, for each prediction of the same rows, log loss times impressions: what
 * NE is made of.
 * @param predictions one a judged row each
 */
export function sumUpEntropy(
  { observed, weight, count }: ObservedRows,
  predictions: readonly Float64Array[],
  { units, unitOf }: Resampling,
): UnitSums {
  const sums = new UnitSums(units, 2 + predictions.length);
  const { values, width } = sums;
  for (let i = 0; i < observed.length; i++) {
    const n = weight === undefined ? 1 : weight[i];
    const times = count === undefined ? 1 : count[i];
    let at = unitOf[i] * width;
    values[at++] += times * n;
    values[at++] += times * (n * observed[i]);
    for (const predicted of predictions) {
      values[at++] += times * (n * lossOf(observed[i], predicted[i]));
    }
  }
  return sums;
}

/** The loss is finite: a prediction of 1 is taken down as far as one of 0 is taken up, by MIN_CTR. */
const SUREST = 1 - MIN_CTR;

function lossOf(observed: number, predicted: number): number {
  return crossEntropy(observed, Math.min(predicted, SUREST));
}

/** −y log p − (1 − y) log (1 − p), and 0 for what cannot happen. */
export function crossEntropy(observed: number, predicted: number): number {
  const clicked = observed === 0 ? 0 : observed * Math.log(predicted);
  const passed = observed === 1 ? 0 : (1 - observed) * Math.log(1 - predicted);
  return -clicked - passed;
}
