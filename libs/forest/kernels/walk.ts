/*
 * The forest as packed nodes, for when a table would be too large.
 *
 * A row is coded once into slots of 16 bits; every node then compares one slot with one number:
 *
 *   node, 8 bytes      | slot · 2 | cut | address of the left child |
 *                      goes right, to the node behind the left child, when its slot is above the cut
 *   leaf               cut 65535, left child itself: no slot is above that, so it leads to itself
 *   values             a double a node, as far from its node for all of them
 *
 * Each feature has two slots, so that no node needs a branch for missing values:
 *
 *   slot 2f            code, missing = above all          where missing goes right
 *   slot 2f + 1        code + 1, missing = 0              where missing goes left
 *
 * and each distinct set of categories is a slot of its own that holds 0 (left) or 1 (right). What the
 * slots of a feature's sets hold is written down for each of its codes, and copied from there. Eight
 * walks go on at a time, so that their chains of loads overlap, until all stand on leaves:
 *
 *   one row       down eight trees
 *   many rows     eight of them down one tree, and the whole block of rows before the next tree,
 *                 whose nodes are then in the cache for all but the first
 *
 * Leaves are added in tree order, which is the plain walk's; the host puts the parts of a forest together.
 */
import { Coding, codeOf, putSlots } from './codes';
import { take } from './memory';

const LANES: u32 = 8;

/** How rows are asked about a feature. */
@unmanaged
class Test {
  /** How it is coded; 0 where no tree asks for it. */
  coding: usize;
  /** Of its sets: where their slots are in a row, and how many bytes they take, a multiple of 16. */
  at: u32;
  bytes: u32;
  /** By code: what they hold. */
  sides: usize;
}

/** From a node to its value, in bytes. */
let values: usize = 0;
let roots: usize = 0;
let features: u32 = 0;
/** Bytes of a row's slots. */
let rowBytes: u32 = 0;
let tests: usize = 0;
/** The numbers of rows that are to be coded; the slots of a block of rows; what is summed up. */
export let numbers: usize = 0;
let slots: usize = 0;
export let sums: usize = 0;

/**
 * @param slots of a row, a multiple of 8
 * @param rows of a block
 * @param coded rows that are coded at a time
 */
export function bindForest(
  nodes: usize,
  values_: usize,
  roots_: usize,
  features_: u32,
  slots_: u32,
  rows: u32,
  coded: u32,
): void {
  values = values_ - nodes;
  roots = roots_;
  features = features_;
  rowBytes = 2 * slots_;
  tests = take(features, offsetof<Test>());
  numbers = take(coded * features, 8);
  slots = take(rows + LANES, rowBytes);
  sums = take(rows + LANES, 8);
}

/** @param at slot of its first set */
export function bindTest(f: u32, coding: usize, at: u32, sets: u32, sides: usize): void {
  const test = testOf(f);
  test.coding = coding;
  test.at = 2 * at;
  test.bytes = 2 * sets;
  test.sides = sides;
}

function testOf(f: u32): Test {
  return changetype<Test>(tests + f * offsetof<Test>());
}

/** The sum of some trees at the first row of the block, whose numbers are there. */
export function predictRow(first: u32, trees: u32): f64 {
  for (let f: u32 = 0; f < features; f++) {
    const coding = testOf(f).coding;
    if (coding != 0) putSlot(f, codeOf(changetype<Coding>(coding), numbers + 8 * f));
  }
  return walkTrees(first, trees);
}

function putSlot(f: u32, code: u32): void {
  const test = testOf(f);
  const missing = changetype<Coding>(test.coding).missing;
  store<u16>(slots + 4 * f, <u16>code);
  store<u16>(slots + 4 * f, code == missing ? 0 : <u16>(code + 1), 2);
  if (test.bytes > 0) putSets(test, slots, code);
}

/** Fills in the slots of a feature's sets in the row whose slots begin at `row`. */
function putSets(test: Test, row: usize, code: u32): void {
  const from = test.sides + code * test.bytes;
  const to = row + test.at;
  for (let byte: u32 = 0; byte < test.bytes; byte += 16)
    v128.store(to + byte, v128.load(from + byte));
}

/** The same where the features have the codes, doubles, that are in the place of numbers. */
export function predictCodes(first: u32, trees: u32): f64 {
  for (let f: u32 = 0; f < features; f++) {
    if (testOf(f).coding != 0) putSlot(f, <u32>load<f64>(numbers + 8 * f));
  }
  return walkTrees(first, trees);
}

/**
 * The sum of some trees at the first row of the block, which is coded.
 * @param first the place of the first tree's root; those behind the last one are roots too, up to a
 *   multiple of LANES
 */
