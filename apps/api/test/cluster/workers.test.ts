import { join } from 'node:path';
import { Registry } from '@adscale/ctr';
import { holdingRead, inWorkers } from '../preloads.js';
import { sample } from '../running-app.js';
import { Service } from '../service-process.js';
import { emptyFolder, modelFolder, otherSchema, trainModel } from '../trained-models.js';
import { waitFor } from '../wait-for.js';

const WORKERS = 2;
// A machine that is busy takes some seconds for each process.
jest.setTimeout(400_000);

let service: Service;
afterEach(() => service.kill('SIGKILL'));

async function start(environment: Record<string, string> = {}): Promise<Service> {
  const MODEL_DIR = await modelFolder();
  const settings = { MODEL_DIR, WORKERS: String(WORKERS), SHUTDOWN_DELAY_MS: '100' };
  service = new Service({ ...settings, ...environment });
  service.port = Number((await service.logged('all workers are up')).port);
  return service;
}

/** A connection of its own each time, so that requests are spread over the workers. */
async function predict(): Promise<Response> {
  return fetch(`http://127.0.0.1:${service.port}/predict_ctr`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(sample),
  });
}

interface Stats {
  requests: number;
  predictions: number;
  processes: { pid: number }[];
}

async function stats(): Promise<Stats> {
  const headers = { connection: 'close' };
  const answer = await fetch(`http://127.0.0.1:${service.port}/stats`, { headers });
  return (await answer.json()) as Stats;
}

/** Waits for statistics of all workers that count this many predictions. */
function expectCounted(predictions: number): Promise<Stats> {
  // A worker that has no time to answer is known by what it said last.
  return waitFor(`${predictions} predictions of ${WORKERS} processes`, async () => {
    const said = await stats();
    const pids = new Set(said.processes.map(({ pid }) => pid));
    const isAll = said.predictions === predictions && pids.size === WORKERS;
    return isAll && said.processes.length === WORKERS && said;
  }) as Promise<Stats>;
}

function expectGone(pids: readonly number[]): void {
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
}

