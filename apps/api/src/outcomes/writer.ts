import type { Store } from '../store/store.js';
import type { Checked } from './check.js';
import { PACKED, type PackedOutcomes } from './packed.js';
import type { OutcomeQueries } from './queries.js';

/** Most outcomes of one transaction. */
const MOST_ROWS = 2000;

interface Waiting {
  readonly packed: PackedOutcomes;
  readonly rows: number;
  resolve(fates: Uint8Array): void;
  reject(error: unknown): void;
}

/**
 * Writes outcomes of several requests with one transaction: what comes while one is under way waits and
 * goes with the next. So a commit, which waits for the disk, is shared by all who wait for one.
 */
export class OutcomeWriter {
  private waiting: Waiting[] = [];
  private isWriting = false;

  /** @param now a clock in milliseconds since 1970 */
  constructor(
    private readonly store: Pick<Store<OutcomeQueries>, 'run'>,
    private readonly now: () => number,
    private readonly onCommitted: () => void = () => {},
  ) {}

  /**
   * Resolves when these are committed, with the fate of each as its place in `FATES`.
   * @throws StoreError; then none of them is kept
   */
  write(packed: PackedOutcomes): Promise<Uint8Array> {
    const rows = packed.length / PACKED;
    if (rows === 0) return Promise.resolve(new Uint8Array(0));
    return new Promise((resolve, reject) => {
      this.waiting.push({ packed, rows, resolve, reject });
      if (!this.isWriting) void this.writeAll();
    });
  }

  /** What would become of these, of which none is kept. @throws StoreError */
  check(packed: PackedOutcomes): Promise<Checked> {
    return this.store.run('checkOutcomes', { packed, at: this.now() });
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) await this.writeSome(this.takeSome());
    this.isWriting = false;
  }

  private takeSome(): Waiting[] {
    let rows = 0;
    let count = 0;
    while (
      count < this.waiting.length &&
      (count === 0 || rows + this.waiting[count].rows <= MOST_ROWS)
    ) {
      rows += this.waiting[count++].rows;
    }
    return this.waiting.splice(0, count);
  }

  private async writeSome(some: readonly Waiting[]): Promise<void> {
    try {
      const packed = some.length === 1 ? some[0].packed : some.flatMap(({ packed }) => packed);
      const fates = await this.store.run('writeOutcomes', { packed, at: this.now() });
      let from = 0;
      for (const { rows, resolve } of some) resolve(fates.subarray(from, (from += rows)));
      this.onCommitted();
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}
