import { checkTable, CtrError, fitInput, splitTable } from '../../src/index.js';
import { placements } from '../data.js';

describe('a table', () => {
  it('fits clicks over impressions, weighted by impressions', () => {
    const table = placements(10);
    const { target, weight } = fitInput(table);
    expect(target[3]).toBe(table.clicks[3] / table.impressions[3]);
    expect(weight).toBe(table.impressions);
  });

  it.each([
    ['more clicks than impressions', { clicks: 30_000 }, /clicks of row 2 is 30000, wanted 0 to/],
    ['negative clicks', { clicks: -1 }, /clicks of row 2 is -1/],
    ['clicks that are no number', { clicks: NaN }, /clicks of row 2 is NaN/],
    ['no impressions', { impressions: 0 }, /impressions of row 2 is 0, wanted > 0/],
  ])('is refused with %s', (_, change, message) => {
    const table = placements(5);
    for (const [column, value] of Object.entries(change)) table[column as 'clicks'][2] = value;
    expect(() => checkTable(table)).toThrow(CtrError);
    expect(() => checkTable(table)).toThrow(message);
  });
});

describe('a split', () => {
  it('puts every row on one side, the asked share held out', () => {
    const table = placements(100);
    table.trueCtr.forEach((_, i) => (table.trueCtr[i] = i));
    const { training, heldOut } = splitTable(table, 0.2, 7);
    expect(heldOut.features.rows).toBe(20);
    const rows = [...training.trueCtr!, ...heldOut.trueCtr!].sort((a, b) => a - b);
    expect(rows).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const first = heldOut.trueCtr![0];
    expect(heldOut.impressions[0]).toBe(table.impressions[first]);
    expect(heldOut.features.values[3][0]).toBe(table.features.values[3][first]);
  });

  it('depends on the seed alone', () => {
    const take = (seed: number) => splitTable(placements(50), 0.5, seed).heldOut.clicks;
    expect(take(1)).toEqual(take(1));
    expect(take(1)).not.toEqual(take(2));
  });

  it('leaves a row on either side, and needs two', () => {
    expect(splitTable(placements(2), 0.01, 1).heldOut.features.rows).toBe(1);
    expect(splitTable(placements(3), 0.99, 1).training.features.rows).toBe(1);
    expect(() => splitTable(placements(1), 0.2, 1)).toThrow(/got 1 rows/);
  });
});
