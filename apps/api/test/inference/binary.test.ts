/*
 * The binary tensor data extension, held to its text (Triton's docs/protocol/extension_binary_data.md,
 * which KServe repeats): bodies are put together by hand from that text, and by nothing of ours.
 */
import fc from 'fast-check';
import { BinaryTail } from '../../src/inference/binary-body.js';
import { elementsOf } from '../../src/inference/datatypes.js';
import { readInferenceRequest } from '../../src/inference/tensors.js';
import { ProblemError } from '../../src/problem/problem.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';

const LENGTH = 'Inference-Header-Content-Length';

/** What the text says of elements of BYTES: a 4-byte length, little-endian, then the bytes. */
function texts(...words: (string | Buffer)[]): Buffer {
  return Buffer.concat(
    words.flatMap((word) => {
      const bytes = Buffer.from(word as string);
      return [Buffer.from(Uint32Array.of(bytes.length).buffer), bytes];
    }),
  );
}

/** The bytes of a typed array, which are little-endian on every machine that runs Node. */
const bytesOf = (array: { buffer: ArrayBufferLike }) => Buffer.from(array.buffer);

function detailOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'INVALID_INFERENCE') return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('binary elements', () => {
  it.each([
    ['INT8', Int8Array, fc.integer({ min: -128, max: 127 })],
    ['INT16', Int16Array, fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })],
    ['INT32', Int32Array, fc.integer()],
    ['UINT8', Uint8Array, fc.integer({ min: 0, max: 255 })],
    ['UINT16', Uint16Array, fc.integer({ min: 0, max: 2 ** 16 - 1 })],
    ['UINT32', Uint32Array, fc.integer({ min: 0, max: 2 ** 32 - 1 })],
    ['FP32', Float32Array, fc.float()],
    ['FP64', Float64Array, fc.double()],
  ] as const)('of %s are what was written', (datatype, Numbers, number) => {
    fc.assert(
      fc.property(fc.array(number as fc.Arbitrary<number>), (numbers) => {
        const written = Numbers.from(numbers);
        const read = elementsOf(bytesOf(written), datatype, written.length, 'input');
        expect(read).toEqual([...written]);
      }),
    );
  });

  it.each([
    ['INT64', BigInt64Array, fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n })],
    ['UINT64', BigUint64Array, fc.bigInt({ min: 0n, max: 2n ** 53n })],
  ] as const)(
    'of %s are what was written, as far as numbers are exact',
    (datatype, Numbers, number) => {
      fc.assert(
        fc.property(fc.array(number), (numbers) => {
          const read = elementsOf(
            bytesOf(Numbers.from(numbers)),
            datatype,
            numbers.length,
            'input',
          );
          expect(read).toEqual(numbers.map(Number));
        }),
      );
    },
  );

  it('of FP16 are read by IEEE 754', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555, 0x8000, 0x7c00);
    const read = elementsOf(bytesOf(halves), 'FP16', 7, 'input');
    expect(read).toEqual([1, -2, 65504, 2 ** -24, 0.333251953125, -0, Infinity]);
  });

  it('of BOOL are a byte each, 0 or 1', () => {
    expect(elementsOf(Buffer.of(1, 0), 'BOOL', 2, 'input')).toEqual([true, false]);
  });

  it('of BYTES are texts of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (words) => {
        expect(elementsOf(texts(...words), 'BYTES', words.length, 'input')).toEqual(words);
      }),
    );
  });

  it('are read or refused, whatever the bytes are', () => {
    const datatype = fc.constantFrom('BYTES', 'FP16', 'INT64', 'BOOL', 'FP32');
    fc.assert(
      fc.property(datatype, fc.uint8Array(), fc.nat(20), (type, bytes, count) => {
        const read = () => elementsOf(Buffer.from(bytes), type, count, 'input');
        try {
          expect(read()).toHaveLength(count);
        } catch (error) {
          expect(error).toBeInstanceOf(ProblemError);
        }
      }),
    );
  });
});

