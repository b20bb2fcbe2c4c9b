/*
 * The page "What if" against the service that it came from: what is computed in the page must be what the
 * service answers, to the last bit. Records are asked by the address of the page, which is how people share them.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  boost,
  columnsFromRecords,
  Random,
  readModel,
  writeModel,
  type Forest,
} from '@adscale/forest';
import type { Page } from 'playwright-core';
import { House, type Service } from './house.js';
import { addressOf, HOSTILE, trainWords, type PlacementRecord } from './placements.js';

/** Milliseconds that training, or 200 questions, may take on a busy machine. */
const PATIENCE_MS = 150_000;

let house: House;
/** Of the default model. */
let service: Service;
beforeAll(async () => {
  house = await House.open();
  await Promise.all([
    house.train('--rows', '2000', '--trees', '20', '--no-report'),
    trainWords(house.folder, 'wordy'),
  ]);
  service = await house.serve();
}, PATIENCE_MS);
afterAll(() => house.close());

/** Serves a forest in the place of that of the default model, with the same card. */
async function serveInstead(name: string, change: (forest: Forest) => Forest): Promise<Service> {
  const version = (await readFile(join(house.models, 'current'), 'utf8')).trim();
  const [from, to] = [house.models, join(house.folder, name)];
  const folder = join(to, 'versions', version);
  await mkdir(folder, { recursive: true });
  const forest = readModel(await readFile(join(from, 'versions', version, 'model.adsf')));
  await writeFile(join(folder, 'model.adsf'), writeModel(change(forest)));
  await copyFile(join(from, 'versions', version, 'model.json'), join(folder, 'model.json'));
  await copyFile(join(from, 'current'), join(to, 'current'));
  return house.serve({ MODEL_DIR: to, OUTCOMES_URL: 'off' });
}

/** Boosters of log-odds with Platt's calibration, which takes an exponential and a logarithm. */
function boostedLike({ schema }: Forest): Forest {
  const records = placements(500, 11);
  const target = Float64Array.from(records, ({ impressions, ad_position }) =>
    Math.min(0.5, 0.002 * Math.log10(Number(impressions)) + 0.05 / Number(ad_position)),
  );
  const weight = Float64Array.from(records, ({ impressions }) => Number(impressions));
  const columns = columnsFromRecords(schema, records);
  const options = { loss: 'binomial', rounds: 60, maxDepth: 3, maxBins: 32 } as const;
  const { forest } = boost({ columns, target, weight }, options);
  return forest.with({ calibration: { slope: 1.03, intercept: 0.07 } });
}

/** Has the page show records, two beside each other at a time. @returns the unrounded figures, as text */
async function shownOf(page: Page, records: readonly PlacementRecord[]) {
  const found: Record<string, string>[] = [];
  for (let i = 0; i < records.length; i += 2) {
    const [a, b] = records.slice(i, i + 2);
    const said = [a, b].map((record) => JSON.stringify(record)).join();
    await page.evaluate((hash) => (location.hash = hash), addressOf({ a, b }));
    // Looked at anew with each frame, for as long as the harness has patience.
    const figures = await page.waitForFunction((said) => {
      const tables = [...document.querySelectorAll<HTMLTableElement>('[data-record]')];
      if (tables.map(({ dataset }) => dataset.record).join() !== said) return undefined;
      return tables.map(({ rows }) =>
        Object.fromEntries(
          Array.from(rows, ({ cells: [name, value] }) => [name.textContent, value.textContent]),
        ),
      );
    }, said);
    found.push(...((await figures.jsonValue()) as Record<string, string>[]));
  }
  return found;
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
  const random = new Random(seed, 0);
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

/** Random records of the features of the model of words; any of them may be missing. */
function wordRecords(count: number): PlacementRecord[] {
  const random = new Random(5, 0);
  const uniform = () => random.uint32() * 2 ** -32;
  let words: PlacementRecord = {};
  return Array.from({ length: count }, (_, i) => {
    // Now and then others, some of which nobody has seen; between, the page must do without asking.
    if (i % 4 === 0) {
      const kinds = [HOSTILE, null, ...Array.from({ length: 70 }, (_, w) => `word ${w}`)];
      const keyword = kinds[Math.floor(kinds.length * uniform())];
      const publisher = uniform() < 0.9 ? 1000 + Math.floor(50 * uniform()) : null;
      const device = ['mobile', 'desktop', 'tablet'][Math.floor(3 * uniform())];
      words = { keyword, publisher, device };
    }
    return {
      ...words,
      ...(uniform() < 0.7 && { position: 1 + Math.floor(10 * uniform()) }),
      ...(uniform() < 0.8 && { price: 40 * uniform() }),
    };
  });
}

/** Asks both, and compares what they say as text: no digit may differ. */
async function compare(asked: Service, records: PlacementRecord[], more = ''): Promise<void> {
  const page = await house.visit(asked, addressOf({ a: records[0] }));
  await page.locator('[data-record]').waitFor({ state: 'attached' });
  const shown = await shownOf(page, records);
  const said: object[] = [];
  for (const record of records) said.push(await saidOf(asked, record, more));
  expect(shown.map((figures, i) => ({ record: records[i], ...figures }))).toEqual(
    said.map((figures, i) => ({ record: records[i], ...figures })),
  );
}

describe('what the page computes is what the service answers, to the last bit:', () => {
  it('of the default model', () => compare(service, placements(200, 7)), PATIENCE_MS);

  it(
    'of one with words, ids, gaps, a cross and a bias',
    async () => {
      const MODEL_DIR = join(house.folder, 'wordy');
      const wordy = await house.serve({ MODEL_DIR, OUTCOMES_URL: 'off' });
      await compare(wordy, wordRecords(80), '&exposure=10000');
    },
    PATIENCE_MS,
  );

  it(
    'of a boosted one',
    async () => {
      await compare(await serveInstead('boosted', boostedLike), placements(60, 8));
    },
    PATIENCE_MS,
  );

  it(
    'of one with an isotonic calibration',
    async () => {
      const calibration = {
        x: Float64Array.of(0.001, 0.01, 0.03, 0.08),
        y: Float64Array.of(0.002, 0.0111, 0.0273, 0.09),
      };
      const isotonic = await serveInstead('isotonic', (forest) => forest.with({ calibration }));
      await compare(isotonic, placements(60, 9));
    },
    PATIENCE_MS,
  );
});
