import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type Duplex, Readable } from 'node:stream';
import { type CtrModel, Registry } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import { LineStream } from '../../src/batch/line-stream.js';
import { LineCutter } from '../../src/batch/lines.js';
import { OpenStreams } from '../../src/batch/open-streams.js';
import { RecordAnswers } from '../../src/batch/record-answers.js';
import { ServedModel } from '../../src/model/served-model.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, modelFolder } from '../trained-models.js';
import { waitFor, within } from '../wait-for.js';
import { connectInMemory } from './memory-connection.js';

let api: RunningApp;
let model: CtrModel;
let folder: string;

beforeAll(async () => {
  folder = await modelFolder();
  model = await new Registry(folder).load();
  api = await runApp({ MODEL_DIR: folder });
});
afterAll(() => api.close());

const good = JSON.stringify(sample);
const answerToGood = () => JSON.stringify({ predicted_ctr: model.predict(sample) });

interface Connecting {
  readonly headers?: Record<string, string>;
  readonly agent?: Agent;
  readonly createConnection?: () => Duplex;
}

function open({ server }: RunningApp, { headers, ...connecting }: Connecting = {}): ClientRequest {
  const { port } = server.address() as AddressInfo;
  return request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: '/predict_ctr/stream',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    ...connecting,
  });
}

async function answerOf(stream: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await within('an answer', once(stream, 'response'))) as [IncomingMessage];
  return answer;
}

async function linesOf(answer: IncomingMessage): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface(answer)) lines.push(line);
  return lines;
}

async function exchange(...pieces: (string | Buffer)[]): Promise<string[]> {
  const stream = open(api);
  for (const piece of pieces) stream.write(piece);
  stream.end();
  return linesOf(await answerOf(stream));
}

/** Every step that is ready to be taken, and those that follow from it. */
async function everythingElse(): Promise<void> {
  for (let i = 0; i < 100; i++) await new Promise(setImmediate);
}

