import { roundCtr, type CtrModel, type RecordSchema } from '@adscale/ctr';
import type { Counter, Model, ServiceStats } from '@adscale/stats';
import { isText, type RowShare } from './share.js';

/** The part of the statistics that a shadow needs. */
export type ShadowStats = Pick<ServiceStats, 'model' | 'countShadow' | 'counter'>;

/** The answers that are compared. */
export interface Compared {
  /** Features of their rows, in order. */
  readonly schema: RecordSchema;
  readonly share: RowShare;
}

/** When a shadow does its work, and how much of it may wait; tests give their own. */
export interface ShadowPace {
  /** Calls `work` after the requests at hand are answered. */
  readonly schedule: (work: () => void) => void;
  /** Rows that may wait; while there are as many, new ones are dropped. */
  readonly capacity: number;
}

const PACE: ShadowPace = { schedule: setImmediate, capacity: 1024 };
/** Milliseconds that the shadow may take of the event loop at a time. */
const SLICE_MS = 1;

/**
 * Predicts a share of one model's answers by another model too, and compares the two. No answer
 * waits for that: a row is copied into a ring, and the event loop comes back to it once the
 * requests at hand are answered.
 *
 * ```
 *        offer ──▶ at + waiting              full: dropped and counted
 *  ┌────┬────┬────┬────┬────┬────┐
 *  │    │ r₀ │ r₁ │ r₂ │    │    │  a row each, in the shadow's order of features
 *  └────┴────┴────┴────┴────┴────┘
 *         at ──▶ a slice of 1 ms after each round of the event loop
 * ```
 */
export class ShadowRun {
  private readonly counts: Model;
  private readonly dropped: Counter;
  private readonly width: number;
  /** Feature f of the shadow is feature `places[f]` of the rows offered. */
  private readonly places: Int32Array;
  /**
   * Features of the shadow whose numbers it has from the record, by its own vocabulary and its own
   * values for what is held: those of the rows offered mean nothing to it.
   */
  private readonly reread: readonly number[];
  private readonly rows: Float64Array;
  private readonly answers: Float64Array;
  /** The row being predicted, out of the ring. */
  private readonly row: Float64Array;
  private at = 0;
  private waiting = 0;
  private scheduled = false;

  /** @param shadow has the same features as the rows compared, in any order */
  constructor(
    private readonly compared: Compared,
    private readonly shadow: CtrModel,
    private readonly stats: ShadowStats,
    private readonly pace = PACE,
  ) {
    const { features } = compared.schema;
    this.counts = stats.model(shadow.version);
    this.dropped = stats.counter('shadow_dropped');
    this.places = Int32Array.from(shadow.schema.features, ({ name }) =>
      features.findIndex((feature) => feature.name === name),
    );
    this.reread = shadow.schema.features.flatMap((feature, f) =>
      isText(feature) || feature.bias !== undefined ? [f] : [],
    );
    this.width = features.length;
    this.rows = new Float64Array(pace.capacity * this.width);
    this.answers = new Float64Array(pace.capacity);
    this.row = new Float64Array(this.width);
  }

  /**
   * Queues an answer for comparison if its row is in the share. Allocates nothing.
   * @param row numbers in the order of the rows compared; copied
   * @param ctr what was answered
   * @param record that the row was read from; only now
   */
  offer(row: Float64Array, ctr: number, record?: unknown): void {
    if (!this.compared.share.takes(row, record)) return;
    const { capacity } = this.pace;
    if (this.waiting === capacity) return this.dropped.increment();
    const slot = (this.at + this.waiting) % capacity;
    const { places, rows, width, reread, shadow } = this;
    for (let f = 0; f < width; f++) rows[slot * width + f] = row[places[f]];
    for (const f of reread) {
      const { name } = shadow.schema.features[f];
      const value = (record as Readonly<Record<string, unknown>> | undefined)?.[name];
      rows[slot * width + f] = shadow.contract.numberIn(f, value);
    }
    this.answers[slot] = ctr;
    this.waiting++;
    this.goOn();
  }

  private goOn(): void {
    if (this.scheduled || this.waiting === 0) return;
    this.scheduled = true;
    this.pace.schedule(this.compareSome);
  }

  private readonly compareSome = (): void => {
    this.scheduled = false;
    const end = performance.now() + SLICE_MS;
    do this.compareOne();
    while (this.waiting > 0 && performance.now() < end);
    this.goOn();
  };

  private compareOne(): void {
    const { at, row, rows, width } = this;
    for (let f = 0; f < width; f++) row[f] = rows[at * width + f];
    const ctr = roundCtr(this.shadow.predictRow(row));
    this.stats.countShadow(this.counts, ctr, this.answers[at]);
    this.at = (at + 1) % this.pace.capacity;
    this.waiting--;
  }
}
