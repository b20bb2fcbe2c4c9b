import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { adscale, barriers, desk, House, phone, type Service, type Visitor } from './house.js';

/** On a busy machine; a test takes two seconds on one of its own. */
jest.setTimeout(300_000);

let house: House;
let service: Service;
beforeAll(async () => {
  house = await House.open();
  await house.train('--rows', '2000', '--trees', '20', '--no-report');
  service = await house.serve();
});
afterAll(() => house.close());

/** Opens the page with the example in its table. */
async function visit(decision: string, visitor: Visitor = desk): Promise<Page> {
  const page = await house.visit(service, `/decide?decision=${decision}`, visitor);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Example' }).click();
  await page.getByRole('gridcell', { name: 'Placement 6' }).waitFor();
  return page;
}

const copied = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const answerOf = (page: Page) => page.getByRole('region', { name: 'Answer' });
const ask = (page: Page, verb: string) =>
  page.getByRole('button', { name: verb, exact: true }).click();

/** Runs the copied command in a shell that has a curl which tells what it was given. */
async function copiedRequest(page: Page): Promise<{ url: string; body: string }> {
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  await page.getByText('The command is copied.').waitFor();
  const script = `curl() { printf '%s\\0' "$@"; cat; }\n${await copied(page)}`;
  const { stdout } = await promisify(execFile)('sh', ['-c', `${script} </dev/null`]);
  const words = stdout.split('\0');
  return { url: words[2], body: words[words.indexOf('--data-raw') + 1] };
}

type Numbers = Readonly<Record<string, number>>;
type Listed = { readonly id: string } & Numbers;

/** The parts of requests and answers that are compared with the page. */
interface Answered {
  readonly request: Record<string, unknown> & {
    readonly candidates: readonly { readonly id?: string; readonly record: object }[];
    readonly schedule: readonly object[];
    readonly base: object;
    readonly budget: number;
  };
  readonly candidates: readonly Listed[];
  readonly allocations: readonly Listed[];
  readonly best: readonly Listed[];
  readonly total: Numbers;
  readonly a: Numbers;
  readonly b: Numbers;
  readonly live_test: Numbers;
  readonly placements: number;
}

/** What the service answers to what the page would ask. */
async function answered(page: Page): Promise<Answered> {
  const { url, body } = await copiedRequest(page);
  const response = await service.ask(new URL(url).pathname, { json: JSON.parse(body) });
  expect(response.status).toBe(200);
  return { ...((await response.json()) as Answered), request: JSON.parse(body) };
}

/** The cells of a table, row by row. */
const cellsOf = (page: Page, name: string) =>
  page
    .getByRole('region', { name, exact: true })
    .locator('tbody tr')
    .evaluateAll((rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.textContent!.trim())),
    );

const percent = (value: number) =>
  value.toLocaleString('en-US', { style: 'percent', maximumSignificantDigits: 3 });
const significant = (value: number, digits = 4) =>
  value.toLocaleString('en-US', { maximumSignificantDigits: digits });
const money = (value: number) =>
  value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Puts a text where a paste would take it from, and pastes it. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((given) => navigator.clipboard.writeText(given), text);
  await page.keyboard.press('Control+V');
}

const cell = (page: Page, row: number, column: number) =>
  page.locator(`[role=row][aria-rowindex="${row + 1}"] [aria-colindex="${column + 1}"]`);

