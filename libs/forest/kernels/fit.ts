/*
 * What the kernels know of a fit: its features, its rules, and how a row lies in memory.
 *
 *   a row, `stride` bytes      0        8            16
 *                              | weight | weight · y | codes … | count | padding |
 *
 * Weight and sum are one 16-byte load. A code is a byte, or two bytes where a feature has more than
 * 255 bins; `count` says how many equal rows the row stands for.
 */
import { take } from './memory';

export const CODES: u32 = 16;
/** Bytes of a histogram's bin (histogram.ts). */
export const SLOT: u32 = 24;

/** A feature of the fit. */
@unmanaged
export class Feature {
  /** Where its code is, in bytes from the first code of a row. */
  offset: u32;
  /** 0xff or 0xffff: what of the two bytes there is code. */
  mask: u32;
  /** Codes but "missing", which is `bins` itself. */
  bins: u32;
  /** Where its first bin is in a histogram, in bytes. */
  first: u32;
  categorical: u32;
  anyMissing: u32;
  /** 1: the prediction may only rise with it. −1: only fall. */
  monotone: i32;
}

/** How many features there are. */
export let width: u32 = 0;
export let stride: u32 = 0;
/** Bytes of a row's codes. */
export let codeBytes: u32 = 0;
export let countOffset: u32 = 0;
export let countMask: u32 = 0;
let features: usize = 0;

export let minLeafRows: f64 = 0;
export let minLeafWeight: f64 = 0;
export let minGain: f64 = 0;
export let maxDepth: u32 = 0;
/** 0: no bound. */
export let maxLeaves: u32 = 0;
/** Features drawn at a split. */
export let maxFeatures: u32 = 0;
export let poisson: bool = false;
export let extraTrees: bool = false;
/** Of boosting: added to the weight of every leaf, so that its mean is held towards 0. */
export let shrinkage: f64 = 0;
/** Of boosting: added to the weight of a category where categories are put in order. */
export let smoothing: f64 = 0;
/** Of boosting: features drawn for a tree; 0: all. */
export let treeFeatures: u32 = 0;
/** Of boosting: nodes that wait keep their histograms. */
export let keepsHistograms: bool = false;

/** @param mostRows what the row count of a row goes up to, 2^bits − 1 */
export function bindRows(width_: u32, codeBytes_: u32, mostRows: u32): void {
  width = width_;
  codeBytes = codeBytes_;
  countOffset = CODES + codeBytes;
  countMask = mostRows;
  const bytes = codeBytes + (mostRows > 0xffff ? 4 : 2);
  // Rows of eight code bytes are 24 bytes; longer ones are copied 16 bytes at a time.
  stride = bytes <= 8 ? CODES + 8 : CODES + ((bytes + 15) & ~15);
  features = take(width, offsetof<Feature>());
}

/** @param firstBin bins of the features before it, missing bins included */
export function bindFeature(
  f: u32,
  offset: u32,
  mask: u32,
  bins: u32,
  firstBin: u32,
  categorical: bool,
  anyMissing: bool,
  monotone: i32,
): void {
  const feature = featureAt(f);
  feature.offset = offset;
  feature.mask = mask;
  feature.bins = bins;
  feature.first = firstBin * SLOT;
  feature.categorical = u32(categorical);
  feature.anyMissing = u32(anyMissing);
  feature.monotone = monotone;
}

export function bindRules(
  minLeafRows_: f64,
  minLeafWeight_: f64,
  minGain_: f64,
  maxDepth_: u32,
  maxLeaves_: u32,
  maxFeatures_: u32,
  poisson_: bool,
  extraTrees_: bool,
): void {
  minLeafRows = minLeafRows_;
  minLeafWeight = minLeafWeight_;
  minGain = minGain_;
  maxDepth = maxDepth_;
  maxLeaves = maxLeaves_;
  maxFeatures = maxFeatures_;
  poisson = poisson_;
  extraTrees = extraTrees_;
}

export function bindBoosting(
  shrinkage_: f64,
  smoothing_: f64,
  treeFeatures_: u32,
  keepsHistograms_: bool,
): void {
  shrinkage = shrinkage_;
  smoothing = smoothing_;
  treeFeatures = treeFeatures_;
  keepsHistograms = keepsHistograms_;
}

export function featureAt(f: u32): Feature {
  return changetype<Feature>(features + f * offsetof<Feature>());
}

export function codeIn(row: usize, feature: Feature): u32 {
  return (<u32>load<u16>(row + feature.offset, CODES)) & feature.mask;
}

export function countIn(row: usize): u32 {
  return load<u32>(row + countOffset) & countMask;
}

export function setCount(row: usize, count: u32): void {
  if (countMask > 0xffff) store<u32>(row + countOffset, count);
  else store<u16>(row + countOffset, <u16>count);
}
