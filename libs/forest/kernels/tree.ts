/*
 * The tree that grows, as flat arrays of room for the largest tree: the two children of a node sit
 * side by side and after their parent (src/trees/tree.ts).
 */
import { take } from './memory';

export let nodeFeature: usize = 0;
export let nodeCut: usize = 0;
export let nodeLeft: usize = 0;
export let nodeMissingLeft: usize = 0;
export let nodeValue: usize = 0;
export let nodeCover: usize = 0;
export let nodeGain: usize = 0;
/** Bit sets of categories, words behind one another. */
export let nodeSets: usize = 0;
export let nodes: u32 = 0;
export let setWords: u32 = 0;
let setRoom: u32 = 0;

/** @param most nodes of the largest tree */
export function bindTree(most: u32): void {
  nodeFeature = take(most, 2);
  nodeCut = take(most, 4);
  nodeLeft = take(most, 4);
  nodeMissingLeft = take(most, 1);
  nodeValue = take(most, 8);
  nodeCover = take(most, 8);
  nodeGain = take(most, 8);
}

/** Sums the covers of leaves up. */
export function sumCovers(): void {
  for (let node = <i32>nodes - 1; node >= 0; node--) {
    const left: usize = load<u32>(nodeLeft + 4 * node);
    if (left == 0) continue;
    const children = nodeCover + 8 * left;
    store<f64>(nodeCover + 8 * node, load<f64>(children) + load<f64>(children, 8));
  }
}

/** Makes room for a tree that the host lays out. */
export function openTree(nodes_: u32, setWords_: u32): void {
  nodes = nodes_;
  setWords = 0;
  makeRoom(setWords_);
  setWords = setWords_;
}

/** A tree of one leaf. */
export function beginTree(): void {
  nodes = 0;
  setWords = 0;
  addLeaf();
}

function addLeaf(): void {
  const node: usize = nodes++;
  store<i16>(nodeFeature + 2 * node, -1);
  store<i32>(nodeCut + 4 * node, 0);
  store<i32>(nodeLeft + 4 * node, 0);
  store<u8>(nodeMissingLeft + node, 0);
  store<f64>(nodeGain + 8 * node, 0);
}

export function describeNode(node: usize, value: f64, cover: f64): void {
  store<f64>(nodeValue + 8 * node, value);
  store<f64>(nodeCover + 8 * node, cover);
}

/** Makes `node` an inner node and returns its left child; the right one is next to it. */
export function splitNode(node: usize, feature: i32, cut: u32, missingLeft: bool, gain: f64): u32 {
  const left = nodes;
  addLeaf();
  addLeaf();
  store<i16>(nodeFeature + 2 * node, <i16>feature);
  store<u32>(nodeCut + 4 * node, cut);
  store<u32>(nodeLeft + 4 * node, left);
  store<u8>(nodeMissingLeft + node, u8(missingLeft));
  store<f64>(nodeGain + 8 * node, gain);
  return left;
}

/** Stores a categorical node's left set; the returned place is the node's cut. */
export function addSet(set: usize, words: u32): u32 {
  const at = setWords;
  makeRoom(at + words);
  memory.copy(nodeSets + 4 * at, set, 4 * words);
  setWords += words;
  return at;
}

/** Makes room for so many words of sets; those that there are move. */
function makeRoom(words: u32): void {
  if (words <= setRoom) return;
  setRoom = max(1024, 2 * words);
  const larger = take(setRoom, 4);
  memory.copy(larger, nodeSets, 4 * setWords);
  nodeSets = larger;
}
