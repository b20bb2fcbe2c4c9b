import { OUTPUT } from './inference-metadata.js';
import { got, refusal } from './inference-errors.js';

/** An input tensor as it was sent, with its data flat, in row-major order. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: readonly unknown[];
}

/** The ranges of the integer types. JSON numbers are doubles, so large 64-bit integers are rounded. */
const INTEGERS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  INT8: [-(2 ** 7), 2 ** 7 - 1],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  INT64: [-(2 ** 63), 2 ** 63],
  UINT8: [0, 2 ** 8 - 1],
  UINT16: [0, 2 ** 16 - 1],
  UINT32: [0, 2 ** 32 - 1],
  UINT64: [0, 2 ** 64],
};

const FLOATS = ['FP16', 'FP32', 'FP64'];

/** Datatypes whose elements are numbers. */
export const NUMBER_TYPES: readonly string[] = [...FLOATS, ...Object.keys(INTEGERS)];

const MAX_DIMENSIONS = 2;

/** A request as it was read. Its `parameters`, which the protocol leaves open, are ignored. */
export interface InferenceRequest {
  readonly id: string | undefined;
  readonly tensors: readonly Tensor[];
}

/**
 * @param mayLack whether elements of a tensor of this name may be null: missing
 * @throws ProblemError INVALID_INFERENCE
 */
export function readInferenceRequest(
  body: unknown,
  mayLack: (tensor: string) => boolean = () => false,
): InferenceRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw refusal(`the body is ${got(body)}, wanted an object with inputs`);
  }
  const { id, inputs, outputs } = body as Readonly<Record<string, unknown>>;
  if (id !== undefined && typeof id !== 'string') {
    throw refusal(`id is ${got(id)}, wanted text`);
  }
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw refusal(`inputs is ${Array.isArray(inputs) ? 'empty' : got(inputs)}, wanted tensors`);
  }
  checkOutputs(outputs);
  return { id, tensors: inputs.map((input, i) => readTensor(input, `input ${i}`, mayLack)) };
}

/** A request may name the one output that there is, or none, and gets it in both cases. */
function checkOutputs(outputs: unknown): void {
  if (outputs === undefined) return;
  if (!Array.isArray(outputs)) throw refusal(`outputs is ${got(outputs)}, wanted an array`);
  for (const output of outputs) {
    const name = (output as { name?: unknown } | null)?.name;
    if (name === OUTPUT) continue;
    throw refusal(`output ${got(name)} is not one of this model, wanted ${OUTPUT}`);
  }
}

/**
 * Reads one of a request's inputs. Its data may be flat or nested as its shape says.
 * @param where the input is, in words
 * @param mayLack whether elements of a tensor of this name may be null: missing
 * @throws ProblemError INVALID_INFERENCE
 */
export function readTensor(
  input: unknown,
  where: string,
  mayLack: (tensor: string) => boolean = () => false,
): Tensor {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw refusal(`${where} is ${got(input)}, wanted an object`);
  }
  const { name, shape, datatype, data } = input as Partial<Record<keyof Tensor, unknown>>;
  if (typeof name !== 'string') throw refusal(`${where}: name is ${got(name)}, wanted text`);
  const called = `input ${got(name)}`;
  if (!isShape(shape)) {
    throw refusal(`${called}: shape must be [n] or [n, m], of whole numbers from 0`);
  }
  if (typeof datatype !== 'string' || !(datatype === 'BYTES' || NUMBER_TYPES.includes(datatype))) {
    const wanted = `BYTES or one of ${NUMBER_TYPES.join(', ')}`;
    throw refusal(`${called}: datatype is ${got(datatype)}, wanted ${wanted}`);
  }
  if (!Array.isArray(data)) throw refusal(`${called}: data is ${got(data)}, wanted an array`);
  const flat = flattened(data, shape, called);
  const lacks = mayLack(name);
  const wrong = flat.findIndex(
    (element) => !(lacks && element === null) && !fits(element, datatype),
  );
  if (wrong >= 0) {
    throw refusal(`${called}: element ${wrong} is ${got(flat[wrong])}, wanted ${datatype}`);
  }
  return { name, shape, datatype, data: flat };
}

function isShape(shape: unknown): shape is number[] {
  if (!Array.isArray(shape) || shape.length < 1 || shape.length > MAX_DIMENSIONS) return false;
  return shape.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function flattened(data: unknown[], shape: readonly number[], called: string): unknown[] {
  const isNested = shape.length > 1 && Array.isArray(data[0]);
  if (isNested) {
    const wrong = data.findIndex((row) => !Array.isArray(row) || row.length !== shape[1]);
    if (wrong >= 0) throw refusal(`${called}: row ${wrong} does not hold ${shape[1]} elements`);
  }
  const flat = isNested ? data.flat() : data;
  const wanted = shape.reduce((product, size) => product * size, 1);
  if (flat.length === wanted) return flat;
  throw refusal(`${called}: ${flat.length} elements, but its shape is [${shape.join(', ')}]`);
}

function fits(element: unknown, datatype: string): boolean {
  if (datatype === 'BYTES') return typeof element === 'string';
  if (typeof element !== 'number') return false;
  const range = INTEGERS[datatype];
  if (range === undefined) return true;
  return Number.isInteger(element) && element >= range[0] && element <= range[1];
}
