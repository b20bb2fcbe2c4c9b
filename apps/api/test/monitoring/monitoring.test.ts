import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Logger } from 'pino';
import request from 'supertest';
import { signedHeaders } from '../../src/alerts/signature.js';
import type { MonitoringAnswer } from '../../src/monitoring/monitoring-dto.js';
import { openStore } from '../../src/storage/open.js';
import type { ServiceStore } from '../../src/storage/queries.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { describeEngines } from '../store/engines.js';
import { temporaryStore } from '../store/temporary.js';
import { modelFolder } from '../trained-models.js';
import { waitFor, within } from '../wait-for.js';
import { dayAfter, keep } from './traffic.js';

const logger = { info() {}, warn() {}, error() {} } as unknown as Logger;
const today = new Date().toISOString().slice(0, 10);
const [START, DRIFT] = [dayAfter(today, -21), dayAfter(today, -14)];

let api: RunningApp;
let store: ServiceStore | undefined;
let version: string;

async function start(environment: Record<string, string>): Promise<void> {
  api = await runApp({ MODEL_DIR: await modelFolder(), ...environment });
  version = (await api.get('/stats')).body.model_version;
}

/** Three weeks of outcomes, in the last two of which mobiles click less. */
async function outcomes(url: string): Promise<void> {
  store = openStore(url, logger);
  await keep(store, { model: version, from: START, days: 7 }, Date.now() - 1);
  const factors = { mobile: 0.8 };
  await keep(store, { model: version, from: DRIFT, days: 14, factors }, Date.now());
}

afterEach(async () => {
  await api.close();
  await store?.close();
  store = undefined;
});

describeEngines('monitoring', (engine) => {
  beforeEach(async () => {
    const url = engine.newUrl();
    await start({ OUTCOMES_URL: url, MONITORING_PRICES: 'cpc=0.5' });
    await outcomes(url);
  });

  it('says what came of the predictions, and what is off, in words and in money', async () => {
    const { body, headers } = await api.get('/monitoring').expect(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({
      ...{ to: today, young: 'correct', alpha: 0.05, model: null },
      overall: { rows: 252, impressions: 1_260_000 },
      models: [{ model_version: version, rows: 252 }],
      causes: [{ segment: 'device_type = mobile', since: DRIFT }],
      ...{ alerts: [], deliveries: { waiting: 0, abandoned: 0, last_reason: null } },
    });
    expect(body.days).toHaveLength(21);
    expect(body.findings[0]).toMatch(/^device_type = mobile: 20 % fewer clicks than expected/);
    const [{ gain }] = body.causes;
    expect(gain.money.value).toBeCloseTo(0.5 * gain.clicks.value, 6);
    expect(gain.clicks.value).toBeCloseTo(-0.2 * 14 * 4 * 5000 * 0.03, 6);
  });

  it('tells every segment, and prices as they are asked', async () => {
    const { body } = await api.get('/monitoring/segments?value=2').expect(200);
    expect(body).toMatchObject({
      model_version: version,
      looked_at: { single: expect.any(Number) },
    });
    const off = body.segments.find(({ segment }: { segment: string }) =>
      segment.endsWith('mobile'),
    );
    expect(off).toMatchObject({ off: true, parts: [{ feature: 'device_type', value: 'mobile' }] });
    const [{ gain }] = body.by_money;
    expect(gain.money.value).toBeCloseTo(2 * gain.clicks.value, 6);
  });

  it('tells how campaigns did against the forecast, and what changed', async () => {
    const { body } = await api.get('/monitoring/effectiveness').expect(200);
    expect(body.campaigns).toHaveLength(4);
    expect(body.campaigns[0]).toMatchObject({ impressions: 315_000, cpc: 0.5 });
    expect(body.days[0]).toMatchObject({ value: START, factor: 1 });
    const { by } = body.change;
    for (const change of Object.values<{ change: number; mix: number; rate: number }>(by)) {
      expect(change.mix + change.rate).toBeCloseTo(change.change, 12);
    }
  });

  it('tells days one by one, of as many as are asked', async () => {
    const { body } = await api.get(`/monitoring/history?from=${DRIFT}&model=${version}`);
    expect(body).toMatchObject({ from: DRIFT, model: version });
    expect(body.days.map(({ day }: { day: string }) => day)).toEqual(
      Array.from({ length: 14 }, (_, day) => dayAfter(DRIFT, day)),
    );
    // It serves, but had no outcomes in these days.
    const early = `to=2020-01-31&from=2020-01-01&model=${version}`;
    expect((await api.get(`/monitoring/history?${early}`).expect(200)).body.days).toEqual([]);
    for (const path of ['', '/segments', '/effectiveness', '/history']) {
      const none = await api.get(`/monitoring${path}?model=none`).expect(404);
      expect(none.body.code).toBe('MODEL_VERSION_UNKNOWN');
    }
  });

  it('knows what came since it was last asked', async () => {
    expect((await api.get('/monitoring')).body.overall.rows).toBe(252);
    const more = { model: version, from: dayAfter(START, -1), days: 1 };
    await keep(store!, more, Date.now() + 1);
    await waitFor('the newer outcomes', async () => {
      const { body } = await api.get('/monitoring').expect(200);
      return body.overall.rows === 264;
    });
  });

  it('sends changes as events, and nothing while nothing changes', async () => {
    const { port } = api.server.address() as AddressInfo;
    const leaving = new AbortController();
    const { headers, body } = await fetch(`http://127.0.0.1:${port}/monitoring/stream`, {
      signal: leaving.signal,
    });
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events: MonitoringAnswer[] = [];
    let rest = '';
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      rest += chunk;
      const parts = rest.split('\n\n');
      rest = parts.pop()!;
      const data = parts.filter((part) => part.startsWith('data: '));
      events.push(...data.map((part) => JSON.parse(part.slice('data: '.length))));
      if (events.length === 1) {
        const more = { model: version, from: dayAfter(START, -1), days: 1 };
        await keep(store!, more, Date.now() + 1);
      }
      if (events.length >= 2) break;
    }
    leaving.abort();
    expect(events.map(({ overall }) => overall.rows)).toEqual([252, 264]);
  });
});

