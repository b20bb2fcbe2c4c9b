import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry, type ModelCard } from '@adscale/ctr';
import { adscale, heard, stopWhen } from '../run.js';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'trainer-'))));
afterEach(() => rm(folder, { recursive: true }));

const cardOf = async (registry: Registry): Promise<ModelCard> => (await registry.load()).card!;

describe('adscale train', () => {
  it('by default beats every figure of the system it replaces', async () => {
    const { status, stdout, stderr } = await adscale(['train', '-o', at('models')]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^grow: 100 trees in [\d.]+ s, [\d.]+\/s\n$/);
    expect(stdout).toContain('noise ceiling');
    const registry = new Registry(at('models'));
    const { held_out, training } = await cardOf(registry);
    expect([training.rows, held_out.rows]).toEqual([4000, 1000]);
    expect(held_out.observed.r2).toBeGreaterThanOrEqual(0.9897);
    expect(held_out.observed.mae).toBeLessThanOrEqual(0.0037);
    expect(held_out.observed.rmse).toBeLessThanOrEqual(0.0183);
    expect(held_out.true!.r2).toBeGreaterThanOrEqual(0.995);
    const model = await registry.load();
    const sample = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 };
    expect(Math.abs(model.predict(sample) - 0.0847)).toBeLessThan(0.002);
  });

  it('reads its own generated CSV into the model it would have trained itself', async () => {
    await adscale(['generate', '--rows', '500', '--seed', '9', '-o', at('ads.csv')]);
    const flags = ['--trees', '5', '--seed', '9'];
    await adscale(['generate', '--rows', '500', '--seed', '9', '-o', at('ads.parquet')]);
    await adscale(['train', '-i', at('ads.csv'), '-o', at('from-csv'), ...flags]);
    await adscale(['train', at('ads.parquet'), '-o', at('from-parquet'), ...flags]);
    await adscale(['train', '--rows', '500', '-o', at('generated'), ...flags]);
    const registries = ['from-csv', 'from-parquet', 'generated'].map(
      (name) => new Registry(at(name)),
    );
    const [fromCsv, fromParquet, generated] = await Promise.all(
      registries.map((registry) => registry.load()),
    );
    expect(fromCsv.digest).toBe(generated.digest);
    expect(fromParquet.digest).toBe(generated.digest);
    expect(fromCsv.card!.source).toBe(at('ads.csv'));
    expect(fromCsv.card!.mapping).toMatchObject({ impressions: 'impressions', clicks: 'clicks' });
  });

  it('passes its flags on to the forest', async () => {
    const flags = [
      '--trees',
      '4',
      '--depth',
      '3',
      '--bins',
      '16',
      '--leaf-rows',
      '9',
      '--held-out',
      '0.5',
    ];
    await adscale(['train', '--rows', '100', '-o', at('models'), ...flags]);
    const { parameters, held_out } = await cardOf(new Registry(at('models')));
    expect(parameters).toMatchObject({ trees: 4, maxDepth: 3, maxBins: 16, minLeafRows: 9 });
    expect(held_out.rows).toBe(50);
  });

  it('leaves a registry that has a model alone if asked to', async () => {
    const train = ['train', '--rows', '50', '--trees', '1', '-o', at('models'), '--if-missing'];
    expect((await adscale(train)).stdout).toContain('now current');
    expect((await adscale(train)).stdout).toContain('nothing to do');
    expect(await readdir(at('models/versions'))).toHaveLength(1);
  });

  it('writes nothing when it is stopped', async () => {
    await adscale(['generate', '--rows', '500', '-o', at('ads.csv')]);
    const args = ['train', at('ads.csv'), '--trees', '100000', '-o', at('models')];
    const { status, stderr } = await stopWhen(heard(/^read:/m), 'SIGINT', args);
    expect(stderr).toMatch(/^read: 500 rows/);
    expect(status).toBe(130);
    expect(existsSync(at('models'))).toBe(false);
  });
});

