/*
 * The best split of one node on one feature.
 *
 * The node's occupied bins are laid in a line: numeric bins in code order, categories in the
 * order of their means. For squared error and for Poisson deviance the best subset of categories
 * is a prefix of that line (Fisher 1958; Breiman et al. 1984, theorem 4.5), so one scan serves
 * both kinds:
 *
 *    bin   b0  b1  b2 | b3  b4        left = prefix, right = rest
 *                     k               missing rows are tried on either side
 *
 * The loss that a split saves is score(left) + score(right) − score(node), where
 *    squared error  score = S² / W          (W = Σ weight, S = Σ weight · target)
 *    Poisson        score = S · log(S / W)
 * and under a monotone bound the same loss at the bounded mean instead of S / W.
 */
import type { CodeFields, FeatureBins } from './binning.js';
import { SLOTS, type CodeRange } from './histogram.js';
import type { FitParameters } from './parameters.js';
import type { NodeRows } from './partition.js';
import type { Random } from './random.js';

/** Below this share of a node's own score a saving is rounding noise. */
const NOISE = 1e-20;

/** The best split seen so far; `feature` −1 while there is none. */
export class Split {
  feature = -1;
  gain = 0;
  cut = 0;
  missingLeft = false;
  leftRows = 0;
  leftWeight = 0;
  leftSum = 0;
  /** Categorical: bit set of the codes that go left. */
  set: Uint32Array = new Uint32Array(0);
}

/** What a node holds in sum, and the bounds its leaves must keep to. */
export interface NodeTotals {
  rows: number;
  weight: number;
  sum: number;
  low: number;
  high: number;
}

/** Scans features for splits; one a thread, since it owns the scratch line. */
export class Splitter {
  private readonly code: Int32Array;
  private readonly rows: Float64Array;
  private readonly weight: Float64Array;
  private readonly sum: Float64Array;
  private readonly poisson: boolean;
  private missingRows = 0;
  private missingWeight = 0;
  private missingSum = 0;

  constructor(
    private readonly bins: readonly FeatureBins[],
    private readonly rules: FitParameters,
  ) {
    const longest = Math.max(...bins.map((feature) => feature.bins));
    this.code = new Int32Array(longest);
    this.rows = new Float64Array(longest);
    this.weight = new Float64Array(longest);
    this.sum = new Float64Array(longest);
    this.poisson = rules.criterion === 'poisson';
  }

  /** Betters `best` if feature `f` can, by its bins; `base` is its first slot in `histogram`. */
  search(
    best: Split,
    node: NodeTotals,
    f: number,
    histogram: Float64Array,
    base: number,
    { first, last }: CodeRange,
    random: Random,
  ): void {
    const missing = base + SLOTS * this.bins[f].bins;
    this.missingRows = histogram[missing];
    this.missingWeight = histogram[missing + 1];
    this.missingSum = histogram[missing + 2];
    const occupied = this.layLine(histogram, base, first[f], last[f]);
    this.searchLine(best, node, f, occupied, random);
  }

  /** The same by the rows `start … end` − 1 themselves: cheaper than bins where rows are few. */
  searchRows(
    best: Split,
    node: NodeTotals,
    f: number,
    fields: CodeFields,
    rows: NodeRows,
    start: number,
    end: number,
    random: Random,
  ): void {
    this.missingRows = this.missingWeight = this.missingSum = 0;
    let occupied = 0;
    const { words, weight, sum, wordsPerRow } = rows;
    const { word, shift, mask } = fields;
    const counter = this.bins.length;
    for (let i = start, at = start * wordsPerRow; i < end; i++, at += wordsPerRow) {
      const code = (words[at + word[f]] >>> shift[f]) & mask[f];
      const count = (words[at + word[counter]] >>> shift[counter]) & mask[counter];
      if (code === this.bins[f].bins) {
        this.missingRows += count;
        this.missingWeight += weight[i];
        this.missingSum += sum[i];
      } else occupied = this.insert(occupied, code, count, weight[i], sum[i]);
    }
    this.searchLine(best, node, f, occupied, random);
  }

  /** Puts rows of one code into their place in the line; returns its length. */
  private insert(occupied: number, c: number, r: number, w: number, s: number): number {
    const { code, rows, weight, sum } = this;
    let place = occupied;
    while (place > 0 && code[place - 1] > c) place--;
    if (place > 0 && code[place - 1] === c) {
      rows[place - 1] += r;
      weight[place - 1] += w;
      sum[place - 1] += s;
      return occupied;
    }
    for (let i = occupied; i > place; i--) {
      code[i] = code[i - 1];
      rows[i] = rows[i - 1];
      weight[i] = weight[i - 1];
      sum[i] = sum[i - 1];
    }
    code[place] = c;
    rows[place] = r;
    weight[place] = w;
    sum[place] = s;
    return occupied + 1;
  }

  private searchLine(
    best: Split,
    node: NodeTotals,
    f: number,
    occupied: number,
    random: Random,
  ): void {
    if (this.bins[f].categorical) this.sortByMean(occupied);
    const { missingRows } = this;
    let from = 0;
    // The last prefix, everything observed, leaves only missing rows on the right.
    let to = missingRows > 0 ? occupied : occupied - 1;
    if (this.rules.extraTrees && to > 1) {
      from = random.below(to);
      to = from + 1;
    }
    const before = best.gain;
    this.scan(best, node, f, from, to, 0, 0, 0);
    if (missingRows > 0) {
      const end = Math.min(to, occupied - 1);
      this.scan(best, node, f, from, end, missingRows, this.missingWeight, this.missingSum);
    }
    if (best.gain > before) this.describe(best, node, f, occupied, missingRows > 0);
  }

