import { connectValkey, endConnection } from '@adscale/cache';
import { Registry } from '@adscale/ctr';
import { createLogger } from '../../src/logging/logger.js';
import { ModelFollower } from '../../src/model/follower.js';
import { ReplicaBoard } from '../../src/replicas/board.js';
import { ValkeyCounts, shareLimits } from '../../src/replicas/limits.js';
import { RateLimiter } from '../../src/security/rate-limit.js';
import { type ProcessFigures, emptyFigures } from '../../src/stats/figures.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, modelFolder, otherSchema, trainModel } from '../trained-models.js';
import { ValkeyServer, freePort, program } from '../valkey-server.js';
import { waitFor } from '../wait-for.js';

const suite = program === undefined ? describe.skip : describe;
if (program === undefined) {
  console.warn('skipped: neither valkey-server nor redis-server is installed on this machine');
}

let valkey: ValkeyServer;
let port: number;
let replicas: RunningApp[];

async function start(environment: Record<string, string> = {}): Promise<void> {
  port = await freePort();
  valkey = await ValkeyServer.start(port);
  const MODEL_DIR = await modelFolder();
  const VALKEY_URL = `redis://127.0.0.1:${port}`;
  const run = () => runApp({ MODEL_DIR, VALKEY_URL, ...environment });
  replicas = [await run(), await run()];
}

const predictions = async (replica: RunningApp): Promise<number> =>
  (await replica.get('/stats').expect(200)).body.predictions;

suite('replicas that share a Valkey', () => {
  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.close()));
    await valkey.kill();
  });

  it('tell the figures of the service, whichever is asked', async () => {
    await start();
    for (let i = 0; i < 3; i++) await replicas[0].post(sample).expect(200);
    for (let i = 0; i < 4; i++) await replicas[1].post(sample).expect(200);
    for (const replica of replicas) {
      await waitFor('the sum of both', async () => (await predictions(replica)) === 7);
      const { processes } = (await replica.get('/stats').expect(200)).body;
      expect(processes).toHaveLength(2);
      expect((await replica.get('/metrics')).text).toContain('adscale_predictions_total 7');
    }
  });

  it('limit a client together', async () => {
    // The minute does not turn meanwhile.
    const clock = jest.spyOn(Date, 'now').mockReturnValue(90_000);
    await start({ RATE_LIMIT_PER_MINUTE: '60' });
    for (let i = 0; i < 55; i++) await replicas[0].post(sample).expect(200);
    // The first one here tells this replica what the other let pass.
    let passed = 0;
    await waitFor('a request to be refused', async () => {
      const { status } = await replicas[1].post(sample);
      if (status === 200) passed++;
      return status === 429;
    });
    clock.mockRestore();
    // Alone it would have let 60 pass.
    expect(passed).toBeLessThan(60);
  });

  it('go on by themselves without it, failing nothing, and come together again', async () => {
    await start();
    await replicas[0].post(sample).expect(200);
    await waitFor('word of it', async () => (await predictions(replicas[1])) === 1);
    const lostAt = performance.now();
    await valkey.kill();
    for (const replica of replicas) {
      for (let i = 0; i < 5; i++) await replica.post(sample).expect(200);
      expect(await predictions(replica)).toBeLessThanOrEqual(6);
    }
    // Statistics and explanations each warn at most every ten seconds.
    const intervals = Math.ceil((performance.now() - lostAt) / 10_000);
    const warned = replicas[0].logs.filter(({ level }) => level === 40);
    expect(warned.length).toBeLessThanOrEqual(2 * intervals);

    valkey = await ValkeyServer.start(port);
    await waitFor('the sum of both', async () => (await predictions(replicas[1])) === 11);
  });

  it('count each process once, also after another app has taken over in it', async () => {
    const MODEL_DIR = await emptyFolder();
    await start({ MODEL_DIR });
    for (const replica of replicas) await replica.post(sample).expect(503);
    const { bytes, card } = await trainModel(otherSchema);
    await new Registry(MODEL_DIR).publish(bytes, card);
    await replicas[0].app.get(ModelFollower).look();
    const record = { hour: 7, weight: 0.25, bid: 1, age: 40, country: 'de' };
    await replicas[0].post(record).expect(200);
    const asked = (body: { requests: number }) => body.requests === 3;
    await waitFor('the sum of both', async () => asked((await replicas[1].get('/stats')).body));
    const { body } = await replicas[1].get('/stats').expect(200);
    expect(body).toMatchObject({ requests: 3, predictions: 1 });
    expect(body.processes).toHaveLength(2);
  });
});

