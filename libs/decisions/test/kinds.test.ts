import { CtrModel, modelKinds, type ModelCard } from '@adscale/ctr';
import { writeModel } from '@adscale/forest';
import { compare, curve, forecast, opportunities, rank } from '@adscale/decisions';
import { allocate } from '../src/allocate/allocate.js';
import { solveHere } from '../src/allocate/solver.js';
import { clickNoise } from '../src/error/distributions.js';
import { errorFit } from '../src/error/fit.js';
import { ModelError } from '../src/error/model-error.js';
import { keywords, refusalOf, trainedModel, wordModel } from './market.js';

const record = {
  impressions: 4000,
  ad_position: 3,
  budget: 300,
  keyword: 'shoes',
  creative: 1001,
};
const recordOf = (keyword: string) => ({ ...record, keyword });

describe.each(modelKinds)('decisions by a model of words of the kind %s', (kind) => {
  const trained = wordModel(kind);

  it('rank, forecast, compare, allocate, explore and draw what the model predicts', async () => {
    const model = await trained;
    const all = keywords.map(recordOf);
    const ranked = rank(model, {
      candidates: all.map((one, i) => ({ id: keywords[i], record: one, value_per_click: 1 })),
    }).candidates;
    for (const { id, predicted_ctr, ecpm_interval, ecpm } of ranked) {
      expect(predicted_ctr).toBeCloseTo(model.predictRow(model.encode(recordOf(id))), 6);
      expect(ecpm_interval.low).toBeLessThan(ecpm);
      expect(ecpm_interval.high).toBeGreaterThan(ecpm);
    }
    const [one] = forecast(model, { schedule: [{ record }] }).placements;
    expect(one.clicks.low).toBeLessThan(one.expected_clicks);
    expect(one.clicks.high).toBeGreaterThan(one.expected_clicks);
    const { chance_b_better } = compare(model, { a: recordOf('cheap'), b: recordOf('red shoes') });
    const { impressions: _, budget: __, ...cell } = record;
    const cells = keywords.map((keyword) => ({ record: { ...cell, keyword }, cost: { cpm: 5 } }));
    const { total } = await allocate(model, { budget: 30, cells }, { solve: solveHere });
    expect(total.expected_clicks).toBeGreaterThan(0);
    const { steps } = curve(model, { record, from: 3000, to: 5000 });
    expect(steps[0].interval.low).toBeLessThan(steps[0].predicted_ctr);
    const found = opportunities(model, { placements: all.map((each) => ({ record: each })) });
    expect(found.placements).toBe(3);
    if (kind === 'average') {
      expect(chance_b_better).toBe(0.5);
      expect(errorFit(model).rho).toBeGreaterThan(0.001);
    } else {
      expect(ranked.map(({ id }) => id)).toEqual(keywords.toReversed());
      expect(chance_b_better).toBeGreaterThan(0.99);
    }
  });
});

describe('opportunities among words', () => {
  const trained = wordModel();
  const look = async (request: object) => opportunities(await trained, { top: 20, ...request });

  it('are the commonest known ones where vary says how many, or nothing', async () => {
    const two = await look({ base: record, vary: { keyword: 2 } });
    expect(two.best.map(({ id }) => id).toSorted()).toEqual(['cheap', 'shoes']);
    const every = await look({ base: record });
    expect(every.placements).toBe(3 * 4);
    const ids = new Set(every.best.map(({ record: { creative } }) => creative));
    expect([...ids].toSorted()).toEqual([1000, 1001, 1002, 1003]);
  });

  it('may name words, known or not, which the answer repeats', async () => {
    const { best, unexplored } = await look({ base: record, vary: { keyword: ['shoes', 'zzz'] } });
    expect(best.map(({ record: { keyword } }) => keyword).toSorted()).toEqual(['shoes', 'zzz']);
    const [unseen] = unexplored;
    expect(unseen).toMatchObject({ id: 'zzz', extrapolated: ['keyword'] });
  });

  it('refuse a number of values for what is no word, and no words', async () => {
    const model = await trained;
    const refused = refusalOf(() => opportunities(model, { base: record, vary: { budget: 2 } }));
    expect(refused).toMatchObject({ code: 'REQUEST_INVALID', field: 'vary.budget' });
    const none = refusalOf(() => opportunities(model, { base: record, vary: { keyword: 0 } }));
    expect(none).toMatchObject({ code: 'REQUEST_INVALID', field: 'vary.keyword' });
  });

  it('say which words lower a CTR', async () => {
    const { weak } = await look({ base: record, vary: { keyword: ['cheap'] }, floor_ctr: 0.05 });
    expect(weak[0].reasons[0]).toMatchObject({ feature: 'keyword', value: 'cheap' });
  });
});

