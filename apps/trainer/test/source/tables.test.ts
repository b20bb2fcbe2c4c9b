import { writeFile } from 'node:fs/promises';
import { dialectOf } from '../../src/source/dialect.js';
import { expectLinesToAddUp, sharedOpener } from './opened.js';

const { open, openAt, at } = sharedOpener();

const header = 'Day,Campaign,Impressions,Clicks';
const rows = [
  '2026-05-01,Mill,640,31',
  '2026-05-01,Pier,820,12',
  '2026-05-02,Mill,655,35',
  '2026-05-02,Pier,790,14',
];
const mills = { Campaign: ['Mill', 'Pier', 'Mill', 'Pier'], Clicks: [31, 12, 35, 14] };

describe('the delimiter of a text', () => {
  it.each([
    [',', 'a,b,c\n1,2,3\n4,5,6\n'],
    [';', 'Tag;Impr.;Klicks\n2026-05-01;1.234,5;1.200,25\n2026-05-02;1,50;1,25\n'],
    [';', 'Impr;Clicks\n1,234,567;1,234,567\n2,345,678;1,234,567\n3,456,789;1,234,567\n'],
    ['\t', 'Day\tName\tClicks\n1\tSmith, Jones, Lee; and Co\t3\n2\tPoe, Roe, Doe\t4\n'],
    ['|', 'Day|Name|Clicks\n1|a, b|3\n2|c, d|4\n'],
    [',', 'Name,Clicks,Impr.\n"a; b; c; d",3,5\n"e; f; g; h",4,5\n'],
    [';', 'sep=;\nName;Clicks\n1,5;2\n'],
    [
      ';',
      'Bericht;;;\n1.5.2026 - 2.5.2026;;;\nTag;Ort;Klicks;Kosten\n01.05.2026;Au;1.021;1.234,56 €\n02.05.2026;Au;800;900,00 €\nGesamt;;1.821;2.134,56 €\n',
    ],
    [';', 'Bericht;;;\n;;;\nTag;Ort;Klicks;Kosten\n01.05.2026;Au;1.021;1.234,56 €\n'],
    [',', 'Report,,\nDay,Clicks,Cost\n1 May,"1;021",3;5\n2 May,"1;022",4;5\n'],
  ])('is %j in %j', (delimiter, text) => expect(dialectOf(text, true).delimiter).toBe(delimiter));

  it('and the quotes may be single ones', async () => {
    const { columns } = await open("Name,Impr.,Clicks\n'Mill, old',100,5\n'Pier',200,7\n");
    expect(columns.Name).toEqual(['Mill, old', 'Pier']);
  });
});

