import { createHash, randomBytes } from 'node:crypto';
import { Registry, defaultSchema } from '@adscale/ctr';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import request from 'supertest';
import { packed } from '../../src/decision-log/content.js';
import { ModelFollower } from '../../src/model/follower.js';
import { openStore } from '../../src/storage/open.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { describeEngines } from '../store/engines.js';
import { modelFolder, trainModel } from '../trained-models.js';

let folder: string;
beforeAll(async () => (folder = await modelFolder()));

const apps: RunningApp[] = [];
afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

async function start(url: string, settings: Record<string, string> = {}): Promise<RunningApp> {
  const environment = { MODEL_DIR: folder, OUTCOMES_URL: url, DECISION_LOG: 'on', ...settings };
  const api = await runApp(environment);
  apps.push(api);
  return api;
}

const post = ({ server }: RunningApp, path: string, body: object) =>
  request(server).post(path).send(body);

const devices = ['mobile', 'desktop', 'tablet'];
const ranking = {
  candidates: devices.map((device_type) => ({
    id: device_type,
    record: { ...sample, device_type },
    value_per_click: 0.5,
  })),
};
const DAY_MS = 86_400_000;
const dayAt = (at: number) => new Date(at).toISOString().slice(0, 10);
const today = () => dayAt(Date.now());
const ID = 'dAAAAAAAAAAAAAAAA';

/** Decides, and waits until the decision is kept: the first may come before the store is open. */
async function decided(api: RunningApp, name: string, body: object) {
  await api.get('/decisions').expect(200);
  const answer = await post(api, `/${name}`, body).expect(200);
  return { id: answer.headers['x-decision-id'] as string, answer: answer.body };
}

interface Ranked {
  id: string;
  predicted_ctr: number;
}

