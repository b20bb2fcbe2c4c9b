/*
 * Every metric but the AUC is a function of sums over rows. So each row's part of each sum is
 * computed once, added up by resampling unit, and a replicate of the bootstrap costs one dot product
 * a sum, whatever the metric.
 *
 * "Plain" sums count rows alike, "weighted" ones by their impressions. Observed CTRs are taken from
 * their mean, so that no variance is a small difference of large numbers.
 */
import { MIN_CTR } from '../clamp.js';
import type { Resampling } from './bootstrap.js';
import type { JudgedRows } from './judged-rows.js';

/** Sums over some rows, against one CTR to compare with. */
interface DistanceSums {
  /** (y − p)² */
  readonly squares: Float64Array;
  /** |y − p| */
  readonly distances: Float64Array;
  /** y, from its mean */
  readonly values: Float64Array;
  /** y², from the same mean */
  readonly valueSquares: Float64Array;
}

/** One array a sum, one number a unit. */
export interface Sums {
  readonly rows: Float64Array;
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
  readonly predictedClicks: Float64Array;
  /** Log loss times impressions. */
  readonly loss: Float64Array;
  readonly observed: Distances;
  readonly true?: Distances;
  /** (y − true CTR)². */
  readonly noise?: ByWeight<Float64Array>;
  /** p (1 − p) / n: what (y − true CTR)² would be on average if p were the true CTR. */
  readonly binomialNoise: ByWeight<Float64Array>;
}

export interface ByWeight<T> {
  readonly plain: T;
  readonly weighted: T;
}
export type Distances = ByWeight<DistanceSums>;

/** The loss is finite: a prediction of 1 is taken down as far as one of 0 is taken up, by MIN_CTR. */
const SUREST = 1 - MIN_CTR;

/** Adds up every row's part of every sum. */
export function sumUp(rows: JudgedRows, resampling: Resampling): Sums {
  const { units, unitOf } = resampling;
  const { predicted, observed, weight, count, trueCtr } = rows;
  const collect = (part: (i: number) => number): Float64Array => addUp(part, units, unitOf, count);
  const byWeight = (part: (i: number) => number): ByWeight<Float64Array> => ({
    plain: collect(part),
    weighted: collect((i) => weight[i] * part(i)),
  });
  const distances = (ctr: Float64Array): Distances => {
    const centre = ctr.reduce((sum, y) => sum + y, 0) / ctr.length;
    const parts = {
      squares: byWeight((i) => (ctr[i] - predicted[i]) ** 2),
      distances: byWeight((i) => Math.abs(ctr[i] - predicted[i])),
      values: byWeight((i) => ctr[i] - centre),
      valueSquares: byWeight((i) => (ctr[i] - centre) ** 2),
    };
    const of = (kind: 'plain' | 'weighted'): DistanceSums => ({
      squares: parts.squares[kind],
      distances: parts.distances[kind],
      values: parts.values[kind],
      valueSquares: parts.valueSquares[kind],
    });
    return { plain: of('plain'), weighted: of('weighted') };
  };
  return {
    rows: collect(() => 1),
    ...sumUpEntropy(rows, resampling),
    predictedClicks: collect((i) => weight[i] * predicted[i]),
    observed: distances(observed),
    binomialNoise: byWeight((i) => (predicted[i] * (1 - predicted[i])) / weight[i]),
    ...(trueCtr === undefined
      ? {}
      : { true: distances(trueCtr), noise: byWeight((i) => (observed[i] - trueCtr[i]) ** 2) }),
  };
}

/** The sums that NE is made of. */
export type EntropySums = Pick<Sums, 'impressions' | 'clicks' | 'loss'>;

/** The sums that NE needs, and no others. */
export function sumUpEntropy(rows: JudgedRows, { units, unitOf }: Resampling): EntropySums {
  const { predicted, observed, weight, count } = rows;
  const collect = (part: (i: number) => number): Float64Array => addUp(part, units, unitOf, count);
  return {
    impressions: collect((i) => weight[i]),
    clicks: collect((i) => weight[i] * observed[i]),
    loss: collect((i) => weight[i] * crossEntropy(observed[i], Math.min(predicted[i], SUREST))),
  };
}

function addUp(
  part: (i: number) => number,
  units: number,
  unitOf: Uint32Array,
  count: Float64Array | undefined,
): Float64Array {
  const sums = new Float64Array(units);
  for (let i = 0; i < unitOf.length; i++) {
    sums[unitOf[i]] += (count === undefined ? 1 : count[i]) * part(i);
  }
  return sums;
}

/** −y log p − (1 − y) log (1 − p), and 0 for what cannot happen. */
export function crossEntropy(observed: number, predicted: number): number {
  const clicked = observed === 0 ? 0 : observed * Math.log(predicted);
  const passed = observed === 1 ? 0 : (1 - observed) * Math.log(1 - predicted);
  return -clicked - passed;
}

/** Adds up a sum over units. */
export type Total = (sums: Float64Array) => number;

/** Every unit once: the metric itself. */
export const whole: Total = (sums) => sums.reduce((total, value) => total + value, 0);

/** Every unit as often as a replicate drew it. */
export function drawn(draws: Float64Array): Total {
  return (sums) => {
    let total = 0;
    for (let unit = 0; unit < sums.length; unit++) total += draws[unit] * sums[unit];
    return total;
  };
}