describe('a table among other lines', () => {
  it.each<[string, string[], string[]]>([
    ['a title', ['Campaign report'], []],
    ['titles filled up with delimiters', ['Campaign report,,,', 'May 2026,,,'], []],
    ['a title and dates', ['Campaign report', '"May 1, 2026 - May 2, 2026"'], []],
    ['dates of the width of the table', ['Report,daily,2026-05-01,2026-05-02'], []],
    ['comments', ['# made by hand, for Ann, in May, twice', '# draft'], ['# end']],
    ['properties', ['Account,ACME', 'Report,daily', 'Rows,4', ''], []],
    ['properties filled up with delimiters', ['Account,ACME,,', 'Report,daily,,', ',,,'], []],
    ['a copyright line', [], ['', '"©2026 Some Platform, Inc. All rights reserved."']],
    ['notes with commas', [], ['', 'Note, these figures are estimates', 'More, on request']],
    [
      'all of them',
      ['sep=,', 'Campaign report', '"Account: ACME, 5 campaigns"', '# draft', '', 'Rows: 4', ''],
      ['', '# end', '"Data of May 3, 2026, 10:15"', '', '©2026 Some Platform'],
    ],
  ])('is found below and above %s', async (_, above, below) => {
    const text = [...above, header, ...rows, ...below].join('\r\n');
    const { source, columns } = await open(text);
    expect(columns).toMatchObject(mills);
    expect(Object.keys(columns)).toEqual(header.split(','));
    const [{ counts }] = source.layouts;
    expect(counts).toEqual({
      lines: above.length + 1 + rows.length + below.length,
      preamble: above.length,
      header: 1,
      rows: rows.length,
      dropped: 0,
      footer: below.length,
    });
  });

  it('has its faults counted, each with its line and reason', async () => {
    const text = [
      header,
      rows[0],
      '2026-05-01,Mill, old,640,31',
      '2026-05-01,Mill, new,640,31',
      '',
      rows[1],
      '# a comment, in two, parts, really',
      '# another comment',
      rows[2],
      header,
      rows[3],
      '2026-05-03,"Quay,10,1',
    ].join('\n');
    const { source, columns } = await open(text);
    expect(columns).toMatchObject(mills);
    const [{ counts, dropped, tables }] = source.layouts;
    expect(tables).toHaveLength(1);
    expect(counts).toEqual({ lines: 12, preamble: 0, header: 1, rows: 4, dropped: 7, footer: 0 });
    expect(dropped.map(({ line, reason }) => [line, reason])).toEqual([
      [3, '5 fields, wanted 4'],
      [4, '5 fields, wanted 4'],
      [7, 'a comment'],
      [8, 'a comment'],
      [10, 'the header again'],
      [12, 'a quote opens and does not close'],
    ]);
    expect(source.notes.join('\n')).toMatch(/line 12: a quote opens and does not close/);
  });

  it('keeps a campaign whose name begins as a comment does', async () => {
    const { columns } = await open('Campaign,Impressions,Clicks\n#1 Mill,500,5\n#2 Pier,600,6\n');
    expect(columns.Campaign).toEqual(['#1 Mill', '#2 Pier']);
  });

  it('with broken rows of many words is one table', async () => {
    const wide = 'Day,Campaign,Ad group,Keyword,Device,Impressions,Clicks';
    const row = '2026-05-01,Mill,Old,grain,mobile,100,5';
    const broken = '2026-05-01,Mill, Ltd,Old,grain,mobile,100,5';
    const { source, columns } = await open([wide, row, broken, broken, row].join('\n'));
    expect(columns.Clicks).toEqual([5, 5]);
    expect(source.layouts[0].tables).toHaveLength(1);
    expect(source.layouts[0].droppedBy).toEqual({ '8 fields, wanted 7': 2 });
  });
});

describe('several tables one below the other', () => {
  const devices = ['Devices', 'Device,Impressions,Clicks', 'mobile,1500,70', 'desktop,1405,22'];

  it.each([
    ['after a blank line and a title', ['', ...devices]],
    ['at once', devices.slice(1)],
    ['with a blank line between title and header', ['', devices[0], '', ...devices.slice(1)]],
  ])('the larger one is read, and that is said: %s', async (_, below) => {
    const { source, columns } = await open([header, ...rows, ...below].join('\n'));
    expect(columns).toMatchObject(mills);
    expect(source.notes.join('\n')).toMatch(/2 tables; read is the one of 4 rows below line 1, an/);
    expectLinesToAddUp(source);
    expect(source.layouts[0].counts.footer).toBe(below.length);
  });

  it('the one asked for is read', async () => {
    const text = [header, ...rows, '', ...devices].join('\n');
    const { source, columns } = await open(text, { table: 2 });
    expect(columns).toEqual({
      Device: ['mobile', 'desktop'],
      Impressions: [1500, 1405],
      Clicks: [70, 22],
    });
    expect(source.layouts[0].counts).toMatchObject({ preamble: 7, header: 1, rows: 2, footer: 0 });
    expectLinesToAddUp(source);
    await expect(open(text, { table: 3 })).rejects.toThrow(/--table: got 3, wanted 1 to 2/);
  });

  it('of one width are told apart by their headers', async () => {
    const text = [
      header,
      ...rows.slice(0, 2),
      '',
      'Week,Country,Shown,Cost',
      'w1,DE,5,7',
      'w2,FR,6,8',
    ];
    const { source, columns } = await open(text.join('\n'));
    expect(columns.Clicks).toEqual([31, 12]);
    expect(source.layouts[0].tables.map(({ rows: count }) => count)).toEqual([2, 2]);
  });

  it('of one header are one', async () => {
    const { source, columns } = await open(
      ['May 1', header, ...rows.slice(0, 2), '', 'May 2', header, ...rows.slice(2)].join('\n'),
    );
    expect(columns).toMatchObject(mills);
    expect(source.layouts[0].counts).toMatchObject({ preamble: 1, rows: 4, dropped: 3 });
  });

  it('of one width are told apart without a line between them', async () => {
    const other = ['Campaign,Device,Clicks,Impressions', 'Mill,mobile,40,900', 'Pier,tv,2,700'];
    const { source, columns } = await open([header, ...rows, ...other].join('\n'));
    expect(columns).toMatchObject(mills);
    expect(source.layouts[0].tables).toHaveLength(2);
  });

  it('a small one above the large one is a preamble', async () => {
    const text = ['Summary,Value', 'Impressions,2905', 'Clicks,92', '', header, ...rows];
    const { source, columns } = await open(text.join('\n'));
    expect(columns).toMatchObject(mills);
    expect(source.layouts[0].counts).toMatchObject({ preamble: 4, rows: 4, footer: 0 });
  });
});

