import { RecordReader, type TextRecord } from '../../src/source/records.js';

/** Cuts a text that comes in pieces of some length. */
function cut(
  text: string,
  { width, delimiter = ',', piece = text.length || 1 }: Partial<CutOptions> = {},
): { records: TextRecord[]; reader: RecordReader } {
  const reader = new RecordReader(delimiter, width);
  const records: TextRecord[] = [];
  for (let at = 0; at < text.length; at += piece) {
    records.push(...reader.push(text.slice(at, at + piece)));
  }
  records.push(...reader.end());
  return { records, reader };
}
interface CutOptions {
  readonly width: number;
  readonly delimiter: string;
  readonly piece: number;
}

const fieldsOf = (records: readonly TextRecord[]): (readonly string[])[] =>
  records.map(({ fields }) => fields);

describe('records', () => {
  it.each([1, 2, 3, 7, 1000])('are cut alike from pieces of %s characters', (piece) => {
    const text = 'a,b\r\n1,"x\r\ny"\n2,"say ""hi"""\r3,\n\n"4",\'z\'';
    const { records, reader } = cut(text, { width: 2, piece });
    expect(fieldsOf(records)).toEqual([
      ['a', 'b'],
      ['1', 'x\ny'],
      ['2', 'say "hi"'],
      ['3', ''],
      [''],
      ['4', "'z'"],
    ]);
    expect(records.map(({ line }) => line)).toEqual([1, 2, 4, 5, 6, 7]);
    expect(records.map(({ lines }) => lines)).toEqual([1, 2, 1, 1, 1, 1]);
    expect(reader.lineCount).toBe(7);
  });

  it('end where any line ends: \\n, \\r\\n and \\r in one text', () => {
    const { records, reader } = cut('a,b\r1,2\r\n3,4\n5,6\r');
    expect(fieldsOf(records).flat()).toEqual(['a', 'b', '1', '2', '3', '4', '5', '6']);
    expect(reader.lineCount).toBe(4);
  });

  it.each(['\n', '\r\n', '\r'])('may be blank at the end: %j', (end) => {
    const { records, reader } = cut(['a,b', '1,2', '', ''].join(end));
    expect(records.map(({ line }) => line)).toEqual([1, 2, 3]);
    expect(reader.lineCount).toBe(3);
  });

  it('lose their NUL characters, which are counted', () => {
    const { records, reader } = cut('a,b\0\n\0\x001,2\n', { piece: 2 });
    expect(fieldsOf(records)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
    expect(reader.nulls).toBe(3);
  });

  it('hold a quote behind a backslash, and blanks around quotes', () => {
    const { records } = cut('"a \\"b\\" c", "d" ,e\n"C:\\",f,g\n', { width: 3 });
    expect(fieldsOf(records)).toEqual([
      ['a "b" c', 'd', 'e'],
      ['C:\\', 'f', 'g'],
    ]);
  });

  it('keep a quote within a field', () => {
    expect(fieldsOf(cut('tv,14" screen,5\n').records)).toEqual([['tv', '14" screen', '5']]);
  });
});

describe('a quote that opens and does not close', () => {
  const broken = 'x,"Mill,10,1';
  const whole = ['x,Pier,20,2', 'y,Mill,30,3', 'y,Pier,40,4'];

  it.each([
    ['the text ends before it closes', whole],
    ['a later row has quotes', ['x,Pier,20,2', 'y,"Mill",30,3', 'y,Pier,40,4']],
    ['a later row has a stray quote, too', ['x,Pier,20,2', 'y,Mill 14",30,3', 'y,Pier,40,4']],
    ['the next row has quotes', ['x,"Pier",20,2', 'y,Mill,30,3', 'y,Pier,40,4']],
  ])('costs its own line only: %s', (_, below) => {
    const { records, reader } = cut(['d,c,i,k', broken, ...below].join('\n'), { width: 4 });
    expect(records.map(({ openQuote }) => openQuote)).toEqual([false, true, false, false, false]);
    expect(records.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
    expect(records.slice(2).map(({ fields }) => fields[2])).toEqual(['20', '30', '40']);
    expect(reader.lineCount).toBe(5);
  });

  it('costs its own line in a text of many rows', () => {
    const many = Array.from({ length: 5000 }, (_, i) => `d${i},c,${i},1`);
    const { records } = cut([...many.slice(0, 9), broken, ...many.slice(9)].join('\n'), {
      width: 4,
      piece: 4096,
    });
    expect(records).toHaveLength(5001);
    expect(records.filter(({ openQuote }) => openQuote).map(({ line }) => line)).toEqual([10]);
  });

  it('is not a cell of several lines, which is one record', () => {
    const text = 'd,c,i,k\nx,"Mill\nby the river, and\nthe sea",10,1\ny,Pier,20,2\n';
    const { records } = cut(text, { width: 4 });
    expect(records.map(({ lines }) => lines)).toEqual([1, 3, 1]);
    expect(records[1].fields[1]).toBe('Mill\nby the river, and\nthe sea');
  });
});
