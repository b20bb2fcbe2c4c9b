import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError, RefusedError } from '../../src/cli/exit.js';
import { Service, ServiceError } from '../../src/service/ask.js';
import { problem, StandIn } from './stand-in.js';

let folder: string;
let service: StandIn;
const waits: number[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ask-'));
  service = await StandIn.start(folder);
  waits.length = 0;
});
afterEach(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

/** Asks without waiting; what would have been waited is kept. */
const asking = (key?: string, signal = new AbortController().signal): Service =>
  new Service({ url: service.url, key }, signal, {
    sleep: (ms) => Promise.resolve(waits.push(ms)),
  });

describe('asking a running service', () => {
  it('answers with what the service says, and sends the key', async () => {
    expect(await asking('secret').get('/models')).toEqual({ serving: null, canary: null });
    expect(service.asked).toEqual([{ method: 'GET', path: '/models', key: 'secret', body: '' }]);
  });

  it('asks again after a 429 and a 503, as late as the service wants', async () => {
    service.refusals.push(
      { status: 429, headers: { 'retry-after': '3' } },
      { status: 503 },
      { status: 503, headers: { 'retry-after': new Date(Date.now() + 20_000).toUTCString() } },
    );
    await asking().get('/models');
    expect(waits.slice(0, 2)).toEqual([3000, 1000]);
    expect(waits[2]).toBeGreaterThan(10_000);
    expect(waits[2]).toBeLessThanOrEqual(20_000);
  });

  it('does not ask for ever: the refusal is told in the end', async () => {
    const busy = problem(503, { title: 'The service is overloaded', detail: 'Try again later.' });
    for (let i = 0; i < 20; i++) service.refusals.push(busy);
    await expect(asking().get('/models')).rejects.toThrow(
      `${service.url}: GET /models: 503 The service is overloaded: Try again later.`,
    );
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(60_000);
  });

  it('tells a problem with its fields', async () => {
    service.refusals.push(
      problem(422, {
        code: 'INVALID_TRIAL',
        title: 'The trial is not usable',
        errors: [{ field: 'percent', message: 'percent is 0; it must be above 0' }],
      }),
    );
    const refused = asking().send('PUT', '/models/canary', { percent: 0 });
    await expect(refused).rejects.toMatchObject({
      constructor: ServiceError,
      status: 422,
      problem: { code: 'INVALID_TRIAL' },
      message: expect.stringContaining('usable\n  percent is 0; it must be above 0'),
    });
  });

  it.each([
    [401, undefined, /401 .*; give one by --key or ADSCALE_API_KEY$/],
    [401, '', /401 .*; give one by --key or ADSCALE_API_KEY$/],
    [401, 'wrong', /401 The key is wrong$/],
    [403, 'narrow', /403 The key is wrong$/],
  ])('%i with the key %s is a wrong flag', async (status, key, message) => {
    service.refusals.push(problem(status, { title: 'The key is wrong' }));
    const refused = asking(key).get('/models');
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(message);
  });

  it('says that nobody is there, and waits for one who was', async () => {
    const { url } = service;
    const known = asking();
    await known.get('/models');
    await service.stop();
    const nobody = new Service({ url }, new AbortController().signal).get('/models');
    await expect(nobody).rejects.toThrow(
      /cannot be reached \(ECONNREFUSED\): is the service running\? Another one by --url/,
    );
    await expect(known.get('/models')).rejects.toThrow(/does not answer any more/);
    expect(waits.length).toBeGreaterThan(3);
    service = await StandIn.start(folder);
  });

  it('shows what another program answers', async () => {
    service.refusals.push({ status: 200, body: '<html>' });
    await expect(asking().get('/models')).rejects.toThrow(/got no JSON; is this the AdScale/);
    service.refusals.push({ status: 502, body: '<h1>Bad gateway</h1>\nnginx' });
    await expect(asking().get('/models')).rejects.toThrow(/502 refused: <h1>Bad gateway<\/h1>$/);
  });

  it('reads lines as they are taken, and ends early without reading on', async () => {
    service.cells = () => Array.from({ length: 1000 }, (_, cell) => ({ cell }));
    const taken: unknown[] = [];
    for await (const line of asking().lines('/outcomes')) {
      taken.push(line);
      if (taken.length === 3) break;
    }
    expect(taken).toEqual([{ cell: 0 }, { cell: 1 }, { cell: 2 }]);
  });

  it('refuses lines that are no JSON', async () => {
    service.refusals.push({ status: 200, body: '{"a": 1}\n{"a"' });
    const read = async (): Promise<void> => {
      for await (const line of asking().lines('/outcomes')) expect(line).toEqual({ a: 1 });
    };
    await expect(read()).rejects.toThrow(RefusedError);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    service.refusals.push({ status: 503 });
    const stopping = new Service({ url: service.url }, stop.signal, {
      sleep: (_, signal) => (stop.abort(new Error('stopped')), Promise.reject(signal.reason)),
    });
    await expect(stopping.get('/models')).rejects.toThrow('stopped');
  });
});
