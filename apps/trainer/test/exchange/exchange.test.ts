import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSchema, Registry } from '@adscale/ctr';
import { testFolder } from '../reading.js';
import { adscale } from '../run.js';

const at = testFolder();

async function run(...args: string[]) {
  const { status, stdout, stderr } = await adscale([...args, '-m', at('models'), '--json']);
  return { status, stderr, document: stdout === '' ? undefined : JSON.parse(stdout) };
}

/** Models that other programs wrote. */
const fixtures = join(__dirname, '..', '..', '..', '..', 'libs/forest/test/fixtures');
let shared: string;

beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'exchange-'));
  const models = join(shared, 'models');
  const flags = ['--rows', '400', '--trees', '4', '--no-report'];
  await adscale(['train', '-o', models, ...flags]);
  await adscale(['export', 'onnx', '-o', join(shared, 'model.onnx'), '-m', models]);
});
beforeEach(() => cp(shared, at('.'), { recursive: true }));
afterAll(() => rm(shared, { recursive: true }));

describe('a model exported as ONNX and imported again', () => {
  it('is another version with the same predictions, which serves when it is promoted', async () => {
    const registry = new Registry(at('models'));
    const before = await registry.load();
    const exported = await run('export', 'onnx', 'current', '-o', at('model.onnx'));
    expect(exported.document).toMatchObject({ version: before.version, schema: defaultSchema });
    const imported = await run('import', 'onnx', at('model.onnx'));
    expect(imported.document.promoted).toBe(false);
    expect(await registry.current()).toBe(before.version);
    const after = await registry.load(imported.document.version as string);
    const rows = before.compiled.sample(200);
    const width = defaultSchema.features.length;
    for (let i = 0; i < 200; i++) {
      const row = rows.subarray(i * width, (i + 1) * width);
      expect(after.predictRow(row)).toBeCloseTo(before.predictRow(row), 12);
    }
    expect(after.schema).toEqual(defaultSchema);
    expect(after.card).toMatchObject({
      source: `imported: ${at('model.onnx')}`,
      origin: { format: 'onnx', digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    });
    expect(after.extrapolated(rows.subarray(0, width))).toEqual([]);
    const shown = await adscale(['models', 'show', after.version, '-m', at('models')]);
    expect(shown.stdout).toContain('nothing yet: see adscale evaluate');
    expect((await run('models', 'promote', after.version)).status).toBe(0);
    expect((await run('models', 'list')).document.versions[0].roles).toEqual(['current']);
  });

  it('is judged by data, and tells its features by a version, a schema or a mapping', async () => {
    await adscale(['generate', '--rows', '200', '--seed', '9', '-o', at('new.csv')]);
    const like = ['--like', 'current', '--data', at('new.csv'), '--promote'];
    const { document } = await run('import', 'onnx', at('model.onnx'), ...like);
    const evaluated = await run('evaluate', 'previous', at('new.csv'));
    expect(document.promoted).toBe(true);
    expect(document.card.held_out.normalised_entropy).toBeCloseTo(
      evaluated.document.evaluation.normalised_entropy as number,
      9,
    );
    const features = defaultSchema.features.map((feature) => ({
      ...feature,
      name: `x_${feature.name}`,
    }));
    await writeFile(at('schema.json'), JSON.stringify({ features }));
    const named = await run('import', 'onnx', at('model.onnx'), '--schema', at('schema.json'));
    expect(named.document.card.schema.features).toEqual(features);
    const mapping = ['impressions: shown', 'clicks: clicks', 'features:'];
    mapping.push(
      '  impressions: { column: shown, kind: integer, minimum: 1 }',
      '  place: { column: spot, kind: integer, missing: true }',
      '  device: { column: on, kind: categorical, categories: [m, d, t] }',
      '  budget: { column: budget, kind: numeric, exclusive_minimum: 0 }',
    );
    await writeFile(at('map.yaml'), mapping.join('\n'));
    const mapped = await run('import', 'onnx', at('model.onnx'), '--mapping', at('map.yaml'));
    expect(mapped.document.card.schema.features[2]).toEqual({
      name: 'device',
      kind: 'categorical',
      categories: ['m', 'd', 't'],
    });
    expect(mapped.document.card.schema.features[1]).toMatchObject({ name: 'place', missing: true });
    await writeFile(at('rows.csv'), 'shown,spot,on,budget\n500,2,d,9\n500,,d,9\n');
    const version = mapped.document.version as string;
    const scored = await run('predict', version, at('rows.csv'), '-o', at('out.csv'));
    expect(scored.document.predicted).toBe(2);
    const model = await new Registry(at('models')).load(version);
    const record = { impressions: 500, place: 2, device: 'd', budget: 9 };
    const wanted = model.predictRow(model.encode(record));
    expect(await readFile(at('out.csv'), 'utf8')).toContain(`500,2,d,9,${wanted}\n`);
  });

  it.each([
    ['onnx', 'onnx/xgboost-classifier.onnx'],
    ['xgboost', 'xgboost/classifier.json'],
  ])('of %s may be boosted log-odds: it predicts chances of a click', async (format, name) => {
    const { rows, predictions } = JSON.parse(
      await readFile(join(fixtures, 'xgboost/classifier-rows.json'), 'utf8'),
    ) as { rows: (number | null)[][]; predictions: number[] };
    const { document } = await run('import', format, join(fixtures, name));
    expect(document.card.origin.format).toBe(format);
    const model = await new Registry(at('models')).load(document.version as string);
    const answers = rows.map((row) => model.predictRow(row.map((value) => value ?? NaN)));
    expect(new Set(answers).size).toBeGreaterThan(20);
    if (format === 'xgboost') {
      answers.forEach((p, row) => expect(p).toBeCloseTo(predictions[row], 5));
    }
    answers.forEach((p) => expect(p > 0 && p < 1).toBe(true));
  });

  it.each([
    [['absent.onnx'], /absent.onnx: there is no such file/],
    [['bad.onnx'], /bad.onnx: .*no ONNX file/],
    [['model.onnx', '--schema', 'bad.onnx'], /bad.onnx: .*wanted JSON such as/],
    [['model.onnx', '--schema', 'none.json'], /none.json: there is no such schema file/],
    [['model.onnx', '--like', 'nothing'], /no such version: nothing/],
    [['model.onnx', '--like', 'current', '--schema', 's'], /got --like and --schema, wanted one/],
    [['model.onnx', '--schema', 'short.json'], /the schema has 1 features, the model 4/],
  ])('%j is refused with exit status 2, and no version comes of it', async (args, message) => {
    await writeFile(at('bad.onnx'), 'no model');
    await writeFile(at('short.json'), '{"features": [{"name": "a", "kind": "numeric"}]}');
    const paths = args.map((arg) => (/\.(onnx|json)$/.test(arg) ? at(arg) : arg));
    const { status, stderr } = await run('import', 'onnx', ...paths);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(2);
    expect(await new Registry(at('models')).versions()).toHaveLength(1);
  });

  it('is written to no bucket, and says so', async () => {
    const { status, stderr } = await run('export', 'onnx', '-o', 's3://models/model.onnx');
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(
        /--output is an address of a bucket, got s3:.*model.onnx, wanted a path of a file here/,
      ),
    ]);
  });

  it('a file that is no JSON is no model of XGBoost', async () => {
    const { status, stderr } = await run('import', 'xgboost', at('model.onnx'));
    expect([status, stderr]).toEqual([2, expect.stringMatching(/model.onnx: .*JSON/)]);
  });
});
