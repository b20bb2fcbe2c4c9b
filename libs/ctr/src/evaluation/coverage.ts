import type { Forest } from '@adscale/forest';
import { percentileInterval, type MetricInterval, type Resampling } from './bootstrap.js';
import type { ObservedRows } from './judged-rows.js';
import type { CtrTable } from '../table/table.js';

/** How often prediction intervals of one level hold what was observed. */
export interface Coverage {
  /** What the intervals promise. */
  readonly level: number;
  /** Share of rows within theirs. */
  readonly share: number;
  /** Mean width of the intervals, in CTR. */
  readonly mean_width: number;
  /** Bootstrap interval of the share. */
  readonly interval: MetricInterval;
  /** Rows that were asked. */
  readonly rows: number;
}

const LEVELS = [0.8, 0.9, 0.95] as const;

/** An interval walks all trees; the share over this many rows is within 0.7 points (1 s.e.). */
const ASKED_ROWS = 2000;

/**
 * Coverage of the forest's intervals at 80, 90 and 95 %, over at most 2,000 evenly spaced rows.
 * @returns empty if the forest has no intervals
 */
export function coverageOf(
  forest: Forest,
  { features }: CtrTable,
  { observed, weight, count, from }: ObservedRows,
  { level: confidence, unitOf, draws }: Resampling,
): Coverage[] {
  if (forest.intervals === null) return [];
  const rows = observed.length;
  const length = Math.min(rows, ASKED_ROWS);
  const asked = Uint32Array.from({ length }, (_, k) => Math.floor((k * rows) / length));
  const times = Float64Array.from(asked, (i) => (count === undefined ? 1 : count[i]));
  const held = LEVELS.map(() => new Uint8Array(asked.length));
  const widths = LEVELS.map(() => 0);
  const row = new Float64Array(features.values.length);
  asked.forEach((i, k) => {
    const place = from === undefined ? i : from[i];
    for (let f = 0; f < row.length; f++) row[f] = features.values[f][place];
    const exposure = weight === undefined ? 1 : weight[i];
    LEVELS.forEach((level, l) => {
      const { low, high } = forest.predictInterval(row, { level, exposure });
      widths[l] += times[k] * (high - low);
      held[l][k] = +(low <= observed[i] && observed[i] <= high);
    });
  });
  const shareOf = (isHeld: Uint8Array, drawn?: Float64Array): number => {
    let [all, within] = [0, 0];
    for (let k = 0; k < asked.length; k++) {
      const n = times[k] * (drawn === undefined ? 1 : drawn[unitOf[asked[k]]]);
      all += n;
      within += n * isHeld[k];
    }
    return within / all;
  };
  const total = times.reduce((sum, n) => sum + n, 0);
  return LEVELS.map((level, l) => ({
    level,
    share: shareOf(held[l]),
    mean_width: widths[l] / total,
    interval: percentileInterval(
      draws.map((drawn) => shareOf(held[l], drawn)),
      confidence,
    ),
    rows: asked.length,
  }));
}
