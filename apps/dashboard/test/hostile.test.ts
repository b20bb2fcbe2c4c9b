/* Names that would be markup, scripts or parts of JavaScript's own objects, wherever a service keeps names. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { adscale, House, type Service } from './house.js';
import { entry, useKey } from './keys.js';
import { pages } from './pages.js';
import { dayAgo } from './practice.js';

jest.setTimeout(300_000);

const names = [
  '<img src=x onerror=alert(1)>',
  '"><script src=/x></script>',
  'javascript:alert(3)',
  '__proto__',
  '{{constructor.constructor("alert(4)")()}}',
];
const KEY = 'owner';

let house: House;
let service: Service;
const dialogs: string[] = [];
const asked: string[] = [];

/** An export whose audiences have these names. */
function exported(): string {
  const lines = Array.from({ length: 500 }, (_, i) => {
    const name = `"${names[i % names.length].replaceAll('"', '""')}"`;
    const [impressions, position] = [500 + ((i * 7919) % 5000), 1 + (i % 7)];
    const clicks = Math.round((impressions * (1 + (i % names.length))) / 100 / position);
    return [impressions, position, name, 100 + ((i * 31) % 900), clicks].join(',');
  });
  return ['impressions,position,audience,budget,clicks', ...lines].join('\n');
}

async function tell(path: string, json: unknown): Promise<void> {
  const answer = await service.ask(path, { json, headers: { 'x-api-key': KEY } });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
}

const recordOf = (i: number) => {
  const all = { impressions: 900, position: 1 + (i % 7), audience: names[i % 5], budget: 200 };
  return Object.fromEntries(features.map((name) => [name, all[name as keyof typeof all]]));
};
let features: string[];
let version: string;

beforeAll(async () => {
  house = await House.open();
  const file = join(house.folder, 'audiences.csv');
  await writeFile(file, exported());
  const options = ['--output', house.models, '--yes', '--trees', '10', '--model', 'forest'];
  await adscale('train', file, ...options);
  [version] = await readdir(join(house.models, 'versions'));
  await adscale('models', 'tag', 'constructor', version, '--models', house.models);
  service = await house.serve({
    ...{ TRAINER: 'on', DECISION_LOG: 'on', API_KEYS: entry(KEY, 'predict+outcomes+admin') },
    UPLOAD_DIR: join(house.folder, 'uploads'),
  });
  const headers = { 'x-api-key': KEY };
  const card = await (await service.ask(`/models/${version}`, { headers })).json();
  features = card.schema.features.map(({ name }: { name: string }) => name);
  for (let i = 0; i < 20; i++) await tell('/predict_ctr', recordOf(i));
  const outcomes = Array.from({ length: 150 }, (_, i) => ({
    ...{ key: `row ${i} ${names[i % 5]}`, record: recordOf(i), period: dayAgo(3 + (i % 10)) },
    ...{ campaign: names[i % 5], placement: names[(i + 1) % 5] },
    ...{ impressions: 10_000, clicks: 300 + 40 * (i % 5), spend: 50 },
  }));
  await tell('/outcomes', outcomes);
  const arms = [{ name: '__proto__', record: recordOf(0) }, { name: 'constructor' }];
  await tell('/experiments', { name: names[0], arms });
  const { budget: _, impressions: __, ...record } = recordOf(1);
  const cells = names.map((id, i) => ({
    ...{ id, record: { ...record, audience: names[i] }, cost: { cpm: 2 } },
  }));
  await tell('/allocate', { budget: 500, cells });
  await service.ask(`/training/files?name=${encodeURIComponent(names[0])}.csv`, {
    ...{ method: 'POST', headers: { ...headers, 'content-type': 'application/octet-stream' } },
    body: exported(),
  });
});
afterEach(() => house.leave());
afterAll(() => house.close());

/** Opens a page with the key, and listens for what must not come. */
async function open(path: string): Promise<Page> {
  const page = await house.visit(service, path);
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('request', (request) => asked.push(request.url()));
  await useKey(page, KEY);
  house.forgive(/status of 401/);
  return page;
}

const shown = (page: Page, name: string) => page.getByText(name).first().waitFor();

