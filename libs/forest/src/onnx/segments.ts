/*
 * What an ONNX test does to the number line, in doubles:
 *
 *   x ≤ t          … true … t]( … false …
 *   x = t          … false … below t](t]( … false …
 *
 * A graph that takes float32 rounds its input first, so there a bound is the last double that
 * still rounds to the right side.
 */
import { importInvalid } from '../exchange/assemble.js';
import { floor32, lastRoundingTo, nextDown, nextDown32 } from '../exchange/float32.js';
import type { BranchMode } from './ensemble.js';

/** Numbers that are above all segments before and ≤ `bound`, and the node they go to. */
export interface Segment {
  readonly bound: number;
  readonly target: number;
}

/** The test of one node: segments from −∞ to +∞, and which of them a missing value joins. */
export interface SegmentedTest {
  readonly segments: readonly Segment[];
  readonly missing: number;
}

/**
 * @param rounds whether inputs are rounded to float32
 * @throws ForestError IMPORT_INVALID if the threshold is NaN
 */
export function segmentsOf(
  mode: BranchMode,
  threshold: number,
  rounds: boolean,
  ifTrue: number,
  ifFalse: number,
  missingTrue: boolean,
): SegmentedTest {
  if (Number.isNaN(threshold)) importInvalid('a threshold is not a number');
  const below = lastBelow(threshold, rounds);
  const upTo = lastUpTo(threshold, rounds);
  const divided = (bound: number, left: number, right: number): Segment[] => [
    { bound, target: left },
    { bound: Infinity, target: right },
  ];
  const toTrue = (place: number): number => (missingTrue ? place : 1 - place);
  switch (mode) {
    case 'BRANCH_LEQ':
      return { segments: divided(upTo, ifTrue, ifFalse), missing: toTrue(0) };
    case 'BRANCH_LT':
      return { segments: divided(below, ifTrue, ifFalse), missing: toTrue(0) };
    case 'BRANCH_GTE':
      return { segments: divided(below, ifFalse, ifTrue), missing: toTrue(1) };
    case 'BRANCH_GT':
      return { segments: divided(upTo, ifFalse, ifTrue), missing: toTrue(1) };
    case 'BRANCH_EQ': {
      const segments = [{ bound: below, target: ifFalse }, ...divided(upTo, ifTrue, ifFalse)];
      return { segments, missing: toTrue(1) };
    }
    case 'BRANCH_NEQ': {
      // NaN differs from every threshold, whatever the node says of missing values.
      const segments = [{ bound: below, target: ifTrue }, ...divided(upTo, ifFalse, ifTrue)];
      return { segments, missing: 0 };
    }
  }
}

/** The last double that tests as ≤ t. */
function lastUpTo(t: number, rounds: boolean): number {
  return rounds ? lastRoundingTo(floor32(t)) : t;
}

/** The last double that tests as < t; NaN if there is none. */
function lastBelow(t: number, rounds: boolean): number {
  if (t === -Infinity) return NaN;
  if (!rounds) return nextDown(t);
  const floor = floor32(t);
  return lastRoundingTo(floor < t ? floor : nextDown32(floor));
}
