import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { truncate } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { CtrError, Registry, alone, defaultSchema } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import request from 'supertest';
import { Readiness } from '../../src/health/readiness.js';
import { ServedModel } from '../../src/model/served-model.js';
import { type ProblemCode, catalogue } from '../../src/problem/catalogue.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, modelFolder, otherSchema, trainModel } from '../trained-models.js';

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
  return { status, type: headers['content-type'], headers, body: body ? JSON.parse(body) : {} };
}

/** Asks for an address as it is written: whatever normal clients make of it before they send it. */
function ask(api: RunningApp, method: string, target: string): Promise<Problem> {
  return exchange(api, `${method} ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
}

/** Addresses that nothing is at, below routes of every kind. */
const strangeTargets = [
  ...['/%zz', '/%', '/%00', '/a%00b', '/%c0%af', '/%ff', '/.', '/..', '/%2e%2e%2f', '//', '//docs'],
  ...[
    '/docs/../x',
    '/docs/%2e%2e/x',
    '/docs/a%00b',
    '/docs/%00',
    '/docs/%zz',
    '/docs/%',
    '/docs/.',
  ],
  ...[
    '/docs/..',
    '/docs/./x',
    '/docs//',
    '/docs//x',
    '/docs/.env',
    '/docs/LICENSE',
    '/docs/%0d%0a',
  ],
  ...[
    '/docs/..%2f..%2fpackage.json',
    '/docs/%5c..%5cx',
    '/docs/\\..\\x',
    '/docs/swagger-ui.css/..',
  ],
  ...['/docs/c:', '/docs/%2fetc%2fpasswd', '/docs/swagger-ui.css%20', '/docs/Swagger-UI.css'],
  ...[`/docs/${'x'.repeat(5000)}`, `/docs/${'x/'.repeat(3000)}`, `/${'y'.repeat(9000)}`],
  ...[
    '/models/%zz',
    '/models/%00',
    '/models/..',
    '/models/%2e%2e%2fetc',
    `/models/${'z'.repeat(500)}`,
  ],
  ...['/v2/%zz', '/v2/../x', '/v2/models/%00', '/v2/models/%zz', `/v2/models/${'z'.repeat(500)}`],
  ...['/v2/models/ctr/versions/%c0%af', '/v2/models/ctr/versions/../ready', '/v2//'],
  ...[
    '/stats/',
    '/stats/%00',
    '/stats;x',
    '/stats%20',
    '/health/live%0a',
    '/docs-json/',
    '/docs-json%00',
  ],
  ...[
    'http://',
    'http://any.example/docs/../y',
    'http://any.example/%00',
    '\\x',
    '*',
    'stats',
    '?x',
  ],
];

async function answered(sent: request.Test): Promise<Problem> {
  const { status, headers, body } = await sent;
  return { status, type: headers['content-type'], headers, body };
}

const KEY = randomBytes(16).toString('hex');
const API_KEYS = `bidder:predict:${createHash('sha256').update(KEY).digest('hex')}`;

/** The service as it is, and as it is when it lacks or limits something. */
interface Services {
  readonly api: RunningApp;
  readonly bare: RunningApp;
  readonly limited: RunningApp;
  readonly crowded: RunningApp;
  readonly administered: RunningApp;
  readonly other: RunningApp;
  /** Takes files and jobs; the jobs wait for another process, which does not run them. */
  readonly training: RunningApp;
  /** Where the last of them finds its models. */
  readonly folder: string;
}

const admin = ({ server }: RunningApp, method: 'post' | 'put' | 'delete', path: string) =>
  request(server)[method](path).set('x-api-key', ADMIN_KEY);
const ADMIN_KEY = randomBytes(16).toString('hex');
const ADMIN_KEYS = `ops:predict+outcomes+admin:${createHash('sha256').update(ADMIN_KEY).digest('hex')}`;

const upload = (training: RunningApp, text: string) =>
  answered(admin(training, 'post', '/training/files?name=a.csv').send(text));

async function fileToLearnFrom(training: RunningApp): Promise<string> {
  return String((await upload(training, 'a')).body.id);
}

const startJob = (training: RunningApp, file: string) =>
  answered(admin(training, 'post', '/training/jobs').send({ kind: 'inspect', file }));

const decision = ({ server }: RunningApp, name: string, body: object) =>
  answered(request(server).post(`/${name}`).set('x-api-key', ADMIN_KEY).send(body));

const batch = ({ server }: RunningApp, body: object) =>
  request(server).post('/predict_ctr/batch').send(body);

/** The second line of a stream whose first line is too long: the problem of a line, as an answer. */
async function lineProblem({ server }: RunningApp, line: string): Promise<Problem> {
  const { status, text } = await request(server)
    .post('/predict_ctr/stream')
    .set('content-type', 'application/x-ndjson')
    .buffer(true)
    .parse((answer, done) => {
      let all = '';
      answer.setEncoding('utf8').on('data', (chunk) => (all += chunk));
      answer.on('end', () => done(null, all));
    })
    .send(`${line}\n`)
    .then((answer) => ({ status: answer.status, text: String(answer.body) }));
  const { error } = JSON.parse(text.split('\n')[0]);
  return { status, type: '', headers: {}, body: error };
}

/** A version whose file was cut short, beside the one that serves. */
async function brokenVersion(): Promise<string> {
  const { bytes, card } = await trainModel(defaultSchema, 0.3);
  const registry = new Registry(services.folder);
  const serving = await registry.current();
  const version = await registry.publish(bytes, card);
  await truncate(join(services.folder, 'versions', version, 'model.adsf'), 50);
  await registry.promote(serving!);
  return version;
}

/** A change that the registry answers with this error. */
async function failing({ administered, folder }: Services, error: Error): Promise<Problem> {
  const version = await new Registry(folder).current();
  const spy = jest.spyOn(Registry.prototype, 'promote').mockRejectedValueOnce(error);
  const problem = await answered(admin(administered, 'post', `/models/${version}/promote`));
  spy.mockRestore();
  return problem;
}

/** Problems that are told within an answer of another form than a problem's. */
const within: Partial<Record<ProblemCode, (services: Services) => Promise<string>>> = {
  LINE_TOO_LONG: async ({ api }) =>
    String((await lineProblem(api, `"${'x'.repeat(2_000_000)}"`)).body.code),
  INVALID_INFERENCE: async ({ api }) => {
    const { body } = await request(api.server).post('/v2/models/ctr/infer').send({}).expect(400);
    return body.error.split(':')[0];
  },
};

/** One way to run into each problem there is. */
const occurrences: Record<
  Exclude<ProblemCode, 'LINE_TOO_LONG' | 'INVALID_INFERENCE'>,
  (services: Services) => Promise<Problem>
> = {
  MALFORMED_REQUEST: ({ api }) => exchange(api, 'GET /stats HTTP/1.1\r\nno colon\r\n\r\n'),
  MALFORMED_JSON: ({ api }) => answered(api.post('{"impressions":')),
  MALFORMED_ENCODING: ({ api }) => answered(api.post('{}').set('content-encoding', 'gzip')),
  API_KEY_REQUIRED: ({ crowded }) => answered(crowded.post(sample)),
  SCOPE_MISSING: ({ crowded }) =>
    answered(request(crowded.server).post('/models/rollback').set('x-api-key', KEY)),
  ADMIN_CLOSED: ({ api }) => answered(request(api.server).post('/models/rollback')),
  NOT_FOUND: ({ api }) => answered(api.get('/predict')),
  MODEL_VERSION_UNKNOWN: ({ api }) => answered(api.get('/models/none')),
  NO_REPORT: ({ api }) => answered(api.get('/models/current/report')),
  VERSION_NOT_LOADED: async ({ administered, folder }) => {
    const { bytes, card } = await trainModel(defaultSchema, 0.4);
    const version = await new Registry(folder).publish(bytes, card, { promote: false });
    return answered(admin(administered, 'post', `/models/${version}/columns`).send(sample));
  },
  DECISION_UNKNOWN: ({ api }) => answered(api.get('/decisions/none')),
  EXPERIMENT_UNKNOWN: ({ api }) => answered(api.get('/experiments/none')),
  EXPERIMENT_FINISHED: async ({ api: { server } }) => {
    const plan = { name: 'x', arms: [{ name: 'a' }, { name: 'b' }] };
    const { body } = await request(server).post('/experiments').send(plan).expect(200);
    const finish = () => request(server).post(`/experiments/${body.id}/finish`).send({});
    await finish().expect(200);
    return answered(finish());
  },
  TRAINER_OFF: ({ administered: { server } }) =>
    answered(request(server).get('/training/jobs').set('x-api-key', ADMIN_KEY)),
  FILE_UNKNOWN: ({ training }) => answered(admin(training, 'delete', '/training/files/none')),
  JOB_UNKNOWN: ({ training }) => answered(admin(training, 'delete', '/training/jobs/none')),
  FILE_IN_USE: async ({ training }) => {
    const id = await fileToLearnFrom(training);
    await startJob(training, id);
    return answered(admin(training, 'delete', `/training/files/${id}`));
  },
  UPLOAD_TOO_LARGE: ({ training }) => upload(training, 'x'.repeat(1001)),
  UPLOAD_REFUSED: ({ training }) => upload(training, ''),
  INVALID_TRAINING: ({ training }) => answered(admin(training, 'post', '/training/jobs').send({})),
  TRAINING_QUEUE_FULL: async ({ training }) => {
    const id = await fileToLearnFrom(training);
    for (let i = 0; i < 8; i++) await startJob(training, id);
    return startJob(training, id);
  },
  UPLOADS_FULL: async ({ training }) => {
    for (let i = 0; i < 3; i++) await upload(training, 'x'.repeat(900));
    return upload(training, 'x'.repeat(900));
  },
  INVALID_EXPERIMENT: ({ api }) => answered(request(api.server).post('/experiments').send({})),
  NO_TRIAL: ({ api }) => answered(api.get('/models/none/trial')),
  METHOD_NOT_ALLOWED: ({ api }) => answered(api.get('/predict_ctr')),
  REQUEST_TIMEOUT: ({ api }) => exchange(api, 'POST /predict_ctr HTTP/1.1\r\nhost: x\r\n'),
  NO_INTERVALS: async ({ administered }) => {
    const model = administered.app.get(ServedModel).current!.model;
    const { intervals } = model.forest;
    Object.assign(model.forest, { intervals: null });
    const sent = request(administered.server).post('/predict_ctr?interval=0.9').send(sample);
    const problem = await answered(sent.set('x-api-key', ADMIN_KEY));
    Object.assign(model.forest, { intervals });
    return problem;
  },
  MODEL_REFUSED: async ({ administered }) => {
    const version = await brokenVersion();
    return answered(admin(administered, 'post', `/models/${version}/promote`));
  },
  NO_PREVIOUS_MODEL: ({ bare }) => answered(admin(bare, 'post', '/models/rollback')),
  REGISTRY_READ_ONLY: (all) => failing(all, Object.assign(new Error('EROFS'), { code: 'EROFS' })),
  REGISTRY_BUSY: (all) => failing(all, new CtrError('REGISTRY_BUSY', 'somebody else')),
  REGISTRY_UNAVAILABLE: (all) => failing(all, new CtrError('STORE_UNREACHABLE', 'no answer')),
  BODY_TOO_LARGE: ({ api }) => answered(api.post(' '.repeat(2000))),
  BATCH_TOO_LARGE: ({ api }) => answered(batch(api, [sample, sample, sample])),
  UNSUPPORTED_MEDIA_TYPE: ({ api }) => answered(api.post('impressions=5000', 'text/plain')),
  UNSUPPORTED_ENCODING: ({ api }) => answered(api.post('{}').set('content-encoding', 'zstd')),
  EXPECTATION_FAILED: ({ api }) =>
    exchange(
      api,
      'POST /predict_ctr HTTP/1.1\r\nhost: x\r\nexpect: a miracle\r\nconnection: close\r\n' +
        'content-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
    ),
  INVALID_RECORD: ({ api }) => answered(api.post({})),
  INVALID_BATCH: ({ api }) => answered(batch(api, {})),
  INVALID_QUERY: ({ api }) => answered(request(api.server).post('/explain?x=1').send(sample)),
  INVALID_TRIAL: ({ administered }) =>
    answered(admin(administered, 'put', '/models/canary').send({ percent: 500 })),
  INVALID_DECISION: ({ administered }) => decision(administered, 'rank', {}),
  DECISION_TOO_LARGE: ({ administered }) => {
    const candidates = Array.from({ length: 1001 }, () => ({ record: sample, bid_cpc: 1 }));
    return decision(administered, 'rank', { candidates });
  },
  DECISION_UNSUPPORTED: ({ other }) => {
    const record = { hour: 3, weight: 0.5, bid: 1, age: 40, country: 'de' };
    return decision(other, 'curve', { record, over: 'impressions', from: 1, to: 9 });
  },
  INFEASIBLE_ALLOCATION: ({ administered }) => {
    const record = { ad_position: 1, device_type: 'mobile' };
    const cells = [{ record, cost: { cpm: 5 }, floor: 10.01 }];
    return decision(administered, 'allocate', { budget: 10, cells });
  },
  OUTCOMES_OFF: ({ administered }) =>
    answered(request(administered.server).get('/outcomes').set('x-api-key', ADMIN_KEY)),
  OUTCOMES_UNAVAILABLE: ({ other }) => answered(other.get('/outcomes')),
  INVALID_OUTCOMES: ({ api }) => answered(request(api.server).post('/outcomes').send([{}])),
  RATE_LIMITED: async ({ limited }) => {
    await limited.post(sample);
    return answered(limited.post(sample));
  },
  HEADERS_TOO_LARGE: ({ api }) =>
    exchange(api, `GET /stats HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`),
  INTERNAL_ERROR: async ({ api }) => {
    const stats = api.app.get(ServiceStats);
    const { snapshot } = stats;
    stats.snapshot = () => {
      throw new Error('secret: /etc/passwd');
    };
    const problem = await answered(api.get('/stats'));
    stats.snapshot = snapshot;
    return problem;
  },
  MODEL_NOT_LOADED: ({ bare }) => answered(bare.post(sample).set('x-api-key', ADMIN_KEY)),
  OVERLOADED: async ({ crowded }) => {
    const { port } = crowded.server.address() as { port: number };
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST /predict_ctr HTTP/1.1\r\nhost: x\r\nx-api-key: ${KEY}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n`,
    );
    await once(crowded.server, 'request');
    const problem = await answered(crowded.post(sample));
    socket.destroy();
    return problem;
  },
  SHUTTING_DOWN: ({ bare }) => {
    bare.app.get(Readiness).startDraining();
    return answered(bare.get('/health/ready'));
  },
};

