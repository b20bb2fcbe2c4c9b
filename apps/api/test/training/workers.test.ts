import { readdirSync, readFileSync } from 'node:fs';
import request from 'supertest';
import type { Job } from '../../src/training/jobs.js';
import { Service } from '../service-process.js';
import { emptyFolder } from '../trained-models.js';
import { waitFor } from '../wait-for.js';
import { ADMIN_KEY, API_KEYS, LONG, placements } from './training-service.js';

jest.setTimeout(300_000);

const running: Service[] = [];
afterEach(async () => {
  for (const service of running.splice(0)) {
    service.kill('SIGKILL');
    await service.ended();
  }
});

async function start(settings: Record<string, string>): Promise<Service> {
  const own = { TRAINER: 'on', API_KEYS, OUTCOMES_URL: 'off', SHUTDOWN_DELAY_MS: '0' };
  const service = new Service({ ...own, ...settings });
  running.push(service);
  return service.up();
}

const ask = ({ port }: Service, method: 'get' | 'post' | 'delete', path: string) =>
  request(`http://127.0.0.1:${port}`)[method](path).set('x-api-key', ADMIN_KEY);

async function upload(service: Service, text: string): Promise<string> {
  const sent = ask(service, 'post', '/training/files?name=a.csv').type('text/csv').send(text);
  return (await sent.expect(200)).body.id;
}

async function startJob(
  service: Service,
  file: string,
  kind: string,
  options = {},
): Promise<string> {
  const sent = ask(service, 'post', '/training/jobs').send({ kind, file, options });
  return (await sent.expect(200)).body.id;
}

/** Every request is a connection of its own, so it may come to any worker. */
const read = async (service: Service, id: string): Promise<Job> =>
  (await ask(service, 'get', `/training/jobs/${id}`).expect(200)).body;

const over = (service: Service, id: string): Promise<Job> =>
  waitFor(`the end of job ${id}`, async () => {
    const job = await read(service, id);
    return job.finished_at !== null && job;
  }) as Promise<Job>;

/** Processes whose command line has a text in it. */
function processesWith(text: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(text) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

it('workers run one job at a time, whichever they were asked by, and all tell of all', async () => {
  const UPLOAD_DIR = await emptyFolder();
  const service = await start({ WORKERS: '2', MODEL_DIR: await emptyFolder(), UPLOAD_DIR });
  await service.logged('all workers are up');
  const file = await upload(service, placements(300));
  const ids = await Promise.all([1, 2, 3, 4].map(() => startJob(service, file, 'inspect')));
  const jobs: Job[] = [];
  for (const id of ids) jobs.push(await over(service, id));
  expect(jobs.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'));
  const spans = jobs.map(({ started_at, finished_at }) => [started_at!, finished_at!]);
  spans.sort(([a], [b]) => (a < b ? -1 : 1));
  spans.slice(1).forEach(([begun], i) => expect(begun >= spans[i][1]).toBe(true));
});

it('a worker that dies takes its trainer with it, and another goes on with the queue', async () => {
  const UPLOAD_DIR = await emptyFolder();
  const service = await start({ WORKERS: '2', MODEL_DIR: await emptyFolder(), UPLOAD_DIR });
  await service.logged('all workers are up');
  const file = await upload(service, placements(5000));
  const long = await startJob(service, file, 'train', LONG);
  const next = await startJob(service, file, 'inspect');
  await waitFor('trees', async () => (await read(service, long)).doing.startsWith('grow'));
  const { pid } = JSON.parse(readFileSync(`${UPLOAD_DIR}/training.lock`, 'utf8'));
  process.kill(pid, 'SIGKILL');
  await waitFor('the end of the trainer', () => processesWith(`${file}\0--called`).length === 0);
  expect((await over(service, long)).state).toBe('lost');
  expect((await over(service, next)).state).toBe('succeeded');
});

it('a service that is killed takes its trainer with it, which knew none of its keys', async () => {
  const UPLOAD_DIR = await emptyFolder();
  const settings = { MODEL_DIR: await emptyFolder(), UPLOAD_DIR };
  const first = await start(settings);
  const file = await upload(first, placements(5000));
  const long = await startJob(first, file, 'train', LONG);
  await waitFor('trees', async () => (await read(first, long)).doing.startsWith('grow'));
  const trainers = processesWith(`${file}\0--called`);
  // Two processes, the one that waits for signals and the one that works.
  expect(trainers).toHaveLength(2);
  for (const pid of trainers) {
    expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).not.toMatch(/API_KEYS|OUTCOMES_URL/);
    const priority = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')[16];
    expect(priority).toBe('10');
  }
  first.kill('SIGKILL');
  await first.ended();
  await waitFor('the end of the trainer', () => processesWith(`${file}\0--called`).length === 0);
  const second = await start(settings);
  expect((await over(second, long)).state).toBe('lost');
  const { body } = await ask(second, 'get', '/models').expect(200);
  expect(body.versions).toEqual([]);
});

it('a service that leaves ends its job and its trainer in time', async () => {
  const UPLOAD_DIR = await emptyFolder();
  const service = await start({ MODEL_DIR: await emptyFolder(), UPLOAD_DIR });
  const file = await upload(service, placements(5000));
  const long = await startJob(service, file, 'train', LONG);
  await waitFor('trees', async () => (await read(service, long)).doing.startsWith('grow'));
  service.kill('SIGTERM');
  expect(await service.ended()).toEqual([0, null]);
  expect(processesWith(`${file}\0--called`)).toEqual([]);
  const kept = JSON.parse(readFileSync(`${UPLOAD_DIR}/jobs/${long}.json`, 'utf8'));
  expect(kept.state).toBe('lost');
});

it('a service that cannot find the trainer says what is missing, and does not start', async () => {
  // As in the image of the service, where no link leads to the trainer.
  const preload = `
    import { Module } from 'node:module';
    const resolve = Module._resolveFilename;
    Module._resolveFilename = function (name, ...rest) {
      if (name.startsWith('@adscale/trainer')) throw new Error('Cannot find module ' + name);
      return resolve.call(this, name, ...rest);
    };`;
  const settings = { TRAINER: 'on', MODEL_DIR: await emptyFolder(), OUTCOMES_URL: 'off' };
  const service = new Service(settings, preload);
  expect(await service.ended()).toEqual([2, null]);
  expect(service.errors).toMatch(/TRAINER: got "on", but the trainer, @adscale\/trainer, is not/);
});
