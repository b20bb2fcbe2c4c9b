import { setImmediate } from 'node:timers/promises';
import request from 'supertest';
import { runApp, sample } from '../running-app.js';
import { Service } from '../service-process.js';
import { describeEngines } from '../store/engines.js';
import { temporaryStore } from '../store/temporary.js';
import { modelFolder } from '../trained-models.js';
import { waitFor } from '../wait-for.js';

const PERIOD = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
const ROWS = 40;

/** Outcomes of a body, known again by their campaign. */
function bodyOf(number: number, rows = ROWS): object[] {
  return Array.from({ length: rows }, (_, i) => ({
    ...{ record: sample, period: PERIOD, impressions: 10, clicks: 1 },
    ...{ key: `${number} ${i}`, campaign: `body ${number}` },
  }));
}

/** How many outcomes are kept of each body. */
async function keptBy(port: number): Promise<Map<string, number>> {
  return waitFor('the outcomes', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/outcomes?from=${PERIOD}`);
    if (answer.status === 503) return undefined;
    const lines = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const cells = lines.slice(0, -1) as { campaign: string; rows: number }[];
    return new Map(cells.map(({ campaign, rows }) => [campaign, rows]));
  }).then((found) => found!);
}

/** The same sequence for everybody: how far it gets before it is ended. */
const ACKNOWLEDGED = [1, 3, 0, 6];

describeEngines('outcomes that were acknowledged', (engine) => {
  it('are there after kill -9 at any point, and a body is there as a whole or not at all', async () => {
    const environment = { MODEL_DIR: await modelFolder(), OUTCOMES_URL: engine.newUrl() };
    const acknowledged = new Set<string>();
    let number = 0;
    for (const [round, wanted] of ACKNOWLEDGED.entries()) {
      const service = await new Service(environment).up();
      const post = async () => {
        const body = JSON.stringify(bodyOf(number++));
        const headers = { 'content-type': 'application/json' };
        const url = `http://127.0.0.1:${service.port}/outcomes`;
        const answer = await fetch(url, { method: 'POST', headers, body });
        if (answer.status === 200) acknowledged.add(JSON.parse(body)[0].campaign);
        return answer.status;
      };
      for (let i = 0; i < wanted; i++) {
        await waitFor('the store to take outcomes', async () => (await post()) === 200);
      }
      // Several under way, and the end somewhere in the middle of them.
      const last = Array.from({ length: 4 }, () => post().catch(() => 0));
      for (let turn = 0; turn < 5 * round; turn++) await setImmediate();
      service.kill('SIGKILL');
      await Promise.all(last);
      await service.ended();
    }
    const service = await new Service(environment).up();
    const kept = await keptBy(service.port);
    service.kill('SIGKILL');
    await service.ended();
    for (const campaign of acknowledged)
      expect([campaign, kept.get(campaign)]).toEqual([campaign, ROWS]);
    expect(new Set(kept.values())).toEqual(new Set([ROWS]));
    expect(acknowledged.size).toBeGreaterThanOrEqual(10);
  });

  const { server } = engine;
  if (server === undefined) return;

  it('are there after the database was killed; meanwhile only outcomes are refused', async () => {
    const api = await runApp({ MODEL_DIR: await modelFolder(), OUTCOMES_URL: engine.newUrl() });
    const post = (number: number) => request(api.server).post('/outcomes').send(bodyOf(number));
    await post(1).expect(200);
    await server.kill();
    const { body, headers } = await post(2).expect(503);
    expect(body).toMatchObject({ code: 'OUTCOMES_UNAVAILABLE' });
    expect(headers['retry-after']).toBe('5');
    await api.post(sample).expect(200);
    await api.get('/health/ready').expect(200);
    await server.resume();
    await waitFor('outcomes to be taken again', async () => (await post(2)).status === 200);
    const { port } = api.server.address() as { port: number };
    expect(await keptBy(port)).toEqual(new Map([1, 2].map((number) => [`body ${number}`, ROWS])));
    await api.close();
  });
});

describe('a disk that is full', () => {
  it('is a 503 for outcomes and nothing else, and what was kept stays', async () => {
    const environment = { OUTCOMES_URL: temporaryStore(), OUTCOMES_MAX_BYTES: '400000' };
    const api = await runApp({ MODEL_DIR: await modelFolder(), ...environment });
    let status = 200;
    let kept = 0;
    for (let number = 0; status === 200; number++) {
      const answer = await request(api.server).post('/outcomes').send(bodyOf(number, 200));
      ({ status } = answer);
      if (status === 200) kept += 200;
      else expect(answer.body.code).toBe('OUTCOMES_UNAVAILABLE');
    }
    expect(kept).toBeGreaterThan(0);
    const { headers } = await api.post(sample).expect(200);
    expect(headers).toHaveProperty('x-prediction-id');
    await api.get('/health/ready').expect(200);
    const { body } = await api.get('/outcomes/summary').expect(200);
    expect(body).toMatchObject({
      open: kept,
      store: { last_error: { reason: expect.stringContaining('SQLITE_FULL') } },
    });
    await api.close();
  });
});

it('a stream that is broken off has kept what was written, and can be sent again', async () => {
  const api = await runApp({ MODEL_DIR: await modelFolder() });
  const { port } = api.server.address() as { port: number };
  const lines = bodyOf(1, 3000).map((outcome) => `${JSON.stringify(outcome)}\n`);
  const { request: ask } = await import('node:http');
  const headers = { 'content-type': 'application/x-ndjson' };
  const sent = ask({ port, host: '127.0.0.1', path: '/outcomes', method: 'POST', headers });
  sent.on('error', () => {});
  sent.write(lines.slice(0, 2500).join(''));
  const some = await waitFor('some of them', async () => (await keptBy(port)).get('body 1'));
  const closed = new Promise((resolve) => sent.once('close', resolve));
  sent.destroy();
  await closed;
  expect(some).toBeLessThanOrEqual(2500);
  const again = request(api.server).post('/outcomes').set('content-type', headers['content-type']);
  const { body } = await again.send(lines.join('')).expect(200);
  expect(body).toMatchObject({ accepted: 3000, failed: 0 });
  expect(body.unchanged).toBeGreaterThanOrEqual(some!);
  expect(await keptBy(port)).toEqual(new Map([['body 1', 3000]]));
  await api.close();
});
