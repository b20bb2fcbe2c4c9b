import fc from 'fast-check';
import {
  allocate,
  compare,
  curve,
  DecisionError,
  forecast,
  opportunities,
  rank,
  solveHere,
} from '../src/index.js';
import { record, refusalOf, trainedModel } from './market.js';

const trained = trainedModel({ rows: 400, trees: 10 });

const probability = fc.constantFrom(5e-324, 1e-300, 1e-17, 1e-6, 0.05, 0.5, 0.999999, 1 - 2 ** -53);
const price = fc.constantFrom(0.000001, 1, 3.5, 999999999.999999, '1000000000');
const amount = fc.constantFrom(0.01, 100.5, 1e6, 999999999999.99, '1000000000000');
const count = fc.constantFrom(1, 2, 1000, 1e9, 1e12);
const currency = fc.constantFrom('USD', 'JPY', 'KWD');
const cost = fc.oneof(fc.record({ cpc: price }), fc.record({ cpm: price }));
const placement = fc.record({
  impressions: count,
  ad_position: fc.integer({ min: 1, max: 10 }),
  device_type: fc.constantFrom('mobile', 'desktop', 'tablet'),
  budget: fc.constantFrom(5e-324, 1e-300, 0.01, 2500, 1e12),
});
const some = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] });
const few = <T>(entry: fc.Arbitrary<T>) => fc.array(entry, { minLength: 1, maxLength: 3 });
const both = <A extends object, B extends object>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>) =>
  fc.tuple(a, b).map(([one, other]) => ({ ...one, ...other }));

const click = fc.oneof(
  fc.record({ bid_cpc: price }),
  fc.record({ target_cpa: price, conversion_rate: fc.constantFrom(5e-324, 1e-300, 0.1, 1) }),
);
const cell = both(
  fc.record({
    record: fc.record({ ad_position: fc.integer({ min: 1, max: 10 }) }).map((one) => ({
      ...one,
      device_type: 'mobile',
    })),
    cost,
    value_per_click: price,
  }),
  some({ floor: amount, cap: amount, max_impressions: count }),
);
const candidate = both(both(fc.record({ record: placement }), click), some({ floor_ecpm: price }));
const planned = both(fc.record({ record: placement }), some({ impressions: count, cost }));

/** Requests whose every number is finite, and many of them far from any that a campaign has. */
const requests = {
  rank: both(
    fc.record({ candidates: few(candidate) }),
    some({ floor_ecpm: price, level: probability, currency }),
  ),
  forecast: both(fc.record({ schedule: few(planned) }), some({ level: probability, currency })),
  compare: both(
    fc.record({ a: placement, b: placement }),
    some({ level: probability, significance: probability, power: probability }),
  ),
  allocate: both(
    fc.record({ budget: amount, cells: few(cell), objective: fc.constant('value') }),
    some({ campaign_budget: amount, level: probability, currency }),
  ),
  opportunities: both(
    fc.record({ placements: few(fc.record({ record: placement })) }),
    some({ floor_ctr: probability, certainty: probability, level: probability }),
  ),
  curve: both(
    fc.record({ record: placement, from: amount, to: amount }),
    some({
      over: fc.constantFrom('impressions', 'budget', 'spend'),
      cost: fc.record({ cpm: price }),
      level: probability,
      currency,
    }),
  ),
};
const decisions = { allocate, compare, curve, forecast, opportunities, rank };
const names = Object.keys(decisions) as (keyof typeof decisions)[];

/** Numbers of an answer that JSON would turn into null, and texts that tell one. */
function lost(value: unknown, path = 'answer'): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path} is ${value}`];
  if (typeof value === 'string') return /NaN|Infinity|undefined/.test(value) ? [path] : [];
  return Object.entries(value ?? {}).flatMap(([name, part]) => lost(part, `${path}.${name}`));
}

it.each(names)(
  '%s answers every finite request with finite numbers, or refuses it',
  async (name) => {
    const model = await trained;
    const asked: fc.Arbitrary<object> = requests[name];
    await fc.assert(
      fc.asyncProperty(asked, async (request) => {
        const answer = await (async () =>
          decisions[name](model, request, { solve: solveHere }))().catch((error: unknown) => {
          if (error instanceof DecisionError && error.code !== 'SOLVER_FAILED') return {};
          throw error;
        });
        expect(lost(answer)).toEqual([]);
      }),
      { numRuns: 150, seed: 14 },
    );
  },
);

it.each(['level', 'significance', 'power'])(
  'a %s so near to 0 or 1 that no quantile is known is refused by name',
  async (field) => {
    const model = await trained;
    for (const value of [5e-324, 9e-7, 1 - 9e-7, 1 - 2 ** -53]) {
      const request = { a: record, b: { ...record, ad_position: 9 }, [field]: value };
      expect(refusalOf(() => compare(model, request))).toMatchObject({
        code: 'REQUEST_INVALID',
        field,
        message: expect.stringContaining('wanted a number from 0.000001 to 0.999999'),
      });
    }
  },
);

test('an allocation that HiGHS cannot tell for its numbers is the best one known, with its gap', async () => {
  const cells = [1, 5].map((ad_position) => ({
    record: { ad_position, device_type: 'mobile' },
    cost: { cpm: 5 },
  }));
  for (const status of ['Unknown', 'Infeasible', 'Time limit reached']) {
    const solve = async () => ({ status, objective: NaN, values: {} });
    const answer = await allocate(await trained, { budget: 100, cells }, { solve });
    const simple = await allocate(await trained, { budget: 100, cells, method: 'lagrangian' });
    expect(answer).toEqual({ ...simple, method: 'exact' });
  }
});