describe('a request with binary data', () => {
  const read = (inputs: object[], bytes: Buffer, mayLack = false) =>
    readInferenceRequest(
      { inputs },
      { binary: new BinaryTail(bytes), mayLack: () => mayLack },
    ).tensors.map(({ data }) => data);
  const input = (size: unknown, more: object = {}) => ({
    ...{ name: 'x', datatype: 'FP32', shape: [2] },
    ...{ parameters: { binary_data_size: size }, ...more },
  });
  const numbers = bytesOf(Float32Array.of(1.5, -2));

  it('gives each tensor its part, in their order, also beside tensors of JSON', () => {
    const json = { name: 'j', datatype: 'INT32', shape: [1], data: [7] };
    const flags = input(2, { datatype: 'BOOL' });
    const bytes = Buffer.concat([numbers, Buffer.of(1, 0)]);
    expect(read([input(8), json, flags], bytes)).toEqual([[1.5, -2], [7], [1, 0]]);
    expect(read([input(0, { shape: [0] }), json], Buffer.alloc(0))).toEqual([[], [7]]);
  });

  it('may say by NaN what a record lacks, and only there', () => {
    const lacking = bytesOf(Float32Array.of(1.5, NaN));
    expect(read([input(8)], lacking, true)).toEqual([[1.5, null]]);
    expect(detailOf(() => read([input(8)], lacking))).toBe(
      'input "x": element 1 is NaN, wanted FP32',
    );
  });

  it.each([
    [[input(9)], 'input "x": binary_data_size is 9, wanted a whole number from 0 to 8, the bytes'],
    [[input(-1)], 'input "x": binary_data_size is -1, wanted a whole number from 0 to 8'],
    [[input('8')], 'input "x": binary_data_size is "8", wanted a whole number'],
    [
      [input(2 ** 60)],
      'binary_data_size is 1152921504606847000, wanted a whole number from 0 to 8',
    ],
    [[input(4)], 'input "x": 4 bytes of FP32, wanted 8: 2 elements of 4 bytes'],
    [[input(8, { shape: [3] })], 'input "x": 8 bytes of FP32, wanted 12: 3 elements of 4 bytes'],
    [[input(8, { shape: [2 ** 50] })], 'input "x": 8 bytes of FP32, wanted 4503599627370496'],
    [[input(8, { data: [1, 2] })], 'input "x": data is there twice, wanted JSON or binary'],
    [[input(8, { datatype: 'BF16' })], 'input "x": datatype is "BF16", wanted BYTES or one of'],
    [[input(8, { datatype: 'BOOL', shape: [8] })], 'input "x": element 2 is 192, wanted BOOL'],
    [[input(undefined, { data: [1, 2] })], '8 bytes follow the binary data of the last input'],
    [[input(undefined)], 'input "x": data is missing, wanted an array'],
    [[input(8), input(8)], 'input "x": binary_data_size is 8, wanted a whole number from 0 to 0'],
  ])('%# is refused where its sizes do not fit', (inputs, detail) => {
    const bytes = Buffer.from('0000c03f0000c0c0', 'hex');
    expect(detailOf(() => read(inputs, bytes))).toContain(detail);
  });

  it.each([
    ['tell a length that is not there', texts('abc').subarray(0, 6), 1, 'element 0 is 3, but 2 b'],
    ['end early', texts('abcde'), 2, 'its bytes end before the length of element 1'],
    ['go on', texts('a', 'b'), 1, '5 bytes follow its 1 elements, wanted none'],
    ['are few', Buffer.of(1, 0), 1, '2 bytes of BYTES, wanted 4 at least, for the lengths of 1'],
    ['are no text', texts(Buffer.of(0xff)), 1, 'element 0 is not text, wanted UTF-8'],
  ])('is refused where texts %s', (_name, bytes, count, detail) => {
    const words = input(bytes.length, { datatype: 'BYTES', shape: [count] });
    expect(detailOf(() => read([words], bytes))).toMatch(/^input "x": /);
    expect(detailOf(() => read([words], bytes))).toContain(detail);
  });
});

