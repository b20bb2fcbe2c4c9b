/*
 * The bins of one feature that hold rows of a node, in order. They are read from the node's
 * histogram or, where rows are few, from the rows themselves. Missing rows are kept beside them.
 */
import type { CodeFields, FeatureBins } from '../data/binning.js';
import { SLOTS } from './histogram.js';
import type { NodeRows } from './partition.js';

/** Each thread has one, and lays it anew for every node and feature. */
export class BinLine {
  /** Bins in the line. */
  length = 0;
  readonly code: Int32Array;
  readonly rows: Float64Array;
  readonly weight: Float64Array;
  readonly sum: Float64Array;
  missingRows = 0;
  missingWeight = 0;
  missingSum = 0;

  constructor(private readonly bins: readonly FeatureBins[]) {
    const longest = Math.max(...bins.map((feature) => feature.bins));
    this.code = new Int32Array(longest);
    this.rows = new Float64Array(longest);
    this.weight = new Float64Array(longest);
    this.sum = new Float64Array(longest);
  }

  /** Lays the bins `first … last` of feature `f`; `base` is its first slot in `histogram`. */
  layBins(f: number, histogram: Float64Array, base: number, first: number, last: number): void {
    const { code, rows, weight, sum } = this;
    const missing = base + SLOTS * this.bins[f].bins;
    this.missingRows = histogram[missing];
    this.missingWeight = histogram[missing + 1];
    this.missingSum = histogram[missing + 2];
    let occupied = 0;
    for (let b = first, at = base + SLOTS * first; b <= last; b++, at += SLOTS) {
      if (histogram[at] === 0) continue;
      code[occupied] = b;
      rows[occupied] = histogram[at];
      weight[occupied] = histogram[at + 1];
      sum[occupied] = histogram[at + 2];
      occupied++;
    }
    this.length = occupied;
  }

  /** Lays the rows `start … end` − 1, sorted by their codes of feature `f`. */
  layRows(f: number, fields: CodeFields, nodeRows: NodeRows, start: number, end: number): void {
    this.missingRows = this.missingWeight = this.missingSum = this.length = 0;
    const { words, weight, sum, wordsPerRow } = nodeRows;
    const { word, shift, mask } = fields;
    const counter = this.bins.length;
    const missing = this.bins[f].bins;
    for (let i = start, at = start * wordsPerRow; i < end; i++, at += wordsPerRow) {
      const code = (words[at + word[f]] >>> shift[f]) & mask[f];
      const count = (words[at + word[counter]] >>> shift[counter]) & mask[counter];
      if (code === missing) {
        this.missingRows += count;
        this.missingWeight += weight[i];
        this.missingSum += sum[i];
      } else this.insert(code, count, weight[i], sum[i]);
    }
  }

  /** Puts rows of one code into their place. */
  private insert(c: number, r: number, w: number, s: number): void {
    const { code, rows, weight, sum } = this;
    let place = this.length;
    while (place > 0 && code[place - 1] > c) place--;
    if (place > 0 && code[place - 1] === c) {
      rows[place - 1] += r;
      weight[place - 1] += w;
      sum[place - 1] += s;
      return;
    }
    for (let i = this.length++; i > place; i--) {
      code[i] = code[i - 1];
      rows[i] = rows[i - 1];
      weight[i] = weight[i - 1];
      sum[i] = sum[i - 1];
    }
    code[place] = c;
    rows[place] = r;
    weight[place] = w;
    sum[place] = s;
  }

  /** Shell sort of the line by mean, ties by code: in place, and quick for a handful of bins. */
  sortByMean(): void {
    const { code, rows, weight, sum, length: occupied } = this;
    let gap = 1;
    while (gap < occupied / 3) gap = 3 * gap + 1;
    for (; gap >= 1; gap = Math.floor(gap / 3)) {
      for (let i = gap; i < occupied; i++) {
        const c = code[i];
        const r = rows[i];
        const w = weight[i];
        const s = sum[i];
        const mean = s / w;
        let j = i;
        for (; j >= gap; j -= gap) {
          const other = sum[j - gap] / weight[j - gap];
          if (other < mean || (other === mean && code[j - gap] < c)) break;
          code[j] = code[j - gap];
          rows[j] = rows[j - gap];
          weight[j] = weight[j - gap];
          sum[j] = sum[j - gap];
        }
        code[j] = c;
        rows[j] = r;
        weight[j] = w;
        sum[j] = s;
      }
    }
  }
}
