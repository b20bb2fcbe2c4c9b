import { indexRows, NumberIndex } from '../../src/words/number-index.js';

describe('an index of numbers', () => {
  it('finds numbers of any kind, and nothing else', () => {
    const keys = [5, -5, 0, 0.1, 1e300, -1e-300, Infinity, 2 ** 53];
    const index = new NumberIndex(Float64Array.from(keys), 1);
    expect(index.size).toBe(keys.length);
    expect(keys.map((key) => index.placeOf([key]))).toEqual([...keys.keys()]);
    for (const other of [4, 0.2, -Infinity, 1e299, NaN]) expect(index.placeOf([other])).toBe(-1);
  });

  it('tells pairs apart by both numbers and their order', () => {
    const index = new NumberIndex(Float64Array.of(1, 2, 2, 1, 1, 1), 2);
    expect([
      index.placeOf([1, 2]),
      index.placeOf([2, 1]),
      index.placeOf([1, 1]),
      index.placeOf([2, 2]),
    ]).toEqual([0, 1, 2, -1]);
  });

  it('finds each of 50,000 pairs on a grid', () => {
    const keys = Float64Array.from({ length: 100_000 }, (_, i) =>
      i % 2 === 0 ? Math.floor(i / 2) % 250 : Math.floor(i / 500),
    );
    const index = new NumberIndex(keys, 2);
    for (let entry = 0; entry < 50_000; entry++) {
      if (index.placeOf([keys[2 * entry], keys[2 * entry + 1]]) !== entry)
        throw new Error(`${entry}`);
    }
    expect(index.placeOf([250, 0])).toBe(-1);
  });

  it('takes −0 for 0', () => {
    expect(new NumberIndex(Float64Array.of(0), 1).placeOf([-0])).toBe(0);
    expect(new NumberIndex(Float64Array.of(-0, 3), 2).placeOf([0, 3])).toBe(0);
    const pairs = Float64Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? 0 : (i - 1) / 2));
    const many = new NumberIndex(pairs, 2);
    for (let i = 0; i < 1000; i++) expect(many.placeOf([-0, i])).toBe(i);
    expect(() => new NumberIndex(Float64Array.of(0, -0), 1)).toThrow('entry 1 is there twice');
  });

  it('refuses what is there twice, and what is no number', () => {
    expect(() => new NumberIndex(Float64Array.of(1, 2, 1, 2), 2)).toThrow(RangeError);
    expect(() => new NumberIndex(Float64Array.of(1, NaN), 2)).toThrow('entry 0 is no number');
  });

  it('of no keys knows none', () => {
    expect(new NumberIndex(new Float64Array(0), 1).placeOf([0])).toBe(-1);
  });
});

describe('indexed rows', () => {
  it('are numbered by first appearance, none where a number is missing', () => {
    const { index, places } = indexRows([
      Float64Array.of(7, 3, 7, NaN, 7, -0, 0),
      Float64Array.of(1, 1, 1, 1, NaN, 2, 2),
    ]);
    expect([...places]).toEqual([0, 1, 0, -1, -1, 2, 2]);
    expect([...index.keys]).toEqual([7, 1, 3, 1, 0, 2]);
    expect(index.placeOf([3, 1])).toBe(1);
  });

  it('of one column are its different values', () => {
    const { index, places } = indexRows([Float64Array.of(-0, 4, 0, NaN, 4)]);
    expect([...places]).toEqual([0, 1, 0, -1, 1]);
    expect([...index.keys]).toEqual([0, 4]);
  });
});