/** Nothing of what data says has become a part of the page, or was asked for. */
async function unharmed(page: Page): Promise<void> {
  const parts = await page
    .locator('img, embed, object, script:not([type=module]), a[href^="javascript:" i]')
    .evaluateAll((found) => found.map(({ outerHTML }) => outerHTML));
  expect(parts).toEqual([]);
  expect(dialogs).toEqual([]);
  const elsewhere = asked.filter((url) => !url.startsWith(service.url) || /\/x(["?#]|$)/.test(url));
  expect(elsewhere).toEqual([]);
}

it('Live shows them as they are', async () => {
  const page = await open('/live');
  for (const name of names) await page.getByRole('rowheader', { name, exact: true }).waitFor();
  await unharmed(page);
});

it('What if offers them, answers for each, and takes them from an address', async () => {
  const page = await open('/what-if');
  for (const name of names) {
    await page
      .getByRole('button', { name: /audience/ })
      .first()
      .click();
    await page.getByRole('option', { name, exact: true }).click();
  }
  await unharmed(page);
  const [, link] = page.url().split('#');
  await page.goto(`${service.url}/#/live`);
  await page.goto(`${service.url}/#${link}`);
  await page.getByRole('heading', { level: 1, name: 'What if' }).waitFor();
  await unharmed(page);
});

it('Decide shows them in its table, and in the answer', async () => {
  const page = await open('/decide?decision=allocate');
  await page.getByRole('button', { name: 'Example' }).click();
  await page.getByRole('gridcell', { name: 'Placement 1' }).first().waitFor();
  const rows = names.map((name) => `"${name.replaceAll('"', '""')}"`);
  await page.locator('input[type=file]').setInputFiles({
    name: `${names[0]}.csv`,
    mimeType: 'text/csv',
    buffer: Buffer.from(
      ['id,audience,cpm', ...rows.map((row) => [row, row, '2'].join(','))].join('\n'),
    ),
  });
  for (const name of names)
    await page.getByRole('gridcell', { name, exact: true }).first().waitFor();
  await unharmed(page);
});

it('Models shows tags, and the categories that a version learned from, and its report', async () => {
  const page = await open('/models');
  await shown(page, 'constructor');
  await unharmed(page);
  await page.goto(`${service.url}/#/models?version=${version}&part=learned`);
  for (const name of names) await shown(page, name);
  await unharmed(page);
  await page.goto(`${service.url}/#/models?version=${version}&part=report`);
  const report = page.locator('iframe').contentFrame();
  // In a part of the report that is folded at first.
  await report.getByText(names[0]).first().waitFor({ state: 'attached' });
  expect(await report.locator('img, script').count()).toBe(0);
  await unharmed(page);
});

it.each([
  ['segments', names[0]],
  ['effectiveness', names[1]],
  ['experiments', names[0]],
  ['maturity', 'Monitoring'],
  ['overview', 'Monitoring'],
])('Monitoring shows them: %s', async (view, name) => {
  const page = await open(`/monitoring?view=${view}`);
  await shown(page, name);
  await unharmed(page);
});

it('Monitoring shows what was decided of them', async () => {
  const page = await open('/monitoring?view=decisions');
  await shown(page, 'allocation');
  await page.getByRole('table').getByRole('link').first().click();
  for (const name of names) await shown(page, name);
  await unharmed(page);
});

it('Data shows names of files and what is in them', async () => {
  const page = await open('/data');
  await shown(page, `${names[0]}.csv`);
  await unharmed(page);
});

it.each(pages)('$name takes them from the address for nothing but text', async ({ path, name }) => {
  const parameters = [
    ...['version', 'part', 'with', 'metric', 'view', 'model', 'from', 'to', 'segment', 'feature'],
    ...['by', 'split', 'experiment', 'decision', 'table', 'look', 'train', 'window', 'a', 'b', 'x'],
  ];
  const search = parameters.map(
    (one, i) => `${one}=${encodeURIComponent(names[i % names.length])}`,
  );
  const page = await open(`${path}?${search.join('&')}&__proto__=1&constructor=2`);
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  await page.waitForFunction(() => document.querySelector('.state.loading') === null);
  await unharmed(page);
  // Versions, jobs and decisions of such names are not there, which the browser says as well.
  house.forgive(/status of 4(00|04|22)/);
});
