import { isUtf8 } from 'node:buffer';
import { getFloat16 } from '@petamoriken/float16';
import { got, refusal } from './inference-errors.js';

/** A datatype of the protocol whose elements have one size: how they are read, and what they may be. */
interface FixedType {
  /** Bytes of an element in binary data. */
  readonly size: number;
  /** The element at a place in binary data, which is little-endian. */
  readonly read: (view: DataView, at: number) => unknown;
  /** Whether an element may be this value. */
  readonly fits: (element: unknown) => boolean;
}

const float = (size: number, read: FixedType['read']): FixedType => ({
  size,
  read,
  fits: (element) => typeof element === 'number' && !Number.isNaN(element),
});

/** The ends of the range are what a number can hold of them: large 64-bit integers are rounded. */
const integer = (
  size: number,
  least: number,
  most: number,
  read: FixedType['read'],
): FixedType => ({
  size,
  read,
  fits: (element) => Number.isInteger(element) && least <= +element! && +element! <= most,
});

const FIXED: ReadonlyMap<string, FixedType> = new Map([
  // A byte that is neither stays a number, which does not fit.
  [
    'BOOL',
    {
      size: 1,
      read: (view, at) => [false, true][view.getUint8(at)] ?? view.getUint8(at),
      fits: (element) => typeof element === 'boolean',
    },
  ],
  ['FP16', float(2, (view, at) => getFloat16(view, at, true))],
  ['FP32', float(4, (view, at) => view.getFloat32(at, true))],
  ['FP64', float(8, (view, at) => view.getFloat64(at, true))],
  ['INT8', integer(1, -(2 ** 7), 2 ** 7 - 1, (view, at) => view.getInt8(at))],
  ['INT16', integer(2, -(2 ** 15), 2 ** 15 - 1, (view, at) => view.getInt16(at, true))],
  ['INT32', integer(4, -(2 ** 31), 2 ** 31 - 1, (view, at) => view.getInt32(at, true))],
  ['INT64', integer(8, -(2 ** 63), 2 ** 63, (view, at) => Number(view.getBigInt64(at, true)))],
  ['UINT8', integer(1, 0, 2 ** 8 - 1, (view, at) => view.getUint8(at))],
  ['UINT16', integer(2, 0, 2 ** 16 - 1, (view, at) => view.getUint16(at, true))],
  ['UINT32', integer(4, 0, 2 ** 32 - 1, (view, at) => view.getUint32(at, true))],
  ['UINT64', integer(8, 0, 2 ** 64, (view, at) => Number(view.getBigUint64(at, true)))],
]);

/** Datatypes whose elements are numbers, or can stand for them. */
export const NUMBER_TYPES: readonly string[] = [...FIXED.keys()];

/** Texts: in binary data the length in 4 bytes, then so many bytes of UTF-8. */
export const BYTES = 'BYTES';

export function isDatatype(name: unknown): name is string {
  return typeof name === 'string' && (name === BYTES || FIXED.has(name));
}

/** Whether a tensor of this datatype may hold the element. */
export function fits(element: unknown, datatype: string): boolean {
  return FIXED.get(datatype)?.fits(element) ?? typeof element === 'string';
}

const LENGTH_BYTES = 4;

/**
 * Reads the elements of a tensor from its binary data: little-endian, row-major, nothing in between.
 * @param count of elements by the tensor's shape
 * @param called the tensor, in words
 * @throws ProblemError INVALID_INFERENCE if the data is not exactly these elements
 */
export function elementsOf(
  bytes: Buffer,
  datatype: string,
  count: number,
  called: string,
): unknown[] {
  const type = FIXED.get(datatype);
  if (type === undefined) return textsOf(bytes, count, called);
  const { size, read } = type;
  if (bytes.length !== count * size) {
    const wanted = `${count * size}: ${count} elements of ${size} bytes`;
    throw refusal(`${called}: ${bytes.length} bytes of ${datatype}, wanted ${wanted}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: count }, (_, i) => read(view, i * size));
}

function textsOf(bytes: Buffer, count: number, called: string): string[] {
  // Each takes its length at least, so a shape cannot ask for more texts than there are bytes.
  if (bytes.length < count * LENGTH_BYTES) {
    const wanted = `${count * LENGTH_BYTES} at least, for the lengths of ${count} elements`;
    throw refusal(`${called}: ${bytes.length} bytes of BYTES, wanted ${wanted}`);
  }
  let at = 0;
  const texts = Array.from({ length: count }, (_, i) => {
    const left = bytes.length - at - LENGTH_BYTES;
    if (left < 0) throw refusal(`${called}: its bytes end before the length of element ${i}`);
    const length = bytes.readUInt32LE(at);
    if (length > left) {
      throw refusal(`${called}: the length of element ${i} is ${length}, but ${left} bytes follow`);
    }
    const start = at + LENGTH_BYTES;
    at = start + length;
    const text = bytes.subarray(start, at);
    if (!isUtf8(text)) throw refusal(`${called}: element ${i} is not text, wanted UTF-8`);
    return text.toString();
  });
  if (at === bytes.length) return texts;
  throw refusal(`${called}: ${bytes.length - at} bytes follow its ${count} elements, wanted none`);
}

/** The binary data of an FP64 tensor. */
export function fp64Bytes(elements: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(elements.length * 8);
  elements.forEach((element, i) => bytes.writeDoubleLE(element, i * 8));
  return bytes;
}

/** What is wrong with the first element that its datatype cannot hold; undefined if there is none. */
export function misfit(
  elements: readonly unknown[],
  datatype: string,
  mayLack: boolean,
): string | undefined {
  const wrong = elements.findIndex(
    (element) => !(mayLack && element === null) && !fits(element, datatype),
  );
  return wrong < 0 ? undefined : `element ${wrong} is ${got(elements[wrong])}, wanted ${datatype}`;
}