describe('POST /predict_ctr/stream', () => {
  it('answers a line for a line, in order, with the version of the model', async () => {
    const records = Array.from({ length: 500 }, (_, i) => ({ ...sample, impressions: 1 + i * 40 }));
    const stream = open(api);
    stream.end(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const answer = await answerOf(stream);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/x-ndjson/);
    expect(answer.headers['x-model-version']).toBe(model.version);
    expect((await linesOf(answer)).map((line) => JSON.parse(line))).toEqual(
      records.map((record) => ({ predicted_ctr: model.predict(record) })),
    );
  });

  it('answers while the client is still sending', async () => {
    const stream = open(api);
    stream.write(`${good}\n`);
    const answer = await answerOf(stream);
    const [first] = (await once(answer, 'data')) as [Buffer];
    expect(first.toString()).toBe(`${answerToGood()}\n`);
    stream.end(`${good}\n`);
    expect(await linesOf(answer)).toEqual([answerToGood()]);
  });

  it('says what is wrong with a line, by its number, and goes on', async () => {
    const lines = await exchange(`${good}\r\n\n{"a"\n  \n[]\n{"__proto__": 1}\n${good}`);
    expect(lines[0]).toBe(answerToGood());
    const errors = lines.slice(1, -1).map((line) => JSON.parse(line).error);
    expect(errors.map(({ line, code }) => [line, code])).toEqual([
      [3, 'MALFORMED_JSON'],
      [4, 'MALFORMED_JSON'],
      [5, 'INVALID_RECORD'],
      [6, 'INVALID_RECORD'],
    ]);
    expect(errors[2].errors[0]).toMatchObject({ field: '(body)', value: '(an array)' });
    expect(lines.at(-1)).toBe(answerToGood());
  });

  it('gets over a line that is longer than it may be', async () => {
    const megabyte = Buffer.alloc(2 ** 20, 'a');
    const lines = await exchange(`${good}\n`, megabyte, megabyte, megabyte, `\n${good}\n`);
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[1]).error).toMatchObject({ line: 2, code: 'LINE_TOO_LONG' });
    expect(lines[2]).toBe(answerToGood());
  });

  it('waits for a client that does not read, and then goes on', async () => {
    const block = `${good}\n`.repeat(1000);
    const { client } = connectInMemory(api.server);
    const stream = open(api, { createConnection: () => client });
    stream.write(block);
    const answer = await answerOf(stream);
    const stats = api.app.get(ServiceStats);
    const answered = () => stats.snapshot().predictions;
    const before = answered();
    for (let i = 1; i < 100; i++) stream.write(block);
    stream.end();
    await everythingElse();
    const ahead = answered();
    // All that was read ahead waits in two buffers of some 64 KB, at 25 bytes a line.
    expect(ahead - before).toBeLessThan(10_000);
    await everythingElse();
    expect(answered()).toBe(ahead);
    const lines = await linesOf(answer);
    expect(lines).toHaveLength(100_000);
    expect(new Set(lines)).toEqual(new Set([answerToGood()]));
  });

  it('stops working when its client hangs up', async () => {
    const streams = api.app.get(OpenStreams);
    const stream = open(api);
    stream.on('error', () => {});
    stream.write(`${good}\n${good.slice(0, 20)}`);
    const answer = await answerOf(stream);
    answer.on('error', () => {});
    expect(streams.size).toBe(1);
    stream.destroy();
    await waitFor('the stream to end', () => streams.size === 0);
    expect(api.logs.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  it('refuses what is not lines, and lines where they do not belong', async () => {
    const asJson = open(api, { headers: { 'content-type': 'application/json' } });
    asJson.end(good);
    expect((await answerOf(asJson)).statusCode).toBe(415);
    const untyped = open(api);
    untyped.removeHeader('content-type');
    untyped.end();
    expect((await answerOf(untyped)).statusCode).toBe(415);
    const { body } = await api.post(`${good}\n`, 'application/x-ndjson').expect(415);
    expect(body.code).toBe('UNSUPPORTED_MEDIA_TYPE');
    for (const type of ['application/ndjson', 'application/jsonl; charset=utf-8']) {
      const stream = open(api, { headers: { 'content-type': type } });
      stream.end(good);
      expect(await linesOf(await answerOf(stream))).toEqual([answerToGood()]);
    }
  });

  it('answers 503 without a model', async () => {
    const bare = await runApp({ MODEL_DIR: await emptyFolder() });
    const stream = open(bare);
    stream.end(good);
    expect((await answerOf(stream)).statusCode).toBe(503);
    await bare.close();
  });
});

describe('a stream that takes long', () => {
  const IDLE_MS = 300_000;
  let patient: RunningApp;
  let streams: OpenStreams;

  // So patient that whatever happens, happens because the test says so.
  beforeEach(async () => {
    patient = await runApp({ MODEL_DIR: folder, REQUEST_TIMEOUT_MS: String(IDLE_MS) });
    streams = patient.app.get(OpenStreams);
  });
  afterEach(() => patient.close());

  /** The server's end of the next connection. */
  async function nextSocket(): Promise<Socket> {
    const [socket] = (await within('a connection', once(patient.server, 'connection'))) as [Socket];
    return socket;
  }

  const nothingToDo = () =>
    waitFor('the client’s turn to send', () => [...streams].every(({ isWaiting }) => isWaiting));

  it('may take longer than REQUEST_TIMEOUT_MS, which is not so for other requests', async () => {
    const connected = nextSocket();
    const stream = open(patient);
    stream.write(`${good}\n`);
    const answer = await answerOf(stream);
    const socket = await connected;
    const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    patient.server.emit('clientError', late, socket);
    stream.end(`${good}\n`);
    expect(await linesOf(answer)).toEqual([answerToGood(), answerToGood()]);

    const other = new Socket().connect((patient.server.address() as AddressInfo).port);
    other.write('POST /predict_ctr HTTP/1.1\r\n');
    patient.server.emit('clientError', late, await nextSocket());
    const [refusal] = (await within('a refusal', once(other, 'data'))) as [Buffer];
    expect(refusal.toString()).toMatch(/^HTTP\/1\.1 408 /);
    other.destroy();
  });

  it('is ended when nothing comes, with the line to go on from', async () => {
    const connected = nextSocket();
    const stream = open(patient);
    stream.on('error', () => {});
    stream.write(`${good}\n\n${good}\n${good.slice(0, 9)}`);
    const answer = await answerOf(stream);
    const socket = await connected;
    expect(socket.timeout).toBe(IDLE_MS);
    await nothingToDo();
    socket.emit('timeout');
    const lines = await linesOf(answer);
    expect(lines).toHaveLength(3);
    const { error } = JSON.parse(lines[2]);
    expect(error).toMatchObject({ line: 4, code: 'REQUEST_TIMEOUT' });
    expect(error.detail).toContain('Go on from line 4.');
  });

  it('is hung up on when its client does not read', async () => {
    const { client, socket } = connectInMemory(patient.server);
    const stream = open(patient, { createConnection: () => client });
    stream.on('error', () => {});
    const broken = once(stream, 'close');
    stream.write(`${good}\n`);
    const answer = await answerOf(stream);
    answer.on('error', () => {});
    stream.write(`${good}\n`.repeat(50_000));
    await everythingElse();
    expect([...streams].map(({ isWaiting }) => isWaiting)).toEqual([false]);
    socket.emit('timeout');
    await within('the connection to break', broken);
    await waitFor('the stream to end', () => streams.size === 0);
  });

  it('is told to stop when the service closes, with the line to go on from', async () => {
    const stream = open(patient);
    stream.on('error', () => {});
    stream.write(`${good}\n`);
    const answer = await answerOf(stream);
    const next = createInterface(answer)[Symbol.asyncIterator]();
    expect((await next.next()).value).toBe(answerToGood());
    const closed = patient.close();
    stream.write(`${good}\n`);
    expect((await next.next()).value).toBe(answerToGood());
    streams.stop();
    const { error } = JSON.parse((await next.next()).value);
    expect(error).toMatchObject({ line: 3, code: 'SHUTTING_DOWN' });
    await closed;
  });

  it('ends with its last line for a client that does not stop sending', async () => {
    const stream = open(patient);
    stream.on('error', () => {});
    const broken = once(stream, 'close');
    // Empty lines: nothing is answered, so nothing makes the client wait.
    const flood = () => {
      while (!stream.destroyed && stream.write('\n'.repeat(50_000)));
    };
    stream.write(`${good}\n`);
    const answer = await answerOf(stream);
    stream.on('drain', flood);
    flood();
    const closed = patient.close();
    streams.stop();
    const lines = await linesOf(answer);
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[1]).error.code).toBe('SHUTTING_DOWN');
    expect(answer.complete).toBe(true);
    await within('the connection to break', broken);
    await closed;
  });

  it('ends with its last line also for a client that reads when it has sent all', async () => {
    const { client } = connectInMemory(patient.server);
    const stream = open(patient, { createConnection: () => client });
    const sent = once(stream, 'finish');
    stream.write(`${good}\n`);
    const answer = await answerOf(stream);
    const closed = patient.close();
    // More than the buffers between us hold, so the service has to read on after its last line.
    stream.end('\n'.repeat(2 ** 20));
    streams.stop();
    await within('all to be sent', sent);
    const lines = await linesOf(answer);
    expect(JSON.parse(lines[1]).error.code).toBe('SHUTTING_DOWN');
    await closed;
  });

  it('is answered to its end when that comes soon enough', async () => {
    // As patient as a client can be: a connection that is kept alive must not hold up the end.
    const stream = open(patient, { agent: new Agent({ keepAlive: true }) });
    const answered = answerOf(stream).then(linesOf);
    stream.write(`${good}\n`);
    await answerOf(stream);
    const closed = patient.close();
    stream.end(`${good}\n`);
    expect(await answered).toEqual([answerToGood(), answerToGood()]);
    await within('the service to close', closed);
  });
});

