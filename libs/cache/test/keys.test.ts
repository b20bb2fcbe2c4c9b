import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { CacheError, digestKey } from '../src/index.js';

const cells = fc.oneof(
  fc.maxSafeNat(),
  // Any UTF-16 code unit: a cell's text is codes, not words.
  fc.array(fc.nat(0xffff), { minLength: 1 }).map((codes) => String.fromCharCode(...codes)),
);
const digests = fc.string({ minLength: 1 });

describe('digestKey', () => {
  it('is the MD5 of model digest and cell, in hex', () => {
    const text = Buffer.from('abc:number:17', 'utf16le');
    expect(digestKey('abc', 17)).toBe(createHash('md5').update(text).digest('hex'));
    expect(digestKey('abc', 17)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is equal exactly when model and cell are equal', () => {
    fc.assert(
      fc.property(digests, digests, cells, cells, (modelA, modelB, cellA, cellB) => {
        const same = modelA === modelB && cellA === cellB;
        expect(digestKey(modelA, cellA) === digestKey(modelB, cellB)).toBe(same);
      }),
    );
  });

  it('tells cells apart that look alike', () => {
    const alike = [17, '17', '\ud800', '\ud801', '\ufffd'].map((cell) => digestKey('abc', cell));
    expect(new Set(alike).size).toBe(alike.length);
  });

  it.each([-1, 0.5, NaN, Infinity, 2 ** 53, ''])('refuses %p as a cell', (cell) => {
    expect(() => digestKey('abc', cell)).toThrow(CacheError);
  });

  it('refuses to name a cell of no model', () => {
    expect(() => digestKey('', 1)).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }));
  });
});
