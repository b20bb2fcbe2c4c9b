/*
 * From numbers to codes.
 *
 *   cuts        c0      c1      c2            x ≤ c goes left, x > c goes right
 *   code    0   |   1   |   2   |   3   | 4   code(x) = number of cuts below x
 *                                         ^   the last code, `bins`, is "missing"
 *
 * so x ≤ cuts[k] exactly when code(x) ≤ k: a split found on codes is a split on numbers.
 * A category's code is its place. All codes of a row lie side by side, a byte or two each, which is
 * what the grower moves and the histograms read.
 */
import type { Columns } from './columns.js';
import type { Kernels } from '../kernels/kernels.js';
import { Random, streams } from '../random.js';
import type { Schema } from './schema.js';
import { byRows, type Steps } from '../steps.js';

/** How one feature becomes codes. */
export interface FeatureBins {
  readonly categorical: boolean;
  /** Ascending thresholds of a numeric feature; empty for a categorical one. */
  readonly cuts: Float64Array;
  /** Codes that are not "missing": 0 … bins − 1. The missing code is `bins` itself. */
  readonly bins: number;
}

/** By feature: where its code sits in a packed row. */
export interface CodeFields {
  readonly word: Int32Array;
  readonly shift: Int32Array;
  readonly mask: Int32Array;
}

/** Quantiles of this many rows stand for the quantiles of all. */
const QUANTILE_SAMPLE = 200_000;
/** Numbers that pass to the kernels at a time, to find the distinct ones. */
const WINDOW = 8192;

/**
 * Learns every feature's bins: all midpoints where values are few, quantiles otherwise.
 * @param count raw rows that each row stands for: quantiles are theirs
 */
export function* learnBins(
  kernels: Kernels,
  { schema, rows, values }: Columns,
  maxBins: number,
  seed: number,
  count: ArrayLike<number> | null = null,
): Steps<FeatureBins[]> {
  const { call } = kernels;
  call.bindNumbers(
    Math.max(maxBins, WINDOW, count === null ? Math.min(rows, QUANTILE_SAMPLE) : QUANTILE_SAMPLE),
  );
  call.bindDistinct(maxBins);
  const ends = count === null ? null : runningSums(count);
  const bins: FeatureBins[] = [];
  for (const [f, feature] of schema.features.entries()) {
    if (feature.kind === 'categorical') bins.push(categoryBins(feature.categories.length));
    else {
      const random = new Random(seed, streams.cutsFrom + f);
      const cuts = yield* learnCuts(kernels, values[f], maxBins, random, ends);
      bins.push({ categorical: false, cuts, bins: cuts.length + 1 });
    }
  }
  return bins;
}

function categoryBins(categories: number): FeatureBins {
  return { categorical: true, cuts: new Float64Array(0), bins: categories };
}

/** Bins from a model's cuts (null for a categorical feature). */
export function binsFromCuts(schema: Schema, cuts: readonly Float64Array[]): FeatureBins[] {
  return schema.features.map((feature, f) =>
    feature.kind === 'categorical'
      ? categoryBins(feature.categories.length)
      : { categorical: false, cuts: cuts[f], bins: cuts[f].length + 1 },
  );
}

/** By row: how many raw rows there are up to its last. */
function runningSums(count: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(count.length);
  for (let i = 0, sum = 0; i < count.length; i++) sums[i] = sum += count[i];
  return sums;
}

function* learnCuts(
  kernels: Kernels,
  values: Float64Array,
  maxBins: number,
  random: Random,
  ends: Float64Array | null,
): Steps<Float64Array> {
  const distinct = yield* distinctUpTo(kernels, values);
  if (distinct !== null) return midpoints(distinct);
  const sample = ends === null ? sampleOf(values, random) : rawSampleOf(values, random, ends);
  const sorted = sortNumbers(kernels, sample);
  const cuts: number[] = [];
  for (let k = 1; k < maxBins; k++) {
    // The first place at or after the k-th quantile where the value changes.
    let i = Math.max(1, Math.round((k * sorted.length) / maxBins));
    while (i < sorted.length && sorted[i] === sorted[i - 1]) i++;
    if (i >= sorted.length) break;
    const cut = between(sorted[i - 1], sorted[i]);
    if (cuts.length === 0 || cut > cuts[cuts.length - 1]) cuts.push(cut);
  }
  return Float64Array.from(cuts);
}

/** The numbers but NaN, in order, until something else is sorted. */
function sortNumbers(kernels: Kernels, numbers: Float64Array): Float64Array {
  const { call } = kernels;
  kernels.at(Float64Array, call.sorted, numbers.length).set(numbers);
  return kernels.at(Float64Array, call.sorted, call.sortNumbers(numbers.length));
}