describe('bad input', () => {
  const header = 'impressions,ad_position,device_type,budget,clicks';
  const good = '1000,1,mobile,50.5,20';

  it.each([
    [
      'a missing column',
      'impressions,ad_position,budget,clicks\n1,1,1,0',
      /no column is left to be a feature. ad_position: it is the same in every row/,
    ],
    ['an empty file', '', /there are no rows/],
    ['a header that is none', '1,2\n3,4', /line 1: .*wanted a header/],
    ['a header alone', header, /there are no rows/],
    [
      'text in a number',
      `${header}\n${good}\nlots,1,mobile,5,0`,
      /line 3, column impressions: got "lots", wanted a whole number ≥ 1/,
    ],
    ['a hexadecimal number', `${header}\n0x10,1,mobile,5,0`, /column impressions: got "0x10"/],
    [
      'an empty cell',
      `${header}\n1000,1,mobile,,0`,
      /line 2, column budget: got "", wanted a number greater than 0/,
    ],
    ['a fraction of an impression', `${header}\n1.5,1,mobile,5,0`, /column impressions: got "1.5"/],
    ['a position off the page', `${header}\n1000,11,mobile,5,0`, /column ad_position: got "11"/],
    [
      'an unknown device',
      `${header}\n1000,1,fridge,5,0`,
      /line 2, column device_type: got "fridge", wanted one of mobile, desktop, tablet/,
    ],
    [
      'more clicks than impressions',
      `${header}\n10,1,mobile,5,11`,
      /line 2, column clicks: got "11", wanted a whole number from 0 to the row's impressions, 10/,
    ],
    ['a short line', `${header}\n10,1,mobile`, /line 2/],
    ['one row', `${header}\n${good}`, /got 1 rows, wanted at least 2/],
  ])('%s is told by line and column, exit status 2, nothing written', async (_, csv, message) => {
    await writeFile(at('ads.csv'), csv);
    const { status, stderr } = await adscale(['train', '-i', at('ads.csv'), '-o', at('models')]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(2);
    expect(existsSync(at('models'))).toBe(false);
  });

  it('lists ten mistakes and counts the rest', async () => {
    await writeFile(at('ads.csv'), `${header}\n${'10,1,mobile,5,11\n'.repeat(14)}`);
    const { stderr } = await adscale(['train', '-i', at('ads.csv'), '-o', at('models')]);
    expect(stderr).toContain('14 rows cannot be used: 14 more clicks than impressions');
    expect(stderr).toContain('… and 4 more');
  });

  it('is told as JSON to machines', async () => {
    await writeFile(at('ads.csv'), `${header}\n${good}\n10,1,mobile,5,11`);
    const { status, stdout, stderr } = await adscale(['train', at('ads.csv'), '--json']);
    const lines = stderr.trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1)!).error).toMatch(/line 3, column clicks: got "11"/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it.each([
    [['--input', 'absent.csv'], /absent.csv: there is no such file/],
    [['--trees', '0'], /trees is 0, wanted a whole number ≥ 1/],
    [['--trees', 'many'], /--trees.*wanted a whole number/],
    [['--held-out', '1'], /--held-out.*between 0 and 1/],
    [['--rows', '0'], /rows/],
    [['--threads', '0'], /threads is 0/],
    [['--profile', 'cosy'], /realistic, sparse, drifted, wide, hidden/],
    [['--nonsense'], /unknown option/],
    [['--table', 'rec'], /--table: got it without data/],
    [['--mapping', 'rec.mapping.yaml'], /--mapping: got it without data/],
    [['--where', 'a > 1'], /--where: got it without data/],
    [['--derive', 'b=a'], /--derive: got it without data/],
    [['--label', 'clicked', '--feature', 'hour'], /--label: got it without data/],
    [['--no-exposure-feature'], /exposure-feature: got it without data/],
  ])('the flags %j are refused with exit status 2', async (flags, message) => {
    const { status, stderr } = await adscale(['train', '-o', at('models'), ...flags]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
    expect(existsSync(at('models'))).toBe(false);
  });
});

describe('adscale', () => {
  it('teaches by --help', async () => {
    const { status, stdout } = await adscale(['train', '--help']);
    expect(status).toBe(0);
    for (const word of ['--input', 'device_type', 'Examples', 'Exit status'])
      expect(stdout).toContain(word);
  });
});
