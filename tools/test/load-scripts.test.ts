import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORM_USERS, scenarios } from '@adscale/api/load/goals.ts';
import type { ScenarioName } from '@adscale/api/load/goals.ts';
import { Traffic } from '@adscale/api/load/traffic.ts';
import { bundleForK6, k6Script } from '../load/k6-driver.ts';
import { K6 } from './k6-stand-in.ts';
import type { Answer, Script, Sent } from './k6-stand-in.ts';

const root = join(__dirname, '..', '..');
const names = Object.keys(scenarios) as ScenarioName[];

const explanation = JSON.stringify({
  predicted_ctr: 0.05,
  unrounded_ctr: 0.05,
  base_value: 0.03,
  contributions: { budget: 0.02 },
});
const refusal = {
  status: 503,
  body: '{"code":"OVERLOADED","title":"The service has too much to do"}',
  headers: { 'Retry-After': '1' },
};

/** A service in good order: it hits from the third lookup of a hundred on, and has two models. */
class Service {
  private asked = 0;
  /** What GET /stats says besides; a test changes it. */
  exact = 0.7;
  hitShare = 0.97;
  resident = () => 100;

  answer(sent: Sent): Partial<Answer> {
    const path = new URL(sent.url).pathname;
    if (path === '/stats') return { body: this.stats() };
    if (path === '/predict_ctr') return this.predict(JSON.parse(sent.body!) as object);
    if (path === '/explain') return { body: explanation };
    return others[path] ?? { status: 404, body: '{"code":"NOT_FOUND","title":"Nothing"}' };
  }

  private predict(record: { ad_position?: number }): Partial<Answer> {
    if (record.ad_position === 0)
      return { status: 422, body: '{"code":"INVALID_RECORD","title":"Rules"}' };
    this.asked++;
    const version = this.asked % 2 === 0 ? 'one' : 'two';
    return { body: '{"predicted_ctr":0.05}', headers: { 'X-Model-Version': version } };
  }

  private stats(): string {
    const hits = this.hitShare * this.asked;
    return JSON.stringify({
      cache: { hits, misses: this.asked - hits, exact_key_hit_rate: this.exact },
      processes: [{ resident_bytes: this.resident() }],
    });
  }
}

const decision = { body: '{"model_version":"one","assumptions":["None changes."]}' };
const outcomes = '{"predicted_ctr":0.05},{"error":{}},{"predicted_ctr":0.05}';
const others: Record<string, Partial<Answer>> = {
  '/predict_ctr/batch': { body: `{"ok":2,"failed":1,"predictions":[${outcomes}]}` },
  '/predict_ctr/stream': { body: '{"predicted_ctr":0.05}\n{"predicted_ctr":0.06}\n' },
  '/opportunities': decision,
  '/allocate': decision,
  '/rank': decision,
  '/health/ready': { body: '{"status":"ok"}' },
  '/metrics': { body: '# TYPE http_requests_total counter\n' },
};

