/*
 * A node's histogram: for every bin of every feature, three numbers side by side,
 *
 *   [ rows, Σ weight, Σ weight · target ]      at base[feature] + 3 · code
 *
 * A child's histogram is its parent's less its sibling's, so only the smaller child is ever
 * counted (as in LightGBM and scikit-learn's histogram trees). Only the codes a node can still
 * hold, first … last, and the missing code are cleared, counted and subtracted: deep nodes are
 * narrow, and cost what they hold.
 */
import type { CodeFields, FeatureBins } from '../data/binning.js';
import type { NodeRows } from './partition.js';

export const SLOTS = 3;

/** Features counted in one pass: as many chains of additions as keep the processor busy. */
const LANES = 4;

export class HistogramLayout {
  /** First slot of each feature. */
  readonly base: Int32Array;
  /** Slots of all features, missing bins included. */
  readonly slots: number;

  constructor(readonly bins: readonly FeatureBins[]) {
    this.base = new Int32Array(bins.length);
    let slots = 0;
    bins.forEach((feature, f) => {
      this.base[f] = slots;
      slots += SLOTS * (feature.bins + 1);
    });
    this.slots = slots;
  }

  /** A histogram, with a bin behind the last for each lane that has no feature to count. */
  allocate(): Float64Array {
    return new Float64Array(this.slots + LANES * SLOTS);
  }
}

/** The codes a node can still hold, by feature. */
export interface CodeRange {
  readonly first: Uint16Array;
  readonly last: Uint16Array;
}

/** Counts the first `listed` features of the node's rows `start … end` − 1 into `histogram`. */
export function countFeatures(
  histogram: Float64Array,
  layout: HistogramLayout,
  fields: CodeFields,
  features: ArrayLike<number>,
  listed: number,
  range: CodeRange,
  rows: NodeRows,
  start: number,
  end: number,
): void {
  for (let i = 0; i < listed; i++) clearFeature(histogram, layout, features[i], range);
  for (let i = 0; i < listed; i += LANES) {
    addLanes(histogram, layout, fields, features, i, listed, rows, start, end, 1);
  }
}

/** Takes a few rows out of a histogram: cheaper than to count them into one and subtract that. */
export function removeRows(
  histogram: Float64Array,
  layout: HistogramLayout,
  fields: CodeFields,
  features: ArrayLike<number>,
  listed: number,
  rows: NodeRows,
  start: number,
  end: number,
): void {
  for (let i = 0; i < listed; i += LANES) {
    addLanes(histogram, layout, fields, features, i, listed, rows, start, end, -1);
  }
}

/** Loops, since the ranges of most nodes are too short for the call that fill() is. */
function clearFeature(
  histogram: Float64Array,
  { base, bins }: HistogramLayout,
  f: number,
  { first, last }: CodeRange,
): void {
  const end = base[f] + SLOTS * (last[f] + 1);
  for (let i = base[f] + SLOTS * first[f]; i < end; i++) histogram[i] = 0;
  const missing = base[f] + SLOTS * bins[f].bins;
  for (let i = missing; i < missing + SLOTS; i++) histogram[i] = 0;
}

/*
 * The hot loop of fitting. One feature at a time would wait for each addition before the next to
 * the same bin; four at a time overlap, and read weight and sum once. A lane without a feature
 * has mask 0 and counts into a bin of its own behind the histogram.
 */
function addLanes(
  histogram: Float64Array,
  layout: HistogramLayout,
  fields: CodeFields,
  features: ArrayLike<number>,
  from: number,
  listed: number,
  { wordsPerRow, words: rowWords, weight, sum }: NodeRows,
  start: number,
  end: number,
  sign: 1 | -1,
): void {
  const lane = (k: number): { base: number; word: number; shift: number; mask: number } => {
    if (from + k >= listed) {
      return { base: layout.slots + SLOTS * k, word: 0, shift: 0, mask: 0 };
    }
    const f = features[from + k];
    return {
      base: layout.base[f],
      word: fields.word[f],
      shift: fields.shift[f],
      mask: fields.mask[f],
    };
  };
  const { base: b0, word: w0, shift: s0, mask: m0 } = lane(0);
  const { base: b1, word: w1, shift: s1, mask: m1 } = lane(1);
  const { base: b2, word: w2, shift: s2, mask: m2 } = lane(2);
  const { base: b3, word: w3, shift: s3, mask: m3 } = lane(3);
  const counter = fields.word.length - 1;
  const countWord = fields.word[counter];
  const countShift = fields.shift[counter];
  const countMask = fields.mask[counter];
  for (let i = start, at = start * wordsPerRow; i < end; i++, at += wordsPerRow) {
    const n = sign * ((rowWords[at + countWord] >>> countShift) & countMask);
    const w = sign * weight[i];
    const s = sign * sum[i];
    const i0 = b0 + SLOTS * ((rowWords[at + w0] >>> s0) & m0);
    const i1 = b1 + SLOTS * ((rowWords[at + w1] >>> s1) & m1);
    const i2 = b2 + SLOTS * ((rowWords[at + w2] >>> s2) & m2);
    const i3 = b3 + SLOTS * ((rowWords[at + w3] >>> s3) & m3);
    histogram[i0] += n;
    histogram[i1] += n;
    histogram[i2] += n;
    histogram[i3] += n;
    histogram[i0 + 1] += w;
    histogram[i1 + 1] += w;
    histogram[i2 + 1] += w;
    histogram[i3 + 1] += w;
    histogram[i0 + 2] += s;
    histogram[i1 + 2] += s;
    histogram[i2 + 2] += s;
    histogram[i3 + 2] += s;
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
  { base, bins }: HistogramLayout,
  f: number,
  small: CodeRange,
  large: CodeRange,
): void {
  const first = Math.max(small.first[f], large.first[f]);
  const end = base[f] + SLOTS * (Math.min(small.last[f], large.last[f]) + 1);
  for (let i = base[f] + SLOTS * first; i < end; i++) parent[i] -= child[i];
  const missing = base[f] + SLOTS * bins[f].bins;
  for (let i = missing; i < missing + SLOTS; i++) parent[i] -= child[i];
}