describe('binary inference over HTTP', () => {
  let api: RunningApp;
  let url: string;
  let expected: number[];
  const limits = { BATCH_LIMIT: '100', BATCH_BODY_LIMIT_BYTES: '10000' };
  beforeAll(async () => {
    api = await runApp({ MODEL_DIR: await modelFolder(), ...limits });
    const { port } = api.server.address() as { port: number };
    url = `http://127.0.0.1:${port}/v2/models/ctr/infer`;
    const other = { ...sample, ad_position: 4, device_type: 'tablet', budget: 100 };
    const answers = await Promise.all([sample, other].map((record) => api.post(record)));
    expected = answers.map(({ body }) => body.predicted_ctr);
  });
  afterAll(() => api.close());

  const parts = [
    { name: 'impressions', datatype: 'INT64', bytes: bytesOf(BigInt64Array.of(5000n, 5000n)) },
    { name: 'ad_position', datatype: 'UINT8', bytes: Buffer.of(1, 4) },
    { name: 'device_type', datatype: 'BYTES', bytes: texts('mobile', 'tablet') },
    { name: 'budget', datatype: 'FP64', bytes: bytesOf(Float64Array.of(2500, 100)) },
  ];
  const inputs = parts.map(({ bytes, ...rest }) => ({
    ...{ ...rest, shape: [2] },
    parameters: { binary_data_size: bytes.length },
  }));
  const tail = Buffer.concat(parts.map(({ bytes }) => bytes));

  /** Sends JSON with bytes behind it. `fetch` adds no content type to bytes. */
  async function send(json: object, bytes: Buffer, headers: Record<string, string> = {}) {
    const head = Buffer.from(JSON.stringify(json));
    const body = Buffer.concat([head, bytes]);
    const own: Record<string, string> = bytes.length > 0 ? { [LENGTH]: String(head.length) } : {};
    const answer = await fetch(url, { method: 'POST', body, headers: { ...own, ...headers } });
    return { answer, body: Buffer.from(await answer.arrayBuffer()) };
  }

  const data = { name: 'predicted_ctr', datatype: 'FP64', shape: [2] };

  it.each([
    ['application/octet-stream'],
    ['application/json'],
    ['application/x-www-form-urlencoded'],
    [undefined],
  ])('is answered whatever the body is called: %s', async (type) => {
    const { answer, body } = await send({ inputs }, tail, type ? { 'content-type': type } : {});
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get(LENGTH)).toBeNull();
    expect(JSON.parse(String(body)).outputs).toEqual([{ ...data, data: expected }]);
  });

  it.each([
    ['all outputs', { parameters: { binary_data_output: true } }, true],
    [
      'this output',
      { outputs: [{ name: 'predicted_ctr', parameters: { binary_data: true } }] },
      true,
    ],
    [
      'all but this one',
      {
        parameters: { binary_data_output: true },
        outputs: [{ name: 'predicted_ctr', parameters: { binary_data: false } }],
      },
      false,
    ],
    [
      'this one by the wish for all',
      { parameters: { binary_data_output: true }, outputs: [{ name: 'predicted_ctr' }] },
      true,
    ],
    ['none', { parameters: { binary_data_output: false, priority: 1 } }, false],
  ])('answers in binary where it is asked for: %s', async (_name, wishes, isBinary) => {
    const { answer, body } = await send({ id: 'é', inputs, ...wishes }, tail);
    expect(answer.status).toBe(200);
    const head = Number(answer.headers.get(LENGTH) ?? body.length);
    const { outputs, id, model_name } = JSON.parse(body.toString('utf8', 0, head));
    expect({ id, model_name }).toEqual({ id: 'é', model_name: 'ctr' });
    if (!isBinary) return expect(outputs).toEqual([{ ...data, data: expected }]);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-length')).toBe(String(body.length));
    expect(outputs).toEqual([{ ...data, parameters: { binary_data_size: 16 } }]);
    expect([0, 8].map((at) => body.readDoubleLE(head + at))).toEqual(expected);
    expect(body).toHaveLength(head + 16);
  });

  it('answers JSON alone in binary too, as clients that send none ask for it', async () => {
    const rows = [5000, 1, 0, 2500, 5000, 4, 2, 100];
    const matrix = { name: 'rows', datatype: 'FP32', shape: [2, 4], data: rows };
    const asked = { inputs: [matrix], parameters: { binary_data_output: true } };
    const { answer, body } = await send(asked, Buffer.alloc(0));
    const head = Number(answer.headers.get(LENGTH));
    expect([0, 8].map((at) => body.readDoubleLE(head + at))).toEqual(expected);
  });

  it.each([
    [
      'x',
      /^INVALID_INFERENCE: Inference-Header-Content-Length is "x", wanted a whole number from 1/,
    ],
    [
      '0',
      /^INVALID_INFERENCE: Inference-Header-Content-Length is "0", wanted a whole number from 1/,
    ],
    ['99999', /^INVALID_INFERENCE: Inference-Header-Content-Length is "99999", wanted/],
    ['10', /^MALFORMED_JSON: /],
    ['1', /^MALFORMED_JSON: /],
  ])('refuses the length %s of its JSON', async (length, error) => {
    const { answer, body } = await send({ inputs }, tail, { [LENGTH]: length });
    expect(answer.status).toBe(400);
    expect(JSON.parse(String(body)).error).toMatch(error);
  });

  it('keeps to the limits and the rules of rows', async () => {
    const long = inputs.map((input) => ({ ...input, shape: [101] }));
    const many = await send({ inputs: long }, tail);
    expect(many.answer.status).toBe(413);
    expect(String(many.body)).toContain('BATCH_TOO_LARGE: Got 101 records, wanted at most 100');
    const large = await send({ inputs }, Buffer.alloc(10_001));
    expect(large.answer.status).toBe(413);
    expect(String(large.body)).toContain('BODY_TOO_LARGE');
    const wrong = Buffer.from(tail);
    wrong.writeDoubleLE(Infinity, wrong.length - 8);
    const refused = await send({ inputs }, wrong);
    expect(String(refused.body)).toContain('INVALID_INFERENCE: row 1: budget is \\"Infinity');
  });

  it('may hold no more objects than memory has room for, whatever it is called', async () => {
    const roomy = await runApp({ MODEL_DIR: await modelFolder() });
    const { port } = roomy.server.address() as { port: number };
    const address = `http://127.0.0.1:${port}/v2/models/ctr/infer`;
    const body = `{"inputs":[${'{},'.repeat(150_000)}{}]}`;
    for (const type of ['application/octet-stream', 'application/json']) {
      const headers = { 'content-type': type };
      const answer = await fetch(address, { method: 'POST', body, headers });
      expect(answer.status).toBe(413);
      expect(await answer.text()).toContain('objects and arrays');
    }
    await roomy.close();
  });

  it.each(['application/octet-stream', 'application/vnd.adscale.inference'])(
    'leaves other routes alone, which take no %s',
    async (type) => {
      await api.post(JSON.stringify(sample), type).set(LENGTH, '10').expect(415);
    },
  );
});
