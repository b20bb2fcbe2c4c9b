import type { CtrModel } from '@adscale/ctr';
import fc from 'fast-check';
import { allocate as allocateWith } from '../../src/allocate/allocate.js';
import { solveHere, type Solve } from '../../src/allocate/solver.js';
import { trainedModel } from '../market.js';

/**
 * The thread of the default is only there as built; the accuracy proof and the service use it. The
 * solver has all the time it needs: how far it comes in less is the machine's affair.
 */
const patiently: Solve = (program, _seconds, gap) => solveHere(program, Infinity, gap);
const allocate = (model: CtrModel, request: unknown) =>
  allocateWith(model, request, { solve: patiently });

const devices = ['mobile', 'desktop', 'tablet'];
const cents = (amount: number): number => Math.round(100 * amount);

/** Six cells, two positions on every device. */
const sixCells = devices.flatMap((device_type) =>
  [1, 4].map((ad_position) => ({
    id: `${device_type} ${ad_position}`,
    record: { device_type, ad_position },
    cost: { cpm: ad_position === 1 ? 9.5 : 3.25 },
  })),
);

async function refusalOf(run: Promise<unknown>): Promise<{ code: string; message: string }> {
  return run.then(
    () => ({ code: 'none', message: '' }),
    (error: { code: string; message: string }) => error,
  );
}

