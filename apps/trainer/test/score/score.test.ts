import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { defaultSchema, evaluate, RecordContract, Registry, type CtrModel } from '@adscale/ctr';
import { generate } from '@adscale/datagen';
import { defaultMapping } from '../../src/mapping/mapping.js';
import { testFolder, withDatabase } from '../reading.js';
import { adscale, stopWhen, written } from '../run.js';

const at = testFolder();

const train = (...flags: string[]) =>
  adscale(['train', '-o', at('models'), '--no-report', '--trees', '5', ...flags]);

let shared: string;

/** A model of generated records, as `at('models')` of every test that does not train its own. */
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'score-'));
  const flags = ['--rows', '500', '--trees', '5', '--no-report'];
  await adscale(['train', '-o', join(shared, 'models'), ...flags]);
});
beforeEach(() => cp(shared, at('.'), { recursive: true }));
afterAll(() => rm(shared, { recursive: true }));

async function run(...args: string[]) {
  const { status, stdout, stderr } = await adscale([...args, '-m', at('models'), '--json']);
  return { status, stderr, document: stdout === '' ? undefined : JSON.parse(stdout) };
}

const current = (): Promise<CtrModel> => new Registry(at('models')).load();

const linesOf = async (name: string): Promise<string[]> =>
  (await readFile(at(name), 'utf8')).trimEnd().split('\n');

