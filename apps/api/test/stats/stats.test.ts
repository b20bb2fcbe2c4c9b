import request from 'supertest';
import type { StatsAnswer } from '../../src/stats/stats-dto.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';

type RouteAnswer = StatsAnswer['routes'][number];

let api: RunningApp;

beforeEach(async () => {
  api = await runApp({ MODEL_DIR: await modelFolder() });
});
afterEach(() => api.close());

describe('GET /stats', () => {
  it('starts from nothing', async () => {
    const { body } = await api.get('/stats').expect(200);
    expect(body).toMatchObject({
      requests: 0,
      errors: 0,
      predictions: 0,
      average_predicted_ctr: null,
      predicted_ctr: { mean: null, p10: null, p50: null, p90: null, p99: null },
      predicted_ctr_by: {},
      cache: { hits: 0, misses: 0, hit_rate: 0, exact_key_hit_rate: null, size: 0 },
      latency_ms: { p50: 0, p99: 0 },
      windows: { '1m': { requests: 0, requests_per_second: 0, hit_rate: null } },
      counters: { requests_shed: 0, requests_rate_limited: 0 },
      processes: [{ pid: process.pid, in_flight: 1 }],
      uptime_seconds: expect.any(Number),
      model_version: expect.stringMatching(/./),
    });
  });

  it('is the truth about what was asked and answered', async () => {
    const records = [sample, sample, { ...sample, ad_position: 10 }, sample];
    const ctrs: number[] = [];
    for (const record of records) ctrs.push((await api.post(record)).body.predicted_ctr);
    await api.post({}).expect(422);
    await api.post('{').expect(400);
    await api.post('x', 'text/plain').expect(415);
    await api.get('/health/live').expect(200);
    await api.get('/nowhere').expect(404);
    await request(api.server).put('/predict_ctr').expect(405);

    const { body } = await api.get('/stats').expect(200);
    const mean = ctrs.reduce((sum, ctr) => sum + ctr, 0) / ctrs.length;
    expect(body).toMatchObject({
      requests: 7,
      predictions: 4,
      cache: { hits: 2, misses: 2, hit_rate: 0.5, size: 2 },
    });
    expect(body.average_predicted_ctr).toBeCloseTo(mean, 6);
    expect(body.latency_ms.p50).toBeGreaterThan(0);
    expect(body.latency_ms.p99).toBeGreaterThanOrEqual(body.latency_ms.p50);
    expect(body.uptime_seconds).toBeGreaterThan(0);
    expect(body.predicted_ctr.mean).toBeCloseTo(mean, 6);
    expect(body.predicted_ctr_by.device_type).toEqual({
      mobile: { predictions: 4, mean: expect.closeTo(mean, 6) },
    });
    expect(body.predicted_ctr_by.ad_position).toMatchObject({
      1: { predictions: 3, mean: expect.closeTo(ctrs[0], 6) },
      10: { predictions: 1, mean: expect.closeTo(ctrs[2], 6) },
    });
    expect(body.windows['1m']).toMatchObject({ requests: 7, predictions: 4, hit_rate: 0.5 });
    const route = (method: string, path: string) =>
      body.routes.find((each: RouteAnswer) => each.method === method && each.path === path);
    expect(route('POST', '/predict_ctr').statuses).toEqual({ 200: 4, 400: 1, 415: 1, 422: 1 });
    expect(route('GET', '/health/live').statuses).toEqual({ 200: 1 });
    expect(route('*', '(no route)').statuses).toEqual({ 404: 1, 405: 1 });
    expect(body.models).toHaveLength(1);
    expect(body.models[0]).toMatchObject({
      version: body.model_version,
      served: { predictions: 4 },
      shadow: { predictions: 0, mean_difference: null },
    });
  });

  it('tells what an exact key would have found, beside what the cell key found', async () => {
    for (let i = 0; i < 40; i++) await api.post({ ...sample, budget: 2500 + (i % 20) / 100 });
    const { cache } = (await api.get('/stats').expect(200)).body;
    // 20 of the 40 were there before, cent for cent; by cell, all but very few.
    expect(cache.exact_key_hit_rate).toBeCloseTo(0.5, 1);
    expect(cache.hit_rate).toBeGreaterThan(0.9);
  });
});

describe('GET /stats/stream', () => {
  it('sends the figures as events, again and again, until its client leaves', async () => {
    const { port } = api.server.address() as { port: number };
    const leaving = new AbortController();
    const { headers, body } = await fetch(`http://127.0.0.1:${port}/stats/stream`, {
      signal: leaving.signal,
    });
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events: StatsAnswer[] = [];
    let text = '';
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const parts = text.split('\n\n');
      text = parts.pop()!;
      for (const part of parts) {
        const data = part.split('\n').find((line) => line.startsWith('data: '));
        if (data !== undefined) events.push(JSON.parse(data.slice('data: '.length)));
      }
      if (events.length === 1 && events[0].predictions === 0) await api.post(sample).expect(200);
      if (events.length >= 2) break;
    }
    leaving.abort();
    expect(events.map(({ predictions }) => predictions)).toEqual([0, 1]);
  });
});

describe('GET /metrics', () => {
  it('says the same as /stats, in the words of Prometheus', async () => {
    for (let i = 0; i < 5; i++) await api.post(sample).expect(200);
    await api.post({}).expect(422);
    const { headers, text } = await api.get('/metrics').expect(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const { model_version: version } = (await api.get('/stats')).body;
    const label = 'method="POST",route="/predict_ctr"';
    for (const line of [
      '# TYPE http_requests_total counter',
      `http_requests_total{${label},status="200"} 5`,
      `http_requests_total{${label},status="422"} 1`,
      '# TYPE http_request_duration_seconds histogram',
      `http_request_duration_seconds_bucket{${label},le="+Inf"} 6`,
      `http_request_duration_seconds_count{${label}} 6`,
      'adscale_predictions_total 5',
      'adscale_cache_hits_total 4',
      'adscale_cache_misses_total 1',
      'adscale_requests_shed_total 0',
      `adscale_model_predictions_total{version="${version}"} 5`,
      `adscale_model_info{version="${version}"} 1`,
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    const buckets = [
      ...text.matchAll(/_bucket\{method="POST",route="\/predict_ctr",le="[^"]*"\} (\d+)/g),
    ];
    const counts = buckets.map(([, count]) => Number(count));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    // Each metric is described once, and every name keeps to the format's rules.
    const described = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(described).size).toBe(described.length);
    expect(described.every((name) => /^[a-z_:][a-z0-9_:]*$/.test(name))).toBe(true);
  });
});
