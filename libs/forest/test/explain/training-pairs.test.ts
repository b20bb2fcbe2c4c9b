import { Random, TrainingPairs, columnsFrom, fit } from '../../src/index.js';

const schema = {
  features: [
    { name: 'budget', kind: 'numeric' },
    { name: 'impressions', kind: 'numeric' },
    { name: 'place', kind: 'categorical', categories: ['a', 'b'] },
    { name: 'hour', kind: 'integer' },
  ],
} as const;

/** Impressions go with the budget, give or take a fifth. */
const random = new Random(5, 0);
const unit = (): number => random.below(1_000_000) / 1_000_000;
const rows = Array.from({ length: 2000 }, (_, i): [number, number, number, number] => {
  const budget = 100 + 9900 * unit();
  return [budget, 2 * budget * (0.8 + 0.4 * unit()), i % 2, random.below(24)];
});
const columns = columnsFrom(schema, {
  budget: rows.map(([budget]) => budget),
  impressions: rows.map(([, impressions]) => impressions),
  place: rows.map(([, , place]) => ['a', 'b'][place]),
  hour: rows.map(([, , , hour]) => hour),
});
const target = Float64Array.from(rows, ([budget, impressions]) => Math.sqrt(budget + impressions));
const { forest } = fit({ columns, target }, { trees: 3, maxBins: 64 });
const numbers = [0, 1, 3].map((f) => ({ name: schema.features[f].name, place: f, column: f }));
const pairsOf = (count: number, features = numbers) =>
  new TrainingPairs(forest, features, rows.slice(0, count));

describe('combinations that training never had', () => {
  const pairs = pairsOf(64);

  it('are told, though each number is within its range', () => {
    expect(pairs.outside([500, 15_000, 0, 12])).toEqual(['budget with impressions']);
    expect(pairs.outside([9500, 500, 0, 12])).toEqual(['budget with impressions']);
  });

  it('are not those that it had', () => {
    const fresh = rows.slice(64);
    const called = fresh.filter((row) => pairs.outside(row).length > 0).length;
    expect(called / fresh.length).toBeLessThan(0.01);
  });

  it('are not sought among features that do not go together', () => {
    for (const hour of [0, 5, 23]) expect(pairs.outside([150, 300, 0, hour])).toEqual([]);
  });

  it('are not told of what is missing, nor by too few rows', () => {
    expect(pairs.outside([NaN, 15_000, 0, 12])).toEqual([]);
    expect(pairsOf(20).outside([500, 15_000, 0, 12])).toEqual([]);
    expect(pairsOf(0).outside([500, 15_000, 0, 12])).toEqual([]);
  });

  it('are told by the place that a feature has in rows, whichever column it is', () => {
    const swapped = numbers.map((feature) => ({ ...feature, place: 3 - feature.place }));
    const reversed = rows.slice(0, 64).map((row) => row.toReversed());
    const pairs = new TrainingPairs(forest, swapped, reversed);
    expect(pairs.outside([12, 0, 15_000, 500])).toEqual(['budget with impressions']);
    expect(pairs.outside([12, 0, 1000, 500])).toEqual([]);
  });
});
