import { fit, type Schema } from '@adscale/forest';
import fc from 'fast-check';
import { binValues, codeSql } from '../../src/rows/click-log.js';
import { withDatabase } from '../reading.js';

const schema: Schema = { features: [{ name: 'x', kind: 'numeric' }] };

/** The cuts that the forest takes of rows by itself. */
function learned(values: readonly number[], maxBins: number): number[] {
  const columns = { schema, rows: values.length, values: [Float64Array.from(values)] };
  const target = new Float64Array(values.length);
  const { forest } = fit({ columns, target }, { trees: 1, maxBins, outOfBag: false });
  return [...forest.bins[0].cuts];
}

/** Distinct values, ascending, and how often each occurs. */
function histogram(values: readonly number[]): [Float64Array, Float64Array] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const sorted = [...counts].sort(([a], [b]) => a - b);
  return [Float64Array.from(sorted, ([v]) => v), Float64Array.from(sorted, ([, c]) => c)];
}

const someValues = fc
  .oneof(
    fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 200 }),
    fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 100 }),
  )
  .map((values) => values.map((value) => value + 0));

const someBins = fc.integer({ min: 2, max: 40 });

describe('bins of counted values', () => {
  it('are where the forest cuts, once every value is its bin’s member', () => {
    fc.assert(
      fc.property(someValues, someBins, (values, maxBins) => {
        const { cuts, members } = binValues(...histogram(values), maxBins);
        expect([...cuts]).toEqual(learned([...members], maxBins));
      }),
    );
  });

  it('are where the forest cuts the raw rows, while values are few', () => {
    fc.assert(
      fc.property(someValues, (values) => {
        const maxBins = Math.max(2, new Set(values).size);
        const { cuts } = binValues(...histogram(values), maxBins);
        expect([...cuts]).toEqual(learned(values, maxBins));
      }),
    );
  });

  it('have a value of the data in each, the least and the greatest at the ends', () => {
    fc.assert(
      fc.property(someValues, someBins, (values, maxBins) => {
        const { cuts, members } = binValues(...histogram(values), maxBins);
        expect(members.length).toBeLessThanOrEqual(maxBins);
        expect(members.length).toBe(cuts.length + 1);
        const codes = [...members].map((member) => cuts.filter((cut) => cut < member).length);
        expect(codes).toEqual([...members.keys()]);
        expect([...members].every((member) => values.includes(member))).toBe(true);
        expect(members[0]).toBe(Math.min(...values));
        expect(members.at(-1)).toBe(Math.max(...values));
      }),
    );
  });

  it('hold about as many rows each, however the values are spread', () => {
    const values = Array.from({ length: 6200 }, (_, i) => Math.exp(i / 500));
    const { cuts } = binValues(...histogram(values), 64);
    const rows = new Array<number>(cuts.length + 1).fill(0);
    for (const value of values) rows[cuts.filter((cut) => cut < value).length]++;
    expect(Math.max(...rows)).toBeLessThan(160);
  });

  it('are searched in SQL to the last bit', async () => {
    const cuts = Float64Array.of(-1e300, -0.1, 0.1, 0.1 + 2 ** -55, 1 / 3, 5e-324 + 1, 1e22);
    const values = [...cuts].flatMap((cut) => [cut, cut * (1 + 2 ** -52), cut * (1 - 2 ** -52)]);
    const rows = values.map((value) => `('${value}'::DOUBLE)`).join(', ');
    const codes = await withDatabase((database) =>
      database.rows(`SELECT ${codeSql('x', cuts)} AS code FROM (VALUES ${rows}, (NULL)) AS v(x)`),
    );
    const counted = values.map((value) => cuts.filter((cut) => cut < value).length);
    expect(codes.map(({ code }) => code)).toEqual([...counted, null]);
  });
});
