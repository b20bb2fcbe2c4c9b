/*
 * The page "What if" against the service that it came from: what is computed in the page must be what the
 * service answers, to the last bit. Records are asked by the address of the page, which is how people share them.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random, readModel, writeModel } from '@adscale/forest';
import type { Page } from 'playwright-core';
import { adscale, barriers, desk, House, phone, type Service } from './house.js';

type PlacementRecord = Record<string, string | number>;

let house: House;
/** Of the default model; of one with words, gaps and a bias; of a boosted one. */
let service: Service;
let wordy: Service;
let boosted: Service;
beforeAll(async () => {
  house = await House.open();
  const of = (name: string) => join(house.folder, name);
  const small = ['--trees', '4', '--depth', '3', '--no-report'];
  await Promise.all([
    house.train('--rows', '2000', '--trees', '20', '--no-report'),
    writeWords(of('words.csv')).then(() =>
      adscale(
        ...['train', of('words.csv'), '--output', of('wordy'), '--yes', '--no-report'],
        ...['--model', 'forest', '--trees', '10'],
      ),
    ),
    adscale(
      ...['train', '--rows', '400', '--model', 'boosted', ...small],
      ...['--output', of('boosted'), '--yes'],
    ),
  ]);
  await addIsotonic(house.models);
  [service, wordy, boosted] = await Promise.all([
    house.serve(),
    house.serve({ MODEL_DIR: of('wordy'), OUTCOMES_URL: 'off' }),
    house.serve({ MODEL_DIR: of('boosted'), OUTCOMES_URL: 'off' }),
  ]);
});
afterAll(() => house.close());

const HOSTILE = '<img src=x onerror=alert(1)>';

/** Records with two kinds of words, one of them ids, empty prices, and a position that may be left out. */
async function writeWords(path: string): Promise<void> {
  const random = new Random(1);
  const uniform = () => random.uint32() * 2 ** -32;
  const rows = Array.from({ length: 1000 }, (_, i) => {
    const word = Math.floor(uniform() * uniform() * 60);
    const keyword = word === 0 ? HOSTILE : `word ${word}`;
    const publisher = 1000 + Math.floor(uniform() * uniform() * 30);
    const device = uniform() < 0.6 ? 'mobile' : 'desktop';
    const position = 1 + (i % 5);
    const price = uniform() < 0.1 ? '' : (0.1 + 20 * uniform() ** 2).toFixed(2);
    const shown = 100 + Math.floor(uniform() * 900);
    const rate = 0.02 + 0.002 * (word % 13) + 0.03 / position + (device === 'mobile' ? 0.01 : 0);
    return [keyword, publisher, device, position, price, shown, Math.round(shown * rate)].join();
  });
  const names = 'keyword,publisher,device,position,price,shown,clicked';
  await writeFile(path, [names, ...rows].join('\n'));
  await writeFile(
    path.replace('.csv', '.mapping.yaml'),
    `impressions: shown
clicks: clicked
exposure_feature: false
cross: [[keyword, device]]
features:
  keyword: { column: keyword, kind: word }
  publisher: { column: publisher, kind: word, whole: true }
  device: { column: device, kind: categorical, categories: [mobile, desktop, tablet] }
  position: { column: position, kind: integer, minimum: 1, maximum: 10, bias: true, held_at: 1 }
  price: { column: price, kind: numeric, minimum: 0, missing: true }
`,
  );
}

/** Puts another version beside the only one of a registry: the same forest, calibrated. */
async function addIsotonic(models: string): Promise<void> {
  const versions = join(models, 'versions');
  const [version] = await readdir(versions);
  const forest = readModel(await readFile(join(versions, version, 'model.adsf')));
  const calibration = {
    x: Float64Array.of(0.001, 0.01, 0.03, 0.08),
    y: Float64Array.of(0.002, 0.0111, 0.0273, 0.09),
  };
  await mkdir(join(versions, `${version}-2`));
  const file = writeModel(forest.with({ calibration }));
  await writeFile(join(versions, `${version}-2`, 'model.adsf'), file);
  const card = await readFile(join(versions, version, 'model.json'));
  await writeFile(join(versions, `${version}-2`, 'model.json'), card);
}