describe('adscale predict', () => {
  it('adds to every row what the model predicts, in the order of the rows', async () => {
    await adscale(['generate', '--rows', '7000', '--seed', '3', '-o', at('new.csv')]);
    const { document, status } = await run('predict', at('new.csv'), '-o', at('out.csv'));
    const model = await current();
    expect(status).toBe(0);
    expect(document).toEqual({
      version: model.version,
      output: at('out.csv'),
      rows: 7000,
      predicted_without: [],
      predicted: 7000,
      not_predicted: [],
    });
    const [input, output] = [await linesOf('new.csv'), await linesOf('out.csv')];
    expect(output[0]).toBe(`${input[0]},predicted_ctr`);
    const { columns } = generate({ rows: 7000, seed: 3, profile: 'realistic' });
    for (let i = 0; i < 7000; i++) {
      const record = Object.fromEntries(
        model.schema.features.map(({ name }) => [name, columns[name as 'budget'][i]]),
      );
      const wanted = model.predictRow(model.encode(record));
      expect(output[i + 1]).toBe(`${input[i + 1]},${wanted}`);
    }
  });

  it('leaves empty what it cannot predict, says why and counts it', async () => {
    const head = 'impressions,ad_position,device_type,budget,note';
    const rows = [
      '1000,1,mobile,5,"a, b"',
      ',2,desktop,7,',
      '1000,99,mobile,5,x',
      '1,1,fridge,2,y',
      '"1,000",3,tablet,$50,007',
      '5,5',
    ];
    await writeFile(at('new.csv'), `${head}\n${rows.join('\n')}\n`);
    const { document } = await run('predict', at('new.csv'), '-o', at('out.csv'), '--reasons');
    expect(document).toMatchObject({ rows: 6, predicted: 2 });
    expect(document.not_predicted).toEqual([
      { reason: 'impressions is empty', rows: 1 },
      { reason: 'ad_position is out of bounds', rows: 1 },
      { reason: 'device_type is not a listed word', rows: 1 },
      { reason: '2 fields, wanted 5: left out', rows: 1 },
    ]);
    const model = await current();
    const ctr = (impressions: number, ad_position: number, device_type: string, budget: number) =>
      model.predictRow(model.encode({ impressions, ad_position, device_type, budget }));
    expect(await linesOf('out.csv')).toEqual([
      `${head},predicted_ctr,predicted_ctr_reason`,
      `${rows[0]},${ctr(1000, 1, 'mobile', 5)},`,
      `${rows[1]},,impressions is empty`,
      `${rows[2]},,ad_position is out of bounds`,
      `${rows[3]},,device_type is not a listed word`,
      `${rows[4]},${ctr(1000, 3, 'tablet', 50)},`,
    ]);
  });

  it('adds the interval of each row over its own impressions, or over others', async () => {
    await adscale(['generate', '--rows', '50', '-o', at('new.parquet')]);
    const out = ['-o', at('out.ndjson'), '--as', 'p'];
    await run('predict', at('new.parquet'), ...out, '--interval', '0.8');
    await run('predict', at('new.parquet'), '-o', at('o2.ndjson'), '--interval', '--exposure', '9');
    const model = await current();
    const others = await linesOf('o2.ndjson');
    for (const [i, line] of (await linesOf('out.ndjson')).entries()) {
      const { p, p_low: low, p_high: high, ...record } = JSON.parse(line);
      const row = model.encode(record);
      const exposure = record.impressions as number;
      expect(model.forest.predictInterval(row, { level: 0.8, exposure })).toEqual({ low, high });
      expect(p).toBe(model.predictRow(row));
      const { predicted_ctr_low, predicted_ctr_high } = JSON.parse(others[i]);
      expect(model.forest.predictInterval(row, { exposure: 9 })).toEqual({
        low: predicted_ctr_low,
        high: predicted_ctr_high,
      });
    }
  });

  it('keeps the types of columns where a format has them, and no others', async () => {
    const rows = [
      'impressions,ad_position,device_type,budget,code,day,seen',
      '1000,1,mobile,5.5,007,2026-03-01,true',
      '2000,2,desktop,7,12,2026-03-02,',
    ];
    await writeFile(at('new.csv'), rows.join('\n'));
    await run('predict', at('new.csv'), '-o', at('out.parquet'));
    await withDatabase(async (database) => {
      const file = `'${at('out.parquet')}'`;
      const types = await database.describe(`FROM ${file}`);
      expect(types.map(({ name, type }) => `${name} ${type}`)).toEqual([
        'impressions BIGINT',
        'ad_position BIGINT',
        'device_type VARCHAR',
        'budget DOUBLE',
        'code VARCHAR',
        'day DATE',
        'seen BOOLEAN',
        'predicted_ctr DOUBLE',
      ]);
      const read = await database.rows(`SELECT code, day::VARCHAR AS day, seen FROM ${file}`);
      expect(read).toEqual([
        { code: '007', day: '2026-03-01', seen: true },
        { code: '12', day: '2026-03-02', seen: null },
      ]);
    });
    await run('predict', at('out.parquet'), '-o', at('again.ndjson.gz'), '--as', 'again');
    const text = gunzipSync(await readFile(at('again.ndjson.gz'))).toString();
    for (const line of text.trim().split('\n')) {
      const { again, predicted_ctr } = JSON.parse(line);
      expect(again).toBe(predicted_ctr);
    }
  });

  it("takes columns of other names by a mapping, and the model's own derived ones", async () => {
    const ads = ['shown,spot,hits', '1000,1,90', '1000,9,5', '800,2,60', '900,8,9', '700,5,30'];
    await writeFile(at('ads.csv'), ads.join('\n'));
    const flags = ['--impressions', 'shown', '--clicks', 'hits', '--yes'];
    const top = ['--derive', 'top=spot < 5', '--feature', 'spot'];
    const trained = await train(at('ads.csv'), ...flags, ...top, '--leaf-rows', '1');
    expect(trained.status).toBe(0);
    await writeFile(at('new.csv'), 'spot\n1\n7\n');
    await run('predict', at('new.csv'), '-o', at('out.csv'));
    const own = await linesOf('out.csv');
    await writeFile(at('renamed.csv'), 'place\n1\n7\n');
    const mapping = 'label: x\nfeatures:\n  spot: { column: place, kind: integer }\n';
    await writeFile(at('renamed.yaml'), mapping);
    const named = ['--mapping', at('renamed.yaml')];
    await run('predict', at('renamed.csv'), '-o', at('out2.csv'), ...named);
    const renamed = await linesOf('out2.csv');
    expect(renamed.slice(1)).toEqual(own.slice(1));
    expect(new Set(own).size).toBe(3);
  });

  it('writes nothing when it is stopped', async () => {
    await adscale(['generate', '--rows', '100000', '-o', at('new.csv')]);
    const args = ['predict', at('new.csv'), '-o', at('out.csv'), '-m', at('models'), '--interval'];
    const { status } = await stopWhen(written(at('.')), 'SIGINT', args);
    expect(status).toBe(130);
    expect((await readdir(at('.'))).sort()).toEqual(['models', 'new.csv']);
  });

  it.each([
    [['nothing', 'new.csv'], /no such version: nothing/],
    [['absent.csv'], /absent.csv: there is no such file/],
    [['new.csv', '--as', 'Budget'], /there is a column Budget already; choose by --as/],
    [['new.csv', '-o', 'out.xls'], /got out.xls, wanted a file ending in .csv/],
    [['new.csv', '--interval', '2'], /between 0 and 1/],
    [['new.csv', '--interval', '--exposure', '0'], /above 0/],
    [['bare.csv'], /bare.csv: line 1: column ad_position, device_type, budget is missing/],
  ])('%j is refused with exit status 2', async (args, message) => {
    await writeFile(at('new.csv'), 'impressions,ad_position,device_type,budget\n1,1,mobile,1\n');
    await writeFile(at('bare.csv'), 'impressions\n1\n');
    const paths = args.map((arg) => (arg.endsWith('.csv') ? at(arg) : arg));
    const output = args.includes('-o') ? [] : ['-o', at('out.csv')];
    const { status, stderr } = await run('predict', ...paths, ...output);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(2);
    expect(existsSync(at('out.csv'))).toBe(false);
  });
});

