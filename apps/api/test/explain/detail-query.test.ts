import fc from 'fast-check';
import { readDetailQuery } from '../../src/explain/detail-query.js';
import { ProblemError } from '../../src/problem/problem.js';

function refusalOf(query: unknown) {
  try {
    readDetailQuery(query);
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
  return undefined;
}

describe('the query of a prediction', () => {
  it.each([
    [{}, {}],
    [undefined, {}],
    [{ interval: '0.9' }, { interval: 0.9 }],
    [
      { interval: '.5', explain: 'true' },
      { explain: true, interval: 0.5 },
    ],
    [{ explain: 'false' }, { explain: false }],
    [
      { interval: '0.9', exposure: '1000' },
      { interval: 0.9, exposure: 1000 },
    ],
  ])('%j is %j', (query, expected) => {
    expect(readDetailQuery(query)).toEqual(expected);
  });

  it.each(['', '0', '1', '1.0', '0.0', '-0.5', '9e-1', '0,9', ' 0.9', '0x1', 'NaN', '1.5', '0.'])(
    'has no interval of %j',
    (interval) => {
      const { code, occurrence } = refusalOf({ interval })!;
      expect(code).toBe('INVALID_QUERY');
      expect(occurrence.errors).toMatchObject([{ field: 'interval', value: interval }]);
      expect(occurrence.errors![0].message).toContain('it must be a level above 0 and below 1');
    },
  );

  it.each([
    { exposure: '1000' },
    { interval: '0.9', exposure: '0' },
    { interval: '0.9', exposure: '1.5' },
    { interval: '0.9', exposure: '-2' },
  ])('has no exposure in %j', (query) => {
    expect(refusalOf(query)!.occurrence.errors).toMatchObject([
      { field: 'exposure', rule: 'a whole number of impressions, at least 1, beside interval' },
    ]);
  });

  it('has a level in (0, 1) or is refused, whatever is sent', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String)), (interval) => {
        if (refusalOf({ interval }) !== undefined) return;
        const { interval: level } = readDetailQuery({ interval });
        expect(level).toBeGreaterThan(0);
        expect(level).toBeLessThan(1);
      }),
    );
  });

  it('names everything that is wrong with it, shortened', () => {
    const query = { explain: 'yes', interval: ['0.9', '0.8'], ['x'.repeat(100)]: '1' };
    const { occurrence } = refusalOf(query)!;
    expect(occurrence.errors!.map(({ field, value }) => [field, value])).toEqual([
      ['explain', 'yes'],
      ['interval', '0.9, 0.8'],
      [`${'x'.repeat(64)}…`, '1'],
    ]);
  });
});
