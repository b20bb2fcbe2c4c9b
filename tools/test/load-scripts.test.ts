import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goals } from '@adscale/api/load/goals.ts';
import { Traffic } from '@adscale/api/load/traffic.ts';
import { transform } from 'esbuild';
import { bundleForK6, k6Scripts } from '../load/k6-driver.ts';
import type { Scenario } from '../load/options.ts';

const root = join(__dirname, '..', '..');

interface Answer {
  status: number;
  body: string;
  headers: Record<string, string>;
  json(): unknown;
}

interface Script {
  options: { scenarios: Record<string, { vus: number; duration: string }>; thresholds: object };
  setup?: () => unknown;
  default: () => void;
  teardown?: (data: unknown) => void;
}

interface Sent {
  url: string;
  body?: string;
}

/** What k6 would give a script, with a server that answers as `answer` says. */
class K6 {
  readonly sent: Sent[] = [];
  readonly checks: boolean[] = [];
  readonly metrics: Record<string, number[]> = {};
  iteration = 0;

  constructor(private readonly answer: (sent: Sent) => Partial<Answer>) {}

  readonly modules: Record<string, unknown> = {
    k6: {
      check: (value: unknown, conditions: Record<string, (value: unknown) => boolean>) => {
        for (const condition of Object.values(conditions)) this.checks.push(condition(value));
      },
    },
    'k6/execution': { __esModule: true, default: { scenario: this.scenario() } },
    'k6/http': {
      __esModule: true,
      default: {
        get: (url: string) => this.send({ url }),
        post: (url: string, body: string) => this.send({ url, body }),
        batch: (requests: Sent[]) => requests.map(({ url, body }) => this.send({ url, body })),
      },
    },
    'k6/metrics': { Gauge: this.metric(), Counter: this.metric() },
  };

  private scenario(): object {
    const iteration = () => this.iteration;
    return {
      get iterationInTest() {
        return iteration();
      },
    };
  }

  private metric() {
    const metrics = this.metrics;
    return class {
      constructor(private readonly name: string) {
        metrics[name] = [];
      }
      add(value: number): void {
        metrics[this.name]!.push(value);
      }
    };
  }

  private send(sent: Sent): Answer {
    this.sent.push(sent);
    const answer = { status: 200, body: '', headers: {}, ...this.answer(sent) };
    return { ...answer, json: () => JSON.parse(answer.body) as unknown };
  }
}

describe('the k6 scripts', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adscale-k6-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function bundle(scenario: Scenario): Promise<string> {
    const outfile = join(folder, `${scenario}.js`);
    await bundleForK6(join(root, k6Scripts[scenario]), outfile);
    return readFile(outfile, 'utf8');
  }

  async function load(scenario: Scenario, k6: K6, env: object = {}): Promise<Script> {
    const { code } = await transform(await bundle(scenario), { format: 'cjs' });
    const module = { exports: {} as Script };
    const require = (name: string) => k6.modules[name];
    new Function('module', 'require', '__ENV', code)(module, require, env);
    return module.exports;
  }

  it.each(['predict', 'retrain'] as const)('%s needs nothing but k6 once bundled', async (name) => {
    const imports = [...(await bundle(name)).matchAll(/^import .* from "([^"]+)"/gm)];
    expect(imports.length).toBeGreaterThan(0);
    for (const [, from] of imports) expect(from).toMatch(/^k6(\/|$)/);
  });

  it.each(['predict', 'retrain'] as const)('%s has 50 users and goals', async (name) => {
    const { options } = await load(name, new K6(() => ({})));
    expect(options.scenarios[name]!.vus).toBe(50);
    expect(options.thresholds).toMatchObject({
      [`http_req_failed{scenario:${name}}`]: ['rate==0'],
      [`http_req_duration{scenario:${name}}`]: [`p(99)<${goals[name].p99Ms}`],
    });
  });

  it('predict sends the shared traffic to BASE_URL and measures the hit rate', async () => {
    let hits = 0;
    const k6 = new K6(({ url }) => {
      if (url.endsWith('/stats')) return { body: JSON.stringify({ cache: { hits, misses: 0 } }) };
      hits++;
      return { body: '{"predicted_ctr":0.05}' };
    });
    const script = await load('predict', k6, { BASE_URL: 'http://api:1', USERS: '200' });
    expect(script.options.scenarios.predict!.vus).toBe(200);
    const before = script.setup!();
    k6.sent.length = 0;
    for (; k6.iteration < 3; k6.iteration++) script.default();
    const traffic = new Traffic();
    expect(k6.sent).toEqual(
      [0, 1, 2].map((i) => ({
        url: 'http://api:1/predict_ctr',
        body: JSON.stringify(traffic.recordAt(i)),
      })),
    );
    script.teardown!(before);
    expect(k6.metrics.cache_hit_rate).toEqual([1]);
    expect(k6.checks).toEqual([true, true, true]);
  });

  it('predict notices a wrong answer', async () => {
    const answers = [{ status: 503 }, { body: '{}' }, { body: '{"predicted_ctr":0.05}' }];
    const k6 = new K6(() => answers.shift()!);
    const script = await load('predict', k6);
    for (; k6.iteration < 3; k6.iteration++) script.default();
    expect(k6.checks).toEqual([false, false, true]);
  });

  it('retrain counts the switches between models', async () => {
    const versions = ['a', 'a', 'b', 'b', 'c'];
    const k6: K6 = new K6(() => ({
      body: '{"predicted_ctr":0.05}',
      headers: { 'X-Model-Version': versions[k6.iteration]! },
    }));
    const script = await load('retrain', k6);
    for (; k6.iteration < versions.length; k6.iteration++) script.default();
    expect(k6.metrics.model_switches).toEqual([0, 0, 1, 0, 1]);
    expect(k6.checks).not.toContain(false);
  });
});
