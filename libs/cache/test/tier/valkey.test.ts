import { setImmediate as nextTurn } from 'node:timers/promises';
import { Redis } from 'iovalkey';
import {
  CacheError,
  PredictionCache,
  ValkeyTier,
  type ValkeyTierOptions,
  digestKey,
  jsonCodec,
  numberCodec,
} from '../../src/index.js';
import { ErrorLog } from '../../src/tier/valkey.js';
import { ValkeyServer, freePort, program } from './valkey-server.js';

if (program === undefined) {
  console.warn('skipped: tests of the second tier need valkey-server or redis-server on the PATH');
}
const withServer = program === undefined ? describe.skip : describe;

let port: number;
let server: ValkeyServer | undefined;
let lines: string[];
const open: { close(): Promise<void> }[] = [];

async function tierOf(options: Partial<ValkeyTierOptions<number>> = {}) {
  const tier = await ValkeyTier.connect<number>({
    url: `valkey://127.0.0.1:${port}`,
    ttlMs: 60_000,
    codec: numberCodec,
    log: (line) => lines.push(line),
    breaker: { failures: 3, coolDownMs: 20, maxCoolDownMs: 100 },
    ...options,
  });
  open.push(tier);
  return tier;
}

type Tier = Awaited<ReturnType<typeof tierOf>>;

/** Asks until the server answers again, as traffic would; the test's own time-out is the bound. */
async function answering(tier: Tier): Promise<void> {
  const answers = () => tier.snapshot().hits + tier.snapshot().misses;
  const before = answers();
  while (answers() === before) {
    await tier.get('is anybody there');
    await nextTurn();
  }
}

/** Waits until a write has arrived. */
async function written(tier: Tier, name: string): Promise<number> {
  for (;;) {
    const value = await tier.get(name);
    if (value !== undefined) return value;
    await nextTurn();
  }
}

/** A connection of the test's own, to look at what is there. */
async function client(): Promise<Redis> {
  const own = new Redis(port, '127.0.0.1');
  open.push({ close: async () => own.disconnect() });
  await own.ping();
  return own;
}

beforeEach(async () => {
  lines = [];
  port = await freePort();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  await server?.kill();
  server = undefined;
});

