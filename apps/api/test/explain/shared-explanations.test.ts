import request from 'supertest';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';
import { waitFor } from '../wait-for.js';
import { ValkeyServer, freePort, program } from '../valkey-server.js';

const suite = program === undefined ? describe.skip : describe;
if (program === undefined) {
  console.warn('skipped: neither valkey-server nor redis-server is installed on this machine');
}

const explain = ({ server }: RunningApp, body: object) =>
  request(server).post('/explain').send(body);
const tierOf = async (api: RunningApp) => (await api.get('/stats')).body.cache.second_tier;

suite('explanations that replicas share', () => {
  let valkey: ValkeyServer;
  let replicas: RunningApp[];
  let port: number;

  beforeEach(async () => {
    port = await freePort();
    valkey = await ValkeyServer.start(port);
    const MODEL_DIR = await modelFolder();
    const run = () => runApp({ MODEL_DIR, VALKEY_URL: `redis://127.0.0.1:${port}` });
    replicas = [await run(), await run()];
  });
  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.close()));
    await valkey.kill();
  });

  it('are found once for all of them, and are the same to the last digit', async () => {
    // A replica that is kept waiting for the server does without it, so that on a busy machine one
    // record may not be found: another is asked about then.
    let asked = 0;
    await waitFor('one to be found by the other replica', async () => {
      const record = { ...sample, budget: 10 + 150 * asked++ };
      const first = await explain(replicas[0], record).expect(200);
      const second = await explain(replicas[1], record).expect(200);
      expect(second.body).toEqual(first.body);
      // Statistics are those of the service, so either replica knows of the hit.
      return (await tierOf(replicas[1])).hits > 0;
    });
  });

  it('are found here when the server is gone, and no request fails for it', async () => {
    await explain(replicas[0], sample).expect(200);
    await valkey.kill();
    for (let ad_position = 1; ad_position <= 10; ad_position++) {
      for (const replica of replicas)
        await explain(replica, { ...sample, ad_position }).expect(200);
    }
    expect((await tierOf(replicas[0])).skipped).toBeGreaterThan(0);
  });
});
