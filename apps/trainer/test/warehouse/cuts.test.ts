import fc from 'fast-check';
import { binValues } from '../../src/rows/click-log.js';
import {
  binsOf,
  quantilesOf,
  refine,
  type Bucket,
  type BucketCounter,
  type Grid,
} from '../../src/warehouse/cuts.js';

/** Counts values that are here, by the arithmetic that engines are asked for, and what was asked. */
class Counted implements BucketCounter {
  passes = 0;
  listed = 0;

  constructor(readonly values: readonly number[]) {}

  get whole(): Bucket {
    const [least, greatest] = this.values.reduce(
      ([low, high], x) => [Math.min(low, x), Math.max(high, x)],
      [Infinity, -Infinity],
    );
    return { count: this.values.length, least, greatest };
  }

  async count(grid: Grid, within?: Grid & { readonly keys: readonly number[] }): Promise<Bucket[]> {
    this.passes++;
    return this.group((x) => keyOf(grid, x), within);
  }

  async list(within?: Grid & { readonly keys: readonly number[] }): Promise<Bucket[]> {
    const found = this.group((x) => x, within);
    this.listed += found.length;
    return found;
  }

  private group(
    by: (x: number) => number,
    within?: Grid & { readonly keys: readonly number[] },
  ): Bucket[] {
    const keys = within && new Set(within.keys);
    const groups = new Map<number, Bucket>();
    for (const x of this.values) {
      if (keys && !keys.has(keyOf(within!, x))) continue;
      const { count, least, greatest } = groups.get(by(x)) ?? { count: 0, least: x, greatest: x };
      groups.set(by(x), {
        count: count + 1,
        least: Math.min(least, x),
        greatest: Math.max(greatest, x),
      });
    }
    // An engine gives groups in any order.
    return [...groups.values()].reverse();
  }
}

const keyOf = ({ origin, width }: Grid, x: number): number => Math.floor((x - origin) / width);

/** What sorting all values makes of them. */
function sorted(values: readonly number[], maxBins: number): ReturnType<typeof binValues> {
  const counts = new Map<number, number>();
  for (const x of values) counts.set(x, (counts.get(x) ?? 0) + 1);
  const distinct = Float64Array.from(counts.keys()).sort();
  return binValues(
    distinct,
    distinct.map((x) => counts.get(x)!),
    maxBins,
  );
}

/** Numbers of one kind: few different ones, spread evenly, or over many orders of magnitude. */
const numbers = fc
  .oneof(
    fc.integer({ min: -5, max: 30 }),
    fc.integer({ min: -1000, max: 1000 }).map((x) => x / 64),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  .map((x) => x + 0);

it('finds the bins that sorting all values finds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(numbers, { minLength: 1, maxLength: 400 }),
      fc.integer({ min: 3, max: 40 }),
      async (values, maxBins) => {
        const counted = new Counted(values);
        const expected = sorted(values, maxBins);
        expect(await binsOf(counted, counted.whole, maxBins)).toEqual(expected);
        // In many passes.
        const limits = { buckets: 16, few: 2 };
        expect(await binsOf(counted, counted.whole, maxBins, limits)).toEqual(expected);
      },
    ),
  );
});

/** Many values whose logarithm is spread evenly, the same in every run. */
function skewed(count: number): number[] {
  let state = 12345;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.exp((state / 2 ** 32) * 20);
  });
}

it('asks in few passes, and for few values one by one', async () => {
  const counted = new Counted(skewed(400_000));
  const found = await binsOf(counted, counted.whole, 64);
  expect(found).toEqual(sorted(counted.values, 64));
  expect(found.members).toHaveLength(64);
  expect(counted.passes).toBeGreaterThan(1);
  expect(counted.passes).toBeLessThan(6);
  expect(counted.listed).toBeLessThan(100_000);
});

it('tells all values apart where they are as few as the bins', async () => {
  const values = skewed(200_000).map((_, i) => (i % 50) ** 4 / 7);
  const counted = new Counted(values);
  expect((await binsOf(counted, counted.whole, 50)).members).toHaveLength(50);
  expect(await binsOf(counted, counted.whole, 50)).toEqual(sorted(values, 50));
  expect(await binsOf(counted, counted.whole, 49)).toEqual(sorted(values, 49));
});

it('finds values at shares of a column', async () => {
  const counted = new Counted(Array.from({ length: 101 }, (_, i) => i / 4));
  expect(await quantilesOf(counted, counted.whole, [0.25, 0.5])).toEqual([0, 6.25, 12.5, 25]);
});

it('asks nothing of no values, and of one value', async () => {
  const asked: BucketCounter = {
    count: () => Promise.reject(new Error('asked')),
    list: () => Promise.reject(new Error('asked')),
  };
  const none = { count: 0, least: 0, greatest: 0 };
  expect(await refine(asked, none, [1], 8)).toEqual([]);
  expect((await binsOf(asked, none, 8)).cuts).toHaveLength(0);
  const one = { count: 9, least: 2, greatest: 2 };
  expect([...(await binsOf(asked, one, 8)).members]).toEqual([2]);
});
