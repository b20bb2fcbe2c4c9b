import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { Registry, defaultSchema } from '@adscale/ctr';
import { status as Code } from '@grpc/grpc-js';
import { ModelFollower } from '../../src/model/follower.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, modelFolder, otherSchema, trainModel } from '../trained-models.js';
import { waitFor, within } from '../wait-for.js';
import { GrpcClient } from './client.js';

const other = { ...sample, ad_position: 4, device_type: 'tablet', budget: 100 };

const texts = (...words: string[]) =>
  Buffer.concat(
    words.flatMap((word) => [Buffer.from(Uint32Array.of(word.length).buffer), Buffer.from(word)]),
  );
const bytesOf = (array: { buffer: ArrayBufferLike }) => Buffer.from(array.buffer);

/** The two records as Triton's client sends them: raw. */
const raw = {
  model_name: 'ctr',
  id: 'é',
  inputs: [
    { name: 'impressions', datatype: 'INT64', shape: [2] },
    { name: 'ad_position', datatype: 'UINT8', shape: [2] },
    { name: 'device_type', datatype: 'BYTES', shape: [2, 1] },
    { name: 'budget', datatype: 'FP64', shape: [2] },
  ],
  raw_input_contents: [
    bytesOf(BigInt64Array.of(5000n, 5000n)),
    Buffer.of(1, 4),
    texts('mobile', 'tablet'),
    bytesOf(Float64Array.of(2500, 100)),
  ],
};

/** The same in the fields of its types. */
const contents = {
  model_name: 'ctr',
  inputs: [
    { int64_contents: [5000, 5000] },
    { uint_contents: [1, 4] },
    { bytes_contents: [Buffer.from('mobile'), Buffer.from('tablet')] },
    { fp64_contents: [2500, 100] },
  ].map((contents, i) => ({ ...raw.inputs[i], contents })),
};

let api: RunningApp;
let client: GrpcClient;

async function start(environment: Record<string, string> = {}): Promise<void> {
  api = await runApp({ MODEL_DIR: await modelFolder(), GRPC_PORT: '0', ...environment });
  client = new GrpcClient(api.grpcPort!);
}
async function stop(): Promise<void> {
  await within('the service to close', api.close());
  client.close();
}

const logged = (path: string) =>
  api.logs.filter((line) => line.msg === 'request' && String(line.path).endsWith(path));