describeEngines('decisions that were kept', (engine) => {
  it('are judged by outcomes of their entries’ records', async () => {
    const api = await start(engine.newUrl());
    const { id, answer } = await decided(api, 'rank', ranking);
    expect(id).toMatch(/^d[\w-]{16}$/);
    const first = (answer.candidates as Ranked[])[0];
    const outcomes = devices.map((device_type) => ({
      record: { ...sample, device_type, impressions: 40_000, budget: 9000 },
      period: today(),
      ...{ impressions: 20_000, clicks: device_type === first.id ? 200 : 3000, spend: 10.5 },
    }));
    const { body: receipt } = await post(api, '/outcomes', outcomes).expect(200);
    expect(receipt.accepted).toBe(3);
    const { body } = await api.get(`/decisions/${id}`).expect(200);
    expect(body).toMatchObject({ id, decision: 'rank', request: ranking, answer });
    expect(body.outcomes).toMatchObject({ matched_by: 'record', impressions: 60_000 });
    const entry = body.hindsight.entries.find((one: Ranked) => one.id === first.id);
    expect(entry).toMatchObject({ impressions: 20_000, clicks: 200, spend: 10.5, held: false });
    const best = body.hindsight.regret.best_in_hindsight;
    expect(best.split[0].id).not.toBe(first.id);
    expect(best.more.low).toBeGreaterThan(0);
  });

  it('are judged at the volume that came, and a right model is not blamed for another', async () => {
    const api = await start(engine.newUrl());
    const records = devices.map((device_type) => ({ ...sample, device_type }));
    const schedule = records.map((record) => ({
      ...{ impressions: 100_000, record: { ...record, impressions: 500, budget: 100 } },
    }));
    const { id } = await decided(api, 'forecast', { schedule });
    const { body: expected } = await post(api, '/predict_ctr/batch', records).expect(200);
    const outcomes = records.map((record, i) => ({
      ...{ record, period: today(), impressions: 100_000 },
      clicks: Math.round(100_000 * expected.predictions[i].predicted_ctr),
    }));
    await post(api, '/outcomes', outcomes).expect(200);
    const { body } = await api.get(`/decisions/${id}`).expect(200);
    const { entries, coverage } = body.hindsight;
    expect(coverage).toMatchObject({ judged: 3, held: 3 });
    entries.forEach((entry: { expected_clicks: number }, i: number) =>
      expect(Math.abs(entry.expected_clicks / outcomes[i].clicks - 1)).toBeLessThan(0.01),
    );
    expect(body.outcomes.assumptions.join()).toMatch(/but for impressions and budget/);
  });

  it('are judged by a week, or as long as is said, of outcomes that nobody else has named', async () => {
    const url = engine.newUrl();
    const at = Date.now() - 20 * DAY_MS;
    const api = await start(url);
    const { id: other, answer } = await decided(api, 'rank', ranking);
    const { body: experiment } = await post(api, '/experiments', {
      ...{ name: 'Blue button', arms: [{ name: 'plain' }, { name: 'blue' }] },
    });
    const store = openStore(url, pino({ level: 'silent' }));
    await new Promise<void>((resolve) => store.onOpen(resolve));
    const content = await packed(JSON.stringify(ranking), JSON.stringify(answer));
    const { model_version: model } = answer;
    await store.run('keepDecisions', [{ id: ID, name: 'rank', at, model, content }]);
    await store.close();

    const outcome = (after: number, impressions: number, arm?: string) => ({
      ...{ record: sample, period: dayAt(at + after * DAY_MS), impressions, clicks: 0, arm },
    });
    const outcomes = [
      ...[outcome(-1, 1), outcome(0, 10), outcome(6, 100), outcome(7, 1000), outcome(19, 10_000)],
      ...[outcome(1, 100_000, `${other}/mobile`), outcome(2, 200_000, `${ID}/nobody`)],
      ...[outcome(3, 400_000, experiment.arms[0].label), outcome(4, 5, 'summer/mobile')],
    ];
    const { body: receipt } = await post(api, '/outcomes', outcomes).expect(200);
    expect(receipt.accepted).toBe(outcomes.length);
    const told = async (query: string) =>
      (await api.get(`/decisions/${ID}?young=true${query}`).expect(200)).body.outcomes;
    const [from, week] = [dayAt(at), dayAt(at + 6 * DAY_MS)];
    expect(await told('')).toMatchObject({ from, to: week, impressions: 115 });
    expect(await told('&days=1')).toMatchObject({ from, to: from, impressions: 10 });
    expect(await told('&days=8')).toMatchObject({ impressions: 1115 });
    expect(await told(`&to=${today()}`)).toMatchObject({ to: today(), impressions: 11_115 });

    // Those that name it are its own, however late.
    await post(api, '/outcomes', [outcome(18, 7, `${ID}/mobile`)]).expect(200);
    const { to, impressions } = await told('');
    expect({ to, impressions }).toEqual({ to: today(), impressions: 7 });
    expect(await told('&days=7')).toMatchObject({ matched_by: 'record', impressions: 115 });
  });

  it('are judged by the outcomes that name their entries, if there are any', async () => {
    const api = await start(engine.newUrl());
    const { id } = await decided(api, 'rank', ranking);
    const outcome = { record: sample, period: today(), impressions: 1000, clicks: 50 };
    const outcomes = [
      outcome,
      { ...outcome, arm: `${id}/desktop`, impressions: 500 },
      { ...outcome, arm: 'another/desktop' },
    ];
    await post(api, '/outcomes', outcomes).expect(200);
    const { body } = await api.get(`/decisions/${id}`).expect(200);
    expect(body.outcomes).toMatchObject({ matched_by: 'arm', impressions: 500, clicks: 50 });
    const counts = body.hindsight.entries.map((one: { impressions: number }) => one.impressions);
    expect(counts).toEqual([0, 500, 0]);
  });

  it('are not judged by outcomes of no arm as if these named entries that share an id', async () => {
    const api = await start(engine.newUrl());
    const candidates = ranking.candidates.map((one) => ({ ...one, id: 'same' }));
    const { id } = await decided(api, 'rank', { candidates });
    const record = { ...sample, device_type: 'desktop' };
    const outcome = { record, period: today(), impressions: 1000, clicks: 50 };
    await post(api, '/outcomes', [outcome]).expect(200);
    const { body } = await api.get(`/decisions/${id}`).expect(200);
    expect(body.outcomes).toMatchObject({ matched_by: 'record', impressions: 1000 });
    const counts = body.hindsight.entries.map((one: { impressions: number }) => one.impressions);
    expect(counts).toEqual([0, 1000, 0]);
  });

  it('are judged alike by another service of the same store, after the first has gone', async () => {
    const url = engine.newUrl();
    const first = await start(url);
    const cells = devices.map((device_type) => ({
      ...{ id: device_type, record: { device_type, ad_position: 1 }, cost: { cpm: 8 } },
    }));
    const { id, answer } = await decided(first, 'allocate', { budget: 300, cells });
    await Promise.all(apps.splice(0).map((app) => app.close()));
    const api = await start(url, { DECISION_LOG: 'off' });
    const later = await post(api, '/allocate', { budget: 300, cells }).expect(200);
    expect(later.headers).not.toHaveProperty('x-decision-id');
    const outcomes = (answer.allocations as (Ranked & { impressions: number })[])
      .filter(({ impressions }) => impressions > 0)
      .map(({ id: device_type, impressions, predicted_ctr }) => ({
        record: { impressions, ad_position: 1, device_type, budget: 300 },
        ...{ period: today(), impressions, clicks: Math.round(impressions * predicted_ctr) },
      }));
    await post(api, '/outcomes', outcomes).expect(200);
    const { body } = await api.get(`/decisions/${id}`).expect(200);
    expect(body.answer).toEqual(answer);
    expect(body.hindsight).toMatchObject({ total: { held: true }, regret: { of: 'clicks' } });
    expect(body.hindsight.regret.equal_split.more.expected).toBeLessThanOrEqual(0);
  });
});

