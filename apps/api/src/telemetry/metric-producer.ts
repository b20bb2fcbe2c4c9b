import { type HrTime, ValueType } from '@opentelemetry/api';
import { metrics as sdk, resources } from '@opentelemetry/sdk-node';
import type { Metric, Sample } from './metric.js';

/** What labels are called in OpenTelemetry where it has a name of its own for them. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  pid: 'process.pid',
};

/**
 * Gives the metrics of the service to a reader of the SDK as they are: they are counted already, and the
 * SDK's instruments would count them again. They keep the names that `/metrics` gives them.
 */
export function metricProducer(
  scope: string,
  metrics: () => readonly Metric[],
): sdk.MetricProducer {
  const startTime = timeOf(Date.now() - process.uptime() * 1000);
  return {
    collect: async () => {
      const times = { startTime, endTime: timeOf(Date.now()) };
      const own = {
        scope: { name: scope },
        metrics: metrics().map((each) => metricOf(each, times)),
      };
      const resourceMetrics = { resource: resources.emptyResource(), scopeMetrics: [own] };
      return { resourceMetrics, errors: [] };
    },
  };
}

interface Times {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

function timeOf(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)];
}

function metricOf({ name, help, type, samples }: Metric, times: Times): sdk.MetricData {
  const unit = name.includes('_seconds') ? 's' : name.includes('_bytes') ? 'By' : '';
  const head = {
    descriptor: { name, description: help, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: sdk.AggregationTemporality.CUMULATIVE,
  };
  if (type === 'histogram') {
    const dataPoints = histogramsOf(samples).map((point) => ({ ...times, ...point }));
    return { ...head, dataPointType: sdk.DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = samples.map(({ labels, value }) => ({
    ...{ ...times, value },
    attributes: attributesOf(labels),
  }));
  return type === 'counter'
    ? { ...head, dataPointType: sdk.DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...head, dataPointType: sdk.DataPointType.GAUGE, dataPoints };
}

function attributesOf(labels: Sample['labels'] = {}): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [ATTRIBUTES[name] ?? name, value]),
  );
}

/** Buckets that count up to a bound become buckets that count between two. */
function histogramsOf(samples: readonly Sample[]) {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _bound, ...labels } = sample.labels ?? {};
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(sample);
  }
  return Array.from(groups, ([key, group]) => {
    const buckets = group.filter(({ labels }) => labels?.le !== undefined);
    const of = (end: string) => group.find(({ metricName }) => metricName?.endsWith(end))!.value;
    const counts = buckets.map(({ value }, i) => value - (buckets[i - 1]?.value ?? 0));
    const boundaries = buckets.slice(0, -1).map(({ labels }) => Number(labels!.le));
    return {
      attributes: attributesOf(JSON.parse(key) as Sample['labels']),
      value: { buckets: { boundaries, counts }, sum: of('_sum'), count: of('_count') },
    };
  });
}
