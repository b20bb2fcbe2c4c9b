import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';
import { ValkeyServer, freePort, program } from '../valkey-server.js';

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

afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.close()));
  await valkey.kill();
});

const predictions = async (replica: RunningApp): Promise<number> =>
  (await replica.get('/stats').expect(200)).body.predictions;

/** Replicas tell each other within a second or so. */
async function eventually(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 50));
}

suite('replicas that share a Valkey', () => {
  it('tell the figures of the service, whichever is asked', async () => {
    await start();
    for (let i = 0; i < 3; i++) await replicas[0].post(sample).expect(200);
    for (let i = 0; i < 4; i++) await replicas[1].post(sample).expect(200);
    for (const replica of replicas) {
      await eventually(async () => (await predictions(replica)) === 7);
      const { processes } = (await replica.get('/stats').expect(200)).body;
      expect(processes).toHaveLength(2);
      expect((await replica.get('/metrics')).text).toContain('adscale_predictions_total 7');
    }
  });

  it('limit a client together', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '6' });
    for (let i = 0; i < 5; i++) await replicas[0].post(sample).expect(200);
    // One more here tells this replica what the other let pass.
    let passed = 0;
    await eventually(async () => {
      const { status } = await replicas[1].post(sample);
      if (status === 200) passed++;
      return status === 429;
    });
    // Alone it would have let six pass.
    expect(passed).toBeLessThan(6);
  });

  it('go on by themselves without it, failing nothing, and come together again', async () => {
    await start();
    await replicas[0].post(sample).expect(200);
    await eventually(async () => (await predictions(replicas[1])) === 1);
    await valkey.kill();
    for (const replica of replicas) {
      for (let i = 0; i < 5; i++) await replica.post(sample).expect(200);
      expect(await predictions(replica)).toBeLessThanOrEqual(6);
    }
    const warned = replicas[0].logs.filter(({ level }) => level === 40);
    expect(warned.length).toBeLessThan(3);

    valkey = await ValkeyServer.start(port);
    await eventually(async () => (await predictions(replicas[1])) === 11);
  });
});
