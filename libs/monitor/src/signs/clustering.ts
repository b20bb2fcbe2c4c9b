/*
 * Rows are no independent draws of traffic: a campaign that is on today sends thousands alike, and is off
 * tomorrow. By how much shares of values differ from one day to the next, against what as many independent rows would
 * make of it, says how few independent rows there really are (the design effect; Kish 1965). Of the days'
 * χ² the median is taken, so that the day on which something broke does not hide itself.
 */
import normal from '@stdlib/stats-base-dists-normal';
import type { JudgedCells, JudgedFeature } from '../ledger/judged.js';

const BINS = 10;
/** Fewer pairs of days say nothing of how days differ. */
const LEAST_PAIRS = 3;
/** Fewer rows of a day have no shares. */
const LEAST_ROWS = 20;

/**
 * How many rows count as one independent row, by feature.
 * @returns 1 or more; null where too few days were seen to tell
 */
export function clusteringOf(cells: JudgedCells): Map<string, number | null> {
  return new Map(cells.features.map((feature) => [feature.name, designEffect(feature, cells)]));
}

interface DayShares {
  readonly weights: Float64Array;
  all: number;
  squares: number;
}

function designEffect(feature: JudgedFeature, cells: JudgedCells): number | null {
  const binOf = binsOf(feature, cells.impressions);
  const days = Array.from({ length: cells.days }, (): DayShares => ({
    ...{ weights: new Float64Array(BINS), all: 0, squares: 0 },
  }));
  for (let at = 0; at < cells.length; at++) {
    const weight = cells.impressions[at];
    if (feature.codes[at] < 0 || !(weight > 0)) continue;
    const day = days[cells.day[at]];
    day.weights[binOf[feature.codes[at]]] += weight;
    day.all += weight;
    day.squares += weight ** 2 / Math.max(1, cells.rows[at]);
  }
  const effects: number[] = [];
  // Days without shares are passed over: what runs every other day differs from one such day to the next.
  const telling = days.filter((day) => rowsOf(day) >= LEAST_ROWS);
  for (let at = 1; at < telling.length; at++) {
    const effect = effectOf(telling[at - 1], telling[at]);
    if (effect !== null) effects.push(effect);
  }
  if (effects.length < LEAST_PAIRS) return null;
  return Math.max(1, effects.sort((a, b) => a - b)[Math.floor(effects.length / 2)]);
}

/** Independent rows that a day is worth (Kish 1965). */
const rowsOf = ({ all, squares }: DayShares): number => (squares > 0 ? all ** 2 / squares : 0);

/** χ² of two days' shares over its median, were rows independent. */
function effectOf(a: DayShares, b: DayShares): number | null {
  const [n, m] = [rowsOf(a), rowsOf(b)];
  let [square, freedom] = [0, -1];
  for (let bin = 0; bin < BINS; bin++) {
    const [r, w] = [a.weights[bin] / a.all, b.weights[bin] / b.all];
    if (r + w === 0) continue;
    freedom++;
    square += (r - w) ** 2 / (((n * r + m * w) / (n + m)) * (1 / n + 1 / m));
  }
  return freedom < 1 ? null : square / medianSquares(freedom);
}

/** The median of a sum of so many squared normals (Wilson & Hilferty 1931); of one exactly. */
const medianSquares = (count: number): number =>
  count === 1 ? normal.quantile(0.75, 0, 1) ** 2 : count * (1 - 2 / (9 * count)) ** 3;

/** By place of a value: one of ten bins of about equal impressions, numbers in order. */
function binsOf({ values, codes }: JudgedFeature, impressions: Float64Array): Int32Array {
  const weights = new Float64Array(values.length);
  for (let at = 0; at < codes.length; at++) {
    if (codes[at] >= 0) weights[codes[at]] += impressions[at];
  }
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const order = [...values.keys()].sort((a, b) => {
    const [x, y] = [values[a], values[b]];
    return typeof x === 'number' && typeof y === 'number' ? x - y : weights[b] - weights[a];
  });
  const bins = new Int32Array(values.length);
  let passed = 0;
  for (const code of order) {
    bins[code] = Math.min(BINS - 1, Math.floor((BINS * (passed + weights[code] / 2)) / all) || 0);
    passed += weights[code];
  }
  return bins;
}