describe('a feature whose cells may be empty', () => {
  const features =
    'features:\n  spot: { column: spot, kind: integer, missing: true }\n  on: { column: on, kind: categorical, categories: [a, b], missing: true }\n';

  it('may be absent from a record, even if no cell of the training data was empty', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `1000,${40 - (i % 9)},${i % 9},${'ab'[i % 2]}`,
    );
    await writeFile(at('ads.csv'), `shown,hits,spot,on\n${rows.join('\n')}\n`);
    await writeFile(at('ads.yaml'), `impressions: shown\nclicks: hits\n${features}`);
    expect((await train(at('ads.csv'), '--mapping', at('ads.yaml'))).status).toBe(0);
    const model = await current();
    expect(model.schema.features).toMatchObject([
      { name: 'spot', missing: true },
      { name: 'on', missing: true },
    ]);
    expect(Object.values(model.card!.training.ranges).map(({ missing }) => missing)).toEqual([
      0, 0,
    ]);
    const contract = new RecordContract(model.schema, model.card!.training.ranges);
    expect([contract.problems({}), contract.problems({ spot: 2.5 })]).toEqual([
      [],
      [expect.objectContaining({ field: 'spot', rule: 'a whole number, or absent' })],
    ]);

    await writeFile(at('new.csv'), 'shown,hits,spot,on\n500,9,,a\n500,9,3,\n500,9,,\n500,9,x,a\n');
    const scored = await run('predict', at('new.csv'), '-o', at('out.csv'));
    expect(scored.document).toMatchObject({
      predicted: 3,
      not_predicted: [{ reason: 'spot is not a number', rows: 1 }],
    });
    const records = [{ on: 'a' }, { spot: 3 }, {}];
    const wanted = records.map((record) => String(model.predictRow(model.encode(record))));
    const answers = (await linesOf('out.csv')).slice(1).map((line) => line.split(',').at(-1));
    expect(answers).toEqual([...wanted, '']);
    const judged = await run('evaluate', at('new.csv'), '--dirty', 'drop');
    expect(judged.document.data).toMatchObject({ usable: 3, dirty: 1 });
  });

  it('is one of the default model, too', async () => {
    await adscale(['generate', '--rows', '300', '-o', at('ads.csv')]);
    const plain = defaultMapping([]);
    const { budget, ...others } = plain.features;
    const mapping = { ...plain, features: { ...others, budget: { ...budget, missing: true } } };
    await writeFile(at('ads.yaml'), JSON.stringify(mapping));
    await train(at('ads.csv'), '--mapping', at('ads.yaml'));
    const standard = Object.fromEntries(defaultSchema.features.map((one) => [one.name, one]));
    const { features } = (await current()).schema;
    expect(Object.fromEntries(features.map((one) => [one.name, one]))).toEqual({
      ...standard,
      budget: { ...standard['budget'], missing: true },
    });
  });
});

