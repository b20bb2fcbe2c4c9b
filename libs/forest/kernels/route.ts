/*
 * Rows out of the bag, sent down the tree that just grew. Its nodes are laid anew for the walk, over
 * the buffers of the rows, which have served:
 *
 *   node, 16 bytes     | offset, mask | low | span | child · 16 + flags |
 *
 *   numeric        goes right when code − low < span, as unsigned numbers: from the cut on, and up
 *                  to the missing code or short of it
 *   categorical    flag 1; low: its set, in bytes; span: the missing code; flag 2: that goes right
 *   leaf           nothing goes right, and its left child is itself
 *
 * Eight walks go on at a time, so that their chains of loads overlap, until all stand on leaves.
 */
import { isOutside } from './bag';
import { featureAt } from './fit';
import { take } from './memory';
import { codesAt, opensGroup, records, step } from './records';
import { sideOf } from './rows';
import { nodeCut, nodeFeature, nodeLeft, nodeMissingLeft, nodeSets, nodes } from './tree';

const NODE: u32 = 16;
const LANES: u32 = 8;
const CATEGORICAL: u32 = 1;
const MISSING_RIGHT: u32 = 2;

let walk: usize = 0;
/** By group listed: its codes, then its leaf; and the positions it begins and ends at. */
let listed: usize = 0;
let bounds: usize = 0;
/** Positions out of the bag, and their leaves. */
export let outPositions: usize = 0;
export let outLeaves: usize = 0;

/** @param most positions that are routed at a time */
export function bindRoutes(most: u32): void {
  listed = take(most + LANES, 4);
  bounds = take(most + 1, 8);
  outPositions = take(most + 1, 4);
  outLeaves = take(most + 1, 4);
}

/** Lays the tree out for the walk, over the buffers of the rows. */
export function beginRoutes(): void {
  layWalk(sideOf(0));
}

/** Lays the tree out for the walk. */
export function layWalk(at: usize): void {
  walk = at;
  for (let node: u32 = 0; node < nodes; node++) {
    const at = walk + node * NODE;
    const f = <i32>load<i16>(nodeFeature + 2 * node);
    if (f < 0) {
      store<u32>(at, 0);
      store<u32>(at, 0, 4);
      store<u32>(at, 0, 8);
      store<u32>(at, node * <u32>NODE, 12);
      continue;
    }
    const feature = featureAt(f);
    const cut = load<u32>(nodeCut + 4 * node);
    const missingLeft = load<u8>(nodeMissingLeft + node) == 1;
    const child = load<u32>(nodeLeft + 4 * node) * <u32>NODE;
    store<u32>(at, feature.offset | (feature.mask << 16));
    if (feature.categorical) {
      store<u32>(at, <u32>nodeSets + 4 * cut, 4);
      store<u32>(at, feature.bins, 8);
      store<u32>(at, child | CATEGORICAL | (missingLeft ? 0 : MISSING_RIGHT), 12);
    } else {
      store<u32>(at, cut + 1, 4);
      store<u32>(at, feature.bins - cut - u32(missingLeft), 8);
      store<u32>(at, child, 12);
    }
  }
}

/**
 * Lists the positions `from` … `to` − 1 that are out of the bag, and the leaves they fall into.
 * @returns how many they are
 */
export function route(from: u32, to: u32): u32 {
  const groups = listGroups(from, to);
  // Whole groups of lanes: what is behind the last group walks from somewhere to nowhere.
  for (let i = groups; i < groups + LANES; i++) store<u32>(listed + 4 * i, <u32>records);
  for (let i: u32 = 0; i < groups; i += LANES) walkEight(listed + 4 * i);
  let count: u32 = 0;
  for (let g: u32 = 0; g < groups; g++) {
    const leaf = load<u32>(listed + 4 * g);
    const end = load<u32>(bounds + 8 * g, 4);
    for (let position = load<u32>(bounds + 8 * g); position < end; position++) {
      store<u32>(outPositions + 4 * count, position);
      store<u32>(outLeaves + 4 * count, leaf);
      count += u32(isOutside(position));
    }
  }
  return count;
}

/** Lists the groups that have a row out of the bag, or the parts of them that lie in the stretch. */
function listGroups(from: u32, to: u32): u32 {
  let groups: u32 = 0;
  let outside: u32 = 0;
  let record = records + from * step;
  for (let position = from; position < to; position++, record += step) {
    if (position == from || opensGroup(record)) {
      store<u32>(bounds + 8 * groups, position, 4);
      groups += outside;
      outside = 0;
      store<u32>(listed + 4 * groups, <u32>(record + codesAt));
      store<u32>(bounds + 8 * groups, position);
    }
    outside |= u32(isOutside(position));
  }
  store<u32>(bounds + 8 * groups, to, 4);
  return groups + outside;
}

/** Puts leaves in the place of the addresses of codes. */
export function walkEight(at: usize): void {
  const codesA = load<usize>(at);
  const codesB = load<usize>(at, 4);
  const codesC = load<usize>(at, 8);
  const codesD = load<usize>(at, 12);
  const codesE = load<usize>(at, 16);
  const codesF = load<usize>(at, 20);
  const codesG = load<usize>(at, 24);
  const codesH = load<usize>(at, 28);
  const root = walk;
  let a = root;
  let b = root;
  let c = root;
  let d = root;
  let e = root;
  let f = root;
  let g = root;
  let h = root;
  for (;;) {
    const nextA = descend(root, a, codesA);
    const nextB = descend(root, b, codesB);
    const nextC = descend(root, c, codesC);
    const nextD = descend(root, d, codesD);
    const nextE = descend(root, e, codesE);
    const nextF = descend(root, f, codesF);
    const nextG = descend(root, g, codesG);
    const nextH = descend(root, h, codesH);
    const moved =
      (a ^ nextA) |
      (b ^ nextB) |
      (c ^ nextC) |
      (d ^ nextD) |
      (e ^ nextE) |
      (f ^ nextF) |
      (g ^ nextG) |
      (h ^ nextH);
    if (moved == 0) break;
    a = nextA;
    b = nextB;
    c = nextC;
    d = nextD;
    e = nextE;
    f = nextF;
    g = nextG;
    h = nextH;
  }
  store<u32>(at, leafAt(root, a));
  store<u32>(at, leafAt(root, b), 4);
  store<u32>(at, leafAt(root, c), 8);
  store<u32>(at, leafAt(root, d), 12);
  store<u32>(at, leafAt(root, e), 16);
  store<u32>(at, leafAt(root, f), 20);
  store<u32>(at, leafAt(root, g), 24);
  store<u32>(at, leafAt(root, h), 28);
}

function leafAt(root: usize, node: usize): u32 {
  return <u32>((node - root) / NODE);
}

function descend(root: usize, node: usize, codes: usize): usize {
  const where = load<u32>(node);
  const code = (<u32>load<u16>(codes + (where & 0xffff))) & (where >>> 16);
  const low = load<u32>(node, 4);
  const span = load<u32>(node, 8);
  const child = load<u32>(node, 12);
  const above = u32(code - low < span);
  // Of a numeric node this reads whatever lies there, and does not use it.
  const outOfSet = u32(((load<u32>(low + ((code >>> 5) << 2)) >>> (code & 31)) & 1) == 0);
  const bySet = select<u32>((child >>> 1) & 1, outOfSet, code == span);
  const right = select<u32>(bySet, above, child & CATEGORICAL);
  return root + (child & ~15) + right * NODE;
}
