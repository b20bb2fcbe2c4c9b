/**
 * The places of numbers ≥ 0 from the least to the greatest, equal ones in their own order, NaN
 * last. A radix sort (Knuth 1998, 5.2.5) by the eight bytes of a double, whose bits order numbers
 * ≥ 0 as they are.
 */
export function orderOf(values: Float64Array): Uint32Array {
  const { length } = values;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, 8 * length);
  let order = new Uint32Array(length);
  let next = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[i] = i;
  for (let digit = 0; digit < 8; digit++) {
    const starts = new Uint32Array(257);
    for (let at = digit; at < bytes.length; at += 8) starts[bytes[at] + 1]++;
    // All have the same byte.
    if (starts.includes(length)) continue;
    for (let d = 0; d < 256; d++) starts[d + 1] += starts[d];
    for (let i = 0; i < length; i++) next[starts[bytes[8 * order[i] + digit]]++] = order[i];
    [order, next] = [next, order];
  }
  return order;
}
