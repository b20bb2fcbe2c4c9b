import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CtrError, CtrModel, Registry } from '@adscale/ctr';
import request from 'supertest';
import { sample } from '../running-app.js';
import { emptyFolder, otherSchema, trainModel } from '../trained-models.js';
import { API_KEYS, KEY, type Method, TwoVersions } from '../two-versions.js';

let service: TwoVersions;
let folder: string;
let registry: Registry;
let first: string;
let second: string;

beforeEach(async () => {
  service = await TwoVersions.start();
  ({ folder, registry, first, second } = service);
});
afterEach(() => service.close());

describe('POST /models/{version}/promote', () => {
  it('serves the version before it answers, here and for whoever follows', async () => {
    const { body } = await service.ask('post', `/models/${second}/promote`).expect(200);
    expect(body).toEqual({
      serving: second,
      current: second,
      previous: first,
      canary: null,
      shadow: null,
    });
    const { headers, body: answer } = await service.predict();
    expect(headers['x-model-version']).toBe(second);
    expect(answer.predicted_ctr).toBe(CtrModel.load(service.trained.bytes).predict(sample));
    expect(await registry.current()).toBe(second);
  });

  it('has an empty service make its routes for the features of that version', async () => {
    const { bytes, card } = await trainModel(otherSchema);
    const MODEL_DIR = await emptyFolder();
    await service.restart({ MODEL_DIR });
    const other = await new Registry(MODEL_DIR).publish(bytes, card, { promote: false });
    const { body } = await service.ask('post', `/models/${other}/promote`).expect(200);
    expect(body).toMatchObject({ serving: other, current: other });
    const record = { hour: 7, weight: 0.25, bid: 1, age: 40, country: 'de' };
    const { headers } = await service.predict(record).expect(200);
    expect(headers['x-model-version']).toBe(other);
  });

  it('does nothing when it serves already', async () => {
    await service.ask('post', `/models/${first}/promote`).expect(200);
    expect(await registry.previous()).toBeUndefined();
    await service.expectNothingChanged();
  });

  it.each(['nothing', '..%2F..%2Fetc', '__proto__'])('knows no version %s', async (name) => {
    const { body } = await service.ask('post', `/models/${name}/promote`).expect(404);
    expect(body.code).toBe('MODEL_VERSION_UNKNOWN');
    await service.expectNothingChanged();
  });

  it('refuses a broken file with the reason, and the pointer does not move', async () => {
    const bytes = await readFile(service.fileOf(second, 'model.adsf'));
    bytes[bytes.length / 2] ^= 1;
    await writeFile(service.fileOf(second, 'model.adsf'), bytes);
    const { body, text } = await service.ask('post', `/models/${second}/promote`).expect(409);
    expect(body.code).toBe('MODEL_REFUSED');
    expect(body.detail).toContain(`${second}: the version cannot be read`);
    expect(body.detail).toContain('checksum');
    expect(text).not.toContain(folder);
    await service.expectNothingChanged();
  });

  it('refuses a model of other features, naming one, and the pointer does not move', async () => {
    const other = await trainModel(otherSchema);
    const version = await registry.publish(other.bytes, other.card);
    await registry.promote(first);
    const { body } = await service.ask('post', `/models/${version}/promote`).expect(409);
    expect(body.detail).toContain('feature impressions is missing');
    await service.expectNothingChanged();
  });

  it('brings the first model of a service that has none', async () => {
    await rm(join(folder, 'current'));
    await service.restart();
    await service.ask('post', '/predict_ctr', sample).expect(503);
    await service.ask('post', `/models/${second}/promote`).expect(200);
    await service.expectServing(second);
  });
});

describe('POST /models/rollback', () => {
  it('goes back to the version that served before, whoever changed it', async () => {
    await registry.promote(second);
    await service.look();
    const { body } = await service.ask('post', '/models/rollback').expect(200);
    expect(body).toMatchObject({ serving: first, current: first, previous: null });
    await service.expectServing(first);
  });

  it('takes the pointer off a version that is refused', async () => {
    await truncate(service.fileOf(second, 'model.adsf'), 50);
    await registry.promote(second);
    await service.look();
    await service.ask('post', '/models/rollback').expect(200);
    await service.expectNothingChanged();
  });

  it('says so when none served before, or when it is gone', async () => {
    const refused = await service.ask('post', '/models/rollback').expect(409);
    expect(refused.body.code).toBe('NO_PREVIOUS_MODEL');
    await service.ask('post', `/models/${second}/promote`).expect(200);
    await rm(join(folder, 'versions', first), { recursive: true });
    await service.ask('post', '/models/rollback').expect(409);
    await service.expectServing(second);
  });

  it('refuses to go back to a broken version', async () => {
    await service.ask('post', `/models/${second}/promote`).expect(200);
    await truncate(service.fileOf(first, 'model.adsf'), 50);
    const { body } = await service.ask('post', '/models/rollback').expect(409);
    expect(body.code).toBe('MODEL_REFUSED');
    expect(await registry.current()).toBe(second);
    await service.expectServing(second);
  });
});

