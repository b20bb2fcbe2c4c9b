import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry, defaultSchema } from '@adscale/ctr';
import { rank } from '@adscale/decisions';
import { InputError } from '../../src/cli/exit.js';
import { answerText } from '../../src/decide/answer-text.js';
import { decisions, readRequest } from '../../src/decide/request-file.js';
import { adscale } from '../run.js';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'decide-'))));
afterAll(() => rm(folder, { recursive: true }));

const plain = { settings: [], signal: new AbortController().signal };

async function fileOf(name: string, text: string): Promise<string> {
  await writeFile(at(name), text);
  return at(name);
}

describe('a request from a file', () => {
  const record = { impressions: 5000, ad_position: 2, device_type: 'mobile', budget: 2500 };

  it('is the JSON that the service takes, with fields set besides', async () => {
    const file = await fileOf('request.json', JSON.stringify({ a: record, b: record }));
    const settings = ['level=0.8', 'currency=EUR', 'note=a=b'];
    expect(
      await readRequest(decisions.compare, defaultSchema, file, { ...plain, settings }),
    ).toEqual({
      a: record,
      b: record,
      level: 0.8,
      currency: 'EUR',
      note: 'a=b',
    });
  });

  it('is a CSV whose columns make records, costs and fields', async () => {
    const csv =
      'id,impressions,ad_position,device_type,budget,cpc,cpm,max_impressions,floor\n' +
      '7,5000,2,mobile,2500,0.40,,900,1.10\n' +
      '8,many,,tv,2500,,3,,\n';
    const file = await fileOf('cells.csv', csv);
    expect(await readRequest(decisions.allocate, defaultSchema, file, plain)).toEqual({
      cells: [
        { id: '7', record, cost: { cpc: '0.40' }, max_impressions: 900, floor: '1.10' },
        {
          id: '8',
          record: { impressions: 'many', device_type: 'tv', budget: 2500 },
          cost: { cpm: '3' },
        },
      ],
    });
  });

  it.each([
    ['compare', 'rows.csv', 'a,b\n1,2\n', [], 'this decision takes none: wanted JSON'],
    ['rank', 'broken.json', '{', [], 'broken.json is not JSON'],
    ['rank', 'list.json', '[]', [], 'holds no JSON object'],
    ['rank', 'broken.csv', 'a,b\n1\n', [], 'broken.csv is not CSV'],
    ['rank', 'fine.json', '{}', ['level'], '--set: got "level", wanted name=value'],
  ] as const)('%s refuses %s', async (name, file, text, settings, words) => {
    const path = await fileOf(file, text);
    const reading = readRequest(decisions[name], defaultSchema, path, { ...plain, settings });
    await expect(reading).rejects.toThrow(InputError);
    await expect(reading).rejects.toThrow(words);
  });

  it('says which file is not there', async () => {
    await expect(
      readRequest(decisions.rank, defaultSchema, at('none.json'), plain),
    ).rejects.toThrow('none.json cannot be read');
  });
});

test('an answer is read as figures, tables and sentences', () => {
  const text = answerText({
    level: 0.9,
    total: { clicks: { low: 1, high: 2.5 }, reason: null },
    cells: [
      { id: 'a', reasons: [{ says: 'too low.' }], extrapolated: [] },
      { id: 'bb', spend: 10 },
    ],
    warnings: [],
    assumptions: ['Nothing is certain.'],
  });
  expect(text).toBe(
    [
      'level: 0.9',
      'total.clicks: 1 to 2.5',
      'total.reason: –',
      'warnings: –',
      '',
      'cells',
      '  id  reasons   extrapolated  spend',
      '  a   too low.  –             –',
      '  bb  –         –             10',
      '',
      'Assumptions',
      '  - Nothing is certain.',
    ].join('\n'),
  );
});

describe('adscale decide', () => {
  const csv =
    'id,impressions,ad_position,device_type,budget,value_per_click\n' +
    'low,5000,8,mobile,2500,0.4\n' +
    'top,5000,1,mobile,2500,0.4\n';

  beforeAll(async () => {
    await adscale(['train', '--rows', '300', '--trees', '10', '-o', at('models')]);
    await fileOf('candidates.csv', csv);
  });

  it('answers on a file what the library answers', async () => {
    const run = ['decide', 'rank', at('candidates.csv'), '-o', at('models'), '--json'];
    const { status, stdout } = await adscale(run);
    expect(status).toBe(0);
    const model = await new Registry(at('models')).load();
    const request = await readRequest(decisions.rank, model.schema, at('candidates.csv'), plain);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(rank(model, request))));
  });

  it('prints a table, best first', async () => {
    const run = ['decide', 'rank', at('candidates.csv'), '-o', at('models'), '--set', 'level=0.5'];
    const { stdout } = await adscale(run);
    expect(stdout).toContain('level: 0.5');
    expect(stdout.indexOf('top')).toBeGreaterThan(0);
    expect(stdout.indexOf('top')).toBeLessThan(stdout.indexOf('low  '));
  });

  it('tells what is wrong with a file by field, and leaves with status 2', async () => {
    const file = await fileOf('wrong.csv', csv.replace('8,mobile', '80,mobile'));
    const { status, stderr } = await adscale(['decide', 'rank', file, '-o', at('models')]);
    expect(status).toBe(2);
    expect(stderr).toContain('candidates[0].record.ad_position is 80, wanted a whole number');
    const none = await adscale(['decide', 'guess', file, '-o', at('models')]);
    expect(none.status).toBe(2);
  });
});
