/*
 * A node's histogram: for every bin of every feature, three numbers side by side,
 *
 *   [ rows, Σ weight, Σ weight · target ]      at 3 · (offset[feature] + code)
 *
 * A child's histogram is its parent's less its sibling's, so only the smaller child is ever
 * counted (as in LightGBM and scikit-learn's histogram trees). Only the codes a node can still
 * hold, first … last, and the missing code are cleared, counted and subtracted: deep nodes are
 * narrow, and cost what they hold.
 */
import type { FeatureBins, PackedRows } from './binning.js';
import type { NodeRows } from './grower.js';

export const SLOTS = 3;

export class HistogramLayout {
  /** First bin of each feature. */
  readonly offset: Int32Array;
  /** Bins of all features, missing ones included. */
  readonly length: number;

  constructor(readonly bins: readonly FeatureBins[]) {
    this.offset = new Int32Array(bins.length);
    let length = 0;
    bins.forEach((feature, f) => {
      this.offset[f] = length;
      length += feature.bins + 1;
    });
    this.length = length;
  }

  allocate(): Float64Array {
    return new Float64Array(SLOTS * this.length);
  }
}

/** The codes a node can still hold, by feature. */
export interface CodeRange {
  readonly first: Uint16Array;
  readonly last: Uint16Array;
}

/** Counts one feature of the node's rows `start … end` into `histogram`. */
export function countFeature(
  histogram: Float64Array,
  layout: HistogramLayout,
  packed: PackedRows,
  f: number,
  { first, last }: CodeRange,
  { words, weight, sum }: NodeRows,
  start: number,
  end: number,
): void {
  const offset = layout.offset[f];
  const missing = SLOTS * (offset + layout.bins[f].bins);
  // Loops, since the ranges of most nodes are too short for the call that fill() is.
  const stop = SLOTS * (offset + last[f] + 1);
  for (let i = SLOTS * (offset + first[f]); i < stop; i++) histogram[i] = 0;
  for (let i = missing; i < missing + SLOTS; i++) histogram[i] = 0;
  const { word, shift, mask } = packed.fields[f];
  const { wordsPerRow } = packed;
  for (let i = start, at = start * wordsPerRow + word; i < end; i++, at += wordsPerRow) {
    const bin = SLOTS * (offset + ((words[at] >>> shift) & mask));
    histogram[bin] += 1;
    histogram[bin + 1] += weight[i];
    histogram[bin + 2] += sum[i];
  }
}

/**
 * Turns the parent's histogram into the larger child's by subtracting the smaller one's. Codes
 * that only one child can hold (the split feature's) need no subtraction: they are all the
 * larger child's or of no interest to it.
 */
export function subtractFeature(
  parent: Float64Array,
  child: Float64Array,
  layout: HistogramLayout,
  f: number,
  small: CodeRange,
  large: CodeRange,
): void {
  const offset = layout.offset[f];
  const first = Math.max(small.first[f], large.first[f]);
  const end = SLOTS * (offset + Math.min(small.last[f], large.last[f]) + 1);
  for (let i = SLOTS * (offset + first); i < end; i++) parent[i] -= child[i];
  const missing = SLOTS * (offset + layout.bins[f].bins);
  for (let i = missing; i < missing + SLOTS; i++) parent[i] -= child[i];
}
