import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Schemas } from '../src/api/client.js';
import { count, milliseconds, number, percent } from '../src/shell/format.js';
import { adscale, barriers, desk, House, phone, type Service } from './house.js';

type Stats = Schemas['StatsAnswer'] & {
  predicted_ctr_by: Record<string, Record<string, { predictions: number; mean: number }>>;
};

let house: House;
beforeAll(async () => {
  house = await House.open();
});
afterAll(() => house.close());

const keys = { ops: 'the-key-of-ops', told: 'the-key-of-outcomes' };
const digest = (key: string) => createHash('sha256').update(key).digest('hex');
const API_KEYS = `ops:predict+admin:${digest(keys.ops)},told:outcomes:${digest(keys.told)}`;
const asOps = { 'x-api-key': keys.ops };

const statsOf = async (service: Service, headers = {}): Promise<Stats> =>
  (await (await service.ask('/stats', { headers })).json()) as Stats;
const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
/** The part of the page with what is wrong. */
const wrong = (page: Page) => panel(page, 'What is wrong');
const hiddenBeside = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });

describe('with the generated model, and outcomes off', () => {
  let service: Service;
  beforeAll(async () => {
    await house.train();
    service = await house.serve({ OUTCOMES_URL: 'off' });
  });

  it('says on a first visit how to ask, asks, and shows what the service counted', async () => {
    const page = await house.visit(service, '/live', { ...phone, colorScheme: 'dark' });
    const first = panel(page, 'First steps');
    await first.getByText('Nothing has been asked yet').waitFor();
    await wrong(page).getByText('Nothing is wrong.').last().waitFor();
    await page.getByText('learned from generated placements').waitFor();
    expect(await barriers(page)).toEqual([]);
    expect(await hiddenBeside(page)).toBe(0);
    // The command can be given as it stands.
    const curl = await first.locator('pre').innerText();
    const [, address, body] = /^curl (\S+) -H '[^']+' -d '(.*)'$/.exec(curl)!;
    expect(address).toBe(`${service.url}/predict_ctr`);

    await first.getByRole('button', { name: 'Send 20 example predictions' }).click();
    await first.getByText('20 predictions were answered').waitFor();
    await page
      .getByLabel(/^Current: /)
      .getByText('20', { exact: true })
      .first()
      .waitFor();
    const stats = await statsOf(service);
    expect(stats).toMatchObject({ requests: 20, predictions: 20, errors: 0 });
    await showsFigures(page, stats);
    expect(await barriers(page)).toEqual([]);
    expect(await hiddenBeside(page)).toBe(0);
    await first.getByRole('button', { name: 'Close' }).click();
    await first.waitFor({ state: 'detached' });
    expect((await service.ask('/predict_ctr', { json: JSON.parse(body) })).status).toBe(200);
  });

  /** Every figure as the service tells it. */
  async function showsFigures(page: Page, stats: Stats): Promise<void> {
    const { hit_rate, latency_ms } = stats.windows['1m'];
    expect(hit_rate).toBeGreaterThan(0);
    const cache = panel(page, 'Answered from the cache');
    await cache.getByText(percent(hit_rate), { exact: true }).waitFor();
    const latency = panel(page, 'Latency');
    await latency.getByText(milliseconds(latency_ms.p99), { exact: true }).waitFor();
    await latency.getByText(`${milliseconds(latency_ms.p50)} for half`).waitFor();
    const inWords = await latency.getByRole('img').getAttribute('aria-label');
    expect(inWords).toContain(`99 % within: ${milliseconds(latency_ms.p99)} now`);
    for (const [dimension, values] of Object.entries(stats.predicted_ctr_by)) {
      const table = page.getByRole('table', { name: dimension });
      const rows = await table
        .locator('tbody tr')
        .evaluateAll((each) =>
          each.map((row) => [...row.children].map((cell) => cell.textContent)),
        );
      const wanted = Object.entries(values).map(([value, { mean, predictions }]) => [
        ...[value, percent(mean), `${percent(predictions / stats.predictions, 2)} of all`],
      ]);
      expect(rows.sort()).toEqual(wanted.sort());
    }
    // The average of what came while the page looked is exact, which the service's, rounded, is not.
    const ctr = panel(page, 'Average predicted CTR');
    await ctr.getByText('of predictions seen in the last minute').waitFor();
    const shown = Number.parseFloat(await ctr.locator('.value').innerText());
    expect(shown).toBeCloseTo(100 * stats.average_predicted_ctr!, 1);
  }

  it('switches between spans of time by the keyboard, and keeps that in its address', async () => {
    const page = await house.visit(service, '/live', { ...desk, colorScheme: 'light' });
    await page.getByRole('radio', { name: '1 min' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/window=5m/);
    const { windows } = await statsOf(service);
    const during = `a second, in the last 5 minutes`;
    await page.getByText(`predictions ${during}`).waitFor();
    const shared = await house.visit(service, '/live?window=1h', desk);
    await shared.getByRole('radio', { name: '1 h', checked: true }).waitFor();
    const half = `${milliseconds(windows['1h'].latency_ms.p50)} for half`;
    await panel(shared, 'Latency').getByText(half).waitFor();
    expect(await barriers(shared)).toEqual([]);
  });

  it('stands still while it is paused, and remembers what comes', async () => {
    const page = await house.visit(service, '/live', { ...desk, reducedMotion: 'reduce' });
    const answered = page
      .getByLabel(/^Current: /)
      .locator('dd')
      .first();
    const before = await answered.innerText();
    await page.getByRole('button', { name: 'Pause' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('what comes is remembered').waitFor();
    expect(await barriers(page)).toEqual([]);
    const frames = await framesOf(page);
    const record = { impressions: 12_345, ad_position: 3, device_type: 'mobile', budget: 900 };
    await service.ask('/predict_ctr', { json: record });
    await frames.next();
    await frames.next();
    await frames.leave();
    expect(await answered.innerText()).toBe(before);
    await page.getByRole('button', { name: 'Go on' }).click();
    await answered.getByText(count(Number(before) + 1), { exact: true }).waitFor();
  });

  /** Waits for events of a stream of its own, which come when the page's do. */
  async function framesOf(page: Page) {
    const address = new URL(page.url()).origin;
    const { body } = await fetch(`${address}/stats/stream`);
    const reader = body!.getReader();
    return { next: () => reader.read(), leave: () => reader.cancel() };
  }

  it('asks for nothing while nobody sees it, and goes on when somebody does', async () => {
    const page = await house.visit(service, '/live');
    await page.getByText('Up to date').waitFor();
    const show = (state: string) =>
      page.evaluate((visibility) => {
        const value = { configurable: true, get: () => visibility };
        Object.defineProperty(document, 'visibilityState', value);
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    const isStream = (request: { url(): string }) => request.url().endsWith('/stats/stream');
    const ended = page.waitForEvent('requestfailed', isStream);
    await show('hidden');
    await ended;
    const begun = page.waitForRequest(isStream);
    await show('visible');
    await begun;
    await page.getByText('Up to date').waitFor();
    expect(await wrong(page).getByText('stream of figures is lost').count()).toBe(0);
  });

  it('says that the service is lost, and goes on when it has started anew', async () => {
    const page = await house.visit(service, '/live', { ...phone, colorScheme: 'light' });
    await page.getByText('Up to date').waitFor();
    await service.stop('SIGKILL');
    await wrong(page).getByText('The stream of figures is lost').last().waitFor();
    await page.getByText('Lost, connecting again…').waitFor();
    expect(await barriers(page)).toEqual([]);
    expect(await hiddenBeside(page)).toBe(0);
    service = await house.serve({ OUTCOMES_URL: 'off', PORT: service.port });
    await page.getByText('Up to date').waitFor();
    await wrong(page).getByText('The service has started anew').last().waitFor();
    house.forgive(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET/);
  });
});

describe('with keys, a canary and a shadow, and names that would be markup', () => {
  const hostile = [
    '<img src=x onerror=alert(1)>',
    '"><script>alert(2)</script>',
    '\u202Eمرحبا بالعالم',
    'x'.repeat(200),
  ];
  let service: Service;
  let versions: string[];

  /** Trains three models whose audiences have such names. */
  async function train(models: string): Promise<void> {
    const lines = Array.from({ length: 400 }, (_, i) => {
      const name = `"${hostile[i % 4].replaceAll('"', '""')}"`;
      const [impressions, position] = [500 + ((i * 7919) % 5000), 1 + (i % 7)];
      const clicks = Math.round((impressions * (1 + (i % 4))) / 100 / position);
      return [impressions, position, name, 100 + ((i * 31) % 900), clicks].join(',');
    });
    const file = join(house.folder, 'audiences.csv');
    await writeFile(file, ['impressions,position,audience,budget,clicks', ...lines].join('\n'));
    const common = ['--output', models, '--yes', '--trees', '5', '--model', 'forest'];
    for (const seed of ['1', '2', '3']) await adscale('train', file, ...common, '--seed', seed);
  }

  beforeAll(async () => {
    const models = join(house.folder, 'hostile');
    await train(models);
    service = await house.serve({ MODEL_DIR: models, API_KEYS });
    const told = await (await service.ask('/models', { headers: asOps })).json();
    versions = told.versions.map(({ version }: { version: string }) => version);
    for (const [trial, version, percent] of [
      ['canary', versions[1], 50],
      ['shadow', versions[2], 100],
    ] as const) {
      const body = JSON.stringify({ version, percent });
      const headers = { ...asOps, 'content-type': 'application/json' };
      const put = await service.ask(`/models/${trial}`, { method: 'PUT', headers, body });
      expect(put.status).toBe(200);
    }
    const card = await (await service.ask(`/models/${versions[0]}`, { headers: asOps })).json();
    for (let i = 0; i < 28; i++) {
      // The trainer leaves out what tells nothing; a record has what is left.
      const all = {
        audience: hostile[i % 4],
        position: 1 + (i % 7),
        budget: 100,
        impressions: 900,
      };
      const json = Object.fromEntries(
        card.schema.features.map(({ name }: { name: keyof typeof all }) => [name, all[name]]),
      );
      expect((await service.ask('/predict_ctr', { json, headers: asOps })).status).toBe(200);
    }
  });

  it('asks for a key, says when one may not look, and takes one that may', async () => {
    const page = await house.visit(service, '/live', desk);
    await page.getByRole('heading', { name: 'The service asks for a key' }).waitFor();
    expect(await barriers(page)).toEqual([]);
    const enter = async (button: string, key: string) => {
      await page.getByRole('button', { name: button }).click();
      await page.getByLabel('API key').fill(key);
      await page.keyboard.press('Enter');
    };
    await enter('Enter a key', keys.told);
    await page.getByRole('heading', { name: 'This key may not do that' }).waitFor();
    await enter('Use another key', keys.ops);
    await page.getByText('Up to date').waitFor();
    await page.getByRole('heading', { name: 'Models, side by side' }).waitFor();
    house.forgive(/status of 40[13]/);
  });

  it.each([
    ['light, on a phone', { ...phone, colorScheme: 'light' }],
    ['dark, on a desk', { ...desk, colorScheme: 'dark' }],
  ] as const)('shows all models and names as they are: %s', async (_name, visitor) => {
    const page = await visitAsOps(visitor);
    const stats = await statsOf(service, asOps);
    for (const version of versions) {
      const { served, shadow } = stats.models.find((model) => model.version === version)!;
      const { predictions, predicted_ctr } = version === versions[2] ? shadow : served;
      expect(predictions).toBeGreaterThan(0);
      const card = page.getByRole('article', { name: new RegExp(version) });
      await card.getByText(count(predictions), { exact: true }).first().waitFor();
      await card.getByText(percent(predicted_ctr.mean), { exact: true }).waitFor();
    }
    await page.getByRole('article', { name: /^Canary, 50 %/ }).waitFor();
    const compared = page.getByRole('article', { name: /^Shadow of 100 %/ });
    const { shadow } = stats.models.find(({ version }) => version === versions[2])!;
    await compared.getByText(`${percent(shadow.mean_difference)} on average`).waitFor();
    for (const name of hostile) await page.getByRole('rowheader', { name, exact: true }).waitFor();
    expect(await page.locator('img, script:not([type=module])').count()).toBe(0);
    expect(await barriers(page)).toEqual([]);
    expect(await hiddenBeside(page)).toBe(0);
  });

  async function visitAsOps(visitor: typeof phone): Promise<Page> {
    const page = await house.visit(service, '/live', visitor);
    await page.getByRole('button', { name: 'Enter a key' }).click();
    await page.getByLabel('API key').fill(keys.ops);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Models, side by side' }).waitFor();
    house.forgive(/status of 401/);
    return page;
  }
});

describe('without a model', () => {
  it('says how to train one, and that nothing can be answered', async () => {
    const empty = { MODEL_DIR: join(house.folder, 'none'), OUTCOMES_URL: 'off' };
    const service = await house.serve(empty);
    const page = await house.visit(service, '/live', { ...phone, colorScheme: 'dark' });
    await page.getByRole('heading', { name: 'There is no model yet' }).waitFor();
    await wrong(page).getByText('No model is loaded').last().waitFor();
    await page.getByText('main.js train --rows 5000').waitFor();
    expect(await barriers(page)).toEqual([]);
    expect(await hiddenBeside(page)).toBe(0);
    const { processes } = await statsOf(service);
    await page.getByRole('cell', { name: String(processes[0].pid) }).waitFor();
    expect(number(processes.length)).toBe('1');
  });
});