describe('a bias', () => {
  it('is held at its value where candidates lack it, and the answer says so', async () => {
    const model = await wordModel();
    const { ad_position: _, ...without } = record;
    const asked = (records: object[]) =>
      rank(model, { candidates: records.map((one) => ({ record: one, value_per_click: 1 })) });
    const held = asked([without, { ...without, keyword: 'cheap' }]);
    const said = asked([{ ...record, ad_position: 1 }]);
    expect(held.candidates[0].predicted_ctr).toBe(said.candidates[0].predicted_ctr);
    const sentence = expect.stringContaining('ad_position is held at 1 in 2 records');
    expect(held.assumptions).toContainEqual(sentence);
    expect(said.assumptions).not.toContainEqual(sentence);
  });
});

describe('overdispersion', () => {
  const rho = 0.004;
  const placement = { impressions: 50_000, ad_position: 2, device_type: 'mobile', budget: 900 };

  async function overdispersed(): Promise<{ plain: CtrModel; other: CtrModel }> {
    const plain = await trainedModel();
    const { forest, card } = plain;
    const intervals = { ...forest.intervals!, overdispersion: rho };
    const bytes = writeModel(forest.with({ intervals }));
    return { plain, other: CtrModel.load(bytes, card as ModelCard, 'other') };
  }

  it('is added to the noise of clicks, of one placement as a whole', () => {
    expect(clickNoise(0.1, 1, 0.5)).toBeCloseTo(0.09, 12);
    expect(clickNoise(0.1, 100, 0)).toBeCloseTo(9, 12);
    expect(clickNoise(0.1, 100, 0.01)).toBeCloseTo(9 * 1.99, 12);
  });

  it('widens intervals and makes chances more modest, less what the model errs by', async () => {
    const { plain, other } = await overdispersed();
    expect(errorFit(other).rho).toBeGreaterThan(0.5 * rho);
    expect(errorFit(other).rho).toBeLessThan(rho);
    const widthOf = (model: CtrModel) => {
      const { clicks } = forecast(model, { schedule: [{ record: placement }] }).total;
      return clicks.high - clicks.low;
    };
    expect(widthOf(other)).toBeGreaterThan(2 * widthOf(plain));
    const b = { ...placement, ad_position: 1 };
    const chanceOf = (model: CtrModel) => compare(model, { a: placement, b }).chance_b_better;
    expect(chanceOf(plain)).toBeGreaterThan(0.99);
    expect(chanceOf(other)).toBeLessThan(chanceOf(plain));
    const { assumptions } = forecast(other, { schedule: [{ record: placement }] });
    expect(assumptions).toContainEqual(expect.stringContaining('intra-row correlation 0.00'));
  });

  it('is each placement’s own: a difference of alike rows has twice its variance', async () => {
    const { other } = await overdispersed();
    const rows = [placement, placement].flatMap((one) => [...other.encode(one)]);
    const error = new ModelError(other, Float64Array.from(rows), 2);
    const own = error.rho * error.ctr[0] * (1 - error.ctr[0]);
    expect(error.ownDeviationBetween(0, 1)).toBeCloseTo(Math.sqrt(2 * own), 10);
    expect(error.ownDeviationOf(0)).toBeCloseTo(
      Math.hypot(error.deviationOf(0), Math.sqrt(own)),
      10,
    );
  });
});
