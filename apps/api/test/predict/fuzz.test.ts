import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type Socket, connect } from 'node:net';
import fc from 'fast-check';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';
import { within } from '../wait-for.js';

const SEED = 42;
const PATIENCE_MS = 20_000;
const text = JSON.stringify(sample);

let api: RunningApp;
let hasty: RunningApp;
let port: number;
beforeAll(async () => {
  const limits = { BODY_LIMIT_BYTES: '20000', LOG_LEVEL: 'error' };
  const MODEL_DIR = await modelFolder();
  api = await runApp({ MODEL_DIR, ...limits });
  hasty = await runApp({ MODEL_DIR, ...limits, REQUEST_TIMEOUT_MS: '400' });
  port = portOf(api);
});
afterAll(() => Promise.all([api.close(), hasty.close()]));

function portOf({ server }: RunningApp): number {
  return (server.address() as { port: number }).port;
}
// Whatever came in, the service still answers, and blames itself for nothing.
afterEach(async () => {
  expect((await api.post(sample).expect(200)).body).toEqual({ predicted_ctr: expect.any(Number) });
  const logs = [...api.logs, ...hasty.logs];
  expect(logs.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

interface Sent {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Valid JSON of the wrong shape, JSON with a byte or two changed, and no JSON at all. */
const bodies: fc.Arbitrary<Buffer> = fc.oneof(
  fc.json({ maxDepth: 4 }).map((json) => Buffer.from(json)),
  fc
    .record({ impressions: fc.jsonValue(), ad_position: fc.jsonValue(), budget: fc.jsonValue() })
    .map((fields) => Buffer.from(JSON.stringify({ ...sample, ...fields }))),
  fc
    .array(fc.tuple(fc.nat(text.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
    .map((changes) => {
      const bytes = Buffer.from(text);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    }),
  fc.nat(text.length).map((length) => Buffer.from(text.slice(0, length))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary' }).map((string) => Buffer.from(JSON.stringify({ [string]: 1 }))),
  fc
    .constantFrom(
      '{"impressions":5000,"impressions":1,"ad_position":1,"device_type":"mobile","budget":1}',
      text.replace('5000', '1e999'),
      text.replace('5000', '-0'),
      text.replace('5000', '５０００'),
      text.replace('mobile', '\\ud800'),
      `{"__proto__":{"x":1},${text.slice(1)}`,
      `{"constructor":{"prototype":{"x":1}},${text.slice(1)}`,
      '['.repeat(9_000),
      '{"a":'.repeat(3_000),
      '"'.repeat(999),
      'null',
      '0',
      '',
    )
    .map((json) => Buffer.from(json)),
  fc
    .constantFrom('utf16le', 'latin1')
    .map((encoding) => Buffer.from(`\ufeff${text}ÿ`, encoding as BufferEncoding)),
);

const headers: fc.Arbitrary<Record<string, string>> = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'application/json; charset=utf-16',
      'application/json;;;',
      'APPLICATION/JSON',
      'application/json, text/plain',
      'text/plain',
      'application/',
      '',
    ),
    'content-encoding': fc.constantFrom('gzip', 'identity', 'x'),
    'x-request-id': fc.string({ unit: 'grapheme-ascii', maxLength: 100 }),
    'x-api-key': fc.string({ unit: 'grapheme-ascii', maxLength: 100 }),
    authorization: fc.constantFrom('Bearer', 'Bearer ', 'Basic x', ''),
    'accept-version': fc.constantFrom('1', '*', 'x'),
    'x-forwarded-for': fc.constantFrom('', ',,,', '::1, x', '999.1.1.1'),
    accept: fc.constantFrom('text/html', '*/*;q=', ''),
  },
  { requiredKeys: [] },
);

const agent = new Agent({ keepAlive: true, maxSockets: 20 });
afterAll(() => agent.destroy());

/** The status of the answer; 0 when the service hung up without one. */
function send({ body, headers: own }: Sent): Promise<number> {
  return new Promise((resolve, reject) => {
    const all = { 'content-type': 'application/json', ...own, 'content-length': body.length };
    const path = '/predict_ctr';
    const sent = request({ port, host: '127.0.0.1', path, method: 'POST', headers: all, agent });
    sent.setTimeout(PATIENCE_MS, () =>
      reject(new Error(`no answer to ${body.toString('latin1')}`)),
    );
    sent.on('error', () => resolve(0));
    sent.on('response', (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode!));
    });
    sent.end(body);
  });
}

async function sendAll(requests: readonly Sent[]): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let next = 0;
  const client = async () => {
    while (next < requests.length) {
      const status = await send(requests[next++]);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 20 }, client));
  return statuses;
}

describe('whatever is sent', () => {
  it('gets an answer, and never a 500: ten thousand bodies and headers', async () => {
    const requests = fc.sample(fc.record({ body: bodies, headers }), {
      numRuns: 10_000,
      seed: SEED,
    });
    const statuses = await sendAll(requests);
    const total = [...statuses.values()].reduce((sum, count) => sum + count);
    expect(total).toBe(10_000);
    expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
    // The odd one may have the connection closed on it, as HTTP asks for after some errors.
    expect(statuses.get(0) ?? 0).toBeLessThan(500);
    for (const status of [200, 400, 415, 422]) expect(statuses.get(status)).toBeGreaterThan(10);
  }, 240_000);

  it('leaves the prototypes of objects alone', () => {
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

/** What comes back until the service hangs up, which it must. */
async function exchange(write: (socket: Socket) => void, at = port): Promise<string> {
  const socket = connect(at, '127.0.0.1').setEncoding('latin1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  write(socket);
  await within('the service to hang up', once(socket, 'close'));
  return answer;
}

const head = (...lines: string[]) =>
  [
    'POST /predict_ctr HTTP/1.1',
    'host: x',
    'content-type: application/json',
    ...lines,
    '',
    '',
  ].join('\r\n');

describe('a connection that makes no sense', () => {
  it.each([
    ['chunks without lengths', `${head('transfer-encoding: chunked')}zzz\r\n`],
    ['a chunk of negative length', `${head('transfer-encoding: chunked')}-5\r\nhello\r\n`],
    ['both lengths', `${head('transfer-encoding: chunked', 'content-length: 5')}0\r\n\r\n`],
    ['two lengths', head('content-length: 5', 'content-length: 6')],
    ['a length that is none', head('content-length: many')],
    ['bytes that are no HTTP', '\x16\x03\x01\x02\x00\x01\x00'],
    ['a method that is none', 'PREDICT / HTTP/1.1\r\n\r\n'],
    ['a version that is none', 'POST / HTTP/9.9\r\n\r\n'],
    ['a header with a zero byte', head('x: \0')],
  ])('is answered 400 and closed: %s', async (_what, bytes) => {
    expect(await exchange((socket) => socket.write(bytes, 'latin1'))).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each([
    ['a head, byte by byte', (socket: Socket, i: number) => socket.write('POST /'[i] ?? 'x')],
    [
      'a body, byte by byte',
      (socket: Socket, i: number) => socket.write(i === 0 ? head('content-length: 9999') : ' '),
    ],
  ])('is given up when it is too slow: %s', async (_what, drip) => {
    let timer: NodeJS.Timeout | undefined;
    const answer = await exchange((socket) => {
      let i = 0;
      timer = setInterval(() => !socket.destroyed && drip(socket, i++), 50);
    }, portOf(hasty)).finally(() => clearInterval(timer));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});
