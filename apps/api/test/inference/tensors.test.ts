import { RecordContract, defaultSchema } from '@adscale/ctr';
import type { Schema } from '@adscale/forest';
import fc from 'fast-check';
import { mayLack, recordsOf } from '../../src/inference/tensor-records.js';
import { readInferenceRequest, readTensor } from '../../src/inference/tensors.js';
import { ProblemError } from '../../src/problem/problem.js';
import { otherSchema } from '../trained-models.js';

const tensor = (name: string, datatype: string, data: unknown[], shape = [data.length]) => ({
  name,
  datatype,
  shape,
  data,
});

/** Two placements, a tensor a feature. */
const columns = () => [
  tensor('impressions', 'INT64', [5000, 100]),
  tensor('ad_position', 'INT32', [1, 10]),
  tensor('device_type', 'BYTES', ['mobile', 'tablet']),
  tensor('budget', 'FP64', [2500.5, 10]),
];
const placements = [
  { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500.5 },
  { impressions: 100, ad_position: 10, device_type: 'tablet', budget: 10 },
];

function read(inputs: unknown, schema: Schema = defaultSchema) {
  return recordsOf(readInferenceRequest({ inputs }).tensors, new RecordContract(schema));
}

function detailOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'INVALID_INFERENCE') return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('input tensors', () => {
  it('one a feature, in any order and shape, are records', () => {
    expect(read(columns())).toEqual(placements);
    expect(read(columns().reverse())).toEqual(placements);
    const upright = columns().map((input) => ({ ...input, shape: [2, 1] }));
    expect(read(upright)).toEqual(placements);
    const nested = upright.map((input) => ({ ...input, data: input.data.map((x) => [x]) }));
    expect(read(nested)).toEqual(placements);
  });

  it('one of all features are records, words by their place', () => {
    const flat = [5000, 1, 0, 2500.5, 100, 10, 2, 10];
    expect(read([tensor('x', 'FP64', flat, [2, 4])])).toEqual(placements);
    const nested = [flat.slice(0, 4), flat.slice(4)];
    expect(read([tensor('x', 'FP32', nested, [2, 4])])).toEqual(placements);
  });

  it('hold the same records in either form, whatever these are', () => {
    const record = fc.record({
      hour: fc.integer({ min: 0, max: 23 }),
      weight: fc.double({ noNaN: true, noDefaultInfinity: true }),
      bid: fc.double({ noNaN: true, noDefaultInfinity: true }),
      age: fc.double({ noNaN: true, noDefaultInfinity: true }),
      country: fc.constantFrom('de', 'fr', 'it', 'es', 'pl'),
    });
    const { features } = otherSchema;
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
        const values = (name: string) => records.map((one) => one[name as keyof typeof one]);
        const named = features.map(({ name, kind }) =>
          tensor(name, kind === 'categorical' ? 'BYTES' : 'FP64', values(name)),
        );
        const places = records.map((one) =>
          features.map((feature) => {
            const value = one[feature.name as keyof typeof one];
            return feature.kind === 'categorical'
              ? feature.categories.indexOf(value as string)
              : value;
          }),
        );
        const matrix = [tensor('rows', 'FP64', places, [records.length, features.length])];
        expect(read(named, otherSchema)).toEqual(records);
        expect(read(matrix, otherSchema)).toEqual(records);
      }),
    );
  });

  it('of the name of a feature are that feature, also where there is no other', () => {
    const features = [{ name: 'word', kind: 'categorical', categories: ['a', 'b'] }] as const;
    const words = [tensor('word', 'BYTES', [['b'], ['a']], [2, 1])];
    expect(read(words, { features })).toEqual([{ word: 'b' }, { word: 'a' }]);
    const places = [tensor('x', 'INT32', [1, 0], [2, 1])];
    expect(read(places, { features })).toEqual([{ word: 'b' }, { word: 'a' }]);
  });

  it('of a feature that may be absent may be left out', () => {
    const features = defaultSchema.features.map((feature) => ({
      ...feature,
      missing: feature.name === 'impressions',
    }));
    const rest = placements.map(({ impressions: _left, ...others }) => others);
    expect(read(columns().slice(1), { features })).toEqual(rest);
    expect(detailOf(() => read(columns().slice(0, 3), { features }))).toContain(
      '0 inputs are named budget, wanted one',
    );
  });

  it('may hold null where a record may lack the value, and nowhere else', () => {
    const features = defaultSchema.features.map((feature, f) => ({
      ...feature,
      missing: f === 0,
    }));
    const contract = new RecordContract({ features });
    const readLacking = (inputs: object[]) =>
      recordsOf(
        readInferenceRequest({ inputs }, { mayLack: (name) => mayLack(contract, name) }).tensors,
        contract,
      );
    const lacking = columns().map((input, c) => (c === 0 ? { ...input, data: [null, 9] } : input));
    expect(readLacking(lacking).map(({ impressions }) => impressions)).toEqual([null, 9]);
    const [record] = readLacking([tensor('x', 'FP64', [null, 1, 2, 10], [1, 4])]);
    expect(record.impressions).toBeNull();
    const wrong = columns().map((input, c) => (c === 3 ? { ...input, data: [null, 9] } : input));
    expect(detailOf(() => readLacking(wrong))).toContain('element 0 is null, wanted');
  });

  it('of no rows are no records', () => {
    expect(read(columns().map((input) => ({ ...input, shape: [0], data: [] })))).toEqual([]);
    expect(read([tensor('x', 'FP64', [], [0, 4])])).toEqual([]);
  });

  it('with a place that is none leave a number where a word belongs', () => {
    const [record] = read([tensor('x', 'FP64', [5000, 1, 3, 10], [1, 4])]);
    expect(record.device_type).toBe(3);
  });

  it.each([
    ['missing', columns().slice(1), '0 inputs are named impressions, wanted one'],
    ['there twice', [...columns(), columns()[0]], '2 inputs are named impressions, wanted one'],
    ['unknown', [...columns(), tensor('clicks', 'FP64', [1, 2])], 'input "clicks" is not one'],
    [
      'of another length',
      [...columns().slice(0, 3), tensor('budget', 'FP64', [1])],
      'the length of input budget is 1, and that of impressions 2',
    ],
    [
      'too wide',
      [...columns().slice(0, 3), tensor('budget', 'FP64', [1, 2, 3, 4], [2, 2])],
      'input budget: shape is [2, 2], wanted [n] or [n, 1]',
    ],
    [
      'words for numbers',
      [...columns().slice(0, 3), tensor('budget', 'BYTES', ['1', '2'])],
      'input budget: datatype is BYTES, wanted one of BOOL, FP16',
    ],
    [
      'numbers for words',
      [columns()[0], columns()[1], columns()[3], tensor('device_type', 'INT32', [0, 1])],
      'input device_type: datatype is INT32, wanted BYTES',
    ],
    [
      'all words',
      [tensor('x', 'BYTES', ['a', 'b', 'c', 'd'], [1, 4])],
      'input "x": datatype is BYTES, wanted numbers',
    ],
  ])('that are %s are refused', (_name, inputs, detail) => {
    expect(detailOf(() => read(inputs))).toContain(detail);
  });
});

