import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { adscale, barriers, desk, House, phone, type Service, type Visitor } from './house.js';

const hash = (key: string) => createHash('sha256').update(key).digest('hex');
const OPS = 'a key for everything';
const READER = 'a key for predictions';
const API_KEYS = `ops:predict+outcomes+admin:${hash(OPS)},reader:predict:${hash(READER)}`;
/** Three models are trained first: more than one test takes. */
const PATIENCE_MS = 300_000;

/** Categories as somebody's data may have them. */
const hostile = [
  ...['<img src=x onerror=alert(1)>', '\u202e"><script>alert(2)</script>'],
  'a-very-long-name-'.repeat(12),
];

/** Rows in which the category matters. */
function hostileData(): string {
  const rows = Array.from({ length: 900 }, (_, i) => {
    const screen = hostile[i % 3]!.replaceAll('"', '""');
    const impressions = 1000 + ((i * 7919) % 5000);
    const clicks = Math.round(impressions * (0.01 + 0.02 * (i % 3) + ((i * 31) % 7) / 2000));
    return `${impressions},${50 + ((i * 37) % 400)},"${screen}",${clicks}`;
  });
  return ['impressions,budget,screen,clicks', ...rows].join('\n');
}

let house: House;
let service: Service;
/** The versions: the first serves, the third takes other features than the others. */
let first: string;
let second: string;
let third: string;

beforeAll(async () => {
  house = await House.open();
  const small = ['--rows', '1000', '--trees', '10'];
  await house.train(...small, '--no-report');
  const file = join(house.folder, '<img src=x onerror=alert(3)>.csv');
  await writeFile(file, hostileData());
  await Promise.all([
    house.train(...small, '--seed', '7', '--no-promote'),
    house.train(file, '--trees', '10', '--no-promote'),
    adscale('models', 'tag', 'spring', '-m', house.models),
  ]);
  service = await house.serve({ API_KEYS });
  const { serving, versions } = await ask('/models');
  first = serving;
  for (const { version } of versions) {
    const { source } = await ask(`/models/${version}`);
    if (source.endsWith('.csv')) third = version;
    else if (version !== first) second = version;
  }
}, PATIENCE_MS);
afterAll(async () => {
  // Browsers say of each refusal that there was one: of those without a key, and of what could not be done.
  house.forgive(/status of (401|409|422)|ERR_INTERNET_DISCONNECTED/);
  await house.close();
});
afterEach(async () => {
  // Whoever is done leaves: a page that stays goes on asking.
  await Promise.all(opened.splice(0).map((page) => page.context().close()));
});
beforeEach(async () => {
  await change('DELETE', '/models/canary');
  await change('DELETE', '/models/shadow');
  await change('POST', `/models/${first}/promote`);
});

const headers = { 'x-api-key': OPS };
const ask = async (path: string) => (await service.ask(path, { headers })).json();

/** Changes what is served, as another operator does. */
async function change(method: string, path: string, json?: unknown) {
  const response = await service.ask(path, { method, headers, json });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return response.json();
}

const opened: Page[] = [];

/** Opens the page of a service without a key. */
async function open(of: Service, path = '/models', visitor: Visitor = desk): Promise<Page> {
  const page = await house.visit(of, path, visitor);
  page.on('dialog', (dialog) => house.complaints.push(`alert: ${dialog.message()}`));
  opened.push(page);
  return page;
}

/** Opens the page with a key in use. */
async function visit(path = '/models', visitor: Visitor = desk, key = OPS): Promise<Page> {
  const page = await open(service, '/nowhere', visitor);
  await page.evaluate((key) => sessionStorage.setItem('adscale.key', key), key);
  await page.goto(`${service.url}/#${path}`);
  await page.reload();
  return page;
}

const dialogOf = (page: Page) => page.getByRole('dialog').last();
const press = (within: Page | Locator, name: string) =>
  within.getByRole('button', { name, exact: true }).click();
const shows = (within: Page | Locator, text: string | RegExp) =>
  within.getByText(text).first().waitFor();

/** Chooses an option of a select. */
async function choose(page: Page, label: string, option: string | RegExp) {
  await page
    .getByRole('button', { name: new RegExp(label) })
    .last()
    .click();
  await page.getByRole('option', { name: option }).click();
}

