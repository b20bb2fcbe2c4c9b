/** How values are written to a second tier. */
export interface Codec<V> {
  encode(value: V): string | Buffer;
  /** The value, or undefined when the bytes are none; may throw, which counts as undefined. */
  decode(bytes: Buffer): V | undefined;
}

/**
 * Values as JSON.
 * @param isValue tells a value from whatever else may lie in a shared store under its name
 */
export function jsonCodec<V>(isValue: (value: unknown) => value is V): Codec<V> {
  return {
    encode: (value) => JSON.stringify(value),
    decode(bytes) {
      const value: unknown = JSON.parse(bytes.toString());
      return isValue(value) ? value : undefined;
    },
  };
}

/** Numbers as eight bytes, little end first; exact. */
export const numberCodec: Codec<number> = {
  encode(value) {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleLE(value);
    return bytes;
  },
  decode: (bytes) => (bytes.length === 8 ? bytes.readDoubleLE() : undefined),
};
