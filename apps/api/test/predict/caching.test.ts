import { Registry } from '@adscale/ctr';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';

let api: RunningApp;
let folder: string;

async function start(environment: Record<string, string> = {}) {
  folder = await modelFolder();
  api = await runApp({ MODEL_DIR: folder, ...environment });
}
afterEach(() => api.close());

async function cacheFigures() {
  return (await api.get('/stats')).body.cache;
}

describe('the cache', () => {
  it('hits for records that differ but fall into the same cell', async () => {
    await start();
    const model = await new Registry(folder).load();
    const width = model.schema.features.length;
    const cellOf = (record: typeof sample) =>
      model.code(model.encode(record, new Float64Array(width)));
    const cents = [0, 0.01, 0.02, 0.03, 0.04].map((more) => ({ ...sample, budget: 2500 + more }));
    const cells = new Set(cents.map(cellOf));
    expect(cells.size).toBeLessThan(cents.length);

    const tags = new Set<string>();
    for (const record of cents) tags.add((await api.post(record).expect(200)).headers.etag);
    expect(tags.size).toBe(cells.size);
    const { hits, misses, size } = await cacheFigures();
    expect({ hits, misses, size }).toEqual({
      hits: cents.length - cells.size,
      misses: cells.size,
      size: cells.size,
    });
  });

  it('holds no more entries than it may', async () => {
    await start({ CACHE_ENTRIES: '3' });
    for (let ad_position = 1; ad_position <= 10; ad_position++) {
      await api.post({ ...sample, ad_position }).expect(200);
    }
    expect((await cacheFigures()).size).toBeLessThanOrEqual(3);
  });

  it('holds an entry no longer than it may', async () => {
    let hours = 0;
    const now = performance.now.bind(performance);
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + hours * 3.6e6);
    await start({ CACHE_TTL_SECONDS: '3600' });
    await api.post(sample).expect(200);
    await api.post(sample).expect(200);
    hours = 1;
    // The cache remembers the time for a millisecond, and timers of one length fire in their order.
    // eslint-disable-next-line no-restricted-syntax -- as long as the cache's own timer, and after it
    await new Promise((resolve) => setTimeout(resolve, 1));
    await api.post(sample).expect(200);
    expect(await cacheFigures()).toMatchObject({ hits: 1, misses: 2, expired: 1 });
    clock.mockRestore();
  });

  it('can be keyed by the exact record, and then finds only that', async () => {
    await start({ CACHE_KEY: 'exact' });
    const cents = [0, 0, 0.01].map((more) => ({ ...sample, budget: 2500 + more }));
    const answers = [];
    for (const record of cents) answers.push((await api.post(record).expect(200)).body);
    expect(new Set(answers.map(({ predicted_ctr }) => predicted_ctr)).size).toBe(1);
    expect(await cacheFigures()).toMatchObject({ hits: 1, misses: 2, size: 2 });
  });

  it('holds no more bytes than it may', async () => {
    await start({ CACHE_BYTES: '1000' });
    for (let ad_position = 1; ad_position <= 10; ad_position++) {
      await api.post({ ...sample, ad_position }).expect(200);
    }
    const { bytes, size } = await cacheFigures();
    expect(bytes).toBeLessThanOrEqual(1000);
    expect(size).toBeGreaterThan(0);
  });

  it('can be switched off, and the answers stay the same', async () => {
    await start({ CACHE_ENTRIES: '0' });
    const first = await api.post(sample).expect(200);
    const second = await api.post(sample).expect(200);
    expect(second.body).toEqual(first.body);
    expect(await cacheFigures()).toMatchObject({ hits: 0, misses: 2, hit_rate: 0, size: 0 });
  });
});