const digits = (value: number, maximumSignificantDigits = 4) =>
  new Intl.NumberFormat('en-US', { maximumSignificantDigits }).format(value);

describe('versions', () => {
  it('are listed with what the service and their cards say of them', async () => {
    const page = await visit();
    const { versions } = await ask('/models');
    for (const { version, metrics } of versions) {
      const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: version }) });
      const card = await ask(`/models/${version}`);
      const [low, high] = card.held_out.bootstrap.intervals.normalised_entropy;
      await shows(row, digits(metrics.normalised_entropy));
      await shows(row, `${digits(low)} to ${digits(high)}`);
      await shows(row, card.training.rows.toLocaleString('en-US'));
      await shows(row, card.source);
    }
    const row = page.getByRole('row').filter({ hasText: 'spring' });
    expect(await row.innerText()).toMatch(new RegExp(`^${first}\\s+current\\s+spring`));
    const chart = page.getByRole('img', { name: /^Normalised entropy over 3 versions/ });
    await chart.locator('canvas').waitFor();
  });

  it('are sorted and drawn by the metric that is chosen, which the address keeps', async () => {
    const page = await visit();
    await choose(page, 'Metric', 'AUC');
    await page.getByRole('img', { name: /^AUC over 3 versions/ }).waitFor();
    await page.reload();
    await page.getByRole('img', { name: /^AUC over 3 versions/ }).waitFor();
    await press(page, 'AUC');
    const { auc } = (await ask(`/models/${first}`)).held_out;
    const cards = await Promise.all([second, third].map((version) => ask(`/models/${version}`)));
    const best = Math.max(auc, ...cards.map(({ held_out }) => held_out.auc));
    expect(await page.getByRole('row').nth(1).innerText()).toContain(digits(best));
  });

  it('have parts: how good it is, what it learned from, and its report in a frame', async () => {
    const page = await visit();
    await page.getByRole('table').getByRole('link', { name: second }).click();
    await page.getByRole('heading', { name: second }).waitFor();
    const { held_out, baselines, segments, training } = await ask(`/models/${second}`);
    const metrics = page.getByRole('region', { name: 'Metrics with intervals' });
    for (const value of [held_out.auc, held_out.calibration_ratio, held_out.log_loss]) {
      await shows(metrics, digits(value));
    }
    const simpler = page.getByRole('region', { name: 'Simpler predictions' });
    for (const { description } of baselines) await shows(simpler, description);
    const bySegment = page.getByRole('region', { name: 'Calibration by segment' }).last();
    const row = bySegment.getByRole('row').filter({ hasText: segments[0].segment }).first();
    await shows(row, digits(segments[0].calibration_ratio, 3));
    await page.getByRole('link', { name: 'What it learned from' }).click();
    await shows(page, training.impressions.toLocaleString('en-US').slice(0, 2));
    await page.getByRole('link', { name: 'Report' }).click();
    const frame = page.frameLocator(`iframe[data-ready]`);
    await frame.getByRole('heading', { name: 'CTR model report' }).waitFor();
    // As the trainer styled it, though the page allows no styles in markup; and without scripts.
    const main = frame.locator('main').first();
    expect(await main.evaluate((node) => getComputedStyle(node).maxWidth)).toBe('1064px');
    const label = frame.locator('[data-style*="font-size:12px"]').first();
    expect(await label.evaluate((node) => getComputedStyle(node).fontSize)).toBe('12px');
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('allow-same-origin');
    await page.getByRole('link', { name: 'All versions' }).click();
    await page.getByRole('heading', { name: 'Versions' }).waitFor();
  });

  it('are compared: what differs, by how much, and whether chance explains it', async () => {
    const page = await visit(`/models?version=${second}&part=difference`);
    const [one, other] = await Promise.all([second, first].map((v) => ask(`/models/${v}`)));
    const metrics = page.getByRole('region', { name: `Metrics of ${second} and ${first}` });
    const row = metrics.getByRole('row').filter({ hasText: 'Normalised entropy' });
    const [a, b] = [one, other].map(({ held_out }) => held_out.normalised_entropy);
    await shows(row, digits(a));
    const [[low, high], [below, above]] = [one, other].map(
      ({ held_out }) => held_out.bootstrap.intervals.normalised_entropy,
    );
    const least = a - b - Math.hypot(a - low, above - b);
    const most = a - b + Math.hypot(high - a, b - below);
    await shows(row, `${digits(least, 3)} to ${digits(most, 3)}`);
    const settings = page.getByRole('region', { name: 'Data and settings' });
    await shows(settings.getByRole('row').filter({ hasText: 'seed' }), '7');
    expect(await settings.getByText('maxDepth').count()).toBe(0);
    await page.getByRole('switch', { name: 'Show what is the same, too' }).press('Space');
    await shows(settings, 'maxDepth');
    await choose(page, 'Compare with', third);
    await shows(page, /They take other records: .*screen/);
    expect(new URL(page.url()).hash).toContain(third);
  });

  it('have names that stay text, in every part', async () => {
    const page = await visit(`/models?version=${third}`);
    for (const name of hostile) await shows(page, name.replace('\u202e', ''));
    for (const part of ['What it learned from', 'Difference', 'Report']) {
      await page.getByRole('link', { name: part }).click();
      const frame = page.frameLocator('iframe[data-ready]');
      const place = part === 'Report' ? frame.locator('body') : page.getByRole('main');
      const name = place.getByText('<img src=x onerror=alert(1)>').first();
      await name.waitFor({ state: 'attached' });
      expect(await place.locator('img, script').count()).toBe(0);
    }
  });
});

