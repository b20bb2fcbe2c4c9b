import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Registry } from '@adscale/ctr';
import { testFolder } from './reading.js';
import { adscale } from './run.js';

// Real files that may not be distributed: ADSCALE_REAL_DATA names their folder, by default
// ../shared/data beside the checkout.
const folder = process.env['ADSCALE_REAL_DATA'] ?? resolve(__dirname, '../../../../shared/data');
const campaigns = join(folder, 'online_ads/raw.csv');
const log = join(folder, 'avazu/avazu_random15k.csv');
const isThere = [campaigns, log].every((path) => existsSync(path));
if (!isThere) console.warn(`skipped: the real files are not in ${folder}`);

const at = testFolder();

/** inspect, edit nothing, train. */
async function inspectAndTrain(
  data: string,
): Promise<{ draft: string; told: string; registry: Registry }> {
  const mapping = at('draft.yaml');
  const inspected = await adscale(['inspect', data, '-o', mapping]);
  expect(inspected.status).toBe(0);
  const flags = ['--mapping', mapping, '-o', at('models'), '--trees', '40', '--no-report'];
  const { status, stderr } = await adscale(['train', data, ...flags]);
  expect(status).toBe(0);
  const draft = await readFile(mapping, 'utf8');
  return { draft, told: inspected.stdout + stderr, registry: new Registry(at('models')) };
}

(isThere ? describe : describe.skip)('real data', () => {
  it('of campaigns as exported: the leaking cost is caught, dirty rows are counted', async () => {
    const { draft, told, registry } = await inspectAndTrain(campaigns);
    expect(draft).toMatch(/^impressions: displays\nclicks: clicks\n/m);
    expect(told).toMatch(
      /cost is left out: it leaks the target: it follows clicks: rank correlation 0\.93/,
    );
    expect(told).toMatch(/dropped 23 rows: 22 displays is 0; 1 more clicks than displays/);
    const model = await registry.load();
    const names = model.schema.features.map(({ name }) => name);
    expect(names).toEqual([
      'month',
      'day',
      'campaign_number',
      'user_engagement',
      'banner',
      'placement',
    ]);
    expect(model.card!.held_out.normalised_entropy).toBeLessThan(0.96);
    const record = Object.fromEntries(
      model.schema.features.map(({ name, example }) => [name, example]),
    );
    expect(model.predict(record)).toBeGreaterThan(0);
  });

  it('of a click log with words by the thousand', async () => {
    const { draft, registry } = await inspectAndTrain(log);
    expect(draft).toMatch(/^label: click$/m);
    const model = await registry.load();
    const site = model.schema.features.find(({ name }) => name === 'site_id');
    expect(site).toMatchObject({ kind: 'word' });
    expect(model.card!.held_out.normalised_entropy).toBeLessThan(0.98);
  });
});
