import { EventEmitter, once } from 'node:events';
import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GrpcClient } from '../grpc/client.js';
import { sample } from '../running-app.js';
import { Service } from '../service-process.js';
import { modelFolder } from '../trained-models.js';
import { within } from '../wait-for.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- OTLP in JSON is what it is */

/** Tells at the end which packages of these owners the process has loaded. */
const TELL_LOADED = `
  import fs from 'node:fs';
  import Module from 'node:module';
  process.on('exit', () => {
    const packages = Object.keys(Module._cache)
      .map((path) => /.*node_modules.(@(opentelemetry|grpc).[^/\\\\]+)/.exec(path)?.[1])
      .filter((name) => name !== undefined);
    fs.writeSync(1, JSON.stringify({ msg: 'loaded', packages: [...new Set(packages)] }) + '\\n');
  });`;

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const sampled = `00-${traceId}-${parentId}-01`;

/** What OTLP over HTTP sends to. */
class Collector {
  readonly requests: { path: string; headers: IncomingHttpHeaders; body: Buffer }[] = [];
  private readonly news = new EventEmitter();
  private readonly server: Server;

  constructor() {
    this.server = createServer(async (request, response) => {
      const chunks = await request.toArray();
      const { url: path, headers } = request;
      this.requests.push({ path: path!, headers, body: Buffer.concat(chunks) });
      response.setHeader('content-type', headers['content-type']!).end();
      this.news.emit('news');
    });
  }

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close().closeAllConnections();
  }

  /** Waits for something sent, in JSON, to be wanted. */
  async find<T>(what: string, wanted: () => T | undefined): Promise<T> {
    for (;;) {
      const found = wanted();
      if (found !== undefined) return found;
      await within(what, once(this.news, 'news'));
    }
  }

  sent(path: string): any[] {
    const bodies = this.requests.filter((request) => request.path === path);
    return bodies.map(({ body }) => JSON.parse(String(body)));
  }

  spans(): any[] {
    const scopes = this.sent('/v1/traces').flatMap(({ resourceSpans }) => resourceSpans);
    return scopes.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }: any) => spans));
  }
}

const attributesOf = ({ attributes }: any): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }: any) => [key, Object.values(value)[0]]));

