/*
 * The best split of one node on one feature.
 *
 * The node's occupied bins are laid in a line: numeric bins in code order, categories in the order of
 * their means. For squared error and for Poisson deviance the best subset of categories is a prefix
 * of that line (Fisher 1958; Breiman et al. 1984, theorem 4.5), so one scan serves both kinds:
 *
 *    bin   b0  b1  b2 | b3  b4        left = prefix, right = rest
 *                     k               missing rows are tried on either side
 *
 * The loss that a split saves is score(left) + score(right) − score(node), where
 *    squared error  score = S² / W          (W = Σ weight, S = Σ weight · y)
 *    Poisson        score = S · log(S / W)
 *    boosting       score = S² / (W + λ)    (λ: shrinkage, fit.ts; W and S of derivatives, boost.ts)
 * and under a monotone bound the same loss at the bounded mean instead of S / W or S / (W + λ).
 *
 *   entry of the line, 32 bytes     | Σ weight | Σ weight · y | rows | code |
 */
import {
  Feature,
  SLOT,
  codeIn,
  countIn,
  extraTrees,
  featureAt,
  minGain,
  minLeafRows,
  minLeafWeight,
  poisson,
  shrinkage,
  smoothing,
  stride,
} from './fit';
import { ROWS } from './histogram';
import { take } from './memory';
import { OpenNode, Split } from './node';
import { below } from './random';

/** The host's logarithm, so that a seed gives the same forest wherever it is grown. */
declare function log(x: f64): f64;
export { log };

/** Below this share of a node's own score a saving is rounding noise. */
const NOISE: f64 = 1e-20;
/** The same where what is saved is a difference of scores. */
const DIFFERENCE_NOISE: f64 = 1e-14;
/** Farther than all rounding errors of a gain's factors. */
const SURELY_LESS: f64 = 1 - 1e-12;

const ENTRY: u32 = 32;
const CODE: u32 = 24;

/** Up to so many packed rows are quicker sorted than counted into bins. */
export const TINY: u32 = 24;
/** Room for the keys of a tiny node and what fills up the last vector. */
const KEYS: u32 = 28;

let line: usize = 0;
/** Where the line ends. */
let lineEnd: usize = 0;
let missingRows: f64 = 0;
let missingPair: v128 = f64x2.splat(0);
/** Of a tiny node's rows: code and place in one number; then place by rank. */
let keys: usize = 0;
let ranked: usize = 0;

/** @param longest bins of the feature that has most */
export function bindSplits(longest: u32): void {
  // One entry more: what is laid but not kept is written behind the last one.
  line = take(max(longest, TINY) + 1, ENTRY);
  keys = take(KEYS, 4);
  ranked = take(KEYS, 4);
}

/** Resets a node's split: it must save more than rounding errors and than `minGain`. */
export function beginSplit(node: OpenNode, treeWeight: f64): void {
  const noise = poisson ? node.sum : (node.sum * node.sum) / node.weight;
  node.split.feature = -1;
  const share = shrinkage > 0 ? DIFFERENCE_NOISE : NOISE;
  node.split.gain = max(minGain * treeWeight, share * noise);
}

/** Betters the node's split if feature `f` can, by its bins. */
export function searchBins(node: OpenNode, f: u32, histogram: usize): void {
  const feature = featureAt(f);
  const base = histogram + feature.first;
  const missing = base + feature.bins * SLOT;
  missingRows = load<f64>(missing, ROWS);
  missingPair = v128.load(missing);
  const last = node.lastCode(f);
  let place = line;
  let code = node.firstCode(f);
  for (let bin = base + code * SLOT; code <= last; code++, bin += SLOT) {
    const rows = load<f64>(bin, ROWS);
    v128.store(place, v128.load(bin));
    store<f64>(place, rows, ROWS);
    store<u32>(place, code, CODE);
    place += select<usize>(ENTRY, 0, rows != 0);
  }
  lineEnd = place;
  searchLine(node, f, feature);
}

/** Betters the node's split by its rows themselves, at most TINY of them. */
export function searchRows(node: OpenNode, f: u32, from: usize, count: u32): void {
  const feature = featureAt(f);
  rankRows(from, count, feature);
  layRanked(from, count, feature);
  searchLine(node, f, feature);
}

