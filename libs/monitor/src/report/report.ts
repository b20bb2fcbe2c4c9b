import type { SegmentCalibration, SegmentFinding } from '../segments/finding.js';
import type { Sign } from '../signs/signs.js';
import type { Calibrations } from './calibration.js';
import type { LeftOut } from './intake.js';

/** A segment that is off by itself, and names of those that are off because of it, 50 at most. */
export interface CauseFinding extends SegmentFinding {
  readonly explains: readonly string[];
}

/** A segment that is off because of another; null: of none of those named. */
export interface ExplainedFinding extends SegmentFinding {
  readonly because_of: string | null;
}

export interface SegmentsReport {
  /** Version whose segments these are; null without cells. */
  readonly model_version: string | null;
  /** The fewest segments that explain the misses, the surest first. */
  readonly causes: readonly CauseFinding[];
  /** Those off because of a cause, single ones first, 50 at most. */
  readonly explained: readonly ExplainedFinding[];
  /** Causes by what they lost or brought: by money where it is known, else by clicks. */
  readonly by_money: readonly CauseFinding[];
  /** Every segment of one feature, and all traffic, each by itself. */
  readonly segments: readonly SegmentCalibration[];
  /** Segments that were looked at, alone and in pairs. */
  readonly looked_at: { readonly single: number; readonly pairs: number };
}

/** What outcomes say of predictions. Plain data. */
export interface MonitoringReport extends Calibrations, SegmentsReport {
  /** First and last day with outcomes; null without. */
  readonly from: string | null;
  readonly to: string | null;
  readonly alpha: number;
  readonly tolerance: number;
  readonly cells: number;
  /** Share of the records that segments and signs were looked at in; below 1 where there were too many. */
  readonly kept_share: number;
  readonly left_out: LeftOut;
  /** What inputs tell by themselves, against `reference`; extrapolated ones, against training. */
  readonly signs: readonly Sign[];
  readonly reference: string | null;
  /** What is wrong, the most important first, in sentences. */
  readonly warnings: readonly string[];
}
