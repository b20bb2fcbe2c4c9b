import { readQuery, refuseQuery } from '../../src/record/query.js';
import { ProblemError } from '../../src/problem/problem.js';

function refusalOf(query: unknown, read: (query: unknown) => unknown) {
  try {
    read(query);
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
  return undefined;
}

const known = {
  size: {
    rule: 'a digit',
    parse: (text: string) => (/^\d$/.test(text) ? Number(text) : undefined),
  },
  plain: { rule: 'true', parse: (text: string) => (text === 'true' ? true : undefined) },
};

describe('the query of an address', () => {
  it('holds the values of what is given', () => {
    expect(readQuery({ size: '0', plain: 'true' }, known)).toEqual({ size: 0, plain: true });
    expect(readQuery({}, known)).toEqual({});
    expect(readQuery(undefined, known)).toEqual({});
  });

  it('is refused for every parameter that is wrong, given twice or unknown', () => {
    const query = { size: '12', plain: ['true', 'true'], constructor: '', ['x'.repeat(70)]: 'y' };
    const { code, occurrence } = refusalOf(query, (given) => readQuery(given, known))!;
    expect(code).toBe('INVALID_QUERY');
    const long = `${'x'.repeat(64)}…`;
    expect(occurrence.detail).toBe(`Wrong: size, plain, constructor, ${long}.`);
    expect(occurrence.errors).toEqual([
      { field: 'size', value: '12', rule: 'a digit', message: 'size is "12"; it must be a digit' },
      {
        field: 'plain',
        value: 'true, true',
        rule: 'true',
        message: 'plain is "true, true"; it must be true',
      },
      ...['constructor', long].map((field) => ({
        field,
        value: field === long ? 'y' : '',
        rule: 'no parameter but size or plain',
        message: `${field} is not a parameter of this address; there is size or plain`,
      })),
    ]);
  });
});

describe('a query of many parameters', () => {
  it('is refused with the first twenty that are wrong', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`p${i}`, '']));
    const { occurrence } = refusalOf(many, refuseQuery)!;
    expect(occurrence.errors).toHaveLength(20);
    expect(occurrence.detail).toMatch(/^Wrong: p0, p1, .* p19 and more\.$/);
  });
});

describe('a route without parameters', () => {
  it('refuses any', () => {
    expect(refusalOf({}, refuseQuery)).toBeUndefined();
    const { code, occurrence } = refusalOf({ explain: 'true' }, refuseQuery)!;
    expect(code).toBe('INVALID_QUERY');
    expect(occurrence.errors).toMatchObject([{ field: 'explain', value: 'true' }]);
  });
});