describe('a decision', () => {
  it('ranks what is in the table, as the service does', async () => {
    const page = await visit('rank');
    await ask(page, 'Rank');
    await answerOf(page).waitFor();
    const { candidates } = await answered(page);
    const shown = await cellsOf(page, 'Placements by the value of a thousand impressions');
    expect(shown.map(([rank, id, ctr]) => [rank, id, ctr])).toEqual(
      candidates.map((one) => [String(one.rank), one.id, percent(one.predicted_ctr)]),
    );
    const label = await page
      .getByRole('img', { name: /^Value of a thousand/ })
      .getAttribute('aria-label');
    expect(label).toContain(`${candidates[0].id} ${money(candidates[0].ecpm)}`);
  });

  it('forecasts a schedule, and how it adds up by day', async () => {
    const page = await visit('forecast');
    await ask(page, 'Forecast');
    await page.getByText('The figures of the fan').click();
    const { total, request } = await answered(page);
    await answerOf(page)
      .getByText(significant(Math.round(total.expected_clicks)), { exact: true })
      .first()
      .waitFor();
    const fan = await cellsOf(page, 'Clicks as they add up');
    expect(fan).toHaveLength(6);
    for (const days of [2, 5]) {
      const json = { ...request, schedule: request.schedule.slice(0, days), level: 0.8 };
      const { total: part } = await (await service.ask('/forecast', { json })).json();
      const { low, high } = part.clicks;
      expect(fan[days - 1].slice(1, 2)).toEqual([significant(part.expected_clicks, 5)]);
      expect(fan[days - 1][3]).toBe(`${significant(low, 5)} – ${significant(high, 5)}`);
    }
  });

  it('compares two rows, sizes a live test, and registers it', async () => {
    const page = await visit('compare');
    await page.getByLabel('Row of B').fill('6');
    await ask(page, 'Compare');
    await answerOf(page).waitFor();
    const { a, b, live_test } = await answered(page);
    const [rowA, rowB] = await cellsOf(page, 'The two placements');
    expect(rowA).toEqual(['A: Placement 1', percent(a.predicted_ctr), expect.anything()]);
    expect(rowB).toEqual(['B: Placement 6', percent(b.predicted_ctr), expect.anything()]);
    const each = live_test.impressions_per_arm_corrected;
    await answerOf(page).getByText(each.toLocaleString('en-US'), { exact: true }).waitFor();
    const days = Math.ceil((2 * each) / 20_000);
    await answerOf(page)
      .getByText(days === 1 ? '1 day' : `${days} days`, { exact: true })
      .waitFor();
    await page.getByRole('button', { name: 'Register this test…' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Six against one');
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await page.getByText('The test is registered as').waitFor();
    const { experiments } = await (await service.ask('/experiments')).json();
    expect(experiments).toMatchObject([
      { name: 'Six against one', arms: [{ name: 'A' }, { name: 'B' }] },
    ]);
    await page.getByText(experiments[0].arms[1].label).waitFor();
  });

  it('splits a budget, and shows what others would get', async () => {
    const page = await visit('allocate');
    await ask(page, 'Allocate');
    await page.getByText('The figures of the frontier').click();
    const { allocations, request, total } = await answered(page);
    const spends = (await cellsOf(page, 'The split of the budget')).map(([, spend]) => spend);
    expect(spends).toEqual(allocations.map(({ spend }) => money(spend)));
    const frontier = await cellsOf(page, 'What other budgets would get');
    expect(frontier.map(([budget]) => budget)).toContain('2,000.00');
    for (const [budget, spent, clicks] of [frontier[0], frontier.at(-1)!]) {
      const json = { ...request, budget: Number(budget.replaceAll(',', '')) };
      const { total: other } = await (await service.ask('/allocate', { json })).json();
      expect([spent, clicks]).toEqual([money(other.spent), significant(other.expected_clicks, 6)]);
    }
    await page.getByLabel('Budget for so many clicks').fill(String(total.expected_clicks));
    await page.getByText('About 2,000.00 USD.').waitFor();
    await page.getByLabel('Budget for so many clicks').fill('1e9');
    await page.getByText(/^The frontier has/).waitFor();
  });

  it('takes the value of clicks where value is wanted', async () => {
    const page = await visit('allocate');
    await page.getByRole('button', { name: 'The most of' }).click();
    await page.getByRole('option', { name: 'Value' }).click();
    await page.getByRole('columnheader', { name: 'Value of a click' }).waitFor();
    await ask(page, 'Allocate');
    await answerOf(page).waitFor();
    const { total } = await answered(page);
    await answerOf(page).getByText(money(total.expected_value), { exact: true }).first().waitFor();
  });

  it('maps the variations of a row', async () => {
    const page = await visit('opportunities');
    await page.getByRole('button', { name: 'Look over' }).click();
    await page.getByRole('option', { name: 'All variations' }).click();
    await page.getByLabel('Ad position: values').fill('1, 2, 9, 10');
    await ask(page, 'Look');
    await page.getByText('The map as a table').click();
    const { best, placements, request } = await answered(page);
    expect(placements).toBe(12);
    const listed = await cellsOf(page, 'Best: worth more money');
    expect(listed.map(([id, ctr]) => [id, ctr])).toEqual(
      best.map((one) => [one.id, percent(one.predicted_ctr)]),
    );
    const records = ['desktop', 'mobile', 'tablet'].flatMap((device_type) =>
      [1, 2, 9, 10].map((ad_position) => ({ ...request.base, device_type, ad_position })),
    );
    const { predictions } = await (
      await service.ask('/predict_ctr/batch', { json: records })
    ).json();
    const map = await cellsOf(page, 'The map as a table');
    expect(map.flatMap(([, ...ctrs]) => ctrs)).toEqual(
      predictions.map((one: Numbers) => percent(one.predicted_ctr)),
    );
  });
});

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(2)</script>',
  "'; $(touch /tmp/x) `id` \\ %s",
  '\u202Eevil\u2066 سلام',
  'long '.repeat(39),
];

describe('the table', () => {
  it('takes what is pasted, shows what is wrong at its cell, and gives it back', async () => {
    const page = await visit('rank');
    await cell(page, 1, 1).click();
    await paste(page, 'id\tdevice_type\tcolour\nnew name\tfridge\tred');
    await page.getByText('2 not understood:').waitFor();
    await page.getByText('Line 2, Device type, “fridge”').waitFor();
    const bad = cell(page, 1, 4);
    expect(await bad.getAttribute('aria-invalid')).toBe('true');
    await ask(page, 'Rank');
    await page.getByText('Before this can be asked:').waitFor();
    await page.getByRole('alert').getByText('“fridge”: wanted one of').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('gridcell', { name: 'Placement 1' }).waitFor();
    await page.getByText('Before this can be asked:').waitFor({ state: 'detached' });
  });

  it('shows a refusal of the service at the cell it is about, until that changes', async () => {
    const page = await visit('allocate');
    await cell(page, 2, 5).click();
    await page.keyboard.press('Delete');
    await ask(page, 'Allocate');
    await page.getByRole('alert').waitFor();
    const place = cell(page, 2, 4);
    await page.locator('[role=row][aria-rowindex="3"] [aria-invalid=true]').waitFor();
    expect(await place.getAttribute('title')).toMatch(/^cells\[1\]\.cost is/);
    await cell(page, 2, 4).click();
    await page.keyboard.type('0.4');
    await page.keyboard.press('Enter');
    await page.locator('[role=grid] [aria-invalid=true]').waitFor({ state: 'detached' });
    await ask(page, 'Allocate');
    await answerOf(page).waitFor();
    house.forgive(/422/);
  });

  it('opens a CSV file, and saves one that it opens again', async () => {
    const page = await visit('rank');
    const text =
      'id;impressions;ad_position;device_type;budget;bid_cpc\n"=a;b";5 000;1;Mobile;2500;0,4\n';
    const file = { name: 'mine.csv', mimeType: 'text/csv', buffer: Buffer.from(text) };
    await page.getByLabel('CSV file').setInputFiles(file);
    await page.getByText('1 rows of mine.csv.').waitFor();
    await page.getByRole('gridcell', { name: '=a;b' }).waitFor();
    const { request } = await answered(page);
    const record = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 };
    expect(request.candidates).toEqual([{ id: '=a;b', record, bid_cpc: 0.4 }]);
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as CSV' }).click();
    const saved = await readFile(await (await saving).path());
    expect(saved.toString()).toContain("'=a;b");
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByLabel('CSV file').setInputFiles({ ...file, buffer: saved });
    await page.getByRole('gridcell', { name: '=a;b' }).waitFor();
    expect((await answered(page)).request).toEqual(request);
  });

  it('takes a file that is dropped on it, and a text by its dialog', async () => {
    const page = await visit('rank', phone);
    await page.getByRole('button', { name: 'Paste…' }).click();
    await page.getByLabel('Cells of a spreadsheet, or CSV').fill('id,bid_cpc\nfrom the dialog,1\n');
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByRole('gridcell', { name: 'from the dialog' }).waitFor();
    const data = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['id\ndropped\n'], 'dropped.csv'));
      return transfer;
    });
    await page.dispatchEvent('[role=grid]', 'drop', { dataTransfer: data });
    await page.getByRole('gridcell', { name: 'dropped' }).waitFor();
  });

  it('is used by the keyboard alone, up to the answer', async () => {
    const page = await visit('rank');
    await page.getByRole('button', { name: 'Clear' }).focus();
    await page.keyboard.press('Tab');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('role'));
    expect(await focused()).toBe('gridcell');
    await page.keyboard.press('Control+End');
    await page.keyboard.press('Home');
    await page.keyboard.type('by hand');
    await page.keyboard.press('Tab');
    await page.keyboard.type('7000');
    await page.keyboard.press('Enter');
    // Behind the last row there is a new one, and copies of a range fill it.
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+End');
    await page.keyboard.press('Control+C');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Home');
    await page.keyboard.press('Control+V');
    await page.getByRole('gridcell', { name: 'by hand' }).nth(1).waitFor();
    await page.keyboard.press('Control+Z');
    await page.getByRole('gridcell', { name: 'by hand' }).nth(1).waitFor({ state: 'detached' });
    await page.keyboard.press('Control+Y');
    await page.keyboard.press('Control+Enter');
    await answerOf(page).waitFor();
    const { request, candidates } = await answered(page);
    expect(request.candidates).toHaveLength(7);
    expect(request.candidates[6]).toEqual(request.candidates[5]);
    expect(request.candidates[6]).toMatchObject({ id: 'by hand', record: { impressions: 7000 } });
    expect((await cellsOf(page, 'Placements by the value of a thousand impressions')).length).toBe(
      candidates.length,
    );
  });

  it('holds thousands of rows, and draws those in view', async () => {
    const page = await visit('forecast');
    const lines = Array.from({ length: 2000 }, (_, i) => `row ${i},${i + 1},1,mobile,100,5`);
    const text = ['id,impressions,ad_position,device_type,budget,cpm', ...lines].join('\n');
    const file = { name: 'many.csv', mimeType: 'text/csv', buffer: Buffer.from(text) };
    await page.getByLabel('CSV file').setInputFiles(file);
    await page.getByText('2000 rows of many.csv.').waitFor();
    await cell(page, 1, 1).click();
    await page.keyboard.press('Control+ArrowDown');
    await page.getByRole('gridcell', { name: 'row 1999', exact: true }).waitFor();
    expect(await page.locator('[role=gridcell]').count()).toBeLessThan(40 * 9);
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe('2001');
    await ask(page, 'Forecast');
    await page.getByText('2000 rows, and at most 1000 can be asked of').waitFor();
    await page.keyboard.press('Escape');
    await cell(page, 2000, 1).click();
    await page.evaluate(() => document.querySelector('[role=grid]')!.parentElement!.scrollTo(0, 0));
    await page.getByRole('gridcell', { name: 'row 0', exact: true }).waitFor();
    // The cell with the focus is still there, so that the keyboard goes on from it.
    await page.keyboard.press('ArrowUp');
    await page.getByRole('gridcell', { name: 'row 1998', exact: true }).waitFor();
  });

  it('shows names as they are, whatever they are made of', async () => {
    const page = await visit('rank', { ...phone, colorScheme: 'dark' });
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await cell(page, 1, 1).click();
    await paste(
      page,
      ['id', ...HOSTILE].map((name) => `"${name.replaceAll('"', '""')}"`).join('\n'),
    );
    await page.getByRole('gridcell', { name: HOSTILE[0] }).waitFor();
    for (const [decision, verb] of Object.entries(verbs)) {
      await page.getByRole('tab', { name: decision }).click();
      await ask(page, verb);
      await answerOf(page).waitFor();
      expect(await barriers(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
    }
    await page.getByRole('tab', { name: 'Rank' }).click();
    const { request, candidates } = await answered(page);
    expect(request.candidates.slice(0, 5).map(({ id }) => id)).toEqual(
      HOSTILE.map((name) => name.trim()),
    );
    const shown = await cellsOf(page, 'Placements by the value of a thousand impressions');
    expect(shown.map(([, id]) => id)).toEqual(candidates.map(({ id }) => id));
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(dialogs).toEqual([]);
  });
});

