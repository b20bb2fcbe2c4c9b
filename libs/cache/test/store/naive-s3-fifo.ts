import type { CellKey } from '../../src/keys/keys.js';
import { keyBytes } from '../../src/store/sizing.js';

interface Entry {
  readonly key: CellKey;
  value: string;
  cost: number;
  reads: number;
  expires: number;
}

/** S3-FIFO as one would write it on a board: lists, oldest first, searched from end to end. */
export class NaiveS3Fifo {
  private small: Entry[] = [];
  private main: Entry[] = [];
  private ghost: (CellKey | undefined)[] = [];
  private ghostRoom: number | undefined;
  readonly departures = { evictions: 0, refused: 0, expired: 0 };

  constructor(
    private readonly entries: number,
    private readonly most: number,
    private readonly ttlMs: number,
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.small.length + this.main.length;
  }

  get bytes(): number {
    return costOf(this.small) + costOf(this.main);
  }

  get(key: CellKey): string | undefined {
    const entry = this.find(key);
    if (entry === undefined) return undefined;
    if (this.ttlMs > 0 && entry.expires <= this.now()) {
      this.drop(entry);
      this.departures.expired++;
      return undefined;
    }
    entry.reads = Math.min(3, entry.reads + 1);
    return entry.value;
  }

  set(key: CellKey, value: string): void {
    const cost = keyBytes(key) + value.length;
    const expires = this.now() + this.ttlMs;
    const known = this.find(key);
    if (cost > this.most) {
      if (known) this.drop(known);
      this.departures.refused++;
    } else if (known) {
      Object.assign(known, { value, cost, expires });
      while (this.bytes > this.most) this.evict();
    } else {
      while (this.size >= this.entries || this.bytes + cost > this.most) this.evict();
      const seen = this.ghost.indexOf(key);
      if (seen >= 0) this.ghost[seen] = undefined;
      (seen >= 0 ? this.main : this.small).push({ key, value, cost, expires, reads: 0 });
    }
  }

  private evict(): void {
    const share = Math.max(1, Math.round(this.entries / 10));
    const full = this.small.length >= share || costOf(this.small) >= this.most / 10;
    const fromSmall = this.small.length > 0 && (full || this.main.length === 0);
    const oldest = (fromSmall ? this.small : this.main)[0]!;
    if (oldest.reads > 0) {
      this.drop(oldest);
      oldest.reads = fromSmall ? 0 : oldest.reads - 1;
      this.main.push(oldest);
    } else if (fromSmall) {
      this.ghostRoom ??= Math.max(1, this.size - Math.round(this.size / 10));
      this.drop(oldest);
      this.ghost.push(oldest.key);
      if (this.ghost.length > this.ghostRoom) this.ghost.shift();
      this.departures.refused++;
    } else {
      this.drop(oldest);
      this.departures.evictions++;
    }
  }

  private find(key: CellKey): Entry | undefined {
    return [...this.small, ...this.main].find((entry) => entry.key === key);
  }

  private drop(entry: Entry): void {
    this.small = this.small.filter((other) => other !== entry);
    this.main = this.main.filter((other) => other !== entry);
  }
}

function costOf(entries: Entry[]): number {
  return entries.reduce((sum, { cost }) => sum + cost, 0);
}
