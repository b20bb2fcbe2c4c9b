import { readPeriod } from '../../src/outcomes/period.js';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const dayOf = (text: unknown) => readPeriod(text, NOW)?.day;

describe('a period', () => {
  it.each([
    ['a day', '2026-03-01', '2026-03-01'],
    ['a day and the next', '2026-03-01/2026-03-02', '2026-03-01'],
    ['a day twice', '2026-03-01/2026-03-01', '2026-03-01'],
    ['today', '2026-03-10', '2026-03-10'],
    ['an instant', '2026-03-01T23:59:59.999Z', '2026-03-01'],
    ['an instant of another zone', '2026-03-01T23:30:00-05:00', '2026-03-02'],
    ['an hour', '2026-03-01T10:00Z/2026-03-01T11:00Z', '2026-03-01'],
    ['a day of Berlin', '2026-03-01T00:00+01:00/2026-03-02T00:00+01:00', '2026-03-01'],
    ['a day of New York', '2026-03-01T00:00-05:00/2026-03-02T00:00-05:00', '2026-03-01'],
    ['a day of 25 hours', '2025-10-26T00:00+02:00/2025-10-27T00:00+01:00', '2025-10-26'],
    ['today in Tokyo', '2026-03-10T00:00+09:00/2026-03-11T00:00+09:00', '2026-03-10'],
  ])('is %s', (_what, text, day) => expect(dayOf(text)).toBe(day));

  it.each([
    ['2026-02-30', '2026-13-01', '2026-3-1', '20260301', 'yesterday', '', '/', '2026-03-01/'],
    ['2026-03-01/2026-03-03', '2026-03-02/2026-03-01', '2026-03-01/2026-03-02/2026-03-03'],
    ['2026-03-11', '2026-03-10T13:00:00Z', '2026-03-01T10:00', '2026-03-01T25:00Z'],
    [1_772_323_200_000, null, undefined, {}],
  ])('is none of %p and the like', (...texts) => {
    for (const text of texts) expect([text, dayOf(text)]).toEqual([text, undefined]);
  });

  it('of hours is another than the day, though it is in it', () => {
    const hour = readPeriod('2026-03-01T10:00Z/2026-03-01T11:00Z', NOW)!;
    const day = readPeriod('2026-03-01', NOW)!;
    expect([hour.start, hour.end]).not.toEqual([day.start, day.end]);
  });
});
