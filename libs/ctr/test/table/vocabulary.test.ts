import { Vocabulary } from '../../src/table/vocabulary.js';
import { drawing } from '../draw.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a vocabulary', () => {
  const words = [
    'shoes',
    '',
    'Schuhe für Füße',
    '靴',
    '👟👟',
    'e\u0301',
    '\u00e9',
    'red shoes',
    ' shoes',
    'shoes\u0000',
    '\ufeffshoes',
    'x'.repeat(5000),
    `${'x'.repeat(4999)}ü`,
    'ü'.repeat(5000),
  ];
  const vocabulary = Vocabulary.of(words);

  it('gives every word back by its number, and finds its number by its text', () => {
    expect(vocabulary.size).toBe(words.length);
    words.forEach((word, number) => {
      expect(vocabulary.numberOf(word)).toBe(number);
      expect(vocabulary.textOf(number)).toBe(word);
    });
    expect(vocabulary.words()).toEqual(words);
  });

  it('finds nothing else: no other case, no part, no longer one', () => {
    for (const other of [
      'Shoes',
      'shoe',
      'shoes ',
      'red',
      'x',
      'x'.repeat(4999),
      'ü',
      '👟',
      '\0',
    ]) {
      expect(vocabulary.numberOf(other)).toBe(-1);
    }
    expect(Vocabulary.of(['a']).numberOf('')).toBe(-1);
    expect(Vocabulary.of([]).numberOf('')).toBe(-1);
    expect(Vocabulary.of(['']).numberOf('')).toBe(0);
  });

  it('is made again of its bytes and ends', () => {
    const again = new Vocabulary(vocabulary.bytes.slice(), vocabulary.ends.slice());
    expect(again.words()).toEqual(words);
    expect(again.numberOf('靴')).toBe(3);
  });

  it('finds each of 100,000 words, and none of as many others', () => {
    const draw = drawing(1);
    const all = new Set<string>();
    while (all.size < 200_000) {
      const length = 1 + draw.below(12);
      let text = '';
      for (let i = 0; i < length; i++) text += String.fromCharCode(97 + draw.below(26));
      all.add(text);
    }
    const [known, others] = [[...all].slice(0, 100_000), [...all].slice(100_000)];
    const many = Vocabulary.of(known);
    expect(known.findIndex((word, number) => many.numberOf(word) !== number)).toBe(-1);
    expect(others.find((word) => many.numberOf(word) >= 0)).toBeUndefined();
    expect(many.words()).toEqual(known);
  });

  it.each([
    ['beyond the bytes', [2, 6]],
    ['before the end of the word before', [4, 3]],
  ])('refuses ends %s', (_, ends) => {
    expect(() => new Vocabulary(utf8('shoes'), Uint32Array.from(ends))).toThrow(RangeError);
    expect(() => new Vocabulary(utf8('shoes'), Uint32Array.from(ends))).toThrow(
      `word 1 ends at ${ends[1]} of 5 bytes`,
    );
  });

  it('refuses a word that is there twice', () => {
    expect(() => Vocabulary.of(['a', 'b', 'a'])).toThrow('word 2 is word 0 again');
    expect(() => Vocabulary.of(['', ''])).toThrow(RangeError);
  });
});