let services: Services;
let api: RunningApp;
/** Ends the process that holds the queue. */
let letGo: () => void;
let held: Promise<void>;

beforeAll(async () => {
  const limits = { BODY_LIMIT_BYTES: '1000', REQUEST_TIMEOUT_MS: '300', BATCH_LIMIT: '2' };
  const MODEL_DIR = await modelFolder();
  const folder = await modelFolder();
  api = await runApp({ MODEL_DIR, ...limits });
  const UPLOAD_DIR = await emptyFolder();
  const small = { UPLOAD_LIMIT_BYTES: '1000', UPLOAD_TOTAL_BYTES: '3000' };
  await new Promise<void>((hasBegun) => {
    const until = new Promise<void>((resolve) => (letGo = resolve));
    held = alone(UPLOAD_DIR, 'training.lock', () => (hasBegun(), until));
  });
  services = {
    api,
    bare: await runApp({ MODEL_DIR: await emptyFolder(), API_KEYS: ADMIN_KEYS }),
    limited: await runApp({ MODEL_DIR, RATE_LIMIT_PER_MINUTE: '1' }),
    crowded: await runApp({ MODEL_DIR, API_KEYS, MAX_IN_FLIGHT: '1' }),
    administered: await runApp({ MODEL_DIR: folder, API_KEYS: ADMIN_KEYS, OUTCOMES_URL: 'off' }),
    // Nothing listens there.
    other: await runApp({
      MODEL_DIR: await modelFolder(otherSchema),
      OUTCOMES_URL: 'postgres://127.0.0.1:1/none',
    }),
    training: await runApp({
      ...{ MODEL_DIR, API_KEYS: ADMIN_KEYS, TRAINER: 'on', UPLOAD_DIR },
      ...small,
    }),
    folder,
  };
});
afterAll(async () => {
  const { bare, limited, crowded, administered, other, training } = services;
  await Promise.all(
    [api, bare, limited, crowded, administered, other, training].map((service) => service.close()),
  );
  letGo();
  await held;
});

