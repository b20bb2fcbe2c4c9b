import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Logger } from 'pino';
import type { AlertMessage } from '../../src/alerts/message.js';
import { Outbox } from '../../src/alerts/outbox.js';
import { Webhook } from '../../src/alerts/webhook.js';
import { monitoringMetrics } from '../../src/monitoring/gauges.js';
import { ThreadedReports } from '../../src/monitoring/open.js';
import { questionOf } from '../../src/monitoring/question.js';
import { Reports } from '../../src/monitoring/reports.js';
import { Watch } from '../../src/monitoring/watch.js';
import { openStore } from '../../src/storage/open.js';
import type { ServiceStore } from '../../src/storage/queries.js';
import { describeEngines } from '../store/engines.js';
import { keep } from './traffic.js';

const logger = { info() {}, warn() {}, error() {} } as unknown as Logger;
const HOUR = 3_600_000;
/** A week of good days, then mobiles click less. */
const drifting = { from: '2026-02-08', days: 14, factors: { mobile: 0.8 } };

describeEngines('a watch', (engine) => {
  let url: string;
  let now: number;
  let serving: string[];
  let receiver: Server;
  let told: AlertMessage[];
  const closing: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    [url, now, serving, told] = [engine.newUrl(), Date.UTC(2026, 1, 22), ['v1'], []];
    receiver = createServer(async (request, response) => {
      told.push((await json(request)) as AlertMessage);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    receiver.close();
  });

  /** What one process has. */
  function start(name = 'one'): { readonly store: ServiceStore; readonly watch: Watch } {
    const store = openStore(url, logger);
    const maker = new ThreadedReports(url, logger);
    const { port } = receiver.address() as AddressInfo;
    const clock = { now: () => now, random: () => 0.5 };
    const webhook = new Webhook(`http://127.0.0.1:${port}/`, 'secret');
    const watch = new Watch({
      ...{ store, logger, holder: name, now: () => now, serving: () => serving },
      reports: new Reports(maker),
      outbox: new Outbox(store, webhook, logger, clock),
      options: () => {
        const today = new Date(now).toISOString().slice(0, 10);
        return questionOf({}, { days: 28, prices: {}, today });
      },
    });
    closing.push(
      () => watch.close(),
      () => maker.close(),
      () => store.close(),
    );
    return { store, watch };
  }

  const good = (store: ServiceStore) =>
    keep(store, { from: '2026-02-01', days: 7 }, Date.UTC(2026, 1, 8));
  const states = () => told.map(({ type, data }) => `${data.name} ${type.split('.')[1]}`);

  it('has nothing to say before the first outcomes, and of outcomes as expected', async () => {
    const { store, watch } = start();
    await watch.look();
    expect(watch.latest.made).toBeUndefined();
    await good(store);
    await watch.look();
    expect(watch.latest.made!.report.overall).toMatchObject({ rows: 84, factor: 1 });
    expect(watch.latest.made!.report.causes).toEqual([]);
    expect([watch.latest.alerts, told]).toEqual([[], []]);
  });

  it('finds the device that drifts, tells it once, and that it is over when the model is another', async () => {
    const { store, watch } = start();
    await good(store);
    await keep(store, drifting, now);
    for (let hours = 0; hours < 5; hours++, now += HOUR) await watch.look();
    expect(states()).toEqual(['device_type = mobile firing']);
    expect(told[0].data.title).toMatch(/^device_type = mobile: 20 % fewer clicks than expected/);
    expect(told[0].data.facts).toMatchObject({ since: '2026-02-08', money: expect.any(Number) });
    serving = ['v2'];
    await watch.look();
    expect(states()).toEqual(['device_type = mobile firing', 'device_type = mobile resolved']);
    expect(told[1].data.reason).toBe('Model v1 does not answer any more.');
  });

  it('does not tell again after a restart, nor from another process', async () => {
    const first = start();
    await good(first.store);
    await keep(first.store, drifting, now);
    await first.watch.look();
    const [others, restarted] = [start('two'), start('one')];
    for (const { watch } of [others, restarted, others]) await watch.look();
    expect(states()).toEqual(['device_type = mobile firing']);
    // All have the report of the one that made it.
    expect(others.watch.latest.made).toEqual(first.watch.latest.made);
    expect(restarted.watch.latest.made).toEqual(first.watch.latest.made);
  });

  it('goes on in another process when the one that looks is gone', async () => {
    const first = start();
    await good(first.store);
    await first.watch.look();
    const second = start('two');
    await keep(second.store, drifting, now);
    await second.watch.look();
    expect(told).toEqual([]);
    await first.watch.close();
    await second.watch.look();
    expect(states()).toEqual(['device_type = mobile firing']);
  });

  it('tells Prometheus what it knows, in a bounded number of figures', async () => {
    const { store, watch } = start();
    await good(store);
    await keep(store, drifting, now);
    await watch.look();
    const { latest: seen, latestMarks: marks } = watch;
    const metrics = monitoringMetrics({ status: store.status, marks, seen });
    const value = (name: string) => metrics.find((each) => each.name === name)!.samples;
    const v1 = { model_version: 'v1' };
    const [ratio] = value('adscale_calibration_ratio');
    expect(ratio).toEqual({ labels: v1, value: expect.any(Number) });
    expect(ratio.value).toBeGreaterThan(1.05);
    const [lower] = value('adscale_calibration_ratio_lower');
    const [upper] = value('adscale_calibration_ratio_upper');
    expect(lower.value).toBeLessThan(ratio.value);
    expect(upper.value).toBeGreaterThan(ratio.value);
    expect(value('adscale_alert_firing')).toEqual([
      { labels: { kind: 'segment', cause: 'device_type = mobile', ...v1 }, value: 1 },
    ]);
    expect(value('adscale_outcomes_store_up')).toEqual([{ value: 1 }]);
    expect(value('adscale_outcomes_received_timestamp_seconds')).toEqual([{ value: now / 1000 }]);
  });
});
