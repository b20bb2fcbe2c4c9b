/**
 * The hashes of the keys pushed out last, oldest forgotten first.
 *
 * ```
 * ring   [ h5 | h6 | h2 | h3 | h4 ]     the last `capacity` hashes, `at` is the next to overwrite
 *                   at ┘
 * table  [ 0 | 4 | 0 | 1 | … ]          open addressing by hash: place in the ring + 1, or 0
 * ```
 * Every place in the table points to a place in the ring that holds its hash; a hash that was
 * taken, or added again, keeps a dead place in the ring until it is overwritten. Two keys of one
 * hash count as one: the worst that follows is one entry more or less in the main queue.
 */
export class Ghost {
  private readonly ring: Int32Array;
  private readonly table: Int32Array;
  private readonly mask: number;
  private at = 0;

  /** @param capacity how many hashes are remembered, at least 1 */
  constructor(readonly capacity: number) {
    const places = 2 ** Math.ceil(Math.log2(2 * capacity));
    this.ring = new Int32Array(capacity);
    this.table = new Int32Array(places);
    this.mask = places - 1;
  }

  /** Remembers `hash` (32 bits) as the newest. */
  add(hash: number): void {
    const { ring, table, at } = this;
    const oldest = this.find(ring[at]!);
    if (table[oldest] === at + 1) this.removeAt(oldest);
    ring[at] = hash;
    table[this.find(hash | 0)] = at + 1;
    this.at = at + 1 === this.capacity ? 0 : at + 1;
  }

  /** Whether `hash` is remembered; forgets it. */
  take(hash: number): boolean {
    const place = this.find(hash | 0);
    if (this.table[place] === 0) return false;
    this.removeAt(place);
    return true;
  }

  /** Where `hash` stands in the table, or the free place where it would stand. */
  private find(hash: number): number {
    const { ring, table, mask } = this;
    let place = hash & mask;
    while (table[place] !== 0 && ring[table[place]! - 1] !== hash) place = (place + 1) & mask;
    return place;
  }

  /** Frees a place and moves up those behind it that could not stand nearer to their own. */
  private removeAt(place: number): void {
    const { ring, table, mask } = this;
    let hole = place;
    for (let next = (hole + 1) & mask; table[next] !== 0; next = (next + 1) & mask) {
      const wanted = ring[table[next]! - 1]! & mask;
      if (((next - wanted) & mask) >= ((next - hole) & mask)) {
        table[hole] = table[next]!;
        hole = next;
      }
    }
    table[hole] = 0;
  }
}
