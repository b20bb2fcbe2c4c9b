import { fit, Forest, type Link, type Part } from '../src/index.js';
import { treesOf } from '../src/trees/parts.js';
import { mixedData, rowOf } from './data.js';

export const data = mixedData({ rows: 300, missing: 0.15 });

/** Rows of the data, and odd ones. */
export const rows = [
  [NaN, NaN, NaN],
  [Infinity, -Infinity, 99],
  [-0, 0, -1],
  ...Array.from({ length: 120 }, (_, i) => rowOf(data.columns, i)),
];

const grown = fit(data, { trees: 24, minLeafRows: 3, outOfBag: false }).forest;

/** The trees of one fit as parts of other kinds: values are not what such a fit would give. */
export function forestOfParts(parts: readonly Part[], from: Forest = grown): Forest {
  const count = parts.reduce((sum, part) => sum + treesOf(part), 0);
  const { schema, parameters, bins } = from;
  const trees = from.trees.slice(0, count).map((tree) => ({
    ...tree,
    value: tree.value.map((value) => value / 9 - 0.1),
  }));
  return new Forest(schema, { ...parameters, trees: count }, bins, trees, null, null, { parts });
}

export const boosted = (link: Link, members = [5, 3, 7]): Part[] => [
  { link, base: -0.7, weight: 1, members },
];

/** Parts of every kind. */
export const kinds: Record<string, Part[]> = {
  'a bag of boosters with a logit link': boosted('logit'),
  'a bag of boosters with a log link': boosted('log'),
  'a bag of boosters without a link': boosted('identity'),
  'one booster': boosted('logit', [11]),
  'a mixture of a bag and a bag of boosters': [
    { link: 'identity', base: 0, weight: 0.375, members: [1, 1, 1, 1, 1, 1, 1, 1, 1] },
    { link: 'logit', base: -0.7, weight: 0.625, members: [4, 6] },
  ],
  'a mixture of three': [
    { link: 'log', base: -2, weight: 0.2, members: [3, 3] },
    { link: 'identity', base: 0, weight: 0.3, members: [1, 1, 1, 1] },
    { link: 'logit', base: 0.5, weight: 0.5, members: [2, 9, 3] },
  ],
};
