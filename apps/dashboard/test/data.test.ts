import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { barriers, desk, House, phone, type Service } from './house.js';

jest.setTimeout(300_000);

const KEY = 'a key of somebody who administers';
const VISITOR_KEY = 'a key of somebody who asks';
const hash = (key: string) => createHash('sha256').update(key).digest('hex');
const API_KEYS = `ops:predict+admin:${hash(KEY)},tool:predict:${hash(VISITOR_KEY)}`;
const HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)> \u202egnirps';

/** An export of a platform: names of its own, a column that follows the clicks, and text meant to do harm. */
function exported(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const [shown, place] = [
      2000 + ((i * 37) % 900),
      ['Feed', HOSTILE.replaceAll('"', '""'), 'Search'][i % 3],
    ];
    const clicks = Math.round((shown * (5 + 4 * (i % 3) + ((i * 7) % 5) / 5)) / 1000);
    const cost = (clicks * 0.37).toFixed(2);
    return `Spring ${i % 11};"${place}";${10 + (i % 50)};${shown};${clicks};${cost}`;
  });
  return `Campaign;Placement;Bid;Impressions;Link clicks;Cost\n${lines.join('\n')}\n`;
}

/** A table whose columns are called like nothing. */
function oddTable(): string {
  const rows = Array.from({ length: 300 }, (_, i) => `${20 + (i % 7)};${900 + (i % 90)};${i % 5}`);
  return `a;b;c\n${rows.join('\n')}\n`;
}

let house: House;
let service: Service;
beforeAll(async () => {
  house = await House.open();
  await writeFile(join(house.folder, 'export.csv'), exported(400));
  await writeFile(join(house.folder, 'odd.csv'), oddTable());
  const UPLOAD_DIR = join(house.folder, 'uploads');
  service = await house.serve({
    TRAINER: 'on',
    API_KEYS,
    UPLOAD_DIR,
    UPLOAD_LIMIT_BYTES: '1000000',
  });
});
afterAll(() => house.close());

async function enter(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Use this key' }).click();
  // It gives the focus back when it goes, and would take it from whatever a test does until then.
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** The page of data with a key that may administer. */
async function visitData(visitor = desk, path = '/data'): Promise<Page> {
  const page = await house.visit(service, path, visitor);
  await page.getByRole('button', { name: 'Enter a key' }).first().click();
  await enter(page, KEY);
  await page.getByRole('button', { name: 'Choose a file…' }).waitFor();
  house.forgive(/401/);
  return page;
}

async function choose(page: Page, name: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a file…' }).click();
  await (await chooser).setFiles(join(house.folder, name));
}

/** Drops files as from a folder beside the browser. */
async function drop(page: Page, ...names: string[]): Promise<void> {
  const { x, y, width, height } = (await page.locator('.drop').boundingBox())!;
  const at = { x: x + width / 2, y: y + height / 2 };
  const data = {
    items: [],
    files: names.map((name) => join(house.folder, name)),
    dragOperationsMask: 1,
  };
  const devtools = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, ...at, data });
  }
}

async function ask<T>(path: string): Promise<T> {
  return (await (await service.ask(path, { headers: { 'x-api-key': KEY } })).json()) as T;
}

/** How far the page reaches beyond the screen. */
const beside = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });

interface Told {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly options: object;
  readonly result: { readonly version: string; readonly rows: number };
}
const jobs = async () => (await ask<{ jobs: Told[] }>('/training/jobs')).jobs;

