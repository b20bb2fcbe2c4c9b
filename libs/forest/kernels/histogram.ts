/*
 * A node's histogram: for every bin of every feature three numbers side by side,
 *
 *   bin, SLOT bytes     | Σ weight | Σ weight · y | rows |
 *
 * A child's histogram is its parent's less its sibling's, so only the smaller child is ever counted
 * (as in LightGBM and scikit-learn's histogram trees). Only the codes that a node can still hold,
 * first … last, and the missing code are cleared, counted and subtracted: deep nodes are narrow, and
 * cost what they hold.
 */
import { CODES, Feature, SLOT, countMask, countOffset, featureAt, stride } from './fit';

export const ROWS: u32 = 16;

/**
 * Adds rows `from` … `to` − 1 (addresses) to a histogram, `sign` times: for the `listed` features
 * whose numbers are at `list`. Four features a pass overlap; one would wait for its last addition.
 */
export function countRows(
  histogram: usize,
  list: usize,
  listed: u32,
  from: usize,
  to: usize,
  sign: f64,
): void {
  let i: u32 = 0;
  for (; i + 4 <= listed; i += 4) countFour(histogram, list + 4 * i, from, to, sign);
  for (; i < listed; i++) countOne(histogram, load<u32>(list + 4 * i), from, to, sign);
}

function countFour(histogram: usize, list: usize, from: usize, to: usize, sign: f64): void {
  const a = featureAt(load<u32>(list));
  const b = featureAt(load<u32>(list, 4));
  const c = featureAt(load<u32>(list, 8));
  const d = featureAt(load<u32>(list, 12));
  const baseA = histogram + a.first;
  const baseB = histogram + b.first;
  const baseC = histogram + c.first;
  const baseD = histogram + d.first;
  const offsetA: usize = a.offset;
  const offsetB: usize = b.offset;
  const offsetC: usize = c.offset;
  const offsetD: usize = d.offset;
  const maskA: usize = a.mask;
  const maskB: usize = b.mask;
  const maskC: usize = c.mask;
  const maskD: usize = d.mask;
  const signs = f64x2.splat(sign);
  const step = stride;
  const counter = countOffset;
  const most = countMask;
  for (let row = from; row < to; row += step) {
    const n = sign * <f64>(load<u32>(row + counter) & most);
    const pair = f64x2.mul(v128.load(row), signs);
    const binA = baseA + ((<usize>load<u16>(row + offsetA, CODES)) & maskA) * SLOT;
    const binB = baseB + ((<usize>load<u16>(row + offsetB, CODES)) & maskB) * SLOT;
    const binC = baseC + ((<usize>load<u16>(row + offsetC, CODES)) & maskC) * SLOT;
    const binD = baseD + ((<usize>load<u16>(row + offsetD, CODES)) & maskD) * SLOT;
    v128.store(binA, f64x2.add(v128.load(binA), pair));
    v128.store(binB, f64x2.add(v128.load(binB), pair));
    v128.store(binC, f64x2.add(v128.load(binC), pair));
    v128.store(binD, f64x2.add(v128.load(binD), pair));
    store<f64>(binA, load<f64>(binA, ROWS) + n, ROWS);
    store<f64>(binB, load<f64>(binB, ROWS) + n, ROWS);
    store<f64>(binC, load<f64>(binC, ROWS) + n, ROWS);
    store<f64>(binD, load<f64>(binD, ROWS) + n, ROWS);
  }
}

function countOne(histogram: usize, f: u32, from: usize, to: usize, sign: f64): void {
  const feature = featureAt(f);
  const base = histogram + feature.first;
  const offset: usize = feature.offset;
  const mask: usize = feature.mask;
  const signs = f64x2.splat(sign);
  const step = stride;
  const counter = countOffset;
  const most = countMask;
  for (let row = from; row < to; row += step) {
    const n = sign * <f64>(load<u32>(row + counter) & most);
    const bin = base + ((<usize>load<u16>(row + offset, CODES)) & mask) * SLOT;
    v128.store(bin, f64x2.add(v128.load(bin), f64x2.mul(v128.load(row), signs)));
    store<f64>(bin, load<f64>(bin, ROWS) + n, ROWS);
  }
}

/** Clears the bins `first` … `last` of a feature, and its missing bin. */
export function clearBins(histogram: usize, feature: Feature, first: u32, last: u32): void {
  const base = histogram + feature.first;
  for (let bin = base + first * SLOT, end = base + last * SLOT; bin <= end; bin += SLOT)
    clearBin(bin);
  clearBin(base + feature.bins * SLOT);
}

function clearBin(bin: usize): void {
  v128.store(bin, f64x2.splat(0));
  store<f64>(bin, 0, ROWS);
}

/** Subtracts a child's bins `first` … `last` of a feature, and its missing bin, from its parent's. */
export function subtractBins(
  parent: usize,
  child: usize,
  feature: Feature,
  first: u32,
  last: i32,
): void {
  const base: usize = feature.first;
  for (
    let at = base + first * SLOT, end = base + (last + 1) * SLOT;
    <isize>at < <isize>end;
    at += SLOT
  ) {
    subtractBin(parent + at, child + at);
  }
  const missing = base + feature.bins * SLOT;
  subtractBin(parent + missing, child + missing);
}

function subtractBin(parent: usize, child: usize): void {
  v128.store(parent, f64x2.sub(v128.load(parent), v128.load(child)));
  store<f64>(parent, load<f64>(parent, ROWS) - load<f64>(child, ROWS), ROWS);
}