withServer('a second tier in Valkey', () => {
  it('shares values between processes, under a prefix and with a time to live', async () => {
    server = await ValkeyServer.start(port);
    const [ours, theirs] = [await tierOf(), await tierOf()];
    await Promise.all([answering(ours), answering(theirs)]);
    ours.set('name', 0.0847);
    expect(await written(theirs, 'name')).toBe(0.0847);
    const own = await client();
    expect(await own.keys('*')).toEqual(['adscale:name']);
    expect(await own.pttl('adscale:name')).toBeGreaterThan(50_000);
    expect(ours.snapshot()).toMatchObject({ writes: 1, errors: 0, timeouts: 0 });
    expect(theirs.snapshot()).toMatchObject({ hits: 1, breakers: { closed: 1, open: 0 } });
  });

  it('takes what is no value for a miss, and says so once', async () => {
    server = await ValkeyServer.start(port);
    const tier = await tierOf();
    await answering(tier);
    const own = await client();
    await own.set('adscale:foreign', 'not eight bytes');
    await own.lpush('adscale:list', 'x');
    expect(await tier.get('foreign')).toBeUndefined();
    expect(await tier.get('foreign')).toBeUndefined();
    expect(await tier.get('list')).toBeUndefined();
    expect(tier.snapshot()).toMatchObject({ hits: 0, errors: 3 });
    expect(lines).toEqual([
      'value: not a value of this cache',
      expect.stringMatching(/^command: WRONGTYPE/),
    ]);
  });

  it('takes a value that cannot be written, or read, for an error of that value alone', async () => {
    server = await ValkeyServer.start(port);
    const codec = jsonCodec((value): value is number => typeof value === 'number');
    const tier = await tierOf({
      codec: { ...codec, encode: (value) => (value < 0 ? fail() : codec.encode(value)) },
    });
    await answering(tier);
    await (await client()).set('adscale:torn', '{"a":');
    tier.set('negative', -1);
    tier.set('positive', 1);
    expect(await written(tier, 'positive')).toBe(1);
    expect(await tier.get('torn')).toBeUndefined();
    expect(tier.snapshot()).toMatchObject({ writes: 1, errors: 2, breakers: { closed: 1 } });
  });

  it('costs no request while there is no server, and is used as soon as there is one', async () => {
    const tier = await tierOf();
    const cells = new PredictionCache<number>({ entries: 10, ttlMs: 0 }, tier).forModel('a');
    const computed = Array.from({ length: 50 }, (_, i) => cells.getOrCompute(i, () => i));
    expect(await Promise.all(computed)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(tier.snapshot()).toMatchObject({ hits: 0, misses: 0, errors: 0, timeouts: 0 });
    expect(tier.snapshot().skipped).toBeGreaterThanOrEqual(50);
    expect(tier.snapshot().breakers.open).toBe(1);
    server = await ValkeyServer.start(port);
    await answering(tier);
    expect(tier.snapshot().breakers.closed).toBe(1);
    expect(lines.filter((line) => line.startsWith('connection: '))).toHaveLength(1);
  });

  it('loses its server in the middle of load without a failed request, and finds it again', async () => {
    server = await ValkeyServer.start(port);
    const tier = await tierOf();
    await answering(tier);
    // No memory of its own: every request goes through the tier.
    const cells = new PredictionCache<number>({ entries: 0, ttlMs: 0 }, tier).forModel('a');
    const users = 20;
    let wrong = 0;
    let stop = false;
    let served = 0;
    const load = Array.from({ length: users }, async (_, user) => {
      for (let i = 1; !stop; i++) {
        const cell = (user + 7 * i) % 500;
        if ((await cells.getOrCompute(cell, () => cell / 7)) !== cell / 7) wrong++;
        served++;
        // Requests that the tier is not asked for take no turn of the event loop by themselves.
        if (i % 10 === 0) await nextTurn();
      }
    });
    const passes = async (more: number) => {
      for (const end = served + more; served < end;) await nextTurn();
    };

    await passes(2000);
    expect(tier.snapshot().hits).toBeGreaterThan(0);
    await server.kill();
    await passes(5000);
    const lost = tier.snapshot();
    // Each user, and each of its writes, can have met the loss once; all else was not even tried.
    expect(lost.errors + lost.timeouts).toBeLessThanOrEqual(2 * users + 3);
    expect(lost.breakers.open + lost.breakers.halfOpen).toBe(1);
    server = await ValkeyServer.start(port);
    for (const { hits } = lost; tier.snapshot().hits <= hits;) await passes(10);
    stop = true;
    await Promise.all(load);
    expect(wrong).toBe(0);
    expect(tier.snapshot().breakers.closed).toBe(1);
  });

  it('waits for a server that hangs no more often than its breaker says, and tries again later', async () => {
    server = await ValkeyServer.start(port);
    let time = 0;
    const breaker = { failures: 3, coolDownMs: 500, now: () => time };
    const tier = await tierOf({ timeoutMs: 20, breaker });
    await answering(tier);
    server.pause();
    const { skipped } = tier.snapshot();
    for (let i = 0; i < 100; i++) expect(await tier.get(`name ${i}`)).toBeUndefined();
    expect(tier.snapshot()).toMatchObject({ timeouts: 3, skipped: skipped + 97 });
    time += 500;
    for (let i = 0; i < 100; i++) expect(await tier.get(`name ${i}`)).toBeUndefined();
    expect(tier.snapshot()).toMatchObject({ timeouts: 4, breakers: { open: 1 } });
    server.resume();
    time += 1000;
    await tier.get('name');
    expect(tier.snapshot()).toMatchObject({ timeouts: 4, breakers: { closed: 1 } });
    expect(lines.filter((line) => line.startsWith('time-out: '))).toHaveLength(1);
  });

  it('gives a connection up that fell silent, and uses the next one at once', async () => {
    server = await ValkeyServer.start(port);
    // A breaker that would stay open: only a new connection is a sign of life.
    const tier = await tierOf({ timeoutMs: 20, breaker: { failures: 1, now: () => 0 } });
    await answering(tier);
    server.pause();
    while (!lines.some((line) => line.startsWith('connection: '))) {
      await tier.get('name');
      await nextTurn();
    }
    expect(tier.snapshot()).toMatchObject({ timeouts: 1, breakers: { open: 1 } });
    server.resume();
    await answering(tier);
    expect(tier.snapshot().breakers.closed).toBe(1);
  });

  it('bounds the commands under way', async () => {
    server = await ValkeyServer.start(port);
    const tier = await tierOf({ commands: 5, timeoutMs: 20 });
    await answering(tier);
    server.pause();
    const { skipped } = tier.snapshot();
    await Promise.all(Array.from({ length: 50 }, (_, i) => tier.get(`name ${i}`)));
    expect(tier.snapshot()).toMatchObject({ timeouts: 5, skipped: skipped + 45 });
  });

  it('answers a new model from nothing but its own values', async () => {
    server = await ValkeyServer.start(port);
    const tier = await tierOf();
    await answering(tier);
    const cache = new PredictionCache<number>({ entries: 10, ttlMs: 0 }, tier);
    expect(await cache.forModel('old').getOrCompute(1, () => 0.1)).toBe(0.1);
    await written(tier, digestKey('old', 1));
    cache.retain('new');
    expect(await cache.forModel('new').getOrCompute(1, () => 0.2)).toBe(0.2);
    // Another process of the same old model, or this one after a roll back, still finds it.
    expect(await cache.forModel('old').getOrCompute(1, () => NaN)).toBe(0.1);
  });

  it.each(['ready', 'hanging', 'connecting', 'without a server'])(
    'closes while it is %s, and leaves no socket open',
    async (state) => {
      const sockets = () =>
        process.getActiveResourcesInfo().filter((name) => /^TCP(Socket|Connect)Wrap$/.test(name));
      const before = sockets().length;
      if (state !== 'without a server') server = await ValkeyServer.start(port);
      const tier = await tierOf({ timeoutMs: 20 });
      if (state === 'ready' || state === 'hanging') await answering(tier);
      if (state === 'hanging') server!.pause();
      // A first attempt has failed by the time that it is reported.
      while (state === 'without a server' && lines.length === 0) await nextTurn();
      const pending = tier.get('name');
      await tier.close();
      expect(await pending).toBeUndefined();
      await nextTurn();
      expect(sockets().length).toBe(before);
      expect(await tier.get('name')).toBeUndefined();
      tier.set('name', 1);
      await tier.close();
    },
  );
});

describe('the options of a second tier', () => {
  it.each([
    [{ url: 'http://127.0.0.1' }, 'got http:'],
    [{ url: 'secret' }, 'got no URL'],
    [{ ttlMs: 0 }, 'ttlMs must be a whole number from 1, got 0'],
    [{ timeoutMs: 0.5 }, 'timeoutMs must be a whole number from 1, got 0.5'],
    [{ commands: -1 }, 'commands must be a whole number from 1, got -1'],
    [{ breaker: { failures: 0 } }, 'failures must be a whole number from 1 to 20, got 0'],
  ])('refuse %p', async (options, message) => {
    await expect(tierOf(options)).rejects.toThrow(CacheError);
    await expect(tierOf(options)).rejects.toThrow(message);
  });

  it('do not repeat an address, which may hold a password', async () => {
    const refused = tierOf({ url: 'postgres://user:secret@127.0.0.1' });
    await expect(refused).rejects.not.toThrow('secret');
  });
});

describe('ErrorLog', () => {
  it('says the first of a kind at once, then one an interval and how many were kept back', () => {
    const lines: string[] = [];
    let time = 0;
    const errors = new ErrorLog(
      (line) => lines.push(line),
      1000,
      () => time,
    );
    for (let i = 0; i < 500; i++) errors.report('connection', new Error('refused'));
    errors.report('value', 'not JSON');
    expect(lines).toEqual(['connection: refused', 'value: not JSON']);
    time = 999;
    errors.report('connection', new Error('refused'));
    time = 1000;
    errors.report('connection', new Error('reset'));
    expect(lines.slice(2)).toEqual(['connection: reset (500 more like it kept back)']);
    time = 2000;
    errors.report('connection', new Error('reset'));
    expect(lines.slice(3)).toEqual(['connection: reset']);
  });
});

function fail(): never {
  throw new Error('cannot be written');
}
