import type { Logger } from 'pino';
import { DecisionLog } from '../../src/decision-log/decision-log.js';
import { openStore } from '../../src/storage/open.js';
import type { ServiceStore } from '../../src/storage/queries.js';
import { describeEngines } from '../store/engines.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-03-01T10:00:00Z');

const logged: object[] = [];
const note = (facts: object) => void logged.push(facts);
const logger = { info: note, warn: note, error: note } as unknown as Logger;

const stores: ServiceStore[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  logged.length = 0;
});

const decision = { name: 'rank', model: 'v1', request: '{"candidates":[]}', answer: '{}' } as const;
const everything = { from: 0, to: 1e15, most: 1000 };

async function opened(url: string): Promise<ServiceStore> {
  const store = openStore(url, logger);
  stores.push(store);
  await new Promise<void>((resolve) => store.onOpen(resolve));
  return store;
}

function logOf(
  store: ServiceStore,
  options: { days?: number; most?: number; now?: () => number } = {},
) {
  let lost = 0;
  const log = new DecisionLog(store, {
    ...{ days: 90, most: 0, now: () => START, logger, lost: { increment: () => void lost++ } },
    ...options,
  });
  return { log, lost: () => lost };
}

describeEngines('the log of decisions', (engine) => {
  it('keeps an answer under an id that fits an address', async () => {
    const store = await opened(engine.newUrl());
    const { log, lost } = logOf(store);
    const id = log.keep(decision)!;
    expect(id).toMatch(/^d[\w-]{16}$/);
    await log.flush();
    const row = await store.run('describeDecision', id);
    expect(row).toEqual({ id, name: 'rank', model: 'v1', at: START });
    const schema = { features: [] };
    const days = { from: '2026-03-01', to: '2026-03-02', recordsTo: '2026-03-02' };
    const { content } = (await store.run('outcomesOfDecision', { id, schema, ...days }))!;
    expect(content).toBe('{"request":{"candidates":[]},"answer":{}}');
    expect(lost()).toBe(0);
  });

  it('writes what comes together, and lists it in order, page by page', async () => {
    const store = await opened(engine.newUrl());
    let at = START;
    const { log } = logOf(store, { now: () => at++ });
    const ids = Array.from({ length: 250 }, () => log.keep(decision)!);
    await log.flush();
    const first = await store.run('listDecisions', { ...everything, most: 200 });
    const after = first.at(-1);
    const rest = await store.run('listDecisions', { ...everything, most: 200, after });
    expect([...first, ...rest].map(({ id }) => id)).toEqual(ids);
    const some = { from: START + 10, to: START + 20, most: 1000 };
    expect(await store.run('listDecisions', some)).toHaveLength(10);
  });

  it('drops what is older than it keeps', async () => {
    const store = await opened(engine.newUrl());
    let now = START;
    const { log } = logOf(store, { days: 30, now: () => now });
    log.keep(decision);
    await log.flush();
    now += 31 * DAY_MS;
    const kept = log.keep(decision);
    await log.flush();
    const rows = await store.run('listDecisions', everything);
    expect(rows.map(({ id }) => id)).toEqual([kept]);
  });

  it('drops the oldest where there are more than it keeps, while others are written', async () => {
    const store = await opened(engine.newUrl());
    let at = START;
    const { log } = logOf(store, { most: 20, now: () => at++ });
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) {
      for (let k = 0; k < 5; k++) ids.push(log.keep(decision)!);
      await log.flush();
    }
    const rows = await store.run('listDecisions', everything);
    expect(rows.map(({ id }) => id)).toEqual(ids.slice(-20));
  });

  it('gives no id for what is too large', async () => {
    const { log, lost } = logOf(await opened(engine.newUrl()));
    expect(log.keep({ ...decision, request: 'x'.repeat(5_000_000) })).toBeUndefined();
    expect(lost()).toBe(1);
  });

  const { server } = engine;
  if (server === undefined) return;

  it('loses, counts and logs what cannot be written, then gives no ids until the store is back', async () => {
    const store = await opened(engine.newUrl());
    const { log, lost } = logOf(store);
    await server.kill();
    expect(log.keep(decision)).toBeDefined();
    await log.flush();
    expect(lost()).toBe(1);
    expect(logged).toContainEqual(expect.objectContaining({ decisions: 1 }));
    expect(log.keep(decision)).toBeUndefined();
    await server.resume();
    await store.run('listDecisions', everything);
    expect(log.keep(decision)).toBeDefined();
    await log.flush();
    expect(lost()).toBe(2);
  });
});
