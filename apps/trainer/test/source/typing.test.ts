import { openReadings } from '../../src/source/open.js';
import { sharedOpener } from './opened.js';

const { open } = sharedOpener();

/** A table of one day's rows, `;` between its cells. */
const table = (header: string, ...rows: string[]): string => [header, ...rows].join('\n');

describe('the decimal mark of a file', () => {
  it('is told by any cell that can be read one way only', async () => {
    const text = table('Name;Impr.;Clicks;Cost', 'a;1.200;12;1.234,5', 'b;950;9;1.100');
    const { source, columns } = await open(text);
    expect(columns).toMatchObject({ 'Impr.': [1200, 950], Cost: [1234.5, 1100] });
    expect(source.typing).toMatchObject({ decimal: 'comma' });
    expect(source.typing?.decidedBy).toMatch(/1 cell can be read no other way/);
  });

  it.each([
    [
      'thousands of a column that counts',
      'Name;Impressions;Clicks;Budget',
      'a;1.234;24;1.500',
      'b;980;9;500',
      [1234, 980],
      [1500, 500],
    ],
    [
      'thousands in a Japanese export',
      '名前;表示回数;クリック数;予算',
      'a;1,234;24;1,500',
      'b;980;9;500',
      [1234, 980],
      [1500, 500],
    ],
    [
      'thousands of whole numbers',
      'Name;Shown;Clicks;Budget',
      'a;234;24;1.500',
      'b;98;9;500',
      [234, 98],
      [1500, 500],
    ],
    [
      'thousands of India',
      'Name;Impr.;Clicks;Budget',
      'a;1,23,456;24;12,34,567',
      'b;980;9;500',
      [123456, 980],
      [1234567, 500],
    ],
    [
      'decimals beside thousands without a mark',
      'Name;Shown;Clicks;Budget',
      'a;234;24;1.525',
      'b;98;9;2015',
      [234, 98],
      [1.525, 2015],
    ],
    [
      'the language of the header',
      'Kampagne;Eingeblendet;Klicks;Kosten',
      'a;234;24;1.525',
      'b;98;9;3.015',
      [234, 98],
      [1525, 3015],
    ],
    [
      'the language of the header, English',
      'Campaign;Shown;Clicks;Cost',
      'a;234;24;"1,525"',
      'b;98;9;"3,015"',
      [234, 98],
      [1525, 3015],
    ],
  ])('is told by %s', async (_, header, first, second, shown, budget) => {
    const { source, columns } = await open(table(header, first, second));
    expect(Object.values(columns)[1]).toEqual(shown);
    expect(Object.values(columns)[3]).toEqual(budget);
    expect(source.typing?.open).toBeUndefined();
    expect(source.typing?.decidedBy).toMatch(/./);
  });

  const open3 = table('Name;Shown;Clicks;Bid', 'a;234;24;1.525', 'b;98;9;3.015');

  it('is asked for where nothing tells it, with both readings and the flag', async () => {
    const { source } = await open(open3);
    expect(source.typing?.open).toEqual({ column: 'Bid', cell: '1.525' });
    expect(openReadings(source, () => true).map(({ text }) => text)).toEqual([
      'column Bid: 1.525 can be 1525 (its point parts thousands: --decimal comma) or 1.525 (it is the decimal mark: --decimal point)',
    ]);
    expect(openReadings(source, () => false)).toEqual([]);
    const other = await open(table('Name;Angezeigt;Klicks;Bid', 'a;234;24;-2,750', 'b;98;9;7,125'));
    expect(openReadings(other.source, () => true)[0].text).toMatch(
      /column Bid: -2,750 can be -2750 .*--decimal point\) or -2\.75 .*--decimal comma\)/,
    );
  });

  it('is what the user says', async () => {
    const comma = await open(open3, { decimal: 'comma' });
    expect(comma.columns.Bid).toEqual([1525, 3015]);
    const point = await open(open3, { decimal: 'point' });
    expect(point.columns.Bid).toEqual([1.525, 3.015]);
    expect(point.source.typing?.open).toBeUndefined();
  });
});

describe('numbers', () => {
  it.each<[string, string[], number[]]>([
    ['thousands with narrow blanks', ['13\u202f581', '1\u202f055,5'], [13581, 1055.5]],
    ['thousands with no-break blanks', ['13\u00a0581', '1\u00a0055,5'], [13581, 1055.5]],
    ['thousands with apostrophes', ["13'581.25", '1’055.5'], [13581.25, 1055.5]],
    ['shares', ['3,37 %', '12%', '%4,5'], [0.0337, 0.12, 0.045]],
    ['currency signs', ['€ 1.234,50', '5,25 €', '-3,00 €'], [1234.5, 5.25, -3]],
    ['signs of several letters', ['US$1,234.50', 'R$ 5.25', 'A$3.10'], [1234.5, 5.25, 3.1]],
    ['currency codes', ['EUR 1,234.50', '5.25 USD', 'CHF3.10'], [1234.5, 5.25, 3.1]],
    ['currency names', ['1 234,50 zł', '5,25 kr', '3,10 Kč'], [1234.5, 5.25, 3.1]],
    ['yen', ['￥1,234', '¥525', '310円'], [1234, 525, 310]],
    ['signs', ['−3.5', '+4.25', '-1.5'], [-3.5, 4.25, -1.5]],
    ['small ones', ['1.2E-05', '3.4e-3', '0.5'], [0.000012, 0.0034, 0.5]],
  ])('are read: %s', async (_, cells, values) => {
    const rows = cells.map((cell, i) => `n${i};"${cell}";${i + 1};${10 * (i + 1)}`);
    const { columns, types } = await open(table('Name;Amount;Clicks;Impr.', ...rows));
    expect(columns.Amount).toEqual(values);
    expect(types.Amount).toMatch(/BIGINT|DOUBLE/);
  });

  it.each(['--', '-', ' --', '–', 'n/a', 'N/A', '#N/A', 'null', ''])(
    'are empty where a cell says %j',
    async (nothing) => {
      const rows = ['a;5;10;1', `b;${nothing};20;2`, 'c;7;30;3'];
      const { columns, types } = await open(table('Name;Amount;Impr.;Clicks', ...rows));
      expect(columns.Amount).toEqual([5, null, 7]);
      expect(types.Amount).toBe('BIGINT');
    },
  );

  it.each(['<5', '< 5', '> 90%', '<10%', '≤ 5'])(
    'are censored where a cell says %j: empty, counted and said',
    async (bound) => {
      const rows = ['a;50;10;1', `b;${bound};20;2`, `c;${bound};30;3`, 'd;70;40;4'];
      const { source, columns, types } = await open(table('Name;Amount;Impr.;Clicks', ...rows));
      expect(columns.Amount).toEqual([50, null, null, 70]);
      expect(types.Amount).toBe('BIGINT');
      expect(source.typing?.types[1].censored).toBe(2);
      expect(source.notes.join('\n')).toMatch(/column Amount: 2 cells such as .* give a bound/);
    },
  );
});