describe('the Open Inference Protocol over gRPC', () => {
  let expected: number[];
  let version: string;
  beforeAll(async () => {
    await start({
      BATCH_LIMIT: '100',
      BATCH_BODY_LIMIT_BYTES: '10000',
      REQUEST_TIMEOUT_MS: '1000',
    });
    const answers = await Promise.all([sample, other].map((record) => api.post(record)));
    expected = answers.map(({ body }) => body.predicted_ctr);
    version = answers[0].headers['x-model-version'];
  });
  afterAll(stop);

  it('answers raw contents in raw contents, as the predict route answers the records', async () => {
    const { body, error, metadata } = await client.call('ModelInfer', raw);
    expect(error).toBeUndefined();
    expect(body).toMatchObject({ model_name: 'ctr', model_version: version, id: 'é' });
    expect(body.outputs).toMatchObject([{ name: 'predicted_ctr', datatype: 'FP64', shape: [2] }]);
    const [bytes] = body.raw_output_contents;
    expect([bytes.readDoubleLE(0), bytes.readDoubleLE(8)]).toEqual(expected);
    expect(metadata.get('x-model-version')).toEqual([version]);
  });

  it('answers contents of a type in contents', async () => {
    const { body } = await client.call('ModelInfer', contents);
    expect(body.outputs).toMatchObject([{ shape: [2], contents: { fp64_contents: expected } }]);
    expect(body.raw_output_contents ?? []).toEqual([]);
  });

  it('answers one tensor of all features, of whichever type', async () => {
    const rows = [5000, 1, 0, 2500, 5000, 4, 2, 100];
    for (const [datatype, field] of [
      ['INT16', 'int_contents'],
      ['UINT64', 'uint64_contents'],
      ['FP32', 'fp32_contents'],
    ]) {
      const input = { name: 'rows', datatype, shape: [2, 4], contents: { [field]: rows } };
      const { body } = await client.call('ModelInfer', { model_name: 'ctr', inputs: [input] });
      expect(body.outputs[0].contents.fp64_contents).toEqual(expected);
    }
  });

  it('tells of server, model and health', async () => {
    const { body: server } = await client.call('ServerMetadata');
    expect(server).toMatchObject({ name: 'adscale', extensions: ['binary_tensor_data'] });
    expect((await client.call('ServerLive')).body).toEqual({ live: true });
    expect((await client.call('ServerReady')).body).toEqual({ ready: true });
    expect((await client.call('ModelReady', { name: 'ctr' })).body).toEqual({ ready: true });
    const { body: model } = await client.call('ModelMetadata', { name: 'ctr', version });
    const { body: rest } = await api.get('/v2/models/ctr').expect(200);
    expect(JSON.parse(JSON.stringify(model))).toEqual(rest);
    expect((await client.check()).body).toEqual({ status: 'SERVING' });
    expect((await client.check('inference.GRPCInferenceService')).body.status).toBe('SERVING');
    expect((await client.check('other')).error?.code).toBe(Code.NOT_FOUND);
  });

  const [impressions, position, device, budget] = contents.inputs;
  it.each([
    ['another model', { ...raw, model_name: 'other' }, Code.NOT_FOUND, /^NOT_FOUND: /],
    ['another version', { ...raw, model_version: '1' }, Code.NOT_FOUND, /^NOT_FOUND: /],
    [
      'no inputs',
      { model_name: 'ctr' },
      Code.INVALID_ARGUMENT,
      /^INVALID_INFERENCE: inputs is empty/,
    ],
    [
      'too few raw contents',
      { ...raw, raw_input_contents: raw.raw_input_contents.slice(1) },
      Code.INVALID_ARGUMENT,
      /^INVALID_INFERENCE: raw_input_contents has 3 entries, wanted 4, one for each input/,
    ],
    [
      'raw contents of another size',
      { ...raw, raw_input_contents: raw.raw_input_contents.with(3, Buffer.alloc(15)) },
      Code.INVALID_ARGUMENT,
      /^INVALID_INFERENCE: input "budget": 15 bytes of FP64, wanted 16: 2 elements of 8 bytes/,
    ],
    [
      'both kinds of contents',
      { ...contents, raw_input_contents: raw.raw_input_contents },
      Code.INVALID_ARGUMENT,
      /^INVALID_INFERENCE: input "impressions": int64_contents beside raw_input_contents/,
    ],
    [
      'contents of another type',
      { ...contents, inputs: [{ ...impressions, datatype: 'FP32' }, position, device, budget] },
      Code.INVALID_ARGUMENT,
      /^INVALID_INFERENCE: input "impressions": int64_contents for FP32, wanted fp32_contents/,
    ],
    [
      'FP16 that is not raw',
      { ...contents, inputs: [{ ...impressions, datatype: 'FP16' }, position, device, budget] },
      Code.INVALID_ARGUMENT,
      /^INVALID_INFERENCE: input "impressions": int64_contents for FP16, wanted raw_input_contents/,
    ],
    [
      'text that is none',
      {
        ...contents,
        inputs: [
          impressions,
          position,
          {
            ...device,
            contents: { bytes_contents: [Buffer.from('a'), Buffer.of(0xed, 0xa0, 0x80)] },
          },
          budget,
        ],
      },
      Code.INVALID_ARGUMENT,
      /^INVALID_INFERENCE: input "device_type": element 1 is not text, wanted UTF-8/,
    ],
    [
      'a row that breaks a rule',
      {
        ...contents,
        inputs: [
          impressions,
          position,
          device,
          { ...budget, contents: { fp64_contents: [1, NaN] } },
        ],
      },
      Code.INVALID_ARGUMENT,
      /^INVALID_INFERENCE: input "budget": element 1 is NaN, wanted FP64/,
    ],
    [
      'another output',
      { ...raw, outputs: [{ name: 'x' }] },
      Code.INVALID_ARGUMENT,
      /^INVALID_INFERENCE: output "x" is not one of this model/,
    ],
    [
      'too many rows',
      { ...raw, inputs: raw.inputs.map((input) => ({ ...input, shape: [101] })) },
      Code.INVALID_ARGUMENT,
      /^BATCH_TOO_LARGE: Got 101 records, wanted at most 100/,
    ],
    [
      'a message of more parts than memory has room for',
      {
        ...raw,
        inputs: [{ ...raw.inputs[0], contents: { bool_contents: Array(7000).fill(true) } }],
      },
      Code.INVALID_ARGUMENT,
      /^BODY_TOO_LARGE: The message holds 70\d\d fields and integers, wanted at most 6400/,
    ],
    [
      'a message that is too large',
      { ...raw, raw_input_contents: [Buffer.alloc(10_001)] },
      Code.RESOURCE_EXHAUSTED,
      /^BODY_TOO_LARGE: /,
    ],
  ])('refuses %s by its code, and says why', async (_name, request, code, details) => {
    const { error } = await client.call('ModelInfer', request);
    expect(error?.details).toMatch(details);
    expect(error?.code).toBe(code);
    expect(error?.metadata.get('x-request-id')).toHaveLength(1);
  });

  it('refuses names that no text can repeat, and stays', async () => {
    // protobufjs reads half a surrogate pair from these bytes.
    const name = 'x'.repeat(5000);
    const { error } = await client.call('ModelReady', { name: `\ud800${name}` });
    expect(error?.code).toBe(Code.NOT_FOUND);
    const input = { name: `\ud800${name}`, datatype: 'FP64', shape: [1, 1, 1] };
    const refused = await client.call('ModelInfer', { model_name: 'ctr', inputs: [input] });
    expect(refused.error?.details).toMatch(/^INVALID_INFERENCE: /);
    expect((await client.call('ServerLive')).body).toEqual({ live: true });
  });

  it('counts, logs and names calls as requests', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { metadata } = await client.call('ModelInfer', raw, {
      'x-request-id': 'bid-17',
      traceparent,
    });
    expect(metadata.get('x-request-id')).toEqual(['bid-17']);
    const [line] = (await waitFor('the log line', () => {
      const found = logged('/ModelInfer').filter(({ request_id }) => request_id === 'bid-17');
      return found.length > 0 ? found : undefined;
    }))!;
    expect(line).toMatchObject({
      method: 'GRPC',
      path: '/inference.GRPCInferenceService/ModelInfer',
      status: 200,
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      traceparent,
    });
    const { text } = await api.get('/metrics').expect(200);
    const route = 'method="GRPC",route="/inference.GRPCInferenceService/ModelInfer"';
    expect(text).toMatch(new RegExp(`http_requests_total\\{${route},status="200"\\} [1-9]`));
    expect(text).toMatch(new RegExp(`http_requests_total\\{${route},status="413"\\} [1-9]`));
    expect(logged('/ServerReady')).toEqual([]);
  });

  /** A bare HTTP/2 client, for what a real one would not do. */
  async function begin(method = 'ModelInfer', settings: object = {}) {
    const session = connect(`http://127.0.0.1:${api.grpcPort}`, { settings });
    const stream = session.request({
      ':method': 'POST',
      ':path': `/inference.GRPCInferenceService/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      'x-request-id': 'slow',
    });
    // Not `once` of events, which takes the error that comes first for the end.
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.on('error', () => {});
    await once(stream, 'ready');
    return { session, stream, closed };
  }
  const inFlight = async () => {
    const { text } = await api.get('/metrics').expect(200);
    return Number(/adscale_requests_in_flight\{[^}]*\} (\d+)/.exec(text)![1]);
  };

  it('gives up on a message that does not arrive in time', async () => {
    const { session, stream } = await begin();
    stream.write(Buffer.of(0, 0, 0, 1, 0, 10));
    const [headers] = await within('an answer', once(stream, 'response'));
    expect(headers['grpc-status']).toBe(String(Code.DEADLINE_EXCEEDED));
    expect(headers['grpc-message']).toMatch(/^REQUEST_TIMEOUT/);
    session.destroy();
    const [line] = (await waitFor('the log line', () => {
      const found = logged('/ModelInfer').filter(({ status }) => status === 408);
      return found.length > 0 ? found : undefined;
    }))!;
    expect(line.request_id).toBe('slow');
    // Only the request that asks.
    await waitFor('nothing else to be under way', async () => (await inFlight()) === 1);
  });

  it('gives up on a client that does not read its answer, and on one that hangs up', async () => {
    const unread = await begin('ServerMetadata', { initialWindowSize: 0 });
    unread.stream.end(Buffer.of(0, 0, 0, 0, 0));
    const hangingUp = await begin();
    hangingUp.stream.write(Buffer.of(0, 0));
    await waitFor('both to be under way', async () => (await inFlight()) === 3);
    hangingUp.session.destroy();
    await within('the stream to be closed', unread.closed);
    expect(unread.stream.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await waitFor('nothing else to be under way', async () => (await inFlight()) === 1);
    unread.session.destroy();
  });

  it('refuses a message that is none', async () => {
    const { session, stream } = await begin();
    stream.end(Buffer.of(0, 0, 0, 0, 2, 0xff, 0xff));
    const [headers] = await within('an answer', once(stream, 'response'));
    expect(headers['grpc-status']).toBe(String(Code.INVALID_ARGUMENT));
    expect(headers['grpc-message']).toMatch(/^MALFORMED_REQUEST/);
    session.destroy();
  });
});

describe('the gate of gRPC', () => {
  const key = 'a key of the bidder';
  const API_KEYS = `bidder:predict:${createHash('sha256').update(key).digest('hex')},ops:admin:${createHash('sha256').update('ops').digest('hex')}`;
  afterEach(stop);

  it('asks for keys in either form, where HTTP does', async () => {
    await start({ API_KEYS });
    const refused = await client.call('ModelInfer', raw);
    expect(refused.error).toMatchObject({ code: Code.UNAUTHENTICATED });
    expect(refused.error?.details).toMatch(/^API_KEY_REQUIRED: /);
    const guessed = await client.call('ModelInfer', raw, { 'x-api-key': 'guess' });
    expect(guessed.error?.code).toBe(Code.UNAUTHENTICATED);
    const short = await client.call('ModelInfer', raw, { 'x-api-key': 'ops' });
    expect(short.error?.code).toBe(Code.PERMISSION_DENIED);
    expect((await client.call('ModelInfer', raw, { 'x-api-key': key })).error).toBeUndefined();
    const authorization = `Bearer ${key}`;
    expect((await client.call('ModelInfer', raw, { authorization })).error).toBeUndefined();
    expect((await client.call('ModelMetadata', { name: 'ctr' })).error).toBeUndefined();
    expect((await client.check()).body.status).toBe('SERVING');
  });

  it('limits clients together with HTTP, by key and by address', async () => {
    await start({ API_KEYS, RATE_LIMIT_PER_MINUTE: '2', TRUST_PROXY: '1' });
    await api.post(sample).set('x-api-key', key).expect(200);
    expect((await client.call('ModelInfer', raw, { 'x-api-key': key })).error).toBeUndefined();
    const { error } = await client.call('ModelInfer', raw, { 'x-api-key': key });
    expect(error?.code).toBe(Code.RESOURCE_EXHAUSTED);
    expect(error?.details).toMatch(/^RATE_LIMITED: /);
    expect(Number(error?.metadata.get('retry-after')[0])).toBeGreaterThan(0);
    const from = (address: string) =>
      client.call('ServerMetadata', {}, { 'x-forwarded-for': address });
    for (let i = 0; i < 2; i++) expect((await from('192.0.2.1')).error).toBeUndefined();
    expect((await from('192.0.2.1')).error?.code).toBe(Code.RESOURCE_EXHAUSTED);
    expect((await from('192.0.2.2')).error).toBeUndefined();
    expect((await client.check()).body.status).toBe('SERVING');
  });

  it('sheds calls while there is too much to do, and lets them in again', async () => {
    await start({ MAX_IN_FLIGHT: '1', REQUEST_TIMEOUT_MS: '60000' });
    const session = connect(`http://127.0.0.1:${api.grpcPort}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
    });
    stream.on('error', () => {});
    stream.write(Buffer.of(0));
    const { error } = (await waitFor('a call to be shed', async () => {
      const answer = await client.call('ServerMetadata');
      return answer.error && answer;
    }))!;
    expect(error?.code).toBe(Code.UNAVAILABLE);
    expect(error?.details).toMatch(/^OVERLOADED: /);
    expect(error?.metadata.get('retry-after')).toEqual(['1']);
    expect((await client.check()).body.status).toBe('SERVING');
    session.destroy();
    await waitFor('calls to be let in', async () => !(await client.call('ServerMetadata')).error);
  });
});

