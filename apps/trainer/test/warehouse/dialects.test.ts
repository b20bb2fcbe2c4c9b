import fc from 'fast-check';
import { InputError } from '../../src/cli/exit.js';
import { parseAddress, withoutSecret } from '../../src/warehouse/address.js';
import { clickhouse } from '../../src/warehouse/clickhouse.js';
import { duckdb } from '../../src/warehouse/duckdb.js';
import { postgres } from '../../src/warehouse/postgres.js';
import { fromSql, nextUp, type Dialect, type Select } from '../../src/warehouse/warehouse.js';

/** Texts that would end a literal, or begin something else, if they were let. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc
    .array(fc.constantFrom("'", '"', '`', '\\', '\0', '\n', '--', '/*', ';', '$$', 'é', '😀', 'a'))
    .map((parts) => parts.join('')),
);

/**
 * What an engine reads of a quoted text, and what it leaves behind it.
 * @param escapes whether a backslash takes the next character as it is
 */
function readQuoted(sql: string, mark: string, escapes: boolean): [text: string, rest: string] {
  expect(sql[0]).toBe(mark);
  let text = '';
  for (let i = 1; i < sql.length; i++) {
    if (escapes && sql[i] === '\\') {
      const next = sql[++i]!;
      text += next === '0' ? '\0' : next;
    } else if (sql[i] !== mark) text += sql[i];
    else if (sql[i + 1] === mark && !(escapes && mark === '`')) text += sql[i++];
    else return [text, sql.slice(i + 1)];
  }
  throw new Error(`it does not end: ${sql}`);
}

const rules: readonly [Dialect, nameMark: string, escapes: boolean, inNames: boolean][] = [
  [clickhouse, '`', true, true],
  [postgres, '"', true, false],
  [duckdb, '"', false, false],
];

describe.each(rules)('%#: names and texts', ({ name, text, engine }, mark, escapes, inNames) => {
  const isRefused = (given: string): boolean => engine === 'postgres' && given.includes('\0');

  it(`are the same to ${engine}, whatever is in them, and nothing stands behind them`, () => {
    fc.assert(
      fc.property(hostile, (given) => {
        if (isRefused(given)) {
          expect(() => text(given)).toThrow(InputError);
          expect(() => name(given)).toThrow(InputError);
          return;
        }
        const quoted = text(given).trimStart().replace(/^E/, '');
        expect(readQuoted(quoted, "'", escapes)).toEqual([given, '']);
        expect(readQuoted(name(given), mark, inNames)).toEqual([given, '']);
      }),
      { numRuns: 500 },
    );
  });

  it(`name a table of a database to ${engine} by its parts`, () => {
    const dialect = rules.find(([other]) => other.engine === engine)![0];
    expect(fromSql(dialect, { table: 'ads.log' })).toBe(`${name('ads')}.${name('log')}`);
  });
});

it('a query stands in parentheses whose last line no comment takes', () => {
  for (const [dialect] of rules) {
    expect(fromSql(dialect, { query: 'SELECT 1 -- one;  ;\n' })).toContain('SELECT 1 -- one;  \n)');
  }
});

it('ClickHouse is asked in one flat query, in which nothing has two names', () => {
  const query: Select = {
    ...{ from: 'log', layers: [{ a: 'x + 1' }, { b: 'a > 2' }] },
    columns: { key: 'b', rows: 'count(*)' },
    ...{ where: ['a > 0'], groupBy: ['key'], orderBy: ['rows DESC', 'key'], limit: 3 },
  };
  expect(clickhouse.select(query).replace(/\s+/g, ' ')).toBe(
    'WITH (x + 1 ) AS `a`, (a > 2 ) AS `b` SELECT `b`, (count(*) ) AS `rows` FROM log WHERE (a > 0 ) GROUP BY `b` ORDER BY rows DESC, b LIMIT 3',
  );
  expect(duckdb.select(query).replace(/\s+/g, ' ')).toBe(
    'SELECT (b ) AS "key", (count(*) ) AS "rows" FROM (SELECT *, (a > 2 ) AS "b" FROM (SELECT *, (x + 1 ) AS "a" FROM log) AS adscale_rows) AS adscale_rows WHERE (a > 0 ) GROUP BY "key" ORDER BY rows DESC, key LIMIT 3',
  );
});

