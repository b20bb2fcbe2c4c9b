import { type CtrModel, Registry } from '@adscale/ctr';
import request from 'supertest';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, trainMissing } from '../trained-models.js';

let api: RunningApp;
let model: CtrModel;

/** A model of the default schema that every third of its rows has no budget for. */
beforeAll(async () => {
  const { bytes, card } = await trainMissing();
  const folder = await emptyFolder();
  await new Registry(folder).publish(bytes, card);
  model = await new Registry(folder).load();
  api = await runApp({ MODEL_DIR: folder });
});
afterAll(() => api.close());

const { budget: _budget, ...without } = sample;
const post = (path: string, body: object) => request(api.server).post(path).send(body);

describe('a feature that training rows lacked', () => {
  it('may be absent from a request, or null, and is predicted as missing', async () => {
    const predicted_ctr = model.predict(without);
    expect(predicted_ctr).not.toBe(model.predict(sample));
    for (const record of [without, { ...without, budget: null }]) {
      expect((await api.post(record).expect(200)).body).toEqual({ predicted_ctr });
      const batch = await post('/predict_ctr/batch', [record]).expect(200);
      expect(batch.body).toEqual({ ok: 1, failed: 0, predictions: [{ predicted_ctr }] });
      const { body } = await post('/explain', record).expect(200);
      expect(body.predicted_ctr).toBe(predicted_ctr);
    }
  });

  it('is no required field in the documentation; the others are', async () => {
    const { body } = await api.get('/docs-json').expect(200);
    const { required } = body.components.schemas.PredictRequest;
    expect(required).toEqual(['impressions', 'ad_position', 'device_type']);
  });

  it('must keep to its rule where it is there, and the rule says that it may be absent', async () => {
    const { body } = await api.post({ ...sample, budget: 0 }).expect(422);
    const rule = 'a number greater than 0 and at most 1000000000000, or absent';
    expect(body.errors).toEqual([
      { field: 'budget', value: 0, rule, message: `budget is 0; it must be ${rule}` },
    ]);
  });

  it('does not make the others less required', async () => {
    const { body } = await api.post({ ...without, ad_position: null }).expect(422);
    expect(body.errors).toMatchObject([{ field: 'ad_position', value: null }]);
  });
});
