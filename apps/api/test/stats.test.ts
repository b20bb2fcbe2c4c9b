import request from 'supertest';
import { type RunningApp, runApp, sample } from './running-app.js';
import { modelFolder } from './trained-models.js';

let api: RunningApp;

beforeEach(async () => {
  api = await runApp({ MODEL_DIR: await modelFolder() });
});
afterEach(() => api.close());

describe('GET /stats', () => {
  it('starts from nothing', async () => {
    const { body } = await api.get('/stats').expect(200);
    expect(body).toEqual({
      requests: 0,
      predictions: 0,
      average_predicted_ctr: null,
      cache: { hits: 0, misses: 0, hit_rate: 0, size: 0 },
      latency_ms: { p50: 0, p99: 0 },
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
  });
});
