import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { CacheError, digestKey, exactKey } from '../../src/index.js';

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

  it('is equal exactly when model and cell are equal, whatever stands in either text', () => {
    // Texts of the parts that the name is joined from, in which a wrong seam would show.
    const part = fc.constantFrom(':', 'number', 'string', '1', 'a');
    const text = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
    const cell = fc.oneof(text, fc.constant(1));
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(text, cell, (model, key) => {
        const pair = JSON.stringify([model, key]);
        const name = digestKey(model, key);
        expect(seen.get(name) ?? pair).toBe(pair);
        seen.set(name, pair);
      }),
      { numRuns: 5000 },
    );
    expect(digestKey('a', 'number:1')).not.toBe(digestKey('a:string', 1));
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

describe('exactKey', () => {
  const record = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 };

  it('is the MD5 of model digest and record in canonical JSON, in hex', () => {
    const text =
      '{"model":"abc","record":{"ad_position":1,"budget":2500,"device_type":"mobile","impressions":5000}}';
    expect(exactKey('abc', record)).toBe(createHash('md5').update(text).digest('hex'));
  });

  it('sorts fields by UTF-16 code units and writes each as JSON does', () => {
    const odd = JSON.parse('{"😀":4,"€":3,"10":"x","9":null,"__proto__":true,"a":"\\"\\u00e9"}');
    const text =
      '{"model":"abc","record":{"10":"x","9":null,"__proto__":true,"a":"\\"é","€":3,"😀":4}}';
    expect(exactKey('abc', odd)).toBe(createHash('md5').update(text).digest('hex'));
  });

  it('is equal exactly when the records are equal as JSON, whatever the order of fields', () => {
    const value = fc.oneof(fc.string(), fc.constantFrom('1', 'true', 'null'), fc.boolean());
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const field = fc.oneof(value, number, fc.constant(null), fc.nat(3));
    const record = fc.dictionary(fc.constantFrom('a', 'b', '1', '__proto__', 'toJSON'), field);
    const sorted = (entries: [string, unknown][]) =>
      JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    fc.assert(
      fc.property(record, record, (a, b) => {
        const reversed = Object.fromEntries(Object.entries(a).reverse());
        expect(exactKey('abc', reversed)).toBe(exactKey('abc', a));
        const same = sorted(Object.entries(a)) === sorted(Object.entries(b));
        expect(exactKey('abc', a) === exactKey('abc', b)).toBe(same);
      }),
      { numRuns: 500 },
    );
  });

  it('takes a field that is undefined as absent', () => {
    expect(exactKey('abc', { a: 1, b: undefined })).toBe(exactKey('abc', { a: 1 }));
  });

  it.each([
    [NaN, 'number NaN'],
    [Infinity, 'number Infinity'],
    [1n, 'bigint 1'],
    [[1, 2], 'object 1,2'],
    [new Map(), 'object [object Map]'],
  ])('refuses %p as the value of a field', (budget, got) => {
    const wanted = 'a text, a finite number, true, false or null';
    expect(() => exactKey('abc', { budget } as never)).toThrow(
      new CacheError('KEY_INVALID', `budget must be ${wanted}, got ${got}`),
    );
  });

  it('does not depend on the order of keys or on how numbers are written', () => {
    const other = JSON.parse(
      '{"budget":2.5e3,"device_type":"mobile","ad_position":1.0,"impressions":5000.00}',
    );
    expect(exactKey('abc', other)).toBe(exactKey('abc', record));
    expect(exactKey('abc', { x: -0 })).toBe(exactKey('abc', { x: 0 }));
  });

  it('tells apart models, cents, texts from numbers, and halves of surrogate pairs', () => {
    const keys = [
      exactKey('abc', record),
      exactKey('abd', record),
      exactKey('abc', { ...record, budget: 2500.01 }),
      exactKey('abc', { ...record, budget: '2500' }),
      exactKey('abc', { ...record, device_type: '\ud800' }),
      exactKey('abc', { ...record, device_type: '\ud801' }),
      exactKey('abc', { ...record, device_type: '\ufffd' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('cannot be confused by what a record holds', () => {
    expect(exactKey('a', { model: 'b' })).not.toBe(exactKey('b', { model: 'a' }));
    expect(exactKey('a","record":{"x":1}', {})).not.toBe(exactKey('a', { x: 1 }));
  });

  it('refuses a request to no model', () => {
    expect(() => exactKey('', record)).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }));
  });
});