describe('the k6 scripts', () => {
  const bundles = new Map<ScenarioName, string>();
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'adscale-k6-'));
    for (const name of names) {
      const outfile = join(folder, `${name}.js`);
      await bundleForK6(join(root, k6Script(name)), outfile);
      bundles.set(name, await readFile(outfile, 'utf8'));
    }
    await rm(folder, { recursive: true });
  });

  const load = (name: ScenarioName, k6: K6, env: object = {}): Promise<Script> =>
    k6.load(bundles.get(name)!, { WARM_UP: '200', ...env });

  /** Runs a script against a service; the thresholds it missed. */
  async function run(
    name: ScenarioName,
    answer: (sent: Sent) => Partial<Answer>,
    iterations = 100,
  ): Promise<{ k6: K6; missed: string[] }> {
    const k6 = new K6(answer);
    const script = await load(name, k6);
    k6.run(script, iterations);
    return { k6, missed: k6.missed(script) };
  }

  it.each(names)('%s needs nothing but k6 once bundled', (name) => {
    const imports = [...bundles.get(name)!.matchAll(/^import .* from "([^"]+)"/gm)];
    expect(imports.length).toBeGreaterThan(0);
    for (const [, from] of imports) expect(from).toMatch(/^k6(\/|$)/);
  });

  it.each(names.filter((name) => name !== 'spike' && name !== 'decision-storm'))(
    '%s has the shape of its goals',
    async (name) => {
      const { options } = await load(name, new K6(() => ({})));
      const { users, seconds } = scenarios[name];
      expect(options.scenarios[name]).toMatchObject({ vus: users, duration: `${seconds}s` });
      const other = await load(name, new K6(() => ({})), { USERS: '7', DURATION: '9' });
      expect(other.options.scenarios[name]).toMatchObject({ vus: 7, duration: '9s' });
    },
  );

  it.each(names)('%s passes when the service is in good order', async (name) => {
    const service = new Service();
    const { k6, missed } = await run(name, (sent) => service.answer(sent));
    expect(missed).toEqual([]);
    expect(k6.sent.length).toBeGreaterThanOrEqual(100);
    expect(k6.valuesOf('checks').length).toBeGreaterThan(0);
  });

  it.each(names)('%s fails when one answer in a hundred is a 500', async (name) => {
    const service = new Service();
    let asked = 0;
    const { missed } = await run(name, (sent) =>
      sent.scenario !== undefined && !sent.url.endsWith('/stats') && ++asked % 100 === 50
        ? { status: 500, body: '{}' }
        : service.answer(sent),
    );
    expect(missed).toContain('checks rate==1');
  });

  it.each(names)('%s fails when an answer is none', async (name) => {
    const service = new Service();
    let asked = 0;
    const { missed } = await run(name, (sent) =>
      sent.scenario !== undefined && !sent.url.endsWith('/stats') && ++asked === 50
        ? { body: '{"predicted_ctr":null}' }
        : service.answer(sent),
    );
    expect(missed).toContain('checks rate==1');
  });

  it.each(names)('%s fails when answers are slow', async (name) => {
    const service = new Service();
    const { missed } = await run(name, (sent) => ({ ...service.answer(sent), took: 1001 }));
    expect(missed.join()).toContain('http_req_duration');
  });

  it('decision-storm is half alone and half beside a storm that begins with it', async () => {
    const { options } = await load('decision-storm', new K6(() => ({})), {
      USERS: '7',
      DURATION: '9',
    });
    expect(options.scenarios).toMatchObject({
      alone: { vus: 7, duration: '4s' },
      beside: { vus: 7, duration: '4s', startTime: '4s' },
      storm: { vus: STORM_USERS, duration: '4s', startTime: '4s' },
    });
  });

  it('decision-storm lets decisions be refused, and no prediction', async () => {
    const service = new Service();
    const refusing = (path: string) => (sent: Sent) =>
      sent.url.endsWith(path) ? refusal : service.answer(sent);
    expect((await run('decision-storm', refusing('/allocate'))).missed).toEqual([]);
    const { missed } = await run('decision-storm', refusing('/predict_ctr'));
    expect(missed).toContain('checks rate==1');
  });

  it('steady goes on where the service’s last lookup was, after the warm-up', async () => {
    const service = new Service();
    const traffic = new Traffic();
    const first = await run('steady', (sent) => service.answer(sent), 3);
    const bodies = (k6: K6) => k6.sent.flatMap(({ body }) => (body === undefined ? [] : [body]));
    const expected = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => JSON.stringify(traffic.recordAt(from + i)));
    expect(bodies(first.k6)).toEqual(expected(0, 203));
    const second = await run('steady', (sent) => service.answer(sent), 3);
    expect(bodies(second.k6)).toEqual(expected(203, 406));
    expect(new Set(second.k6.sent.map(({ url }) => new URL(url).origin)).size).toBe(1);
  });

  it.each([
    ['the cache misses too often', { hitShare: 0.94 }, 'cache_hit_rate value>=0.95'],
    ['an exact key would hit too rarely', { exact: 0.59 }, 'exact_key_hit_rate value>=0.6'],
    ['an exact key would hit too often', { exact: 0.81 }, 'exact_key_hit_rate value<=0.8'],
  ])('steady fails when %s', async (_case, change, threshold) => {
    const service = Object.assign(new Service(), change);
    const { missed } = await run('steady', (sent) => service.answer(sent));
    expect(missed).toEqual([threshold]);
  });

  it('soak fails when memory grows by a quarter', async () => {
    const service = new Service();
    let readings = 0;
    service.resident = () => 100 + readings++;
    expect((await run('soak', (sent) => service.answer(sent), 25)).missed).toEqual([]);
    readings = 0;
    expect((await run('soak', (sent) => service.answer(sent), 40)).missed).toEqual([
      'resident_growth value<0.25',
    ]);
  });

  it('spike has few users, then many, then few a second later', async () => {
    const { options } = await load('spike', new K6(() => ({})), { USERS: '300', DURATION: '8' });
    const stages = Object.entries(options.scenarios);
    expect(
      stages.map(([name, { vus, duration, startTime }]) => [name, vus, startTime, duration]),
    ).toEqual([
      ['before', 5, '0s', '2s'],
      ['spike', 300, '2s', '4s'],
      ['after', 5, '7s', '2s'],
    ]);
  });

  it('spike takes refusals during the spike', async () => {
    const service = new Service();
    let asked = 0;
    const { k6, missed } = await run('spike', (sent) =>
      sent.scenario === 'spike' && ++asked % 2 === 0
        ? { ...refusal, took: 5000 }
        : service.answer(sent),
    );
    expect(missed).toEqual([]);
    expect(k6.valuesOf('refused').filter((value) => value === 1)).toHaveLength(50);
  });

  it('spike fails when everybody is refused during the spike', async () => {
    const service = new Service();
    const { missed } = await run('spike', (sent) =>
      sent.scenario === 'spike' ? refusal : service.answer(sent),
    );
    expect(missed).toEqual(['accepted count>0']);
  });

  it.each(['before', 'after'])('spike fails when somebody is refused %s it', async (stage) => {
    const service = new Service();
    const { missed } = await run('spike', (sent) =>
      sent.scenario === stage ? refusal : service.answer(sent),
    );
    expect(missed).toEqual([`http_req_failed{scenario:${stage}} rate==0`, 'checks rate==1']);
  });

  it.each([
    ['another status', { ...refusal, status: 500 }],
    ['another problem', { ...refusal, body: '{"code":"INTERNAL_ERROR","title":"Ours"}' }],
    ['no Retry-After', { ...refusal, headers: {} }],
  ])('spike fails when a refusal has %s', async (_case, wrong) => {
    const service = new Service();
    const { missed } = await run('spike', (sent) =>
      sent.scenario === 'spike' ? wrong : service.answer(sent),
    );
    expect(missed).toContain('checks rate==1');
  });

  it('retrain counts the switches between models, and fails without one', async () => {
    const versions = ['a', 'a', 'b', 'b', 'c'];
    let asked = 0;
    const body = '{"predicted_ctr":0.05}';
    const { k6 } = await run(
      'retrain',
      () => ({ body, headers: { 'X-Model-Version': versions[asked++]! } }),
      versions.length,
    );
    expect(k6.valuesOf('model_switches')).toEqual([0, 0, 1, 0, 1]);
    const same = () => ({ body, headers: { 'X-Model-Version': 'a' } });
    expect((await run('retrain', same)).missed).toEqual(['model_switches count>0']);
  });

  it('valkey-dies asks for an explanation in every ten requests', async () => {
    const service = new Service();
    const { k6 } = await run('valkey-dies', (sent) => service.answer(sent));
    const explained = k6.sent.filter(({ url }) => url.endsWith('/explain'));
    expect(explained).toHaveLength(10);
    expect(k6.sent).toHaveLength(100);
  });
});
