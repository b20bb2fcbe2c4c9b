import { Registry, defaultSchema } from '@adscale/ctr';
import { allocate, compare, curve, forecast, opportunities, rank } from '@adscale/decisions';
import type { Schema } from '@adscale/forest';
import request from 'supertest';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, modelFolder, otherSchema } from '../trained-models.js';

const decisions = { allocate, compare, curve, forecast, opportunities, rank };
const names = Object.keys(decisions) as (keyof typeof decisions)[];

interface Document {
  paths: Record<
    string,
    {
      post: {
        requestBody: {
          content: Record<string, { examples?: Record<string, { value: object }> }>;
        };
        responses: Record<string, unknown>;
      };
    }
  >;
}

let api: RunningApp;
let folder: string;

async function start(schema: Schema): Promise<void> {
  folder = await modelFolder(schema);
  api = await runApp({ MODEL_DIR: folder });
}

const post = (name: string, body: unknown) =>
  request(api.server)
    .post(`/${name}`)
    .set('content-type', 'application/json')
    .send(JSON.stringify(body));

async function exampleOf(name: string): Promise<object | undefined> {
  const document = (await api.get('/docs-json').expect(200)).body as Document;
  const { content } = document.paths[`/${name}`].post.requestBody;
  return content['application/json'].examples?.typical.value;
}

describe.each([
  ['the default schema', defaultSchema],
  ['another schema', otherSchema],
])('decisions by a model of %s', (_name, schema) => {
  beforeAll(() => start(schema));
  afterAll(() => api.close());

  it.each(names)(
    '%s answers the example of its documentation as the library does',
    async (name) => {
      const example = await exampleOf(name);
      if (name === 'curve' && schema === otherSchema) {
        expect(example).toBeUndefined();
        return;
      }
      const answer = await post(name, example).expect(200);
      const model = await new Registry(folder).load();
      expect(answer.body).toEqual(
        JSON.parse(JSON.stringify(await decisions[name](model, example))),
      );
      expect(answer.headers['x-model-version']).toBe(model.version);
      expect(answer.body.model_version).toBe(model.version);
      expect(answer.body.assumptions.length).toBeGreaterThan(0);
    },
  );
});

describe('a decision made impossible', () => {
  beforeAll(() => start(defaultSchema));
  afterAll(() => api.close());

  it.each([
    [
      'a record that breaks a rule',
      'rank',
      { candidates: [{ record: { ...sample, budget: -5 }, bid_cpc: 1 }] },
      'INVALID_DECISION',
      'candidates[0].record.budget',
    ],
    ['a body that is no object', 'rank', [], 'INVALID_DECISION', 'request'],
    [
      'a list that is too long',
      'rank',
      { candidates: Array.from({ length: 1001 }, () => ({ record: sample, bid_cpc: 1 })) },
      'DECISION_TOO_LARGE',
      'candidates',
    ],
    [
      'a price of nothing',
      'forecast',
      { schedule: [{ record: sample, cost: { cpc: 0 } }] },
      'INVALID_DECISION',
      'schedule[0].cost.cpc',
    ],
    [
      'a floor above the budget',
      'allocate',
      {
        budget: 10,
        cells: [
          { record: { ad_position: 1, device_type: 'mobile' }, cost: { cpm: 5 }, floor: 10.01 },
        ],
      },
      'INFEASIBLE_ALLOCATION',
      'cells[0].floor',
    ],
  ])('by %s is told by field', async (_what, name, body, code, field) => {
    const answer = await post(name, body).expect(422);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code, errors: [{ field }] });
    const [{ rule, message }] = answer.body.errors;
    expect(message).toContain(rule);
    expect(answer.body.detail).toBe(`${message}.`);
  });

  it('takes no query', async () => {
    const answer = await post('rank?level=0.5', {}).expect(422);
    expect(answer.body.code).toBe('INVALID_QUERY');
  });
});

test('a model without the feature that a decision needs says so', async () => {
  await start(otherSchema);
  const record = { hour: 3, weight: 0.5, bid: 1, age: 40, country: 'de' };
  const answer = await post('curve', { record, over: 'impressions', from: 1, to: 9 }).expect(422);
  expect(answer.body).toMatchObject({
    code: 'DECISION_UNSUPPORTED',
    errors: [{ field: 'impressions' }],
  });
  await api.close();
});

test('without a model there is no decision', async () => {
  api = await runApp({ MODEL_DIR: await emptyFolder() });
  const answer = await post('compare', { a: sample, b: sample }).expect(503);
  expect(answer.body.code).toBe('MODEL_NOT_LOADED');
  await api.close();
});
