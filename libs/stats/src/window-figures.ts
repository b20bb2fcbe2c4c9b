import { hitRate } from './figures.js';
import { quantile } from './histogram.js';
import { mergeSlots } from './merge.js';
import { type RingSpan, oldestStart } from './ring.js';
import { WINDOW_MILLISECONDS } from './scale.js';
import type { SlotSnapshot, StatsSnapshot } from './snapshot.js';
import { COARSE, FINE } from './windows.js';

/** The windows that can be looked through. */
export const WINDOWS = Object.freeze(['1m', '5m', '1h'] as const);

/** A minute, five minutes or an hour up to the moment of a snapshot. */
export type Window = (typeof WINDOWS)[number];

const spans: Record<Window, { slots: 'fine' | 'coarse'; span: RingSpan }> = {
  '1m': { slots: 'fine', span: { ...FINE, slots: 12 } },
  '5m': { slots: 'fine', span: FINE },
  '1h': { slots: 'coarse', span: COARSE },
};

/** What happened in a window. */
export interface WindowFigures {
  /**
   * How much time the figures are of: the window but the part of its first slot that is over (5 s or
   * a minute at most), or the time since the start if that is less; at least 1.
   */
  readonly seconds: number;
  readonly requests: number;
  readonly predictions: number;
  /** Requests answered with status 500 or above. */
  readonly errors: number;
  readonly requestsPerSecond: number;
  readonly predictionsPerSecond: number;
  /** Milliseconds that half of the requests did not exceed, within 3 %; 0 without requests. */
  readonly latencyP50: number;
  /** Milliseconds that 99 % of the requests did not exceed, within 3 %; 0 without requests. */
  readonly latencyP99: number;
  /** Share of look-ups that the cache answered, 0 to 1; null without look-ups. */
  readonly hitRate: number | null;
}

/** What happened in a window up to the moment the snapshot was taken at. */
export function windowFigures(snapshot: StatsSnapshot, window: Window): WindowFigures {
  const { slots, span } = spans[window];
  const moment = snapshot.takenAt ?? 0;
  const oldest = oldestStart(span, moment);
  const { requests, predictions, errors, latency, hits, misses } = snapshot.windows[slots]
    .filter(({ start }) => start >= oldest)
    .reduce(mergeSlots, nothing);
  const from = Math.max(oldest, snapshot.startedAt ?? oldest);
  const seconds = Math.max(1, (moment - from) / 1000);
  return {
    seconds,
    requests,
    predictions,
    errors,
    requestsPerSecond: requests / seconds,
    predictionsPerSecond: predictions / seconds,
    latencyP50: quantile(latency, 0.5, WINDOW_MILLISECONDS),
    latencyP99: quantile(latency, 0.99, WINDOW_MILLISECONDS),
    hitRate: hits + misses === 0 ? null : hitRate({ hits, misses }),
  };
}

const nothing: SlotSnapshot = Object.freeze({
  start: Infinity,
  requests: 0,
  errors: 0,
  predictions: 0,
  hits: 0,
  misses: 0,
  latency: [],
});