describe('the log of decisions', () => {
  const url = () => 'file:' + `${folder}/${randomBytes(6).toString('hex')}.db`;

  it('lists them in order, page by page', async () => {
    const api = await start(url());
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await decided(api, 'rank', ranking)).id);
    const { body: page } = await api.get('/decisions?limit=2').expect(200);
    const { body: rest } = await api.get(`/decisions?limit=2&after=${page.next}`).expect(200);
    const listed = [...page.decisions, ...rest.decisions].map(({ id }: Ranked) => id);
    expect(listed.toSorted()).toEqual(ids.toSorted());
    expect(rest.next).toBeNull();
    const { body: none } = await api.get('/decisions?to=2020-01-01').expect(200);
    expect(none.decisions).toEqual([]);
  });

  it('keeps no decision that spends nothing, and none that was refused', async () => {
    const api = await start(url());
    const { id } = await decided(api, 'compare', { a: sample, b: { ...sample, ad_position: 2 } });
    expect(id).toBeUndefined();
    const refused = await post(api, '/rank', {}).expect(422);
    expect(refused.headers).not.toHaveProperty('x-decision-id');
    expect((await api.get('/decisions').expect(200)).body.decisions).toEqual([]);
  });

  it('judges by the version that decided, and says so when the registry has it no more', async () => {
    const own = await modelFolder();
    const registry = new Registry(own);
    const first = await registry.current();
    const api = await start(url(), { MODEL_DIR: own });
    const { id } = await decided(api, 'rank', ranking);
    const { bytes, card } = await trainModel(defaultSchema, 0.2);
    await registry.publish(bytes, card);
    await api.app.get(ModelFollower).look();
    expect((await api.get('/models')).body.serving).not.toBe(first);
    const { body } = await api.get(`/decisions/${id}`).expect(200);
    expect(body.hindsight.model_version).toBe(first);
    await rm(join(own, 'versions', first!), { recursive: true });
    await api.app.get(ModelFollower).look();
    const { body: gone } = await api.get(`/decisions/${id}`).expect(200);
    expect(gone).not.toHaveProperty('hindsight');
    expect(gone).toMatchObject({ model_version: first, request: ranking });
    expect(gone.unjudged).toMatch(/no more/);
  });

  it.each([
    ['/decisions?from=yesterday', 'INVALID_QUERY', 422],
    ['/decisions?from=2026-02-30', 'INVALID_QUERY', 422],
    ['/decisions?limit=0', 'INVALID_QUERY', 422],
    ['/decisions?after=x', 'INVALID_QUERY', 422],
    ['/decisions/abc?young=maybe', 'INVALID_QUERY', 422],
    ['/decisions/abc?days=0', 'INVALID_QUERY', 422],
    ['/decisions/abc', 'DECISION_UNKNOWN', 404],
  ])('answers %s with %s', async (path, code, status) => {
    const api = await start(url());
    expect((await api.get(path).expect(status)).body.code).toBe(code);
  });

  it('is open to keys of the scope outcomes alone', async () => {
    const keys = ['bidder:predict', 'analyst:outcomes'].map((named) => {
      const key = randomBytes(12).toString('hex');
      return { key, entry: `${named}:${createHash('sha256').update(key).digest('hex')}` };
    });
    const api = await start(url(), { API_KEYS: keys.map(({ entry }) => entry).join() });
    const statuses = await Promise.all(
      keys.map(async ({ key }) => (await api.get('/decisions').set('x-api-key', key)).status),
    );
    expect(statuses).toEqual([403, 200]);
  });
});
