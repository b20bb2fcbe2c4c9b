import { bytesOf, keyBytes } from '../../src/store/sizing.js';

describe('sizes', () => {
  it('grow with what is in a value', () => {
    expect(bytesOf(0.5)).toBe(16);
    expect(bytesOf('abcd')).toBe(bytesOf('') + 8);
    expect(bytesOf({ a: 1, b: 'x' })).toBe(bytesOf({}) + 8 + bytesOf(1) + 8 + bytesOf('x'));
    expect(bytesOf([1, 2, 3])).toBe(bytesOf([]) + 3 * (8 + bytesOf(1)));
    expect(bytesOf({ a: { b: [1] } })).toBeGreaterThan(bytesOf({ a: { b: [] } }));
    expect(bytesOf(new Float64Array(100))).toBe(bytesOf(new Uint8Array(800)));
    expect(bytesOf(true)).toBeLessThan(16);
    expect(bytesOf(null)).toBe(0);
  });

  it('of keys are those of an entry, and of the text where the key is one', () => {
    expect(keyBytes('abcd') - keyBytes(17)).toBe(bytesOf('abcd'));
  });
});