describe('a position that is learnt from and held', () => {
  const head = 'shown,clicks,place,site';
  const rowOf = (i: number): string => `${100 + i},${(i % 4) + (i % 3)},${1 + (i % 4)},s${i % 5}`;
  const mapping = (held: string): string =>
    `impressions: shown\nclicks: clicks\nfeatures:
  position: { column: place, kind: integer, minimum: 1, bias: true${held} }
  site: { column: site, kind: categorical }\n`;

  async function trainHeld(held: string) {
    const rows = Array.from({ length: 400 }, (_, i) => rowOf(i));
    await writeFile(at('ads.csv'), `${head}\n${rows.join('\n')}\n`);
    await writeFile(at('ads.mapping.yaml'), mapping(held));
    return train(at('ads.csv'), '--model', 'forest');
  }

  it('is that value where a row lacks it, empty or without a column, which is said', async () => {
    await trainHeld(', held_at: 2');
    await writeFile(at('some.csv'), 'site,place\ns1,\ns2,3\ns3,2\n');
    await writeFile(at('none.csv'), 'site\ns1\ns2\ns3\n');
    const model = await current();
    const predicted = async (name: string) => {
      const { document } = await run('predict', at(name), '-o', at('out.csv'));
      const lines = await linesOf('out.csv');
      return { document, ctr: lines.slice(1).map((line) => Number(line.split(',').at(-1))) };
    };
    const asked = (position: number, site: string) =>
      model.predictRow(model.encode({ position, site }));
    const at2 = ['s1', 's2', 's3'].map((site) => asked(2, site));
    const some = await predicted('some.csv');
    expect(some.ctr).toEqual([at2[0], asked(3, 's2'), at2[2]]);
    expect(some.document.predicted_without).toEqual([
      { reason: 'place is empty, held at 2', rows: 1 },
    ]);
    const none = await predicted('none.csv');
    expect(none.ctr).toEqual(at2);
    expect(none.document.predicted_without).toEqual([
      { reason: 'place is empty, held at 2', rows: 3 },
    ]);
  });

  it('judges rows without it at that value', async () => {
    await trainHeld(', held_at: 2');
    const rows = Array.from({ length: 60 }, (_, i) => rowOf(i).split(','));
    const at2 = rows.map(([shown, clicks, , site]) => `${shown},${clicks},2,${site}`);
    const empty = at2.map((row) => row.replace(',2,s', ',,s'));
    for (const [name, list] of [['at2', at2] as const, ['empty', empty] as const]) {
      await writeFile(at(`${name}.csv`), `${head}\n${list.join('\n')}\n`);
    }
    const told = await run('evaluate', at('at2.csv'));
    const held = await run('evaluate', at('empty.csv'));
    expect(held.status).toBe(0);
    expect(held.document.evaluation).toEqual(told.document.evaluation);
    expect(held.stderr).toContain('where place is empty, it is held at 2');
  });

  it('is refused before training where it cannot have that value', async () => {
    const { status, stderr } = await trainHeld(', held_at: 0');
    expect(status).toBe(2);
    expect(stderr).toMatch(/features\.position\.held_at: got 0, wanted a whole number at least 1/);
  });
});

