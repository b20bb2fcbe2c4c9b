import { Registry, roundCtr } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import fc from 'fast-check';
import request from 'supertest';
import { answerBatch } from '../../src/batch/batch.js';
import { RecordAnswers } from '../../src/batch/record-answers.js';
import { ServedModel } from '../../src/model/served-model.js';
import { Turn } from '../../src/overload/turn.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, modelFolder } from '../trained-models.js';

let api: RunningApp;
let folder: string;

beforeAll(async () => {
  folder = await modelFolder();
  api = await runApp({ MODEL_DIR: folder, BATCH_LIMIT: '50', BATCH_BODY_LIMIT_BYTES: '20000' });
});
afterAll(() => api.close());

function postBatch(body: unknown, query = '') {
  return request(api.server)
    .post(`/predict_ctr/batch${query}`)
    .set('content-type', 'application/json')
    .send(typeof body === 'string' ? body : JSON.stringify(body));
}

const validRecord = fc.record({
  impressions: fc.integer({ min: 1, max: 200_000 }),
  ad_position: fc.integer({ min: 1, max: 10 }),
  device_type: fc.constantFrom('mobile', 'desktop', 'tablet'),
  budget: fc.double({ min: 0.01, max: 50_000, noNaN: true }),
});

describe('POST /predict_ctr/batch', () => {
  it('answers every record, right or wrong, as a request of its own would be', async () => {
    const anything = fc.oneof(validRecord, fc.jsonValue({ maxDepth: 2 }));
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 8 }), async (records) => {
        // What Fastify refuses as poison is no record at all.
        fc.pre(!JSON.stringify(records).includes('__proto__'));
        const { body } = await postBatch(records).expect(200);
        expect(body.predictions).toHaveLength(records.length);
        for (const [i, record] of records.entries()) {
          const alone = await api.post(JSON.stringify(record));
          const { code, detail, errors } = alone.body;
          expect(body.predictions[i]).toEqual(
            alone.status === 200 ? alone.body : { error: { code, detail, errors } },
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('counts what it could answer and what not, and names the model', async () => {
    const answer = await postBatch([sample, { ...sample, budget: 0 }, null, sample]).expect(200);
    expect(answer.body).toMatchObject({ ok: 2, failed: 2 });
    expect(answer.body.predictions[1].error).toMatchObject({
      code: 'INVALID_RECORD',
      errors: [{ field: 'budget', value: 0 }],
    });
    const { version } = await new Registry(folder).load();
    expect(answer.headers['x-model-version']).toBe(version);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
  });

  it('explains the first hundred errors, and names the others by their code and place', async () => {
    const many = await runApp({ MODEL_DIR: folder });
    const records = [...new Array(99).fill({}), sample, ...new Array(9900).fill({})];
    const { body, text } = await request(many.server)
      .post('/predict_ctr/batch')
      .send(records)
      .expect(200);
    await many.close();
    expect(body).toMatchObject({ ok: 1, failed: 9999 });
    expect(body.predictions).toHaveLength(10_000);
    const explained = body.predictions.slice(0, 101);
    expect(explained.splice(99, 1)).toEqual([{ predicted_ctr: expect.any(Number) }]);
    for (const { error } of explained) expect(error.errors.length).toBeGreaterThan(0);
    for (const brief of body.predictions.slice(101)) {
      expect(brief).toEqual({ error: { code: 'INVALID_RECORD' } });
    }
    expect(text.length).toBeLessThan(40 * 9999 + 100 * 1000);
  });

  it('has nothing to say of no records', async () => {
    const { body } = await postBatch([]).expect(200);
    expect(body).toEqual({ ok: 0, failed: 0, predictions: [] });
  });

  it.each([
    ['an object', sample, 'Got object'],
    ['null', null, 'Got null'],
    ['a number', 3, 'Got number'],
  ])('refuses %s: it is no array', async (_name, body, detail) => {
    const answer = await postBatch(JSON.stringify(body)).expect(422);
    expect(answer.body).toMatchObject({ code: 'INVALID_BATCH' });
    expect(answer.body.detail).toContain(detail);
  });

  it('takes up to BATCH_LIMIT records', async () => {
    await postBatch(new Array(50).fill(sample)).expect(200);
    const { body } = await postBatch(new Array(51).fill(sample)).expect(413);
    expect(body).toMatchObject({ code: 'BATCH_TOO_LARGE' });
    expect(body.detail).toContain('Got 51 records, wanted at most 50');
  });

  it('takes up to BATCH_BODY_LIMIT_BYTES, which is its own', async () => {
    const padded = (bytes: number) => `[${' '.repeat(bytes - 2)}]`;
    await postBatch(padded(20_000)).expect(200);
    await postBatch(padded(20_001)).expect(413, /BODY_TOO_LARGE/);
    // The other routes keep to BODY_LIMIT_BYTES.
    await api.post(' '.repeat(20_001) + JSON.stringify(sample)).expect(200);
  });

  it('refuses a parameter, which would do nothing', async () => {
    const { body } = await postBatch([sample], '?interval=0.9').expect(422);
    expect(body).toMatchObject({ code: 'INVALID_QUERY', errors: [{ field: 'interval' }] });
  });

  it('answers 503 without a model', async () => {
    const bare = await runApp({ MODEL_DIR: await emptyFolder() });
    await request(bare.server).post('/predict_ctr/batch').send([sample]).expect(503);
    await bare.close();
  });
});

describe('a batch', () => {
  function answers(): RecordAnswers {
    const { app } = api;
    const { current } = app.get(ServedModel);
    return new RecordAnswers(current!, app.get(ServiceStats));
  }

  it('is answered with the text that JSON.stringify would give', async () => {
    const model = await new Registry(folder).load();
    const records = fc.sample(validRecord, { numRuns: 500, seed: 7 });
    const text = await answerBatch(records, answers());
    const predictions = records.map((record) => ({
      predicted_ctr: roundCtr(model.predictRow(model.encode(record))),
    }));
    expect(text).toBe(JSON.stringify({ ok: 500, failed: 0, predictions }));
  });

  it('that takes long lets others in, and ends when nobody waits for it', async () => {
    const wrong = new Array(1000).fill({});
    let rounds = 0;
    const count = () => {
      rounds++;
      if (isUnderWay) setImmediate(count);
    };
    let isUnderWay = true;
    setImmediate(count);
    const given = answers();
    // By this clock every look at it is another hour, so that each tenth record ends a turn.
    let hours = 0;
    const turn = new Turn(10, () => 3_600_000 * hours++);
    const text = await answerBatch(wrong, given, () => rounds >= 5, turn);
    isUnderWay = false;
    expect(text).toBeUndefined();
    expect(rounds).toBe(5);
    expect(given.failed).toBeLessThanOrEqual(10 * rounds);
  });
});
