/*
 * Words are compared at the same placement: a creative that was mostly shown in the first position is not
 * better for it. Each row's impressions are told as those of the average placement that would bring as
 * many clicks,
 *
 *   n · p(row without its words) / average CTR
 *
 * (indirect standardisation, as of mortality ratios), where p is what a small forest of the features that
 * are of no level says of rows that are out of its bag. Single impressions are left as they are: what a
 * placement does is then little beside chance, and to take it off words that go with one placement costs more
 * than it brings (on a public click log an NE of 0.928 instead of 0.925).
 */
import { fit, takeRows, takeValues, type Columns } from '@adscale/forest';
import type { RecordColumns } from '../table/schema.js';
import type { LevelRows } from './levels.js';
import type { Observed } from './statistics.js';

/** Fewer rows tell placements apart by chance. */
const LEAST_ROWS = 200;
const TREES = 10;
/** Rows of fewer impressions, at the median, are left as they are. */
const LEAST_IMPRESSIONS = 10;
/** A leaf holds so many rows, so that hardly any of what a word does is taken for its placement's. */
const LEAF_ROWS = 30;
const MAX_BINS = 32;
/** No placement is so many times better or worse than the average. */
const MOST_TIMES = 50;

/**
 * @param counted rows that are counted in (1, not 0): others are not looked at
 * @returns by row, impressions of the average placement; the impressions themselves where nothing but
 *   words is known of rows
 */
export function standardImpressions(
  columns: RecordColumns,
  levels: readonly LevelRows[],
  { impressions, clicks }: Observed,
  counted: Uint8Array,
): Float64Array {
  const plain = plainOf(columns, levels);
  const rows = Uint32Array.from(counted.keys()).filter((row) => counted[row] === 1);
  if (plain === undefined || rows.length < LEAST_ROWS) return impressions;
  const weight = takeValues(impressions, rows);
  if (weight.toSorted()[weight.length >> 1] < LEAST_IMPRESSIONS) return impressions;
  const all = weight.reduce((sum, n) => sum + n, 0);
  const average = rows.reduce((sum, row) => sum + clicks[row], 0) / all;
  if (!(average > 0)) return impressions;
  const { outOfBag } = fit(
    {
      columns: takeRows(plain, rows),
      target: Float64Array.from(rows, (row) => clicks[row] / impressions[row]),
      weight,
    },
    { trees: TREES, minLeafRows: LEAF_ROWS, minLeafWeight: 20 / average, maxBins: MAX_BINS },
  );
  const standard = impressions.slice();
  rows.forEach((row, i) => {
    const times = outOfBag.predictions[i] / average;
    if (times > 0) standard[row] *= Math.min(MOST_TIMES, Math.max(1 / MOST_TIMES, times));
    // A rate above 1 is none.
    standard[row] = Math.max(standard[row], clicks[row]);
  });
  return standard;
}

/** The columns that are of no level (but of a cross); undefined if there are none. */
function plainOf(
  { schema, rows, values }: RecordColumns,
  levels: readonly LevelRows[],
): Columns | undefined {
  const single = levels.filter(({ level }) => level.features.length === 1);
  const words = new Set(single.flatMap(({ level }) => level.features));
  const places = [...schema.features.keys()].filter((f) => !words.has(f));
  if (places.length === 0) return undefined;
  const features = places.map((f) => schema.features[f]) as Columns['schema']['features'];
  return { schema: { features }, rows, values: places.map((f) => values[f]) };
}
