import {
  type ModelSnapshot,
  type RouteSnapshot,
  type StatsSnapshot,
  histogramCount,
  latencyBuckets,
} from '@adscale/stats';
import { Controller, Get, Header } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { ServedModel } from '../model/served-model.js';
import { ApiProblems } from '../problem/api-problems.js';
import { PREDICT } from '../security/scopes.js';
import type { Metric, Sample } from '../telemetry/metric.js';
import { type Figures, type ProcessFigures, ServiceFigures } from './figures.js';
import { MetricSources } from './metric-sources.js';

/** Content type of the Prometheus text format. */
const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Answers Prometheus. Metrics are made from the counts only when it asks. */
@ApiTags('Operation')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly figures: ServiceFigures,
    private readonly served: ServedModel,
    private readonly sources: MetricSources,
  ) {}

  @Get()
  @RouteConfig(PREDICT)
  @Header('content-type', METRICS_TYPE)
  @ApiOperation({
    operationId: 'getMetrics',
    summary: 'The figures of the service for Prometheus.',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({
    description: 'Metrics in the text format.',
    content: { 'text/plain': { schema: { type: 'string' } } },
  })
  @ApiProblems(['API_KEY_REQUIRED', 'SCOPE_MISSING'])
  async read(): Promise<string> {
    const version = this.served.current?.model.version ?? null;
    return exposition([...metricsOf(await this.figures.all(), version), ...this.sources.all()]);
  }
}

/** Metrics in the Prometheus text format. */
async function exposition(metrics: readonly Metric[]): Promise<string> {
  const registry = new Registry();
  for (const metric of metrics) {
    const { name, samples, ...about } = metric;
    const values = samples.map(({ labels = {}, ...sample }) => ({ ...sample, labels }));
    const get = async () => ({ ...about, name, values, aggregator: 'sum' });
    // Its numbers are there already; prom-client's own classes would count them again.
    registry.registerMetric({ name, get } as never);
  }
  return registry.metrics();
}

/**
 * The figures as metrics, by Prometheus' conventions for names.
 * @param version of the model that answers; null if there is none
 */
export function metricsOf({ stats, cache, processes }: Figures, version: string | null): Metric[] {
  const plain = (name: string, help: string, value: number): Metric => {
    const type = name.endsWith('_total') ? 'counter' : 'gauge';
    return { name, help, type, samples: [{ value }] };
  };
  return [
    requestsMetric(stats.routes),
    durationMetric(stats.routes),
    plain('adscale_predictions_total', 'Predictions answered.', stats.predictions),
    plain('adscale_predicted_ctr_sum', 'Sum of the predicted CTRs.', ctrSum(stats)),
    modelMetric(
      'adscale_model_predictions_total',
      'Predictions answered by model.',
      stats,
      'served',
    ),
    modelMetric(
      'adscale_shadow_predictions_total',
      'Predictions compared by model.',
      stats,
      'shadow',
    ),
    plain('adscale_cache_hits_total', 'Lookups answered from memory.', cache.hits),
    plain('adscale_cache_misses_total', 'Lookups that were not.', cache.misses),
    plain('adscale_cache_evictions_total', 'Answers pushed out.', cache.evictions),
    plain('adscale_cache_entries', 'Answers held.', cache.size),
    plain('adscale_cache_bytes', 'About what they take, in bytes.', cache.bytes),
    plain('adscale_cache_second_tier_hits_total', 'Found in the shared tier.', cache.tier.hits),
    plain('adscale_cache_second_tier_errors_total', 'Failed there.', cache.tier.errors),
    ...stats.counters.map(({ name, value }) =>
      plain(`adscale_${name}_total`, `Counted ${name.replaceAll('_', ' ')}.`, value),
    ),
    {
      name: 'adscale_unknown_words_total',
      help: 'Predictions whose word of a feature the model did not know.',
      type: 'counter',
      samples: stats.unknownWords.map(({ name, value }) => ({ labels: { feature: name }, value })),
    },
    {
      name: 'adscale_model_info',
      help: 'The model that answers, as a label.',
      type: 'gauge',
      samples: version === null ? [] : [{ labels: { version }, value: 1 }],
    },
    ...processMetrics(processes),
  ];
}

/** Whether this process could read the registry when it looked last. */
export function registryMetric(isReadable: boolean): Metric {
  const help = 'Whether the registry of models can be read.';
  const samples = [{ value: Number(isReadable) }];
  return { name: 'adscale_registry_up', help, type: 'gauge', samples };
}

function requestsMetric(routes: readonly RouteSnapshot[]): Metric {
  const samples = routes.flatMap(({ method, path, statuses }) => {
    const each: Sample[] = [];
    for (let i = 0; i < statuses.length; i += 2) {
      const labels = { method, route: path, status: statuses[i] };
      each.push({ labels, value: statuses[i + 1] });
    }
    return each;
  });
  const help = 'Requests answered by route and status.';
  return { name: 'http_requests_total', help, type: 'counter', samples };
}

function durationMetric(routes: readonly RouteSnapshot[]): Metric {
  const name = 'http_request_duration_seconds';
  const samples = routes.flatMap((route) => {
    const labels = { method: route.method, route: route.path };
    const count = histogramCount(route.latency);
    const bucket = (le: number | string, value: number): Sample => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le },
      value,
    });
    return [
      ...latencyBuckets(route).map(({ le, count: upTo }) => bucket(le, upTo)),
      bucket('+Inf', count),
      { metricName: `${name}_sum`, labels, value: route.microseconds / 1e6 },
      { metricName: `${name}_count`, labels, value: count },
    ];
  });
  return { name, help: 'Time from request to answer.', type: 'histogram', samples };
}

function modelMetric(
  name: string,
  help: string,
  { models }: StatsSnapshot,
  role: keyof Pick<ModelSnapshot, 'served' | 'shadow'>,
): Metric {
  const samples = models.map((model) => ({
    labels: { version: model.version },
    value: model[role].predictions,
  }));
  return { name, help, type: 'counter', samples };
}

function processMetrics(processes: readonly ProcessFigures[]): Metric[] {
  const metric = (name: string, help: string, of: (each: ProcessFigures) => number): Metric => {
    const type = name.endsWith('_total') ? 'counter' : 'gauge';
    const samples = processes.map((each) => ({ labels: { pid: each.pid }, value: of(each) }));
    return { name, help, type, samples };
  };
  return [
    metric('process_cpu_seconds_total', 'Processor time used.', (each) => each.cpu_seconds),
    metric('process_resident_memory_bytes', 'Memory held.', (each) => each.resident_bytes),
    metric('nodejs_heap_size_used_bytes', 'Heap in use.', (each) => each.heap_bytes),
    metric(
      'nodejs_eventloop_lag_seconds',
      'How late the event loop is.',
      (each) => each.event_loop_lag_ms / 1e3,
    ),
    metric('adscale_requests_in_flight', 'Requests under way.', (each) => each.in_flight),
    metric(
      'adscale_body_bytes_in_flight',
      'Bytes of their large bodies.',
      // A replica of an earlier version does not say.
      (each) => each.in_flight_bytes ?? 0,
    ),
    metric(
      'adscale_tasks_waiting',
      'Decisions and explanations that wait for a thread.',
      // Replicas of an earlier release do not tell.
      (each) => each.tasks_waiting ?? 0,
    ),
  ];
}

function ctrSum({ ctrTenThousandths }: StatsSnapshot): number {
  return ctrTenThousandths / 10_000;
}
