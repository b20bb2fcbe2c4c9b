import type { CtrModel } from '@adscale/ctr';
import { readAllocation } from '../../src/allocate/request.js';
import { choicesOf, type Choice } from '../../src/allocate/choices.js';
import { trainedModel } from '../market.js';

const CPC = 0.25;
const placement = { ad_position: 2, device_type: 'mobile' };

async function choice(model: CtrModel, more: object, request: object = {}): Promise<Choice> {
  const cells = [{ record: placement, cost: { cpc: CPC }, ...more }];
  const problem = readAllocation(model, { budget: 900, campaign_budget: 3000, cells, ...request });
  const [only] = await choicesOf(problem);
  return only;
}

describe('a cell paid by the click', () => {
  const trained = trainedModel({ rows: 800, trees: 15 });

  /** The first whole number of impressions that expects so many clicks, counted up one by one. */
  function byTrial(model: CtrModel, clicks: number, budget: number): number {
    for (let impressions = 1; ; impressions++) {
      const ctr = model.predictRow(model.encode({ ...placement, impressions, budget }));
      if (impressions * ctr >= clicks) return impressions;
    }
  }

  it.each(['campaign', 'placement'])(
    'needs the fewest impressions that expect the clicks of its money, budget of the %s',
    async (budget_feature) => {
      const model = await trained;
      const cell = await choice(model, {}, { budget_feature });
      for (const spend of [100, 5000, 23_450, 60_000]) {
        const budget = budget_feature === 'campaign' ? 3000 : spend / 100;
        const wanted = byTrial(model, spend / 100 / CPC, budget);
        expect(Math.abs(cell.impressionsAt(spend) - wanted)).toBeLessThanOrEqual(1);
      }
      expect(cell.impressionsAt(0)).toBe(0);
    },
  );

  it('takes what the clicks of its inventory cost, and is one straight line', async () => {
    const model = await trained;
    const cell = await choice(model, { max_impressions: 4000 });
    let clicks = 0;
    for (let impressions = 1; impressions <= 4000; impressions++) {
      const row = model.encode({ ...placement, impressions, budget: 3000 });
      clicks = Math.max(clicks, impressions * model.predictRow(row));
    }
    expect(cell.most).toBe(Math.floor(100 * CPC * clicks));
    expect(cell.end).toBe('inventory');
    expect(cell.segments).toEqual([{ from: 0, to: cell.most, rate: 1 / (100 * CPC) }]);
    expect(cell.impressionsAt(cell.most)).toBeLessThanOrEqual(4000);
  });
});
