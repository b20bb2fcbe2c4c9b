/*
 * How many different requests there were, from the smallest hashes seen: if the k-th smallest of D
 * different hashes lies at share u of the range, D is about (k - 1) / u, without bias and with a
 * relative error of 1 / √(k - 2) (Bar-Yossef et al. 2002; Beyer et al., SIGMOD 2007). Which hashes are
 * kept depends on the set of requests alone, so sketches of several workers merge into exactly the
 * sketch of all their requests, in any order.
 *
 * Why not the HyperLogLog of bloom-filters (3.0.4) or hyperloglog-lite (1.0.2): they hash a text,
 * which every counted lookup would have to make; here the hash of the row is counted as it is. And
 * a small number of requests would no longer be exact.
 */

/** How many hashes a snapshot holds at most. The estimate's standard error is then 2.2 %. */
export const SKETCH_SIZE = 2048;

const RANGE = 2 ** 32;
const TABLE_SIZE = 4 * SKETCH_SIZE;

/** Requests counted, and the smallest different hashes of them. Plain data, frozen. */
export interface DistinctSnapshot {
  readonly requests: number;
  /** At most SKETCH_SIZE whole numbers from 0 to 2^32 - 1, ascending. */
  readonly smallest: readonly number[];
}

/** The snapshot before the first request. Merging it into another changes nothing. */
export const emptyDistinct: DistinctSnapshot = Object.freeze({
  requests: 0,
  smallest: Object.freeze([]),
});

/**
 * Counts requests and, in 80 kB whatever their number, how many of them were different. Counting
 * allocates nothing, and touches memory only for hashes below the bound, fewer and fewer of them.
 */
export class DistinctSketch {
  private requests = 0;
  /** Different hashes at or below `bound`, unsorted; twice as many as needed before it is cut. */
  private readonly kept = new Uint32Array(2 * SKETCH_SIZE);
  private length = 0;
  /** The same hashes by open addressing, each plus 1, so that 0 is a free place. */
  private readonly table = new Float64Array(TABLE_SIZE);
  private bound = RANGE;

  /** @param hash of the whole request, evenly spread over 32 bits, signed or not */
  count(hash: number): void {
    this.requests++;
    // The signed number is passed on: an unsigned one can be too large for V8 to keep in a register.
    if (hash >>> 0 <= this.bound) this.keep(hash);
  }

  /** What was counted so far. The copy never changes. */
  snapshot(): DistinctSnapshot {
    return frozen(this.requests, this.kept.slice(0, this.length).sort());
  }

  private keep(signed: number): void {
    const hash = signed >>> 0;
    const place = this.placeOf(hash);
    if (this.table[place] !== 0) return;
    if (this.length < this.kept.length) {
      this.table[place] = hash + 1;
      this.kept[this.length++] = hash;
      return;
    }
    this.cut();
    if (hash <= this.bound) this.keep(hash);
  }

  /** Where `hash` stands in the table, or the free place where it would stand. */
  private placeOf(hash: number): number {
    let place = hash & (TABLE_SIZE - 1);
    while (this.table[place] !== 0 && this.table[place] !== hash + 1) {
      place = (place + 1) & (TABLE_SIZE - 1);
    }
    return place;
  }

  /** Lets go of all but the SKETCH_SIZE smallest hashes. */
  private cut(): void {
    this.kept.sort();
    this.length = SKETCH_SIZE;
    this.bound = this.kept[SKETCH_SIZE - 1]!;
    this.table.fill(0);
    for (let i = 0; i < SKETCH_SIZE; i++) {
      const hash = this.kept[i]!;
      this.table[this.placeOf(hash)] = hash + 1;
    }
  }
}

function frozen(requests: number, ascending: ArrayLike<number>): DistinctSnapshot {
  const length = Math.min(ascending.length, SKETCH_SIZE);
  const smallest = Array.from({ length }, (_, i) => ascending[i]!);
  return Object.freeze({ requests, smallest: Object.freeze(smallest) });
}

/** What one sketch would hold that had counted the requests of both. In any order and grouping. */
export function mergeDistinct(a: DistinctSnapshot, b: DistinctSnapshot): DistinctSnapshot {
  const union = Uint32Array.from(new Set([...a.smallest, ...b.smallest])).sort();
  return frozen(a.requests + b.requests, union);
}

/**
 * Estimates how many of the requests were different. Exact below SKETCH_SIZE; above, within 2.2 % in
 * two cases of three. Corrects for different requests with the same hash. Not rounded.
 */
export function distinctRequests({ requests, smallest }: DistinctSnapshot): number {
  if (smallest.length < SKETCH_SIZE) return smallest.length;
  const share = (smallest[SKETCH_SIZE - 1]! + 1) / RANGE;
  const hashes = Math.min((SKETCH_SIZE - 1) / share, RANGE - 1);
  return Math.min(requests, -RANGE * Math.log1p(-hashes / RANGE));
}

/**
 * The hit rate, 0 to 1, that a key of the whole request would have reached in a cache without limits.
 * No cache can reach more with such a key. Null before the first request.
 */
export function exactKeyHitRate(snapshot: DistinctSnapshot): number | null {
  if (snapshot.requests === 0) return null;
  return 1 - distinctRequests(snapshot) / snapshot.requests;
}
