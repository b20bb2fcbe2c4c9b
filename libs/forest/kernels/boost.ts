/*
 * What a round of Newton boosting takes (Friedman 2001; Chen and Guestrin 2016), but for the tree itself.
 *
 * Rows of equal codes have the same margin, always: what a round needs of them is Σ weight and
 * Σ weight · y. So a booster has two lists of groups, those that it is trained on and those of the
 * rows left out, which judge it:
 *
 *   row, `stride` bytes   | Σ weight | Σ weight · y | codes … | count |      as in fit.ts
 *   margin                base + what the trees add
 *
 * The derivatives of the loss at the margins (losses.ts) are laid out as the rows of the next tree.
 */
import { rowsInBag, weightInBag } from './bag';
import { CODES, codeBytes, countMask, setCount, stride } from './fit';
import { take } from './memory';
import { codesAt, fullWeightOf, opensGroup, rawRowsOf, records, rowOf, step } from './records';
import { nodeValue, nodes } from './tree';

const LANES: u32 = 8;
/** Of a sampled group: Σ weight, Σ weight · y and rows. */
export const SAMPLE: u32 = 24;

let rows: u32 = 0;
/** By row: its fold, 16 bits; 0: none is left out. */
let folds: usize = 0;
let leftOut: u32 = 0;

export let trained: usize = 0;
export let trainedCount: u32 = 0;
export let margins: usize = 0;
export let held: usize = 0;
export let heldCount: u32 = 0;
export let heldMargins: usize = 0;
let bestMargins: usize = 0;
/** By group trained on; 0: rows are not sampled. */
export let samples: usize = 0;

/** Sums over the rows that the booster is trained on, and those left out. */
export let trainedWeight: f64 = 0;
export let trainedSum: f64 = 0;
export let heldWeight: f64 = 0;

/**
 * @param folds_ where folds are, by row; 0 if no row is ever left out
 * @param groups of equal rows
 */
export function bindBooster(rows_: u32, folds_: usize, groups: u32, sampled: bool): void {
  rows = rows_;
  folds = folds_;
  // Two at a time, and eight, are worked on: there is room behind the last.
  const room = groups + LANES;
  trained = take(room, stride);
  margins = take(room, 8);
  held = folds == 0 ? 0 : take(room, stride);
  heldMargins = folds == 0 ? 0 : take(room, 8);
  bestMargins = folds == 0 ? 0 : take(room, 8);
  samples = sampled ? take(room, SAMPLE) : 0;
}

function isHeld(record: usize): bool {
  return folds != 0 && <u32>load<u16>(folds + 2 * rowOf(record)) == leftOut;
}

/** Lists the groups of a booster that leaves a fold out. */
export function listGroups(fold: u32): void {
  leftOut = fold;
  trainedCount = heldCount = 0;
  trainedWeight = trainedSum = heldWeight = 0;
  for (let record = records, end = records + rows * step; record < end;) {
    const first = record;
    let w: f64 = 0;
    let s: f64 = 0;
    let n: f64 = 0;
    let heldW: f64 = 0;
    let heldS: f64 = 0;
    let heldN: f64 = 0;
    do {
      const weight = fullWeightOf(record);
      const sum = weight * load<f64>(record);
      if (isHeld(record)) {
        heldW += weight;
        heldS += sum;
        heldN += rawRowsOf(record);
      } else if (weight > 0) {
        w += weight;
        s += sum;
        n += rawRowsOf(record);
      }
      record += step;
    } while (record < end && !opensGroup(record));
    if (n > 0) {
      putGroup(trained + trainedCount * stride, first, w, s, n);
      trainedCount++;
    }
    if (heldN > 0) {
      putGroup(held + heldCount * stride, first, heldW, heldS, heldN);
      heldCount++;
    }
    trainedWeight += w;
    trainedSum += s;
    heldWeight += heldW;
  }
}

function putGroup(at: usize, record: usize, w: f64, s: f64, n: f64): void {
  store<f64>(at, w);
  store<f64>(at, s, 8);
  for (let byte: u32 = 0; byte < codeBytes; byte += 4) {
    store<u32>(at + byte, load<u32>(record + codesAt + byte), CODES);
  }
  setCount(at, <u32>min<f64>(n, <f64>countMask));
}

/** Gives all groups one margin. */
export function setMargins(margin: f64): void {
  for (let i: u32 = 0; i < trainedCount; i++) store<f64>(margins + 8 * i, margin);
  for (let i: u32 = 0; i < heldCount; i++) store<f64>(heldMargins + 8 * i, margin);
}

/** Sums up what the bag, which is drawn, holds of each group. */
export function sampleGroups(): void {
  let at = samples - SAMPLE;
  let record = records;
  // Groups of which no row is trained on are in no list: their sums are written over by the next one's.
  let known = true;
  for (let position: u32 = 0; position < rows; position++, record += step) {
    if (opensGroup(record)) {
      if (known) at += SAMPLE;
      known = false;
      store<f64>(at, 0);
      store<f64>(at, 0, 8);
      store<f64>(at, 0, 16);
    }
    if (isHeld(record) || !(fullWeightOf(record) > 0)) continue;
    known = true;
    const weight = weightInBag(position, record);
    store<f64>(at, load<f64>(at) + weight);
    store<f64>(at, load<f64>(at, 8) + weight * load<f64>(record), 8);
    store<f64>(at, load<f64>(at, 16) + rowsInBag(position, record, weight), 16);
  }
}

/** Scales what the tree predicts, and moves it. */
export function scaleTree(rate: f64, shift: f64): void {
  for (let at = nodeValue, end = nodeValue + 8 * nodes; at < end; at += 8) {
    store<f64>(at, load<f64>(at) * rate + shift);
  }
}

/** Remembers the margins of the rows left out. */
export function keepMargins(): void {
  memory.copy(bestMargins, heldMargins, 8 * heldCount);
}

/**
 * Takes the rows left out, and the margins that were kept of them.
 * @returns how many they are
 */
export function takeHeld(rowsTo: usize, marginsTo: usize): u32 {
  let count: u32 = 0;
  let group: i32 = -1;
  let known = false;
  for (let record = records, end = records + rows * step; record < end; record += step) {
    if (opensGroup(record)) known = false;
    if (!isHeld(record)) continue;
    if (!known) group++;
    known = true;
    store<u32>(rowsTo + 4 * count, rowOf(record));
    store<f64>(marginsTo + 8 * count, load<f64>(bestMargins + 8 * group));
    count++;
  }
  return count;
}