describe('monitoring', () => {
  it('judges outcomes of today, and says that how they grow is not known', async () => {
    const url = temporaryStore();
    await start({ OUTCOMES_URL: url });
    store = openStore(url, logger);
    await keep(store, { model: version, from: today, days: 1, factors: { mobile: 0.1 } }, 1);
    const { body } = await api.get('/monitoring').expect(200);
    expect(body).toMatchObject({
      overall: { impressions: 60_000 },
      ...{ days: [{ day: today }], left_out: { days: 0, impressions: 0 } },
    });
    expect(body.overall.factor).toBeLessThan(0.7);
    expect(body.findings).toContain(
      'how counts grow is not known yet: young days are taken as they are',
    );
  });

  it.each(['', '/segments', '/effectiveness', '/history'])(
    'refuses what it cannot answer: /monitoring%s',
    async (path) => {
      await start({});
      const { body } = await api.get(`/monitoring${path}?from=2026-13-01&price=2`).expect(422);
      expect(body).toMatchObject({ code: 'INVALID_QUERY' });
      expect(body.errors.map(({ field }: { field: string }) => field)).toEqual(['from', 'price']);
    },
  );

  it('has nothing to say before the first outcomes', async () => {
    await start({});
    const { body } = await api.get('/monitoring').expect(200);
    expect(body).toMatchObject({ causes: [], models: [], days: [], overall: { rows: 0 } });
    expect((await api.get('/monitoring/effectiveness').expect(200)).body.change).toBeNull();
  });

  it('tells inputs beyond what the model was trained with, though no day is unlike another', async () => {
    await start({});
    const extreme = Array.from({ length: 400 }, (_, i) => ({
      record: { ...sample, budget: 5e7 + 1e5 * (i % 40) },
      ...{ period: dayAfter(today, -1 - (i % 14)), key: String(i), impressions: 100, clicks: 5 },
    }));
    const { body: taken } = await request(api.server).post('/outcomes').send(extreme).expect(200);
    expect(taken).toMatchObject({ new: 400 });
    let tries = 0;
    await waitFor('the sign of what is extrapolated', async () => {
      // Each time another question: an answer that knows all outcomes would be given again.
      const { body } = await api.get(`/monitoring?alpha=0.0${50 + tries++}`).expect(200);
      return body.findings.some((finding: string) =>
        finding.startsWith('budget is beyond what the model was trained with in 100 % of'),
      );
    });
  });

  it('is off with outcomes, and predictions go on', async () => {
    await start({ OUTCOMES_URL: 'off' });
    for (const path of ['', '/segments', '/effectiveness', '/history', '/stream']) {
      const { body } = await api.get(`/monitoring${path}`).expect(409);
      expect(body.code).toBe('OUTCOMES_OFF');
    }
    await api.post(sample).expect(200);
  });

  it('says so while the store cannot be used, and predictions go on', async () => {
    // A folder where the file should be.
    const url = temporaryStore().replace(/\/[^/]+$/, '');
    await start({ OUTCOMES_URL: url });
    const { body } = await api.get('/monitoring').expect(503);
    expect(body.code).toBe('OUTCOMES_UNAVAILABLE');
    await api.post(sample).expect(200);
    expect((await api.get('/metrics')).text).toContain('\nadscale_outcomes_store_up 0\n');
  });

  it('sends signed alerts by itself, and tells of them', async () => {
    const received: { headers: Record<string, unknown>; body: string }[] = [];
    const receiver = createServer(async (request, response) => {
      received.push({ headers: request.headers, body: await text(request) });
      response.end();
      receiver.emit('told');
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const told = once(receiver, 'told');
    const url = temporaryStore();
    await start({
      ...{ OUTCOMES_URL: url, MONITORING_SECONDS: '1', ALERT_WEBHOOK_SECRET: 'secret' },
      ALERT_WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
    });
    await outcomes(url);
    await within('an alert', told);
    receiver.close();
    const [{ headers, body }] = received;
    const id = String(headers['webhook-id']);
    const at = Number(headers['webhook-timestamp']) * 1000;
    expect(headers).toMatchObject(signedHeaders('secret', id, at, body));
    const { type, data } = JSON.parse(body);
    expect([type, data.name, data.model_version]).toEqual([
      ...['alert.firing', 'device_type = mobile', version],
    ]);
    const { alerts } = (await api.get('/monitoring').expect(200)).body;
    expect(alerts).toEqual([expect.objectContaining({ id: data.id, state: 'firing' })]);
    await waitFor('the gauge', async () => {
      const { text: metrics } = await api.get('/metrics');
      return metrics.includes('adscale_alert_firing{kind="segment",cause="device_type = mobile"');
    });
  });
});
