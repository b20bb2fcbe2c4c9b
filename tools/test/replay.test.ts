import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program, startApi, stopApi } from './watched-service.js';

// Each step is a program that starts, on a machine that may be busy.
jest.setTimeout(300_000);

const folder = mkdtempSync(join(tmpdir(), 'adscale-replay-'));
const models = join(folder, 'models');

let service: ChildProcess;
let url: string;

/** Runs the program while this one, which may listen, goes on. */
async function adscale(...args: string[]) {
  const child = spawn(process.execPath, [program('trainer'), ...args]);
  const told = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (told.stdout += chunk));
  child.stderr.on('data', (chunk) => (told.stderr += chunk));
  const [status] = await once(child, 'close');
  return { status: status as number | null, ...told };
}

beforeAll(async () => {
  const flags = ['--rows', '2000', '--trees', '10', '--no-report', '--output', models];
  const { status, stderr } = await adscale('train', ...flags);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  ({ service, url } = await startApi({
    MODEL_DIR: models,
    OUTCOMES_URL: `file:${join(folder, 'outcomes.db')}`,
    ...{ DECISION_LOG: 'on', MAX_LAG_MS: '0' },
  }));
});

afterAll(async () => {
  if (service !== undefined) await stopApi(service);
  rmSync(folder, { recursive: true, force: true });
});

async function post(path: string, body: object): Promise<{ id: string | null; body: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
  return { id: answer.headers.get('x-decision-id'), body: await answer.json() };
}

const devices = ['mobile', 'desktop', 'tablet'];
const cells = devices.map((device_type) => ({
  ...{ id: device_type, record: { device_type, ad_position: 1 }, cost: { cpm: 8 } },
}));

interface Allocated {
  readonly allocations: readonly {
    readonly id: string;
    readonly impressions: number;
    readonly predicted_ctr: number;
  }[];
}

/** A budget that is split, and half of its impressions, with a third of the clicks on one device. */
async function decide(): Promise<string> {
  // The store is open when it answers.
  expect((await fetch(`${url}/decisions`)).status).toBe(200);
  const { id, body } = await post('/allocate', { budget: 300, cells });
  const outcomes = (body as Allocated).allocations
    .filter(({ impressions }) => impressions > 0)
    .map(({ id: device_type, impressions, predicted_ctr }) => ({
      record: { impressions, ad_position: 1, device_type, budget: 300 },
      period: new Date().toISOString().slice(0, 10),
      arm: `${id}/${device_type}`,
      impressions: Math.round(impressions / 2),
      clicks: Math.round(
        (impressions / 2) * predicted_ctr * (device_type === 'mobile' ? 1 / 3 : 1),
      ),
    }));
  await post('/outcomes', outcomes);
  return id!;
}

describe('adscale replay, of a running service', () => {
  it('says that nothing was kept while nothing was', async () => {
    const { status, stdout } = await adscale('replay', '--url', url);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: 'No decisions were kept in this time.\n',
    });
  });

  it('tells of each decision what came, and of all how often intervals held', async () => {
    const id = await decide();
    const list = await adscale('replay', '--url', url, '--since', '2020-01-01');
    expect(list.status).toBe(0);
    expect(list.stdout).toContain(`allocate  ${id}`);
    expect(list.stdout).toContain('1 of 1 decisions have outcomes');
    expect(list.stdout).toMatch(/\d of \d intervals at 90\.0 % held/);
    expect(list.stdout).toMatch(/by the best in hindsight [\d,.]+ \(\+[\d.]+ %\)/);

    const one = await adscale('replay', id, '--url', url);
    expect(one.stdout).toMatch(/^mobile .* no$/m);
    expect(one.stdout).toMatch(/^best in hindsight +[\d,.]+ /m);

    const { stdout } = await adscale('replay', id, '--url', url, '--json');
    const { decisions, summary } = JSON.parse(stdout);
    expect(decisions).toHaveLength(1);
    expect(decisions[0]).toMatchObject({ id, outcomes: { matched_by: 'arm' } });
    expect(summary).toMatchObject({ decisions: 1, with_outcomes: 1 });
    const [{ decided, best_in_hindsight }] = summary.regret;
    expect(best_in_hindsight).toBeGreaterThan(decided);
  });

  it.each([
    [['none'], 1, 'There is no such decision'],
    [['--days', '0'], 2, 'wanted a whole number from 1 to 366'],
    [['--since', 'monday'], 2, 'wanted a day as 2026-03-01'],
    [['--url', 'http://127.0.0.1:1'], 1, 'cannot be reached'],
  ])('ends %j with status %d', async (args, status, told) => {
    const given = args.includes('--url') ? args : [...args, '--url', url];
    const ended = await adscale('replay', ...given);
    expect({ status: ended.status, told: ended.stderr.includes(told) }).toEqual({
      ...{ status, told: true },
    });
  });
});
