import { fit } from '@adscale/forest';
import { evaluate, fitInput, predictTable } from '../src/index.js';
import { placements } from './data.js';

describe('an evaluation', () => {
  const table = placements(400);
  const { forest } = fit(fitInput(table), { trees: 20 });

  it('of a good model is near perfect on both truths', () => {
    const evaluation = evaluate(forest, placements(200, 2));
    expect(evaluation.true!.r2).toBeGreaterThan(0.98);
    expect(evaluation.observed.r2).toBeGreaterThan(0.98);
    expect(evaluation.calibration_ratio).toBeCloseTo(1, 1);
    expect(evaluation.normalised_entropy).toBeLessThan(1);
    expect(evaluation.noise_ceiling).toBeGreaterThan(evaluation.observed.r2);
  });

  it('counts by rows and by impressions, after the clamp', () => {
    const predicted = predictTable(forest, table);
    const errors = predicted.map((p, i) => Math.abs(p - table.clicks[i] / table.impressions[i]));
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
    const { observed, impressions, clicks, rows } = evaluate(forest, table);
    expect(rows).toBe(400);
    expect([impressions, clicks]).toEqual([sum(table.impressions), sum(table.clicks)]);
    expect(observed.mae).toBeCloseTo(sum(errors) / 400, 12);
    const weighted = sum(errors.map((error, i) => error * table.impressions[i]));
    expect(observed.weighted_mae).toBeCloseTo(weighted / impressions, 12);
  });

  it('is off by what the model is off: halved clicks double the calibration ratio', () => {
    const half = { ...table, clicks: table.clicks.map((clicks) => clicks / 2) };
    const ratio =
      evaluate(forest, half).calibration_ratio / evaluate(forest, table).calibration_ratio;
    expect(ratio).toBeCloseTo(2, 9);
  });

  it('says nothing of a truth it does not know', () => {
    const { trueCtr, ...unknown } = table;
    expect(trueCtr).toBeDefined();
    const evaluation = evaluate(forest, unknown);
    expect(evaluation).not.toHaveProperty('true');
    expect(evaluation).not.toHaveProperty('noise_ceiling');
  });
});
