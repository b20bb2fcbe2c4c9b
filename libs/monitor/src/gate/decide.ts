import type { GateEvidence, GateTest } from './evidence.js';
import type { GateOptions } from './options.js';

const HOUR_MS = 3_600_000;

/** Where a canary stands on its way. Plain data. */
export interface GateStep {
  /** Position in the steps of its options. */
  readonly step: number;
  /** Since when, in milliseconds of the epoch. */
  readonly since: number;
  /** Clicks of all traffic that were known when the step began. */
  readonly clicks: number;
  /** Requests that the canary has answered in this step. */
  readonly answers: number;
}

/** What is to happen, with the reason in words. */
export type GateDecision =
  | { readonly action: 'abort' | 'wait' | 'promote'; readonly words: string }
  | { readonly action: 'grow'; readonly words: string; readonly step: number };

/** What is beyond its bound. */
export function broken({ tests }: GateEvidence): GateTest | undefined {
  return tests.find(({ e_value, bound }) => e_value >= bound);
}

/**
 * Decides about a canary at one look. Beyond a bound it goes back at once; it grows when the step
 * has lasted, in clicks, answers and hours, and nothing looks wrong.
 * @param now milliseconds of the epoch
 */
export function decide(
  { step, since, clicks, answers }: GateStep,
  evidence: GateEvidence,
  options: GateOptions,
  now: number,
): GateDecision {
  const wrong = broken(evidence);
  if (wrong !== undefined) {
    const words = `${wrong.name} is beyond its bound (e-value ${wrong.e_value}, bound ${wrong.bound}): ${wrong.words}`;
    return { action: 'abort', words };
  }
  const { least_clicks, least_answers, least_hours, steps } = options;
  const told = Math.max(0, evidence.clicks - clicks);
  const hours = Math.max(0, now - since) / HOUR_MS;
  const lacking: string[] = [];
  if (told < least_clicks) lacking.push(`${count(told)} of ${count(least_clicks)} clicks`);
  if (answers < least_answers) lacking.push(`${count(answers)} of ${count(least_answers)} answers`);
  if (hours < least_hours) lacking.push(`${hours.toFixed(1)} of ${least_hours} hours`);
  if (lacking.length > 0) return { action: 'wait', words: `this step has ${lacking.join(', ')}` };
  if (evidence.caution !== null) {
    return { action: 'wait', words: `not sure enough to grow: ${evidence.caution}` };
  }
  const next = step + 1;
  const words = `all tests are inside their bounds after ${count(told)} clicks and ${hours.toFixed(1)} hours`;
  if (next >= steps.length || steps[next] >= 100) return { action: 'promote', words };
  return { action: 'grow', words, step: next };
}

function count(value: number): string {
  return Math.floor(value).toLocaleString('en-US');
}
