import type { CodeRange } from './histogram.js';
import type { NodeTotals, Split } from './splitting.js';

/** A node that may still split. Pooled: a tree has thousands, and they hold arrays. */
export class OpenNode implements NodeTotals, CodeRange {
  id = 0;
  depth = 0;
  start = 0;
  end = 0;
  rows = 0;
  weight = 0;
  sum = 0;
  low = -Infinity;
  high = Infinity;
  readonly first: Uint16Array;
  readonly last: Uint16Array;
  /** Counts of every live feature; null where features are counted only when drawn. */
  histogram: Float64Array | null = null;
  /** Best first only: the split that waits. */
  split: Split | null = null;

  constructor(features: number) {
    this.first = new Uint16Array(features);
    this.last = new Uint16Array(features);
  }

  /** Bounds and ranges as `parent` has them. */
  inherit({ low, high, first, last }: OpenNode): void {
    this.low = low;
    this.high = high;
    for (let f = 0; f < first.length; f++) {
      this.first[f] = first[f];
      this.last[f] = last[f];
    }
  }
}
