/*
 * What a forest makes of its trees. It is a convex mixture of parts:
 *
 *   member       base + the sum of its trees
 *   part         inverse link of the mean of its members
 *   prediction   Σ weight · part, then calibrated
 *
 *   trees        | member | member | member | member | member |      end to end
 *   parts        |          part 0          |     part 1      |
 *
 * A bag is one part whose members are single trees. A bag of boosters is one part too, whose members
 * are as many trees as each was boosted.
 */
import { inverseLink, type Link } from './links.js';

/** Some consecutive trees of a forest, and what is made of them. */
export interface Part {
  readonly link: Link;
  /** What trees are added to, on the scale of the link. */
  readonly base: number;
  /** Share of the prediction, > 0; those of all parts sum to 1. */
  readonly weight: number;
  /** By member: how many trees it has. */
  readonly members: readonly number[];
}

/** The one part of a bag of trees. */
export function bagOf(trees: number): readonly Part[] {
  const members = new Array<number>(trees).fill(1);
  return [{ link: 'identity', base: 0, weight: 1, members }];
}

/** Is a forest the mean of its trees? */
export function isBag(parts: readonly Part[]): boolean {
  const [{ link, base, members }] = parts;
  const single = (trees: number): boolean => trees === 1;
  return parts.length === 1 && link === 'identity' && base === 0 && members.every(single);
}

/** Trees of a part. */
export function treesOf({ members }: Part): number {
  return members.reduce((sum, trees) => sum + trees, 0);
}

/** What a part predicts, of the sum of all its trees. */
export function ofSum({ link, base, members }: Part, sum: number): number {
  return inverseLink(link, base + sum / members.length);
}

/** A member and where its trees are. */
export interface MemberRange {
  readonly part: Part;
  readonly from: number;
  readonly trees: number;
}

/** A forest's draws: how many independent answers its members give. */
export function drawsOf(parts: readonly Part[]): number {
  return parts.reduce((most, { members }) => Math.max(most, members.length), 0);
}

/**
 * The members of draw i, one a part, around again in parts that have fewer than there are draws. The
 * draw is Σ weight · inverse link of (base + the sum of the member's trees).
 */
export function membersOf(parts: readonly Part[], draws: number): readonly MemberRange[][] {
  const found = Array.from({ length: draws }, (): MemberRange[] => []);
  let at = 0;
  for (const part of parts) {
    const { members } = part;
    const froms = members.map((trees) => (at += trees) - trees);
    found.forEach((draw, i) => {
      const m = i % members.length;
      draw.push({ part, from: froms[m], trees: members[m] });
    });
  }
  return found;
}

/**
 * Checks what a file says of parts.
 * @returns what is wrong, or null if nothing is
 */
export function checkParts(parts: readonly Part[], trees: number): string | null {
  if (parts.length < 1) return 'it has no parts';
  let [weights, counted] = [0, 0];
  for (const { base, weight, members } of parts) {
    if (!Number.isFinite(base)) return `the base of a part is ${base}`;
    if (!(Number.isFinite(weight) && weight > 0 && weight <= 1))
      return `the weight of a part is ${weight}`;
    if (members.length < 1) return 'a part has no members';
    if (!members.every((n) => Number.isInteger(n) && n >= 1)) return 'a member has no trees';
    weights += weight;
    counted += members.reduce((sum, n) => sum + n, 0);
  }
  if (Math.abs(weights - 1) > 1e-9) return `the weights of its parts sum to ${weights}`;
  return counted === trees ? null : `its parts have ${counted} trees of ${trees}`;
}