const verbs = {
  Rank: 'Rank',
  Forecast: 'Forecast',
  Compare: 'Compare',
  Allocate: 'Allocate',
  Opportunities: 'Look',
};

const overflow = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });

describe('the page of decisions', () => {
  it('has no barriers on a desk in the light, before and after each answer', async () => {
    const page = await house.visit(service, '/decide', { ...desk, colorScheme: 'light' });
    await page.getByText('Nothing to decide on yet').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Try six placements' }).click();
    for (const [decision, verb] of Object.entries(verbs)) {
      await page.getByRole('tab', { name: decision }).click();
      await ask(page, verb);
      await answerOf(page).waitFor();
      await page.getByText('More settings').click();
      expect(await barriers(page)).toEqual([]);
    }
  });

  it('is shared by its address, and survives another page and a reload', async () => {
    const page = await visit('allocate');
    await page.getByLabel('Budget (needed)').fill('1234');
    await page.getByRole('navigation').getByRole('link', { name: 'Models' }).click();
    await page.getByRole('navigation').getByRole('link', { name: 'Decide' }).click();
    await page.getByRole('gridcell', { name: 'Placement 6' }).waitFor();
    await page.reload();
    await page.getByRole('tab', { name: 'Allocate' }).click();
    const { request } = await answered(page);
    expect(request.budget).toBe(1234);
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByText('The address is copied').waitFor();
    const address = await copied(page);
    const other = await house.visit(service, address.slice(address.indexOf('#') + 1));
    await other.getByText('This is the table that was shared with you.').waitFor();
    await other.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    expect((await answered(other)).request).toEqual(request);
    expect(other.url()).not.toContain('table=');
    const cut = await house.visit(service, address.slice(address.indexOf('#') + 1, -20));
    await cut.getByText('The address holds no table that can be read').waitFor();
  });

  it('says that the service takes long, and can be stopped', async () => {
    const page = await visit('rank');
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/rank', async (route) => {
      await held;
      await route.continue().catch(() => undefined);
    });
    await ask(page, 'Rank');
    await page.getByText('The service decides…').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Not asked yet').waitFor();
    release();
    await page.unroute('**/rank');
    await ask(page, 'Rank');
    await answerOf(page).waitFor();
  });

  it('says that there is no connection, and asks again when there is', async () => {
    const page = await visit('rank');
    await page.context().setOffline(true);
    await ask(page, 'Rank');
    await page.getByText('No connection to the service').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await answerOf(page).waitFor();
    house.forgive(/ERR_INTERNET_DISCONNECTED/);
  });

  it('asks for a key where one is needed', async () => {
    const hash = createHash('sha256').update('secret').digest('hex');
    const locked = await house.serve({ API_KEYS: `me:predict:${hash}`, OUTCOMES_URL: 'off' });
    const page = await house.visit(locked, '/decide');
    await page.getByText('The service asks for a key').waitFor();
    await page.getByRole('button', { name: 'Enter a key' }).click();
    await page.getByLabel('API key').fill('secret');
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByRole('button', { name: 'Example' }).click();
    await ask(page, 'Rank');
    await answerOf(page).waitFor();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await page.getByText('The command is copied.').waitFor();
    expect(await copied(page)).toContain('-H "x-api-key: $KEY"');
    expect(await copied(page)).not.toContain('secret');
    house.forgive(/401/);
  });

  it('knows the words of a model, and asks for impressions where the model has none', async () => {
    const data = `${house.folder}/words.csv`;
    await adscale('generate', '--profile', 'words', '--rows', '600', '--output', data);
    const kinds = [
      'device_type: { column: device_type, kind: word }',
      'ad_group: { column: ad_group, kind: word }',
    ];
    const mapping = [
      'impressions: impressions',
      'clicks: clicks',
      'features:',
      ...kinds.map((kind) => `  ${kind}`),
    ];
    await writeFile(`${house.folder}/words.mapping.yaml`, `${mapping.join('\n')}\n`);
    const models = `${house.folder}/words`;
    await adscale(
      'train',
      data,
      '--model',
      'forest',
      '--trees',
      '5',
      '--no-report',
      '--output',
      models,
      '--yes',
    );
    const worded = await house.serve({ MODEL_DIR: models, OUTCOMES_URL: 'off' });
    const page = await house.visit(worded, '/decide?decision=forecast');
    await page.getByRole('button', { name: 'Try six placements' }).click();
    await page.getByRole('columnheader', { name: 'Impressions (needed)' }).waitFor();
    await page.getByRole('columnheader', { name: 'Ad group (needed)' }).waitFor();
    await cell(page, 1, 4).dblclick();
    await page.getByLabel('Ad group, row 1').fill('c0');
    await page.locator('datalist option[value^="c0"]').first().waitFor({ state: 'attached' });
    await page.keyboard.press('Enter');
    await ask(page, 'Forecast');
    await answerOf(page).waitFor();
    await page.getByRole('tab', { name: 'Opportunities' }).click();
    await page.getByRole('button', { name: 'Look over' }).click();
    await page.getByRole('option', { name: 'All variations' }).click();
    await ask(page, 'Look');
    await page.getByText('The map as a table').click();
    expect((await cellsOf(page, 'The map as a table')).flat()).not.toContain('–');
  });

  it('says what to do while there is no model', async () => {
    const empty = await house.serve({ MODEL_DIR: `${house.folder}/none`, OUTCOMES_URL: 'off' });
    const page = await house.visit(empty, '/decide', phone);
    await page.getByText('There is no model yet').waitFor();
    await page.getByText('node apps/trainer/dist/main.js train').waitFor();
    expect(await barriers(page)).toEqual([]);
    house.forgive(/503/);
  });
});
