import { once } from 'node:events';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { Registry, defaultSchema } from '@adscale/ctr';
import { allocate, compare, curve, forecast, opportunities, rank } from '@adscale/decisions';
import type { Schema } from '@adscale/forest';
import request from 'supertest';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, modelFolder, otherSchema } from '../trained-models.js';
import { waitFor } from '../wait-for.js';

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
      expect(answer.text).toBe(JSON.stringify(await decisions[name](model, example)));
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
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

describe('decisions that come faster than they are decided', () => {
  const vary = { impressions: Array.from({ length: 1000 }, (_, i) => 1000 + i) };
  const body = JSON.stringify({ base: sample, vary, cell_by: ['impressions'] });

  /** So many requests at once, on one connection. */
  async function ask(count: number): Promise<Socket> {
    const { port } = api.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const head = `POST /opportunities HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
    socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`.repeat(count));
    return socket;
  }
  const counted = async () => (await api.get('/stats').expect(200)).body.counters;

  beforeEach(async () => {
    const MODEL_DIR = await modelFolder();
    api = await runApp({ MODEL_DIR, DECISION_THREADS: '1', DECISION_QUEUE: '1' });
  });
  afterEach(() => api.close());

  it('are refused beyond the queue, with the time to come again, and others are answered', async () => {
    const socket = await ask(4);
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    const statuses = () => received.match(/HTTP\/1.1 \d{3}/g)?.map((line) => line.slice(-3)) ?? [];
    await waitFor('four answers', () => statuses().length === 4 && received.endsWith('}'));
    expect(statuses()).toEqual(['200', '200', '503', '503']);
    expect(received.match(/"code":"OVERLOADED"/g)).toHaveLength(2);
    expect(received.match(/\r\nretry-after: [1-9]/g)).toHaveLength(2);
    expect(await counted()).toMatchObject({ tasks_refused: 2, tasks_dropped: 0 });
    socket.destroy();
  });

  it('are dropped when their client leaves while they wait', async () => {
    const socket = await ask(2);
    await waitFor('one to wait', async () => {
      const [{ tasks_waiting }] = (await api.get('/stats')).body.processes;
      return tasks_waiting === 1;
    });
    expect((await api.get('/metrics')).text).toMatch(/adscale_tasks_waiting{pid="\d+"} 1/);
    socket.destroy();
    await waitFor('it to be dropped', async () => (await counted()).tasks_dropped === 1);
    // Nobody was there to be told, and nothing has failed.
    expect(api.logs.filter(({ level }) => level === 'error')).toEqual([]);
    await post('compare', { a: sample, b: sample }).expect(200);
  });
});