describe('a file without rows', () => {
  it.each([
    ['header only', `${header}\n`],
    ['header below a title', `Campaign report\n${header}\n`],
    ['header in one file, no end of line', header],
    ['header and blank lines', `${header}\n\n\n`],
    ['nothing', ''],
  ])('is refused for that: %s', async (_, text) => {
    await expect(open(text)).rejects.toThrow(/export\.csv: there are no rows/);
  });

  it('that holds no table is refused with its first line', async () => {
    await expect(open('Dear Ann\nplease find attached\n')).rejects.toThrow(
      /line 1: got Dear Ann, wanted a header with the names of the columns/,
    );
  });

  it('beside one with rows is passed over, and that is said', async () => {
    await writeFile(at('may.csv'), header);
    await open([header, ...rows].join('\n'), {}, 'june.csv');
    const { source, columns } = await openAt([at('may.csv'), at('june.csv')]);
    expect(columns).toMatchObject(mills);
    expect(source.notes.join('\n')).toMatch(/may\.csv: there are no rows below the header/);
  });
});

describe('a file of one column', () => {
  it('is a table whose first line is the name, however many lines there are', async () => {
    for (const rows of [2, 2500]) {
      const text = ['place', ...Array.from({ length: rows }, (_, i) => String(i % 7))].join('\n');
      const { source, columns } = await open(`${text}\n`);
      expect(source.columns.map(({ name }) => name)).toEqual(['place']);
      expect(columns.place).toHaveLength(rows);
      expectLinesToAddUp(source);
    }
  });

  it('is none if it begins with a figure or a sentence', async () => {
    await expect(open('12\n13\n')).rejects.toThrow(/wanted a header with the names/);
    const sentence = 'This is a letter to you and to all of your friends in the whole wide world.';
    await expect(open(`${sentence}\nYours\n`)).rejects.toThrow(/wanted a header/);
  });
});

describe('a row that was cut off at the end of a file', () => {
  it('is told as one, and is no footer', async () => {
    const { source } = await open('Day,Ad,Impr.,Clicks\n2026-05-01,a,10,1\n5,5\n');
    expect(source.layouts[0].droppedBy).toEqual({ '2 fields, wanted 4': 1 });
    expectLinesToAddUp(source);
  });

  it('is told where it is all that there is', async () => {
    await expect(open('Day,Ad,Impr.,Clicks\n10,1\n')).rejects.toThrow(
      /no rows below the header; line 2: 2 fields, wanted 4/,
    );
  });
});
