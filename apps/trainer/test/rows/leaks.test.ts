import {
  gatherEvidence,
  leakIn,
  sampleCounts,
  suspicionOf,
  type LeakEvidence,
} from '../../src/rows/leaks.js';
import { withDatabase } from '../reading.js';

/**
 * Evidence against an SQL expression over 2,000 campaigns: n impressions, k clicks, whose rate p
 * differs by position; u and v are noise of their own.
 */
function evidence(x: string, rows = 2000): Promise<LeakEvidence | undefined> {
  return withDatabase(async (database) => {
    const uniform = (salt: number): string =>
      `((hash(id * 16 + ${salt}) >> 11) / 9007199254740992.0)`;
    await database.run(`
      CREATE TABLE campaigns AS
      SELECT *, floor(n * p * (0.5 + ${uniform(4)})) AS k FROM (
        SELECT id, floor(exp(10 * ${uniform(1)})) + 1 AS n, position, 0.1 / position AS p,
          ${uniform(3)} AS u, ${uniform(5)} AS v
        FROM (SELECT range AS id FROM range(${rows})) JOIN LATERAL (SELECT floor(10 * ${uniform(2)}) + 1 AS position) ON true)`);
    const sample = await sampleCounts(database, 'FROM campaigns', 'id', ['n', 'k', x]);
    return gatherEvidence(sample, sample.columns[0]);
  });
}

describe('a column that leaks the clicks', () => {
  it.each([
    [
      'cost',
      'k * (0.2 + u) + n * 0.001',
      /rank correlation 0\.9\d with clicks, and still 0\.[3-9]/,
    ],
    ['delivery_fee', 'k * (0.2 + u) + n * 0.001', /it follows clicks/],
    ['fee', '0.35 * k', /proportional to clicks/],
    ['rate', '100 * k / n', /it is the click-through rate: rank correlation 1\.000/],
    [
      'basket',
      'CASE WHEN u < 0.5 THEN k * v ELSE 0 END',
      /0 or missing in 100 % of the rows without/,
    ],
    ['visit', 'CASE WHEN k > 0 THEN u END', /0 or missing in 100 % .* neither in 100 %/],
    [
      'orders_x',
      'CASE WHEN k > 0 AND u < 0.08 THEN 1 ELSE 0 END',
      /only|none of them without a click/,
    ],
    ['quality_x', 'k * (0.97 + 0.06 * u) / n + 0.00001', /the click-through rate/],
    [
      'Conversions',
      'floor(n * u)',
      /by its name \(conversions\) it is known only after the clicks/,
    ],
  ])('%s is caught with its evidence', async (name, sql, message) => {
    expect(leakIn(name, await evidence(sql), false)).toMatch(message);
  });

  it.each([
    ['a budget that goes with impressions', 'n * (0.5 + u)'],
    ['a position that decides the rate', 'position'],
    ['a planned volume', 'n'],
    ['noise', 'u'],
    ['a feature that is mostly 0', 'CASE WHEN u < 0.1 THEN v ELSE 0 END'],
    ['a constant', '1'],
  ])('is not %s', async (name, sql) => {
    expect(name && leakIn('column', await evidence(sql), false)).toBeUndefined();
  });

  it('is suspected where it tells nearly all that can be told of the rate', async () => {
    const near = await evidence('0.5 * k / n + 0.004 * u');
    expect(suspicionOf(near)).toMatch(/rate|clicks/);
    expect(suspicionOf(await evidence('u'))).toBeUndefined();
    expect(suspicionOf(await evidence('n * (0.5 + u)'))).toBeUndefined();
  });

  it.each([
    ['whole numbers around 2^53', '9007199254740992.0 + 2 * floor(10 * u)'],
    ['whole numbers below 2^63', '9e18 + 1024 * floor(10 * u)'],
    ['moments in microseconds', '1.7e15 + floor(10 * u)'],
    ['one fraction', '0.1'],
  ])('is not suspected for the size of its numbers: %s', async (_, sql) => {
    const far = await evidence(sql);
    expect(suspicionOf(far)).toBeUndefined();
    expect(far!.rate_r2).not.toBeGreaterThan(0.05);
  });

  it('tells as much of the rate wherever its 0 is', async () => {
    const near = await evidence('8 * floor(4 * k / n * 10)');
    const far = await evidence('9007199254740992.0 + 8 * floor(4 * k / n * 10)');
    expect(near!.rate_r2).toBeGreaterThan(0.3);
    expect(far!.rate_r2).toBeCloseTo(near!.rate_r2, 3);
  });

  it('is told from a few rows by its name only', async () => {
    const few = await evidence('k * 0.2', 40);
    expect(few).toBeUndefined();
    expect(leakIn('fee', few, false)).toBeUndefined();
    expect(leakIn('Total cost', few, false)).toMatch(/by its name .* too few rows to measure it/);
    expect(leakIn('Max. cost per click', few, false)).toBeUndefined();
  });
});
