import type { Forest } from '@adscale/forest';
import { drawn, whole } from './sums.js';
import { percentileInterval, type MetricInterval, type Resampling } from './bootstrap.js';
import type { JudgedRows } from './judged-rows.js';
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
  { observed, weight, count, from }: JudgedRows,
  { level: confidence, units, unitOf, draws }: Resampling,
): Coverage[] {
  if (forest.intervals === null) return [];
  const rows = observed.length;
  const asked = Math.min(rows, ASKED_ROWS);
  const row = new Float64Array(features.values.length);
  const sums = LEVELS.map(() => ({ held: new Float64Array(units), width: 0 }));
  const all = new Float64Array(units);
  for (let k = 0; k < asked; k++) {
    const i = Math.floor((k * rows) / asked);
    const times = count === undefined ? 1 : count[i];
    const place = from === undefined ? i : from[i];
    for (let f = 0; f < row.length; f++) row[f] = features.values[f][place];
    all[unitOf[i]] += times;
    LEVELS.forEach((level, l) => {
      const { low, high } = forest.predictInterval(row, { level, exposure: weight[i] });
      sums[l].width += times * (high - low);
      if (low <= observed[i] && observed[i] <= high) sums[l].held[unitOf[i]] += times;
    });
  }
  return LEVELS.map((level, l) => {
    const shares = draws.map((times) => drawn(times)(sums[l].held) / drawn(times)(all));
    return {
      level,
      share: whole(sums[l].held) / whole(all),
      mean_width: sums[l].width / whole(all),
      interval: percentileInterval(shares, confidence),
      rows: asked,
    };
  });
}