suite('counts in Valkey', () => {
  const none = new Array<number>(12).fill(0);
  const at = (slot: number, count: number) => none.with(slot, count);
  const news = { client: 'a', minute: 7, isUnheard: false };
  let server: ValkeyServer;
  let url: string;
  beforeEach(async () => {
    const where = await freePort();
    server = await ValkeyServer.start(where);
    url = `redis://127.0.0.1:${where}`;
  });
  afterEach(() => server.kill());

  it('are those of all other machines, by twelfths of a minute for one that asks', async () => {
    const connection = await connectValkey(url, 10_000);
    await waitFor('a connection', () => connection.status === 'ready');
    const [one, other, third] = [0, 1, 2].map(() => new ValkeyCounts(connection));
    await one.exchange([{ ...news, minute: 6, count: 4, slots: at(11, 4) }]);
    await one.exchange([{ ...news, count: 5, slots: at(0, 5) }]);
    // Said again, with what came since.
    await one.exchange([{ ...news, count: 8, slots: at(0, 8) }]);
    const heard = await other.exchange([
      { ...news, count: 2, slots: at(1, 2) },
      { ...news, client: 'b', count: 1, slots: at(3, 1), isUnheard: true },
    ]);
    expect(heard).toEqual([
      { now: 8, before: 4 },
      { now: 0, before: 0, slots: [...none, ...none] },
    ]);
    const unheard = { ...news, count: 1, slots: at(2, 1), isUnheard: true };
    const slots = [...at(11, 4), 8, 2, ...none.slice(2)];
    expect(await third.exchange([unheard])).toEqual([{ now: 10, before: 4, slots }]);
    await endConnection(connection);
  });

  it('are told a last time by a machine that leaves', async () => {
    const logger = createLogger('silent');
    const [leaving, staying] = [new RateLimiter(10), new RateLimiter(10)];
    const end = await shareLimits(url, leaving, logger);
    const connection = await connectValkey(url, 10_000);
    await waitFor('a connection', () => connection.status === 'ready');
    const passed = () => staying.share(counts).then(() => staying.take('a', 10));
    const counts = new ValkeyCounts(connection);
    // Once it is heard that it shares, no more than a quarter of a second goes by until it does again.
    leaving.take('b', 1);
    const keys = async () => (await connection.keys('adscale:passed:*')).length > 0;
    await waitFor('the first counts', keys);
    leaving.take('a', 9);
    await end();
    staying.charge('a', 1);
    expect(await passed()).toBe(0);
    await endConnection(connection);
  });
});

describe('the board of the replicas', () => {
  it('tells machines apart whose names begin alike', async () => {
    const fields: Record<string, string> = {};
    const valkey = {
      hset: async (_board: string, field: string, text: string) => void (fields[field] = text),
      hgetall: async () => fields,
    } as unknown as ConstructorParameters<typeof ReplicaBoard>[0];
    const figures = { ...emptyFigures, processes: [{ pid: 1 } as ProcessFigures] };
    const [one, ten] = ['node-1', 'node-10'].map((name) => new ReplicaBoard(valkey, name));
    await ten.publish(figures);
    expect(await one.figures()).toHaveLength(1);
    expect(await ten.figures()).toHaveLength(0);
  });
});
