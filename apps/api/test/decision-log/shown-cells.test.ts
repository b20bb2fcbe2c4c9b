import { ShownCells, mostOfEntry } from '../../src/decision-log/shown-cells.js';

const cellOf = (i: number) => JSON.stringify({ impressions: i, device_type: 'mobile' });

it('keeps all cells of impressions where they are few', () => {
  const shown = new ShownCells(100);
  for (let i = 0; i < 100; i++) shown.add(cellOf(i), i);
  expect(shown.cells).toHaveLength(99);
  expect(shown.cells[0]).toEqual({ cell: cellOf(1), impressions: 1 });
});

it('keeps a sample of many, wherever they lie', () => {
  const shown = new ShownCells(1000);
  for (let i = 0; i < 100_000; i++) shown.add(cellOf(i), 1);
  const places = shown.cells.map(
    ({ cell }) => (JSON.parse(cell) as { impressions: number }).impressions,
  );
  expect(places.length).toBeGreaterThan(400);
  expect(places.length).toBeLessThanOrEqual(1000);
  const mean = places.reduce((sum, place) => sum + place, 0) / places.length;
  // Five standard errors of a mean of 400 places.
  expect(Math.abs(mean - 50_000)).toBeLessThan((5 * 100_000) / Math.sqrt(12 * 400));
});

it('gives each of many entries some', () => {
  expect(mostOfEntry(0)).toBe(50_000);
  expect(mostOfEntry(10)).toBe(5000);
  expect(mostOfEntry(10_000)).toBe(20);
});
