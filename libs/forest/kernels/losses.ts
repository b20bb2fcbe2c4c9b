/*
 * Losses of boosting and their derivatives at the margins of groups. With μ the mean that a margin stands
 * for,
 *
 *   squared error    −g = Σwy − Σw μ     h = Σw
 *   binomial         −g = Σwy − Σw μ     h = Σw μ (1 − μ)
 *   Poisson          −g = Σwy − Σw μ     h = Σw μ
 *
 * and Newton's step is the tree of least squares over weights h and targets −g / h: rows | h | −g | codes
 * are what the grower takes. Two groups are worked on at a time.
 */
import {
  SAMPLE,
  held,
  heldCount,
  heldMargins,
  margins,
  samples,
  trained,
  trainedCount,
} from './boost';
import { CODES, countIn, countMask, setCount, stride } from './fit';
import { setRoot, sideOf } from './rows';
import { log } from './split';

const BINOMIAL: u32 = 1;
const POISSON: u32 = 2;

let loss: u32 = 0;

/** @param loss_ 0: squared error; 1: binomial; 2: Poisson */
export function bindLoss(loss_: u32): void {
  loss = loss_;
}

const INVERSE_LN2: f64 = 1.4426950408889634;
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const P1: f64 = 0.16666666666666602;
const P2: f64 = -0.0027777777777015593;
const P3: f64 = 0.00006613756321437934;
const P4: f64 = -0.0000016533902205465252;
const P5: f64 = 4.1381367970572385e-8;
const LEAST: f64 = -708;
const MOST: f64 = 709;

/**
 * exp(x), of numbers held between −708 and 709: operation by operation that of src/trees/links.ts
 * (fdlibm's e_exp.c), so that hosts and kernels agree to the bit.
 */
function exp(x: v128): v128 {
  const held = f64x2.min(f64x2.splat(MOST), f64x2.max(f64x2.splat(LEAST), x));
  const k = f64x2.floor(f64x2.add(f64x2.mul(held, f64x2.splat(INVERSE_LN2)), f64x2.splat(0.5)));
  const high = f64x2.sub(held, f64x2.mul(k, f64x2.splat(LN2_HIGH)));
  const low = f64x2.mul(k, f64x2.splat(LN2_LOW));
  const r = f64x2.sub(high, low);
  const t = f64x2.mul(r, r);
  let p = f64x2.add(f64x2.splat(P4), f64x2.mul(t, f64x2.splat(P5)));
  p = f64x2.add(f64x2.splat(P3), f64x2.mul(t, p));
  p = f64x2.add(f64x2.splat(P2), f64x2.mul(t, p));
  p = f64x2.add(f64x2.splat(P1), f64x2.mul(t, p));
  const c = f64x2.sub(r, f64x2.mul(t, p));
  const q = f64x2.div(f64x2.mul(r, c), f64x2.sub(f64x2.splat(2), c));
  const y = f64x2.sub(f64x2.splat(1), f64x2.sub(f64x2.sub(low, q), high));
  const whole = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(k));
  const scale = i64x2.shl(i64x2.add(whole, i64x2.splat(1023)), 52);
  return f64x2.mul(y, scale);
}

/** The means that two margins stand for. */
function meansOf(margin: v128): v128 {
  if (loss == BINOMIAL) {
    const one = f64x2.splat(1);
    return f64x2.div(one, f64x2.add(one, exp(f64x2.neg(margin))));
  }
  return loss == POISSON ? exp(margin) : margin;
}

/** How the mean moves with the margin. */
function slopesOf(means: v128): v128 {
  if (loss == BINOMIAL) return f64x2.mul(means, f64x2.sub(f64x2.splat(1), means));
  return loss == POISSON ? means : f64x2.splat(1);
}

/** Lays the rows of the next tree out: derivatives at the margins. */
export function layDerivatives(): void {
  if (samples == 0) layAll();
  else laySampled();
}

