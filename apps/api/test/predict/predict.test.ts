import { Registry } from '@adscale/ctr';
import fc from 'fast-check';
import { tagOf } from '../../src/predict/predictions.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';

let api: RunningApp;
let folder: string;

beforeAll(async () => {
  folder = await modelFolder();
  api = await runApp({ MODEL_DIR: folder });
});
afterAll(() => api.close());

describe('POST /predict_ctr', () => {
  it('answers the sample with exactly one key, the prediction of the model to four decimals', async () => {
    const model = await new Registry(folder).load();
    const answer = await api
      .post(sample)
      .expect(200)
      .expect('content-type', /^application\/json/);
    expect(answer.body).toEqual({ predicted_ctr: model.predict(sample) });
    expect(answer.text).toMatch(/^\{"predicted_ctr":0\.\d{1,4}\}$/);
  });

  it('says which model answered, and names its cell', async () => {
    const model = await new Registry(folder).load();
    const row = model.encode(sample, new Float64Array(model.schema.features.length));
    const answer = await api.post(sample).expect(200);
    expect(answer.headers['x-model-version']).toBe(model.version);
    expect(answer.headers.etag).toBe(tagOf(model.digest, model.code(row)));
  });

  it('answers whole whatever tags a client has: a tag tells that answers are alike, and no more', async () => {
    const { headers, body } = await api.post(sample).expect(200);
    for (const header of ['if-none-match', 'if-match']) {
      for (const tag of [headers.etag, `W/${headers.etag}`, '*', '"another"']) {
        const again = await api.post(sample).set(header, tag).expect(200);
        expect(again.body).toEqual(body);
        expect(again.headers.etag).toBe(headers.etag);
      }
    }
  });

  it('predicts what the model predicts for any valid record, cached or not', async () => {
    const model = await new Registry(folder).load();
    const records = fc.record({
      impressions: fc.integer({ min: 1, max: 200_000 }),
      ad_position: fc.integer({ min: 1, max: 10 }),
      device_type: fc.constantFrom('mobile', 'desktop', 'tablet'),
      budget: fc.double({ min: 0.01, max: 50_000, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(records, async (record) => {
        const answer = await api.post(record).expect(200);
        expect(answer.body).toEqual({ predicted_ctr: model.predict(record) });
      }),
    );
  });

  it('does not care about the order of the fields or a charset', async () => {
    const { budget, ...rest } = sample;
    const type = 'application/json; charset=utf-8';
    const answer = await api.post({ budget, ...rest }, type).expect(200);
    expect(answer.body).toEqual((await api.post(sample)).body);
  });

  it('gives a request the id its client gave it, or a new one', async () => {
    await api.post(sample).set('x-request-id', 'bid-17').expect('x-request-id', 'bid-17');
    const answer = await api.post(sample).set('x-request-id', 'not a plain word');
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});