describe('from an export to a version', () => {
  it('a file is dropped, looked at, its mapping edited, trained on, and its version found', async () => {
    const page = await visitData();
    await page.getByText('No job yet').waitFor();
    await drop(page, 'export.csv');
    const look = page.getByRole('region', { name: 'Look at the file' });
    await look.getByRole('heading', { name: 'What the columns mean' }).waitFor();
    const [{ id }] = await jobs();
    const { result } = await ask<Told>(`/training/jobs/${id}`);
    expect(await look.locator('.facts').first().innerText()).toContain(String(result.rows));
    await look.getByText('it leaks the target').first().waitFor();
    expect(await look.getByRole('button', { name: 'Clicks' }).innerText()).toContain('Link clicks');
    expect(await barriers(page)).toEqual([]);
    // Without the campaign, and the placement under another name.
    await look.locator('.switch', { hasText: 'Campaign' }).click();
    const name = look.getByLabel('Name of Placement in the API');
    await name.fill('place of ad');
    await look.getByText('Small letters, digits and _').waitFor();
    await name.fill('place');
    await name.press('Enter');
    await look.getByRole('textbox', { name: 'Trees' }).fill('15');
    await look.getByRole('button', { name: 'Train…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Train a model' });
    await dialog.getByText('What serves stays what it is').waitFor();
    expect(await barriers(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Train', exact: true }).click();
    const training = page.getByRole('region', { name: 'Training' });
    await training.getByText('It does not serve').waitFor({ timeout: 60_000 });
    const told = (await jobs())[0];
    expect(told.options).toMatchObject({ trees: 15, promote: false });
    const { version } = (await ask<Told>(`/training/jobs/${told.id}`)).result;
    await training.getByRole('heading', { name: `Version ${version}` }).waitFor();
    const card = await ask<{ schema: { features: { name: string }[] } }>(`/models/${version}`);
    expect(card.schema.features.map((feature) => feature.name)).toEqual(['place', 'bid']);
    await training.getByRole('link', { name: 'See it under Models' }).click();
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    expect(page.url()).toContain(version);
    // What the address names comes back.
    await page.goBack();
    await training.getByText('It does not serve').waitFor();
  });
});

/** Sends a file as a program does. @returns its id */
async function send(name: string, text: string): Promise<string> {
  const path = `/training/files?name=${encodeURIComponent(name)}`;
  const init = { method: 'POST', headers: { 'x-api-key': KEY }, body: text };
  return ((await (await service.ask(path, init)).json()) as Told).id;
}

async function start(kind: string, file: string, options = {}): Promise<string> {
  const json = { kind, file, options };
  const sent = service.ask('/training/jobs', { headers: { 'x-api-key': KEY }, json });
  return ((await (await sent).json()) as Told).id;
}

async function remove(path: string): Promise<void> {
  await service.ask(path, { method: 'DELETE', headers: { 'x-api-key': KEY } });
}

describe('a file that the trainer does not understand', () => {
  it('is told why, and looked at again as somebody says', async () => {
    const page = await visitData();
    await choose(page, 'odd.csv');
    const look = page.getByRole('region', { name: 'Look at the file' });
    await look.getByText('no column is called like impressions').first().waitFor();
    expect(await barriers(page)).toEqual([]);
    await look.getByLabel('Column of impressions').fill('b');
    await look.getByLabel('Column of clicks').fill('a');
    await look.getByRole('button', { name: 'Look again' }).click();
    await look.getByRole('heading', { name: 'What the columns mean' }).waitFor();
    const [{ options }] = await jobs();
    expect(options).toEqual({ impressions: 'b', clicks: 'a' });
    // Without anything to learn from, that is said before anybody trains.
    const used = page.getByText('c', { exact: true });
    await look.locator('.switch').filter({ has: used }).click();
    const train = look.getByRole('button', { name: 'Train…' });
    await look.getByText('Use at least one column as a feature.').waitFor();
    expect(await train.isDisabled()).toBe(true);
  });
});

describe('a job that runs', () => {
  it('is told step by step, and ends when that is confirmed', async () => {
    const file = await send('long.csv', exported(4000));
    const id = await start('train', file, { trees: 5000, leaf_rows: 1, model: 'forest' });
    const page = await visitData(desk, `/data?train=${id}`);
    const training = page.getByRole('region', { name: 'Training' });
    await training.getByText(/grow: \d+ of 5000 trees/).waitFor();
    expect(await training.getByRole('progressbar').getAttribute('value')).not.toBe('0');
    await page.getByRole('region', { name: 'Jobs' }).getByText('runs').waitFor();
    await training.getByRole('button', { name: 'Cancel the job' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel the job' });
    await dialog.getByText('Nothing is published').waitFor();
    await dialog.getByRole('button', { name: 'Cancel the job' }).click();
    await training.getByText('It was cancelled. Nothing was published.').waitFor();
    expect((await jobs())[0].state).toBe('cancelled');
    await remove(`/training/files/${file}`);
  });
});

describe('names that were chosen to do harm', () => {
  it.each([
    ['light, on a desk', { ...desk, colorScheme: 'light' }],
    ['dark, on a phone', { ...phone, colorScheme: 'dark' }],
  ] as const)('stay text, within the screen and without barriers: %s', async (_name, visitor) => {
    const name = `${HOSTILE}${'x'.repeat(120)}.csv`;
    const file = await send(name, exported(300));
    const page = await visitData({ ...visitor, reducedMotion: 'reduce' });
    const files = page.getByRole('region', { name: 'Files', exact: true });
    await files.getByRole('button', { name: `Look at it: ${HOSTILE}` }).click();
    const look = page.getByRole('region', { name: 'Look at the file' });
    await look.getByText('"><script>').first().waitFor();
    await look.getByRole('heading', { name: 'What the columns mean' }).waitFor();
    expect(await page.locator('main script, main img').count()).toBe(0);
    expect([await barriers(page), await beside(page)]).toEqual([[], 0]);
    await look.getByText('It was read wrong').click();
    await look.getByText('The mapping as the trainer reads it').click();
    expect([await barriers(page), await beside(page)]).toEqual([[], 0]);
    await files.getByRole('row', { name: HOSTILE }).getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete the file' });
    await dialog.getByText('"><script>').waitFor();
    expect(await barriers(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await dialog.waitFor({ state: 'detached' });
    const left = await ask<{ files: Told[] }>('/training/files');
    expect(left.files.map(({ id }) => id)).not.toContain(file);
  });
});

describe('what keeps somebody from it', () => {
  it('is a key that is missing, wrong, or lacks the scope, which is said', async () => {
    const page = await house.visit(service, '/data', phone);
    await page.getByText('The service asks for a key').first().waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Enter a key' }).first().click();
    await enter(page, 'a wrong key');
    await page.getByText('The service asks for a key').first().waitFor();
    await page.getByRole('button', { name: 'Enter a key' }).first().click();
    await enter(page, VISITOR_KEY);
    await page.getByText('This key may not do that').first().waitFor();
    expect([await barriers(page), await beside(page)]).toEqual([[], 0]);
    await page.getByRole('button', { name: 'Use another key' }).first().click();
    await enter(page, KEY);
    await page.getByRole('button', { name: 'Choose a file…' }).waitFor();
    house.forgive(/40[13]/);
  });

  it('is a service without the trainer, and the page says how to switch it on', async () => {
    const without = await house.serve({ API_KEYS });
    const page = await house.visit(without, '/data');
    await page.getByRole('button', { name: 'Enter a key' }).first().click();
    await enter(page, KEY);
    await page.getByText('Training from this page is switched off').waitFor();
    await page.getByText('TRAINER=on').waitFor();
    expect(await barriers(page)).toEqual([]);
    const open = await house.visit(await house.serve(), '/data', phone);
    await open.getByText('the service has no keys').waitFor();
    expect(await beside(open)).toBe(0);
    house.forgive(/40[14]/);
  });

  it('is a second file that was dropped with the first: it is named, and not sent', async () => {
    await writeFile(join(house.folder, 'second.csv'), 'a,b\n1,2\n');
    const page = await visitData();
    await drop(page, 'export.csv', 'second.csv');
    await page.getByText('One file is taken at a time. Left out: second.csv').waitFor();
    await page.getByRole('region', { name: 'Look at the file' }).waitFor();
    const { files } = await ask<{ files: { name: string }[] }>('/training/files');
    expect(files.map(({ name }) => name)).not.toContain('second.csv');
  });

  it('is a file that is too large or empty, told before it is sent in vain', async () => {
    await writeFile(join(house.folder, 'large.csv'), 'x'.repeat(1_000_001));
    await writeFile(join(house.folder, 'empty.csv'), '');
    const page = await visitData();
    await choose(page, 'large.csv');
    await page.getByText('large.csv has 1 MB; a file may have 1 MB').waitFor();
    await choose(page, 'empty.csv');
    await page.getByText('empty.csv is empty.').waitFor();
    await choose(page, 'export.csv');
    await page.getByRole('region', { name: 'Look at the file' }).waitFor();
  });

  it('is a network that is cut: nothing of the file is kept, and it can be sent again', async () => {
    const page = await visitData();
    await page.context().setOffline(true);
    await choose(page, 'export.csv');
    const files = page.getByRole('region', { name: 'Files', exact: true });
    await files.getByText('The connection was cut. Nothing of the file was kept.').waitFor();
    await page.context().setOffline(false);
    await page.getByText('The service cannot be reached.').waitFor({ state: 'detached' });
    await files.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('region', { name: 'Look at the file' }).waitFor();
    house.forgive(/ERR_INTERNET_DISCONNECTED/);
  });
});

it('the whole way can be gone by the keyboard alone', async () => {
  const page = await visitData();
  const press = async (key: string, times = 1) => {
    for (let i = 0; i < times; i++) await page.keyboard.press(key);
  };
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  const tabTo = async (text: string) => {
    for (let i = 0; i < 120; i++) {
      if ((await focused()) === text) return;
      await press('Tab');
    }
    throw new Error(`nothing called ${text} can be tabbed to`);
  };
  const chooser = page.waitForEvent('filechooser');
  await page.locator('#content').focus();
  await tabTo('Choose a file…');
  await press('Enter');
  await (await chooser).setFiles(join(house.folder, 'export.csv'));
  await page.getByRole('heading', { name: 'What the columns mean' }).waitFor();
  await tabTo('Train…');
  await press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Train a model' });
  await dialog.waitFor();
  await press('Escape');
  await dialog.waitFor({ state: 'detached' });
  // Whoever goes on from there is where they were.
  await page.waitForFunction(() => document.activeElement?.textContent === 'Train…');
});
