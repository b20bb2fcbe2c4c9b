import { countInterval } from '../src/error/distributions.js';
import { forecast } from '../src/forecast.js';
import { record, refusalOf, trainedModel } from './market.js';

describe('the interval of a count', () => {
  it('is the normal one for many', () => {
    const { low, high } = countInterval(1e6, 1e6, 1.96, Infinity);
    expect(low).toBeCloseTo(1e6 - 1960, -1);
    expect(high).toBeCloseTo(1e6 + 1960, -1);
  });

  it('is within 0 and what there is, and leans to the right, for few', () => {
    const { low, high } = countInterval(2, 2, 1.645, 4);
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBe(4);
    const free = countInterval(2, 2, 1.645, 100);
    expect(free.high - 2).toBeGreaterThan(2 - free.low);
  });

  it('is the count itself where nothing is uncertain', () => {
    expect(countInterval(7, 0, 2, 10)).toEqual({ low: 7, high: 7 });
  });
});

describe('a forecast', () => {
  const trained = trainedModel();
  const schedule = [1, 2, 6].map((ad_position) => ({
    id: `p${ad_position}`,
    record: { ...record, ad_position },
    cost: { cpc: 0.333 },
  }));

  it('expects impressions times CTR, and sums lines to the total', async () => {
    const model = await trained;
    const { placements, total } = forecast(model, { schedule });
    placements.forEach(({ expected_clicks, impressions }, i) => {
      const ctr = model.predictRow(model.encode(schedule[i].record));
      expect(impressions).toBe(5000);
      expect(expected_clicks).toBeCloseTo(5000 * ctr, 2);
    });
    const sum = placements.reduce((clicks, line) => clicks + line.expected_clicks, 0);
    expect(total.expected_clicks).toBeCloseTo(sum, 1);
    expect(total.impressions).toBe(15_000);
    expect(total.expected_ctr).toBeCloseTo(sum / 15_000, 5);
    expect(total.variance.click_noise + total.variance.model_error).toBeCloseTo(1, 3);
  });

  it('adds up costs to the cent', async () => {
    const { placements, total } = forecast(await trained, { schedule });
    const cents = placements.reduce((sum, { cost }) => sum + Math.round(100 * cost!.expected), 0);
    expect(Math.round(100 * total.cost!.expected)).toBe(cents);
    placements.forEach(({ cost, expected_clicks }) =>
      expect(cost!.expected).toBeCloseTo(0.333 * expected_clicks, 1),
    );
    expect(total.cost!.low).toBeLessThan(total.cost!.expected);
    expect(total.cost!.high).toBeGreaterThan(total.cost!.expected);
  });

  it('is sure of what impressions cost, whatever their clicks', async () => {
    const bought = schedule.map((line) => ({ ...line, cost: { cpm: 4 } }));
    const { total } = forecast(await trained, { schedule: bought });
    expect(total.cost).toEqual({ expected: 60, low: 60, high: 60 });
    expect(total.cost_per_thousand).toBe(4);
  });

  it('tells no total cost where a line has none', async () => {
    const { total, placements } = forecast(await trained, {
      schedule: [schedule[0], { record }],
    });
    expect(total).not.toHaveProperty('cost');
    expect(placements[0]).toHaveProperty('cost');
    expect(placements[1]).not.toHaveProperty('cost');
  });

  it('is wider for a higher level, and relatively narrower for more impressions', async () => {
    const model = await trained;
    const widthOf = (request: object, impressions: number): number => {
      const line = { record, impressions };
      const { clicks } = forecast(model, { schedule: [line], ...request }).total;
      return (clicks.high - clicks.low) / impressions;
    };
    expect(widthOf({ level: 0.99 }, 5000)).toBeGreaterThan(widthOf({ level: 0.8 }, 5000));
    expect(widthOf({}, 500)).toBeGreaterThan(widthOf({}, 50_000));
  });

  it('counts error that lines share: twice the same line is less sure than two draws', async () => {
    const model = await trained;
    const big = { record, impressions: 1_000_000 };
    const widthOf = (lines: object[]): number => {
      const { clicks } = forecast(model, { schedule: lines }).total;
      return clicks.high - clicks.low;
    };
    expect(widthOf([big, big])).toBeGreaterThan(1.9 * widthOf([big]));
  });

  it.each([
    [{ schedule: [{ record, impressions: 0 }] }, 'schedule[0].impressions'],
    [{ schedule: [{ record, cost: {} }] }, 'schedule[0].cost'],
    [{ schedule: [{ record, cost: { cpc: 1, cpm: 1 } }] }, 'schedule[0].cost'],
    [{ schedule: [{ record, cost: { cpc: 'dear' } }] }, 'schedule[0].cost.cpc'],
    [{ schedule: [{ record, id: '' }] }, 'schedule[0].id'],
    [{ schedule: [{ record: null }] }, 'schedule[0].record'],
    [{ schedule: {} }, 'schedule'],
    ['everything', 'request'],
  ])('refuses %j', async (request, field) => {
    const model = await trained;
    expect(refusalOf(() => forecast(model, request)).field).toBe(field);
  });
});