describe('the stream behind it', () => {
  /** The text of a stream over `source`, and what counts its records. */
  function textOf(source: Readable) {
    const { app } = api;
    const { current } = app.get(ServedModel);
    const answers = new RecordAnswers(current!, app.get(ServiceStats));
    return { text: new LineStream(source, new LineCutter(1000), answers).text(), answers };
  }

  it('never takes more chunks than are asked for, however many there are', async () => {
    let taken = 0;
    const source = Readable.from(
      (function* () {
        for (;;) {
          taken++;
          yield Buffer.from(`${good}\n`.repeat(10));
        }
      })(),
      { highWaterMark: 1 },
    );
    const { text, answers } = textOf(source);
    let ahead = 0;
    while (answers.ok < 20_000) {
      await text.next();
      ahead = Math.max(ahead, 10 * taken - answers.ok);
    }
    await everythingElse();
    ahead = Math.max(ahead, 10 * taken - answers.ok);
    // What Node reads ahead: a chunk in the source's buffer, and one on its way there.
    expect(ahead).toBeLessThanOrEqual(30);
  });

  it('puts characters together that come in two pieces', async () => {
    const bytes = Buffer.from(`${JSON.stringify({ ...sample, device_type: 'öffentlich' })}\n`);
    const half = bytes.indexOf('ö') + 1;
    const { text } = textOf(Readable.from([bytes.subarray(0, half), bytes.subarray(half)]));
    const { value } = await text.next();
    expect(JSON.parse(value as string).error.errors[0].value).toBe('öffentlich');
  });
});
