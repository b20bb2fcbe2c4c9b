import { emptyFolder, modelFolder } from '../trained-models.js';
import { sample } from '../running-app.js';
import { Service } from '../service-process.js';

const WORKERS = 3;

let service: Service;
afterEach(() => service.process.kill('SIGKILL'));

async function start(environment: Record<string, string> = {}): Promise<Service> {
  const MODEL_DIR = await modelFolder();
  service = new Service({
    MODEL_DIR,
    WORKERS: String(WORKERS),
    SHUTDOWN_DELAY_MS: '100',
    ...environment,
  });
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

describe('a service of several workers', () => {
  it('is one service: whichever worker is asked, /stats and /metrics speak for all', async () => {
    await start();
    const answers = await Promise.all(Array.from({ length: 60 }, predict));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    for (let i = 0; i < 2 * WORKERS; i++) {
      const { requests, predictions, processes } = await stats();
      expect({ requests, predictions }).toEqual({ requests: 60, predictions: 60 });
      expect(new Set(processes.map(({ pid }) => pid)).size).toBe(WORKERS);
    }
    const metrics = await fetch(`http://127.0.0.1:${service.port}/metrics`);
    const text = await metrics.text();
    expect(text).toContain('adscale_predictions_total 60');
    expect(text.match(/^process_cpu_seconds_total\{/gm)).toHaveLength(WORKERS);
  });

  it('replaces a worker that dies, and keeps what it had counted', async () => {
    await start();
    await Promise.all(Array.from({ length: 30 }, predict));
    const { processes } = await stats();
    // Workers tell the primary every second what they counted; this one will not be able to.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    process.kill(processes[0].pid, 'SIGKILL');
    await service.logged('worker ended');
    await service.logged('AdScale is up', WORKERS + 1);
    const after = await stats();
    expect(after.predictions).toBe(30);
    expect(after.processes.map(({ pid }) => pid)).not.toContain(processes[0].pid);
    expect(after.processes).toHaveLength(WORKERS);
  });

  it('leaves without failing a request, all workers with it', async () => {
    await start();
    const { processes } = await stats();
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
    await new Promise((resolve) => setTimeout(resolve, 200));
    service.process.kill('SIGTERM');
    expect(await service.exit).toEqual([0, null]);
    await Promise.all(clients);
    expect(statuses.every((status) => status === 200)).toBe(true);
    expect(statuses.length).toBeGreaterThan(0);
    for (const { pid } of processes) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });

  it('ends when its workers cannot start', async () => {
    const blocker = await new Service({ MODEL_DIR: await emptyFolder() }).up();
    service = new Service({
      WORKERS: '2',
      PORT: String(blocker.port),
      MODEL_DIR: await emptyFolder(),
    });
    expect(await service.exit).toEqual([1, null]);
    blocker.process.kill('SIGKILL');
  });
});