  private layLine(histogram: Float64Array, base: number, first: number, last: number): number {
    const { code, rows, weight, sum } = this;
    let occupied = 0;
    for (let b = first, at = base + SLOTS * first; b <= last; b++, at += SLOTS) {
      if (histogram[at] === 0) continue;
      code[occupied] = b;
      rows[occupied] = histogram[at];
      weight[occupied] = histogram[at + 1];
      sum[occupied] = histogram[at + 2];
      occupied++;
    }
    return occupied;
  }

  /** Shell sort of the line by mean, ties by code: in place, and quick for a handful of bins. */
  private sortByMean(occupied: number): void {
    const { code, rows, weight, sum } = this;
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

  /** Tries the prefixes that end at `from` … `to` − 1, on top of what is left from the start. */
  private scan(
    best: Split,
    node: NodeTotals,
    f: number,
    from: number,
    to: number,
    leftRows: number,
    leftWeight: number,
    leftSum: number,
  ): void {
    const { rows, weight, sum } = this;
    const { minLeafRows, minLeafWeight, monotone } = this.rules;
    const plain =
      !this.poisson && monotone[f] === 0 && node.low === -Infinity && node.high === Infinity;
    const missingLeft = leftRows > 0;
    let r = leftRows;
    let w = leftWeight;
    let s = leftSum;
    for (let k = 0; k < from; k++) {
      r += rows[k];
      w += weight[k];
      s += sum[k];
    }
    const { rows: allRows, weight: all, sum: total } = node;
    for (let k = from; k < to; k++) {
      r += rows[k];
      w += weight[k];
      s += sum[k];
      if (r < minLeafRows || w < minLeafWeight) continue;
      const rest = all - w;
      if (allRows - r < minLeafRows || rest < minLeafWeight) break;
      let gain: number;
      if (plain) {
        // S_l²/W_l + S_r²/W_r − S²/W over one denominator: one division, no cancellation.
        const lead = s * all - total * w;
        gain = (lead * lead) / (w * rest * all);
      } else gain = this.boundedGain(node, monotone[f], w, s);
      if (gain > best.gain && gain < Infinity) {
        best.feature = f;
        best.gain = gain;
        best.cut = k;
        best.missingLeft = missingLeft;
        best.leftRows = r;
        best.leftWeight = w;
        best.leftSum = s;
      }
    }
  }

  /** The saving under Poisson loss or monotone bounds; 0 where the order would be broken. */
  private boundedGain(node: NodeTotals, sign: number, w: number, s: number): number {
    const restWeight = node.weight - w;
    const restSum = node.sum - s;
    // A Poisson leaf needs events, or its log-mean is −∞.
    if (this.poisson && !(s > 0 && restSum > 0)) return 0;
    const left = boundedMean(node, w, s);
    const right = boundedMean(node, restWeight, restSum);
    if (sign * (right - left) < 0) return 0;
    return this.score(w, s, left) + this.score(restWeight, restSum, right) - this.nodeScore(node);
  }

  /** What a leaf that predicts `mean` scores; larger is better. */
  private score(weight: number, sum: number, mean: number): number {
    return this.poisson ? sum * Math.log(mean) - mean * weight : mean * (2 * sum - mean * weight);
  }

  private nodeScore(node: NodeTotals): number {
    return this.score(node.weight, node.sum, boundedMean(node, node.weight, node.sum));
  }

  /** A fresh `best` for a node: it must be beaten by more than rounding and by `minGain`. */
  begin(best: Split, node: NodeTotals, treeWeight: number): Split {
    const noise = this.poisson ? node.sum : (node.sum * node.sum) / node.weight;
    best.feature = -1;
    best.gain = Math.max(this.rules.minGain * treeWeight, NOISE * noise);
    return best;
  }

  /** Turns the winning prefix into the node's test. */
  private describe(
    best: Split,
    node: NodeTotals,
    f: number,
    occupied: number,
    anyMissing: boolean,
  ) {
    const { code } = this;
    const { categorical, bins } = this.bins[f];
    // Missing rows that were never seen here go with the heavier child.
    if (!anyMissing) best.missingLeft = 2 * best.leftWeight >= node.weight;
    const k = best.cut;
    if (categorical) best.set = this.leftSet(k, occupied, bins, best.missingLeft);
    // Halfway between the two occupied bins, so that the cut favours neither side.
    else best.cut = k === occupied - 1 ? bins - 1 : (code[k] + code[k + 1] - 1) >> 1;
  }

  /** Categories that are not in the node follow the missing ones. */
  private leftSet(k: number, occupied: number, bins: number, missingLeft: boolean): Uint32Array {
    const { code } = this;
    const set = new Uint32Array((bins + 31) >>> 5);
    if (missingLeft) {
      set.fill(0xffffffff);
      for (let i = k + 1; i < occupied; i++) set[code[i] >>> 5] &= ~(1 << (code[i] & 31));
    } else {
      for (let i = 0; i <= k; i++) set[code[i] >>> 5] |= 1 << (code[i] & 31);
    }
    return set;
  }
}

/** The weighted mean of a node, kept within its monotone bounds. */
export function boundedMean({ low, high }: NodeTotals, weight: number, sum: number): number {
  return Math.min(high, Math.max(low, sum / weight));
}