describe('what changes the service', () => {
  it('asks for a key, then for one with the scope, then whether it is meant', async () => {
    const page = await open(service);
    await shows(page, 'The service asks for a key');
    const give = async (key: string) => {
      await dialogOf(page).getByLabel('API key').fill(key);
      await press(dialogOf(page), 'Use this key');
    };
    await press(page, 'Enter a key');
    await give('nonsense');
    await press(page, 'Enter a key');
    await give(READER);
    await page.getByRole('table').getByRole('link', { name: second }).click();
    await press(page, 'Promote');
    await shows(dialogOf(page), 'The key reader may only predict.');
    await press(dialogOf(page), 'Use another key');
    await give(OPS);
    await press(page, 'Promote');
    await shows(dialogOf(page), `${second} will answer all requests, instead of ${first}`);
    expect((await ask('/models')).serving).toBe(first);
    await press(dialogOf(page), 'Promote');
    await shows(page, `${second} serves now.`);
    expect(await ask('/models')).toMatchObject({ serving: second, previous: first });
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(OPS);
  });

  it('goes back to the version before', async () => {
    await change('POST', `/models/${second}/promote`);
    const page = await visit();
    await press(page.getByRole('group', { name: 'Previous' }), 'Roll back');
    await shows(dialogOf(page), `${first} will answer requests again, instead of ${second}`);
    await press(dialogOf(page), 'Roll back');
    await shows(page, `${first} serves again.`);
    expect((await ask('/models')).serving).toBe(first);
  });

  it('shows what the service refuses, and changes nothing', async () => {
    const page = await visit(`/models?version=${third}`);
    await press(page, 'Promote');
    await press(dialogOf(page), 'Promote');
    await shows(dialogOf(page), 'Code MODEL_REFUSED, status 409.');
    await press(dialogOf(page), 'Cancel');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await press(page, 'Try…');
    await dialogOf(page).getByLabel('Steps, per cent').fill('5, 3, nonsense');
    await shows(dialogOf(page), 'it grows to 3 %, nonsense %');
    await press(dialogOf(page), 'Begin');
    await shows(dialogOf(page), 'gate.steps');
    expect(await ask('/models')).toMatchObject({ serving: first, canary: null });
  });

  it('tries a version at a fixed share, as canary and as shadow, and takes it off', async () => {
    const page = await visit();
    for (const role of ['Canary', 'Shadow'] as const) {
      const group = page.getByRole('group', { name: role });
      await press(group, role === 'Canary' ? 'Try a canary…' : 'Compare a shadow…');
      await choose(page, 'Version', second);
      if (role === 'Canary') await choose(page, 'How', /of a fixed share/);
      await dialogOf(page).getByLabel('Share of the requests').fill('12');
      await press(dialogOf(page), 'Begin');
      await shows(group, /^12/);
      const tried = (await ask('/models'))[role.toLowerCase()];
      expect(tried).toEqual({ version: second, percent: 12 });
      await press(group, `Take the ${role.toLowerCase()} off`);
      await press(dialogOf(page), `Take the ${role.toLowerCase()} off`);
      await shows(page, `No ${role.toLowerCase()} is tried any more.`);
      expect((await ask('/models'))[role.toLowerCase()]).toBeNull();
    }
  });

  it('says what others have changed since, before it acts', async () => {
    const page = await visit(`/models?version=${second}`);
    await press(page, 'Try…');
    await shows(dialogOf(page), `and ${first} the rest`);
    await change('PUT', '/models/shadow', { version: second, percent: 5 });
    await shows(dialogOf(page), 'Somebody has changed this meanwhile.');
    await shows(dialogOf(page), `The shadow was none, and is ${second} at 5 % now.`);
  });

  it('does nothing if it is not any more what the dialog said', async () => {
    const page = await visit(`/models?version=${second}`);
    await press(page, 'Promote');
    await shows(dialogOf(page), `${second} will answer all requests, instead of ${first}`);
    // From here on, the page learns of nothing until it asks before it acts.
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/models', async (route) => {
      await held;
      await route.continue();
    });
    await change('PUT', '/models/shadow', { version: second, percent: 7 });
    await press(dialogOf(page), 'Promote');
    release();
    await shows(dialogOf(page), /^Nothing was done\. The shadow was none, and is/);
    expect((await ask('/models')).serving).toBe(first);
  });

  it('is closed where there are no keys, and says how to open it', async () => {
    const keyless = await house.serve({ OUTCOMES_URL: 'off' });
    const page = await open(keyless, `/models?version=${second}`);
    await press(page, 'Promote');
    await shows(dialogOf(page), /^Administration is closed/);
    await page.context().close();
    await keyless.stop();
  });
});