describe("next month's file", () => {
  /** A model of `Ad`, `Device` and `Amount (USD)`. */
  async function trained(): Promise<void> {
    const rows = Array.from(
      { length: 90 },
      (_, i) =>
        `${['Reef', 'Dune', 'Fen'][i % 3]},${['phone', 'tablet'][i % 2]},${1 + (i % 5)},900,${20 + 5 * (i % 3)}`,
    );
    await writeFile(
      at('ads.csv'),
      `Ad,Device,Amount (USD),Impressions,Clicks\n${rows.join('\n')}\n`,
    );
    const { status } = await train(at('ads.csv'), '--yes', '--no-exposure-feature');
    expect(status).toBe(0);
  }

  it('may have other case, blanks, units, order and further columns', async () => {
    await trained();
    await writeFile(at('new.csv'), 'amount (EUR), ad ,note,DEVICE\n2,Reef,x,phone\n');
    const { document, status } = await run('predict', at('new.csv'), '-o', at('out.csv'));
    expect([status, document.predicted]).toEqual([0, 1]);
    const model = await current();
    const [head, line] = await linesOf('out.csv');
    expect(head).toBe('amount (EUR),ad,note,DEVICE,predicted_ctr');
    const wanted = model.predictRow(model.encode({ ad: 'Reef', device: 'phone', amount_usd: 2 }));
    expect(Number(line.split(',').at(-1))).toBe(wanted);
  });

  it('is answered where a word is new or a cell is empty, counted by why', async () => {
    await trained();
    const rows = ['Reef,phone,2', 'Moor,phone,2', ',phone,2', 'Reef,,', 'Reef,phone,lots'];
    await writeFile(at('new.csv'), `Ad,Device,Amount (USD)\n${rows.join('\n')}\n`);
    const { document } = await run('predict', at('new.csv'), '-o', at('out.csv'));
    expect(document).toMatchObject({ rows: 5, predicted: 4 });
    expect(document.predicted_without).toEqual([
      { reason: 'Ad is a word that was not trained on', rows: 1 },
      { reason: 'Ad is empty', rows: 1 },
      { reason: 'Device is empty', rows: 1 },
      { reason: 'Amount (USD) is empty', rows: 1 },
    ]);
    expect(document.not_predicted).toEqual([{ reason: 'Amount (USD) is not a number', rows: 1 }]);
    const answers = (await linesOf('out.csv')).slice(1).map((line) => line.split(',')[3]);
    expect(answers.map((answer) => answer !== '')).toEqual([true, true, true, true, false]);
    const model = await current();
    const { ctr } = model.predictWithout([NaN, 0, 2], [0]);
    expect(Number(answers[1])).toBeCloseTo(ctr, 12);
    const known = [0, 1, 2].map((ad) => model.predictRow([ad, 0, 2]));
    expect(ctr).toBeGreaterThan(Math.min(...known));
    expect(ctr).toBeLessThan(Math.max(...known));
  });

  it('fails with exit status 1 where nothing of it can be predicted', async () => {
    await trained();
    await writeFile(at('new.csv'), 'Ad,Device,Amount (USD)\nReef,phone,lots\nReef,phone,few\n');
    const { status, stderr } = await run('predict', at('new.csv'), '-o', at('out.csv'));
    expect(stderr).toContain('none of 2 rows could be predicted');
    expect(status).toBe(1);
  });

  it('judges by all its rows, new words too', async () => {
    await trained();
    const rows = Array.from(
      { length: 30 },
      (_, i) => `${['Reef', 'Moor'][i % 2]},phone,2,500,${10 + i}`,
    );
    await writeFile(at('new.csv'), `ad,device,amount,impressions,clicks\n${rows.join('\n')}\n`);
    const { document, status } = await run('evaluate', at('new.csv'));
    expect(status).toBe(0);
    expect(document.evaluation.rows).toBe(30);
  });
});

