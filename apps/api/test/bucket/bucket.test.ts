import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Registry, defaultSchema } from '@adscale/ctr';
import request from 'supertest';
import { ModelFollower } from '../../src/model/follower.js';
import { ModelLoader } from '../../src/model/loader.js';
import { ServedModel } from '../../src/model/served-model.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { Service } from '../service-process.js';
import { emptyFolder, modelFolder, trainModel } from '../trained-models.js';
import { API_KEYS, KEY } from '../two-versions.js';
import { ValkeyServer, freePort, program } from '../valkey-server.js';
import { waitFor } from '../wait-for.js';
import { BucketServer } from './bucket-server.js';

// A machine that is busy takes some seconds for each process.
jest.setTimeout(400_000);

const MODEL_DIR = 's3://models/ctr';

let server: BucketServer;
let registry: Registry;
let first: string;
let second: string;
let api: RunningApp | undefined;

const publish = async (slope: number, promote: boolean): Promise<string> => {
  const { bytes, card } = await trainModel(defaultSchema, slope);
  const files = { 'report.html': '<p>report</p>' };
  return registry.publish(bytes, card, { promote, files });
};

beforeAll(async () => {
  server = await BucketServer.start();
  Object.assign(process.env, server.environment());
  registry = new Registry(MODEL_DIR);
  first = await publish(0.1, true);
  second = await publish(0.6, false);
});
afterAll(() => server.stop());
afterEach(async () => {
  await server.refuse();
  await api?.close();
  api = undefined;
  Object.assign(process.env, server.environment());
  await registry.promote(first);
});

const run = async (): Promise<RunningApp> => (api = await runApp({ MODEL_DIR, API_KEYS }));
const ask = (method: 'get' | 'post', path: string, body?: object) =>
  request(api!.server)[method](path).set('x-api-key', KEY).send(body);
const look = (): Promise<void> => api!.app.get(ModelFollower).look();
const up = async (): Promise<string | undefined> =>
  /^adscale_registry_up (\d)$/m.exec((await ask('get', '/metrics')).text)?.[1];
const serving = async (): Promise<string> =>
  (await ask('post', '/predict_ctr', sample).expect(200)).headers['x-model-version'];