it('ClickHouse halves as cuts do: an interval begins with its border', () => {
  // Its words as JavaScript has them.
  const run = (x: number, borders: Float64Array): number => {
    const sql = clickhouse
      .bin('x', borders)
      .replaceAll('if(isNull(x), NULL, ', '(')
      .replaceAll(/if\((x >= )/g, 'choose($1')
      .replaceAll('arrayElement(', 'element(');
    const choose = (is: boolean, one: number, other: number): number => (is ? one : other);
    const element = (list: number[], place: number): number => list[place - 1]!;
    return Function('x', 'choose', 'element', `return ${sql}`)(x, choose, element) as number;
  };
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: -45, max: 45 }),
      (given, x) => {
        const borders = Float64Array.from(given).sort();
        const behind = borders.filter((border) => border <= x).length;
        expect(run(x, borders)).toBe(behind);
      },
    ),
  );
});

it('the next double is the next one', () => {
  expect(nextUp(1)).toBe(1 + Number.EPSILON);
  expect(nextUp(-1)).toBe(-1 + Number.EPSILON / 2);
  expect(nextUp(0)).toBe(Number.MIN_VALUE);
  expect(nextUp(-Number.MIN_VALUE)).toBe(-0);
});

describe('a URL', () => {
  it('is told without anything but where the data is', () => {
    expect(parseAddress('clickhouse://reader@db:9000/ads?secure=true')).toMatchObject({
      ...{ engine: 'clickhouse', host: 'db', port: 9000, user: 'reader', database: 'ads' },
      url: 'clickhouse://reader@db:9000/ads?secure=true',
    });
    expect(parseAddress('postgresql://db/ads').url).toBe('postgres://postgres@db:5432/ads');
    expect(parseAddress('duckdb:///data/ads.db')).toMatchObject({ path: '/data/ads.db' });
  });

  it.each([
    ['clickhouse://u:geheim@db/ads', /CLICKHOUSE_PASSWORD/],
    ['postgres://u:geheim@db/ads', /PGPASSWORD/],
    ['postgres://db/ads?password=geheim', /no option but sslmode/],
    ['postgres://db/ads#geheim', /got a #/],
    ['mysql://u:geheim@db/ads', /a URL of mysql/],
    ['geheim', /got no URL/],
    ['duckdb://geheim/x', /three slashes/],
    ['postgres://geheim%zz@db/ads', /percent sign/],
    ['clickhouse://h/geheim%E0%A4', /percent sign/],
    ['duckdb:///geheim%zz.db', /percent sign/],
    ['postgres://geheim%zz/ads', /percent sign/],
    ['postgres://user:12345/geheim@db/ads', /got an @ behind the host/],
    ['postgres://user:12345/geheim%40db/ads', /got an @ behind the host/],
    ['clickhouse://user:12?geheim@db/ads', /got an @ behind the host/],
    ['postgres://user:12#geheim@db/ads', /got an @ behind the host/],
    ['postgres://db/ads?geheim=1', /wanted no option but sslmode, sslrootcert/],
  ])('%#: is refused without its secret being told', (url, told) => {
    let message = '';
    try {
      parseAddress(url);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      ({ message } = error as Error);
    }
    expect(message).toMatch(told);
    expect(message).not.toContain('geheim');
  });
});

describe('a message', () => {
  const before = process.env['CLICKHOUSE_PASSWORD'];
  afterEach(() => {
    if (before === undefined) delete process.env['CLICKHOUSE_PASSWORD'];
    else process.env['CLICKHOUSE_PASSWORD'] = before;
  });

  it.each([
    ['geheim', 'got geheimer, wanted geheim', 'got ***er, wanted ***'],
    ['e', 'there is no user e', 'there is no user ***'],
    ['ee', 'between ee, see "ee"', 'between ***, see "***"'],
    ['$&', 'got $& (not $&)', 'got *** (not ***)'],
    ['', 'got nothing', 'got nothing'],
  ])('does not tell the password %j', (password, message, told) => {
    process.env['CLICKHOUSE_PASSWORD'] = password;
    expect(withoutSecret(message, 'clickhouse')).toBe(told);
    expect(withoutSecret(message, 'duckdb')).toBe(message);
  });
});
