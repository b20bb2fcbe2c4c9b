import { createHash, randomBytes } from 'node:crypto';
import request, { type Test } from 'supertest';
import { EXPOSED_HEADERS } from '../../src/security/cors.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';

const ORIGIN = 'https://tool.example';
const OTHER = 'https://other.example';
const SETTINGS = { CORS_ORIGINS: `https://first.example, ${ORIGIN}` };

interface Document {
  readonly paths: Record<
    string,
    Record<string, { responses: Record<string, { headers?: Record<string, unknown> }> }>
  >;
}

let closed: RunningApp;
let open: RunningApp;
let document: Document;
let folder: string;

beforeAll(async () => {
  folder = await modelFolder();
  closed = await runApp({ MODEL_DIR: folder });
  open = await runApp({ MODEL_DIR: folder, ...SETTINGS });
  document = (await open.get('/docs-json').expect(200)).body;
});
afterAll(() => Promise.all([closed.close(), open.close()]));

/** Every address there is, and some that there are not. */
const addresses = () => [
  ...Object.keys(document.paths).map((path) =>
    path.replace('{name}', 'ctr').replace('{version}', '20260101-120000-3fa1c2d4'),
  ),
  ...['/', '/docs', '/docs/swagger-ui.css', '/docs-json', '/docs-yaml'],
];
const UNKNOWN = ['/nowhere', '/predict_ctr/x', '/models/a/b', '/v2/nowhere', '/healthy'];

const preflight = (path: string, origin = ORIGIN, method = 'POST'): Test =>
  request(open.server)
    .options(path)
    .set('origin', origin)
    .set('access-control-request-method', method)
    .set('access-control-request-headers', 'content-type,x-api-key');

const readable = ({ headers }: { readonly headers: Record<string, string> }) =>
  headers['access-control-allow-origin'];

describe('with CORS on', () => {
  it('pages of the origins named may read answers, and those of others may not', async () => {
    const answer = await open.post(sample).set('origin', ORIGIN).expect(200);
    expect(readable(answer)).toBe(ORIGIN);
    expect(answer.headers.vary).toMatch(/\borigin\b/i);
    for (const origin of [OTHER, 'null', `${ORIGIN}.evil.example`, ORIGIN.toUpperCase()]) {
      const other = await open.post(sample).set('origin', origin).expect(200);
      expect(readable(other)).toBeUndefined();
      expect(other.headers.vary).toMatch(/\borigin\b/i);
    }
    const none = await open.post(sample).expect(200);
    expect(readable(none)).toBeUndefined();
    expect(none.headers.vary).toMatch(/\borigin\b/i);
  });

  it('a preflight is answered for every address, with all methods and the headers asked for', async () => {
    for (const path of [...addresses(), ...UNKNOWN]) {
      const { status, headers, text } = await preflight(path);
      expect([path, status, text]).toEqual([path, 204, '']);
      expect(headers).toMatchObject({
        'access-control-allow-origin': ORIGIN,
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
        'access-control-allow-headers': 'content-type,x-api-key',
        'access-control-max-age': '600',
        vary: expect.stringMatching(/origin/i),
      });
    }
  });

  it('a preflight of a page of another origin is no preflight', async () => {
    const known = await preflight('/predict_ctr', OTHER);
    expect([known.status, readable(known), known.headers.allow]).toEqual([405, undefined, 'POST']);
    expect(known.headers['access-control-allow-methods']).toBeUndefined();
    expect((await preflight('/nowhere', OTHER)).status).toBe(404);
  });

  it('every header that the documentation names may be read', async () => {
    const answer = await open.post(sample).set('origin', ORIGIN).expect(200);
    const exposed = answer.headers['access-control-expose-headers'].split(', ');
    expect(exposed).toEqual(EXPOSED_HEADERS);
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    const named = operations.flatMap(({ responses }) =>
      Object.values(responses).flatMap(({ headers = {} }) => Object.keys(headers)),
    );
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(exposed).toContain(name);
    const own = ['x-model-version', 'etag', 'x-request-id', 'retry-after', 'x-unknown-words'];
    expect(exposed).toEqual(expect.arrayContaining(own));
  });

  it('a page may read why it was refused, whoever refused it', async () => {
    const key = createHash('sha256').update(randomBytes(9)).digest('hex');
    const strict = { API_KEYS: `a:predict:${key}`, RATE_LIMIT_PER_MINUTE: '2' };
    const api = await runApp({ MODEL_DIR: folder, ...SETTINGS, ...strict });
    const refused = async (path: string) => {
      const answer = await request(api.server).get(path).set('origin', ORIGIN);
      expect(readable(answer)).toBe(ORIGIN);
      return answer.status;
    };
    const statuses = [await refused('/stats'), await refused('/nowhere'), await refused('/stats')];
    await api.close();
    expect(statuses).toEqual([401, 404, 429]);
    for (const path of ['/predict_ctr', '/docs/%00', '/models/%zz']) {
      const answer = await open.get(path).set('origin', ORIGIN);
      expect([path, readable(answer)]).toEqual([path, ORIGIN]);
      expect([400, 404, 405]).toContain(answer.status);
    }
  });
});

describe('without CORS', () => {
  it('no answer speaks of origins', async () => {
    const answer = await closed.post(sample).set('origin', ORIGIN).expect(200);
    const names = Object.keys(answer.headers);
    expect(names.filter((name) => /^access-control|^vary$/.test(name))).toEqual([]);
  });
});

describe.each([
  ['on', () => open],
  ['off', () => closed],
])('with CORS %s', (_name, service) => {
  const ask = (method: 'get' | 'post' | 'put' | 'patch' | 'delete' | 'options', path: string) =>
    request(service().server)[method](path);

  it('an unknown address is 404 to every method', async () => {
    for (const path of UNKNOWN) {
      for (const method of ['get', 'post', 'put', 'patch', 'delete', 'options'] as const) {
        const { status } = await ask(method, path);
        expect([method, path, status]).toEqual([method, path, 404]);
      }
    }
  });

  it('OPTIONS that is no preflight is 405 with what the address allows', async () => {
    for (const path of addresses()) {
      const { status, headers } = await ask('options', path);
      expect([path, status]).toEqual([path, 405]);
      expect(headers.allow).toMatch(/^(DELETE|GET|HEAD|POST|PUT)(, (GET|HEAD|POST|PUT))*$/);
    }
  });
});