describe('the service of a registry in a bucket', () => {
  it('serves what it names, sends its files, and is administered', async () => {
    await run();
    expect(await serving()).toBe(first);
    const { body } = await ask('post', `/models/${second}/promote`).expect(200);
    expect(body).toMatchObject({ serving: second, current: second, previous: first });
    expect(await serving()).toBe(second);
    expect(await registry.current()).toBe(second);
    const file = await ask('get', `/models/${first}/file`).expect(200);
    const bytes = await registry.fetch(first, 'model.adsf');
    expect(Buffer.compare(file.body as Buffer, Buffer.from(bytes as Uint8Array))).toBe(0);
    const { etag } = file.headers;
    expect(etag).toBe(`"${(await registry.load(first)).digest}"`);
    await ask('get', `/models/${first}/file`).set('if-none-match', etag).expect(304);
    const head = await request(api!.server).head(`/models/${first}/file`).set('x-api-key', KEY);
    expect(head.headers['content-length']).toBe(file.headers['content-length']);
    expect((await ask('get', '/models/current/report').expect(200)).text).toBe('<p>report</p>');
    const listed = (await ask('get', '/models').expect(200)).body;
    expect(listed.versions).toHaveLength(2);
    expect(listed.replicas).toEqual([
      { host: expect.any(String), pid: process.pid, serving: second },
    ]);
  });

  it('goes on serving while the store is away, says so, and takes up what came meanwhile', async () => {
    await run();
    expect(await up()).toBe('1');
    await registry.promote(second);
    await server.refuse('GET');
    await look();
    expect(await up()).toBe('0');
    expect(await serving()).toBe(first);
    await ask('get', '/health/ready').expect(200);
    for (const path of ['/models', `/models/${first}/file`]) {
      const { body } = await ask('get', path).expect(503);
      expect(body.code).toBe('REGISTRY_UNAVAILABLE');
      expect(JSON.stringify(body)).not.toContain('models/ctr');
    }
    const { body } = await ask('post', `/models/${second}/promote`).expect(503);
    expect(body.code).toBe('REGISTRY_UNAVAILABLE');
    const told = api!.logs.filter(({ msg }) => msg === 'model refused');
    expect(told[0].reason).toMatch(
      /the object store cannot be reached: reading s3:\/\/models\/ctr/,
    );
    await look();
    expect(api!.logs.filter(({ msg }) => msg === 'model refused')).toHaveLength(told.length);
    await server.refuse();
    await look();
    expect([await up(), await serving()]).toEqual(['1', second]);
  });

  it('says that it can be read also while it is being read, until an answer says otherwise', async () => {
    await run();
    const asked = api!.app.get(Registry);
    for (const question of ['current', 'rollout'] as const) {
      let fail!: (error: Error) => void;
      const answer = new Promise<never>((_, reject) => (fail = reject));
      const spy = jest.spyOn(asked, question).mockReturnValueOnce(answer);
      const looked = look();
      const before = await up();
      expect(spy).toHaveBeenCalledTimes(1);
      fail(new Error('no answer'));
      await looked;
      expect([before, await up()]).toEqual(['1', '0']);
      await look();
      expect(await up()).toBe('1');
      spy.mockRestore();
    }
  });

  it('takes a registry.json that was there and is gone for broken, and goes on serving', async () => {
    await registry.setTrial('canary', { version: second, percent: 50 });
    await run();
    const text = await server.read('ctr/registry.json');
    await server.remove('ctr/registry.json');
    try {
      await look();
      expect(await up()).toBe('0');
      const told = api!.logs.filter(({ msg }) => msg === 'model refused');
      expect(told[0].reason).toMatch(
        /registry\.json was there and is gone; put an earlier one back/,
      );
      await look();
      expect(api!.logs.filter(({ msg }) => msg === 'model refused')).toHaveLength(told.length);
      expect(api!.app.get(ServedModel).current!.model.version).toBe(first);
      expect(api!.app.get(ServedModel).trial('canary')).toEqual({ version: second, percent: 50 });
      await ask('get', '/health/ready').expect(200);
      const { body } = await ask('post', `/models/${second}/promote`).expect(503);
      expect(body.code).toBe('REGISTRY_UNAVAILABLE');
    } finally {
      await server.write('ctr/registry.json', text);
    }
    await look();
    expect(await up()).toBe('1');
    await registry.setTrial('canary', null);
  });

  it('tries a model again that a store that was away kept from it', async () => {
    await run();
    await registry.promote(second);
    await server.refuse('HEAD');
    await look();
    await server.refuse();
    await look();
    expect(await serving()).toBe(second);
  });

  it('begins without a model while the store is away', async () => {
    await server.refuse('GET');
    await run();
    await ask('post', '/predict_ctr', sample).expect(503);
    await server.refuse();
    await look();
    expect(await serving()).toBe(first);
  });

  it('answers that the registry is read-only where its key may only read', async () => {
    Object.assign(process.env, server.environment('test-reader'));
    await run();
    const { body } = await ask('post', `/models/${second}/promote`).expect(409);
    expect(body.code).toBe('REGISTRY_READ_ONLY');
    expect(await serving()).toBe(first);
  });
});

describe('a version of a bucket that was answered badly', () => {
  const answers = [
    { key: 'model\\.adsf', status: 404, code: 'NoSuchKey', reason: /model\.adsf is missing/ },
    // 200, with other bytes than the object's.
    { key: 'model\\.adsf', status: 200, code: 'Other', reason: /has SHA-256 .*, wanted/ },
    { key: 'model\\.json', status: 200, code: 'Other', reason: /model\.json is not JSON/ },
  ];
  it.each(answers)('is read again: $key, $status', async ({ reason, ...answer }) => {
    let now = 0;
    const loader = new ModelLoader(registry, () => now);
    await server.fail({ method: 'GET', what: 'refuse', nth: 1, ...answer });
    await expect(loader.load(second)).rejects.toThrow(reason);
    now = 999;
    await expect(loader.load(second)).rejects.toThrow(reason);
    now = 1000;
    expect((await loader.load(second)).version).toBe(second);
    expect(loader.refusalOf(second)).toBeUndefined();
  });

  it('is read less and less often, down to once a minute', async () => {
    let now = 0;
    const loader = new ModelLoader(registry, () => now);
    const load = jest.spyOn(registry, 'load');
    await server.fail({ method: 'GET', what: 'refuse', ...answers[2] });
    const read: number[] = [];
    try {
      for (; now < 200_000; now += 500) {
        const before = load.mock.calls.length;
        await expect(loader.load(second)).rejects.toThrow(answers[2].reason);
        if (load.mock.calls.length > before) read.push(now / 1000);
      }
    } finally {
      load.mockRestore();
    }
    expect(read).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
  });
});

