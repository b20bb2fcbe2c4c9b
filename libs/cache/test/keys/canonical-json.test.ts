import fc from 'fast-check';
import { canonicalJson } from '../../src/keys/canonical-json.js';
import { CacheError } from '../../src/errors.js';

/** The same JSON value with the properties of every object in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe('canonical JSON', () => {
  it('sorts keys by UTF-16 code units at every level and writes no white space', () => {
    expect(canonicalJson({ b: [1, { z: null, a: true }], '€': 3, a: 'x', '😀': 4 })).toBe(
      '{"a":"x","b":[1,{"a":true,"z":null}],"€":3,"😀":4}',
    );
  });

  it.each([
    ['1', '1.0', '1e0', '10e-1'],
    ['0', '-0', '0.0', '-0e7'],
    ['1e21', '1000000000000000000000'],
    ['0.1', '1e-1', '0.10000000000000000555'],
  ])('writes %s as one number however it was written', (...texts) => {
    const written = texts.map((text) => canonicalJson({ budget: JSON.parse(text) }));
    expect(new Set(written).size).toBe(1);
  });

  it('tells numbers apart that are neighbours', () => {
    expect(canonicalJson(0.1 + 0.2)).not.toBe(canonicalJson(0.3));
    expect(canonicalJson(2 ** 53)).not.toBe(canonicalJson(2 ** 53 - 1));
  });

  it('tells texts apart by code unit, halves of surrogate pairs included', () => {
    const texts = ['é', 'e\u0301', '\ud83d', '\ude00', '\ud83d\ude00', '\ufffd', '1', ''];
    expect(new Set(texts.map(canonicalJson)).size).toBe(texts.length);
    const bytes = texts.map((text) => Buffer.from(canonicalJson(text)).toString('hex'));
    expect(new Set(bytes).size).toBe(texts.length);
  });

  it('takes a property that is undefined as absent, and one named __proto__ as any other', () => {
    expect(canonicalJson({ a: 1, b: undefined })).toBe('{"a":1}');
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
  });

  it('means what JSON means: parsing gives the value back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is equal exactly when the JSON values are equal, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(canonicalJson(reversed(a))).toBe(canonicalJson(a));
        // Through JSON, so that -0 is 0.
        const [plainA, plainB] = [a, b].map((value) => JSON.parse(JSON.stringify(value)));
        let same = true;
        try {
          expect(plainA).toEqual(plainB);
        } catch {
          same = false;
        }
        expect(canonicalJson(a) === canonicalJson(b)).toBe(same);
      }),
    );
  });

  it.each([
    [{ budget: NaN }, '$.budget must be plain JSON with finite numbers, got number NaN'],
    [{ a: [1, Infinity] }, '$.a[1] must be plain JSON with finite numbers, got number Infinity'],
    [{ a: 1n }, '$.a must be plain JSON with finite numbers, got bigint 1'],
    [undefined, '$ must be plain JSON with finite numbers, got undefined undefined'],
    [{ a: new Map() }, '$.a must be plain JSON with finite numbers, got [object Map]'],
  ])('refuses what has no JSON text: %p', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(new CacheError('KEY_INVALID', message));
  });

  it('refuses what is nested without end', () => {
    const endless: unknown[] = [];
    endless.push(endless);
    expect(() => canonicalJson(endless)).toThrow('is nested deeper than 64 levels');
  });
});
