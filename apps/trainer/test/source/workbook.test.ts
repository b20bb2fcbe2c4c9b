import { expectLinesToAddUp, sharedOpener } from './opened.js';
import { sheetDate, workbook, type SheetCell } from './sheets.js';

const { open } = sharedOpener();

const table: SheetCell[][] = [
  ['Day', 'Campaign', 'Campaign ID', 'Impr.', 'Clicks', 'Cost', 'Live'],
  [sheetDate('2026-05-01T00:00:00'), 'Mill', '120210000000000001', 1640, 31, 12.345, true],
  [sheetDate('2026-05-01T00:00:00'), 'Pier & Sons', '120210000000000002', 820, 12, 3, false],
  [sheetDate('2026-05-02T00:00:00'), 'Mill', '120210000000000001', 1655, 35, 0.5, true],
];

describe('a workbook', () => {
  it('is read with its dates and numbers as they are', async () => {
    const { source, columns, types } = await open(workbook({ Report: table }), {}, 'a.xlsx');
    expect(types).toEqual({
      Day: 'DATE',
      Campaign: 'VARCHAR',
      'Campaign ID': 'VARCHAR',
      'Impr.': 'BIGINT',
      Clicks: 'BIGINT',
      Cost: 'DOUBLE',
      Live: 'BOOLEAN',
    });
    expect(columns).toMatchObject({
      Day: ['2026-05-01 00:00:00', '2026-05-01 00:00:00', '2026-05-02 00:00:00'],
      Campaign: ['Mill', 'Pier & Sons', 'Mill'],
      'Impr.': [1640, 820, 1655],
      Cost: [12.345, 3, 0.5],
    });
    expect(source.format).toBe('xlsx');
    expectLinesToAddUp(source);
  });

  it('is known by its bytes, whatever its name', async () => {
    const { columns } = await open(workbook({ Report: table }), {}, 'report.csv');
    expect(columns.Clicks).toEqual([31, 12, 35]);
  });

  it('may have a title above, empty rows and cells, a total and a note below', async () => {
    const sheet: SheetCell[][] = [
      ['Campaign report'],
      ['May 1, 2026 - May 2, 2026'],
      [],
      ...table,
      [null, 'Total: Account', null, 4115, 78, 15.85, null],
      [],
      ['©2026 Some Platform'],
    ];
    const { source, columns, types } = await open(workbook({ Report: sheet }));
    expect(columns.Clicks).toEqual([31, 12, 35]);
    expect(types.Day).toBe('DATE');
    expect(source.totals.rows.map(({ line }) => line)).toEqual([8]);
    expect(source.totals.differences).toEqual([]);
    expect(source.layouts[0].counts).toMatchObject({ preamble: 3, header: 1, rows: 3, dropped: 1 });
    expectLinesToAddUp(source);
  });

  it('with times of day keeps them', async () => {
    const sheet: SheetCell[][] = [
      ['Time', 'Impr.', 'Clicks'],
      [sheetDate('2026-05-01T13:45:30'), 100, 5],
      [sheetDate('2026-05-02T00:00:00'), 200, 7],
    ];
    const { columns } = await open(workbook({ Report: sheet }));
    expect(columns.Time).toEqual(['2026-05-01 13:45:30', '2026-05-02 00:00:00']);
  });

  it('numbers are no thousands with a point, whatever the header’s language', async () => {
    const sheet: SheetCell[][] = [
      ['Kampagne', 'Impressionen', 'Klicks', 'Kosten'],
      ['Hafen', 1640, 31, 1.234],
      ['Fjord', 820, 12, 5.125],
    ];
    const { source, columns } = await open(workbook({ Bericht: sheet }));
    expect(columns.Kosten).toEqual([1.234, 5.125]);
    expect(source.typing?.open).toBeUndefined();
  });

  it('a missing last cell is an empty one', async () => {
    const sheet: SheetCell[][] = [
      ['Campaign', 'Impr.', 'Clicks', 'Label'],
      ['Mill', 100, 5, null],
      ['Pier', 200, 7, 'x'],
      ['Quay', 300, 9],
    ];
    const { source, columns } = await open(workbook({ Report: sheet }));
    expect(columns.Label).toEqual([null, 'x', null]);
    expect(source.layouts[0].counts.rows).toBe(3);
  });
});

describe('of several sheets', () => {
  const about: SheetCell[][] = [
    ['Name', 'Impr.', 'Clicks'],
    ['x', 1, 0],
    ['y', 2, 1],
  ];
  const bytes = workbook({ 'The report': table, About: about });

  it('the first is read, and that is said', async () => {
    const { source, columns } = await open(bytes, {}, 'a.xlsx');
    expect(columns.Campaign).toHaveLength(3);
    expect(source.notes.join('\n')).toMatch(/sheet The report is read, of The report, About/);
  });

  it.each(['About', '2'])('the one asked for is read: %s', async (sheet) => {
    const { columns } = await open(bytes, { sheet }, 'a.xlsx');
    expect(columns.Name).toEqual(['x', 'y']);
  });

  it.each(['Abouts', '3', '0'])('one that is not there is refused: %s', async (sheet) => {
    await expect(open(bytes, { sheet }, 'a.xlsx')).rejects.toThrow(
      /a\.xlsx: --sheet: got .*, wanted one of The report, About/,
    );
  });
});

it('what only begins as a workbook does is refused', async () => {
  const bytes = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), Buffer.alloc(50)]);
  await expect(open(bytes, {}, 'a.xlsx')).rejects.toThrow(/a\.xlsx: it is no workbook/);
});

it('a sheet is asked for of a workbook only', async () => {
  await expect(open('Ad,Impr.,Clicks\na,10,1\n', { sheet: 'Report' })).rejects.toThrow(
    /--sheet: got Report, wanted none: .* is no workbook/,
  );
});
