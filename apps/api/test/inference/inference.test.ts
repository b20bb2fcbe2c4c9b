import { CtrModel, Registry, defaultSchema } from '@adscale/ctr';
import type { Schema } from '@adscale/forest';
import request from 'supertest';
import { ServedModel } from '../../src/model/served-model.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, modelFolder, otherSchema, trainModel } from '../trained-models.js';

interface Example {
  readonly value: { readonly id?: string; readonly inputs: { data: unknown[] }[] };
}

let api: RunningApp;
let model: CtrModel;

async function start(schema: Schema, environment: Record<string, string> = {}) {
  const folder = await modelFolder(schema);
  model = await new Registry(folder).load();
  api = await runApp({ MODEL_DIR: folder, ...environment });
}

const infer = (body: unknown, path = '/v2/models/ctr/infer') =>
  request(api.server)
    .post(path)
    .set('content-type', 'application/json')
    .send(typeof body === 'string' ? body : JSON.stringify(body));

async function examples(): Promise<Record<string, Example>> {
  const { body } = await api.get('/docs-json').expect(200);
  const { requestBody } = body.paths['/v2/models/{name}/infer'].post;
  return requestBody.content['application/json'].examples;
}

const numeric = { name: 'impressions', datatype: 'INT64', shape: [-1] };

describe.each([
  ['the default schema', defaultSchema],
  ['another schema', otherSchema],
])('inference with a model of %s', (_name, schema) => {
  beforeAll(() => start(schema));
  afterAll(() => api.close());

  it('answers every documented request as the predict route answers its records', async () => {
    const { by_feature, one_tensor } = await examples();
    const rows = by_feature.value.inputs[0].data.length;
    const expected: number[] = [];
    for (let row = 0; row < rows; row++) {
      const values = schema.features.map(({ name }, f) => [
        name,
        by_feature.value.inputs[f].data[row],
      ]);
      const { body } = await api.post(Object.fromEntries(values)).expect(200);
      expected.push(body.predicted_ctr);
    }
    const output = { name: 'predicted_ctr', datatype: 'FP64', shape: [rows], data: expected };
    const named = await infer(by_feature.value).expect(200);
    expect(named.body).toEqual({
      model_name: 'ctr',
      model_version: model.version,
      id: '42',
      outputs: [output],
    });
    expect(named.headers['x-model-version']).toBe(model.version);
    const whole = await infer(one_tensor.value).expect(200);
    expect(whole.body.outputs).toEqual([output]);
    expect(whole.body).not.toHaveProperty('id');
  });

  it('describes its tensors as requests must have them', async () => {
    const { by_feature } = await examples();
    const { body } = await api.get('/v2/models/ctr').expect(200);
    expect(body).toMatchObject({
      name: 'ctr',
      versions: [model.version],
      platform: 'adscale_forest',
      outputs: [{ name: 'predicted_ctr', datatype: 'FP64', shape: [-1] }],
    });
    expect(body.inputs).toEqual(
      by_feature.value.inputs.map((input) => ({ ...input, data: undefined, shape: [-1] })),
    );
  });
});

