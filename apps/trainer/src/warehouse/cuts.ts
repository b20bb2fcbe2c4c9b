/*
 * The bins of a column whose values stay where they are: just those that `binValues` makes of all
 * of them, by counts alone. A pass counts the values in buckets of equal width, with the least and
 * the greatest of each; where a wanted rank falls into a bucket of more than one value, the next
 * pass counts in finer buckets within that one:
 *
 *   rank wanted       ↓                ↓
 *   pass 1     |· ·  ···· |  ·  |  · ·  ····|        counts, least and greatest
 *   pass 2     |  |· |·|··|     |  |· | | ··|        only in the buckets of a wanted rank
 *
 * A bucket whose least is its greatest is one value with its count. The engine only divides, takes
 * the floor and compares, which IEEE 754 fixes to the last bit: every engine gives the same bins.
 */
import { binValues } from '../rows/click-log.js';

/** Values of a column between two of them. */
export interface Bucket {
  readonly count: number;
  readonly least: number;
  readonly greatest: number;
}

/** Buckets of equal width: `floor((x − origin) / width)`. */
export interface Grid {
  readonly origin: number;
  readonly width: number;
}

/** Only values in these buckets of a grid. */
export interface Within extends Grid {
  readonly keys: readonly number[];
}

/** What is asked of the engine. */
export interface BucketCounter {
  /** The buckets of a grid that are not empty. */
  count(grid: Grid, within: Within | undefined): Promise<Bucket[]>;
  /** The different values. */
  list(within: Within | undefined): Promise<Bucket[]>;
}

/** How much is asked for at once. */
export interface PassLimits {
  /** About so many buckets may a pass give. */
  readonly buckets: number;
  /** So few values are asked for one by one. */
  readonly few: number;
}

const usualLimits: PassLimits = { buckets: 8192, few: 100_000 };

/** Floor divides exactly up to here. */
const FINEST = 2 ** 52;

/**
 * Counts a column's values finer and finer, until each of the wanted ranks is a value.
 * @param whole all its values; of none of them, nothing is asked
 * @param ranks wanted: the least value that so many are not above, ascending
 * @param most if there are no more different values than this, all are told apart
 * @returns buckets in ascending order; one that is still of several values holds no wanted rank
 */
export async function refine(
  counter: BucketCounter,
  whole: Bucket,
  ranks: readonly number[],
  most: number,
  limits = usualLimits,
): Promise<Bucket[]> {
  if (whole.count === 0) return [];
  const range = whole.greatest - whole.least;
  let buckets: Bucket[] = [whole];
  let within: Grid | undefined;
  for (;;) {
    const wanted = wantedOf(buckets, ranks, most);
    if (wanted.size === 0) return buckets;
    const asked = within && { ...within, keys: keysIn(within, wanted) };
    const count = [...wanted].reduce((sum, bucket) => sum + bucket.count, 0);
    const ratio = 2 ** Math.max(2, Math.floor(Math.log2(limits.buckets / wanted.size)));
    const width = (within?.width ?? range) / ratio;
    const isFine = !(range < Infinity) || !(range / width < FINEST) || width < 1e-300;
    let found: Bucket[];
    if (count <= limits.few || isFine) {
      found = await counter.list(asked);
    } else {
      within = { origin: whole.least, width };
      found = await counter.count(within, asked);
    }
    buckets = [...buckets.filter((bucket) => !wanted.has(bucket)), ...found];
    buckets.sort((a, b) => a.least - b.least);
  }
}

/** Buckets that must be looked into. */
function wantedOf(
  buckets: readonly Bucket[],
  ranks: readonly number[],
  most: number,
): ReadonlySet<Bucket> {
  const open = buckets.filter(({ least, greatest }) => least < greatest);
  if (buckets.length + open.length <= most) return new Set(open);
  const wanted = new Set<Bucket>();
  let below = 0;
  let r = 0;
  for (const bucket of buckets) {
    below += bucket.count;
    const first = r;
    while (r < ranks.length && ranks[r] <= below) r++;
    if (r > first && bucket.least < bucket.greatest) wanted.add(bucket);
  }
  return wanted;
}

/** Every bucket lies in one of the grid's, as it was counted by it. */
function keysIn({ origin, width }: Grid, buckets: ReadonlySet<Bucket>): number[] {
  return [...new Set(Array.from(buckets, ({ least }) => Math.floor((least - origin) / width)))];
}

/** Cuts of a column, and the value that stands for each bin: see click-log.ts. */
export type Binning = ReturnType<typeof binValues>;

/**
 * The bins that `binValues` makes of all values of a column.
 * @param maxBins at least 3
 */
export async function binsOf(
  counter: BucketCounter,
  whole: Bucket,
  maxBins: number,
  limits = usualLimits,
): Promise<Binning> {
  if (whole.count === 0) return { cuts: new Float64Array(0), members: Float64Array.of(0) };
  const inner = Math.max(0, maxBins - 2);
  const ranks = Array.from({ length: inner }, (_, k) => ((k + 0.5) * whole.count) / inner);
  const buckets = await refine(counter, whole, ranks, maxBins, limits);
  const values: number[] = [];
  const counts: number[] = [];
  for (const { count, least, greatest } of buckets) {
    // No rank is wanted within it, so that it does not matter where between its ends its values are.
    if (least < greatest) {
      values.push(least);
      counts.push(1);
    }
    values.push(greatest);
    counts.push(least < greatest ? count - 1 : count);
  }
  return binValues(Float64Array.from(values), Float64Array.from(counts), maxBins);
}

/** The values at shares of a column, as inspect.ts shows them: the least, these, the greatest. */
export async function quantilesOf(
  counter: BucketCounter,
  whole: Bucket,
  levels: readonly number[],
): Promise<number[]> {
  const ranks = levels.map((level) => level * whole.count);
  const buckets = await refine(counter, whole, ranks, 0);
  const found = ranks.map((rank) => {
    let below = 0;
    return buckets.find(({ count }) => (below += count) >= rank)!.greatest;
  });
  return [whole.least, ...found, whole.greatest];
}
