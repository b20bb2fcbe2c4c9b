import { createHash } from 'node:crypto';
import { Registry } from '@adscale/ctr';
import fc from 'fast-check';
import { Door } from '../../src/door/door.js';
import { Wire } from '../../src/door/wire.js';
import { ModelFollower } from '../../src/model/follower.js';
import { Predictions } from '../../src/predict/predictions.js';
import { sample } from '../running-app.js';
import { emptyFolder, modelFolder, trainWords } from '../trained-models.js';
import { AllWays, type Seen } from './all-ways.js';

const RUNS = 100;
const KEY = 'a key';
const ADMIN = 'an admin key';
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
const API_KEYS = `bidder:predict:${hashOf(KEY)},ops:admin:${hashOf(ADMIN)}`;

const wordRecord = {
  ...{ impressions: 4000, ad_position: 3, publisher: 'news.example', keyword: 'red shoes' },
  ...{ creative: 1001, device_type: 'mobile' },
};

let ways: AllWays;
let throughDoor: jest.SpyInstance;
let offTheWire: jest.SpyInstance;
beforeEach(() => {
  // A limit's seconds to wait are the same for both then.
  jest.spyOn(Date, 'now').mockReturnValue(1.8e12);
  throughDoor = jest.spyOn(Door.prototype as unknown as { begin(): void }, 'begin');
  offTheWire = jest.spyOn(Wire.prototype, 'endOf');
});
afterEach(async () => {
  jest.restoreAllMocks();
  await ways?.close();
});

/** A request, and how its bytes come. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly framing: 'length' | 'pieces' | 'chunked' | 'too short' | 'too long';
}

const aRecord = fc.oneof(
  fc.record({
    impressions: fc.integer({ min: 1, max: 200_000 }),
    ad_position: fc.integer({ min: 1, max: 10 }),
    device_type: fc.constantFrom('mobile', 'desktop', 'tablet'),
    budget: fc.double({ min: 0.01, max: 50_000, noNaN: true }),
  }),
  fc.record({
    ...{ impressions: fc.jsonValue(), ad_position: fc.jsonValue(), device_type: fc.jsonValue() },
    budget: fc.jsonValue(),
  }),
  fc.record({
    ...{ impressions: fc.constant(4000), publisher: fc.string(), keyword: fc.string() },
    ...{ ad_position: fc.integer({ min: 0, max: 11 }), creative: fc.integer() },
    device_type: fc.constantFrom('mobile', 'desktop', 'watch'),
  }),
  fc.dictionary(fc.string(), fc.jsonValue()),
);

const text = JSON.stringify(sample);
const aBody: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: aRecord.map((record) => JSON.stringify(record)) },
  fc.array(aRecord, { maxLength: 12 }).map((records) => JSON.stringify(records)),
  fc.json(),
  fc.nat(text.length).map((length) => text.slice(0, length)),
  fc.constantFrom(
    `{"__proto__":{"x":1},${text.slice(1)}`,
    `{"\\u005f_proto__":{"x":1},${text.slice(1)}`,
    `[{"constructor":{"prototype":{"x":1}}}]`,
    `{"constructor":{},${text.slice(1)}`,
    `\ufeff${text}`,
    `\ufeff`,
    `[${'{},'.repeat(20)}{}]`,
    `"${'x'.repeat(3000)}"`,
    ` ${text}\n`,
    '',
  ),
);

/** Headers that any door may see: of these a plain request may have any. */
const plainHeaders = {
  'content-type': fc.constantFrom('application/json', 'application/json; charset=utf-8'),
  'x-request-id': fc.oneof(
    fc.constantFrom('a-1', 'x'.repeat(65), 'not a word'),
    fc.stringMatching(/^[\w.:-]{1,64}$/),
  ),
  'x-api-key': fc.constantFrom(KEY, ADMIN, 'a guess'),
  authorization: fc.constantFrom(`Bearer ${KEY}`, 'Basic x'),
  'x-forwarded-for': fc.constantFrom('192.0.2.1', '192.0.2.2, 192.0.2.3', ',,'),
  connection: fc.constantFrom('close', 'keep-alive'),
};

