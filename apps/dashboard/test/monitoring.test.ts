import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Schemas } from '../src/api/client.js';
import { count, money, number, percent } from '../src/shell/format.js';
import { barriers, desk, House, phone, type Service } from './house.js';
import { campaigns, dayAgo, hostile, tellPractice } from './practice.js';

/** Of the whole machine's patience: it may have other things to do. */
jest.setTimeout(300_000);

let house: House;
let service: Service;
beforeAll(async () => {
  house = await House.open();
  await house.train('--rows', '2000', '--trees', '20', '--no-report');
  const first = await house.serve({ MONITORING_SECONDS: '0' });
  await tellPractice(first);
  await first.stop();
  // What is learnt of how days grow is kept for a minute: this one starts with all of it.
  const prices = { MONITORING_PRICES: 'cpc=0.45', MONITORING_SECONDS: '1' };
  service = await house.serve({ DECISION_LOG: 'on', ...prices });
});
afterAll(() => house.close());

/** A placement of the model. */
const practiced = {
  record: { impressions: 5000, ad_position: 1, device_type: 'desktop', budget: 2500 },
};

async function told<T>(path: string): Promise<T> {
  const answer = await service.ask(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** The rows of a table by its caption, as text of cells. */
async function rowsOf(page: Page, caption: string | RegExp): Promise<string[][]> {
  const table = page.getByRole('table', { name: caption });
  await table.waitFor();
  return table
    .locator('tbody tr')
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent!.trim())),
    );
}

const visit = (path = '', visitor = desk) => house.visit(service, `/monitoring${path}`, visitor);

describe('monitoring without outcomes', () => {
  it('says how to tell them in every view, and shows them by itself once they come', async () => {
    const OUTCOMES_URL = `file:${join(house.folder, 'empty.db')}`;
    const empty = await house.serve({ OUTCOMES_URL, MONITORING_SECONDS: '1' });
    const page = await house.visit(empty, '/monitoring', phone);
    for (const [view, words] of [
      ['Segments', 'Nobody has told'],
      ['Effectiveness', 'Nobody has told'],
      ['Experiments', 'No experiment is registered'],
      ['Decisions', 'No decisions are kept'],
      ['Maturity', 'Nobody has told'],
      ['Overview', 'main.js outcomes report.csv'],
    ]) {
      const views = page.getByRole('navigation', { name: 'Views' });
      await views.getByRole('link', { name: view }).click();
      await page.getByText(words).waitFor();
    }
    expect(await barriers(page)).toEqual([]);
    await page.getByText('Live: new outcomes').waitFor();
    const came = { ...practiced, period: dayAgo(1), impressions: 5000, clicks: 421 };
    expect((await empty.ask('/outcomes', { json: [came] })).status).toBe(200);
    await page.getByRole('heading', { name: 'Observed against predicted' }).waitFor();
    await page.getByText('Nothing is known yet of how days grow').waitFor();
    await page.context().close();
    await empty.stop();
  });
});

