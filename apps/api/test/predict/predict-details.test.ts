import request from 'supertest';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder, otherSchema } from '../trained-models.js';

let api: RunningApp;

beforeAll(async () => {
  api = await runApp({ MODEL_DIR: await modelFolder() });
});
afterAll(() => api.close());

const post = (query: string, body: object = sample, { server } = api) =>
  request(server).post(`/predict_ctr${query}`).send(body);

describe('POST /predict_ctr with a query', () => {
  it('answers the same prediction and what was asked for besides', async () => {
    const { predicted_ctr } = (await post('').expect(200)).body;
    const { body, headers } = await post('?interval=0.9&explain=true').expect(200);
    expect(Object.keys(body)).toEqual(['predicted_ctr', 'interval', 'explanation', 'extrapolated']);
    expect(body.predicted_ctr).toBe(predicted_ctr);
    expect(body.interval.level).toBe(0.9);
    expect(body.interval.low).toBeLessThanOrEqual(predicted_ctr);
    expect(body.interval.high).toBeGreaterThanOrEqual(predicted_ctr);
    expect(Object.keys(body.explanation.contributions)).toEqual(Object.keys(sample));
    expect(headers['x-model-version']).toEqual(expect.any(String));
  });

  it('answers exactly the one key when nothing is asked for', async () => {
    for (const query of ['?', '?explain=false']) {
      expect(Object.keys((await post(query).expect(200)).body)).toEqual(['predicted_ctr']);
    }
  });

  it('refuses a query it does not know, before the record', async () => {
    for (const query of ['?interval=1', '?interval=', '?explain=1', '?debug=true']) {
      const { body } = await post(query, {}).expect(422);
      expect(body.code).toBe('INVALID_QUERY');
    }
  });

  it('answers 409 for an interval that the model does not give', async () => {
    const other = await runApp({ MODEL_DIR: await modelFolder(otherSchema) });
    const record = { hour: 1, weight: 0, bid: 1, age: 3, country: 'de' };
    const { body } = await post('?interval=0.9', record, other).expect(409);
    expect(body.code).toBe('NO_INTERVALS');
    await other.close();
  });
});
