import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Registry } from '@adscale/ctr';
import { testFolder } from '../reading.js';
import { adscale, type Finished } from '../run.js';
import { StandIn } from '../service/stand-in.js';

const at = testFolder();
const models = 's3://models/ctr';
const PROGRAM = fileURLToPath(new URL('../../../../tools/s3/server.mjs', import.meta.url));

let store: ChildProcess;
let url: string;
beforeAll(async () => {
  store = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
  [url] = (await once(createInterface(store.stdout!), 'line')) as [string];
  const key = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'of-no-use' };
  Object.assign(process.env, { AWS_ENDPOINT_URL_S3: url, ...key });
});
afterAll(async () => {
  store.kill('SIGKILL');
  await once(store, 'exit');
});

/** Runs a command to its end and reads its document. */
async function run(...args: string[]) {
  const { status, stdout, stderr } = await adscale([...args, '--json']);
  // Nothing of the SDK's own.
  for (const line of stderr.split('\n').filter(Boolean)) JSON.parse(line);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

const failed = (args: string[], env: Record<string, string> = {}): Promise<Finished> =>
  adscale(args, () => {}, { env });

describe('the trainer with a registry in a bucket', () => {
  it('trains, lists, judges, predicts, exports, imports and retrains', async () => {
    await adscale(['generate', '--rows', '600', '--seed', '1', '-o', at('ads.csv')]);
    const trained = await run('train', at('ads.csv'), '--trees', '3', '-o', models);
    const one: string = trained.version;
    expect(trained.report).toBe(`${models}/versions/${one}/report.html`);
    const told = await adscale(['train', at('ads.csv'), '--trees', '4', '--output', models]);
    expect(told.stdout).toContain(`${models}/versions/${one.slice(0, 8)}`);
    const registry = new Registry(models);
    const two = await registry.resolve('current');
    expect(await registry.previous()).toBe(one);
    const there = await adscale(['train', '--if-missing', '--output', models]);
    expect(there.stdout).toContain(`${models} already has a model`);
    const listed = await run('models', 'list', '-m', models);
    expect(listed.models).toBe(models);
    expect(listed.versions.map(({ version }: { version: string }) => version)).toEqual([two, one]);
    await run('models', 'tag', 'champion', one, '-m', models);
    expect((await run('models', 'show', 'champion', '-m', models)).card.parameters.trees).toBe(3);
    const judged = await run('evaluate', 'champion', at('ads.csv'), '-m', models);
    expect(judged.version).toBe(one);
    await run('predict', 'champion', at('ads.csv'), '-o', at('out.csv'), '-m', models);
    await run('export', 'onnx', two, '-o', at('two.onnx'), '-m', models);
    const imported = await run('import', 'onnx', at('two.onnx'), '--like', two, '-m', models);
    expect(await registry.versions()).toContain(imported.version);
    expect((await run('models', 'rollback', '-m', models)).current).toBe(one);
    expect((await run('models', 'prune', '--keep', '0', '-m', models)).removed).toEqual(
      [two, imported.version].sort(),
    );
    const service = await StandIn.start(models);
    try {
      const args = ['retrain', '-m', models, '--url', service.url];
      expect((await run(...args)).outcome).toBe('nothing_new');
      await registry.retraining(async () => {
        const second = await failed(args);
        expect(second.status).toBe(1);
        expect(second.stderr).toContain(`${models}/retrain.json is held by process ${process.pid}`);
      });
    } finally {
      await service.stop();
    }
  });

  it('finds out that it cannot write before it reads the data, or asks the service', async () => {
    await adscale(['generate', '--rows', '600', '--seed', '1', '-o', at('some.csv')]);
    const { version } = await run('train', at('some.csv'), '--trees', '3', '-o', models);
    await run('export', 'onnx', version, '-o', at('some.onnx'), '-m', models);
    const work = [
      ['train', at('missing.csv'), '-o', models],
      ['import', 'onnx', at('some.onnx'), '--data', at('missing.csv'), '-m', models],
      ['retrain', '-m', models, '--url', 'http://127.0.0.1:1'],
    ];
    for (const args of work) {
      const reader = await failed(args, { AWS_ACCESS_KEY_ID: 'test-reader' });
      expect(reader.stderr).toMatch(/the registry cannot be written: .*wanted .*s3:PutObject/);
    }
    const careless = [{ method: 'PUT', key: 'condition', what: 'careless' }];
    const fail = (faults: object[]) =>
      fetch(`${url}/-/faults`, { method: 'POST', body: JSON.stringify(faults) });
    await fail(careless);
    for (const args of work) {
      expect((await failed(args)).stderr).toMatch(/a store that ignores If-/);
    }
    await fail([]);
    expect((await failed(work[0])).stderr).toContain('missing.csv');
  });

  it('says what is wrong with the address, the key or the store, by its status too', async () => {
    const wrong = await failed(['models', 'list', '-m', 's3://Models/ctr']);
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('wanted s3://bucket'),
    });
    const key = await failed(['models', 'list', '-m', models], { AWS_ACCESS_KEY_ID: 'somebody' });
    expect(key.status).toBe(2);
    expect(key.stderr).toMatch(
      /InvalidAccessKeyId, HTTP 403\); wanted a valid key in AWS_ACCESS_KEY_ID/,
    );
    expect(key.stderr).not.toMatch(/somebody|of-no-use/);
    const away = await failed(['models', 'list', '-m', models], {
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
    });
    expect(away).toMatchObject({ status: 1, stderr: expect.stringContaining('ECONNREFUSED') });
  });
});