describe('the overview', () => {
  it('tells what the service tells: figures, findings, causes, alerts and signs', async () => {
    const page = await visit();
    await page.getByRole('heading', { name: 'What is found' }).waitFor();
    const report = await told<Schemas['MonitoringAnswer']>('/monitoring');
    expect(report.findings[0]).toMatch(/fewer clicks than expected/);
    const findings = page.locator('section', { hasText: 'What is found' }).locator('li');
    expect(await findings.allTextContents()).toEqual(report.findings);

    const causes = await rowsOf(page, /^Causes/);
    expect(causes.map(([segment, since, , , worth]) => [segment, since, worth])).toEqual(
      report.causes.map(({ segment, since, gain }) => [
        ...[segment, since],
        `${money(-gain.money!.value)} lost (${money(-gain.money!.upper!)} to ${money(-gain.money!.lower)})`,
      ]),
    );
    const [version] = await rowsOf(page, /by version/);
    const [model] = report.models;
    expect(version.slice(0, 4)).toEqual([
      model.model_version,
      ...[model.impressions, model.clicks, model.expected].map((value) => count(value)),
    ]);
    const alert = page.getByRole('listitem').filter({ hasText: 'Look at this segment' }).first();
    await alert.getByText(report.alerts[0].title).waitFor();
    await alert.getByText('At stake').waitFor();
    await page.getByText(`All ${report.signs.length} signs`).click();
    expect(await rowsOf(page, /^Signs/)).toHaveLength(report.signs.length);
  });

  it('marks days that still grow, and shows each with its interval', async () => {
    const page = await visit();
    await page.getByText('Figures by day').click();
    const rows = await rowsOf(page, /by day/);
    const { days } = await told<Schemas['MonitoringAnswer']>('/monitoring');
    const day = (at: number) => `${number(days[at].factor, 3)} (${number(days[at].lower, 3)} to`;
    expect(rows).toHaveLength(days.length);
    expect(rows[3][0]).toBe(days[3].day);
    expect(rows[3].slice(1, 4)).toEqual(
      [days[3].impressions, days[3].clicks, days[3].expected].map((value) => count(value)),
    );
    expect(rows[3][4]).toContain(day(3));
    // Days of the practice period have all their clicks two days later.
    const young = rows.filter(([name]) => name.includes('still growing'));
    expect(young.map(([name]) => name.slice(0, 10))).toEqual([dayAgo(2), dayAgo(1)]);
  });

  it('asks for the days, version, price and rigour of its address, and keeps them there', async () => {
    const page = await visit(`?from=${dayAgo(20)}&to=${dayAgo(2)}`);
    await page
      .getByText(`${dayAgo(20)} to ${dayAgo(2)}`)
      .first()
      .waitFor();
    await page.getByRole('textbox', { name: 'Worth of a click' }).fill('2');
    await page.keyboard.press('Tab');
    await page.waitForURL(/value=2/);
    await page.getByRole('button', { name: 'False finds' }).click();
    await page.getByRole('option', { name: '1 in 100' }).click();
    await page.waitForURL(/alpha=0.01/);
    await page.getByText('once in 100 over its life').waitFor();
    const question = `from=${dayAgo(20)}&to=${dayAgo(2)}&value=2&alpha=0.01`;
    const { causes } = await told<Schemas['MonitoringAnswer']>(`/monitoring?${question}`);
    const worth = money(-causes[0].gain.money!.value);
    await page
      .getByRole('cell', { name: `${worth} lost` })
      .first()
      .waitFor();

    const shared = await visit(page.url().split('#/monitoring')[1]);
    await shared
      .getByRole('cell', { name: `${worth} lost` })
      .first()
      .waitFor();
    await shared.getByRole('button', { name: 'From … to …' }).click();
    await shared.getByRole('option', { name: 'Last 14' }).click();
    await shared.waitForURL((url) => /days=14/.test(url.href) && !/from=/.test(url.href));
  });

  it('says that there are no outcomes in the days asked for, and shows those that there are', async () => {
    const page = await visit(`?from=${dayAgo(80)}&to=${dayAgo(70)}`);
    await page.getByText('No outcomes in these days').waitFor();
    await page.getByRole('button', { name: 'Show all days and versions' }).click();
    await page.getByRole('heading', { name: 'Observed against predicted' }).waitFor();
  });
});

describe('segments', () => {
  it('lead from a cause to its days, which add up to what the service says of it', async () => {
    const page = await visit();
    await page
      .getByRole('table', { name: /^Causes/ })
      .getByRole('link')
      .first()
      .click();
    await page.waitForURL(/view=segments/);
    const { causes, segments } = await told<Schemas['SegmentsAnswer']>('/monitoring/segments');
    const [{ segment }] = causes;
    await page.getByRole('heading', { level: 2, name: segment, exact: true }).waitFor();
    await page.getByText('Figures by day').click();
    const rows = await rowsOf(page, `Observed and expected clicks of ${segment} by day`);
    const sum = (column: number): number =>
      rows.reduce((all, row) => all + Number(row[column].replaceAll(',', '')), 0);
    const known = segments.find((one) => one.segment === segment)!;
    expect(sum(2)).toBe(known.clicks);
    expect(Math.abs(sum(3) / known.expected - 1)).toBeLessThan(0.001);
  });

  it('are searched, and told as the service tells them', async () => {
    const page = await visit('?view=segments');
    await page.getByLabel('Search').fill('device_type');
    const rows = await rowsOf(page, /^All segments/);
    const { segments } = await told<Schemas['SegmentsAnswer']>('/monitoring/segments');
    const wanted = segments.filter(({ segment }) => segment.includes('device_type'));
    expect(rows.map(([segment, , clicks]) => [segment, clicks])).toEqual(
      wanted.map(({ segment, clicks }) => [segment, count(clicks)]),
    );
    await page.getByLabel('Search').fill('no such thing');
    await page.getByText('No segment has this name').waitFor();
  });
});

