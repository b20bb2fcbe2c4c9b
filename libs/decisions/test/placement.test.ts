import { CtrModel, trainCtr } from '@adscale/ctr';
import { columnsFromRecords } from '@adscale/forest';
import { curve } from '../src/curve.js';
import { forecast } from '../src/forecast.js';
import { PlacementReader } from '../src/placement.js';
import { refusalOf } from './market.js';

const schema = {
  features: [
    { name: 'impressions', kind: 'integer', minimum: 1 },
    { name: 'budget', kind: 'numeric', exclusiveMinimum: 0 },
    { name: 'slot', kind: 'categorical', categories: ['a', 'b, c', 'd'] },
  ],
} as const;

/** A model whose impressions and slot were missing in some training rows. */
async function patchyModel(): Promise<CtrModel> {
  const places = Array.from({ length: 300 }, (_, i) => i);
  const records = places.map((i) => ({
    budget: 5 + (i % 40),
    ...(i % 9 > 0 && { impressions: 100 + i }),
    ...(i % 5 > 0 && { slot: ['a', 'b, c', 'd'][i % 3] }),
  }));
  const table = {
    features: columnsFromRecords(schema, records),
    impressions: new Float64Array(300).fill(1000),
    clicks: Float64Array.from(places, (i) => 10 + (i % 3) + (i % 40)),
  };
  const { bytes, card } = await trainCtr(table, { fit: { trees: 5 }, threads: 1 });
  return CtrModel.load(bytes, card);
}

describe('a record of a decision', () => {
  const trained = patchyModel();

  it('may lack, or have null for, what training rows lacked too', async () => {
    const reader = new PlacementReader(await trained);
    const row = Float64Array.of(500, 20, NaN);
    expect(reader.read({ impressions: 500, budget: 20 }, 'record')).toEqual(row);
    expect(reader.read({ impressions: 500, budget: 20, slot: null }, 'record')).toEqual(row);
    expect(reader.recordOf(row)).toEqual({ impressions: 500, budget: 20 });
    expect(reader.readValue(2, null, 'vary.slot[0]')).toBeNaN();
  });

  it.each([
    [7, 'record', 'record is 7, wanted an object of impressions, budget, slot'],
    [{}, 'record.budget', 'record.budget is missing, wanted a number greater than 0'],
    [{ budget: null }, 'record.budget', 'record.budget is null, wanted a number greater than 0'],
    [{ budget: [1, 2] }, 'record.budget', 'record.budget is a list of 2, wanted a number'],
    [
      { budget: 1, impressions: 0.5 },
      'record.impressions',
      'record.impressions is 0.5, wanted a whole number at least 1, or absent',
    ],
    [
      { budget: 1, slot: 'b' },
      'record.slot',
      'record.slot is "b", wanted one of "a", "b, c", "d", or absent',
    ],
    [
      { budget: 1, ['x'.repeat(99)]: 'y'.repeat(99) },
      `record.${'x'.repeat(64)}…`,
      `is "${'y'.repeat(64)}…", wanted no field but impressions, budget, slot`,
    ],
  ])('is refused in words, %j', async (record, field, message) => {
    const reader = new PlacementReader(await trained);
    const refusal = refusalOf(() => reader.read(record, 'record'));
    expect(refusal).toMatchObject({ code: 'REQUEST_INVALID', field });
    expect(refusal.message).toContain(message);
  });

  it('must have the impressions that a decision counts by', async () => {
    const model = await trained;
    const record = { budget: 20, slot: 'a' };
    for (const ask of [
      () => forecast(model, { schedule: [{ record }] }),
      () => curve(model, { record, over: 'budget', from: 1, to: 9 }),
    ]) {
      expect(refusalOf(ask).message).toMatch(
        /record\.impressions is missing, wanted a number at least 1$/,
      );
    }
    expect(forecast(model, { schedule: [{ record, impressions: 5 }] }).total.impressions).toBe(5);
  });
});
