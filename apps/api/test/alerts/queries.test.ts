import type { Logger } from 'pino';
import type { Alert } from '../../src/alerts/alert.js';
import type { AlertMessage } from '../../src/alerts/message.js';
import { openStore } from '../../src/storage/open.js';
import type { ServiceStore } from '../../src/storage/queries.js';
import { describeEngines } from '../store/engines.js';
import { HOUR, START, mobile, reportAt } from './causes.js';

const logger = { info() {}, warn() {}, error() {} } as unknown as Logger;

describeEngines('the alerts of a store', (engine) => {
  let url: string;
  let store: ServiceStore;
  const stores: ServiceStore[] = [];
  const open = () => {
    const opened = openStore(url, logger);
    stores.push(opened);
    return opened;
  };

  beforeEach(() => {
    url = engine.newUrl();
    store = open();
  });
  afterEach(() => Promise.all(stores.splice(0).map((each) => each.close())));

  const evaluate = (evaluation = reportAt(0, mobile), of = store) =>
    of.run('evaluateAlerts', { evaluation, isTold: true });
  const list = () => store.run('listAlerts', { since: START });
  const claim = (now: number, of = store) =>
    of.run('claimDelivery', { now, holdMs: HOUR }) as Promise<{ id: string; body: string } | null>;
  const titles = (alerts: readonly Alert[]) => alerts.map(({ name, state }) => `${name} ${state}`);

  it('last over a restart, and end by later reports', async () => {
    const { opened } = await evaluate();
    expect(opened).toEqual([expect.objectContaining({ ...mobile, state: 'firing' })]);
    await store.close();
    store = open();
    expect(await list()).toEqual(opened);
    for (const hour of [2, 4]) expect(await evaluate(reportAt(hour))).toMatchObject({ opened: [] });
    const { resolved } = await evaluate(reportAt(7));
    expect(titles(resolved)).toEqual(['device_type = mobile resolved']);
    expect(await list()).toEqual([
      expect.objectContaining({ resolvedAt: START + 7 * HOUR, facts: mobile.facts }),
    ]);
  });

  it('are opened and told once by processes that find the same at once', async () => {
    const others = [store, open(), open(), open()];
    const found = await Promise.all(
      others.map((each, i) => evaluate({ ...reportAt(0, mobile), at: START + i }, each)),
    );
    expect(found.flatMap(({ opened }) => opened)).toHaveLength(1);
    expect(titles(await list())).toEqual(['device_type = mobile firing']);
    const claims = await Promise.all(others.map((each) => claim(START + HOUR, each)));
    expect(claims.filter((each) => each !== null)).toHaveLength(1);
  });

  it('are told in the order in which they came, each with its own words', async () => {
    await evaluate();
    for (const hour of [2, 4, 7]) await evaluate(reportAt(hour));
    const told: AlertMessage[] = [];
    for (;;) {
      const next = await claim(START + 8 * HOUR);
      if (next === null) break;
      told.push(JSON.parse(next.body) as AlertMessage);
      await store.run('settleDelivery', { ...next, state: 'delivered', at: 0, reason: null });
    }
    expect(told).toEqual([
      expect.objectContaining({ type: 'alert.firing', timestamp: '2026-03-01T00:00:00.000Z' }),
      expect.objectContaining({ type: 'alert.resolved', timestamp: '2026-03-01T07:00:00.000Z' }),
    ]);
    expect(told[1].data).toMatchObject({ title: mobile.title, model_version: 'v1' });
  });

  it('are not told where nobody is to be told', async () => {
    await store.run('evaluateAlerts', { evaluation: reportAt(0, mobile), isTold: false });
    expect(await claim(START + HOUR)).toBeNull();
  });

  it('give a message to another process when the first has not settled it in time', async () => {
    await evaluate();
    const first = await claim(START);
    expect(first).not.toBeNull();
    expect(await claim(START + HOUR - 1)).toBeNull();
    expect(await claim(START + HOUR)).toMatchObject({ id: first!.id, attempts: 2 });
  });

  it('say how many messages wait or were given up, and why', async () => {
    await evaluate();
    const state = () => store.run('deliveryState', null);
    expect(await state()).toEqual({ waiting: 1, abandoned: 0, lastReason: null });
    const { id } = (await claim(START))!;
    const reason = 'answered 500';
    await store.run('settleDelivery', { id, state: 'abandoned', at: START, reason });
    expect(await state()).toEqual({ waiting: 0, abandoned: 1, lastReason: reason });
  });

  it('are looked for by one process, until it gives up or is not heard of', async () => {
    const take = (holder: string, now: number) =>
      store.run('takeLease', { name: 'reports', holder, now, forMs: 100 });
    expect(await take('a', 0)).toBe(true);
    expect(await take('b', 99)).toBe(false);
    expect(await take('a', 50)).toBe(true);
    expect(await take('b', 100)).toBe(false);
    expect(await take('b', 150)).toBe(true);
    await store.run('dropLease', { name: 'reports', holder: 'a' });
    expect(await take('a', 151)).toBe(false);
    await store.run('dropLease', { name: 'reports', holder: 'b' });
    expect(await take('a', 152)).toBe(true);
  });
});