describe('effectiveness', () => {
  it('tells campaigns against the forecast, and splits the last change exactly', async () => {
    const page = await visit('?view=effectiveness');
    const report = await told<Schemas['EffectivenessAnswer']>('/monitoring/effectiveness');
    const rows = await rowsOf(page, 'Effectiveness by campaign');
    expect(rows.map(([name]) => name).sort()).toEqual([...campaigns].sort());
    const [first] = report.campaigns;
    const row = rows.find(([name]) => name === first.value)!;
    expect([row[2], row[4], row[8], row[9]]).toEqual([
      ...[count(first.clicks), percent(first.ctr), money(first.spend), money(first.cpc)],
    ]);
    await page.getByRole('button', { name: 'Split by' }).click();
    await page.getByRole('option', { name: 'device_type' }).click();
    await page.waitForURL(/split=device_type/);
    const { parts, ctr_before, ctr_after, change } = report.change!.by.device_type;
    const split = await rowsOf(page, /^What each value of device_type/);
    const points = (column: number) =>
      split.map((cells) => Number(cells[column].replace('−', '-').replace(' pp', '')) / 100);
    expect(split.map(([value]) => value)).toEqual([...parts.map(({ value }) => value), 'All']);
    const [mix, rate] = [points(1), points(2)];
    expect(mix.at(-1)! + rate.at(-1)!).toBeCloseTo(change, 5);
    expect(mix.slice(0, -1).reduce((sum, one) => sum + one, 0)).toBeCloseTo(mix.at(-1)!, 5);
    expect(change).toBeCloseTo(ctr_after - ctr_before, 12);
    await page
      .getByRole('img', { name: `From a CTR of ${percent(ctr_before)} to ${percent(ctr_after)}` })
      .waitFor();
  });
});

/** Registers an experiment as a person does. */
async function register(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'Register an experiment' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('textbox', { name: 'Arm 1', exact: true }).fill('blue');
  const ctr = dialog.getByRole('textbox', { name: 'CTR of the control' });
  await ctr.fill('5');
  await ctr.press('Tab');
  const body = {
    ...{ name: 'x', arms: [{ name: 'control' }, { name: 'blue' }] },
    ...{ uplift: 0.1, significance: 0.05, power: 0.8, dispersion: 1, baseline_ctr: 0.05 },
  };
  const planned = await (await service.ask('/experiments/plan', { json: body })).json();
  await dialog.getByText(`It takes ${count(planned.size.impressions)} impressions`).waitFor();
  await dialog.getByRole('button', { name: 'Register', exact: true }).click();
  await page.waitForURL(/experiment=/);
  return new URL(page.url().split('#')[1], service.url).searchParams.get('experiment')!;
}

/** Tells what came of the arms of an experiment. */
async function tellArms(id: string, day: string, clicks: Record<string, number>): Promise<void> {
  const { record } = practiced;
  const outcomes = Object.entries(clicks).map(([arm, came]) => ({
    ...{ record, period: day, arm: `${id}/${arm}`, impressions: 50_000, clicks: came },
  }));
  expect((await service.ask('/outcomes', { json: outcomes })).status).toBe(200);
}

