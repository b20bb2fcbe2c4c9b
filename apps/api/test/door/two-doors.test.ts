import { createHash } from 'node:crypto';
import { Registry } from '@adscale/ctr';
import fc from 'fast-check';
import { Door } from '../../src/door/door.js';
import { ModelFollower } from '../../src/model/follower.js';
import { Predictions } from '../../src/predict/predictions.js';
import { sample } from '../running-app.js';
import { emptyFolder, modelFolder, trainWords } from '../trained-models.js';
import { TwoDoors } from './two-doors.js';

const RUNS = 100;
const KEY = 'a key';
const ADMIN = 'an admin key';
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
const API_KEYS = `bidder:predict:${hashOf(KEY)},ops:admin:${hashOf(ADMIN)}`;

const wordRecord = {
  ...{ impressions: 4000, ad_position: 3, publisher: 'news.example', keyword: 'red shoes' },
  ...{ creative: 1001, device_type: 'mobile' },
};

let doors: TwoDoors;
let through: jest.SpyInstance;
beforeEach(() => {
  // A limit's seconds to wait are the same for both then.
  jest.spyOn(Date, 'now').mockReturnValue(1.8e12);
  through = jest.spyOn(Door.prototype as unknown as { begin(): void }, 'begin');
});
afterEach(async () => {
  jest.restoreAllMocks();
  await doors?.close();
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

/** Sends many requests through both doors and compares what is seen, logged and counted. */
async function compare(runs = RUNS): Promise<void> {
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(requests, async (asked) => {
      const [door, frame] = await doors.ask(piecesOf(asked));
      expect(door).toEqual(frame);
      // What could not be read as a request is no request to either.
      const readable = frame.filter(({ body }) => !body.includes('MALFORMED_REQUEST'));
      answers += readable.filter(({ body }) => /"request_id"|predict/.test(body)).length;
    }),
    { numRuns: runs, seed: 42, endOnFailure: true },
  );
  expect(answers).toBeGreaterThan(runs / 2);
  const [loggedByDoor, loggedByFrame] = await doors.logged(answers);
  expect(loggedByDoor).toEqual(loggedByFrame);
  const [countedByDoor, countedByFrame] = await doors.counted();
  expect(countedByDoor).toEqual(countedByFrame);
  expect(through.mock.calls.length).toBeGreaterThan(runs / 5);
}

describe('both doors give the same status, headers and body, log the same and count the same', () => {
  it('for whatever is sent', async () => {
    const limits = { BODY_LIMIT_BYTES: '2000', BATCH_LIMIT: '10', CACHE_ENTRIES: '5' };
    doors = await TwoDoors.open({ MODEL_DIR: await modelFolder(), ...limits });
    await compare();
  }, 120_000);

  it('where keys are needed and limits are reached', async () => {
    const RATE_LIMIT_PER_MINUTE = '40';
    const keys = { API_KEYS, RATE_LIMIT_PER_MINUTE, TRUST_PROXY: '1' };
    doors = await TwoDoors.open({ MODEL_DIR: await modelFolder(), ...keys });
    const statuses = new Set<string>();
    for (const key of [KEY, ADMIN, 'a guess']) {
      for (let i = 0; i < 45; i++) {
        const [door, frame] = await doors.ask(plain(sample, undefined, { 'x-api-key': key }));
        expect(door).toEqual(frame);
        statuses.add(door[0].head[0]);
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
    doors = await TwoDoors.open({ MODEL_DIR: await modelFolder(), API_KEYS });
    for (const headers of [{}, { 'x-api-key': KEY }, { authorization: `Bearer ${KEY}` }]) {
      const [door, frame] = await doors.ask(plain(sample, undefined, headers));
      expect(door).toEqual(frame);
    }
  });

  it('while there is too much to do', async () => {
    doors = await TwoDoors.open({ MODEL_DIR: await modelFolder(), MAX_IN_FLIGHT: '1' });
    const [whole] = plain(sample);
    const end = await doors.occupy(whole.subarray(0, whole.length - 5));
    for (const body of [sample, '{', []]) {
      const [door, frame] = await doors.ask(plain(body));
      expect(door).toEqual(frame);
      expect(door[0].head[0]).toContain('503');
    }
    end();
  });

  it('while there is no model', async () => {
    doors = await TwoDoors.open({ MODEL_DIR: await emptyFolder() });
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
    doors = await TwoDoors.open({ MODEL_DIR: folder });
    for (const { app } of doors.apps) await app.get(ModelFollower).look();
    const versions = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const record = { ...wordRecord, keyword: i % 3 === 0 ? `word ${i}` : 'shoes', creative: i };
      const [door, frame] = await doors.ask(plain(record));
      expect(door).toEqual(frame);
      versions.add(door[0].head.find((line) => line.startsWith('x-model-version'))!);
    }
    expect(versions.size).toBe(2);
    await compare(80);
  }, 120_000);

  it('when the service fails, and when it is told to stop', async () => {
    doors = await TwoDoors.open({ MODEL_DIR: await modelFolder() });
    const broken = jest.spyOn(Predictions.prototype, 'of').mockImplementation(() => {
      throw new Error('broken');
    });
    const failed = await doors.ask(plain(sample));
    expect(failed[0]).toEqual(failed[1]);
    expect(failed[0][0].head[0]).toContain('500');
    broken.mockRestore();
    doors.leave();
    for (const body of [sample, '{', [sample]]) {
      const [door, frame] = await doors.ask(plain(body));
      expect(door).toEqual(frame);
      expect(door[0].head).toContain('connection: close');
    }
    const [door, frame] = await doors.logged(4);
    expect(door).toEqual(frame);
  });

  it('for requests that come one after the other without a pause', async () => {
    doors = await TwoDoors.open({ MODEL_DIR: await modelFolder() });
    const several = [sample, '{"a":', sample, [sample], sample].map((body) => plain(body)[0]);
    const [door, frame] = await doors.ask([Buffer.concat(several)]);
    expect(door).toEqual(frame);
    expect(door.length).toBeGreaterThan(1);
  });
});
