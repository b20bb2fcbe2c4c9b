import { findTimes } from '../../src/language/times.js';
import { timeSql } from '../../src/source/typing.js';
import { quoteText } from '../../src/source/sql.js';
import { Database } from '../../src/source/database.js';

let database: Database;
beforeAll(async () => {
  database = await Database.open({ threads: 1 }, new AbortController().signal);
});
afterAll(() => database.close());

/** How cells read as times, as SQL makes them. */
async function readAs(
  cells: readonly string[],
  soundsLikeTime = true,
  order?: 'dmy' | 'mdy',
): Promise<unknown[] | undefined> {
  const found = findTimes(cells, soundsLikeTime, order);
  if (found === undefined || found.otherwise !== undefined) return undefined;
  const list = cells.map((cell) => `(${quoteText(cell)})`).join(', ');
  const rows = await database.rows(
    `SELECT strftime(make_timestamp((${timeSql('t', found.reading)} * 1e6)::BIGINT), '%Y-%m-%d %H:%M:%S') AS t FROM (VALUES ${list}) AS v(t)`,
  );
  return rows.map(({ t }) => t);
}

const july = ['2026-07-01 00:00:00', '2026-07-13 00:00:00'];
const clock = ['2026-07-01 00:05:00', '2026-07-13 15:30:00'];

describe('times are read', () => {
  it.each<[string, string[], string[]]>([
    ['ISO', ['2026-07-01', '2026-07-13'], july],
    ['ISO, compact', ['20260701', '20260713'], july],
    ['ISO with a clock', ['2026-07-01 00:05:00', '2026-07-13 15:30:00'], clock],
    ['ISO with a T', ['2026-07-01T00:05', '2026-07-13T15:30'], clock],
    ['ISO in UTC', ['2026-07-01T00:05:00Z', '2026-07-13T15:30:00Z'], clock],
    [
      'ISO in UTC, to the millisecond',
      ['2026-07-01T00:05:00.250Z', '2026-07-13T15:30:00.000Z'],
      clock,
    ],
    ['a zone by its hours', ['2026-07-01T02:05:00+0200', '2026-07-13T17:30:00+0200'], clock],
    ['a zone with a colon', ['2026-07-01T02:05:00+02:00', '2026-07-13T11:30:00-04:00'], clock],
    ['a zone by name', ['2026-07-01 00:05:00 UTC', '2026-07-13 15:30:00 UTC'], clock],
    ['slashes, year first', ['2026/07/01', '2026/07/13'], july],
    ['points, year first', ['2026.07.01', '2026.07.13'], july],
    ['points', ['01.07.2026', '13.07.2026'], july],
    ['points, no zeros', ['1.7.2026', '13.7.2026'], july],
    ['points, short year', ['01.07.26', '13.07.26'], july],
    ['slashes, day first', ['01/07/2026', '13/07/2026'], july],
    ['slashes, month first', ['7/1/2026', '7/13/2026'], july],
    ['slashes, short year', ['7/1/26', '7/13/26'], july],
    ['dashes, day first', ['01-07-2026', '13-07-2026'], july],
    ['English', ['Jul 01, 2026', 'Jul 13, 2026'], july],
    ['English, long', ['July 1, 2026', 'July 13, 2026'], july],
    ['English, with the weekday', ['Wednesday, July 1, 2026', 'Monday, July 13, 2026'], july],
    ['English, day first', ['01 Jul 2026', '13 Jul 2026'], july],
    ['English, dashes', ['01-Jul-2026', '13-Jul-2026'], july],
    ['12-hour clock', ['7/1/2026 12:05 AM', '7/13/2026 3:30 PM'], clock],
    ['12-hour clock, seconds', ['7/1/2026 12:05:00 am', '7/13/2026 03:30:00 pm'], clock],
    [
      '12-hour clock, narrow blanks',
      ['Jul 1, 2026, 12:05\u202fAM', 'Jul 13, 2026, 3:30\u202fPM'],
      clock,
    ],
    ['clock, day first', ['01/07/2026 00:05', '13/07/2026 15:30'], clock],
    ['clock, points', ['01.07.2026 00:05', '13.07.2026 15:30'], clock],
    ['German', ['1. Juli 2026', '13. Juli 2026'], july],
    ['French', ['1 juil. 2026', '13 juil. 2026'], july],
    ['French, long', ['1 juillet 2026', '13 juillet 2026'], july],
    ['Spanish', ['1 jul 2026', '13 jul 2026'], july],
    ['Spanish, long', ['1 de julio de 2026', '13 de julio de 2026'], july],
    ['Portuguese', ['1 de jul. de 2026', '13 de jul. de 2026'], july],
    ['Italian', ['1 lug 2026', '13 lug 2026'], july],
    ['Dutch', ['1 jul 2026', '13 jul 2026'], july],
    ['Polish', ['1 lip 2026', '13 lip 2026'], july],
    ['Polish, long', ['1 lipca 2026', '13 lipca 2026'], july],
    ['Swedish', ['1 juli 2026', '13 juli 2026'], july],
    ['Turkish', ['1 Tem 2026', '13 Tem 2026'], july],
    ['Turkish, long', ['1 Temmuz 2026', '13 Temmuz 2026'], july],
    ['Japanese', ['2026年7月1日', '2026年7月13日'], july],
    ['Chinese', ['2026年07月01日', '2026年07月13日'], july],
    ['Korean', ['2026. 7. 1.', '2026. 7. 13.'], july],
    ['Korean, in words', ['2026년 7월 1일', '2026년 7월 13일'], july],
    ['months', ['2026-07', '2026-08'], ['2026-07-01 00:00:00', '2026-08-01 00:00:00']],
    ['months, compact', ['202607', '202608'], ['2026-07-01 00:00:00', '2026-08-01 00:00:00']],
    [
      'months in words',
      ['Jul 2026', 'August 2026'],
      ['2026-07-01 00:00:00', '2026-08-01 00:00:00'],
    ],
    [
      'months in French',
      ['juillet 2026', 'août 2026'],
      ['2026-07-01 00:00:00', '2026-08-01 00:00:00'],
    ],
    [
      'hours, compact',
      ['2026070100', '2026071315'],
      ['2026-07-01 00:00:00', '2026-07-13 15:00:00'],
    ],
    [
      'hours of a click log',
      ['26070100', '26071315'],
      ['2026-07-01 00:00:00', '2026-07-13 15:00:00'],
    ],
    ['periods', ['2026-07-01 - 2026-07-07', '2026-07-13 - 2026-07-19'], july],
    ['periods with a dash', ['01.07.2026–07.07.2026', '13.07.2026–19.07.2026'], july],
    ['periods in words', ['Jul 1, 2026 to Jul 7, 2026', 'Jul 13, 2026 to Jul 19, 2026'], july],
    ['periods whose ends tell the order', ['7/1/2026 ~ 7/13/2026'], ['2026-07-01 00:00:00']],
    ['seconds since 1970', ['1782864300', '1783956600'], clock],
    ['milliseconds since 1970', ['1782864300000', '1783956600000'], clock],
  ])('%s', async (_, cells, times) => expect(await readAs(cells)).toEqual(times));

  it.each([...Array(12).keys()])('in every language: month %s', async (month) => {
    for (const language of ['en', 'de', 'fr', 'es', 'pt', 'it', 'nl', 'pl', 'sv', 'tr']) {
      const cells = (['short', 'long'] as const).map((style) => {
        const name = new Intl.DateTimeFormat(language, {
          month: style,
          day: 'numeric',
          timeZone: 'UTC',
        })
          .formatToParts(Date.UTC(2026, month, 3))
          .find(({ type }) => type === 'month')!.value;
        return `3 ${name} 2026`;
      });
      const time = `2026-${String(month + 1).padStart(2, '0')}-03 00:00:00`;
      expect([language, await readAs(cells)]).toEqual([language, [time, time]]);
    }
  });
});

