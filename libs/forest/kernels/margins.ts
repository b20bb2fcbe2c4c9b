/*
 * Adds a tree to the margins of groups. Its nodes are laid out for the walk with what each does to a code
 * written down, so that a step is three loads one after the other:
 *
 *   node, 16 bytes     | offset, mask | its side by code | left child |       right child: 16 bytes on
 *   leaf               its side is always left, and its left child is itself
 *
 * Eight walks go on at a time, as many steps as the tree is deep. A tree whose sides would take too much
 * room is walked as rows out of a bag are (route.ts).
 */
import { heldCount, held, heldMargins, margins, trained, trainedCount } from './boost';
import { CODES, Feature, featureAt, stride } from './fit';
import { take } from './memory';
import { layWalk, walkEight } from './route';
import {
  nodeCover,
  nodeCut,
  nodeFeature,
  nodeLeft,
  nodeMissingLeft,
  nodeSets,
  nodeValue,
  nodes,
  sumCovers,
} from './tree';

const LANES: u32 = 8;
const NODE: u32 = 16;
/** Sides take no more than this: more is not in the cache. */
const MOST_SIDES: u32 = 1 << 20;

let lanes: usize = 0;
let walk: usize = 0;
let sides: usize = 0;
let sideRoom: u32 = 0;
let depth: u32 = 0;
/** By node: its depth. */
let depths: usize = 0;

/** @param longest bins of the feature that has most */
export function bindMargins(mostNodes: u32, longest: u32): void {
  lanes = take(LANES, 4);
  walk = take(mostNodes, NODE);
  depths = take(mostNodes, 2);
  const wanted = <u64>(mostNodes >> 1) * <u64>(longest + 1) + 1;
  sideRoom = <u32>min<u64>(wanted, MOST_SIDES);
  sides = take(sideRoom, 1);
}

/** Adds the tree to all margins, and counts the weight of all rows as its covers. */
export function addToMargins(): void {
  memory.fill(nodeCover, 0, 8 * nodes);
  const listed = laySides();
  if (!listed) layWalk(walk);
  addTo(trained, margins, trainedCount, listed);
  addTo(held, heldMargins, heldCount, listed);
  sumCovers();
}

/** Lays the nodes out with their sides; false if there is no room for these. */
function laySides(): bool {
  // The first byte is the side of leaves.
  let side = sides + 1;
  store<u8>(sides, 0);
  store<u16>(depths, 0);
  depth = 0;
  for (let node: u32 = 0; node < nodes; node++) {
    const at = walk + node * NODE;
    const f = <i32>load<i16>(nodeFeature + 2 * node);
    const level: u32 = load<u16>(depths + 2 * node);
    if (f < 0) {
      depth = max(depth, level);
      store<u32>(at, 0);
      store<usize>(at, sides, 4);
      store<usize>(at, at, 8);
      continue;
    }
    const feature = featureAt(f);
    if (side + feature.bins + 1 > sides + sideRoom) return false;
    const child = load<u32>(nodeLeft + 4 * node);
    store<u32>(at, feature.offset | (feature.mask << 16));
    store<usize>(at, side, 4);
    store<usize>(at, walk + child * NODE, 8);
    store<u32>(depths + 2 * child, (level + 1) | ((level + 1) << 16));
    laySide(side, feature, node);
    side += feature.bins + 1;
  }
  return true;
}

/** Writes the side of every code at a node: 0 left, 1 right. */
function laySide(side: usize, feature: Feature, node: u32): void {
  const bins = feature.bins;
  const cut = load<u32>(nodeCut + 4 * node);
  store<u8>(side + bins, load<u8>(nodeMissingLeft + node) ^ 1);
  if (!feature.categorical) {
    const lefts = min(cut + 1, bins);
    memory.fill(side, 0, lefts);
    memory.fill(side + lefts, 1, bins - lefts);
    return;
  }
  const set = nodeSets + 4 * cut;
  for (let code: u32 = 0; code < bins; code++) {
    const bits = load<u32>(set + ((<usize>(code >>> 5)) << 2));
    store<u8>(side + code, <u8>(((bits >>> (code & 31)) & 1) ^ 1));
  }
}

function addTo(list: usize, margin: usize, count: u32, listed: bool): void {
  const codes = list + CODES;
  const bytes = stride;
  for (let i: u32 = 0; i < count; i += LANES) {
    const end = min(LANES, count - i);
    if (end == LANES && listed) walkLanes(codes + i * bytes);
    else walkSome(codes, i, end, listed);
    for (let lane: u32 = 0; lane < end; lane++) {
      const leaf: usize = load<u32>(lanes + 4 * lane);
      const at = margin + 8 * (i + lane);
      store<f64>(at, load<f64>(at) + load<f64>(nodeValue + 8 * leaf));
      const cover = nodeCover + 8 * leaf;
      store<f64>(cover, load<f64>(cover) + load<f64>(list + (i + lane) * bytes));
    }
  }
}

/** The leaves of a few groups. */
function walkSome(codes: usize, first: u32, count: u32, listed: bool): void {
  const bytes = stride;
  if (listed) {
    for (let lane: u32 = 0; lane < count; lane++) {
      let node = walk;
      const row = codes + (first + lane) * bytes;
      for (let level: u32 = 0; level < depth; level++) node = down(node, row);
      store<u32>(lanes + 4 * lane, leafAt(node));
    }
    return;
  }
  // Lanes that have no group walk with the last one.
  for (let lane: u32 = 0; lane < LANES; lane++) {
    store<usize>(lanes + 4 * lane, codes + (first + min(lane, count - 1)) * bytes);
  }
  walkEight(lanes);
}

/** The leaves of eight groups that lie behind one another. */
function walkLanes(codesA: usize): void {
  const bytes = stride;
  const codesB = codesA + bytes;
  const codesC = codesB + bytes;
  const codesD = codesC + bytes;
  const codesE = codesD + bytes;
  const codesF = codesE + bytes;
  const codesG = codesF + bytes;
  const codesH = codesG + bytes;
  const root = walk;
  let a = root;
  let b = root;
  let c = root;
  let d = root;
  let e = root;
  let f = root;
  let g = root;
  let h = root;
  for (let level = depth; level > 0; level--) {
    a = down(a, codesA);
    b = down(b, codesB);
    c = down(c, codesC);
    d = down(d, codesD);
    e = down(e, codesE);
    f = down(f, codesF);
    g = down(g, codesG);
    h = down(h, codesH);
  }
  store<u32>(lanes, leafAt(a));
  store<u32>(lanes, leafAt(b), 4);
  store<u32>(lanes, leafAt(c), 8);
  store<u32>(lanes, leafAt(d), 12);
  store<u32>(lanes, leafAt(e), 16);
  store<u32>(lanes, leafAt(f), 20);
  store<u32>(lanes, leafAt(g), 24);
  store<u32>(lanes, leafAt(h), 28);
}

function leafAt(node: usize): u32 {
  return <u32>((node - walk) / NODE);
}

function down(node: usize, codes: usize): usize {
  const where = load<u32>(node);
  const code = (<u32>load<u16>(codes + (where & 0xffff))) & (where >>> 16);
  const side: usize = load<u8>(load<usize>(node, 4) + code);
  return load<usize>(node, 8) + side * NODE;
}
