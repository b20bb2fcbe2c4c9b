import { checkBatchSize } from '../batch/batch.js';
import { type BinarySource, BinaryTail } from './binary-body.js';
import { NUMBER_TYPES, elementsOf, isDatatype, misfit } from './datatypes.js';
import { OUTPUT } from './inference-metadata.js';
import { got, refusal } from './inference-errors.js';

/** An input tensor as it was sent, with its data flat, in row-major order. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: readonly unknown[];
}

const MAX_DIMENSIONS = 2;

/** A request as it was read. Parameters that mean nothing here are ignored. */
export interface InferenceRequest {
  readonly id: string | undefined;
  readonly tensors: readonly Tensor[];
  /** Whether the output is wanted as binary data. */
  readonly isBinaryWanted: boolean;
}

/** How a request is to be read. */
export interface Reading {
  /** Whether elements of a tensor of this name may be null: missing. Default: none may. */
  readonly mayLack?: (tensor: string) => boolean;
  /** Most rows of a tensor. Default: any number. */
  readonly mostRows?: number;
  /** Where tensors have binary data. Default: nowhere. */
  readonly binary?: BinarySource;
}

/** @throws ProblemError INVALID_INFERENCE, BATCH_TOO_LARGE */
export function readInferenceRequest(body: unknown, reading: Reading = {}): InferenceRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw refusal(`the body is ${got(body)}, wanted an object with inputs`);
  }
  const { id, inputs, outputs, parameters } = body as Readonly<Record<string, unknown>>;
  if (id !== undefined && typeof id !== 'string') {
    throw refusal(`id is ${got(id)}, wanted text`);
  }
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw refusal(`inputs is ${Array.isArray(inputs) ? 'empty' : got(inputs)}, wanted tensors`);
  }
  const isBinaryWanted = readOutputs(outputs, fieldsOf(parameters).binary_data_output);
  const { binary = new BinaryTail() } = reading;
  const tensors = inputs.map((input, i) => readTensor(input, `input ${i}`, { ...reading, binary }));
  binary.end();
  return { id, tensors, isBinaryWanted };
}

/**
 * A request may name the one output that there is, or none, and gets it in both cases.
 * @param all whether outputs are wanted as binary data unless theirs says otherwise
 * @returns whether that output is
 */
function readOutputs(outputs: unknown, all: unknown): boolean {
  let isBinaryWanted = flag('binary_data_output', all) ?? false;
  if (outputs === undefined) return isBinaryWanted;
  if (!Array.isArray(outputs)) throw refusal(`outputs is ${got(outputs)}, wanted an array`);
  for (const output of outputs) {
    const { name, parameters } = fieldsOf(output);
    if (name !== OUTPUT) {
      throw refusal(`output ${got(name)} is not one of this model, wanted ${OUTPUT}`);
    }
    const own = fieldsOf(parameters).binary_data;
    isBinaryWanted = flag(`output ${OUTPUT}: binary_data`, own) ?? isBinaryWanted;
  }
  return isBinaryWanted;
}

function flag(what: string, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw refusal(`${what} is ${got(value)}, wanted true or false`);
}

/** The fields of an object; those of nothing if it is none. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/**
 * Reads one of a request's inputs. Its data may be flat or nested as its shape says, or binary, where
 * NaN stands for what may be missing. Elements that are true or false become 1 or 0.
 * @param where the input is, in words
 * @throws ProblemError INVALID_INFERENCE, BATCH_TOO_LARGE
 */
export function readTensor(input: unknown, where: string, reading: Reading = {}): Tensor {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw refusal(`${where} is ${got(input)}, wanted an object`);
  }
  const { name, shape, datatype, data, parameters } = input as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string') throw refusal(`${where}: name is ${got(name)}, wanted text`);
  const called = `input ${got(name)}`;
  if (!isShape(shape)) {
    throw refusal(`${called}: shape must be [n] or [n, m], of whole numbers from 0`);
  }
  if (!isDatatype(datatype)) {
    const wanted = `BYTES or one of ${NUMBER_TYPES.join(', ')}`;
    throw refusal(`${called}: datatype is ${got(datatype)}, wanted ${wanted}`);
  }
  const { mostRows = Infinity, mayLack = () => false, binary } = reading;
  checkBatchSize(shape[0], mostRows);
  const lacks = mayLack(name);
  const bytes = binary?.next(fieldsOf(parameters), called);
  const flat =
    bytes === undefined
      ? flattened(data, shape, called)
      : binaryElements(bytes, data, { datatype, shape, called });
  const elements = lacks ? flat.map(asLacking) : flat;
  const wrong = misfit(elements, datatype, lacks);
  if (wrong !== undefined) throw refusal(`${called}: ${wrong}`);
  return { name, shape, datatype, data: datatype === 'BOOL' ? elements.map(asNumber) : elements };
}

/** Null, for a missing value, stays what it is. */
function asNumber(flag: unknown): unknown {
  return flag === null ? null : Number(flag);
}

/** What has no null says by NaN that a value is missing. */
function asLacking(element: unknown): unknown {
  return Number.isNaN(element) ? null : element;
}

function binaryElements(
  bytes: Buffer,
  data: unknown,
  { datatype, shape, called }: { datatype: string; shape: readonly number[]; called: string },
): unknown[] {
  if (data !== undefined) throw refusal(`${called}: data is there twice, wanted JSON or binary`);
  return elementsOf(bytes, datatype, sizeOf(shape), called);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isShape(shape: unknown): shape is number[] {
  if (!Array.isArray(shape) || shape.length < 1 || shape.length > MAX_DIMENSIONS) return false;
  return shape.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function flattened(data: unknown, shape: readonly number[], called: string): unknown[] {
  if (!Array.isArray(data)) throw refusal(`${called}: data is ${got(data)}, wanted an array`);
  const isNested = shape.length > 1 && Array.isArray(data[0]);
  if (isNested) {
    const wrong = data.findIndex((row) => !Array.isArray(row) || row.length !== shape[1]);
    if (wrong >= 0) throw refusal(`${called}: row ${wrong} does not hold ${shape[1]} elements`);
  }
  const flat = isNested ? data.flat() : data;
  if (flat.length === sizeOf(shape)) return flat;
  throw refusal(`${called}: ${flat.length} elements, but its shape is [${shape.join(', ')}]`);
}