describe('experiments', () => {
  it('are planned, registered, followed as outcomes come, and finished', async () => {
    const page = await visit('?view=experiments');
    const id = await register(page, hostile[0]);
    await page.getByRole('heading', { level: 2, name: hostile[0] }).waitFor();
    await page.locator('code', { hasText: `${id}/blue` }).waitFor();

    // Nothing is pressed for it: the page learns of outcomes by itself.
    await tellArms(id, dayAgo(1), { control: 2500, blue: 2700 });
    await page.getByText('100,000 impressions on 1 day').waitFor();
    await tellArms(id, dayAgo(0), { control: 2500, blue: 3200, bleu: 10 });
    await page.getByText('200,000 impressions on 2 days').waitFor();
    const { result } = await told<Schemas['JudgedExperimentAnswer']>(`/experiments/${id}`);
    for (const words of result.words) await page.getByText(words).first().waitFor();
    expect(result.decision).toBe('winner');
    const rows = await rowsOf(page, 'Arms of the experiment');
    const blue = result.arms[1].against_control!;
    const interval = `${number(blue.interval.low)} to ${number(blue.interval.high)}`;
    expect(rows[1].slice(2)).toEqual([
      ...[count(result.arms[1].impressions), count(result.arms[1].clicks)],
      ...[percent(result.arms[1].ctr), `${number(blue.ratio)} (${interval})`],
      ...[number(blue.e_value, 3), 'beyond chance'],
    ]);
    await page.getByText(`${id}/bleu: 50,000 impressions, 10 clicks`).waitFor();

    await page.getByText('Figures by day').click();
    const days = await rowsOf(page, /^What the outcomes of blue said/);
    expect(days.map(([day, impressions]) => [day, impressions])).toEqual([
      [dayAgo(1), '100,000'],
      [dayAgo(0), '200,000'],
    ]);
    expect(days[1][2]).toBe(`${number(blue.ratio)} (${interval})`);

    await page.getByRole('button', { name: 'Finish' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('blue is said to go on').waitFor();
    expect(await barriers(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Finish' }).click();
    await page.getByText('blue goes on.').waitFor();
    const { winner } = await told<Schemas['ExperimentAnswer']>(`/experiments/${id}`);
    expect(winner).toBe('blue');
    expect(await page.getByRole('button', { name: 'Finish' }).count()).toBe(0);
  });

  it('that are wrong say at their fields what is wanted', async () => {
    const page = await visit('?view=experiments', { ...phone, colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Register an experiment' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('It takes').waitFor();
    await dialog.getByRole('button', { name: 'Register', exact: true }).click();
    await dialog.getByText('it must be a text of 1 to 200 characters').waitFor();
    await dialog.getByText('letters, digits and . _ -, another for each arm').waitFor();
    expect(await barriers(page)).toEqual([]);
    house.forgive(/status of 422/);
  });
});

describe('decisions', () => {
  it('are replayed: what was expected, what came, and what else could have', async () => {
    const places = ['mobile', 'desktop', 'tablet'];
    const candidates = places.map((device_type, i) => ({
      ...{ id: hostile[i], record: { ...practiced.record, device_type }, value_per_click: 0.5 },
    }));
    const ranked = await service.ask('/rank', { json: { candidates } });
    const id = ranked.headers.get('x-decision-id')!;
    const outcomes = candidates.map(({ id: entry, record }, i) => ({
      ...{ record, period: dayAgo(0), arm: `${id}/${entry}` },
      ...{ impressions: 9000, clicks: [200, 700, 300][i], spend: 100 },
    }));
    expect((await service.ask('/outcomes', { json: outcomes })).status).toBe(200);

    const page = await visit('?view=decisions');
    await page.getByRole('link', { name: id }).click();
    await page.getByRole('heading', { name: `Decision ${id}` }).waitFor();
    // Today's clicks still come in: they count when they are asked for.
    await page.getByRole('button', { name: 'Count them as they are' }).click();
    const { hindsight } = await told<Schemas['JudgedDecisionDto']>(`/decisions/${id}?young=true`);
    const { entries, coverage, regret } = hindsight!;
    await page.getByText(`${coverage.held} of ${coverage.judged}`).waitFor();
    const rows = await rowsOf(page, /^What was planned/);
    expect(rows.map(([entry, , , , , clicks, expected]) => [entry, clicks, expected])).toEqual(
      entries.map(({ id: entry, clicks, expected_clicks, interval }) => [
        ...[entry, count(clicks)],
        `${count(expected_clicks)} (${count(interval.low)} to ${count(interval.high)})`,
      ]),
    );
    const held = rows.map((cells) => cells.at(-1) === 'the interval held');
    expect(held).toEqual(entries.map((entry) => entry.held));
    const best = number(regret!.best_in_hindsight.expected);
    await page.getByRole('img', { name: `best in hindsight: ${best}` }).waitFor();
    expect(await barriers(page)).toEqual([]);
  });
});

describe('maturity', () => {
  it('shows how the clicks of a day grow', async () => {
    const page = await visit('?view=maturity');
    await page.getByText('from 2 days after it on').waitFor();
    const { maturity } = await told<Schemas['OutcomeSummaryAnswer']>('/outcomes/summary');
    await page.getByText('Figures by age').click();
    const rows = await rowsOf(page, /^Share of its clicks/);
    expect(rows.map(([, share]) => share)).toEqual(maturity.map(({ share }) => percent(share, 4)));
    expect(rows[0][1]).toMatch(/^(89|90|91)/);
  });
});

describe('where it cannot be shown', () => {
  it('says that outcomes are switched off, and how to switch them on', async () => {
    const off = await house.serve({ OUTCOMES_URL: 'off' });
    const page = await house.visit(off, '/monitoring', { ...phone, colorScheme: 'dark' });
    await page.getByText('Outcomes are switched off').waitFor();
    await page.getByText('OUTCOMES_URL=file:').waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.context().close();
    house.forgive(/status of 409/);
  });

  it('says that the store cannot be used, and goes on by itself once it can', async () => {
    const place = join(house.folder, 'place');
    await writeFile(place, 'a file where the store wants a folder');
    const OUTCOMES_URL = `file:${join(place, 'outcomes.db')}`;
    const broken = await house.serve({ OUTCOMES_URL, MONITORING_SECONDS: '1' });
    const page = await house.visit(broken, '/monitoring');
    await page.getByText('Predictions go on meanwhile').waitFor();
    expect(await barriers(page)).toEqual([]);
    await rm(place);
    await mkdir(place);
    await page.getByText('Nobody has told what came of the predictions yet').waitFor();
    await page.context().close();
    house.forgive(/status of 503/);
  });

  it('asks for a key, says which scope it lacks, and shows what the key may see', async () => {
    const hash = (key: string) => createHash('sha256').update(key).digest('hex');
    const keys = [`all:predict+outcomes:${hash('all')}`, `some:predict:${hash('some')}`];
    const locked = await house.serve({ API_KEYS: keys.join(','), MONITORING_SECONDS: '0' });
    const page = await house.visit(locked, '/monitoring', phone);
    const use = async (key: string) => {
      await page.getByRole('button', { name: /^(Key…|Key in use)$/ }).click();
      await page.getByLabel('API key').fill(key);
      await page.keyboard.press('Enter');
    };
    await page.getByText('The service asks for a key').waitFor();
    expect(await barriers(page)).toEqual([]);
    await use('wrong');
    await page.getByText('The service asks for a key').waitFor();
    await use('some');
    await page.getByRole('heading', { name: 'Observed against predicted' }).waitFor();
    await page.getByText('takes the scope outcomes').waitFor();
    await page.getByRole('link', { name: 'Experiments' }).click();
    await page.getByText('This key may not do that').waitFor();
    expect(await barriers(page)).toEqual([]);
    await use('all');
    await page.getByRole('button', { name: 'Register an experiment' }).waitFor();
    await page.context().close();
    house.forgive(/status of 40[13]/);
  });

  it('keeps what it showed when the network is cut, and is live again when it is back', async () => {
    const page = await visit();
    await page.getByText('Live: new outcomes').waitFor();
    await page.getByRole('heading', { name: 'What is found' }).waitFor();
    await page.context().setOffline(true);
    await page.getByText('The service cannot be reached.').waitFor();
    expect(await page.getByRole('heading', { name: 'What is found' }).count()).toBe(1);
    await page.context().setOffline(false);
    await page.getByText('Live: new outcomes').waitFor();
    await page.getByText('The service cannot be reached.').waitFor({ state: 'detached' });
    house.forgive(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK/);
  });
});

/** What of the page lies beside the screen, in pixels. */
const beside = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe('for everybody', () => {
  it.each([
    ['light, on a desk', { ...desk, colorScheme: 'light' }],
    ['dark, on a phone', { ...phone, colorScheme: 'dark', reducedMotion: 'reduce' }],
  ] as const)('every view is without barriers: %s', async (_name, visitor) => {
    const page = await visit('', visitor);
    const views: readonly (readonly [string, string])[] = [
      ['Overview', 'What is found'],
      ['Segments', 'All segments'],
      ['Effectiveness', 'Against the forecast'],
      ['Experiments', 'Experiments'],
      ['Decisions', 'Decisions that were kept'],
      ['Maturity', 'How days mature'],
    ];
    for (const [view, heading] of views) {
      await page
        .getByRole('navigation', { name: 'Views' })
        .getByRole('link', { name: view })
        .click();
      await page.getByRole('heading', { level: 2, name: heading, exact: true }).waitFor();
      await page.evaluate(() => {
        for (const closed of document.querySelectorAll('details')) closed.open = true;
      });
      expect({ view, barriers: await barriers(page) }).toEqual({ view, barriers: [] });
      expect({ view, beside: await beside(page) }).toEqual({ view, beside: 0 });
    }
    // Hostile names were on all of these, and are names only.
    expect(await page.locator('main img, main script').count()).toBe(0);
  });

  it('the keyboard alone leads from the views to a segment and back', async () => {
    const page = await visit();
    await page.getByRole('heading', { name: 'What is found' }).waitFor();
    const press = async (name: string, most = 60): Promise<void> => {
      for (let i = 0; i < most; i++) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate(() => document.activeElement?.textContent?.trim());
        if (focused === name) return page.keyboard.press('Enter');
      }
      throw new Error(`no way by Tab to ${name}`);
    };
    await press('Segments');
    await page.getByRole('heading', { name: 'All segments' }).waitFor();
    await press('device_type = mobile');
    await page.getByRole('heading', { level: 2, name: 'device_type = mobile' }).waitFor();
    await press('Close this segment');
    await page.waitForURL((url) => !url.href.includes('segment='));
  });
});
