/*
 * From numbers to codes.
 *
 *   cuts        c0      c1      c2            x ≤ c goes left, x > c goes right
 *   code    0   |   1   |   2   |   3   | 4   code(x) = number of cuts below x
 *                                         ^   the last code, `bins`, is "missing"
 *
 * so x ≤ cuts[k] exactly when code(x) ≤ k: a split found on codes is a split on numbers.
 * A category's code is its place. All codes of a row are packed side by side into 32-bit words
 * (a field never straddles two), which is what the grower moves and the histograms read.
 */
import type { Columns } from './columns.js';
import { CutSearch } from './cut-search.js';
import { Random } from './random.js';
import type { Schema } from './schema.js';

/** How one feature becomes codes. */
export interface FeatureBins {
  readonly categorical: boolean;
  /** Ascending thresholds of a numeric feature; empty for a categorical one. */
  readonly cuts: Float64Array;
  /** Codes that are not "missing": 0 … bins − 1. The missing code is `bins` itself. */
  readonly bins: number;
}

/** By feature, and behind the features for the number of rows: where it sits in a packed row. */
export interface CodeFields {
  readonly word: Int32Array;
  readonly shift: Int32Array;
  readonly mask: Int32Array;
}

/** All rows as packed codes, row after row. */
export interface PackedRows {
  readonly rows: number;
  readonly wordsPerRow: number;
  readonly fields: CodeFields;
  readonly words: Uint32Array;
  /** By feature: does any row miss it? */
  readonly anyMissing: readonly boolean[];
}

/** Quantiles of this many rows stand for the quantiles of all. */
const QUANTILE_SAMPLE = 200_000;

/** Learns every feature's bins: all midpoints where values are few, quantiles otherwise. */
export function learnBins(columns: Columns, maxBins: number, seed: number): FeatureBins[] {
  return columns.schema.features.map((feature, f) => {
    if (feature.kind === 'categorical') return categoryBins(feature.categories.length);
    const cuts = learnCuts(columns.values[f], maxBins, new Random(seed, 2 ** 31 + f));
    return { categorical: false, cuts, bins: cuts.length + 1 };
  });
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

function learnCuts(values: Float64Array, maxBins: number, random: Random): Float64Array {
  const distinct = distinctUpTo(values, maxBins);
  if (distinct !== null) return midpoints(distinct);
  const sample = sampleOf(values, random).sort();
  const cuts: number[] = [];
  for (let k = 1; k < maxBins; k++) {
    // The first place at or after the k-th quantile where the value changes.
    let i = Math.max(1, Math.round((k * sample.length) / maxBins));
    while (i < sample.length && sample[i] === sample[i - 1]) i++;
    if (i >= sample.length) break;
    const cut = between(sample[i - 1], sample[i]);
    if (cuts.length === 0 || cut > cuts[cuts.length - 1]) cuts.push(cut);
  }
  return Float64Array.from(cuts);
}

/** The sorted distinct values, or null as soon as there are more than `limit`. */
function distinctUpTo(values: Float64Array, limit: number): Float64Array | null {
  const seen = new Set<number>();
  for (const value of values) {
    if (Number.isNaN(value) || seen.has(value)) continue;
    if (seen.size === limit) return null;
    seen.add(value);
  }
  return Float64Array.from(seen).sort();
}

function sampleOf(values: Float64Array, random: Random): Float64Array {
  if (values.length <= QUANTILE_SAMPLE) return values.filter((value) => !Number.isNaN(value));
  const sample = new Float64Array(QUANTILE_SAMPLE);
  for (let i = 0; i < QUANTILE_SAMPLE; i++) sample[i] = values[random.below(values.length)];
  return sample.filter((value) => !Number.isNaN(value));
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

/** Fewest bits for the number of equal rows that a packed row stands for. */
const COUNT_BITS = 4;

/**
 * Lays the features' codes side by side, each in as few bits as its codes need, and the row count
 * into what is left of the last word, if that is enough.
 */
export function layOutFields(bins: readonly FeatureBins[]): CodeFields {
  const length = bins.length + 1;
  const fields = {
    word: new Int32Array(length),
    shift: new Int32Array(length),
    mask: new Int32Array(length),
  };
  let word = 0;
  let used = 0;
  const place = (f: number, least: number, most: number): void => {
    if (used + least > 32) {
      word++;
      used = 0;
    }
    const bits = Math.min(most, 32 - used);
    fields.word[f] = word;
    fields.shift[f] = used;
    fields.mask[f] = 2 ** bits - 1;
    used += bits;
  };
  bins.forEach((feature, f) => {
    const bits = 32 - Math.clz32(feature.bins);
    place(f, bits, bits);
  });
  place(bins.length, COUNT_BITS, 16);
  return fields;
}

/** Codes of every row; row counts are left 0. */
export function packRows(columns: Columns, bins: readonly FeatureBins[]): PackedRows {
  const fields = layOutFields(bins);
  const wordsPerRow = fields.word[bins.length] + 1;
  const words = new Uint32Array(columns.rows * wordsPerRow);
  const anyMissing = bins.map((feature, f) =>
    packColumn(columns.values[f], feature, fields.word[f], fields.shift[f], words, wordsPerRow),
  );
  return { rows: columns.rows, wordsPerRow, fields, words, anyMissing };
}

/** Writes one column's codes; tells whether any was "missing". */
function packColumn(
  values: Float64Array,
  bins: FeatureBins,
  word: number,
  shift: number,
  words: Uint32Array,
  wordsPerRow: number,
): boolean {
  let missing = false;
  const search = new CutSearch(bins.cuts);
  for (let i = 0, at = word; i < values.length; i++, at += wordsPerRow) {
    const code = bins.categorical ? codeOf(bins, values[i]) : search.codeOf(values[i]);
    missing ||= code === bins.bins;
    words[at] |= code << shift;
  }
  return missing;
}
