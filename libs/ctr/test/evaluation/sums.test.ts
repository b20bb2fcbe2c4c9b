import { Random } from '@adscale/forest';
import { resample } from '../../src/evaluation/bootstrap.js';
import { compareNe, takeTable } from '../../src/index.js';
import { differencesOfNe } from '../../src/evaluation/comparison.js';
import { observedRows, withPredictions } from '../../src/evaluation/judged-rows.js';
import { metricsOf } from '../../src/evaluation/metrics.js';
import { MetricUnits } from '../../src/evaluation/sums.js';
import { placements } from '../data.js';

const table = placements(60, 4);
const random = new Random(8, 0);
const predicted = table.trueCtr.map((ctr) => ctr * (0.7 + random.below(1000) / 1500));
const rows = withPredictions(observedRows(table), predicted);
/** Every row a unit. */
const unitsOf = (length: number) => ({
  level: 0.95,
  units: length,
  unitOf: Uint32Array.from({ length }, (_, row) => row),
  draws: [],
});
const byRow = unitsOf(60);

describe('sums by unit', () => {
  it('give a replicate the metrics of a table with as many copies of its rows', () => {
    const draws = Float64Array.from({ length: 60 }, () => random.below(4));
    const copies = Array.from(draws).flatMap((times, row) => new Array<number>(times).fill(row));
    const copied = takeTable(table, copies);
    const judged = withPredictions(
      observedRows(copied),
      Float64Array.from(copies, (row) => predicted[row]),
    );
    const wanted = metricsOf(new MetricUnits(judged, unitsOf(copies.length)).total());
    const told = metricsOf(new MetricUnits(rows, byRow).total(draws));
    expect(Object.keys(told)).toEqual(Object.keys(wanted));
    for (const [name, value] of Object.entries(wanted)) expect(told[name]).toBeCloseTo(value, 9);
  });

  it('are the same however rows are put together', () => {
    const one = { ...byRow, units: 1, unitOf: new Uint32Array(60) };
    const wanted = metricsOf(new MetricUnits(rows, byRow).total());
    const told = metricsOf(new MetricUnits(rows, one).total());
    for (const [name, value] of Object.entries(wanted)) expect(told[name]).toBeCloseTo(value, 9);
  });

  it('need no weights where every row has one impression', () => {
    const log = { observed: rows.observed.map((y, i) => +(y > 0.04 && i % 3 > 0)), predicted };
    const bare = metricsOf(new MetricUnits(log, byRow).total());
    const weight = new Float64Array(60).fill(1);
    expect(bare).toEqual(metricsOf(new MetricUnits({ ...log, weight }, byRow).total()));
    expect(bare['observed.weighted_r2']).toBe(bare['observed.r2']);
  });
});

describe('one prediction beside several', () => {
  it('is compared with each as with it alone', () => {
    const others = [0.7, 1.1].map((times) => table.trueCtr.map((ctr) => times * ctr));
    const observed = observedRows(table);
    const together = differencesOfNe(observed, predicted, others, resample(observed));
    expect(together).toEqual(others.map((other) => compareNe(predicted, other, table)));
    const [{ difference, interval }] = together;
    expect(interval![0]).toBeLessThan(difference);
    expect(interval![1]).toBeGreaterThan(difference);
  });
});
