import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { brotliCompressSync, createGunzip, deflateSync, gzipSync } from 'node:zlib';
import { ServiceFigures } from '../../src/stats/figures.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';
import { within } from '../wait-for.js';

/** Its class has no type of its own. */
type Gunzip = ReturnType<typeof createGunzip>;
const Gunzip = createGunzip().constructor as unknown as { readonly prototype: Gunzip };

const LIMIT = 20_000;
const BATCH_LIMIT = 40_000;
let api: RunningApp;

beforeAll(async () => {
  api = await runApp({
    MODEL_DIR: await modelFolder(),
    BODY_LIMIT_BYTES: String(LIMIT),
    BATCH_BODY_LIMIT_BYTES: String(BATCH_LIMIT),
  });
});
afterAll(() => api.close());

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

const LINES = { 'content-type': 'application/x-ndjson' };

/** Sends a body in pieces, each as soon as the one before is written. */
async function post(
  path: string,
  headers: OutgoingHttpHeaders,
  ...pieces: (string | Buffer)[]
): Promise<Answer> {
  const { port } = api.server.address() as AddressInfo;
  const sent = request({
    ...{ port, host: '127.0.0.1', path, method: 'POST', agent: false },
    headers: { 'content-type': 'application/json', ...headers },
  });
  // What a refused client still sends may be cut off.
  sent.on('error', () => {});
  const answered = within('an answer', once(sent, 'response')) as Promise<[IncomingMessage]>;
  for (const piece of pieces) sent.write(piece);
  sent.end();
  const [answer] = await answered;
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  await within('the end of an answer', once(answer, 'end'));
  return { status: answer.statusCode!, headers: answer.headers, text };
}

const codeOf = ({ text }: Answer) => JSON.parse(text).code ?? JSON.parse(text).error;
const record = JSON.stringify(sample);

const packings = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
] as const;

