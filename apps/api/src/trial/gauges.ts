import type { Metric, Sample } from '../telemetry/metric.js';
import { percentOf, type TrialState } from './state.js';

/**
 * The latest gated trial as metrics. No sums of processes: all of them know the same.
 * @param state undefined while there was none
 */
export function trialMetrics(state: TrialState | undefined): Metric[] {
  const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => {
    return { name, help, type: 'gauge', samples: [...samples] };
  };
  const labels = { version: state?.version ?? '' };
  const plain = (value: number | undefined) => (value === undefined ? [] : [{ labels, value }]);
  const tests = state?.evidence?.tests ?? [];
  const ofTests = (of: (test: (typeof tests)[number]) => number) =>
    tests.map((test) => ({ labels: { ...labels, test: test.name }, value: of(test) }));
  return [
    gauge(
      'adscale_trial_info',
      'The latest gated canary and what it is doing, as labels.',
      state ? [{ labels: { ...labels, status: state.status }, value: 1 }] : [],
    ),
    gauge(
      'adscale_trial_percent',
      'Share of the requests that the gated canary is to answer, in per cent.',
      plain(state && percentOf(state)),
    ),
    gauge(
      'adscale_trial_step_timestamp_seconds',
      'When its step began.',
      plain(state && state.since / 1000),
    ),
    gauge(
      'adscale_trial_clicks',
      'Clicks of all traffic that it is judged by.',
      plain(state?.evidence?.clicks),
    ),
    gauge(
      'adscale_trial_evidence',
      'Evidence against it by test: an e-value.',
      ofTests(({ e_value }) => e_value),
    ),
    gauge(
      'adscale_trial_evidence_bound',
      'Where that evidence aborts it.',
      ofTests(({ bound }) => bound),
    ),
  ];
}
