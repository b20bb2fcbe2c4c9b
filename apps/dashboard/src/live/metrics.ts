/*
 * What the service tells Prometheus and nobody else: the exact sum of predictions, how the latest gated canary
 * ended, and whether outcomes are kept. Asked every ten seconds.
 */
import { type Point, Ring, windowSeconds, type Window } from './history.js';

export const METRICS_MS = 10_000;

export interface Metrics {
  readonly moment: number;
  /** The latest gated canary; undefined if there was none. */
  readonly trial: { readonly version: string; readonly status: string } | undefined;
  /** Whether outcomes can be kept; undefined if they are switched off. */
  readonly isStoreUp: boolean | undefined;
}

/** Samples of a metric in the text format of Prometheus: labels and value. */
export function samplesOf(text: string, metric: string) {
  const samples: { labels: Record<string, string>; value: number }[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith(metric)) continue;
    const [, braces, value] = /^(\{.*\})? (\S+)/.exec(line.slice(metric.length)) ?? [];
    if (value === undefined) continue;
    const pairs = (braces ?? '').matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g);
    const labels = Object.fromEntries([...pairs].map(([, name, label]) => [name, label]));
    samples.push({ labels, value: Number(value) });
  }
  return samples;
}

const ctrs = new Ring(windowSeconds['1h'] / (METRICS_MS / 1000), 2);
let counted: { predictions: number; sum: number; moment: number } | undefined;

/** Remembers the mean of the predictions since it was last asked. */
export function remember(text: string, moment: number): void {
  const predictions = samplesOf(text, 'adscale_predictions_total')[0]?.value ?? 0;
  const sum = samplesOf(text, 'adscale_predicted_ctr_sum')[0]?.value ?? 0;
  const before = counted;
  counted = { predictions, sum, moment };
  if (before === undefined) return;
  const fresh = predictions - before.predictions;
  const isGap = fresh < 0 || moment - before.moment > 3 * METRICS_MS;
  if (isGap) ctrs.gap(moment);
  else ctrs.push(moment, [fresh, fresh === 0 ? NaN : (sum - before.sum) / fresh]);
}

/** Means of the predictions by ten seconds, in the window that ends at this moment. */
export function readCtr(window: Window, until: number): Point[] {
  return ctrs.read(1, until - 1000 * windowSeconds[window], until);
}

/** The mean of all predictions that were seen in the window; undefined if there were none. */
export function meanCtr(window: Window, until: number): number | undefined {
  const from = until - 1000 * windowSeconds[window];
  const counts = ctrs.read(0, from, until);
  const means = ctrs.read(1, from, until);
  let [all, sum] = [0, 0];
  for (const [i, [, mean]] of means.entries()) {
    if (mean === null) continue;
    all += counts[i][1]!;
    sum += counts[i][1]! * mean;
  }
  return all === 0 ? undefined : sum / all;
}

/** What is read of an answer to a question for metrics. */
export function metricsOf(text: string, moment: number): Metrics {
  const trial = samplesOf(text, 'adscale_trial_info')[0]?.labels;
  const store = samplesOf(text, 'adscale_outcomes_store_up')[0];
  return {
    moment,
    trial: trial && { version: trial.version, status: trial.status },
    isStoreUp: store && store.value === 1,
  };
}
