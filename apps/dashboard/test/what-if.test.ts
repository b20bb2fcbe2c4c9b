/* The page "What if", from the first click to the answer. Figures are compared with those of the service. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import { barriers, desk, House, phone, type Service } from './house.js';
import { addressOf, HOSTILE, trainWords, type PlacementRecord } from './placements.js';

/** Milliseconds that training may take on a busy machine. */
const PATIENCE_MS = 150_000;

let house: House;
let service: Service;
let wordy: Service;
beforeAll(async () => {
  house = await House.open();
  await Promise.all([
    house.train('--rows', '2000', '--trees', '20', '--no-report'),
    trainWords(house.folder, 'wordy'),
  ]);
  [service, wordy] = await Promise.all([
    house.serve(),
    house.serve({ MODEL_DIR: join(house.folder, 'wordy'), OUTCOMES_URL: 'off' }),
  ]);
}, PATIENCE_MS);
afterAll(() => house.close());

const START = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 };

/** A share as the page writes it. */
const percent = (value: number, digits = 4): string =>
  new Intl.NumberFormat('en-US', { style: 'percent', maximumSignificantDigits: digits }).format(
    value,
  );

/** What the service says of a record, in full. */
async function explained(record: PlacementRecord): Promise<{ unrounded_ctr: number }> {
  return (await service.ask('/explain', { json: record })).json();
}

/** The figure in large: the first, or that of a scenario. */
const headline = (page: Page, title = 'Predicted CTR'): Locator =>
  page.locator('.wi-headline').filter({ hasText: title }).locator('.value');