const oddHeaders = {
  ...plainHeaders,
  'content-type': fc.constantFrom(
    'Application/JSON',
    'application/json; charset=utf-16',
    'application/x-ndjson',
    'text/plain',
    'application/',
    '',
  ),
  'content-encoding': fc.constant('gzip'),
  'accept-version': fc.constant('1'),
  origin: fc.constant('https://elsewhere.example'),
};

const someHeaders: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 4, arbitrary: fc.record(plainHeaders, { requiredKeys: ['content-type'] }) },
  fc.record(oddHeaders, { requiredKeys: [] }),
);

const requests: fc.Arbitrary<Asked> = fc.record({
  method: fc.oneof({ weight: 9, arbitrary: fc.constant('POST') }, fc.constantFrom('GET', 'PUT')),
  path: fc.oneof(
    { weight: 6, arbitrary: fc.constant('/predict_ctr') },
    { weight: 3, arbitrary: fc.constant('/predict_ctr/batch') },
    fc.constantFrom(
      ...['/predict_ctr?interval=0.9', '/predict_ctr?explain=true', '/predict_ctr?x=1'],
      ...['/predict_ctr?', '/predict_ctr/', '/predict_ctr/batch?x=1', '/predict_ctr/%62atch'],
    ),
  ),
  headers: someHeaders,
  body: aBody.map((body) => Buffer.from(body)),
  framing: fc.oneof(
    { weight: 6, arbitrary: fc.constant('length' as const) },
    fc.constantFrom('pieces', 'chunked', 'too short', 'too long'),
  ),
});