/** Ranks rows by code, rows of the same code in their order: each rank is how many keys are lower. */
function rankRows(from: usize, count: u32, feature: Feature): void {
  for (let i: u32 = 0, row = from; i < count; i++, row += stride) {
    store<u32>(keys + 4 * i, (codeIn(row, feature) << 5) | i);
  }
  // What fills up the last vector is above all keys, and is ranked behind them.
  v128.store(keys + 4 * count, i32x4.splat(i32.MAX_VALUE));
  for (let v: u32 = 0; v < count; v += 4) {
    const mine = v128.load(keys + 4 * v);
    let lower = i32x4.splat(0);
    for (let j: u32 = 0; j < count; j++) {
      // A comparison that holds is −1.
      lower = i32x4.sub(lower, i32x4.gt_s(mine, v128.load32_splat(keys + 4 * j)));
    }
    store<u32>(ranked + 4 * i32x4.extract_lane(lower, 0), i32x4.extract_lane(mine, 0));
    store<u32>(ranked + 4 * i32x4.extract_lane(lower, 1), i32x4.extract_lane(mine, 1));
    store<u32>(ranked + 4 * i32x4.extract_lane(lower, 2), i32x4.extract_lane(mine, 2));
    store<u32>(ranked + 4 * i32x4.extract_lane(lower, 3), i32x4.extract_lane(mine, 3));
  }
}

/** Lays ranked rows; rows of one code become one entry. */
function layRanked(from: usize, count: u32, feature: Feature): void {
  const missing = feature.bins;
  missingRows = 0;
  missingPair = f64x2.splat(0);
  let place = line - ENTRY;
  let before: u32 = u32.MAX_VALUE;
  for (let i: u32 = 0; i < count; i++) {
    const key = load<u32>(ranked + 4 * i);
    const row = from + <usize>(key & 31) * stride;
    const code = key >>> 5;
    const rows = <f64>countIn(row);
    if (code == missing) {
      missingRows += rows;
      missingPair = f64x2.add(missingPair, v128.load(row));
    } else if (code == before) {
      v128.store(place, f64x2.add(v128.load(place), v128.load(row)));
      store<f64>(place, load<f64>(place, ROWS) + rows, ROWS);
    } else {
      place += ENTRY;
      v128.store(place, v128.load(row));
      store<f64>(place, rows, ROWS);
      store<u32>(place, code, CODE);
      before = code;
    }
  }
  lineEnd = place + ENTRY;
}

function searchLine(node: OpenNode, f: u32, feature: Feature): void {
  if (feature.categorical) sortByMean();
  const split = node.split;
  const occupied = <u32>((lineEnd - line) / ENTRY);
  const anyMissing = missingRows > 0;
  let from: u32 = 0;
  // The last prefix, everything observed, leaves only missing rows on the right.
  let to: u32 = anyMissing ? occupied : occupied - 1;
  if (occupied == 0) to = 0;
  if (extraTrees && to > 1) {
    from = below(to);
    to = from + 1;
  }
  const before = split.gain;
  const plain = !poisson && feature.monotone == 0 && node.low == -Infinity && node.high == Infinity;
  scan(node, f, from, to, 0, f64x2.splat(0), feature.monotone, plain);
  if (anyMissing) {
    const end = occupied == 0 ? 0 : min(to, occupied - 1);
    scan(node, f, from, end, missingRows, missingPair, feature.monotone, plain);
  }
  if (split.gain > before) describe(node, feature, occupied, anyMissing);
}

/** Tries the prefixes that end at `from` … `to` − 1, on top of what is left from the start. */
function scan(
  node: OpenNode,
  f: u32,
  from: u32,
  to: u32,
  leftRows: f64,
  left: v128,
  sign: i32,
  plain: bool,
): void {
  const split = node.split;
  const allRows = node.rows;
  const all = node.weight;
  const total = node.sum;
  const lambda = shrinkage;
  const ownScore = (total * total) / (all + lambda);
  let gained = split.gain;
  let best: usize = 0;
  let bestRows: f64 = 0;
  let bestPair = left;
  let rows = leftRows;
  let pair = left;
  let entry = line;
  for (const end = line + from * ENTRY; entry < end; entry += ENTRY) {
    rows += load<f64>(entry, ROWS);
    pair = f64x2.add(pair, v128.load(entry));
  }
  for (const end = line + to * ENTRY; entry < end; entry += ENTRY) {
    rows += load<f64>(entry, ROWS);
    pair = f64x2.add(pair, v128.load(entry));
    const w = f64x2.extract_lane(pair, 0);
    const s = f64x2.extract_lane(pair, 1);
    if (rows < minLeafRows || w < minLeafWeight) continue;
    const rest = all - w;
    if (allRows - rows < minLeafRows || rest < minLeafWeight) break;
    let gain: f64;
    if (plain && lambda > 0) {
      // S_l²/(W_l + λ) + S_r²/(W_r + λ), less the node's own, again with one division if any.
      const leftWeight = w + lambda;
      const rightWeight = rest + lambda;
      const r = total - s;
      const sum = s * s * rightWeight + r * r * leftWeight;
      const product = leftWeight * rightWeight;
      if (sum < (gained + ownScore) * product * SURELY_LESS) continue;
      gain = sum / product - ownScore;
    } else if (plain) {
      // S_l²/W_l + S_r²/W_r − S²/W over one denominator: no cancellation, and no division unless
      // it could better the best.
      const lead = s * all - total * w;
      const square = lead * lead;
      const whole = w * rest * all;
      if (square < gained * whole * SURELY_LESS) continue;
      gain = square / whole;
    } else gain = boundedGain(node, sign, w, s);
    if (gain > gained && gain < Infinity) {
      gained = gain;
      best = entry;
      bestRows = rows;
      bestPair = pair;
    }
  }
  if (best == 0) return;
  split.feature = f;
  split.gain = gained;
  split.cut = <u32>((best - line) / ENTRY);
  split.missingLeft = leftRows > 0;
  split.leftRows = bestRows;
  split.leftWeight = f64x2.extract_lane(bestPair, 0);
  split.leftSum = f64x2.extract_lane(bestPair, 1);
}