/** Waits until the page shows its figures of a record. */
async function shows(page: Page, record: PlacementRecord): Promise<void> {
  await page
    .locator(`[data-record='${JSON.stringify(record).replaceAll("'", String.raw`\'`)}']`)
    .first()
    .waitFor({ state: 'attached' });
}

async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
}

const looks = [
  ['on a desk, light', { ...desk, colorScheme: 'light' }],
  ['on a phone, dark', { ...phone, colorScheme: 'dark', reducedMotion: 'reduce' }],
] as const;

describe('a placement', () => {
  it.each(looks)('is predicted while its sliders move: %s', async (_name, visitor) => {
    const page = await house.visit(service, '', visitor);
    await page.getByRole('navigation').getByRole('link', { name: 'What if' }).click();
    await shows(page, START);
    expect(await headline(page).textContent()).toBe(
      percent((await explained(START)).unrounded_ctr),
    );
    const slider = page.getByRole('slider', { name: 'ad_position, slider' });
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    const moved = { ...START, ad_position: 2 };
    await shows(page, moved);
    expect(await headline(page).textContent()).toBe(
      percent((await explained(moved)).unrounded_ctr),
    );
    expect(await barriers(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    const measures = () => performance.getEntriesByName('adscale:what-if').length;
    expect(await page.evaluate(measures)).toBeGreaterThan(0);
  });

  it('can be typed and chosen, and says in words where it is beyond what training held', async () => {
    const page = await house.visit(service, '/what-if');
    const budget = page.getByRole('textbox', { name: 'budget' });
    await budget.fill('9000000');
    await budget.press('Enter');
    await shows(page, { ...START, budget: 9_000_000 });
    await page.getByText('Extrapolates in budget').waitFor();
    await page.getByText(/Outside of what training held/).waitFor();
    await page.getByRole('button', { name: /device_type/ }).click();
    await page.getByRole('option', { name: 'tablet' }).click();
    await shows(page, { ...START, device_type: 'tablet', budget: 9_000_000 });
    await page.getByRole('button', { name: 'Begin again' }).click();
    await shows(page, START);
    await page.getByText('Extrapolates in budget').waitFor({ state: 'detached' });
  });

  it('is checked against the service when asked to', async () => {
    const page = await house.visit(service, '/what-if');
    await page.getByText('Unrounded figures').click();
    await page.getByRole('button', { name: 'Check against the service' }).click();
    const { unrounded_ctr } = await explained(START);
    await page
      .getByText(
        `The service answers the same CTR, to the last bit: ${unrounded_ctr}. So are all contributions.`,
      )
      .waitFor();
  });

  it('goes on being predicted without the service', async () => {
    const page = await house.visit(service, '/what-if');
    await shows(page, START);
    await page.context().setOffline(true);
    await page.getByRole('slider', { name: 'ad_position, slider' }).focus();
    await page.keyboard.press('ArrowRight');
    await shows(page, { ...START, ad_position: 2 });
    await page.context().setOffline(false);
    house.forgive(/ERR_INTERNET_DISCONNECTED/);
  });

  it('moves with a press on its curve', async () => {
    const page = await house.visit(service, '/what-if');
    const curve = page.getByRole('img', { name: /Predicted CTR against budget/ });
    const { width, height } = (await curve.boundingBox())!;
    await curve.click({ position: { x: 0.9 * width, y: height / 2 } });
    await page.waitForFunction(() => {
      const { record } = document.querySelector<HTMLElement>('[data-record]')?.dataset ?? {};
      return record !== undefined && JSON.parse(record).budget > 20_000;
    });
    await page.getByRole('button', { name: /Curve against/ }).click();
    await page.getByRole('option', { name: 'impressions' }).click();
    await page.getByRole('img', { name: /Predicted CTR against impressions/ }).waitFor();
  });
});

describe('two placements', () => {
  const other = { ...START, ad_position: 4, device_type: 'desktop' };

  it.each(looks)('stand beside each other: %s', async (_name, visitor) => {
    const page = await house.visit(service, '/what-if', visitor);
    await page.getByRole('button', { name: 'Compare with another' }).click();
    const form = page.getByRole('region', { name: 'Placement B' });
    await form.getByRole('slider', { name: 'ad_position, slider' }).fill('333');
    await form.getByRole('button', { name: /device_type/ }).click();
    await page.getByRole('option', { name: 'desktop' }).click();
    await shows(page, other);
    const [a, b] = await Promise.all([explained(START), explained(other)]);
    expect(await headline(page, 'A: predicted CTR').textContent()).toBe(percent(a.unrounded_ctr));
    expect(await headline(page, 'B: predicted CTR').textContent()).toBe(percent(b.unrounded_ctr));
    const against = page.getByRole('region', { name: 'B against A' });
    const figures = await against.locator('.value').allTextContents();
    const write = (value: number, digits: number) =>
      `${value < 0 ? '−' : '+'}${Number(Math.abs(value).toPrecision(digits)).toLocaleString('en-US')}`;
    expect(figures).toEqual([
      `${write(100 * (b.unrounded_ctr - a.unrounded_ctr), 3)} points`,
      write(5000 * (b.unrounded_ctr - a.unrounded_ctr), 4),
    ]);
    expect(await barriers(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.getByRole('button', { name: 'Swap A and B' }).click();
    await page.getByRole('button', { name: 'Remove B' }).click();
    await against.waitFor({ state: 'detached' });
    expect(await headline(page).textContent()).toBe(percent(b.unrounded_ctr));
  });

  it('are found again by whoever opens the link', async () => {
    const page = await house.visit(service, addressOf({ a: START, b: other, x: 'impressions' }));
    await shows(page, other);
    await page.getByRole('button', { name: 'Link to this' }).click();
    const link = (await page.getByRole('dialog').locator('pre').textContent())!;
    const [, hash] = link.split('#');
    const elsewhere = await house.visit(service, hash);
    await shows(elsewhere, other);
    const figures = (of: Page) => of.locator('[data-record] td').allTextContents();
    expect(await figures(elsewhere)).toEqual(await figures(page));
    expect(await headline(elsewhere, 'A: predicted CTR').textContent()).toBe(
      await headline(page, 'A: predicted CTR').textContent(),
    );
    await elsewhere.getByRole('img', { name: /Predicted CTR against impressions/ }).waitFor();
    expect(link).toContain(`version=`);
  });

  it('are in the address once nothing moves any more', async () => {
    const page = await house.visit(service, '/what-if');
    await page.getByRole('slider', { name: 'ad_position, slider' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/ad_position%22%3A2/);
    await page.reload();
    await shows(page, { ...START, ad_position: 2 });
  });

  it('can be asked of the service by what is copied', async () => {
    const page = await house.visit(service, addressOf({ a: START }));
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    const command = (await page.getByRole('dialog').locator('pre').textContent())!;
    const { stdout } = await promisify(execFile)('sh', ['-c', command.replace('curl', 'curl -s')]);
    expect(JSON.parse(stdout).explanation.unrounded_ctr).toBe(
      (await explained(START)).unrounded_ctr,
    );
  });
});

describe('a word', () => {
  it('is found by a part of it, by keys alone, and is never markup', async () => {
    const page = await house.visit(wordy, '/what-if', phone);
    const keyword = page.getByRole('combobox', { name: 'keyword' });
    await keyword.fill('IMG');
    const option = page.getByRole('option', { name: HOSTILE });
    await option.waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForFunction((hostile) => {
      const { record } = document.querySelector<HTMLElement>('[data-record]')?.dataset ?? {};
      return record !== undefined && JSON.parse(record).keyword === hostile;
    }, HOSTILE);
    expect(await keyword.inputValue()).toBe(HOSTILE);
    await keyword.fill('word 1');
    await page.getByRole('option', { name: /^word 1 / }).click();
    await page.waitForFunction(() => {
      const { record } = document.querySelector<HTMLElement>('[data-record]')?.dataset ?? {};
      return record !== undefined && JSON.parse(record).keyword === 'word 1';
    });
    expect(await page.locator('main img').count()).toBe(0);
    expect(await barriers(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
  });

  it('that the model does not know is said to be', async () => {
    const page = await house.visit(wordy, '/what-if');
    const keyword = page.getByRole('combobox', { name: 'keyword' });
    await keyword.fill('"><script>alert(1)</script> ‮תירבע ' + 'x'.repeat(300));
    await keyword.press('Enter');
    await page.getByText('Not known to the model: answered by what is above it.').waitFor();
    await page.getByText('Extrapolates in keyword').waitFor();
    expect(await overflow(page)).toBe(0);
  });

  it('can be empty, as a number can be missing and a bias held', async () => {
    const page = await house.visit(wordy, '/what-if');
    await page.getByText('price is missing').click();
    await page.getByText('Without position: held at 1').click();
    await page.getByRole('combobox', { name: 'publisher' }).fill('');
    await page.getByRole('combobox', { name: 'publisher' }).press('Enter');
    await page.getByText('Empty: answered by what is above it.').waitFor();
    await page.waitForFunction(() => {
      const { record } = document.querySelector<HTMLElement>('[data-record]')?.dataset ?? {};
      const { publisher, price, position } = JSON.parse(record ?? '{}');
      return publisher === null && price === undefined && position === undefined;
    });
  });
});

describe('when not all is there', () => {
  it('a link is taken as far as it can be, and the rest is said as text', async () => {
    const a = { ...START, budget: -5, [HOSTILE]: 1 };
    const page = await house.visit(service, addressOf({ a, b: 7, x: HOSTILE, level: 2 }));
    await page.getByText('budget is -5; it must be greater than 0').waitFor();
    await page.getByText(`${HOSTILE} is not a feature of this model`).waitFor();
    await shows(page, START);
    expect(await page.locator('main img').count()).toBe(0);
    expect(await barriers(page)).toEqual([]);
  });

  it('says how to get a model, and goes on by itself once there is one', async () => {
    const MODEL_DIR = join(house.folder, 'none');
    await mkdir(MODEL_DIR);
    const page = await house.visit(
      await house.serve({ MODEL_DIR, OUTCOMES_URL: 'off' }),
      '/what-if',
      phone,
    );
    await page.getByText('There is no model yet').waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  it('asks for a key, and explains as far as that key may', async () => {
    const hash = (key: string) => createHash('sha256').update(key).digest('hex');
    const API_KEYS = `buyer:predict:${hash('predict')},analyst:predict+outcomes:${hash('both')}`;
    const page = await house.visit(await house.serve({ API_KEYS }), '/what-if');
    const enter = async (key: string) => {
      await page.getByLabel('API key').fill(key);
      await page.getByRole('button', { name: 'Use this key' }).click();
    };
    await page.getByRole('button', { name: 'Enter a key' }).click();
    await enter('wrong');
    await page.getByRole('button', { name: 'Enter a key' }).click();
    await enter('predict');
    await page.getByText(/This key may not read training rows/).waitFor();
    const { unrounded_ctr } = await explained(START);
    expect(await headline(page).textContent()).toBe(percent(unrounded_ctr));
    await page.getByRole('button', { name: 'Key in use' }).click();
    await enter('both');
    await page.getByText(/This key may not read training rows/).waitFor({ state: 'detached' });
    await shows(page, START);
    house.forgive(/status of 401/);
  });

  it('runs a version that the service has not loaded, and says what it lacks', async () => {
    const version = ((await (await service.ask('/models')).json()) as { current: string }).current;
    const versions = join(house.models, 'versions');
    await cp(join(versions, version), join(versions, `${version}-2`), { recursive: true });
    const page = await house.visit(service, '/what-if');
    await shows(page, START);
    await page.getByRole('button', { name: /^Model|· current/ }).click();
    await page.getByRole('option', { name: `${version}-2` }).click();
    await page.getByText(/The service has not loaded this version/).waitFor();
    await shows(page, START);
    expect(await headline(page).textContent()).toBe(
      percent((await explained(START)).unrounded_ctr),
    );
    expect(page.url()).toContain(`version=${version}-2`);
  });
});
