import type { ArmCounts } from './e-values.js';

/** What is tested, and which part of alpha each may spend. */
export const PARTS = {
  calibration: 0.2,
  segments: 0.5,
  entropy: 0.2,
  answered: 0.05,
  latency: 0.05,
} as const;

export type GateTestName = keyof typeof PARTS;

/** How one test stands. Plain data, fit for anybody to read. */
export interface GateTest {
  readonly name: GateTestName;
  /** Evidence against the canary: it is aborted when this reaches `bound`. */
  readonly e_value: number;
  readonly bound: number;
  /** What was measured; null while nothing was. */
  readonly estimate: number | null;
  /** Interval of the estimate, valid at all times at once; null for an end that is not known. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Where the estimate may lie; null where it has no end. */
  readonly allowed: readonly [number | null, number | null];
  /** The same in a sentence. */
  readonly words: string;
}

/** One segment that looks worse than with the current model. Plain data. */
export interface WatchedSegment {
  readonly segment: string;
  readonly e_value: number;
  readonly clicks: number;
  /** Clicks that the canary expects of it, given those of the day. */
  readonly expected: number;
  /** Interval of clicks over expected ones. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Clicks over those that the current model expects. */
  readonly current_ratio: number;
}

/** All that is known of a canary at one look. Plain data. */
export interface GateEvidence {
  readonly impressions: number;
  readonly clicks: number;
  /** Of these, what the canary itself answered. */
  readonly own_clicks: number;
  readonly days: number;
  /** By what factor records vary beyond chance: 1 is by chance alone. */
  readonly dispersion: number;
  readonly tests: readonly GateTest[];
  /** Strongest evidence first. */
  readonly segments: readonly WatchedSegment[];
  /** What stands in the way of growing: evidence that is not enough to abort. */
  readonly caution: string | null;
}

/** Requests by arm, over stretches in which the percentage stayed. */
export interface ServingCounts {
  /** Asked, and not answered. */
  readonly failed: readonly ArmCounts[];
  /** Answered, and slowly. */
  readonly slow: readonly ArmCounts[];
}

/** Beyond it, JSON and people have had enough. */
const MOST_E = 1e15;

/** An e-value from its logarithm. */
export function eOf(logE: number): number {
  return rounded(Math.min(MOST_E, Math.exp(logE)));
}

/** Four significant digits. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** An end of an interval, null where it is not known. */
export function endOf(value: number): number | null {
  return value > 0 && Number.isFinite(value) ? rounded(value) : null;
}

/** Says by how much a ratio is off, such as `9.1 % below`. */
export function percentOff(ratio: number): string {
  const percent = Math.abs(ratio - 1) * 100;
  if (percent < 0.05) return 'exactly';
  return `${percent.toFixed(1)} % ${ratio < 1 ? 'below' : 'above'}`;
}

/** Says an interval of a ratio in per cent, such as ` (6.0 % below to 1.2 % above)`. */
export function rangeInWords(lower: number | null, upper: number | null): string {
  if (lower === null || upper === null) return '';
  return ` (${percentOff(lower)} to ${percentOff(upper)})`;
}
