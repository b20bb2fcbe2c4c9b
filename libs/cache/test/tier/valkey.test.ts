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
import { ValkeyServer, freePort, program, until } from './valkey-server.js';

if (program === undefined) {
  console.warn('skipped: tests of the second tier need valkey-server or redis-server on the PATH');
}
const withServer = program === undefined ? describe.skip : describe;

// Longer than all waits of one test together, each of which ends by itself and says what it was for.
jest.setTimeout(240_000);

let port: number;
let server: ValkeyServer | undefined;
let lines: string[];
const open: { close(): Promise<void> }[] = [];

/** So long that a busy machine is never taken for a silent server; where one is, tests say less. */
const PATIENCE_MS = 30_000;
/** Where the server stands still, so that nothing is gained by waiting for it. */
const HASTE_MS = 20;

async function tierOf(options: Partial<ValkeyTierOptions<number>> = {}) {
  const tier = await ValkeyTier.connect<number>({
    url: `valkey://127.0.0.1:${port}`,
    ttlMs: 3_600_000,
    codec: numberCodec,
    log: (line) => lines.push(line),
    timeoutMs: PATIENCE_MS,
    breaker: { failures: 3, coolDownMs: 20, maxCoolDownMs: 100 },
    ...options,
  });
  open.push(tier);
  return tier;
}

type Tier = Awaited<ReturnType<typeof tierOf>>;

/**
 * Asks until the server answers, as traffic would, and goes on until no failure is remembered.
 * @param meanwhile moves the tier's clock, where the test has it
 */
async function answering(tier: Tier, meanwhile = () => {}): Promise<void> {
  const answers = () => tier.snapshot().hits + tier.snapshot().misses;
  let before = answers();
  let inARow = 0;
  await until('the server to answer 20 times in a row', async () => {
    meanwhile();
    await tier.get('is anybody there');
    inARow = answers() > before ? inARow + 1 : 0;
    before = answers();
    return inARow === 20;
  });
}

/** Waits until a write has arrived. */
async function written(tier: Tier, name: string): Promise<number> {
  let value: number | undefined;
  await until(`${name} to be written`, async () => (value = await tier.get(name)) !== undefined);
  return value!;
}

/** The lines about one kind of trouble. */
const said = (kind: string) => lines.filter((line) => line.startsWith(`${kind}: `));

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
    expect(await own.pttl('adscale:name')).toBeGreaterThan(0);
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
    expect(said('value')).toEqual(['value: not a value of this cache']);
    expect(said('command')).toEqual([expect.stringMatching(/^command: WRONGTYPE/)]);
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
    // The log's clock stands still; the breaker's goes.
    const breaker = {
      failures: 3,
      coolDownMs: 20,
      maxCoolDownMs: 100,
      now: () => performance.now(),
    };
    const tier = await tierOf({ breaker, now: () => 0 });
    const cells = new PredictionCache<number>({ entries: 10, ttlMs: 0 }, tier).forModel('a');
    const computed = Array.from({ length: 50 }, (_, i) => cells.getOrCompute(i, () => i));
    expect(await Promise.all(computed)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(tier.snapshot()).toMatchObject({ hits: 0, misses: 0, errors: 0, timeouts: 0 });
    expect(tier.snapshot().skipped).toBeGreaterThanOrEqual(50);
    expect(tier.snapshot().breakers.open).toBe(1);
    server = await ValkeyServer.start(port);
    await answering(tier);
    expect(tier.snapshot().breakers.closed).toBe(1);
    expect(said('connection')).toHaveLength(1);
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
    const passed = (more: number) => {
      const end = served + more;
      return until(`${more} requests to be served`, () => served >= end);
    };

    try {
      await passed(2000);
      expect(tier.snapshot().hits).toBeGreaterThan(0);
      await server.kill();
      await passed(5000);
      const lost = tier.snapshot();
      // Each user, and each of its writes, can have met the loss once; all else was not even tried.
      expect(lost.errors + lost.timeouts).toBeLessThanOrEqual(2 * users + 3);
      expect(lost.breakers.open + lost.breakers.halfOpen).toBe(1);
      server = await ValkeyServer.start(port);
      await until('hits from the new server', () => tier.snapshot().hits > lost.hits);
    } finally {
      stop = true;
      await Promise.all(load);
    }
    expect(wrong).toBe(0);
    expect(tier.snapshot().breakers.closed).toBe(1);
  });

  it('waits for a server that hangs no more often than its breaker says, and tries again later', async () => {
    server = await ValkeyServer.start(port);
    let time = 0;
    const breaker = { failures: 3, coolDownMs: 500 };
    const tier = await tierOf({ timeoutMs: HASTE_MS, breaker, now: () => time });
    await answering(tier, () => (time += 20_000));
    time += 20_000;
    lines = [];
    const before = tier.snapshot();
    const since = () => {
      const { timeouts, skipped, breakers } = tier.snapshot();
      return {
        timeouts: timeouts - before.timeouts,
        skipped: skipped - before.skipped,
        open: breakers.open,
      };
    };
    await server.pause();
    for (let i = 0; i < 100; i++) expect(await tier.get(`name ${i}`)).toBeUndefined();
    expect(since()).toEqual({ timeouts: 3, skipped: 97, open: 1 });
    time += 500;
    for (let i = 0; i < 100; i++) expect(await tier.get(`name ${i}`)).toBeUndefined();
    expect(since()).toEqual({ timeouts: 4, skipped: 196, open: 1 });
    expect(said('time-out')).toHaveLength(1);
    server.resume();
    await until('the breaker to close', async () => {
      time += 5000;
      await tier.get('name');
      return tier.snapshot().breakers.closed === 1;
    });
  });

  it('gives a connection up that fell silent, and uses the next one at once', async () => {
    server = await ValkeyServer.start(port);
    let time = 0;
    const tier = await tierOf({ timeoutMs: HASTE_MS, breaker: { failures: 1 }, now: () => time });
    await answering(tier, () => (time += 20_000));
    // From here on the clock stands still: only a new connection lets the breaker try again.
    time += 20_000;
    const { timeouts } = tier.snapshot();
    lines = [];
    await server.pause();
    await until('the silent connection to be given up', async () => {
      await tier.get('name');
      return said('connection').length > 0;
    });
    expect(tier.snapshot()).toMatchObject({ timeouts: timeouts + 1, breakers: { open: 1 } });
    const sent = () => tier.snapshot().misses + tier.snapshot().timeouts;
    const before = sent();
    server.resume();
    // Answered or not, as a busy machine may take long: it is sent, which the breaker alone forbids.
    await until('a command over the next connection', async () => {
      await tier.get('name');
      return sent() > before;
    });
  });

  it('bounds the commands under way', async () => {
    server = await ValkeyServer.start(port);
    const tier = await tierOf({ commands: 5 });
    await answering(tier);
    const { skipped } = tier.snapshot();
    await server.pause();
    const asked = Array.from({ length: 50 }, (_, i) => tier.get(`name ${i}`));
    expect(tier.snapshot().skipped).toBe(skipped + 45);
    server.resume();
    await Promise.all(asked);
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
      await until('earlier sockets to close', () => sockets().length === 0);
      if (state !== 'without a server') server = await ValkeyServer.start(port);
      const tier = await tierOf();
      if (state === 'ready' || state === 'hanging') await answering(tier);
      if (state === 'hanging') await server!.pause();
      if (state === 'without a server') {
        await until('a first attempt to fail', () => said('connection').length > 0);
      }
      const pending = tier.get('name');
      await tier.close();
      expect(await pending).toBeUndefined();
      await until('its socket to close', () => sockets().length === 0);
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