describe('a gated canary', () => {
  const records = Array.from({ length: 60 }, (_, i) => {
    const device_type = ['mobile', 'desktop', 'tablet'][i % 3];
    const numbers = { impressions: 100 + 80 * i, budget: 50 + 70 * ((i * 37) % 60) };
    return { ...numbers, ad_position: 1 + (i % 10), device_type };
  });

  /** What comes of placements today if the second version is right. */
  async function outcomesAsExpected() {
    await change('POST', `/models/${second}/promote`);
    const { predictions } = await change('POST', '/predict_ctr/batch', records);
    await change('POST', `/models/${first}/promote`);
    const period = new Date().toISOString().slice(0, 10);
    return records.map((record, i) => {
      const clicks = Math.round(20_000 * predictions[i].predicted_ctr);
      return { record, period, impressions: 20_000, clicks };
    });
  }

  const trial = () => ask(`/models/${second}/trial`);

  it('is begun, held, resumed, grows by outcomes, is aborted, and tells of it', async () => {
    const outcomes = await outcomesAsExpected();
    const page = await visit(`/models?version=${second}`);
    await press(page, 'Try…');
    const dialog = dialogOf(page);
    await shows(dialog, 'hours at least');
    for (const [label, value] of [
      ['Clicks', '1000'],
      ['Hours', '0'],
      ['Answers', '0'],
    ]) {
      const field = dialog.getByLabel(`${label} of a step at least`);
      await field.fill(value);
      await field.blur();
    }
    await shows(dialog, 'a step takes 1,000 clicks and 0 hours at least');
    await press(dialog, 'Begin');
    await shows(page, `${second} answers 1 % of the requests.`);
    const { gate } = await trial();
    expect(gate).toMatchObject({ least_clicks: 1000, least_hours: 0, least_answers: 0 });
    // What was left alone is what the service takes by itself, and what the form shows of it.
    expect(gate).toMatchObject({ steps: [1, 5, 25, 100], alpha: 0.05, tolerance: 0.03 });
    expect(gate).toMatchObject({ entropy_tolerance: 0.002, slow_ms: 5 });

    await page.getByRole('link', { name: 'All versions' }).click();
    await shows(page, 'No outcomes yet');
    await press(page, 'Hold');
    await shows(dialogOf(page), `${second}, at 1 % beside ${first}, stays at its share`);
    await press(dialogOf(page), 'Hold');
    await shows(page, 'held by an operator');
    expect((await trial()).status).toBe('held');
    await press(page, 'Resume');
    await press(dialogOf(page), 'Resume');
    await shows(page, `${second} grows again.`);

    await change('POST', '/outcomes', outcomes);
    const step = page.getByRole('list', { name: 'Steps of the gate' }).locator('[aria-current]');
    await page.getByText('5 %', { exact: true }).locator('xpath=..').and(step).waitFor();
    const { evidence } = await trial();
    await shows(page, new RegExp(`with ${evidence.clicks.toLocaleString('en-US')} clicks`));
    for (const { name, e_value, bound } of evidence.tests) {
      const meter = page.getByRole('meter', { name: `Evidence of ${name}` }).first();
      const value = `e-value ${digits(e_value, 3)}, bound ${digits(bound)}`;
      expect(await meter.getAttribute('aria-valuetext')).toBe(value);
    }
    expect(await barriers(page)).toEqual([]);

    await press(page, 'Abort');
    await press(dialogOf(page), 'Abort');
    await shows(page, `${second} is taken off.`);
    expect((await ask('/models')).canary).toBeNull();
    await page.getByRole('link', { name: `Evidence of ${second}` }).click();
    const events = page.locator('.models-history > li');
    const { history } = await trial();
    await events.nth(history.length - 1).waitFor();
    const names = await events.locator('b').allInnerTexts();
    expect(
      names.filter((name) => history.some((e: { event: string }) => e.event === name)),
    ).toEqual(history.map(({ event }: { event: string }) => event));
    await events.filter({ hasText: 'grown' }).getByText('The evidence then').click();
    await events.getByRole('meter').first().waitFor();
  });
});