describe('a service of several workers', () => {
  it('is one service: whichever worker is asked, /stats and /metrics speak for all', async () => {
    await start();
    const answers = await Promise.all(Array.from({ length: 60 }, predict));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    // Connections go to the workers in turn.
    for (let i = 0; i < 2 * WORKERS; i++) expect((await expectCounted(60)).requests).toBe(60);
    const text = await waitFor('metrics of all workers', async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${service.port}/metrics`)).text();
      return metrics.includes('adscale_predictions_total 60\n') && metrics;
    });
    expect(String(text).match(/^process_cpu_seconds_total\{/gm)).toHaveLength(WORKERS);
  });

  it('replaces a worker that dies, and keeps what it had counted', async () => {
    await start();
    await Promise.all(Array.from({ length: 30 }, predict));
    // Each worker asks for the others' figures, so the primary knows those of all of them.
    for (let i = 0; i < 2 * WORKERS; i++) await expectCounted(30);
    const { processes } = await stats();
    process.kill(processes[0].pid, 'SIGKILL');
    await service.logged('worker ended');
    await service.logged('all workers are up', 2);
    const after = await expectCounted(30);
    expect(after.processes.map(({ pid }) => pid)).not.toContain(processes[0].pid);
  });

  it('goes on when the replacement of a killed worker is killed as well', async () => {
    await start();
    const { processes } = await expectCounted(0);
    const started = service.lines.filter((line) => line.includes('worker started')).length;
    process.kill(processes[0].pid, 'SIGKILL');
    for (let i = 1; i <= 3; i++) {
      const { worker } = await service.logged('worker started', started + i);
      process.kill(Number(worker), 'SIGKILL');
      await service.logged('worker is replaced', i + 1);
      expect((await predict()).status).toBe(200);
    }
    await service.logged('all workers are up', 2);
    expect((await expectCounted(3)).processes.map(({ pid }) => pid)).toContain(processes[1].pid);
    expect(service.process.exitCode).toBeNull();
  });

  it('replaces a worker by one that serves what the others do', async () => {
    const MODEL_DIR = await modelFolder();
    await start({ MODEL_DIR, MODEL_POLL_MS: '0' });
    const registry = new Registry(MODEL_DIR);
    const version = (await registry.current())!;
    const { bytes, card } = await trainModel(otherSchema);
    await registry.publish(bytes, card);
    const { processes } = await expectCounted(0);
    process.kill(processes[0].pid, 'SIGKILL');
    await service.logged('all workers are up', 2);
    for (let i = 0; i < 2 * WORKERS; i++) {
      const { status, headers } = await predict();
      expect([status, headers.get('x-model-version')]).toEqual([200, version]);
    }
  });

  it('limits a client once, not once a worker', async () => {
    const limit = 60;
    await start({ RATE_LIMIT_PER_MINUTE: String(limit) });
    const answers = await Promise.all(Array.from({ length: 3 * limit }, predict));
    const passed = answers.filter(({ status }) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(0.9 * limit);
    expect(passed).toBeLessThanOrEqual(1.1 * limit);
    const waits = answers.map(({ headers }) => Number(headers.get('retry-after')));
    expect(Math.max(...waits)).toBeLessThanOrEqual(60);
  });

  it('leaves without failing a request, all workers with it', async () => {
    await start();
    const { processes } = await expectCounted(0);
    const statuses: number[] = [];
    let refused = false;
    const client = async () => {
      while (!refused) {
        await predict().then(
          ({ status }) => statuses.push(status),
          () => (refused = true),
        );
      }
    };
    const clients = [client(), client(), client(), client()];
    await waitFor('some answers', () => statuses.length > 20);
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([0, null]);
    await Promise.all(clients);
    expect(statuses.every((status) => status === 200)).toBe(true);
    expectGone(processes.map(({ pid }) => pid));
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends by %s while they still start', async (signal) => {
    const environment = { MODEL_DIR: await modelFolder(), WORKERS: String(WORKERS) };
    service = new Service(environment, holdingRead({ name: 'model.json' }));
    const held = await Promise.all(
      Array.from({ length: WORKERS }, (_, i) => service.logged('model.json is held', i + 1)),
    );
    service.kill(signal);
    expect(await service.ended()).toEqual([0, null]);
    expectGone(held.map(({ pid }) => Number(pid)));
  });

  it('replaces a worker that hangs as it starts', async () => {
    const marked = join(await emptyFolder(), 'hung');
    const once = inWorkers(`
      const { openSync } = await import('node:fs');
      let isFirst = true;
      try { openSync(${JSON.stringify(marked)}, 'wx'); } catch { isFirst = false; }
      if (isFirst) {
        console.log(JSON.stringify({ msg: 'hangs', pid: process.pid }));
        setInterval(() => {}, 1e6);
        await new Promise(() => {});
      }`);
    const MODEL_DIR = await modelFolder();
    const limits = { WORKERS: String(WORKERS), WORKER_START_MS: '20000' };
    service = new Service({ MODEL_DIR, ...limits }, once);
    const { pid } = await service.logged('hangs');
    const { worker } = await service.logged('worker not up within WORKER_START_MS: killed');
    expect(worker).toBe(pid);
    service.port = Number((await service.logged('all workers are up')).port);
    expectGone([Number(pid)]);
    expect((await predict()).status).toBe(200);
  });

  it('ends by SIGTERM before they have come to hear of signals', async () => {
    const hanging = inWorkers(`
      console.log(JSON.stringify({ msg: 'hangs', pid: process.pid }));
      setInterval(() => {}, 1e6);
      await new Promise(() => {});`);
    service = new Service({ MODEL_DIR: await emptyFolder(), WORKERS: String(WORKERS) }, hanging);
    const { pid } = await service.logged('hangs', 2);
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([0, null]);
    expectGone([Number(pid)]);
  });

  it('kills a worker that does not end in time, exit code 1', async () => {
    const deaf = inWorkers(`process.on('SIGTERM', () => { for (;;); });`);
    const limits = { SHUTDOWN_DELAY_MS: '0', REQUEST_TIMEOUT_MS: '100' };
    const environment = { MODEL_DIR: await emptyFolder(), WORKERS: String(WORKERS), ...limits };
    service = new Service(environment, deaf);
    await service.logged('all workers are up');
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([1, null]);
  });

  it('ends, exit code 1, when none serves and one after the other cannot start', async () => {
    const blocker = await new Service({ MODEL_DIR: await emptyFolder() }).up();
    service = new Service({
      WORKERS: String(WORKERS),
      PORT: String(blocker.port),
      MODEL_DIR: await emptyFolder(),
    });
    expect(await service.ended()).toEqual([1, null]);
    expect(service.lines.join()).toContain('no worker serves and none can be started');
    blocker.kill('SIGKILL');
  });
});