describe('an allocation', () => {
  const trained = trainedModel({ rows: 1000, trees: 25 });

  it('sums to what it spends, and its clicks are those of its impressions', async () => {
    const model = await trained;
    const answer = await allocate(model, { budget: 777.77, cells: sixCells });
    const { allocations, total } = answer;
    const spent = allocations.reduce((sum, { spend }) => sum + cents(spend), 0);
    expect(spent).toBe(cents(total.spent));
    expect(cents(total.spent) + cents(total.unspent)).toBe(77_777);
    allocations.forEach(({ spend, impressions, predicted_ctr, expected_clicks }, i) => {
      const { record, cost } = sixCells[i];
      expect(impressions).toBe(Math.floor((1000 * spend) / cost.cpm));
      const asked = { ...record, impressions: Math.max(1, impressions), budget: 777.77 };
      expect(predicted_ctr).toBeCloseTo(model.predictRow(model.encode(asked)), 6);
      expect(expected_clicks).toBeCloseTo(((1000 * spend) / cost.cpm) * predicted_ctr, 0);
    });
    const clicks = allocations.reduce((sum, cell) => sum + cell.expected_clicks, 0);
    expect(total.expected_clicks).toBeCloseTo(clicks, 1);
    expect(total.clicks.low).toBeLessThan(total.expected_clicks);
    expect(total.clicks.high).toBeGreaterThan(total.expected_clicks);
  });

  it('is never worse than simpler splits, keeps to its limits, and is the best there is', async () => {
    const model = await trained;
    const cell = fc.record({
      device: fc.constantFrom(...devices),
      ad_position: fc.integer({ min: 1, max: 10 }),
      price: fc.integer({ min: 50, max: 1500 }),
      perClick: fc.boolean(),
      floor: fc.integer({ min: 0, max: 2000 }),
      room: fc.integer({ min: 0, max: 20_000 }),
    });
    const problem = fc.record({
      cells: fc.array(cell, { minLength: 1, maxLength: 6 }),
      more: fc.integer({ min: 1, max: 50_000 }),
      budget_feature: fc.constantFrom('campaign', 'placement'),
    });
    await fc.assert(
      fc.asyncProperty(problem, async ({ cells, more, budget_feature }) => {
        const limits = cells.map(({ floor, room }) => ({ floor, cap: floor + room }));
        const budget = limits.reduce((sum, { floor }) => sum + floor, 0) + more;
        const request = {
          budget: budget / 100,
          campaign_budget: 4000,
          budget_feature,
          cells: cells.map(({ device, ad_position, price, perClick }, i) => ({
            record: { device_type: device, ad_position },
            cost: perClick ? { cpc: price / 1000 } : { cpm: price / 100 },
            floor: limits[i].floor / 100,
            cap: limits[i].cap / 100,
          })),
        };
        const exact = await allocate(model, request);
        const relaxed = await allocate(model, { ...request, method: 'lagrangian' });
        for (const { allocations, total, compared_with } of [exact, relaxed]) {
          let spent = 0;
          allocations.forEach(({ spend }, i) => {
            expect(cents(spend)).toBeGreaterThanOrEqual(limits[i].floor);
            expect(cents(spend)).toBeLessThanOrEqual(limits[i].cap);
            spent += cents(spend);
          });
          expect(spent).toBe(cents(total.spent));
          expect(spent).toBeLessThanOrEqual(budget);
          for (const { expected } of Object.values(compared_with)) {
            expect(total.expected_clicks).toBeGreaterThanOrEqual(expected - 0.01);
          }
        }
        // What the relaxed method lacks is at most what it says it may lack.
        const { optimality_gap, total } = relaxed;
        const most = (total.expected_clicks + 0.01) / (1 - optimality_gap);
        expect(exact.total.expected_clicks).toBeLessThanOrEqual(most * (1 + 2e-5) + 0.01);
        expect(exact.optimality_gap).toBeLessThanOrEqual(optimality_gap + 1e-9);
      }),
      { numRuns: 40 },
    );
  });

  it('gets no fewer clicks for more money', async () => {
    const model = await trained;
    let before = 0;
    for (let budget = 50; budget <= 1500; budget += 72.5) {
      const request = { budget, campaign_budget: 5000, cells: sixCells };
      const { total } = await allocate(model, request);
      expect(total.expected_clicks).toBeGreaterThanOrEqual(before * (1 - 1e-5));
      before = total.expected_clicks;
    }
  });

  it('names the limits that bind', async () => {
    const limited = sixCells.map((cell, i) => ({
      ...cell,
      cap: i === 0 ? 10 : 400,
      ...(i === 1 && { floor: 12.34 }),
      ...(i === 2 && { max_impressions: 2000 }),
    }));
    const { allocations, binding } = await allocate(await trained, {
      budget: 1800,
      campaign_budget: 4000,
      cells: limited,
    });
    expect(allocations[0]).toMatchObject({ spend: 10, at_limit: 'cap' });
    expect(allocations[1].spend).toBeGreaterThanOrEqual(12.34);
    expect(allocations[2]).toMatchObject({ spend: 19, impressions: 2000, at_limit: 'inventory' });
    expect(binding.caps).toContain('mobile 1');
    expect(binding.inventories).toEqual(['desktop 1']);
  });

  it('gives a floor to a cell that is worth none, and no more', async () => {
    const poor = { ...sixCells[1], cost: { cpm: 900 }, floor: 7.5 };
    const answer = await allocate(await trained, { budget: 100, cells: [sixCells[0], poor] });
    expect(answer.allocations[1]).toMatchObject({ spend: 7.5, at_limit: 'floor' });
    expect(answer.binding).toMatchObject({ budget: true, floors: ['mobile 4'] });
  });

  it('prices one more unit of budget, at nothing where money is left', async () => {
    const model = await trained;
    const scarce = await allocate(model, { budget: 100, campaign_budget: 4000, cells: sixCells });
    expect(scarce.shadow_price).toBeGreaterThan(0);
    const capped = sixCells.map((cell) => ({ ...cell, cap: 5 }));
    const ample = await allocate(model, { budget: 100, cells: capped });
    expect(ample.shadow_price).toBe(0);
    expect(ample.total).toMatchObject({ spent: 30, unspent: 70 });
    expect(ample.total.unspent_because).toBe(
      'every cell is at its cap or inventory; they take 30.00 USD together',
    );
  });

  it('buys clicks at their price, as many as the inventory has', async () => {
    const model = await trained;
    const cells = [
      { id: 'clicks', record: sixCells[0].record, cost: { cpc: 0.2 }, max_impressions: 10_000 },
    ];
    const { allocations, total } = await allocate(model, { budget: 500, cells });
    const [{ spend, impressions, expected_clicks, predicted_ctr, at_limit }] = allocations;
    expect(at_limit).toBe('inventory');
    expect(impressions).toBeLessThanOrEqual(10_000);
    expect(expected_clicks).toBeCloseTo(spend / 0.2, 2);
    expect(expected_clicks).toBeLessThanOrEqual(10_000 * predicted_ctr + 0.01);
    expect(total.clicks).toEqual({ low: expected_clicks, high: expected_clicks });
  });

  it('maximises value where clicks differ in it', async () => {
    const model = await trained;
    const valued = sixCells.map((cell, i) => ({ ...cell, value_per_click: i === 5 ? 50 : 0.1 }));
    const answer = await allocate(model, { budget: 50, objective: 'value', cells: valued });
    expect(answer.allocations[5].spend).toBeGreaterThan(40);
    expect(answer.total.expected_value).toBeGreaterThan(
      50 * answer.allocations[5].expected_clicks - 1,
    );
  });

  it('takes thousands of cells by the relaxed method', async () => {
    const many = Array.from({ length: 400 }, (_, i) => ({
      record: { device_type: devices[i % 3], ad_position: 1 + (i % 10) },
      cost: { cpm: 1 + (i % 17) / 4 },
      cap: 20 + (i % 7),
    }));
    const answer = await allocate(await trained, { budget: 3000, cells: many });
    expect(answer.method).toBe('lagrangian');
    expect(answer.optimality_gap).toBeLessThan(0.001);
    const exact = await refusalOf(
      allocate(await trained, { budget: 3000, cells: many, method: 'exact' }),
    );
    expect(exact.code).toBe('LIMIT_EXCEEDED');
  });

  it.each([
    [
      { budget: 10, cells: sixCells.map((cell) => ({ ...cell, floor: 2 })) },
      'INFEASIBLE',
      'the floors sum to 12.00 USD, which is 2.00 USD more than the budget of 10.00 USD',
    ],
    [
      { budget: 10, cells: [{ ...sixCells[0], floor: 5, cap: 4 }] },
      'INFEASIBLE',
      'cells[0].floor is 5.00 USD, above its cap of 4.00 USD',
    ],
    [
      { budget: 10, cells: [{ ...sixCells[0], floor: 5, max_impressions: 100 }] },
      'INFEASIBLE',
      'cells[0].floor is 5.00 USD, but its max_impressions cost only 0.95 USD',
    ],
    [{ budget: 0, cells: sixCells }, 'REQUEST_INVALID', 'budget is 0, wanted an amount above 0'],
    [{ budget: 10.001, cells: sixCells }, 'AMOUNT_INVALID', 'at most 2 decimals in USD'],
    [
      { budget: 10, cells: [{ ...sixCells[0], record: { impressions: 5 } }] },
      'REQUEST_INVALID',
      'cells[0].record.impressions is 5, wanted none: it follows from the money',
    ],
    [
      { budget: 10, cells: [{ ...sixCells[0], value_per_click: 1 }] },
      'REQUEST_INVALID',
      'say objective value',
    ],
  ])('refuses %j in words', async (request, code, words) => {
    const refusal = await refusalOf(allocate(await trained, request));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toContain(words);
  });
});