function piecesOf({ method, path, headers, body, framing }: Asked): Buffer[] {
  const length = body.length + ({ 'too short': -1, 'too long': 1 }[framing as string] ?? 0);
  const isChunked = framing === 'chunked';
  const framed = isChunked
    ? { 'transfer-encoding': 'chunked' }
    : { 'content-length': String(Math.max(0, length)) };
  const lines = Object.entries({ host: 'x', ...headers, ...framed });
  const head = Buffer.from(
    `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
  if (isChunked) {
    const size = body.length.toString(16);
    const end = body.length === 0 ? '0\r\n\r\n' : '\r\n0\r\n\r\n';
    return [head, Buffer.from(body.length === 0 ? '' : `${size}\r\n`), body, Buffer.from(end)];
  }
  if (framing !== 'pieces') return [Buffer.concat([head, body])];
  const middle = body.length >> 1;
  return [head, body.subarray(0, middle), body.subarray(middle)].filter(({ length }) => length > 0);
}

const plain = (body: unknown, path = '/predict_ctr', headers = {}): Buffer[] =>
  piecesOf({
    ...{ method: 'POST', path, framing: 'length' },
    headers: { 'content-type': 'application/json', 'x-request-id': 'one', ...headers },
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });

/** Sends many requests each way and compares what is seen, logged and counted. */
async function compare(runs = RUNS): Promise<void> {
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(requests, async (asked) => {
      const seen = await seenBy(piecesOf(asked));
      // What could not be read as a request is no request to any of them.
      const readable = seen.filter(({ body }) => !body.includes('MALFORMED_REQUEST'));
      answers += readable.filter(({ body }) => /"request_id"|predict/.test(body)).length;
    }),
    { numRuns: runs, seed: 42, endOnFailure: true },
  );
  expect(answers).toBeGreaterThan(runs / 2);
  expectSame(await ways.logged(answers));
  expectSame(await ways.counted());
  expect(throughDoor.mock.calls.length).toBeGreaterThan(runs / 5);
  expect(offTheWire.mock.calls.length).toBeGreaterThan(runs / 5);
}

/** What all ways give, which must be the same. */
function expectSame<T>([wired, door, frame]: readonly T[]): T {
  expect(wired).toEqual(frame);
  expect(door).toEqual(frame);
  return frame;
}

/** What a client sees that sends these pieces on one connection, whichever way it is answered. */
async function seenBy(pieces: readonly Buffer[]): Promise<Seen[]> {
  return expectSame(await ways.ask(pieces));
}

describe('all ways give the same status, headers and body, log the same and count the same', () => {
  it('for whatever is sent', async () => {
    const limits = { BODY_LIMIT_BYTES: '2000', BATCH_LIMIT: '10', CACHE_ENTRIES: '5' };
    ways = await AllWays.open({ MODEL_DIR: await modelFolder(), ...limits });
    await compare();
  }, 120_000);

  it('where keys are needed and limits are reached', async () => {
    const RATE_LIMIT_PER_MINUTE = '40';
    const keys = { API_KEYS, RATE_LIMIT_PER_MINUTE, TRUST_PROXY: '1' };
    ways = await AllWays.open({ MODEL_DIR: await modelFolder(), ...keys });
    const statuses = new Set<string>();
    for (const key of [KEY, ADMIN, 'a guess']) {
      for (let i = 0; i < 45; i++) {
        const seen = await seenBy(plain(sample, undefined, { 'x-api-key': key }));
        statuses.add(seen[0].head[0]);
      }
    }
    expect([...statuses].map((line) => line.slice(9, 12)).sort()).toEqual([
      '200',
      '401',
      '403',
      '429',
    ]);
  }, 60_000);

  it('for requests with and without keys', async () => {
    ways = await AllWays.open({ MODEL_DIR: await modelFolder(), API_KEYS });
    for (const headers of [{}, { 'x-api-key': KEY }, { authorization: `Bearer ${KEY}` }]) {
      await seenBy(plain(sample, undefined, headers));
    }
  });

  it('while there is too much to do', async () => {
    ways = await AllWays.open({ MODEL_DIR: await modelFolder(), MAX_IN_FLIGHT: '1' });
    const [whole] = plain(sample);
    const end = await ways.occupy(whole.subarray(0, whole.length - 5));
    for (const body of [sample, '{', []]) {
      const seen = await seenBy(plain(body));
      expect(seen[0].head[0]).toContain('503');
    }
    end();
  });

  it('while there is no model', async () => {
    ways = await AllWays.open({ MODEL_DIR: await emptyFolder() });
    await compare(60);
  }, 60_000);

  it('with a canary and a shadow, known and unknown words', async () => {
    const folder = await emptyFolder();
    const registry = new Registry(folder);
    const [first, second] = [await trainWords(), await trainWords('forest', true)];
    await registry.publish(first.bytes, first.card);
    const version = await registry.publish(second.bytes, second.card, { promote: false });
    await registry.setTrial('canary', { version, percent: 50 });
    await registry.setTrial('shadow', { version, percent: 50 });
    ways = await AllWays.open({ MODEL_DIR: folder });
    for (const { app } of ways.apps) await app.get(ModelFollower).look();
    const versions = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const record = { ...wordRecord, keyword: i % 3 === 0 ? `word ${i}` : 'shoes', creative: i };
      const seen = await seenBy(plain(record));
      versions.add(seen[0].head.find((line) => line.startsWith('x-model-version'))!);
    }
    expect(versions.size).toBe(2);
    await compare(80);
  }, 120_000);

  it('when the service fails, and when it is told to stop', async () => {
    ways = await AllWays.open({ MODEL_DIR: await modelFolder() });
    const broken = jest.spyOn(Predictions.prototype, 'of').mockImplementation(() => {
      throw new Error('broken');
    });
    const [failed] = await seenBy(plain(sample));
    expect(failed.head[0]).toContain('500');
    broken.mockRestore();
    ways.leave();
    for (const body of [sample, '{', [sample]]) {
      const seen = await seenBy(plain(body));
      expect(seen[0].head).toContain('connection: close');
    }
    expectSame(await ways.logged(4));
  });

  it('for bodies of more objects than memory has room for, and of braces in text', async () => {
    ways = await AllWays.open({ MODEL_DIR: await modelFolder(), BATCH_LIMIT: '60000' });
    const many = (part: string) => `[${`${part},`.repeat(130_000)}${part}]`;
    for (const body of [many('{}'), many('[]'), many('[{},"\\\\"]')]) {
      const [{ head, body: problem }] = await seenBy(plain(body, '/predict_ctr/batch'));
      expect(head[0]).toContain('413');
      expect(problem).toMatch(/The body holds \d{6} objects and arrays, wanted at most 120000\./);
    }
    const text = JSON.stringify({ ...sample, device_type: '{[\\"\\'.repeat(120_000) });
    const [{ head }] = await seenBy(plain(`[${text}]`, '/predict_ctr/batch'));
    expect(head[0]).toContain('200');
  });

  it('for requests of one connection that are plain, are not, and are again', async () => {
    ways = await AllWays.open({ MODEL_DIR: await modelFolder() });
    const [one, broken, batch] = [sample, { ...sample, budget: -1 }, [sample]].map((body) => {
      return plain(body, Array.isArray(body) ? '/predict_ctr/batch' : '/predict_ctr')[0];
    });
    const [query] = plain(sample, '/predict_ctr?interval=0.9');
    const [halves] = plain({ ...sample, budget: 3 });
    const cut = halves.length - 7;
    for (const pieces of [
      [one, broken, batch, one],
      [one, query, one, broken],
      [one, halves.subarray(0, cut), halves.subarray(cut), one],
      [one, halves.subarray(0, 20), Buffer.concat([halves.subarray(20), one]), one],
      [one, Buffer.from('\r\n'), one],
      [one, Buffer.from('no request\r\n\r\n'), one],
    ]) {
      const seen = await seenBy(pieces);
      expect(seen.length).toBeGreaterThan(1);
    }
  });

  it.each([
    ['a head of another form', (head: string) => head.replace('host: x', 'host:  x')],
    ['a header that is there twice', (head: string) => `${head}\r\nhost: x`],
    ['two lengths', (head: string) => `${head}\r\ncontent-length: 9`],
    [
      'a length with a sign',
      (head: string) => head.replace('content-length: ', 'content-length: +'),
    ],
    ['a folded header', (head: string) => `${head}\r\nx-a: 1\r\n  folded`],
    ['a space before the colon', (head: string) => `${head}\r\nx-a : 1`],
    ['no host', (head: string) => head.replace('host: x\r\n', '')],
    ['line feeds alone', (head: string) => `${head}\r\nx-a: 1\nx-b: 2`],
    [
      'a chunked body besides its length',
      (head: string) => `${head}\r\ntransfer-encoding: chunked`,
    ],
    ['an upgrade', (head: string) => `${head}\r\nupgrade: h2c\r\nconnection: upgrade`],
    ['HTTP/1.0', (head: string) => head.replace('HTTP/1.1', 'HTTP/1.0')],
    ['bytes above ASCII', (head: string) => `${head}\r\nx-a: é`],
    ['a carriage return in a value', (head: string) => `${head}\r\nx-a: 1\r2`],
  ])('and leaves %s to the parser of Node', async (_, change) => {
    ways = await AllWays.open({ MODEL_DIR: await modelFolder() });
    const [head, body] = plain(sample)[0].toString().split('\r\n\r\n');
    await seenBy([Buffer.from(`${change(head)}\r\n\r\n${body}`)]);
    expect(offTheWire).not.toHaveBeenCalled();
    // But for the change it would not have been.
    await seenBy(plain(sample));
    expect(offTheWire).toHaveBeenCalledTimes(1);
  });

  it('for requests that come one after the other without a pause', async () => {
    ways = await AllWays.open({ MODEL_DIR: await modelFolder() });
    const several = [sample, '{"a":', sample, [sample], sample].map((body) => plain(body)[0]);
    const seen = await seenBy([Buffer.concat(several)]);
    expect(seen.length).toBeGreaterThan(1);
  });
});