export function walkTrees(first: u32, trees: u32): f64 {
  const row = slots;
  const value = values;
  let sum: f64 = 0;
  for (let t: u32 = 0; t < trees; t += LANES) {
    const at = roots + 4 * (first + t);
    let a: usize = load<u32>(at);
    let b: usize = load<u32>(at, 4);
    let c: usize = load<u32>(at, 8);
    let d: usize = load<u32>(at, 12);
    let e: usize = load<u32>(at, 16);
    let f: usize = load<u32>(at, 20);
    let g: usize = load<u32>(at, 24);
    let h: usize = load<u32>(at, 28);
    for (let moved: usize = 1; moved != 0;) {
      const oldA = down(a, row);
      const oldB = down(b, row);
      const oldC = down(c, row);
      const oldD = down(d, row);
      const oldE = down(e, row);
      const oldF = down(f, row);
      const oldG = down(g, row);
      const oldH = down(h, row);
      a = down(oldA, row);
      b = down(oldB, row);
      c = down(oldC, row);
      d = down(oldD, row);
      e = down(oldE, row);
      f = down(oldF, row);
      g = down(oldG, row);
      h = down(oldH, row);
      moved = (a ^ oldA) | (b ^ oldB) | (c ^ oldC) | (d ^ oldD);
      moved |= (e ^ oldE) | (f ^ oldF) | (g ^ oldG) | (h ^ oldH);
    }
    const rest = trees - t;
    sum += load<f64>(value + a);
    if (rest > 1) sum += load<f64>(value + b);
    if (rest > 2) sum += load<f64>(value + c);
    if (rest > 3) sum += load<f64>(value + d);
    if (rest > 4) sum += load<f64>(value + e);
    if (rest > 5) sum += load<f64>(value + f);
    if (rest > 6) sum += load<f64>(value + g);
    if (rest > 7) sum += load<f64>(value + h);
  }
  return sum;
}

/** The child of a node that a row goes to; a leaf itself. */
function down(node: usize, row: usize): usize {
  const slot: u32 = load<u16>(row + <usize>load<u16>(node));
  return load<u32>(node, 4) + (u32(slot > <u32>load<u16>(node, 2)) << 3);
}

/** Codes `count` rows, whose numbers are there, as the rows of the block from `first` on. */
export function codeRows(first: u32, count: u32): void {
  const from = slots + first * rowBytes;
  for (let f: u32 = 0; f < features; f++) {
    const test = testOf(f);
    if (test.coding == 0) continue;
    const coding = changetype<Coding>(test.coding);
    putSlots(coding, numbers + 8 * f, 8 * features, count, from + 4 * f, rowBytes);
    if (test.bytes == 0) continue;
    for (let row = from, end = from + count * rowBytes; row < end; row += rowBytes) {
      putSets(test, row, load<u16>(row + 4 * f));
    }
  }
}

/** The sum of some trees at each of the first `count` rows of the block, which are coded, at `sums`. */
export function sumBlock(first: u32, trees: u32, count: u32): void {
  memory.fill(sums, 0, 8 * (count + LANES));
  for (let t = first; t < first + trees; t++) addTree(t, count);
}

/** Adds what a tree predicts to `sums`. What lies behind the last row walks from somewhere to nowhere. */
function addTree(tree: u32, count: u32): void {
  const root: usize = load<u32>(roots + 4 * tree);
  const bytes = rowBytes;
  const value = values;
  for (let i: u32 = 0, rowA = slots; i < count; i += LANES, rowA += LANES * bytes) {
    const rowB = rowA + bytes;
    const rowC = rowB + bytes;
    const rowD = rowC + bytes;
    const rowE = rowD + bytes;
    const rowF = rowE + bytes;
    const rowG = rowF + bytes;
    const rowH = rowG + bytes;
    let a = root;
    let b = root;
    let c = root;
    let d = root;
    let e = root;
    let f = root;
    let g = root;
    let h = root;
    for (let moved: usize = 1; moved != 0;) {
      const oldA = down(a, rowA);
      const oldB = down(b, rowB);
      const oldC = down(c, rowC);
      const oldD = down(d, rowD);
      const oldE = down(e, rowE);
      const oldF = down(f, rowF);
      const oldG = down(g, rowG);
      const oldH = down(h, rowH);
      a = down(oldA, rowA);
      b = down(oldB, rowB);
      c = down(oldC, rowC);
      d = down(oldD, rowD);
      e = down(oldE, rowE);
      f = down(oldF, rowF);
      g = down(oldG, rowG);
      h = down(oldH, rowH);
      moved = (a ^ oldA) | (b ^ oldB) | (c ^ oldC) | (d ^ oldD);
      moved |= (e ^ oldE) | (f ^ oldF) | (g ^ oldG) | (h ^ oldH);
    }
    const at = sums + 8 * i;
    add(at, value + a);
    add(at + 8, value + b);
    add(at + 16, value + c);
    add(at + 24, value + d);
    add(at + 32, value + e);
    add(at + 40, value + f);
    add(at + 48, value + g);
    add(at + 56, value + h);
  }
}

function add(at: usize, value: usize): void {
  store<f64>(at, load<f64>(at) + load<f64>(value));
}
