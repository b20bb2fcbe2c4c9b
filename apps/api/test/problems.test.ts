import { once } from 'node:events';
import { connect } from 'node:net';
import { ServiceStats } from '@adscale/stats';
import request from 'supertest';
import { Readiness } from '../src/health/readiness.js';
import { type ProblemCode, catalogue } from '../src/problem/catalogue.js';
import { type RunningApp, runApp, sample } from './running-app.js';
import { emptyFolder, modelFolder } from './trained-models.js';

interface Problem {
  status: number;
  type: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

/** Sends bytes as they are and reads what comes until the service hangs up. */
async function exchange(api: RunningApp, bytes: string): Promise<Problem> {
  const { port } = api.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  await once(socket, 'close');
  const [head, body] = text.split('\r\n\r\n');
  const [first, ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ')));
  const status = Number(first.split(' ')[1]);
  return { status, type: headers['content-type'], headers, body: JSON.parse(body) };
}

async function answered(sent: request.Test): Promise<Problem> {
  const { status, headers, body } = await sent;
  return { status, type: headers['content-type'], headers, body };
}

/** One way to run into each problem there is. */
const occurrences: Record<ProblemCode, (api: RunningApp, bare: RunningApp) => Promise<Problem>> = {
  MALFORMED_REQUEST: (api) => exchange(api, 'GET /stats HTTP/1.1\r\nno colon\r\n\r\n'),
  MALFORMED_JSON: (api) => answered(api.post('{"impressions":')),
  NOT_FOUND: (api) => answered(api.get('/predict')),
  METHOD_NOT_ALLOWED: (api) => answered(api.get('/predict_ctr')),
  REQUEST_TIMEOUT: (api) => exchange(api, 'POST /predict_ctr HTTP/1.1\r\nhost: x\r\n'),
  BODY_TOO_LARGE: (api) => answered(api.post(' '.repeat(2000))),
  UNSUPPORTED_MEDIA_TYPE: (api) => answered(api.post('impressions=5000', 'text/plain')),
  INVALID_RECORD: (api) => answered(api.post({})),
  HEADERS_TOO_LARGE: (api) =>
    exchange(api, `GET /stats HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`),
  INTERNAL_ERROR: async (api) => {
    const stats = api.app.get(ServiceStats);
    const { snapshot } = stats;
    stats.snapshot = () => {
      throw new Error('secret: /etc/passwd');
    };
    const problem = await answered(api.get('/stats'));
    stats.snapshot = snapshot;
    return problem;
  },
  MODEL_NOT_LOADED: (_api, bare) => answered(bare.post(sample)),
  SHUTTING_DOWN: (_api, bare) => {
    bare.app.get(Readiness).startDraining();
    return answered(bare.get('/health/ready'));
  },
};

let api: RunningApp;
let bare: RunningApp;

beforeAll(async () => {
  const limits = { BODY_LIMIT_BYTES: '1000', REQUEST_TIMEOUT_MS: '300' };
  api = await runApp({ MODEL_DIR: await modelFolder(), ...limits });
  bare = await runApp({ MODEL_DIR: await emptyFolder() });
});
afterAll(() => Promise.all([api.close(), bare.close()]));

describe('the catalogue of problems', () => {
  it.each(Object.keys(catalogue) as ProblemCode[])('%s is answered as it says', async (code) => {
    const { status, type, body } = await occurrences[code](api, bare);
    const entry = catalogue[code];
    expect(type).toMatch(/^application\/problem\+json/);
    expect(status).toBe(entry.status);
    expect(body).toMatchObject({ status: entry.status, code, title: entry.title });
    expect(body.type).toBe(`urn:adscale:problem:${code.toLowerCase().replaceAll('_', '-')}`);
    expect(JSON.stringify(body)).not.toMatch(/secret|node_modules|\.ts|\.js:|\n\s+at /);
  });

  it('says each title once and gives only error statuses', () => {
    const entries = Object.values(catalogue);
    expect(new Set(entries.map(({ title }) => title)).size).toBe(entries.length);
    expect(entries.every(({ status }) => status >= 400 && status < 600)).toBe(true);
  });
});

describe('a problem', () => {
  it('carries the id of its request, in body and header', async () => {
    const answer = await api
      .post({})
      .set('x-request-id', 'bid-17')
      .expect('x-request-id', 'bid-17');
    expect(answer.body.request_id).toBe('bid-17');
  });

  it('of our own is in the log, with its cause and the id', async () => {
    const { body } = await occurrences.INTERNAL_ERROR(api, bare);
    const logged = api.logs.find(({ request_id, err }) => request_id === body.request_id && err);
    expect(logged).toMatchObject({ level: 50, err: { message: 'secret: /etc/passwd' } });
  });

  it.each(['/%zz', '/%c0%af', '/docs/..%2f..%2fpackage.json', '/docs/LICENSE', '//', '/stats/'])(
    'is all there is at %s',
    async (path) => {
      const { status, type, body } = await answered(api.get(path));
      expect([400, 404]).toContain(status);
      expect(type).toMatch(/^application\/problem\+json/);
      expect(['MALFORMED_REQUEST', 'NOT_FOUND']).toContain(body.code);
    },
  );

  it.each(['get', 'put', 'patch', 'delete', 'options'] as const)(
    '405 for %s says what is allowed, whatever the body is',
    async (method) => {
      const sent = request(api.server)[method]('/predict_ctr').set('content-type', 'text/plain');
      await sent.expect(405).expect('allow', 'POST');
    },
  );

  it('405 knows the methods of the documentation too', async () => {
    await request(api.server).post('/docs').expect(405).expect('allow', 'GET, HEAD');
    await request(api.server).post('/docs/swagger-ui.css').expect(405).expect('allow', 'GET, HEAD');
  });

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json',
    'x',
  ])('415 for a body declared as %s', async (type) => {
    await api.post('{}', type).expect(415);
  });
});
