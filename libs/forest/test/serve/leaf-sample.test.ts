import { fit } from '../../src/index.js';
import { numericColumns } from '../data.js';

describe('rows drawn from the leaves', () => {
  const size = Array.from({ length: 1200 }, (_, i) => 100 + ((i * 7919) % 1200));
  const place = size.map((_, i) => 1 + (i % 10));
  const columns = numericColumns(size, place);
  const target = Float64Array.from(size, (x, i) => Math.sin(x) + place[i]);
  const { forest } = fit({ columns, target }, { trees: 30, maxBins: 64, seed: 5 });
  const rows = forest.compile().sample(600);

  it('are the same at every call, however many are asked for', () => {
    expect(forest.compile().sample(600)).toEqual(rows);
    expect(forest.compile().sample(10)).toEqual(rows.slice(0, 20));
    expect(forest.compile({ maxTableCells: 0 }).sample(600)).toEqual(rows);
  });

  it('have the spread of the training rows', () => {
    const counts = new Map<number, number>();
    let below = 0;
    for (let i = 0; i < 600; i++) {
      expect(rows[2 * i]).toBeGreaterThan(50);
      expect(rows[2 * i]).toBeLessThan(1350);
      below += +(rows[2 * i] < 700);
      const at = Math.round(rows[2 * i + 1]);
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    expect(Math.abs(below - 300)).toBeLessThan(75);
    expect(counts.size).toBeGreaterThanOrEqual(9);
    for (const count of counts.values()) expect(count).toBeLessThan(180);
  });

  it('say missing where nothing but missing values reach a leaf', () => {
    const x = [1, 1, 1, 1, NaN, NaN, NaN, NaN];
    const only = fit(
      { columns: numericColumns(x), target: Float64Array.of(0, 0, 0, 0, 9, 9, 9, 9) },
      { trees: 3, minLeafRows: 1, bootstrap: false, outOfBag: false },
    );
    const drawn = only.forest.compile().sample(200);
    const missing = drawn.filter((value) => Number.isNaN(value)).length;
    expect(missing).toBeGreaterThan(50);
    expect(missing).toBeLessThan(150);
  });
});