/** The sorted distinct values, or null if there are more than bins. */
function* distinctUpTo(kernels: Kernels, values: Float64Array): Steps<Float64Array | null> {
  const { call } = kernels;
  let few = true;
  call.beginDistinct();
  yield* byRows(values.length, (from, to) => {
    for (let at = from; at < to && few; at += WINDOW) {
      const part = values.subarray(at, Math.min(to, at + WINDOW));
      kernels.at(Float64Array, call.sorted, part.length).set(part);
      few = call.addDistinct(call.sorted.value, part.length) !== 0;
    }
  });
  if (!few) return null;
  call.sortDistinct();
  return kernels.at(Float64Array, call.sorted, call.distinct.value).slice();
}

function sampleOf(values: Float64Array, random: Random): Float64Array {
  if (values.length <= QUANTILE_SAMPLE) return values;
  const sample = new Float64Array(QUANTILE_SAMPLE);
  for (let i = 0; i < QUANTILE_SAMPLE; i++) sample[i] = values[random.below(values.length)];
  return sample;
}

/** A sample of raw rows' values: row i stands for raw rows `ends[i − 1]` … `ends[i]` − 1. */
function rawSampleOf(values: Float64Array, random: Random, ends: Float64Array): Float64Array {
  const total = ends[ends.length - 1];
  const all = total <= QUANTILE_SAMPLE;
  const sample = new Float64Array(all ? total : QUANTILE_SAMPLE);
  let row = 0;
  for (let i = 0; i < sample.length; i++) {
    const raw = all ? i : random.below(total);
    if (!all) row = codeOfNumber(ends, raw + 0.5);
    else while (ends[row] <= raw) row++;
    sample[i] = values[row];
  }
  return sample;
}

function midpoints(sorted: Float64Array): Float64Array {
  const cuts = new Float64Array(Math.max(0, sorted.length - 1));
  for (let i = 0; i < cuts.length; i++) cuts[i] = between(sorted[i], sorted[i + 1]);
  return cuts;
}

/** A number c with low ≤ c < high, the middle where doubles allow it. */
function between(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return middle >= low && middle < high ? middle : low;
}

/** The number of cuts below `x`; branch-free steps, since a branch here is a coin toss. */
export function codeOfNumber(cuts: Float64Array, x: number): number {
  let low = 0;
  let length = cuts.length;
  if (length === 0) return 0;
  while (length > 1) {
    const half = length >> 1;
    low += +(cuts[low + half - 1] < x) * half;
    length -= half;
  }
  return low + +(cuts[low] < x);
}

/** The code of any number: NaN, and a category place outside the list, is missing. */
export function codeOf(bins: FeatureBins, x: number): number {
  if (bins.categorical) return x >= 0 && x < bins.bins ? Math.floor(x) : bins.bins;
  return x === x ? codeOfNumber(bins.cuts, x) : bins.bins;
}

/** Lays the features' codes side by side: a byte each, or two where there are more than 255 bins. */
export function layOutFields(bins: readonly FeatureBins[]): CodeFields {
  const fields = {
    word: new Int32Array(bins.length),
    shift: new Int32Array(bins.length),
    mask: new Int32Array(bins.length),
  };
  let at = 0;
  bins.forEach((feature, f) => {
    const bytes = feature.bins > 255 ? 2 : 1;
    at = Math.ceil(at / bytes) * bytes;
    fields.word[f] = at >>> 2;
    fields.shift[f] = 8 * (at & 3);
    fields.mask[f] = 2 ** (8 * bytes) - 1;
    at += bytes;
  });
  return fields;
}

/** Words that the codes of a row take. */
export function wordsOf({ word }: CodeFields): number {
  return word[word.length - 1] + 1;
}

/**
 * The largest count of equal rows that a tree tells from larger ones: at least `rows`, since nothing
 * asks for more. It is what the fewest bits of each code leave of a word, because that is what it was
 * when codes were packed into bits; another limit would grow other trees of the same seed.
 * @param rows a number that the count must be able to say, below 2³¹
 */
export function countLimit(bins: readonly FeatureBins[], rows: number): number {
  const bitsOf = (codes: number): number => 32 - Math.clz32(codes);
  let used = 0;
  const fit = (least: number): void => {
    if (used + least > 32) used = 0;
  };
  for (const feature of bins) {
    fit(bitsOf(feature.bins));
    used += bitsOf(feature.bins);
  }
  const least = Math.max(4, bitsOf(rows));
  fit(least);
  return 2 ** Math.min(32 - used, Math.max(least, 16)) - 1;
}
