/*
 * Shapley values by their definition: every order in which players can join, one after the other.
 * The oracle for whatever is faster.
 */
import type { FeatureBins } from '../src/data/binning.js';
import { goesLeft } from '../src/trees/walk.js';
import type { Tree } from '../src/trees/tree.js';

/** What a coalition is worth; `knows[f]` tells whether player f has joined. */
export type Game = (knows: readonly boolean[]) => number;

/** By player: what it adds on joining, averaged over all orders. */
export function shapleyByOrders(players: number, game: Game): number[] {
  const values = Array<number>(players).fill(0);
  const orders = permutations([...Array(players).keys()]);
  for (const order of orders) {
    const knows = Array<boolean>(players).fill(false);
    for (const player of order) {
      const before = game(knows);
      knows[player] = true;
      values[player] += (game(knows) - before) / orders.length;
    }
  }
  return values;
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) =>
    permutations(items.filter((item) => item !== first)).map((rest) => [first, ...rest]),
  );
}

/** What trees say of a row when unknown features are averaged by cover (Lundberg et al. 2020). */
export function pathDependentGame(
  trees: readonly Tree[],
  bins: readonly FeatureBins[],
  row: readonly number[],
): Game {
  return (knows) => {
    const answer = (tree: Tree, node: number): number => {
      const f = tree.feature[node];
      if (f < 0) return tree.value[node];
      const left = tree.left[node];
      if (knows[f]) return answer(tree, left + +!goesLeft(tree, node, bins[f], row[f]));
      const covers = [tree.cover[left], tree.cover[left + 1]];
      const sum = covers[0] * answer(tree, left) + covers[1] * answer(tree, left + 1);
      return sum / (covers[0] + covers[1]);
    };
    return trees.reduce((sum, tree) => sum + answer(tree, 0), 0) / trees.length;
  };
}
