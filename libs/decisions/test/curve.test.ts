import { curve } from '../src/curve.js';
import { record, refusalOf, trainedModel } from './market.js';

describe('a curve', () => {
  const trained = trainedModel({ rows: 1000, trees: 25 });

  it('shows the CTR of every number of impressions, step by step without gaps', async () => {
    const model = await trained;
    const { steps } = curve(model, { record, over: 'impressions', from: 1000, to: 30_000 });
    expect(steps[0].from).toBe(1000);
    expect(steps.at(-1)!.to).toBe(30_000);
    steps.forEach(({ from, to, predicted_ctr, expected_clicks, marginal_clicks }, i) => {
      if (i > 0) expect(from).toBe(steps[i - 1].to + 1);
      for (const impressions of [from, to]) {
        const ctr = model.predictRow(model.encode({ ...record, impressions }));
        expect(predicted_ctr).toBeCloseTo(ctr, 6);
      }
      expect(expected_clicks.high).toBeCloseTo(to * predicted_ctr, 1);
      if (to > from) expect(marginal_clicks).toBeCloseTo(1000 * predicted_ctr, 1);
    });
  });

  it('tells jumps between steps: clicks do not move on their own', async () => {
    const { steps } = curve(await trained, { record, over: 'impressions', from: 5000, to: 9000 });
    expect(steps[0]).not.toHaveProperty('jump');
    steps.slice(1).forEach(({ jump, from, predicted_ctr }, i) => {
      expect(jump).toBeCloseTo((predicted_ctr - steps[i].predicted_ctr) * from, 0);
    });
  });

  it('over spend buys impressions, over budget keeps them', async () => {
    const model = await trained;
    const bought = curve(model, { record, over: 'spend', from: 8, to: 60, cost: { cpm: 4 } });
    expect(bought.steps[0].impressions.low).toBe(2000);
    expect(bought.steps.at(-1)!.impressions.high).toBe(15_000);
    const planned = curve(model, { record, over: 'budget', from: 500, to: 9000 });
    for (const { impressions, marginal_clicks } of planned.steps) {
      expect(impressions).toEqual({ low: 5000, high: 5000 });
      expect(marginal_clicks).toBe(0);
    }
    const both = { record, over: 'spend', from: 50, to: 3000, cost: { cpm: 40 } };
    const moved = curve(model, { ...both, budget_feature: 'placement' });
    expect(moved.steps).not.toEqual(curve(model, both).steps);
  });

  it('says which steps leave the training data', async () => {
    const { steps } = curve(await trained, { record, over: 'impressions', from: 1, to: 1e9 });
    expect(steps[0].extrapolated).toEqual(['impressions']);
    expect(steps.at(-1)!.extrapolated).toEqual(['impressions']);
    const usual = steps.find(({ from, to }) => from <= 5000 && to >= 5000)!;
    expect(usual.extrapolated).toEqual([]);
  });

  it.each([
    [{ record, over: 'time', from: 1, to: 2 }, 'over'],
    [{ record, over: 'impressions', from: 9, to: 8 }, 'to'],
    [{ record, over: 'impressions', from: 0.5, to: 8 }, 'from'],
    [{ record, over: 'budget', from: 0, to: 8 }, 'from'],
    [{ record, over: 'budget', from: 9, to: 8 }, 'to'],
    [{ record, over: 'budget', from: 1, to: 8, cost: { cpm: 1 } }, 'cost'],
    [{ record, over: 'spend', from: 1, to: 8 }, 'cost'],
    [{ record, over: 'spend', from: 1, to: 8, cost: { cpc: 1 } }, 'cost.cpc'],
  ])('refuses %j', async (request, field) => {
    const model = await trained;
    expect(refusalOf(() => curve(model, request)).field).toBe(field);
  });
});