const addressOf = (search: Record<string, unknown>): string => {
  const parts = Object.entries(search).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}=${encodeURIComponent(text)}`;
  });
  return `/what-if?${parts.join('&')}`;
};

/** Waits until the page shows what it says of a record. @returns the unrounded figures, as text */
function figuresOf(page: Page, records: readonly PlacementRecord[], more = {}) {
  const asked = records.map((record) => ({
    said: JSON.stringify(record),
    address: `#${addressOf({ a: record, ...more })}`,
  }));
  return page.evaluate(async (asked) => {
    const found: Record<string, string>[] = [];
    for (const { said, address } of asked) {
      location.hash = address;
      const until = performance.now() + 20_000;
      let table: HTMLTableElement | null | undefined;
      do {
        if (performance.now() > until) throw new Error(`the page does not come to ${said}`);
        await new Promise(requestAnimationFrame);
        table = document.querySelector<HTMLTableElement>('[data-record]');
      } while (table?.dataset.record !== said);
      const rows = [...table.rows].map(({ cells: [name, value] }) => [
        name.textContent,
        value.textContent,
      ]);
      found.push(Object.fromEntries(rows));
    }
    return found;
  }, asked);
}

/** What the service says of the same, by the names that the page shows it under. */
async function saidOf(asked: Service, record: PlacementRecord, more = ''): Promise<object> {
  const path = `/predict_ctr?interval=0.9${more}&explain=true`;
  const response = await asked.ask(path, { json: record });
  const said = await response.json();
  expect([response.status, said]).toEqual([200, said]);
  const { predicted_ctr, interval, explanation, extrapolated } = said;
  const contributions = Object.entries(explanation.contributions).map(([name, value]) => [
    `contributions.${name}`,
    String(value),
  ]);
  return {
    ...{ predicted_ctr: String(predicted_ctr), unrounded_ctr: String(explanation.unrounded_ctr) },
    ...{ low: String(interval.low), high: String(interval.high) },
    base_value: String(explanation.base_value),
    ...Object.fromEntries(contributions),
    extrapolated: extrapolated.join(', '),
  };
}

/** Random records of the default features: of all sizes, edges, and beyond what training held. */
function placements(count: number, seed: number): PlacementRecord[] {
  const random = new Random(seed);
  const uniform = () => random.uint32() * 2 ** -32;
  const edges: PlacementRecord[] = [
    { impressions: 1, ad_position: 1, device_type: 'mobile', budget: Number.MIN_VALUE },
    { impressions: 1e12, ad_position: 10, device_type: 'tablet', budget: 1e12 },
    { impressions: 1, ad_position: 10, device_type: 'desktop', budget: 1e12 },
    { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 },
  ];
  const others = Array.from({ length: count - edges.length }, () => ({
    impressions: Math.ceil(10 ** (7 * uniform())),
    ad_position: 1 + Math.floor(10 * uniform()),
    device_type: ['mobile', 'desktop', 'tablet'][Math.floor(3 * uniform())],
    budget: 10 ** (6 * uniform()),
  }));
  return [...edges, ...others];
}

/** Random records of the features of `writeWords`; any of them may be missing. */
function wordRecords(count: number): PlacementRecord[] {
  const random = new Random(5);
  const uniform = () => random.uint32() * 2 ** -32;
  const maybe = (share: number, name: string, value: string | number) =>
    uniform() < share ? { [name]: value } : {};
  return Array.from({ length: count }, () => ({
    // Some of them nobody has seen.
    ...maybe(0.9, 'keyword', uniform() < 0.1 ? HOSTILE : `word ${Math.floor(80 * uniform())}`),
    ...maybe(0.9, 'publisher', 1000 + Math.floor(50 * uniform())),
    device: ['mobile', 'desktop', 'tablet'][Math.floor(3 * uniform())],
    ...maybe(0.7, 'position', 1 + Math.floor(10 * uniform())),
    ...maybe(0.8, 'price', 40 * uniform()),
  }));
}

describe('what the page computes', () => {
  const same = async (asked: Service, records: PlacementRecord[], more = '') => {
    const page = await house.visit(asked, addressOf({ a: records[0] }));
    await page.locator('[data-record]').waitFor({ state: 'attached' });
    const shown = await figuresOf(page, records);
    for (const [i, record] of records.entries()) {
      expect({ record, ...shown[i] }).toEqual({ record, ...(await saidOf(asked, record, more)) });
    }
  };

  it('is what the service answers, to the last bit: default model', () =>
    same(service, placements(200, 7)));

  it('… and a boosted one, which runs on a thread', () => same(boosted, placements(20, 8)));

  it('… and one with words, ids, gaps, a cross and a bias', () =>
    same(wordy, wordRecords(200), '&exposure=10000'));
});