describe.each(packings)('a body in %s', (encoding, pack) => {
  const headers = { 'content-encoding': encoding };

  it('is answered as the same body plain, whether its length is known or not', async () => {
    const plain = await post('/predict_ctr', {}, record);
    expect(plain.status).toBe(200);
    const packed = pack(record);
    for (const length of [{}, { 'content-length': packed.length }]) {
      const answer = await post('/predict_ctr', { ...headers, ...length }, packed);
      expect([answer.status, answer.text]).toEqual([200, plain.text]);
      expect(answer.headers.etag).toBe(plain.headers.etag);
    }
  });

  it('may come byte by byte, and its encoding be written in any case', async () => {
    const bytes = [...pack(record)].map((byte) => Buffer.of(byte));
    const shout = { 'content-encoding': ` ${encoding.toUpperCase()} ` };
    expect((await post('/predict_ctr', shout, ...bytes)).status).toBe(200);
  });

  it('is taken by batches, decisions and the inference protocol', async () => {
    const batch = await post('/predict_ctr/batch', headers, pack(`[${record},${record}]`));
    expect(JSON.parse(batch.text)).toMatchObject({ ok: 2, failed: 0 });
    const rank = JSON.stringify({ candidates: [{ record: sample, bid_cpc: 1 }] });
    expect((await post('/rank', headers, pack(rank))).status).toBe(200);
    const inputs = Object.entries(sample).map(([name, value]) => ({
      name,
      datatype: typeof value === 'string' ? 'BYTES' : name === 'budget' ? 'FP64' : 'INT64',
      shape: [1],
      data: [value],
    }));
    const infer = pack(JSON.stringify({ inputs }));
    expect((await post('/v2/models/ctr/infer', headers, infer)).status).toBe(200);
  });

  it('is refused where it is cut short, broken, followed by more, or empty', async () => {
    const packed = pack(record);
    const wrong = [
      packed.subarray(0, -3),
      Buffer.from('this is not packed at all'),
      Buffer.concat([packed, Buffer.from('more')]),
      Buffer.from(record),
      Buffer.alloc(0),
    ];
    for (const bytes of wrong) {
      const answer = await post('/predict_ctr', headers, bytes);
      expect([answer.status, codeOf(answer)]).toEqual([400, 'MALFORMED_ENCODING']);
    }
  });

  it('of lines ends where it unpacks to more than any export would', async () => {
    const lines = { ...headers, 'content-type': 'application/x-ndjson' };
    const answer = await post('/predict_ctr/stream', lines, pack('x\n'.repeat(2_000_000)));
    expect(answer.text).toMatch(/BODY_TOO_LARGE[^\n]*Go on from line \d+\."\}\}\n$/);
    // Explained are the first hundred.
    expect(answer.text.match(/The line is not JSON/g)).toHaveLength(100);
    const usual = `${record}\n`.repeat(10_000);
    const answers = (await post('/predict_ctr/stream', lines, pack(usual))).text.split('\n');
    expect(answers.filter((line) => line.startsWith('{"predicted_ctr"'))).toHaveLength(10_000);
  });

  it('is refused for what it unpacks to, wherever that is read as a whole', async () => {
    const padded = (bytes: number) => pack(record.padEnd(bytes));
    expect((await post('/predict_ctr', headers, padded(LIMIT))).status).toBe(200);
    const over = await post('/predict_ctr', headers, padded(LIMIT + 1));
    expect([over.status, codeOf(over)]).toEqual([413, 'BODY_TOO_LARGE']);
    const batch = pack(`[${record}]`.padEnd(BATCH_LIMIT));
    expect((await post('/predict_ctr/batch', headers, batch)).status).toBe(200);
  });

  it('answers lines, however many, and as they come', async () => {
    const lines = `${record}\n`.repeat(1000);
    const answer = await post('/predict_ctr/stream', { ...headers, ...LINES }, pack(lines));
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(`${(await post('/predict_ctr', {}, record)).text}\n`.repeat(1000));
  });

  it('whose lines are cut short is told with the line to go on from, or 400 before the first', async () => {
    const random = Array.from({ length: 3000 }, (_, i) =>
      JSON.stringify({ ...sample, impressions: 1 + ((i * 7919) % 99_991) }),
    );
    const packed = pack(`${random.join('\n')}\n`);
    const whole = { ...headers, ...LINES };
    const half = await post('/predict_ctr/stream', whole, packed.subarray(0, packed.length / 2));
    expect(half.status).toBe(200);
    const answers = half.text.trimEnd().split('\n');
    const { error } = JSON.parse(answers.at(-1)!);
    expect(error).toMatchObject({ code: 'MALFORMED_ENCODING', line: answers.length });
    expect(error.detail).toContain(`Go on from line ${answers.length}.`);
    const none = await post('/predict_ctr/stream', whole, Buffer.from('not packed'));
    expect([none.status, codeOf(none)]).toEqual([400, 'MALFORMED_ENCODING']);
  });
});

describe('a packed body', () => {
  it('that would unpack to a thousand times its size is given up at the limit, even unanswered', async () => {
    const started = new EventEmitter();
    const push = jest.spyOn(Gunzip.prototype, 'push').mockImplementation(function (
      this: Gunzip,
      chunk: Buffer | null,
    ) {
      started.emit('unpacker', this);
      return Readable.prototype.push.call(this, chunk);
    });
    // A thousand to one is as small as gzip can be: these are 19 MB.
    const packed = gzipSync(Buffer.alloc(19_000_000, ' '));
    expect(packed.length).toBeLessThan(LIMIT);
    const { port } = api.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const begun = once(started, 'unpacker');
    // Its answer is in line behind one that is held up, so no end of an answer ends the unpacking.
    const figures = api.app.get(ServiceFigures);
    const all = await figures.all();
    let goOn!: () => void;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const asked = jest.spyOn(figures, 'all').mockReturnValueOnce(held.then(() => all));
    socket.write('GET /stats HTTP/1.1\r\nhost: x\r\n\r\n');
    socket.write(
      'POST /predict_ctr HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n' +
        `content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`,
    );
    socket.write(packed);
    const [unpacker] = (await within('the unpacking to begin', begun)) as [Gunzip];
    if (!unpacker.closed) await within('the end of the unpacking', once(unpacker, 'close'));
    const bytes = push.mock.calls.map(([chunk]) => (chunk as Buffer | null)?.length ?? 0);
    push.mockRestore();
    goOn();
    asked.mockRestore();
    socket.destroy();
    const unpacked = bytes.reduce((sum, length) => sum + length, 0);
    // It is unpacked in chunks, some of which may be on their way.
    expect(unpacked).toBeGreaterThan(LIMIT);
    expect(unpacked).toBeLessThan(5 * LIMIT);
  });

  it('that never unpacks to anything is given up at the limit too', async () => {
    // Blocks of deflate that hold nothing (RFC 1951, 3.2.4).
    const nothing = Buffer.concat(
      Array.from({ length: LIMIT / 5 }, () => Buffer.from([0, 0, 0, 0xff, 0xff])),
    );
    const head = Buffer.from([0x78, 0x9c]);
    const answer = await post('/predict_ctr', { 'content-encoding': 'deflate' }, head, nothing);
    expect([answer.status, codeOf(answer)]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it('whose declared length is above the limit is refused by that', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-length': LIMIT + 1 };
    const answer = await post('/predict_ctr', headers, gzipSync(record));
    expect([answer.status, codeOf(answer)]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it.each(['zstd', 'gzip, br', 'compress', ''])(
    'in %j is refused with the encodings there are',
    async (encoding) => {
      const answer = await post('/predict_ctr', { 'content-encoding': encoding }, record);
      expect([answer.status, codeOf(answer)]).toEqual([415, 'UNSUPPORTED_ENCODING']);
      expect(answer.headers['accept-encoding']).toBe('gzip, deflate, br');
      expect(answer.text).toContain('gzip, deflate, br');
    },
  );

  it('in identity is plain', async () => {
    expect((await post('/predict_ctr', { 'content-encoding': 'identity' }, record)).status).toBe(
      200,
    );
  });

  it('of an unknown address, or for another method, is refused for that', async () => {
    const headers = { 'content-encoding': 'zstd' };
    expect((await post('/nowhere', headers, record)).status).toBe(404);
    expect((await post('/stats', headers, record)).status).toBe(405);
  });

  it('must say its type as well', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-type': 'text/plain' };
    const answer = await post('/predict_ctr', headers, gzipSync(record));
    expect(codeOf(answer)).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  it('is let go of when its client leaves in the middle', async () => {
    const { port } = api.server.address() as AddressInfo;
    const started = new EventEmitter();
    const transform = Gunzip.prototype._transform;
    const spy = jest.spyOn(Gunzip.prototype, '_transform').mockImplementation(function (
      this: Gunzip,
      ...args
    ) {
      started.emit('unpacker', this);
      return transform.apply(this, args);
    });
    for (const path of ['/predict_ctr', '/predict_ctr/stream']) {
      const type = path.endsWith('stream') ? LINES['content-type'] : 'application/json';
      const socket = connect(port, '127.0.0.1');
      const packed = gzipSync(record);
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: ${type}\r\n` +
          'content-encoding: gzip\r\ncontent-length: 1000\r\n\r\n',
      );
      const begun = once(started, 'unpacker');
      await within('leave to go on', once(socket, 'data'));
      socket.write(packed.subarray(0, 12));
      const [unpacker] = (await within('the unpacking to begin', begun)) as [Gunzip];
      socket.destroy();
      if (!unpacker.closed) await within('the end of the unpacking', once(unpacker, 'close'));
      expect(unpacker.destroyed).toBe(true);
    }
    spy.mockRestore();
  });
});

describe('what a client expects', () => {
  /** Sends a head, and the body only when told to go on. */
  async function expecting(
    expectation: string,
    headers: OutgoingHttpHeaders = {},
    path = '/predict_ctr',
  ) {
    const { port } = api.server.address() as AddressInfo;
    const sent = request({
      ...{ port, host: '127.0.0.1', path, method: 'POST', agent: false },
      headers: {
        'content-type': 'application/json',
        'content-length': record.length,
        ...headers,
        expect: expectation,
      },
    });
    sent.on('error', () => {});
    let isTold = false;
    sent.once('continue', () => {
      isTold = true;
      sent.end(record);
    });
    sent.flushHeaders();
    const [answer] = (await within('an answer', once(sent, 'response'))) as [IncomingMessage];
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    await once(answer, 'end');
    sent.destroy();
    return { status: answer.statusCode!, isTold, headers: answer.headers, text };
  }

  it('is to be told to go on: it is, and then answered', async () => {
    expect(await expecting('100-continue')).toMatchObject({ status: 200, isTold: true });
    expect(await expecting('100-Continue')).toMatchObject({ status: 200, isTold: true });
  });

  it('is not told to go on where the head is refused already', async () => {
    const refused = [
      await expecting('100-continue', { 'content-length': LIMIT + 1 }),
      await expecting('100-continue', { 'content-encoding': 'zstd' }),
      await expecting('100-continue', {}, '/nowhere'),
      await expecting('100-continue', {}, '/stats'),
    ];
    expect(refused.map(({ status }) => status)).toEqual([413, 415, 404, 405]);
    expect(refused.some(({ isTold }) => isTold)).toBe(false);
  });

  it.each(['200-ok', 'something', '100-continues'])(
    '%s is refused as a problem',
    async (expectation) => {
      const { status, isTold, headers, text } = await expecting(expectation);
      expect([status, isTold, JSON.parse(text).code]).toEqual([417, false, 'EXPECTATION_FAILED']);
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(api.logs.at(-1)).toMatchObject({ msg: 'request', path: '/predict_ctr', status: 417 });
    },
  );
});
