/* Who may see what, and what of it survives when the way to the service does not. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { barriers, House, type Service } from './house.js';
import { entry, useKey } from './keys.js';
import { pages } from './pages.js';

jest.setTimeout(300_000);

const API_KEYS = [entry('reader', 'predict'), entry('owner', 'predict+outcomes+admin')].join();

let house: House;
let service: Service;
beforeAll(async () => {
  house = await House.open();
  await house.train();
  service = await house.serve({ API_KEYS });
});
/** What the browser says of what a test does on purpose. */
let expected: RegExp;
afterEach(async () => {
  await house.leave();
  house.forgive(expected);
});
afterAll(() => house.close());

const missing = (page: Page) =>
  page.getByRole('alert').getByText('The service asks for a key').first();
const refused = (page: Page) =>
  page.getByRole('alert').getByText('This key may not do that').first();

/** Nothing is on its way any more. */
const settled = (page: Page) =>
  page.waitForFunction(() => document.querySelector('.state.loading') === null);

describe('behind keys', () => {
  // The browser itself says so of each answer that is not a success.
  beforeAll(() => void (expected = /status of 40[134]/));

  it.each(pages)('$name asks for a key, and can be used by who needs help to', async ({ path }) => {
    const page = await house.visit(service, path);
    await missing(page).waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  it('a wrong key is told as such, another is asked for, and the right one shows everything', async () => {
    const page = await house.visit(service, '/live');
    await missing(page).waitFor();
    await useKey(page, 'a guess');
    await page.getByRole('button', { name: 'Key in use' }).waitFor();
    await missing(page).waitFor();
    await useKey(page, 'owner');
    await page.getByText('Up to date').waitFor();
    for (const { name } of pages) {
      await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await settled(page);
      expect(await missing(page).count()).toBe(0);
    }
  });

  it('a key that no header can carry is refused where it is typed, not taken for a lost connection', async () => {
    const page = await house.visit(service, '/live');
    await missing(page).waitFor();
    await page.getByRole('button', { name: 'Enter a key' }).first().click();
    const field = page.getByLabel('API key');
    await field.fill('ключ');
    await page.getByText('A key has Latin letters').waitFor();
    expect(await page.getByRole('button', { name: 'Use this key' }).isDisabled()).toBe(true);
    await field.fill('a guess');
    expect(await page.getByRole('button', { name: 'Use this key' }).isDisabled()).toBe(false);
  });

  it('a key that lacks a scope is told what it lacks, and asks for no other where it suffices', async () => {
    const page = await house.visit(service, '/live');
    await useKey(page, 'reader');
    await page.getByText('Up to date').waitFor();
    expect(await refused(page).count()).toBe(0);
    await page.getByRole('navigation').getByRole('link', { name: 'Data' }).click();
    await refused(page).waitFor();
    await page.getByText('The one in use, reader, has the scope predict.').first().waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  it('a key is kept for the tab alone: not by the browser, not by another tab, not in the address', async () => {
    const page = await house.visit(service, '/live');
    await useKey(page, 'owner');
    await page.getByText('Up to date').waitFor();
    await page.reload();
    await page.getByText('Up to date').waitFor();
    expect(page.url()).not.toContain('owner');
    const kept = await page.evaluate(() => JSON.stringify([localStorage, document.cookie]));
    expect(kept).not.toContain('owner');
    const other = await page.context().newPage();
    await other.goto(page.url());
    await missing(other).waitFor();
  });

  it('a key that is forgotten is sent no more', async () => {
    const page = await house.visit(service, '/live');
    await useKey(page, 'owner');
    await page.getByText('Up to date').waitFor();
    await page.getByRole('button', { name: 'Key in use' }).click();
    await page.getByRole('button', { name: 'Forget the key' }).click();
    await page.getByRole('button', { name: 'Key…' }).waitFor();
    await missing(page).waitFor();
  });
});

describe('when the service is away', () => {
  const lost = (page: Page) => page.getByText('The service cannot be reached. This page goes on');
  beforeAll(() => {
    expected = /net::ERR_|status of 40[134]/;
  });

  it('a page that was never opened says so, and opens once the network is back', async () => {
    const open = await house.serve();
    const page = await house.visit(open, '/live');
    await page.getByText('Up to date').waitFor();
    for (const { name } of pages.filter(({ path }) => path !== '/live')) {
      await page.context().setOffline(true);
      await lost(page).waitFor();
      await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { name: 'No connection to the service' }).first().waitFor();
      await page.context().setOffline(false);
      await lost(page).waitFor({ state: 'detached' });
      // Nobody has to do anything.
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await page.getByRole('heading', { name: 'No connection to the service' }).waitFor({
        state: 'detached',
      });
    }
  });

  it('another process that takes its place is taken up by the open page, key and all', async () => {
    const first = await house.serve({ API_KEYS });
    const page = await house.visit(first, '/live');
    // What is asked once, and not again and again, is not answered as the process goes.
    const card = '**/models/*';
    await page.route(card, (route) => route.abort('connectionreset'));
    await useKey(page, 'owner');
    await page.getByText('Up to date').waitFor();
    await page.getByRole('heading', { name: 'No connection to the service' }).waitFor();
    await first.stop('SIGKILL');
    await lost(page).waitFor();
    await page.unroute(card);
    const second = await house.serve({ API_KEYS, PORT: first.port });
    await lost(page).waitFor({ state: 'detached' });
    await page.getByText('Up to date').waitFor();
    // It is the other one that is shown: what it was asked counts from nothing.
    const headers = { 'x-api-key': 'owner' };
    const { predictions } = await (await second.ask('/stats', { headers })).json();
    expect(predictions).toBe(0);
    await page.getByRole('heading', { name: 'Nothing has been asked yet' }).waitFor();
  });
});

it('DASHBOARD=off leads people to the documentation, and there is no file of the page', async () => {
  const off = await house.serve({ DASHBOARD: 'off' });
  const page = await house.visit(off);
  await page.waitForURL(/\/docs$/);
  expect((await off.ask('/assets/index.js')).status).toBe(404);
});

describe('below a path of somebody else’s address', () => {
  const asked: string[] = [];
  let address: string;
  let end: () => Promise<unknown>;
  beforeAll(async () => {
    // Without keys nobody administers, and Data asks whether one may.
    expected = /status of 40[34]/;
    const open = await house.serve();
    const proxy = createServer((from, to) => {
      asked.push(from.url!);
      if (!from.url!.startsWith('/ads/')) return void to.writeHead(404).end();
      const { method, headers } = from;
      const onward = request(
        `${open.url}${from.url!.slice('/ads'.length)}`,
        { method, headers },
        (answer) => {
          to.writeHead(answer.statusCode!, answer.headers);
          to.flushHeaders();
          answer.pipe(to);
        },
      );
      to.on('close', () => onward.destroy());
      onward.on('error', () => to.destroy());
      from.pipe(onward);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    end = async () => {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
      await open.stop();
    };
  });
  afterAll(() => end());

  it.each(pages)('$name works', async ({ path, name }) => {
    const page = await house.visit({ url: `${address}/ads` } as Service, path);
    await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
    await settled(page);
    expect(await missing(page).count()).toBe(0);
    const docs = page.getByRole('link', { name: 'API docs' });
    expect(await docs.evaluate((link: HTMLAnchorElement) => link.href)).toBe(`${address}/ads/docs`);
    expect(asked.filter((url) => !url.startsWith('/ads/'))).toEqual([]);
  });
});
