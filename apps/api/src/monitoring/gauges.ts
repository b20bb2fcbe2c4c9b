import type { MonitoringReport } from '@adscale/monitor';
import type { StoreStatus } from '../store/store.js';
import type { Metric, Sample } from '../telemetry/metric.js';
import { ALERT_KINDS } from '../alerts/alert.js';
import type { Marks } from './marks.js';
import type { Seen } from './watch.js';

/** Versions, segments and alerts that are told as labels; the rest is in `GET /monitoring`. */
const MOST_LABELS = 20;
const MOST_SIGNS = 100;
const DAY_MS = 86_400_000;

/** What there is to tell about outcomes, in the way of Prometheus. */
export interface Known {
  readonly status: StoreStatus;
  /** Undefined until the store has said. */
  readonly marks: Marks | undefined;
  readonly seen: Seen;
}

/** Bounded in number, whatever outcomes come. None of these are sums of processes: all know the same. */
export function monitoringMetrics({ status, marks, seen }: Known): Metric[] {
  const { made, checkedAt, alerts, deliveries } = seen;
  const seconds = (at: number | null = null) => (at === null ? [] : [{ value: at / 1000 }]);
  const lastDay = marks?.lastDay ?? null;
  const newest = lastDay === null ? null : Date.parse(lastDay) + DAY_MS;
  const received = marks?.receivedAt ?? newest;
  const firing = alerts.filter(({ state }) => state === 'firing');
  return [
    gauge('adscale_outcomes_store_up', 'Whether outcomes can be kept.', [
      { value: Number(status.available) },
    ]),
    gauge(
      'adscale_outcomes_received_timestamp_seconds',
      'When the latest outcomes came.',
      seconds(received),
    ),
    gauge(
      'adscale_outcomes_newest_day_timestamp_seconds',
      'The end of the last day that there are outcomes of.',
      seconds(newest),
    ),
    gauge(
      'adscale_monitoring_report_timestamp_seconds',
      'When the report was last known to have all outcomes.',
      seconds(checkedAt),
    ),
    gauge(
      'adscale_monitoring_report_duration_seconds',
      'How long it took to make.',
      seconds(made?.took_ms),
    ),
    ...calibrationMetrics(made?.report),
    ...segmentMetrics(made?.report),
    gauge(
      'adscale_alerts_firing',
      'Causes that are firing, by kind.',
      ALERT_KINDS.map((kind) => ({
        labels: { kind },
        value: firing.filter((alert) => alert.kind === kind).length,
      })),
    ),
    gauge(
      'adscale_alert_firing',
      'Each cause that is firing.',
      firing.slice(0, MOST_LABELS).map(({ kind, name, model }) => ({
        labels: { kind, cause: name, model_version: model },
        value: 1,
      })),
    ),
    gauge('adscale_alert_deliveries', 'Messages to the webhook that were not taken.', [
      { labels: { state: 'waiting' }, value: deliveries.waiting },
      { labels: { state: 'abandoned' }, value: deliveries.abandoned },
    ]),
  ];
}

function calibrationMetrics(report: MonitoringReport | undefined): Metric[] {
  const models = (report?.by_model ?? []).slice(-MOST_LABELS);
  const of = (
    name: string,
    help: string,
    value: (each: (typeof models)[number]) => number | null,
  ) =>
    gauge(
      name,
      help,
      models.flatMap((each): Sample[] => {
        const known = value(each);
        const labels = { model_version: each.model_version };
        return known === null ? [] : [{ labels, value: known }];
      }),
    );
  const inverse = (factor: number | null) => (factor !== null && factor > 0 ? 1 / factor : null);
  return [
    of(
      'adscale_outcomes_impressions',
      'Impressions of the days judged.',
      (each) => each.impressions,
    ),
    of('adscale_outcomes_clicks', 'Their clicks.', (each) => each.clicks),
    of('adscale_outcomes_predicted_clicks', 'Clicks expected of them.', (each) => each.expected),
    of(
      'adscale_calibration_ratio',
      'Clicks expected for each that came.',
      (each) => each.calibration_ratio,
    ),
    of('adscale_calibration_ratio_lower', 'The lower end of its interval.', ({ upper }) =>
      inverse(upper),
    ),
    of('adscale_calibration_ratio_upper', 'The upper end of its interval.', ({ lower }) =>
      inverse(lower),
    ),
  ];
}

function segmentMetrics(report: MonitoringReport | undefined): Metric[] {
  const model_version = report?.model_version ?? '';
  const causes = (report?.causes ?? []).slice(0, MOST_LABELS);
  const signs = (report?.signs ?? []).slice(0, MOST_SIGNS);
  return [
    gauge(
      'adscale_segment_clicks',
      'Clicks beyond those expected, of the segments that explain what is off.',
      causes.map(({ segment, gain }) => ({
        labels: { model_version, segment },
        value: gain.clicks.value,
      })),
    ),
    gauge(
      'adscale_segment_money',
      'The same in the money of the prices.',
      causes.flatMap(({ segment, gain: { money } }): Sample[] =>
        money === null ? [] : [{ labels: { model_version, segment }, value: money.value }],
      ),
    ),
    gauge(
      'adscale_drift_effect',
      'How much inputs differ from before, by sign and feature.',
      signs.map(({ feature, kind, value }) => ({ labels: { sign: kind, feature }, value })),
    ),
    gauge(
      'adscale_drift_effect_lower',
      'The lower end of its interval.',
      signs.map(({ feature, kind, lower }) => ({ labels: { sign: kind, feature }, value: lower })),
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: 'gauge', samples };
}