describe('the service of the folder of one version', () => {
  it('serves it, and changes nothing', async () => {
    const source = new Registry(await modelFolder());
    const version = (await source.current())!;
    const folder = await emptyFolder();
    for (const name of ['model.adsf', 'model.json']) {
      await copyFile(source.fileOf(version, name), join(folder, name));
    }
    api = await runApp({ MODEL_DIR: folder, API_KEYS });
    expect(await serving()).toBe(version);
    const { body } = await ask('get', '/models').expect(200);
    expect(body).toMatchObject({ serving: version, current: version, previous: null });
    expect(body.versions).toHaveLength(1);
    const refused = (await ask('post', `/models/${version}/promote`).expect(409)).body;
    expect(refused.code).toBe('REGISTRY_READ_ONLY');
    await look();
    expect(await serving()).toBe(version);
  });
});

describe('the process', () => {
  const ended = async (environment: Record<string, string>): Promise<string> => {
    const service = new Service({ ...server.environment(), ...environment });
    try {
      expect(await service.ended()).toEqual([2, null]);
      return service.errors;
    } finally {
      service.kill('SIGKILL');
    }
  };

  it('does not start with a bucket that it will never read, exit code 2', async () => {
    const MODEL_DIR = 's3://no-such/ctr';
    expect(await ended({ MODEL_DIR })).toMatch(
      /MODEL_DIR: got "s3:\/\/no-such\/ctr"; the object store refuses: .*NoSuchBucket.*wanted a bucket that exists/,
    );
    const errors = await ended({ MODEL_DIR: 's3://models', AWS_ACCESS_KEY_ID: 'somebody' });
    expect(errors).toMatch(
      /MODEL_DIR: .*InvalidAccessKeyId.*wanted a valid key in AWS_ACCESS_KEY_ID/,
    );
    expect(errors).not.toMatch(/somebody|of-no-use|\n {4}at /);
    const wrong = await ended({ MODEL_DIR: 's3://Models' });
    expect(wrong).toContain('MODEL_DIR: got "s3://Models", wanted a folder, s3://bucket or');
    const hidden = await ended({ MODEL_DIR: 's3://key:hidden@models' });
    expect(hidden).toMatch(/MODEL_DIR: got something else, wanted a folder, s3:/);
  });

  it.each([
    ['AWS_ENDPOINT_URL_S3', 'http//me:PW-hidden@127.0.0.1'],
    ['AWS_ENDPOINT_URL', 'me:PW-hidden@127.0.0.1:9000'],
    ['AWS_ENDPOINT_URL_S3', 'ftp://PW-hidden'],
    ['AWS_ENDPOINT_URL', 'http://me:PW-hidden@127.0.0.1:9'],
  ])('does not start with a wrong %s, exit code 2', async (variable, value) => {
    const errors = await ended({ MODEL_DIR, AWS_ENDPOINT_URL_S3: '', [variable]: value });
    expect(errors).toContain('The configuration is wrong.\nMODEL_DIR: got "s3://models');
    expect(errors).toContain(`${variable} is no address of a store; wanted http://host:port`);
    expect(errors).not.toMatch(/hidden|\n {4}at /i);
  });

  const suite = program === undefined ? it.skip : it;
  if (program === undefined) {
    console.warn('skipped: neither valkey-server nor redis-server is installed on this machine');
  }

  suite('and its replicas take a promoted version, and each tells what all serve', async () => {
    const port = await freePort();
    const valkey = await ValkeyServer.start(port);
    const environment = {
      ...server.environment(),
      ...{ MODEL_DIR, API_KEYS, MODEL_POLL_MS: '200', VALKEY_URL: `redis://127.0.0.1:${port}` },
    };
    const replicas = [new Service(environment), new Service(environment)];
    try {
      await Promise.all(replicas.map((replica) => replica.up()));
      const models = async ({ port }: Service) => {
        const headers = { 'x-api-key': KEY };
        const answer = await fetch(`http://127.0.0.1:${port}/models`, { headers });
        return (await answer.json()) as { serving: string; replicas: { serving: string }[] };
      };
      for (const version of [first, second]) {
        await registry.promote(version);
        for (const replica of replicas) {
          await waitFor(`${version} to serve at ${replica.port}`, async () => {
            const { serving, replicas } = await models(replica);
            const told = replicas.filter((each) => each.serving === version);
            return serving === version && told.length === 2;
          });
        }
      }
      // The log is JSON, whatever the SDK says of Node.
      for (const { lines } of replicas) lines.forEach((line) => JSON.parse(line));
      for (const { errors } of replicas) expect(errors).toBe('');
    } finally {
      for (const replica of replicas) replica.kill('SIGKILL');
      await valkey.kill();
    }
  });
});
