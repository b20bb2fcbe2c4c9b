/** The array itself where its memory is shared and begins at a multiple of 8; else a copy there. */
export function inSharedMemory<T extends Uint8Array | Int32Array | Float64Array>(array: T): T {
  if (array.buffer instanceof SharedArrayBuffer && array.byteOffset % 8 === 0) return array;
  const shared = new Uint8Array(new SharedArrayBuffer(array.byteLength));
  shared.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  // A Buffer wants to be a Uint8Array: what its constructor makes is another thing.
  if (array instanceof Uint8Array) return shared as T;
  return new (array.constructor as new (memory: ArrayBufferLike) => T)(shared.buffer);
}
