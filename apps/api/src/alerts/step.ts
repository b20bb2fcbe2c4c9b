/*
 * One alert a cause, however often it is found, and none that comes and goes:
 *
 *   found ──▶ firing ──found again──▶ firing (nothing is told)
 *                │
 *                ├── not found by 3 reports of other outcomes each, and not for 6 hours ──▶ resolved
 *                └── its model does not answer any more ──▶ resolved
 *
 * Finding is hard (the tests of a report hold at any time and for all segments together) and passing
 * takes time, so a size that wavers about the bound is told once.
 */
import { createHash } from 'node:crypto';
import type { Alert, Cause, Evaluation } from './alert.js';

/** Reports, of other outcomes each, that must not find a cause before it has passed. */
export const QUIET_REPORTS = 3;
/** Time without it, besides, in milliseconds. */
export const QUIET_MS = 6 * 3_600_000;

/** What changes by a report. */
export interface Step {
  readonly opened: readonly Alert[];
  /** Those that go on, and those that have passed. */
  readonly changed: readonly Alert[];
}

/** Takes alerts that are firing a report further. Pure. */
export function step(firing: readonly Alert[], evaluation: Evaluation): Step {
  const found = new Map(evaluation.causes.map((cause) => [cause.key, cause]));
  const known = new Set(firing.map(({ key }) => key));
  const opened = [...found.values()]
    .filter(({ key, model }) => !known.has(key) && evaluation.serving.includes(model))
    .map((cause) => open(cause, evaluation));
  const changed = firing.map((alert) => goOn(alert, found.get(alert.key), evaluation));
  return { opened, changed };
}

function open(cause: Cause, { at, revision }: Evaluation): Alert {
  const id = createHash('sha256').update(`${cause.key}\n${at}`).digest('hex').slice(0, 16);
  const times = { startedAt: at, seenAt: at, resolvedAt: null, reason: null };
  return { ...cause, ...times, id, state: 'firing', revision, absent: 0 };
}

function goOn(alert: Alert, cause: Cause | undefined, evaluation: Evaluation): Alert {
  const { at, revision, serving } = evaluation;
  const end = (reason: string): Alert => ({ ...alert, state: 'resolved', resolvedAt: at, reason });
  if (!serving.includes(alert.model)) return end(`Model ${alert.model} does not answer any more.`);
  if (cause !== undefined) return { ...alert, ...cause, seenAt: at, revision, absent: 0 };
  // A report of the same outcomes says nothing new.
  const absent = alert.absent + (revision === alert.revision ? 0 : 1);
  const isOver = absent >= QUIET_REPORTS && at - alert.seenAt >= QUIET_MS;
  if (isOver) return end(`The last ${absent} reports did not find it.`);
  return { ...alert, revision, absent };
}