/** The saving under Poisson loss or monotone bounds; 0 where the order would be broken. */
function boundedGain(node: OpenNode, sign: i32, w: f64, s: f64): f64 {
  const restWeight = node.weight - w;
  const restSum = node.sum - s;
  // A Poisson leaf needs events, or its log-mean is −∞.
  if (poisson && !(s > 0 && restSum > 0)) return 0;
  const left = boundedMean(node, w, s);
  const right = boundedMean(node, restWeight, restSum);
  if (<f64>sign * (right - left) < 0) return 0;
  const whole = score(node.weight, node.sum, boundedMean(node, node.weight, node.sum));
  return score(w, s, left) + score(restWeight, restSum, right) - whole;
}

/** What a leaf that predicts `mean` scores; larger is better. */
function score(weight: f64, sum: f64, mean: f64): f64 {
  if (poisson) return sum * log(mean) - mean * weight;
  return mean * (2 * sum - mean * (weight + shrinkage));
}

/** The weighted mean of a node, held towards 0 and kept within its monotone bounds. */
export function boundedMean(node: OpenNode, weight: f64, sum: f64): f64 {
  return min<f64>(node.high, max<f64>(node.low, sum / (weight + shrinkage)));
}

/** Turns the winning prefix into the node's test. */
function describe(node: OpenNode, feature: Feature, occupied: u32, anyMissing: bool): void {
  const split = node.split;
  // Missing rows that were never seen here go with the heavier child.
  if (!anyMissing) split.missingLeft = 2 * split.leftWeight >= node.weight;
  const k = split.cut;
  if (feature.categorical) describeSet(split, k, feature.bins, occupied);
  // Halfway between the two occupied bins, so that the cut favours neither side.
  else if (k == occupied - 1) split.cut = feature.bins - 1;
  else split.cut = (codeOf(k) + codeOf(k + 1) - 1) >> 1;
}

/** Sets the bits of the codes that go left. Categories that are not in the node follow the missing. */
function describeSet(split: Split, k: u32, bins: u32, occupied: u32): void {
  const bytes: usize = ((bins + 31) >>> 5) << 2;
  memory.fill(split.set, split.missingLeft ? 0xff : 0, bytes);
  const from = split.missingLeft ? k + 1 : 0;
  const to = split.missingLeft ? occupied : k + 1;
  for (let i = from; i < to; i++) {
    const code = codeOf(i);
    const at = split.set + ((<usize>(code >>> 5)) << 2);
    store<u32>(at, load<u32>(at) ^ (1 << (code & 31)));
  }
}

function codeOf(entry: u32): u32 {
  return load<u32>(line + entry * ENTRY, CODE);
}

/** Shell sort of the line by mean, ties by code: in place, and quick for a handful of bins. */
function sortByMean(): void {
  const occupied = <i32>((lineEnd - line) / ENTRY);
  let gap = 1;
  while (3 * gap < occupied) gap = 3 * gap + 1;
  for (; gap >= 1; gap /= 3) {
    for (let i = gap; i < occupied; i++) {
      const at = line + <usize>i * ENTRY;
      const pair = v128.load(at);
      const rest = v128.load(at, 16);
      const mean = meanAt(at);
      const code = load<u32>(at, CODE);
      let place = at;
      for (let j = i; j >= gap; j -= gap) {
        const other = place - gap * ENTRY;
        const otherMean = meanAt(other);
        if (otherMean < mean || (otherMean == mean && load<u32>(other, CODE) < code)) break;
        v128.store(place, v128.load(other));
        v128.store(place, v128.load(other, 16), 16);
        place = other;
      }
      v128.store(place, pair);
      v128.store(place, rest, 16);
    }
  }
}

function meanAt(entry: usize): f64 {
  return load<f64>(entry, 8) / (load<f64>(entry) + smoothing);
}