describe('a tensor', () => {
  it.each([
    [null, 'input 0 is null, wanted an object'],
    [{ shape: [1], datatype: 'FP64', data: [1] }, 'input 0: name is missing, wanted text'],
    [tensor('x', 'FP64', [1], []), 'input "x": shape must be [n] or [n, m]'],
    [tensor('x', 'FP64', [1], [1, 1, 1]), 'shape must be [n] or [n, m]'],
    [tensor('x', 'FP64', [1], [-1]), 'shape must be [n] or [n, m]'],
    [tensor('x', 'FP64', [1], [1.5]), 'shape must be [n] or [n, m]'],
    [tensor('x', 'BF16', [1]), 'datatype is "BF16", wanted BYTES or one of BOOL, FP16'],
    [tensor('x', 'BOOL', [true, 1]), 'element 1 is 1, wanted BOOL'],
    [tensor('x', 'constructor', [1]), 'datatype is "constructor"'],
    [{ name: 'x', datatype: 'FP64', shape: [1], data: '1' }, 'data is "1", wanted an array'],
    [tensor('x', 'FP64', [1, 2], [3]), '2 elements, but its shape is [3]'],
    [tensor('x', 'FP64', [1, 2], [2, 2 ** 52]), '2 elements, but its shape is'],
    [tensor('x', 'FP64', [[1, 2], [3]], [2, 2]), 'row 1 does not hold 2 elements'],
    [tensor('x', 'FP64', [[1, 2], 3], [2, 2]), 'row 1 does not hold 2 elements'],
    [tensor('x', 'FP64', [1, [2]], [2]), 'element 1 is an array, wanted FP64'],
    [tensor('x', 'FP64', [1, null]), 'element 1 is null, wanted FP64'],
    [tensor('x', 'INT32', [1, 2 ** 31]), 'element 1 is 2147483648, wanted INT32'],
    [tensor('x', 'UINT8', [0, -1]), 'element 1 is -1, wanted UINT8'],
    [tensor('x', 'INT64', [0.5]), 'element 0 is 0.5, wanted INT64'],
    [tensor('x', 'BYTES', [1]), 'element 0 is 1, wanted BYTES'],
  ])('%j is refused', (input, detail) => {
    expect(detailOf(() => readTensor(input, 'input 0'))).toContain(detail);
  });

  it('holds what its type can hold', () => {
    expect(readTensor(tensor('x', 'INT8', [-128, 127]), '').data).toEqual([-128, 127]);
    expect(readTensor(tensor('x', 'UINT32', [2 ** 32 - 1]), '').data).toEqual([2 ** 32 - 1]);
    expect(readTensor(tensor('x', 'FP16', [0.5]), '').data).toEqual([0.5]);
    expect(readTensor(tensor('x', 'BOOL', [true, false]), '').data).toEqual([1, 0]);
  });
});

describe('an inference request', () => {
  it.each([
    [[], 'the body is an array, wanted an object with inputs'],
    [{}, 'inputs is missing, wanted tensors'],
    [{ inputs: [] }, 'inputs is empty, wanted tensors'],
    [{ inputs: 'x' }, 'inputs is "x", wanted tensors'],
    [{ inputs: columns(), id: 42 }, 'id is 42, wanted text'],
    [{ inputs: columns(), outputs: 'x' }, 'outputs is "x", wanted an array'],
    [{ inputs: columns(), outputs: [{ name: 'ctr' }] }, 'output "ctr" is not one of this model'],
    [{ inputs: columns(), outputs: [null] }, 'output missing is not one of this model'],
  ])('%j is refused', (body, detail) => {
    expect(detailOf(() => readInferenceRequest(body))).toContain(detail);
  });

  it('may carry parameters, which mean nothing', () => {
    const inputs = columns().map((input) => ({ ...input, parameters: { content_type: 'np' } }));
    const body = { id: '', inputs, parameters: { binary: false }, outputs: [] };
    expect(readInferenceRequest(body)).toMatchObject({ id: '' });
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (data, shape) => {
        const inputs = [{ name: 'budget', datatype: 'FP64', shape, data }];
        expect(() => detailOf(() => read(inputs))).not.toThrow(TypeError);
      }),
    );
  });
});