describe('gRPC in the life of the service', () => {
  it('is not offered unless GRPC_PORT is set', async () => {
    const plain = await runApp({ MODEL_DIR: await modelFolder() });
    expect(plain.grpcPort).toBeUndefined();
    await plain.close();
  });

  it('says which port is taken', async () => {
    await start();
    const starting = runApp({ MODEL_DIR: await modelFolder(), GRPC_PORT: String(api.grpcPort) });
    await expect(starting).rejects.toThrow(
      `gRPC cannot listen on 127.0.0.1:${api.grpcPort}: set GRPC_PORT to another port`,
    );
    await stop();
  });

  it('goes on when the first model has other features, and watchers learn of it', async () => {
    const folder = await emptyFolder();
    await start({ MODEL_DIR: folder });
    expect((await client.call('ServerReady')).body).toEqual({ ready: false });
    expect((await client.call('ModelReady', { name: 'ctr' })).body).toEqual({ ready: false });
    const { error } = await client.call('ModelInfer', raw);
    expect(error?.code).toBe(Code.UNAVAILABLE);
    expect(error?.details).toMatch(/^MODEL_NOT_LOADED: /);
    const watch = client.watch();
    const told: string[] = [];
    watch.on('data', ({ status }) => told.push(status)).on('error', () => {});
    await waitFor('the watcher to be told', () => told.length === 1);

    const { bytes, card } = await trainModel(otherSchema);
    await new Registry(folder).publish(bytes, card);
    await api.app.get(ModelFollower).look();
    await waitFor('the watcher to be told again', () => told.length === 2);
    expect(told).toEqual(['NOT_SERVING', 'SERVING']);
    const { body } = await client.call('ModelMetadata', { name: 'ctr' });
    const names = body.inputs.map(({ name }: { name: string }) => name);
    expect(names).toEqual(otherSchema.features.map(({ name }) => name));
    expect(names).not.toEqual(defaultSchema.features.map(({ name }) => name));
    await stop();
  });

  it('drains: health says so at once, calls go on, and closing ends watches', async () => {
    await start();
    const watch = client.watch();
    const told: string[] = [];
    const ended = once(watch, 'end');
    watch.on('data', ({ status }) => told.push(status)).on('error', () => {});
    await waitFor('the watcher to be told', () => told.length === 1);
    api.startDraining();
    expect((await client.check()).body.status).toBe('NOT_SERVING');
    expect((await client.call('ServerReady')).body).toEqual({ ready: false });
    expect((await client.call('ModelInfer', raw)).error).toBeUndefined();
    await stop();
    await within('the watch to end', ended);
    expect(told).toEqual(['SERVING', 'NOT_SERVING']);
  });

  it('tells watchers of a service that it does not know', async () => {
    await start();
    const watch = client.watch('other').on('error', () => {});
    const [{ status }] = await within('the watcher to be told', once(watch, 'data'));
    expect(status).toBe('SERVICE_UNKNOWN');
    await stop();
  });

  it('answers the call that is under way when it closes', async () => {
    await start();
    const session = connect(`http://127.0.0.1:${api.grpcPort}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ServerLive',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.write(Buffer.of(0, 0, 0));
    await waitFor('the call to be under way', () => logged('x').length === 0 && stream.id! > 0);
    const goaway = once(session, 'goaway');
    const closed = stop();
    await within('the service to say that it goes', goaway);
    stream.end(Buffer.of(0, 0));
    const [headers] = await within('an answer', once(stream, 'response'));
    expect(headers[':status']).toBe(200);
    const [trailers] = await within('the end of the answer', once(stream.resume(), 'trailers'));
    expect(trailers['grpc-status']).toBe('0');
    await closed;
    session.destroy();
  });
});