async function predict(service: Service, headers: object = {}, body: unknown = sample) {
  const answer = await fetch(`http://127.0.0.1:${service.port}/predict_ctr`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
  await answer.arrayBuffer();
  return answer;
}

/** Gives the packages that were loaded, in whichever thread of the process. */
async function leave(service: Service): Promise<string[]> {
  service.kill('SIGTERM');
  expect(await service.ended()).toEqual([0, null]);
  const told = service.lines.filter((line) => line.includes('"msg":"loaded"'));
  expect(told.length).toBeGreaterThan(0);
  return told.flatMap((line) => JSON.parse(line).packages);
}

describe('a service without telemetry', () => {
  it('loads nothing of it, nor of gRPC, and names the trace of its client in the log', async () => {
    const service = new Service({ MODEL_DIR: await modelFolder() }, TELL_LOADED);
    await service.up();
    await predict(service, { traceparent: sampled });
    await predict(service, { traceparent: '00-what"ever' });
    const packages = await leave(service);
    // Which prom-client brings.
    expect(packages).toEqual(['@opentelemetry/api']);
    const lines = service.lines.map((line) => JSON.parse(line));
    const requests = lines.filter(({ msg }) => msg === 'request');
    expect(requests[0]).toMatchObject({ trace_id: traceId, traceparent: sampled, status: 200 });
    expect(requests[0]).not.toHaveProperty('span_id');
    expect(requests[1]).not.toHaveProperty('traceparent');
    expect(requests[1]).not.toHaveProperty('trace_id');
  });

  it('says which variable is wrong', async () => {
    const service = new Service({ OTEL_TRACES_EXPORTER: 'jaeger' });
    expect(await service.ended()).toEqual([2, null]);
    expect(service.errors).toContain('OTEL_TRACES_EXPORTER: got "jaeger", wanted one of otlp');
  });
});

describe('a service with telemetry', () => {
  let collector: Collector;
  let endpoint: string;
  beforeEach(async () => {
    collector = new Collector();
    endpoint = await collector.listen();
  });
  afterEach(() => collector.close());

  it('sends a span for each request, and its figures, the last ones when it leaves', async () => {
    const service = new Service(
      {
        MODEL_DIR: await modelFolder(),
        GRPC_PORT: '0',
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_SERVICE_NAME: 'ads',
        OTEL_BSP_SCHEDULE_DELAY: '50',
      },
      TELL_LOADED,
    );
    await service.up();
    const first = await predict(service, { traceparent: sampled, 'x-request-id': 'bid-17' });
    const span = await collector.find('the first span', () => collector.spans()[0]);
    expect(span).toMatchObject({
      ...{ name: 'POST /predict_ctr', kind: 2, traceId, parentSpanId: parentId },
    });
    expect(attributesOf(span)).toEqual({
      'http.request.method': 'POST',
      'http.route': '/predict_ctr',
      'http.response.status_code': 200,
      'url.path': '/predict_ctr',
      'adscale.model_version': first.headers.get('x-model-version'),
      'adscale.request_id': 'bid-17',
    });
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
    const [{ resourceSpans }] = collector.sent('/v1/traces');
    expect(attributesOf(resourceSpans[0].resource)).toMatchObject({ 'service.name': 'ads' });

    // The client says that its trace is not recorded.
    await predict(service, { traceparent: sampled.replace(/1$/, '0'), 'x-request-id': 'not' });
    await predict(service, { 'x-request-id': 'wrong' }, {});
    await service.status('/health/ready');
    await service.status('/nowhere');
    const { grpc_port } = await service.logged('AdScale is up');
    const client = new GrpcClient(Number(grpc_port));
    await client.call('ServerMetadata', {}, { traceparent: sampled });
    client.close();
    const packages = await leave(service);
    expect(packages).toContain('@opentelemetry/sdk-node');

    const spans = collector.spans().slice(1);
    const named = Object.fromEntries(spans.map((each) => [each.name, each]));
    expect(Object.keys(named).sort()).toEqual([
      'GET',
      'POST /predict_ctr',
      'inference.GRPCInferenceService/ServerMetadata',
    ]);
    expect(attributesOf(named['POST /predict_ctr'])).toMatchObject({
      'adscale.request_id': 'wrong',
      'http.response.status_code': 422,
    });
    expect(named['POST /predict_ctr'].parentSpanId).toBeUndefined();
    const call = named['inference.GRPCInferenceService/ServerMetadata'];
    expect(call).toMatchObject({ traceId, parentSpanId: parentId });
    const lines = service.lines.map((line) => JSON.parse(line));
    const lineOf = (id: string) => lines.find(({ request_id }) => request_id === id);
    expect(lineOf('bid-17')).toMatchObject({ trace_id: traceId, span_id: span.spanId });
    expect(lineOf('wrong').trace_id).toBe(named['POST /predict_ctr'].traceId);
    expect(lineOf('not').trace_id).toBe(traceId);

    const metrics = collector
      .sent('/v1/metrics')
      .flatMap(({ resourceMetrics }) => resourceMetrics[0].scopeMetrics)
      .flatMap((scope) => scope.metrics);
    const requests = metrics.find(({ name }) => name === 'http_requests_total').sum;
    const counted = requests.dataPoints.map((point: any) => [
      attributesOf(point)['http.route'],
      Number(attributesOf(point)['http.response.status_code']),
      point.asDouble,
    ]);
    expect(counted).toContainEqual(['/predict_ctr', 200, 2]);
    expect(counted).toContainEqual(['/predict_ctr', 422, 1]);
    const took = metrics.find(({ name }) => name === 'http_request_duration_seconds').histogram;
    const point = took.dataPoints.find(
      (one: any) => attributesOf(one)['http.route'] === '/predict_ctr',
    );
    expect(Number(point.count)).toBe(3);
    const total = point.bucketCounts.reduce((sum: number, n: unknown) => sum + Number(n), 0);
    expect(total).toBe(3);
  });

  it('sends protobuf unless told otherwise, and leaves in time when nobody takes it', async () => {
    const environment = { MODEL_DIR: await modelFolder(), OTEL_TRACES_SAMPLER: 'always_on' };
    const service = new Service({ ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    await service.up();
    await predict(service);
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([0, null]);
    const [traces] = collector.requests.filter(({ path }) => path === '/v1/traces');
    expect(traces.headers['content-type']).toBe('application/x-protobuf');
    expect(traces.body.includes('POST /predict_ctr')).toBe(true);
    expect(traces.body.includes('adscale-api')).toBe(true);

    collector.close();
    const alone = new Service({ ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    await alone.up();
    expect((await predict(alone)).status).toBe(200);
    alone.kill('SIGTERM');
    expect(await alone.ended()).toEqual([0, null]);
  });
});
