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
import { BinLine } from './bin-line.js';
import type { CodeFields, FeatureBins } from '../data/binning.js';
import type { CodeRange } from './histogram.js';
import type { FitParameters } from '../data/parameters.js';
import type { NodeRows } from './partition.js';
import type { Random } from '../random.js';

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

/** Searches features for splits. Each thread has one, since it writes to its line. */
export class Splitter {
  private readonly line: BinLine;
  private readonly poisson: boolean;

  constructor(
    private readonly bins: readonly FeatureBins[],
    private readonly rules: FitParameters,
  ) {
    this.line = new BinLine(bins);
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
    this.line.layBins(f, histogram, base, first[f], last[f]);
    this.searchLine(best, node, f, random);
  }

  /** Betters `best` by the rows `start … end` − 1 themselves: faster than bins where rows are few. */
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
    this.line.layRows(f, fields, rows, start, end);
    this.searchLine(best, node, f, random);
  }

  private searchLine(best: Split, node: NodeTotals, f: number, random: Random): void {
    const { line } = this;
    if (this.bins[f].categorical) line.sortByMean();
    const { missingRows, missingWeight, missingSum, length: occupied } = line;
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
      this.scan(best, node, f, from, end, missingRows, missingWeight, missingSum);
    }
    if (best.gain > before) this.describe(best, node, f, missingRows > 0);
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
    const { rows, weight, sum } = this.line;
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

  /** Resets `best` for a node: a split must save more than rounding errors and than `minGain`. */
  begin(best: Split, node: NodeTotals, treeWeight: number): Split {
    const noise = this.poisson ? node.sum : (node.sum * node.sum) / node.weight;
    best.feature = -1;
    best.gain = Math.max(this.rules.minGain * treeWeight, NOISE * noise);
    return best;
  }

  /** Turns the winning prefix into the node's test. */
  private describe(best: Split, node: NodeTotals, f: number, anyMissing: boolean): void {
    const { code, length: occupied } = this.line;
    const { categorical, bins } = this.bins[f];
    // Missing rows that were never seen here go with the heavier child.
    if (!anyMissing) best.missingLeft = 2 * best.leftWeight >= node.weight;
    const k = best.cut;
    if (categorical) best.set = this.leftSet(k, bins, best.missingLeft);
    // Halfway between the two occupied bins, so that the cut favours neither side.
    else best.cut = k === occupied - 1 ? bins - 1 : (code[k] + code[k + 1] - 1) >> 1;
  }

  /** Categories that are not in the node follow the missing ones. */
  private leftSet(k: number, bins: number, missingLeft: boolean): Uint32Array {
    const { code, length: occupied } = this.line;
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
