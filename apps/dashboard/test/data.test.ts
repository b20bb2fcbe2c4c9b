import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { barriers, desk, House, phone, type Service } from './house.js';

jest.setTimeout(120_000);

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

let house: House;
let service: Service;
beforeAll(async () => {
  house = await House.open();
  await writeFile(join(house.folder, 'export.csv'), exported(400));
  await writeFile(join(house.folder, 'odd.csv'), 'a;b\n1;2\n3;4\n');
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

const choose = (page: Page, name: string) =>
  page.locator('input[type=file]').setInputFiles(join(house.folder, name));

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
    await choose(page, 'export.csv');
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
    await look.getByLabel('Trees').fill('15');
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