describe('the order of day and month', () => {
  it('is told by any part above 12', () => {
    expect(findTimes(['01/02/2026', '03/04/2026', '25/04/2026'], true)?.order).toBe('dmy');
    expect(findTimes(['1/2/2026', '3/4/2026', '4/25/2026'], true)?.order).toBe('mdy');
  });

  it('is open where no part is, with both readings', () => {
    const found = findTimes(['01/02/2026', '03/04/2026'], true);
    expect(found?.reading.formats).toEqual(['%m/%d/%Y']);
    expect(found?.otherwise?.formats).toEqual(['%d/%m/%Y']);
    expect(found?.order).toBeUndefined();
  });

  it('is what the user says', async () => {
    const cells = ['01/02/2026', '03/04/2026'];
    expect(await readAs(cells, true, 'dmy')).toEqual([
      '2026-02-01 00:00:00',
      '2026-04-03 00:00:00',
    ]);
    expect(await readAs(cells, true, 'mdy')).toEqual([
      '2026-01-02 00:00:00',
      '2026-03-04 00:00:00',
    ]);
  });
});

it.each<[string, string[], boolean]>([
  ['words', ['Mill', 'Pier'], true],
  ['prices', ['12.50', '13.10'], false],
  ['counts', ['1000', '2000'], true],
  ['counts of eight digits', ['12345678', '20269999'], false],
  ['ids of ten digits', ['1782864300', '1783956600'], false],
  ['versions', ['1.2.3', '1.10.0'], false],
  ['hours of a day', ['0', '13', '23'], true],
  ['marches', ['March of Time', 'May Sale 2026'], false],
  ['sizes', ['300x250', '728x90'], false],
  ['months that no year has', ['2026-13-01', '2026-14-02'], true],
])('%s are no times', (_, cells, named) => expect(findTimes(cells, named)).toBeUndefined());
