import { CtrModel, trainCtr } from '../../src/index.js';
import { placements } from '../data.js';

const record = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 };

describe('what a model remembers of its training rows', () => {
  const table = placements(2000);
  const trained = trainCtr(table, { fit: { trees: 30 }, heldOutShare: 0.0005, threads: 1 });
  const names = ['impressions', 'ad_position', 'device_type', 'budget'];
  const modelOf = async (): Promise<CtrModel> => {
    const { bytes, card } = await trained;
    return CtrModel.load(bytes, card);
  };

  /** Impressions of the rows with these values. */
  function counted(values: Record<string, number>): number {
    let sum = 0;
    table.impressions.forEach((count, row) => {
      const isThere = Object.entries(values).every(
        ([name, value]) => table.features.values[names.indexOf(name)][row] === value,
      );
      if (isThere) sum += count;
    });
    return sum;
  }

  it('is all of it where nothing is given', async () => {
    const model = await modelOf();
    const all = table.impressions.reduce((sum, count) => sum + count, 0);
    expect(model.support(model.encode(record), []) / all).toBeCloseTo(1, 1);
  });

  it('is about the impressions that lay in a cell', async () => {
    const model = await modelOf();
    for (const [place, device_type] of ['mobile', 'desktop', 'tablet'].entries()) {
      for (const ad_position of [1, 4, 10]) {
        const row = model.encode({ ...record, device_type, ad_position });
        const given = ['ad_position', 'device_type'].map((name) => names.indexOf(name));
        const share = model.support(row, given) / counted({ ad_position, device_type: place });
        expect(share).toBeGreaterThan(0.7);
        expect(share).toBeLessThan(1.4);
      }
    }
  });

  it('adds up over the values of a feature', async () => {
    const model = await modelOf();
    const at = (ad_position: number): number =>
      model.support(model.encode({ ...record, ad_position }), [1]);
    const sum = Array.from({ length: 10 }, (_, i) => at(i + 1)).reduce((a, b) => a + b, 0);
    expect(sum / model.support(model.encode(record), [])).toBeCloseTo(1, 9);
  });
});

describe('a row outside the training data', () => {
  const trained = trainCtr(placements(500), { fit: { trees: 5 }, threads: 1 });

  it('is told by the features in which it is', async () => {
    const { bytes, card } = await trained;
    const model = CtrModel.load(bytes, card);
    const outside = (change: object): readonly string[] =>
      model.extrapolated(model.encode({ ...record, ...change }));
    expect(outside({})).toEqual([]);
    expect(outside({ impressions: 1 })).toEqual(['impressions']);
    expect(outside({ impressions: 1, budget: 1e9 })).toEqual(['impressions', 'budget']);
    expect(outside({ device_type: null })).toEqual(['device_type']);
    expect(CtrModel.load(bytes).extrapolated(model.encode({ budget: 1e9 }))).toEqual([]);
  });

  it('is told by a category that was never there', async () => {
    const { bytes, card } = await trained;
    const { ranges } = card.training;
    const without = {
      ...ranges,
      device_type: { categories: { mobile: 9, desktop: 9, tablet: 0 }, missing: 0 },
    };
    const model = CtrModel.load(bytes, {
      ...card,
      training: { ...card.training, ranges: without },
    });
    expect(model.extrapolated(model.encode({ ...record, device_type: 'tablet' }))).toEqual([
      'device_type',
    ]);
  });
});

test('contributions and the usual CTR add up to the prediction', async () => {
  const { bytes, card } = await trainCtr(placements(800), { fit: { trees: 15 }, threads: 1 });
  const model = CtrModel.load(bytes, card);
  const row = model.encode({ ...record, ad_position: 9 });
  const { base, values } = model.explainer.explain(row);
  expect(base + values.reduce((a, b) => a + b, 0)).toBeCloseTo(model.predictRow(row), 6);
  expect(values[1]).toBeLessThan(0);
});
