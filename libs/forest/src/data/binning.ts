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
import { CODE_BLOCK, CutSearch, indexCuts } from './cut-search.js';
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

/** Where codes sit in a packed row: an entry for each feature, and a last one for the row count. */
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

/**
 * Learns every feature's bins: all midpoints where values are few, quantiles otherwise.
 * @param count raw rows that each row stands for: quantiles are theirs
 */
export function* learnBins(
  { schema, values }: Columns,
  maxBins: number,
  seed: number,
  count: ArrayLike<number> | null = null,
): Steps<FeatureBins[]> {
  const ends = count === null ? null : runningSums(count);
  const bins: FeatureBins[] = [];
  for (const [f, feature] of schema.features.entries()) {
    if (feature.kind === 'categorical') bins.push(categoryBins(feature.categories.length));
    else {
      const cuts = yield* learnCuts(
        values[f],
        maxBins,
        new Random(seed, streams.cutsFrom + f),
        ends,
      );
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
  values: Float64Array,
  maxBins: number,
  random: Random,
  ends: Float64Array | null,
): Steps<Float64Array> {
  const distinct = yield* distinctUpTo(values, maxBins);
  if (distinct !== null) return midpoints(distinct);
  const sample = (ends === null ? sampleOf(values, random) : rawSampleOf(values, random, ends))
    .filter((value) => !Number.isNaN(value))
    .sort();
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
function* distinctUpTo(values: Float64Array, limit: number): Steps<Float64Array | null> {
  const seen = new Set<number>();
  yield* byRows(values.length, (from, to) => {
    for (let i = from; i < to && seen.size <= limit; i++) {
      if (!Number.isNaN(values[i])) seen.add(values[i]);
    }
  });
  return seen.size > limit ? null : Float64Array.from(seen).sort();
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

/** Bits for the number of equal rows that a packed row stands for: at least, and room permitting. */
const COUNT_BITS = 4;
const MOST_COUNT_BITS = 16;

/**
 * Lays the features' codes side by side, each in as few bits as its codes need, and the row count
 * into what is left of the last word, if that is enough.
 * @param rows a number that the row count must be able to say, below 2³¹
 */
export function layOutFields(bins: readonly FeatureBins[], rows = 1): CodeFields {
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
  const least = Math.max(COUNT_BITS, 32 - Math.clz32(rows));
  place(bins.length, least, Math.max(least, MOST_COUNT_BITS));
  return fields;
}

/** Codes of every row; row counts, able to say up to `most`, are left 0. */
export function* packRows(
  { rows, values }: Columns,
  bins: readonly FeatureBins[],
  most = 1,
): Steps<PackedRows> {
  const fields = layOutFields(bins, most);
  const wordsPerRow = fields.word[bins.length] + 1;
  const words = new Uint32Array(rows * wordsPerRow);
  const codes = new Int32Array(CODE_BLOCK);
  const anyMissing = bins.map(() => false);
  for (const [f, feature] of bins.entries()) {
    const column = new ColumnCodes(values[f], feature);
    yield* byRows(rows, (from, to) => {
      for (let at = from; at < to; at += CODE_BLOCK) {
        const count = Math.min(CODE_BLOCK, to - at);
        const missing = column.codesOf(at, count, codes);
        anyMissing[f] ||= missing;
        const shift = fields.shift[f];
        for (let i = 0, place = at * wordsPerRow + fields.word[f]; i < count; i++) {
          words[place] |= codes[i] << shift;
          place += wordsPerRow;
        }
      }
    });
  }
  return { rows, wordsPerRow, fields, words, anyMissing };
}

/** The codes of one column, a block at a time. */
class ColumnCodes {
  private readonly search: CutSearch | null;

  constructor(
    private readonly values: Float64Array,
    private readonly bins: FeatureBins,
  ) {
    this.search = bins.categorical ? null : new CutSearch(indexCuts(bins.cuts));
  }

  /** Writes the codes of `count` rows from `at` on; tells whether any is "missing". */
  codesOf(at: number, count: number, codes: Int32Array): boolean {
    const { values, bins, search } = this;
    if (search === null) for (let i = 0; i < count; i++) codes[i] = codeOf(bins, values[at + i]);
    else {
      codes.fill(0, 0, count);
      search.addCodes(values, at, 1, count, 1, codes);
    }
    for (let i = 0; i < count; i++) if (codes[i] === bins.bins) return true;
    return false;
  }
}
