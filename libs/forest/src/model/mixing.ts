/*
 * Forests of forests: bags of the same kind put together, and convex mixtures of any. Trees are shared
 * with the forests that they come from.
 */
import { ForestError } from '../errors.js';
import { Forest } from './forest.js';
import type { FeatureBins } from '../data/binning.js';
import { differenceOf } from '../data/schema.js';
import { treesOf, type Part } from '../trees/parts.js';
import type { Tree } from '../trees/tree.js';

/**
 * One forest of the members of several: a bag of the trees of bags, a bag of the boosters of bags of
 * boosters. Its prediction, on the scale of the link, is the mean over all members.
 * @param forests of one part each, with equal schemas, bins and links, and not calibrated. Where bases
 *   differ, the first one's is kept and what a member's own differs by is added to its first tree.
 * @returns a forest without intervals, calibration and attachments; its parameters are the first one's
 * @throws ForestError FORESTS_DIFFER naming the forest and what does not fit
 */
export function combine(forests: readonly Forest[]): Forest {
  checkAlike(forests);
  const [{ schema, parameters, bins, parts: firstParts }] = forests;
  const [{ link, base }] = firstParts;
  forests.forEach(({ parts }, i) => {
    if (parts.length > 1) differ(`forest ${i} has ${parts.length} parts, wanted one`);
    if (parts[0].link !== link)
      differ(`the link of forest ${i} is ${parts[0].link}, wanted ${link}`);
  });
  const trees = forests.flatMap((forest) => treesOnBase(forest, base));
  const members = forests.flatMap(({ parts }) => parts[0].members);
  const all = { ...parameters, trees: trees.length };
  const parts = [{ link, base, weight: 1, members }];
  return new Forest(schema, all, bins, trees, null, null, { parts });
}

/** The trees of a forest of one part, told from another base. */
function treesOnBase({ trees, parts: [part] }: Forest, base: number): readonly Tree[] {
  const difference = part.base - base;
  if (difference === 0) return trees;
  const moved = [...trees];
  let t = 0;
  for (const count of part.members) {
    moved[t] = { ...trees[t], value: trees[t].value.map((value) => value + difference) };
    t += count;
  }
  return moved;
}

/** A forest and its share of a mixture. */
export interface Weighed {
  readonly forest: Forest;
  /** > 0; those of all forests need not sum to 1. */
  readonly weight: number;
}

/**
 * The convex mixture of forests: its prediction is the mean of theirs by weight.
 * @param weighed forests with equal schemas and bins, and not calibrated
 * @returns a forest with the parts of all, without intervals, calibration and attachments; its parameters
 *   are those of the first, with the trees of all
 * @throws ForestError FORESTS_DIFFER; OPTION_INVALID if a weight is not above 0
 */
export function mix(weighed: readonly Weighed[]): Forest {
  const forests = weighed.map(({ forest }) => forest);
  checkAlike(forests);
  weighed.forEach(({ weight }, i) => {
    if (weight > 0 && weight < Infinity) return;
    throw new ForestError(
      'OPTION_INVALID',
      `weight of forest ${i} is ${weight}, wanted a number > 0`,
    );
  });
  const all = weighed.reduce((sum, { weight }) => sum + weight, 0);
  const parts = weighed.flatMap(({ forest, weight }) =>
    forest.parts.map((part): Part => ({ ...part, weight: (part.weight * weight) / all })),
  );
  const [{ schema, parameters, bins }] = forests;
  const trees = forests.flatMap((forest) => forest.trees);
  const count = parts.reduce((sum, part) => sum + treesOf(part), 0);
  return new Forest(schema, { ...parameters, trees: count }, bins, trees, null, null, { parts });
}

function checkAlike(forests: readonly Forest[]): void {
  if (forests.length === 0) differ('there are none, wanted one or more');
  const [first] = forests;
  forests.forEach(({ schema, bins, calibration }, i) => {
    const difference = differenceOf(first.schema, schema);
    if (difference !== null) differ(`forest ${i}: ${difference}`);
    const f = bins.findIndex((own, g) => !sameBins(own, first.bins[g]));
    if (f >= 0) differ(`forest ${i} has other bins of ${schema.features[f].name} than the first`);
    if (calibration !== null) differ(`forest ${i} is calibrated, wanted one that is not`);
  });
}

function sameBins(one: FeatureBins, other: FeatureBins): boolean {
  return one.bins === other.bins && one.cuts.every((cut, i) => cut === other.cuts[i]);
}

function differ(detail: string): never {
  throw new ForestError('FORESTS_DIFFER', detail);
}
