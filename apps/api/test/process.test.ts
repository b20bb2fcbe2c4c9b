import { once } from 'node:events';
import { Agent, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Registry } from '@adscale/ctr';
import { failingRead, holdingRead } from './preloads.js';
import { Service } from './service-process.js';
import { emptyFolder, modelFolder, otherSchema, trainModel } from './trained-models.js';
import { API_KEYS, KEY } from './two-versions.js';
import { waitFor, within } from './wait-for.js';

// A machine that is busy takes some seconds for each process.
jest.setTimeout(400_000);

let service: Service;
afterEach(() => service.kill('SIGKILL'));

/** Long enough for any test: the service stays in this stage until the test ends it. */
const FOR_EVER_MS = '600000';

describe('the process', () => {
  it('says where to look, and logs nothing but JSON', async () => {
    service = await new Service({ MODEL_DIR: await modelFolder(), DASHBOARD: 'off' }).up();
    const up = await service.logged('AdScale is up');
    expect(up.msg).toBe(`AdScale is up: open http://localhost:${service.port}/docs`);
    expect(up).toMatchObject({ stats: expect.stringMatching(/\/stats$/) });
    expect(await service.status('/stats?key=secret')).toBe(200);
    expect(await service.logged('"path":"/stats"')).toMatchObject({
      method: 'GET',
      status: 200,
      request_id: expect.any(String),
      ms: expect.any(Number),
    });
    service.lines.forEach((line) => JSON.parse(line));
    expect(service.lines.join()).not.toContain('secret');
  });

  it('listens on every address that localhost stands for', async () => {
    service = await new Service({ MODEL_DIR: await emptyFolder(), HOST: 'localhost' }).up();
    const { port } = service;
    const answer = await fetch(`http://localhost:${port}/health/live`);
    expect(answer.status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
  });

  it('does not start with a wrong environment: says what is wrong, exit code 2', async () => {
    service = new Service({ PORT: 'eighty', LOG_LEVEL: 'loud' });
    expect(await service.ended()).toEqual([2, null]);
    expect(service.errors).toContain('PORT: got "eighty", wanted a whole number from 0 to 65535');
    expect(service.errors).toContain('LOG_LEVEL: got "loud", wanted one of silent, fatal,');
    expect(service.errors).not.toContain(' at ');
  });

  it('does not start with a file for its MODEL_DIR, nor below one, exit code 2', async () => {
    for (const MODEL_DIR of [__filename, join(__filename, 'models')]) {
      service = new Service({ MODEL_DIR });
      expect(await service.ended()).toEqual([2, null]);
      expect(service.errors).toMatch(/MODEL_DIR: got ".*", which .*, wanted a folder/);
    }
  });

  it('says so when its port is taken, exit code 1', async () => {
    const MODEL_DIR = await emptyFolder();
    service = await new Service({ MODEL_DIR }).up();
    const late = new Service({ MODEL_DIR, PORT: String(service.port) });
    expect(await late.ended()).toEqual([1, null]);
    expect(late.errors).toContain('The port is taken: set PORT to another one.');
  });
});

describe('the process, told to stop,', () => {
  it('goes on serving for a while, though it is not ready any more', async () => {
    const environment = { MODEL_DIR: await modelFolder(), SHUTDOWN_DELAY_MS: FOR_EVER_MS };
    service = await new Service(environment).up();
    expect(await service.status('/health/ready')).toBe(200);
    service.kill('SIGTERM');
    await service.logged('no longer ready');
    expect(await service.status('/health/ready')).toBe(503);
    expect(await service.status('/health/live')).toBe(200);
    expect(await service.status('/stats')).toBe(200);
  });

  it('then lets nobody in, answers what it had begun, and ends with exit code 0', async () => {
    const environment = { MODEL_DIR: await modelFolder(), SHUTDOWN_DELAY_MS: '0' };
    service = await new Service({ ...environment, REQUEST_TIMEOUT_MS: '60000' }).up();
    const slow = await service.begin(new Agent({ keepAlive: true }));
    service.kill('SIGTERM');
    await waitFor('new connections to be refused', () =>
      service.status('/stats').then(
        () => false,
        () => true,
      ),
    );
    const answer = await slow.finish();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.connection).toBe('close');
    expect(await service.ended()).toEqual([0, null]);
    expect(service.errors).toBe('');
  });

  it('is not held up by idle clients that are still connected', async () => {
    service = await new Service({ MODEL_DIR: await emptyFolder(), SHUTDOWN_DELAY_MS: '0' }).up();
    const agent = new Agent({ keepAlive: true });
    const asked = within('an answer', once(service.ask('/stats', agent).end(), 'response'));
    const [answer] = (await asked) as [IncomingMessage];
    await within('the end of the answer', once(answer.resume(), 'end'));
    service.kill('SIGINT');
    expect(await service.ended()).toEqual([0, null]);
  });

  it('is not held up by a client that watches the statistics', async () => {
    service = await new Service({ MODEL_DIR: await emptyFolder(), SHUTDOWN_DELAY_MS: '0' }).up();
    const asked = within('events', once(service.ask('/stats/stream').end(), 'response'));
    const [events] = (await asked) as [IncomingMessage];
    const ended = within('the end of the events', once(events.resume(), 'end'));
    service.kill('SIGTERM');
    await ended;
    expect(await service.ended()).toEqual([0, null]);
  });

  it('resets none of its busy clients: each is answered, or finds nobody there', async () => {
    const environment = { MODEL_DIR: await modelFolder(), SHUTDOWN_DELAY_MS: '50' };
    service = await new Service(environment).up();
    let answered = 0;
    /** Asks again and again, on one connection as long as that is kept, until nobody is there. */
    const askOn = async (): Promise<string> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (;;) {
        try {
          const sent = service.ask('/stats', agent).end();
          const [answer] = (await once(sent, 'response')) as [IncomingMessage];
          await once(answer.resume(), 'end');
          answered++;
        } catch (error) {
          return (error as NodeJS.ErrnoException).code!;
        }
      }
    };
    const clients = Array.from({ length: 20 }, askOn);
    await waitFor('all to be busy', () => answered > 200);
    service.kill('SIGTERM');
    const endings = await within('the clients to find nobody there', Promise.all(clients));
    expect(new Set(endings)).toEqual(new Set(['ECONNREFUSED']));
    expect(await service.ended()).toEqual([0, null]);
  });

  it('refuses a request that is not complete when the time is up, with exit code 0', async () => {
    const environment = { SHUTDOWN_DELAY_MS: '0', REQUEST_TIMEOUT_MS: '1000' };
    service = await new Service({ MODEL_DIR: await emptyFolder(), ...environment }).up();
    const slow = await service.begin();
    service.kill('SIGTERM');
    const answer = await slow.answered();
    expect([408, 503]).toContain(answer.statusCode);
    expect(answer.headers.connection).toBe('close');
    expect(await service.ended()).toEqual([0, null]);
    expect(service.lines.join()).not.toContain('unfinished');
  });

  it('gives up on a request that never ends at the second signal, with exit code 1', async () => {
    const environment = { SHUTDOWN_DELAY_MS: '0', REQUEST_TIMEOUT_MS: FOR_EVER_MS };
    service = await new Service({ MODEL_DIR: await emptyFolder(), ...environment }).up();
    await service.begin();
    service.kill('SIGTERM');
    await service.logged('no longer ready');
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([1, null]);
  });

  it('cuts off a request that takes longer than one may, with exit code 1', async () => {
    const environment = { SHUTDOWN_DELAY_MS: '0', REQUEST_TIMEOUT_MS: '300' };
    const held = `
      import http from 'node:http';
      const { prototype } = http.ServerResponse;
      const end = prototype.end;
      prototype.end = function (...given) {
        return this.req?.url === '/docs-json' ? this : end.apply(this, given);
      };`;
    service = await new Service({ MODEL_DIR: await emptyFolder(), ...environment }, held).up();
    const stuck = service.ask('/docs-json').on('error', () => {});
    stuck.setHeader('expect', '100-continue');
    stuck.flushHeaders();
    await within('the service to begin', once(stuck, 'continue'));
    stuck.end();
    service.kill('SIGTERM');
    await service.logged('left with requests unfinished');
    expect(await service.ended()).toEqual([1, null]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends by %s while it still starts', async (signal) => {
    service = new Service({ MODEL_DIR: await modelFolder() }, holdingRead({ name: 'model.json' }));
    await service.logged('model.json is held');
    service.kill(signal);
    expect(await service.ended()).toEqual([0, null]);
    expect(service.lines.join()).toContain('left before the service was up');
    expect(service.errors).toBe('');
  });
});