/** Every group is a row of the tree: | Σw | Σwy | becomes | h | −g |, in one piece. */
function layAll(): void {
  const bytes = stride;
  const count = trainedCount;
  let to = sideOf(0);
  let row = trained;
  let all: f64 = 0;
  let sums = f64x2.splat(0);
  for (let i: u32 = 0; i < count; i += 2) {
    const means = meansOf(v128.load(margins + 8 * i));
    const slopes = slopesOf(means);
    const less = f64x2.neg(means);
    const left = derivatives(row, v128.shuffle<f64>(slopes, less, 0, 2));
    v128.store(to, left);
    sums = f64x2.add(sums, left);
    all += copyCodes(to, row);
    to += bytes;
    row += bytes;
    if (i + 1 == count) break;
    const right = derivatives(row, v128.shuffle<f64>(slopes, less, 1, 3));
    v128.store(to, right);
    sums = f64x2.add(sums, right);
    all += copyCodes(to, row);
    to += bytes;
    row += bytes;
  }
  setRoot(count, all, f64x2.extract_lane(sums, 0), f64x2.extract_lane(sums, 1));
}

/** Σw · slope and Σwy − Σw · mean. */
function derivatives(row: usize, slopeAndMean: v128): v128 {
  const rest = f64x2.replace_lane(v128.load(row), 0, 0);
  return f64x2.add(rest, f64x2.mul(v128.load64_splat(row), slopeAndMean));
}

/** Copies what follows the sums of a row; returns how many rows it stands for. */
function copyCodes(to: usize, row: usize): f64 {
  store<u64>(to, load<u64>(row, CODES), CODES);
  for (let byte: u32 = CODES + 8; byte < stride; byte += 8) {
    store<u64>(to + byte, load<u64>(row + byte));
  }
  return <f64>countIn(row);
}

/** Groups of which the sample has a row are rows of the tree. */
function laySampled(): void {
  const bytes = stride;
  let to = sideOf(0);
  let count: u32 = 0;
  let all: f64 = 0;
  let weights: f64 = 0;
  let sums: f64 = 0;
  for (let i: u32 = 0; i < trainedCount; i += 2) {
    const means = meansOf(v128.load(margins + 8 * i));
    const slopes = slopesOf(means);
    for (let lane: u32 = 0; lane < 2 && i + lane < trainedCount; lane++) {
      const group = samples + (i + lane) * SAMPLE;
      const row = trained + (i + lane) * bytes;
      const n = min<f64>(load<f64>(group, 16), <f64>countMask);
      if (n == 0) continue;
      const w = load<f64>(group);
      const mean = lane == 0 ? f64x2.extract_lane(means, 0) : f64x2.extract_lane(means, 1);
      const slope = lane == 0 ? f64x2.extract_lane(slopes, 0) : f64x2.extract_lane(slopes, 1);
      const h = w * slope;
      const s = load<f64>(group, 8) - w * mean;
      for (let byte: u32 = CODES; byte < bytes; byte += 8) {
        store<u64>(to + byte, load<u64>(row + byte));
      }
      store<f64>(to, h);
      store<f64>(to, s, 8);
      setCount(to, <u32>n);
      to += bytes;
      count++;
      all += n;
      weights += h;
      sums += s;
    }
  }
  setRoot(count, all, weights, sums);
}

/** Loss of the rows left out, but for what no margin changes. */
export function lossHeld(): f64 {
  let sum: f64 = 0;
  for (let i: u32 = 0; i < heldCount; i++) {
    const row = held + i * stride;
    const w = load<f64>(row);
    const s = load<f64>(row, 8);
    const m = load<f64>(heldMargins + 8 * i);
    if (loss == BINOMIAL) {
      const e = f64x2.extract_lane(exp(f64x2.splat(-abs(m))), 0);
      sum += w * (max(m, 0) + log(1 + e)) - s * m;
    } else if (loss == POISSON) sum += w * f64x2.extract_lane(exp(f64x2.splat(m)), 0) - s * m;
    else sum += m * (0.5 * w * m - s);
  }
  return sum;
}
