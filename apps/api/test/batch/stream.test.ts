import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type CtrModel, Registry } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import { LineStream } from '../../src/batch/line-stream.js';
import { LineCutter } from '../../src/batch/lines.js';
import { OpenStreams } from '../../src/batch/open-streams.js';
import { RecordAnswers } from '../../src/batch/record-answers.js';
import { ServedModel } from '../../src/model/served-model.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, modelFolder } from '../trained-models.js';

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

function open(
  { server }: RunningApp,
  headers: Record<string, string> = {},
  agent?: Agent,
): ClientRequest {
  const { port } = server.address() as AddressInfo;
  return request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: '/predict_ctr/stream',
    agent,
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  });
}

async function answerOf(stream: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(stream, 'response')) as [IncomingMessage];
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

  it('puts characters together that come in two pieces', async () => {
    const bytes = Buffer.from(`${JSON.stringify({ ...sample, device_type: 'öffentlich' })}\n`);
    const half = bytes.indexOf('ö') + 1;
    const stream = open(api);
    stream.setNoDelay(true);
    stream.write(bytes.subarray(0, half));
    await pause(20);
    stream.end(bytes.subarray(half));
    const [line] = await linesOf(await answerOf(stream));
    expect(JSON.parse(line).error.errors[0].value).toBe('öffentlich');
  });

  it('gets over a line of 100 MB without holding it', async () => {
    const megabyte = Buffer.alloc(2 ** 20, 'a');
    const before = process.memoryUsage.rss();
    let most = 0;
    function* pieces() {
      yield `${good}\n`;
      for (let i = 0; i < 100; i++) {
        most = Math.max(most, process.memoryUsage.rss());
        yield megabyte;
      }
      yield `\n${good}\n`;
    }
    const stream = open(api);
    const [lines] = await Promise.all([
      answerOf(stream).then(linesOf),
      pipeline(Readable.from(pieces()), stream),
    ]);
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[1]).error).toMatchObject({ line: 2, code: 'LINE_TOO_LONG' });
    expect(lines[2]).toBe(answerToGood());
    expect(most - before).toBeLessThan(64 * 2 ** 20);
  });

  it('takes a quarter of a million lines in constant memory', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = () => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return (heapUsed + arrayBuffers) / 2 ** 20;
    };
    const blocks = 500;
    const block = `${good}\n`.repeat(500);
    const readings: number[] = [];
    function* pieces() {
      for (let i = 0; i < blocks; i++) {
        if (i % 100 === 99) readings.push(held());
        yield block;
      }
    }
    const stream = open(api);
    let lines = 0;
    const count = async (answer: IncomingMessage) => {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        for (const byte of chunk) lines += +(byte === 0x0a);
      }
    };
    await Promise.all([answerOf(stream).then(count), pipeline(Readable.from(pieces()), stream)]);
    expect(lines).toBe(blocks * 500);
    // Between two readings 4.4 MB came in and 1.3 MB went out.
    expect(readings).toHaveLength(5);
    expect(readings.at(-1)! - readings[0]).toBeLessThan(4);
  });

  it('waits for a client that does not read, and then goes on', async () => {
    const block = `${good}\n`.repeat(10_000);
    const most = 200;
    const stream = open(api);
    stream.write(block);
    const answer = await answerOf(stream);
    answer.pause();
    let blocks = 1;
    for (let flows = true; flows && blocks < most; blocks++) {
      flows = stream.write(block) || (await drains(stream));
    }
    // The buffers between us are full: 175 MB would not have fitted.
    expect(blocks).toBeLessThan(most);
    stream.end();
    const lines = await linesOf(answer);
    expect(lines).toHaveLength(blocks * 10_000);
    expect(new Set(lines)).toEqual(new Set([answerToGood()]));
  });

  /** Whether the stream takes more within a second: what never comes cannot be awaited. */
  async function drains(stream: ClientRequest): Promise<boolean> {
    const drained = once(stream, 'drain').then(() => true);
    return Promise.race([drained, pause(1000, false)]);
  }

  it('stops working when its client hangs up', async () => {
    const streams = api.app.get(OpenStreams);
    const stream = open(api);
    stream.on('error', () => {});
    stream.write(`${good}\n${good.slice(0, 20)}`);
    const answer = await answerOf(stream);
    answer.on('error', () => {});
    expect(streams.size).toBe(1);
    stream.destroy();
    while (streams.size > 0) await pause(1);
    expect(api.logs.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  it('refuses what is not lines, and lines where they do not belong', async () => {
    const asJson = open(api, { 'content-type': 'application/json' });
    asJson.end(good);
    expect((await answerOf(asJson)).statusCode).toBe(415);
    const untyped = open(api);
    untyped.removeHeader('content-type');
    untyped.end();
    expect((await answerOf(untyped)).statusCode).toBe(415);
    const { body } = await api.post(`${good}\n`, 'application/x-ndjson').expect(415);
    expect(body.code).toBe('UNSUPPORTED_MEDIA_TYPE');
    for (const type of ['application/ndjson', 'application/jsonl; charset=utf-8']) {
      const stream = open(api, { 'content-type': type });
      stream.end(good);
      expect(await linesOf(await answerOf(stream))).toEqual([answerToGood()]);
    }
  });

  it('refuses a parameter, and answers 503 without a model', async () => {
    const bare = await runApp({ MODEL_DIR: await emptyFolder() });
    const stream = open(bare);
    stream.end(good);
    expect((await answerOf(stream)).statusCode).toBe(503);
    await bare.close();
  });
});

describe('a stream that takes long', () => {
  let hasty: RunningApp;

  beforeEach(async () => {
    hasty = await runApp({ MODEL_DIR: folder, REQUEST_TIMEOUT_MS: '400' });
  });
  afterEach(() => hasty.close());

  it('may take longer than REQUEST_TIMEOUT_MS, as long as something comes', async () => {
    const stream = open(hasty);
    const lines = answerOf(stream).then(linesOf);
    for (let i = 0; i < 20; i++) {
      stream.write(`${good}\n`);
      await pause(100);
    }
    stream.end();
    expect(await lines).toEqual(new Array(20).fill(answerToGood()));
  });

  it('is ended when nothing comes, with the line to go on from', async () => {
    const stream = open(hasty);
    stream.on('error', () => {});
    stream.write(`${good}\n\n${good}\n${good.slice(0, 9)}`);
    const lines = await linesOf(await answerOf(stream));
    expect(lines).toHaveLength(3);
    const { error } = JSON.parse(lines[2]);
    expect(error).toMatchObject({ line: 4, code: 'REQUEST_TIMEOUT' });
    expect(error.detail).toContain('Go on from line 4.');
  });

  it('is hung up on when its client does not read', async () => {
    const stream = open(hasty);
    stream.on('error', () => {});
    const broken = new Promise((resolve) => stream.once('close', resolve));
    const block = `${good}\n`.repeat(10_000);
    stream.write(block);
    const answer = await answerOf(stream);
    answer.on('error', () => {}).pause();
    const feed = () => {
      while (!stream.destroyed && stream.write(block));
    };
    stream.on('drain', feed);
    feed();
    await broken;
    while (hasty.app.get(OpenStreams).size > 0) await pause(1);
  });

  it('is told to stop when the service closes, with the line to go on from', async () => {
    const stream = open(hasty);
    stream.on('error', () => {});
    const answered = answerOf(stream).then(linesOf);
    stream.write(`${good}\n`);
    await answerOf(stream);
    const closed = hasty.close();
    stream.write(`${good}\n`);
    const lines = await answered;
    expect(lines.slice(0, 2)).toEqual([answerToGood(), answerToGood()]);
    expect(JSON.parse(lines[2]).error).toMatchObject({ line: 3, code: 'SHUTTING_DOWN' });
    await closed;
  });

  it('ends with its last line for a client that does not stop sending', async () => {
    const stream = open(hasty);
    stream.on('error', () => {});
    const closed = new Promise((resolve) => stream.once('close', resolve));
    // Empty lines: nothing is answered, so nothing makes the client wait.
    const flood = () => {
      while (!stream.destroyed && stream.write('\n'.repeat(50_000)));
    };
    stream.write(`${good}\n`);
    const answer = await answerOf(stream);
    stream.on('drain', flood);
    flood();
    const serviceClosed = hasty.close();
    const lines = await linesOf(answer);
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[1]).error.code).toBe('SHUTTING_DOWN');
    expect(answer.complete).toBe(true);
    await closed;
    await serviceClosed;
  });

  it('ends with its last line also for a client that reads when it has sent all', async () => {
    const stream = open(hasty);
    const sent = once(stream, 'finish');
    stream.write(`${good}\n`);
    const answer = await answerOf(stream);
    const closed = hasty.close();
    while (hasty.app.get(OpenStreams).size > 0) await pause(1);
    // More than the buffers between us hold.
    stream.end('\n'.repeat(16 * 2 ** 20));
    await sent;
    const lines = await linesOf(answer);
    expect(JSON.parse(lines[1]).error.code).toBe('SHUTTING_DOWN');
    await closed;
  });

  it('is answered to its end when that comes soon enough', async () => {
    // As patient as a client can be: a connection that is kept alive must not hold up the end.
    const stream = open(hasty, {}, new Agent({ keepAlive: true }));
    const answered = answerOf(stream).then(linesOf);
    stream.write(`${good}\n`);
    await answerOf(stream);
    const closed = hasty.close();
    stream.end(`${good}\n`);
    expect(await answered).toEqual([answerToGood(), answerToGood()]);
    await closed;
  });
});

describe('the stream behind it', () => {
  it('takes no more chunks than are asked for', async () => {
    let taken = 0;
    const source = Readable.from(
      (function* () {
        for (;;) {
          taken++;
          yield Buffer.from(`${good}\n`);
        }
      })(),
      { highWaterMark: 1 },
    );
    const { app } = api;
    const { current } = app.get(ServedModel);
    const answers = new RecordAnswers(current!, app.get(ServiceStats));
    const text = new LineStream(source, new LineCutter(1000), answers).text();
    for (let i = 0; i < 3; i++) await text.next();
    for (let i = 0; i < 100; i++) await new Promise(setImmediate);
    expect(taken).toBeLessThan(8);
    expect(answers.ok).toBe(3);
  });
});
