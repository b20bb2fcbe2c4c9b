/*
 * Path-dependent TreeSHAP of a forest: that of its trees (tree-walk.ts), put together.
 *
 * Trees add up to margins: a part's values are means over its members, on the scale of its link. Of a
 * mixture, no one scale is the parts' own but that of the prediction. There a part's values are all
 * multiplied by (how far the part moves from its base) / (how far its margin does), the rescale rule of
 * DeepLIFT (Shrikumar et al. 2017) by which Chen, Lundberg & Lee (2022) pass Shapley values through a
 * series of models, and the parts' are added by weight. So they sum up; they are exact Shapley values
 * where all links are the identity, and near them where margins move little.
 */
import { readGroups, sumByGroup, type GroupOptions } from './groups.js';
import { isPlatt } from '../judge/calibration.js';
import { checkWidth, type Explanation } from './shapley.js';
import { atOnce, type Steps } from '../steps.js';
import type { Forest } from '../model/forest.js';
import { inverseLink, type Link } from '../trees/links.js';
import { treesOf } from '../trees/parts.js';
import { coverMean, TreeWalk } from './tree-walk.js';

/** What base + Σ values is: a prediction, or what a link's inverse makes one of. */
export type ExplanationScale = 'prediction' | 'margin';

/** How much each feature moved a prediction, or its margin. */
export interface TreeExplanation extends Explanation {
  readonly scale: ExplanationScale;
  /** The link whose margin it is: `logit` for log-odds, `log` for logarithms; else `identity`. */
  readonly link: Link;
}

/**
 * Path-dependent TreeSHAP values of one row of numbers in schema order, for any number of features; the
 * time is (nodes of the forest) · (features on a path) / 2. A feature that no tree uses gets exactly 0.
 *
 * What is explained depends on the forest, and `scale` and `link` say it; base + Σ values is, but for
 * rounding,
 *
 * - of a bag, or one part with an identity link: the prediction before calibration;
 * - of one part with a logit or a log link: its margin, the log-odds or the logarithm of the prediction
 *   before calibration. Platt's calibration is linear in log-odds and thus explained along;
 * - of a mixture: the prediction before calibration. Each part's values on its margin are scaled to how
 *   far the part itself moves (the rescale rule), and the parts' are added by weight.
 *
 * `base` is that of the leaves' means by training weight. A forest from elsewhere that does not keep
 * covers is explained with every leaf weighing alike.
 * @throws ForestError ROW_INVALID; STATISTICS_ABSENT if a node's children have no cover above 0;
 *   OPTION_INVALID if the groups are not such
 */
export function treeShap(
  forest: Forest,
  row: ArrayLike<number>,
  options: GroupOptions = {},
): TreeExplanation {
  return atOnce(treeShapSteps(forest, row, options));
}

/** The same, a tree a step; the row must not change before the last one. */
export function* treeShapSteps(
  forest: Forest,
  row: ArrayLike<number>,
  { groups }: GroupOptions = {},
): Steps<TreeExplanation> {
  checkWidth(forest, row);
  const { schema, trees, parts } = forest;
  const asked = readGroups(schema, groups);
  const walk = new TreeWalk(forest, row);
  const values = new Float64Array(row.length);
  let base = 0;
  let t = 0;
  for (const part of parts) {
    const { link, weight, members } = part;
    walk.values.fill(0);
    let leaves = 0;
    for (const end = t + treesOf(part); t < end; t++) {
      walk.add(trees[t]);
      leaves += coverMean(trees[t]);
      yield;
    }
    const margins = walk.values.map((value) => value / members.length);
    const from = part.base + leaves / members.length;
    if (parts.length === 1) return ofOnePart(forest, from, sumByGroup(margins, asked));
    const scale = weight * slopeOf(link, from, sumOf(margins));
    for (let f = 0; f < values.length; f++) values[f] += scale * margins[f];
    base += weight * inverseLink(link, from);
  }
  return { base, values: sumByGroup(values, asked), scale: 'prediction', link: 'identity' };
}

/** Is a forest's calibration part of the margin that TreeSHAP explains? */
export function isInMargin({ parts, calibration }: Forest): boolean {
  return (
    calibration !== null && isPlatt(calibration) && parts.length === 1 && parts[0].link === 'logit'
  );
}

function ofOnePart(forest: Forest, from: number, margins: Float64Array): TreeExplanation {
  const [{ link }] = forest.parts;
  const scale = link === 'identity' ? 'prediction' : 'margin';
  const { calibration } = forest;
  if (calibration === null || !isPlatt(calibration) || !isInMargin(forest)) {
    return { base: from, values: margins, scale, link };
  }
  const { slope, intercept } = calibration;
  return {
    base: intercept + slope * from,
    values: margins.map((value) => slope * value),
    scale,
    link,
  };
}

/** Margins that move less than this move predictions along the tangent, to 12 digits. */
const TANGENT = 1e-6;

/** How far a prediction moves for each unit that its margin moves, on the way from `from` by `by`. */
function slopeOf(link: Link, from: number, by: number): number {
  if (link === 'identity') return 1;
  if (Math.abs(by) > TANGENT) {
    return (inverseLink(link, from + by) - inverseLink(link, from)) / by;
  }
  const middle = inverseLink(link, from + by / 2);
  return link === 'logit' ? middle * (1 - middle) : middle;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
