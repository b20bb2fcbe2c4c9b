import { ConfigError } from '../../src/config.js';
import { readExporters } from '../../src/telemetry/exporters.js';
import { metricProducer } from '../../src/telemetry/metric-producer.js';
import { traceContextOf } from '../../src/telemetry/trace-context.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const valid = `00-${traceId}-b7ad6b7169203331-01`;

describe('traceparent', () => {
  it('names the trace, in the version of today and in later ones', () => {
    expect(traceContextOf({ traceparent: valid })).toEqual({ traceparent: valid, traceId });
    const later = valid.replace(/^00/, '01');
    const found = { traceparent: later, traceId };
    expect(traceContextOf({ traceparent: later })).toEqual(found);
    expect(traceContextOf({ traceparent: `${later}-"what\n` })).toEqual(found);
  });

  it.each([
    undefined,
    '',
    valid.toUpperCase(),
    valid.replace(/^00/, 'ff'),
    `${valid}-more`,
    valid.slice(1),
    valid.replace(traceId, '0'.repeat(32)),
    valid.replace('b7ad6b7169203331', '0'.repeat(16)),
    `01${valid.slice(2)}x`,
    `01${valid.slice(2)}-${'x'.repeat(300)}`,
  ])('%s says nothing', (traceparent) => {
    expect(traceContextOf({ traceparent })).toBeUndefined();
  });
});

describe('exporters', () => {
  const endpoint = 'http://127.0.0.1:4318';

  it.each([
    [{}, 'none', 'none'],
    [{ OTEL_SERVICE_NAME: 'ads', OTEL_TRACES_SAMPLER: 'always_on' }, 'none', 'none'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, 'otlp', 'otlp'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }, 'otlp', 'none'],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint }, 'none', 'otlp'],
    [{ OTEL_TRACES_EXPORTER: 'console' }, 'console', 'none'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_METRICS_EXPORTER: 'none' }, 'otlp', 'none'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: 'TRUE' }, 'none', 'none'],
  ])('by %j send traces to %s and metrics to %s', (environment, traces, metrics) => {
    expect(readExporters(environment)).toEqual({ traces, metrics });
  });

  it('that are unknown are refused, all at once', () => {
    const environment = {
      OTEL_TRACES_EXPORTER: 'jaeger',
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http',
    };
    expect(() => readExporters(environment)).toThrow(
      new ConfigError(
        'OTEL_TRACES_EXPORTER: got "jaeger", wanted one of otlp, console, zipkin, none\n' +
          'OTEL_EXPORTER_OTLP_PROTOCOL: got "http", wanted one of http/protobuf, http/json, grpc\n' +
          'OTEL_METRICS_EXPORTER: got "prometheus", wanted one of otlp, console, none',
      ),
    );
  });
});

describe('metrics that are there already', () => {
  it('keep their numbers, and buckets that count up become buckets that count between', async () => {
    const labels = { method: 'POST', route: '/predict_ctr' };
    const bucket = (le: number | string, value: number) => ({
      ...{ metricName: 'took_seconds_bucket', labels: { ...labels, le }, value },
    });
    const sum = { metricName: 'took_seconds_sum', labels, value: 1.5 };
    const count = { metricName: 'took_seconds_count', labels, value: 9 };
    const samples = [bucket(0.1, 2), bucket(0.5, 7), bucket('+Inf', 9), sum, count];
    const one = [{ labels: { status: 200 }, value: 3 }];
    const { resourceMetrics } = await metricProducer('api', () => [
      { name: 'took_seconds', help: 'Time.', type: 'histogram', samples },
      { name: 'asked_total', help: 'Asked.', type: 'counter', samples: one },
      { name: 'held', help: 'Held.', type: 'gauge', samples: [{ value: 4 }] },
    ]).collect();
    const [took, asked, held] = resourceMetrics.scopeMetrics[0].metrics;
    expect(took).toMatchObject({
      descriptor: { name: 'took_seconds', unit: 's' },
      dataPoints: [
        {
          attributes: { 'http.request.method': 'POST', 'http.route': '/predict_ctr' },
          value: { buckets: { boundaries: [0.1, 0.5], counts: [2, 5, 2] }, sum: 1.5, count: 9 },
        },
      ],
    });
    expect(asked).toMatchObject({
      isMonotonic: true,
      dataPoints: [{ attributes: { 'http.response.status_code': 200 }, value: 3 }],
    });
    expect(held).toMatchObject({ dataPoints: [{ attributes: {}, value: 4 }] });
  });
});
