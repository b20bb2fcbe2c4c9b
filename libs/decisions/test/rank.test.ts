import { rank } from '../src/rank.js';
import { record, refusalOf, trainedModel } from './market.js';

const positions = [5, 1, 9, 3];

describe('a ranking', () => {
  const trained = trainedModel({ trees: 60 });
  const candidates = positions.map((ad_position) => ({
    id: `p${ad_position}`,
    record: { ...record, ad_position },
    value_per_click: 0.5,
  }));

  it('is by expected value of a thousand impressions, best first', async () => {
    const model = await trained;
    const answer = rank(model, { candidates });
    expect(answer.candidates.map(({ id }) => id)).toEqual(['p1', 'p3', 'p5', 'p9']);
    for (const { id, rank: place, ecpm, predicted_ctr } of answer.candidates) {
      const { record: asked } = candidates.find((candidate) => candidate.id === id)!;
      const ctr = model.predictRow(model.encode(asked));
      expect(ecpm).toBeCloseTo(1000 * 0.5 * ctr, 4);
      expect(predicted_ctr).toBeCloseTo(ctr, 6);
      expect(answer.candidates[place - 1].id).toBe(id);
    }
    expect(answer).toMatchObject({ model_version: 'market', currency: 'USD', level: 0.9 });
    expect(answer.assumptions.length).toBeGreaterThan(0);
  });

  it('lets a dearer click win against a likelier one', async () => {
    const dear = { ...candidates[2], value_per_click: 500 };
    const answer = rank(await trained, { candidates: [candidates[1], dear] });
    expect(answer.candidates[0].id).toBe('p9');
  });

  it('values a click by bid, by value, or by target CPA times conversion rate', async () => {
    const values = [
      { bid_cpc: 0.5 },
      { value_per_click: '0.50' },
      { target_cpa: 25, conversion_rate: 0.02 },
    ];
    const { candidates: ranked } = rank(await trained, {
      candidates: values.map((value) => ({ record, ...value })),
    });
    expect(new Set(ranked.map(({ ecpm }) => ecpm)).size).toBe(1);
    expect(ranked.map(({ max_bid_cpc }) => max_bid_cpc)).toEqual([0.5, 0.5, 0.5]);
    expect(ranked.map(({ max_bid_cpm, ecpm }) => max_bid_cpm === ecpm)).toEqual([true, true, true]);
  });

  it('keeps the order of equals, and gives either an even chance', async () => {
    const same = ['x', 'y', 'z'].map((id) => ({ ...candidates[0], id }));
    const { candidates: ranked } = rank(await trained, { candidates: same });
    expect(ranked.map(({ id }) => id)).toEqual(['x', 'y', 'z']);
    expect(ranked.map(({ chance_above_next }) => chance_above_next)).toEqual([0.5, 0.5, undefined]);
  });

  it('knows the order of far neighbours, and is less sure of near ones', async () => {
    const near = { ...candidates[1], record: { ...record, device_type: 'tablet' } };
    const { candidates: ranked } = rank(await trained, {
      candidates: [candidates[1], near, candidates[2]],
    });
    expect(ranked[0].chance_above_next).toBeLessThan(1);
    expect(ranked[0].chance_above_next).toBeGreaterThan(0.5);
    expect(ranked[1].chance_above_next).toBeGreaterThan(0.999);
  });

  it('is worth winning from the floor on, with the chance that it is', async () => {
    const { candidates: ranked } = rank(await trained, { candidates, floor_ecpm: 10 });
    for (const { ecpm, worth_winning, chance_above_floor, ecpm_interval } of ranked) {
      expect(worth_winning).toBe(ecpm >= 10);
      expect(chance_above_floor! > 0.5).toBe(ecpm > 10);
      expect(ecpm_interval.low).toBeLessThanOrEqual(ecpm);
      expect(ecpm_interval.high).toBeGreaterThanOrEqual(ecpm);
    }
    expect(new Set(ranked.map(({ worth_winning }) => worth_winning))).toEqual(
      new Set([true, false]),
    );
  });

  it('takes a floor of a candidate before that of the request', async () => {
    const own = [{ ...candidates[1], floor_ecpm: 1000 }, candidates[3]];
    const { candidates: ranked } = rank(await trained, { candidates: own, floor_ecpm: 1 });
    expect(ranked.map(({ worth_winning }) => worth_winning)).toEqual([false, true]);
  });

  it('says where it extrapolates', async () => {
    const far = { record: { ...record, budget: 1e9 }, value_per_click: 1 };
    const answer = rank(await trained, { candidates: [far, candidates[0]] });
    expect(answer.candidates[0].extrapolated).toEqual(['budget']);
    expect(answer.candidates[1].extrapolated).toEqual([]);
    expect(answer.assumptions.join()).toContain('outside what the model was trained on');
  });

  it('asks fewer trees about many cells, and says so', async () => {
    const model = await trained;
    const many = Array.from({ length: 1000 }, (_, i) => ({
      record: {
        ...record,
        ad_position: 1 + (i % 10),
        budget: 500 + 40 * i,
        impressions: 900 + 31 * i,
      },
      value_per_click: 1,
    }));
    const said = (list: unknown[]): string => rank(model, { candidates: list }).assumptions.join();
    expect(said(many)).toMatch(/judged by \d+ of the 60 trees/);
    expect(said(many.slice(0, 300))).not.toContain('of the 60 trees');
  });

  it.each([
    [{}, 'candidates', 'candidates is missing, wanted a list of 1 to 1000'],
    [{ candidates: [] }, 'candidates', 'a list of 0'],
    [{ candidates: [5] }, 'candidates[0]', 'candidates[0] is 5, wanted an object'],
    [{ candidates: [{ record }] }, 'candidates[0].bid_cpc', 'exactly one of bid_cpc'],
    [
      { candidates: [{ record, bid_cpc: 1, value_per_click: 2 }] },
      'candidates[0].value_per_click',
      'exactly one of',
    ],
    [
      { candidates: [{ record, target_cpa: 5 }] },
      'candidates[0].conversion_rate',
      'conversion_rate is missing',
    ],
    [
      { candidates: [{ record: { ...record, ad_position: 11 }, bid_cpc: 1 }] },
      'candidates[0].record.ad_position',
      'is 11, wanted a whole number from 1 to 10',
    ],
    [
      { candidates: [{ record: { ...record, colour: 'red' }, bid_cpc: 1 }] },
      'candidates[0].record.colour',
      'is "red", wanted no field but impressions',
    ],
    [
      { candidates: [{ record: { ...record, device_type: 'tv' }, bid_cpc: 1 }] },
      'candidates[0].record.device_type',
      'one of mobile, desktop, tablet',
    ],
    [{ candidates: [{ record, bid_cpc: -1 }] }, 'candidates[0].bid_cpc', 'a decimal number ≥ 0'],
    [
      { candidates: [{ record, bid_cpc: 1 }], level: 1 },
      'level',
      'a number from 0.000001 to 0.999999',
    ],
    [{ candidates: [{ record, bid_cpc: 1 }], colour: 1 }, 'colour', 'no field but candidates'],
  ])('refuses %j', async (request, field, wanted) => {
    const model = await trained;
    const refusal = refusalOf(() => rank(model, request));
    expect(refusal.field).toBe(field);
    expect(refusal.message).toContain(wanted);
  });

  it('refuses more than 1,000 candidates', async () => {
    const model = await trained;
    const many = Array.from({ length: 1001 }, () => candidates[0]);
    expect(refusalOf(() => rank(model, { candidates: many })).code).toBe('LIMIT_EXCEEDED');
  });
});