describe('digits that are words', () => {
  it.each<[string, string[], RegExp]>([
    ['ids above 2^53', ['120210000000000001', '120210000000000002'], /more than a number can/],
    ['one id above 2^53 among smaller ones', ['12', '9007199254740993'], /more than a number can/],
    ['ids that a spreadsheet has rounded', ['1.44383E+14', '2.31E+14'], /1\.44383E\+14/],
    ['rounded beside whole ones', ['1,44383E+14', '12345'], /1,44383E\+14/],
    ['codes with zeros before them', ['007', '012'], /begin with 0/],
  ])('%s', async (_, cells, because) => {
    const rows = cells.map((cell, i) => `${cell};${10 * (i + 1)};${i + 1}`);
    const { source, columns, types } = await open(table('placement;Impr.;Clicks', ...rows));
    expect(columns.placement).toEqual(cells);
    expect(types.placement).toBe('VARCHAR');
    expect(source.columns[0].because).toMatch(because);
    expect(source.columns[0].lost ?? false).toBe(because.source.includes('E'));
    expect(source.notes.join('\n')).toMatch(because);
  });

  it('are not the largest number that is exact, nor large amounts', async () => {
    const rows = ['9007199254740991;1.5E+3;10;1', '5;2500.25;20;2'];
    const { types } = await open(table('a;b;Impr.;Clicks', ...rows));
    expect(types).toMatchObject({ a: 'BIGINT', b: 'DOUBLE' });
  });
});

it('hours of a day are numbers, though zeros stand before them', async () => {
  const { columns, types } = await open(table('Hour;Impr.;Clicks', '00;10;1', '07;20;2', '23;5;1'));
  expect(types.Hour).toBe('BIGINT');
  expect(columns.Hour).toEqual([0, 7, 23]);
});

describe('the times of a file', () => {
  it('have one order of day and month: the column that tells it speaks for the others', async () => {
    const rows = ['01/02/2026;28/02/2026;a;10;1', '01/03/2026;31/03/2026;b;20;2'];
    const { source, columns } = await open(table('Start date;End date;Name;Impr.;Clicks', ...rows));
    expect(columns['Start date']).toEqual(['2026-02-01 00:00:00', '2026-03-01 00:00:00']);
    expect(source.typing?.types[0].times?.otherwise).toBeUndefined();
  });

  it('are asked for where nothing tells it, with both readings and the flag', async () => {
    const text = table('Date;Name;Impr.;Clicks', '01/09/2026;a;10;1', '02/09/2026;b;20;2');
    const { source } = await open(text);
    expect(openReadings(source, () => true)).toMatchObject([
      {
        column: 'Date',
        flag: 'dates',
        text: 'column Date: 01/09/2026 can be 2026-09-01 (the day is first: --dates dmy) or 2026-01-09 (the month is: --dates mdy)',
      },
    ]);
    const told = await open(text, { dates: 'dmy' });
    expect(told.columns.Date).toEqual(['2026-09-01 00:00:00', '2026-09-02 00:00:00']);
    expect(openReadings(told.source, () => true)).toEqual([]);
  });

  it('are told by one cell among many thousand', async () => {
    const days = Array.from({ length: 3000 }, (_, i) => `0${1 + (i % 9)}/0${1 + (i % 7)}/2026`);
    const rows = [...days, '05/13/2026'].map((day, i) => `${day};n${i};10;1`);
    const { types, source } = await open(table('Date;Name;Impr.;Clicks', ...rows));
    expect(types.Date).toBe('DATE');
    expect(source.typing?.types[0].times?.order).toBe('mdy');
  });

  it('keep their type where some cells are empty', async () => {
    const text = table('Day;Name;Impr.;Clicks', '2026-05-01;a;10;1', '--;b;20;2', ';c;30;3');
    const { columns, types } = await open(text);
    expect(types.Day).toBe('DATE');
    expect(columns.Day).toEqual(['2026-05-01 00:00:00', null, null]);
  });
});

it('cells that say yes and no are that, and words stay words', async () => {
  const rows = ['true;1 a;10;1', 'FALSE;2 b;20;0'];
  const { types } = await open(table('seen;name;Impr.;Clicks', ...rows));
  expect(types).toEqual({ seen: 'BOOLEAN', name: 'VARCHAR', 'Impr.': 'BIGINT', Clicks: 'BIGINT' });
});
