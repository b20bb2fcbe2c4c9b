/*
 * OpenTelemetry by its SDK, which reads its own variables: endpoint, headers, protocol, sampler,
 * propagators, resource attributes, limits and intervals. Nothing is instrumented: requests are recorded
 * when they were answered, whichever door answered, and metrics are the service's own figures.
 */
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  propagation,
  trace,
} from '@opentelemetry/api';
import { NodeSDK, metrics as sdk } from '@opentelemetry/sdk-node';
import type { Exporters } from './exporters.js';
import type { Metric } from './metric.js';
import { metricProducer } from './metric-producer.js';
import type { Telemetry, Trace } from './trace.js';

const SCOPE = 'adscale-api';
/** How long the process waits at its end for a collector that does not answer. */
const LAST_MS = 2000;

/** See `startTelemetry`. */
export async function openTelemetry(
  exporters: Exporters,
  metrics: () => readonly Metric[],
): Promise<Telemetry> {
  const { env } = process;
  // The SDK would send all three kinds by default.
  env.OTEL_TRACES_EXPORTER = exporters.traces;
  env.OTEL_LOGS_EXPORTER ||= 'none';
  const isNamed =
    env.OTEL_SERVICE_NAME || /(^|,)\s*service\.name=/.test(env.OTEL_RESOURCE_ATTRIBUTES ?? '');
  const node = new NodeSDK({
    ...(!isNamed && { serviceName: SCOPE }),
    metricReaders: exporters.metrics === 'none' ? [] : [await metricReader(exporters, metrics)],
  });
  node.start();
  return {
    trace: exporters.traces === 'none' ? undefined : tracer(trace.getTracerProvider()),
    stop: () => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_MS).unref());
      return Promise.race([node.shutdown(), late]).catch(() => {});
    },
  };
}

function tracer(provider: TracerProvider): Trace {
  const spans = provider.getTracer(SCOPE);
  return ({ id, method, route, path, status, milliseconds, headers, modelVersion }) => {
    const endTime = Date.now();
    const isGrpc = method === 'GRPC';
    const attributes = {
      ...(isGrpc
        ? { 'rpc.system': 'grpc', 'rpc.method': path.slice(1) }
        : { 'http.request.method': method, 'url.path': path }),
      'http.response.status_code': status,
      ...(route !== undefined && { 'http.route': route }),
      ...(modelVersion !== undefined && { 'adscale.model_version': modelVersion }),
      'adscale.request_id': id,
    };
    const name = isGrpc ? path.slice(1) : route === undefined ? method : `${method} ${route}`;
    const startTime = endTime - milliseconds;
    const parent = propagation.extract(ROOT_CONTEXT, headers);
    const span = spans.startSpan(name, { kind: SpanKind.SERVER, startTime, attributes }, parent);
    // A client's mistake is no error of the server's span.
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endTime);
    return span.spanContext();
  };
}

/** The SDK's own reader from the environment takes no metrics that are there already, hence this one. */
async function metricReader(exporters: Exporters, metrics: () => readonly Metric[]) {
  const { env } = process;
  return new sdk.PeriodicExportingMetricReader({
    exporter: await metricExporter(exporters.metrics),
    ...periodOf(Number(env.OTEL_METRIC_EXPORT_INTERVAL), Number(env.OTEL_METRIC_EXPORT_TIMEOUT)),
    metricProducers: [metricProducer(SCOPE, metrics)],
  });
}

/** By the protocol's defaults: every minute, each for half a minute at most and never longer than that. */
function periodOf(interval: number, timeout: number) {
  const exportIntervalMillis = interval > 0 ? interval : 60_000;
  const exportTimeoutMillis = Math.min(timeout > 0 ? timeout : 30_000, exportIntervalMillis);
  return { exportIntervalMillis, exportTimeoutMillis };
}

async function metricExporter(kind: Exporters['metrics']): Promise<sdk.PushMetricExporter> {
  if (kind === 'console') return new sdk.ConsoleMetricExporter();
  const { env } = process;
  const protocol = env.OTEL_EXPORTER_OTLP_METRICS_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL;
  const { OTLPMetricExporter } = await (protocol === 'grpc'
    ? import('@opentelemetry/exporter-metrics-otlp-grpc')
    : protocol === 'http/json'
      ? import('@opentelemetry/exporter-metrics-otlp-http')
      : import('@opentelemetry/exporter-metrics-otlp-proto'));
  return new OTLPMetricExporter();
}
