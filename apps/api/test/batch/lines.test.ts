import fc from 'fast-check';
import { type Line, LineCutter, TOO_LONG } from '../../src/batch/lines.js';

const LIMIT = 40;

/** All lines of the pieces, with their numbers. */
function cut(pieces: readonly Uint8Array[], limit = LIMIT): [number, string | typeof TOO_LONG][] {
  const cutter = new LineCutter(limit);
  const lines: [number, string | typeof TOO_LONG][] = [];
  const take = ({ number, text }: Line) => lines.push([number, text]);
  for (const piece of pieces) cutter.cut(Buffer.from(piece)).forEach(take);
  cutter.end().forEach(take);
  return lines;
}

/** `bytes` in pieces of these lengths, again and again. */
function inPieces(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + lengths[i % lengths.length];
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

/** The same by the plainest means, from the whole text. */
function plainly(text: string): [number, string | typeof TOO_LONG][] {
  return text
    .split('\n')
    .map((line, i): [number, string] => [i + 1, line])
    .map(([number, line]): [number, string | typeof TOO_LONG] => [
      number,
      Buffer.byteLength(line) > LIMIT ? TOO_LONG : line.replace(/\r$/, ''),
    ])
    .filter(([, line]) => line !== '');
}

describe('lines', () => {
  it('are the same however the bytes are cut, multi-byte characters and all', () => {
    const symbols = fc.constantFrom('a', '"', 'ö', '€', '😀', ' ', '\r', '\n', '\r\n', '\n\n');
    const text = fc.array(symbols, { maxLength: 120 }).map((parts) => parts.join(''));
    const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(text, lengths, (whole, pieces) => {
        expect(cut(inPieces(Buffer.from(whole), pieces))).toEqual(plainly(whole));
      }),
      { numRuns: 1000 },
    );
  });

  it('may end with CRLF, or at the end of all', () => {
    expect(cut([Buffer.from('one\r\n\r\ntwo\nthree')])).toEqual([
      [1, 'one'],
      [3, 'two'],
      [4, 'three'],
    ]);
  });

  it('of nothing but spaces are lines', () => {
    expect(cut([Buffer.from(' \n')])).toEqual([[1, ' ']]);
  });

  it('lose a byte order mark, if it is the first thing', () => {
    const lines = cut([Buffer.from('\ufeffone\n\ufefftwo\n')]);
    expect(lines).toEqual([
      [1, 'one'],
      [2, '\ufefftwo'],
    ]);
  });

  it('are kept up to the limit in bytes, and the next one is a line again', () => {
    const fits = 'ö'.repeat(LIMIT / 2);
    expect(cut([Buffer.from(`${fits}\n${fits}a\nb`)])).toEqual([
      [1, fits],
      [2, TOO_LONG],
      [3, 'b'],
    ]);
    expect(cut(inPieces(Buffer.from(`${fits}a`), [7]))).toEqual([[1, TOO_LONG]]);
  });

  it('that come byte by byte are held in one piece', () => {
    const cutter = new LineCutter(1000);
    for (let i = 0; i < 1000; i++) expect(cutter.cut(Buffer.from('a'))).toEqual([]);
    expect(Reflect.get(cutter, 'held')).toHaveLength(1000);
    expect(cutter.cut(Buffer.from('\n'))).toEqual([{ number: 1, text: 'a'.repeat(1000) }]);
  });

  it('that are too long are not held', () => {
    const cutter = new LineCutter(LIMIT);
    for (let i = 0; i < 1000; i++) expect(cutter.cut(Buffer.alloc(LIMIT, 'a'))).toEqual([]);
    expect(Reflect.get(cutter, 'held').length).toBeLessThanOrEqual(LIMIT);
    expect(cutter.cut(Buffer.from('\nb\n')).map(({ text }) => text)).toEqual([TOO_LONG, 'b']);
  });

  it('for which there is no room are not read, nor is what follows them', () => {
    let room = true;
    const cutter = new LineCutter(1000, () => room);
    expect(cutter.cut(Buffer.from('first\nsec'))).toEqual([{ number: 1, text: 'first' }]);
    room = false;
    expect(cutter.cut(Buffer.from(`ond ${'x'.repeat(100)}\nthird\n`))).toEqual([]);
    expect(cutter.isOutOfRoom).toBe(true);
    // The line to go on from is the one after the last that was read.
    expect(cutter.line).toBe(1);
  });
});