describe('an error that nobody caught', () => {
  const thrower = `process.on('SIGUSR2', () => { throw new Error('out of the blue'); });`;

  it('ends the process with exit code 1, after it has answered what it had begun', async () => {
    service = await new Service({ MODEL_DIR: await modelFolder() }, thrower).up();
    const slow = await service.begin();
    service.kill('SIGUSR2');
    expect(await service.logged('uncaught error')).toMatchObject({
      level: 60,
      err: { message: 'out of the blue' },
    });
    await service.logged('no longer ready');
    expect((await slow.finish()).statusCode).toBe(200);
    expect(await service.ended()).toEqual([1, null]);
  });
});

describe('a service whose first model comes later and has other features', () => {
  /** A service without a model, and then a model in its registry. */
  async function start(environment: Record<string, string>, preload?: string): Promise<void> {
    const MODEL_DIR = await emptyFolder();
    const settings = { MODEL_DIR, API_KEYS, SHUTDOWN_DELAY_MS: '0', ...environment };
    service = await new Service(settings, preload).up();
    expect(await service.status('/health/ready')).toBe(503);
    const { bytes, card } = await trainModel(otherSchema);
    await new Registry(MODEL_DIR).publish(bytes, card);
  }

  /** An admin call, after which the service looks at its registry. */
  async function look(): Promise<void> {
    const url = `http://127.0.0.1:${service.port}/models/canary`;
    await fetch(url, { method: 'DELETE', headers: { 'x-api-key': KEY } });
  }

  async function expectServing(): Promise<void> {
    expect(await service.status('/health/ready')).toBe(200);
    const answer = await fetch(`http://127.0.0.1:${service.port}/predict_ctr`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': KEY },
      body: JSON.stringify({ hour: 7, weight: 0.25, bid: 1, age: 40, country: 'de' }),
    });
    expect(answer.status).toBe(200);
  }

  it('finds it by itself and makes its routes anew', async () => {
    await start({ MODEL_POLL_MS: '50' });
    await service.logged('AdScale is up', 2);
    await expectServing();
  });

  it.each([
    { name: 'model.json', nth: 1 },
    { name: 'model.json', nth: 2 },
  ])('serves it although a read fails once: $name, read $nth', async (read) => {
    await start({ MODEL_POLL_MS: '0' }, failingRead(read));
    for (let i = 0; i < 3; i++) await look();
    await service.logged('AdScale is up', 2);
    await expectServing();
  });

  it('makes its routes anew once when it looks twice at once', async () => {
    await start({ MODEL_POLL_MS: '0' });
    await Promise.all([look(), look()]);
    await service.logged('AdScale is up', 2);
    await expectServing();
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([0, null]);
    expect(service.lines.filter((line) => line.includes('AdScale is up'))).toHaveLength(2);
    expect(service.errors).toBe('');
  });

  it('ends by SIGTERM while it makes them', async () => {
    // The app that is being made looks for trials.
    const held = holdingRead({ name: 'rollout.json', after: 'model.json' });
    await start({ MODEL_POLL_MS: '50' }, held);
    await service.logged('rollout.json is held');
    service.kill('SIGTERM');
    expect(await service.ended()).toEqual([0, null]);
    expect(service.errors).toBe('');
  });
});