describe('the page of models', () => {
  it.each([
    ['light, on a desk', { ...desk, colorScheme: 'light' }],
    ['dark, on a phone', { ...phone, colorScheme: 'dark', reducedMotion: 'reduce' }],
  ] as const)('has no barriers, and nothing beside the screen: %s', async (_name, visitor) => {
    const page = await visit('/models', visitor);
    const look = async (text: string | RegExp) => {
      await shows(page, text);
      expect(await barriers(page)).toEqual([]);
      const hidden = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth - clientWidth;
      });
      expect(hidden).toBe(0);
    };
    await look('Against current');
    await press(page, 'Try a canary…');
    await look('While outcomes speak for it');
    await page.keyboard.press('Escape');
    await page.getByRole('table').getByRole('link', { name: third }).click();
    await look('Calibration by segment');
    for (const [part, text] of [
      ['Difference', 'They take other records'],
      ['What it learned from', 'Recipe'],
      ['Trial', 'It had no gated trial'],
    ] as const) {
      await page.getByRole('link', { name: part }).click();
      await look(text);
    }
  });

  it('can be used by the keyboard alone', async () => {
    const page = await visit();
    await page.getByRole('table').getByRole('link', { name: second, exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: second }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(second);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await shows(dialogOf(page), `${second} will answer all requests`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await shows(page, `${second} serves now.`);
    expect((await ask('/models')).serving).toBe(second);
  });

  it('says what to do where there is no model, and what is old when the service is away', async () => {
    const empty = await house.serve({ MODEL_DIR: join(house.folder, 'none'), OUTCOMES_URL: 'off' });
    const page = await open(empty);
    await shows(page, 'There is no model yet');
    await shows(page, 'adscale train campaigns.csv');
    await page.context().close();
    await empty.stop();
    const other = await visit(`/models?version=${second}`);
    await shows(other, 'Metric');
    await other.context().setOffline(true);
    await shows(other, 'The service cannot be reached.');
    await shows(other, 'Metric');
    await other.context().setOffline(false);
    await other.getByText('The service cannot be reached.').waitFor({ state: 'detached' });
  });

  it('knows a version that is gone, or whose card cannot be read', async () => {
    const page = await visit('/models?version=20200101-000000-00000000');
    await shows(page, 'There is no such version');
  });
});