describe('the catalogue of problems', () => {
  it.each(Object.keys(occurrences) as (keyof typeof occurrences)[])(
    '%s is answered as it says',
    async (code) => {
      const { status, type, body } = await occurrences[code](services);
      const entry = catalogue[code];
      expect(body).toMatchObject({ status: entry.status, code, title: entry.title });
      expect(type).toMatch(/^application\/problem\+json/);
      expect(status).toBe(entry.status);
      expect(body.type).toBe(`urn:adscale:problem:${code.toLowerCase().replaceAll('_', '-')}`);
      expect(JSON.stringify(body)).not.toMatch(/secret|node_modules|\.ts|\.js:|\n\s+at /);
    },
  );

  it.each(Object.keys(within) as ProblemCode[])('%s is told within an answer', async (code) => {
    expect(await within[code]!(services)).toBe(code);
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
    const { body } = await occurrences.INTERNAL_ERROR(services);
    const logged = api.logs.find(({ request_id, err }) => request_id === body.request_id && err);
    expect(logged).toMatchObject({ level: 50, err: { message: 'secret: /etc/passwd' } });
  });

  it.each(strangeTargets)('is all there is at %j', async (target) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) {
      const { status, type, body } = await ask(api, method, target);
      expect([400, 404, 405]).toContain(status);
      if (method === 'GET') expect(status).not.toBe(405);
      if (method === 'HEAD') continue;
      if (target.startsWith('/v2/')) {
        expect(body).toEqual({ error: expect.stringMatching(/^(NOT_FOUND|METHOD_NOT_ALLOWED):/) });
        continue;
      }
      expect(type).toMatch(/^application\/problem\+json/);
      expect(body.code).toMatch(
        /^(NOT_FOUND|MODEL_VERSION_UNKNOWN|MALFORMED_REQUEST|METHOD_NOT_ALLOWED)$/,
      );
    }
  });

  it.each(['http://any.example/health/live', 'HTTP://any.example/health/live?x'])(
    'is not what %s has: proxies may be asked so',
    async (target) => {
      expect(await ask(api, 'GET', target)).toMatchObject({ status: 200, body: { status: 'ok' } });
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