describe('the routes that change what is served', () => {
  const changes: [Method, string][] = [
    ['post', '/models/x/promote'],
    ['post', '/models/rollback'],
    ['put', '/models/canary'],
    ['delete', '/models/canary'],
    ['put', '/models/shadow'],
    ['delete', '/models/shadow'],
  ];

  it('are closed without a key of scope admin', async () => {
    const expectRefusal = async (status: number, code: string, key?: string) => {
      for (const [method, path] of changes) {
        const call = request(service.server)[method](path);
        const { body } = await (key === undefined ? call : call.set('x-api-key', key));
        expect([method, path, body.status, body.code]).toEqual([method, path, status, code]);
      }
      await service.expectNothingChanged();
    };
    await expectRefusal(401, 'API_KEY_REQUIRED');
    await expectRefusal(401, 'API_KEY_REQUIRED', 'another key');
    await service.restart({ API_KEYS: API_KEYS.replace('+admin', '') });
    await expectRefusal(403, 'SCOPE_MISSING', KEY);
    await service.ask('get', '/models').expect(200);
    await service.restart({ API_KEYS: '' });
    await expectRefusal(403, 'ADMIN_CLOSED');
    await service.ask('get', '/models').expect(200);
  });

  it('say so, and change nothing, where the registry is mounted read-only', async () => {
    const denied = Object.assign(new Error(`EROFS: ${folder}`), { code: 'EROFS' });
    const writes = [
      jest.spyOn(Registry.prototype, 'promote').mockRejectedValue(denied),
      jest.spyOn(Registry.prototype, 'setTrial').mockRejectedValue(denied),
    ];
    try {
      for (const refused of [
        service.ask('post', `/models/${second}/promote`),
        service.ask('put', '/models/canary', { version: second, percent: 5 }),
        service.ask('delete', '/models/shadow'),
      ]) {
        const { body, text } = await refused.expect(409);
        expect(body.code).toBe('REGISTRY_READ_ONLY');
        expect(text).not.toContain(folder);
      }
    } finally {
      writes.forEach((write) => write.mockRestore());
    }
    await service.expectNothingChanged();
  });

  it('say so when somebody else holds the registry for too long', async () => {
    const busy = new CtrError('REGISTRY_BUSY', `${folder} is held by process 1`);
    const write = jest.spyOn(Registry.prototype, 'promote').mockRejectedValue(busy);
    const { body, text } = await service.ask('post', `/models/${second}/promote`);
    write.mockRestore();
    expect([body.status, body.code]).toEqual([503, 'REGISTRY_BUSY']);
    expect(text).not.toContain(folder);
    await service.expectNothingChanged();
  });

  it('are documented with what they answer', async () => {
    const document = (await service.ask('get', '/docs-json').expect(200)).body;
    for (const [method, path] of [...changes, ['get', '/models'], ['get', '/models/x']]) {
      const operation = document.paths[path.replace('/x', '/{version}')][method];
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['200', '401']));
    }
    const { responses } = document.paths['/models/canary'].put;
    const example = responses['422'].content['application/problem+json'].examples.INVALID_TRIAL;
    const { request_id, ...answer } = (await service.ask('put', '/models/canary', {}).expect(422))
      .body;
    expect(request_id).toEqual(expect.any(String));
    expect(answer).toEqual(example.value);
    const { properties } = document.components.schemas.ModelsAnswer;
    const listed = (await service.ask('get', '/models')).body;
    expect(Object.keys(listed).sort()).toEqual(Object.keys(properties).sort());
    const version = document.components.schemas.VersionAnswer.properties;
    expect(Object.keys(listed.versions[0]).sort()).toEqual(Object.keys(version).sort());
  });

  it('know no other method', async () => {
    const { headers } = await service.ask('put', '/models/rollback').expect(405);
    expect(headers.allow).toBe('POST');
  });
});