describe('adscale evaluate', () => {
  it('judges a version by new data as its forest does', async () => {
    await adscale(['generate', '--rows', '900', '--seed', '4', '-o', at('new.csv')]);
    const { document, status } = await run('evaluate', 'current', at('new.csv'));
    expect(status).toBe(0);
    const { forest, schema } = await current();
    const { columns } = generate({ rows: 900, seed: 4, profile: 'realistic' });
    const devices = schema.features[2] as { categories?: readonly string[] };
    const values = schema.features.map(({ name }) =>
      Float64Array.from(columns[name as 'budget'] as ArrayLike<unknown>, (value) =>
        typeof value === 'number' ? value : devices.categories!.indexOf(value as string),
      ),
    );
    const { impressions, clicks, true_ctr: trueCtr } = columns;
    const table = { features: { schema, rows: 900, values }, impressions, clicks, trueCtr };
    const wanted = JSON.parse(JSON.stringify(evaluate(forest, table)));
    expect(document.evaluation).toEqual(wanted);
    expect(document).toMatchObject({ trained_on_this_data: false, data: { usable: 900 } });
  });

  it("judges by a click log, grouped by the model's own bins", async () => {
    const log = (rows: number, step: number): string => {
      const lines = Array.from({ length: rows }, (_, i) => {
        const x = ((i * step) % 1009) / 10;
        return `${x},${(i * 7919) % 100 < 20 + x / 2 ? 1 : 0}`;
      });
      return `x,clicked\n${lines.join('\n')}\n`;
    };
    await writeFile(at('log.csv'), log(3000, 31));
    await writeFile(at('new.csv'), log(800, 57));
    const whole = ['--negative-sampling-rate', '1'];
    const flags = ['--label', 'clicked', '--feature', 'x', '--yes', '--bins', '16', ...whole];
    expect((await train(at('log.csv'), ...flags)).status).toBe(0);
    const { document } = await run('evaluate', at('new.csv'));
    const model = await current();
    let loss = 0;
    for (const line of (await linesOf('new.csv')).slice(1)) {
      const [x, clicked] = line.split(',').map(Number);
      const p = model.predictRow(model.encode({ x }));
      loss -= clicked === 1 ? Math.log(p) : Math.log(1 - p);
    }
    expect(document.evaluation.impressions).toBe(800);
    expect(document.evaluation.log_loss).toBeCloseTo(loss / 800, 9);
  });

  it('names a row that dominates, with the metrics without it, and judges segments', async () => {
    const generated = ['generate', '--profile', 'overdispersed', '--rows', '600'];
    await adscale([...generated, '-o', at('new.csv')]);
    const { document } = await run('evaluate', at('new.csv'));
    const { share, without, features } = document.dominant_rows.held_out;
    const { columns } = generate({ rows: 600, profile: 'overdispersed' });
    expect(share).toBeCloseTo(0.5, 6);
    expect(features.impressions).toBe(columns.impressions[599]);
    expect(without.impressions).toBeCloseTo(document.evaluation.impressions / 2, 6);
    expect(document.segments.map(({ segment }: { segment: string }) => segment)).toContain(
      'device_type = tablet',
    );
    const { stdout } = await adscale(['evaluate', at('new.csv'), '-m', at('models')]);
    expect(stdout).toMatch(
      /^dominant row +one has 50\.0 % of the judged impressions: .*without it:$/m,
    );
    expect(stdout).toMatch(/^ {2}overdispersion ρ 0\.00/m);
  });

  it('says when the model was trained on this very data', async () => {
    await adscale(['generate', '--rows', '300', '-o', at('ads.csv')]);
    await train(at('ads.csv'));
    const { document, stderr } = await run('evaluate', at('ads.csv'));
    expect(document.trained_on_this_data).toBe(true);
    expect(stderr).toContain('was trained on this very data');
  });
});