describe('the Open Inference Protocol', () => {
  beforeAll(() => start(defaultSchema, { BATCH_LIMIT: '10' }));
  afterAll(() => api.close());

  it('tells of the server, with and without the slash', async () => {
    for (const path of ['/v2', '/v2/']) {
      const { body } = await api.get(path).expect(200);
      expect(body).toEqual({
        name: 'adscale',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        extensions: ['binary_tensor_data'],
      });
    }
  });

  it('tells of health', async () => {
    expect((await api.get('/v2/health/live').expect(200)).body).toEqual({ live: true });
    expect((await api.get('/v2/health/ready').expect(200)).body).toEqual({ ready: true });
    const { body } = await api.get('/v2/models/ctr/ready').expect(200);
    expect(body).toEqual({ name: 'ctr', ready: true });
  });

  it('knows the served version by its name, and no other', async () => {
    const versions = '/v2/models/ctr/versions';
    const { by_feature } = await examples();
    await infer(by_feature.value, `${versions}/${model.version}/infer`).expect(200);
    await api.get(`${versions}/${model.version}/ready`).expect(200);
    const { body } = await api.get(`${versions}/${model.version}`).expect(200);
    expect(body.inputs[0]).toEqual(numeric);
    for (const path of [`${versions}/1`, `${versions}/1/ready`, '/v2/models/other']) {
      const missing = await api.get(path).expect(404);
      expect(missing.body).toEqual({ error: expect.stringMatching(/^NOT_FOUND: /) });
    }
    await infer(by_feature.value, `${versions}/1/infer`).expect(404);
    await infer(by_feature.value, '/v2/models/other/infer').expect(404);
  });

  it('knows the version of a canary too', async () => {
    const { bytes, card } = await trainModel(defaultSchema, 0.2);
    const canary = CtrModel.load(bytes, card, 'tried');
    const served = api.app.get(ServedModel);
    served.tryOut('canary', canary, 10);
    const { versions } = (await api.get('/v2/models/ctr').expect(200)).body;
    expect(versions).toEqual([model.version, 'tried']);
    const { one_tensor } = await examples();
    const path = '/v2/models/ctr/versions/tried';
    const { body, headers } = await infer(one_tensor.value, `${path}/infer`).expect(200);
    expect(body.model_version).toBe('tried');
    expect(headers['x-model-version']).toBe('tried');
    expect(body.outputs[0].data[0]).toBe(canary.predict(sample));
    served.endTrial('canary');
    await api.get(`${path}/ready`).expect(404);
  });

  it.each([
    ['a row breaks a rule', 400, /^INVALID_INFERENCE: row 1: budget is -1; it must be a number/],
    ['the body is no JSON', 400, /^MALFORMED_JSON: /],
    ['there is no tensor', 400, /^INVALID_INFERENCE: inputs is missing/],
    ['there are too many rows', 413, /^BATCH_TOO_LARGE: Got 11 records, wanted at most 10/],
    ['the body is no JSON by its type', 415, /^UNSUPPORTED_MEDIA_TYPE: /],
    ['the method is another', 405, /^METHOD_NOT_ALLOWED: /],
    ['there is nothing', 404, /^NOT_FOUND: /],
  ])('has errors of its own shape: %s', async (name, status, error) => {
    const { by_feature, one_tensor } = await examples();
    const inputs = structuredClone(by_feature.value.inputs);
    inputs[3].data[1] = -1;
    const rows = new Array(44).fill(1).with(2, 0);
    const many = [{ name: 'x', datatype: 'FP64', shape: [11, 4], data: rows }];
    const asked = {
      'a row breaks a rule': () => infer({ inputs }),
      'the body is no JSON': () => infer('{"inputs"'),
      'there is no tensor': () => infer({}),
      'there are too many rows': () => infer({ inputs: many }),
      'the body is no JSON by its type': () => infer(one_tensor.value).set('content-type', 'a/b'),
      'the method is another': () => api.get('/v2/models/ctr/infer'),
      'there is nothing': () => api.get('/v2/models/ctr/whatever'),
    };
    const answer = await asked[name as keyof typeof asked]();
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.body).toEqual({ error: expect.stringMatching(error) });
  });

  it('leaves the errors of other routes alone', async () => {
    const { body, headers } = await api.get('/v3').expect(404);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(body.code).toBe('NOT_FOUND');
  });

  it('takes the name that MODEL_NAME says', async () => {
    const named = await runApp({ MODEL_DIR: await modelFolder(), MODEL_NAME: 'ads-ctr' });
    await named.get('/v2/models/ads-ctr').expect(200);
    await named.get('/v2/models/ctr').expect(404);
    await named.close();
  });

  it('is alive but not ready without a model', async () => {
    const bare = await runApp({ MODEL_DIR: await emptyFolder() });
    await bare.get('/v2/health/live').expect(200);
    for (const path of ['/v2/health/ready', '/v2/models/ctr/ready']) {
      const { body } = await bare.get(path).expect(503);
      expect(body).toEqual({ error: expect.stringMatching(/^MODEL_NOT_LOADED: /) });
    }
    expect((await bare.get('/v2/models/ctr').expect(200)).body.versions).toEqual([]);
    await bare.close();
  });
});
