import { CtrModel, Registry, defaultSchema, type ModelCard, trainCtr } from '@adscale/ctr';
import {
  type ExplainedPrediction,
  Explainer,
  type Explanation,
  type Schema,
  calibrate,
  columnsFromRecords,
  fit,
  readModel,
  shapleyValues,
  treeShap,
  writeModel,
} from '@adscale/forest';
import fc from 'fast-check';
import request from 'supertest';
import { explanationAnswer } from '../../src/explain/explanation-answer.js';
import { PredictionDetails, intervalOf } from '../../src/explain/prediction-details.js';
import { Explanations } from '../../src/explain/explanations.js';
import { ProblemError } from '../../src/problem/problem.js';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { emptyFolder, otherSchema, trainModel } from '../trained-models.js';

/** Rows to compare with, missing values among them; they do not count alike, and some not at all. */
const background = {
  rows: Array.from({ length: 30 }, (_, i) => [
    (i * 7919) % 10_000,
    1 + (i % 10),
    i % 3,
    i % 7 === 0 ? null : (i * 104_729) % 10_000,
  ]),
  weights: Array.from({ length: 30 }, (_, i) => (i >= 8 && i < 16 ? 0 : 1 + (i % 4))),
};

let plain: CtrModel;
let withBackground: CtrModel;
let folder: string;
let api: RunningApp;

beforeAll(async () => {
  const { bytes, card } = await trainModel(defaultSchema);
  const richCard = { ...card, background } as ModelCard;
  // A card of an earlier trainer, which had no background to keep.
  plain = CtrModel.load(bytes, { ...card, background: undefined } as unknown as ModelCard, 'plain');
  withBackground = CtrModel.load(bytes, richCard, 'rich');
  folder = await emptyFolder();
  await new Registry(folder).publish(bytes, richCard);
  api = await runApp({ MODEL_DIR: folder });
});
afterAll(() => api.close());

const records = fc.record({
  impressions: fc.integer({ min: 1, max: 20_000 }),
  ad_position: fc.integer({ min: 1, max: 10 }),
  device_type: fc.constantFrom('mobile', 'desktop', 'tablet'),
  budget: fc.double({ min: 0.01, max: 20_000, noNaN: true }),
});

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

function expectClose(explanation: ExplainedPrediction, expected: Explanation) {
  expect(explanation.base).toBeCloseTo(expected.base, 12);
  expect(explanation.values).toHaveLength(expected.values.length);
  expected.values.forEach((value, f) => expect(explanation.values[f]).toBeCloseTo(value, 12));
}

describe('an explanation', () => {
  it('adds up to the prediction, with a background and without', async () => {
    fc.assert(
      fc.property(records, (record) => {
        const row = plain.encode(record);
        for (const { explainer } of [plain, withBackground]) {
          const { base, values, calibration, prediction } = explainer.explain(row);
          expect(prediction).toBe(plain.compiled.predict(row));
          expect(base + sum(values)).toBeCloseTo(prediction, 12);
          expect(calibration).toBe(0);
        }
      }),
    );
  });

  it('is the exact interventional one where the card has a background', async () => {
    const row = withBackground.encode(sample);
    const explanation = withBackground.explainer.explain(row);
    const rows = background.rows.map((values) => values.map((value) => value ?? NaN));
    const options = { weight: background.weights };
    const expected = shapleyValues(withBackground.forest, row, rows, options);
    expect(explanation).toMatchObject({ method: 'interventional_shapley', backgroundRows: 30 });
    expectClose(explanation, expected);
    const total = sum(background.weights);
    const shares = background.weights.map((weight) => weight / total);
    const mean = sum(rows.map((values, i) => shares[i] * withBackground.compiled.predict(values)));
    expect(explanation.base).toBeCloseTo(mean, 12);
  });

  it('is that of TreeSHAP where the card has none, or none that fits', async () => {
    const row = plain.encode(sample);
    const expected = treeShap(plain.forest, row);
    const misfits = [
      { rows: [], weights: [] },
      { rows: [[1, 2]], weights: [1] },
      { rows: [[1, 2, 0, 3]], weights: [1, 1] },
      { rows: [[1, 2, 0, 3]], weights: [-1] },
      { rows: [[1, 2, 0, 3]], weights: [0] },
    ].map((unfit) => ({ ...plain.card, background: unfit }) as ModelCard);
    const bytes = writeModel(plain.forest);
    for (const model of [plain, ...misfits.map((card) => CtrModel.load(bytes, card))]) {
      const explanation = model.explainer.explain(row);
      expect(explanation).toMatchObject({ method: 'tree_shap', backgroundRows: 0 });
      expectClose(explanation, expected);
    }
  });

  it('is that of TreeSHAP where the trees use more than 12 features', async () => {
    const names = Array.from({ length: 14 }, (_, f) => `f${f}`);
    const schema: Schema = { features: names.map((name) => ({ name, kind: 'numeric' })) };
    // Each feature alone decides one row in fourteen, so all of them are used.
    const rows = Array.from({ length: 1400 }, (_, i) =>
      Object.fromEntries(names.map((name, f) => [name, i % 14 === f ? 1 : 0])),
    );
    const clicks = Float64Array.from(rows, (_, i) => 10 + 60 * (i % 14));
    const impressions = new Float64Array(1400).fill(1000);
    const table = { features: columnsFromRecords(schema, rows), impressions, clicks };
    const options = { fit: { trees: 3, minLeafRows: 5 }, threads: 1 };
    const { bytes, card } = await trainCtr(table, options);
    const wide = { rows: [new Array(14).fill(0)], weights: [1] };
    const model = CtrModel.load(bytes, { ...card, background: wide } as ModelCard);
    expect(model.explainer.explain(model.encode(rows[0])).method).toBe('tree_shap');
  });

  it('of a calibrated model says what calibration adds, unless it is explained too', async () => {
    const rows = Array.from({ length: 400 }, (_, i) => ({ ...sample, impressions: 1 + i * 50 }));
    const columns = columnsFromRecords(defaultSchema, rows);
    const target = Float64Array.from(rows, (_, i) => 0.01 + 0.0001 * i + 0.003 * (i % 7));
    const input = { columns, target };
    const bytes = writeModel(calibrate(input, fit(input, { trees: 10 })).forest);
    expect(readModel(bytes).calibration).not.toBeNull();
    const calibrated = CtrModel.load(bytes);
    const row = calibrated.encode(sample);
    const apart = calibrated.explainer.explain(row);
    expect(apart.calibration).not.toBe(0);
    expect(apart.base + sum(apart.values) + apart.calibration).toBeCloseTo(apart.prediction, 12);
    expect(explanationAnswer(calibrated, apart).calibration).toBe(apart.calibration);
    const whole = CtrModel.load(bytes, { ...plain.card, background } as ModelCard);
    const within = whole.explainer.explain(row);
    expect(within.calibration).toBe(0);
    expect(within.base + sum(within.values)).toBeCloseTo(within.prediction, 12);
    expect(explanationAnswer(whole, within)).not.toHaveProperty('calibration');
  });
});

/** Explains in this thread, as a pool does in others. */
const here = {
  explain: async ({ explainer }: CtrModel, row: Float64Array) => explainer.explain(row),
};
const { signal: present } = new AbortController();

describe('explanations', () => {
  it('are found once a cell, also for those who ask at the same time', async () => {
    const spy = jest.spyOn(here, 'explain');
    const explanations = new Explanations(here);
    const row = plain.encode(sample);
    const sameCell = plain.encode({ ...sample, budget: sample.budget + 0.001 });
    expect(plain.code(sameCell)).toBe(plain.code(row));
    const [one, two] = await Promise.all([
      explanations.explain(plain, row, present),
      explanations.explain(plain, sameCell, present),
    ]);
    expect(two).toBe(one);
    expect(await explanations.explain(plain, row, present)).toBe(one);
    expect(spy).toHaveBeenCalledTimes(1);
    expect(await explanations.explain(withBackground, row, present)).not.toBe(one);
    spy.mockRestore();
  });

  it('that fail are not kept, and do not hold up the next', async () => {
    const explanations = new Explanations(here);
    const row = plain.encode(sample);
    const spy = jest.spyOn(Explainer.prototype, 'steps').mockImplementationOnce(() => {
      throw new Error('once');
    });
    await expect(explanations.explain(plain, row, present)).rejects.toThrow('once');
    await expect(explanations.explain(plain, row, present)).resolves.toMatchObject({
      method: 'tree_shap',
    });
    spy.mockRestore();
  });

  it('are given up when all who wait for them have left, and not before', async () => {
    const signals: AbortSignal[] = [];
    const never = {
      explain: (_model: CtrModel, _row: Float64Array, gone: AbortSignal) => {
        signals.push(gone);
        return new Promise<ExplainedPrediction>(() => {});
      },
    };
    const explanations = new Explanations(never);
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = [first, second].map(({ signal }) =>
      explanations.explain(plain, plain.encode(sample), signal),
    );
    first.abort(new Error('left first'));
    await expect(waiting[0]).rejects.toThrow('left first');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    second.abort(new Error('left second'));
    await expect(waiting[1]).rejects.toThrow('left second');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe('POST /explain', () => {
  const post = (body: unknown, query = '') =>
    request(api.server)
      .post(`/explain${query}`)
      .send(body as object);

  it('answers the prediction and what each feature adds to it', async () => {
    const { body, headers } = await post(sample).expect(200);
    const predicted = await api.post(sample).expect(200);
    expect(body.predicted_ctr).toBe(predicted.body.predicted_ctr);
    expect(headers['x-model-version']).toBe(body.model_version);
    expect(Object.keys(body.contributions)).toEqual(Object.keys(sample));
    const total = body.base_value + sum(Object.values(body.contributions));
    expect(total).toBeCloseTo(body.unrounded_ctr, 12);
    expect(body.unrounded_ctr).toBeCloseTo(body.predicted_ctr, 4);
    expect(body).toMatchObject({ method: 'interventional_shapley', background_rows: 30 });
  });

  it('refuses what is no record, and parameters', async () => {
    const { body } = await post({ ...sample, budget: -1 }).expect(422);
    expect(body).toMatchObject({ code: 'INVALID_RECORD', errors: [{ field: 'budget' }] });
    await post(sample, '?explain=true').expect(422, /INVALID_QUERY/);
  });

  it('answers 503 without a model', async () => {
    const bare = await runApp({ MODEL_DIR: await emptyFolder() });
    await request(bare.server).post('/explain').send(sample).expect(503);
    await bare.close();
  });
});

describe('an interval', () => {
  it('holds the prediction, and is the wider the fewer the impressions and the higher the level', () => {
    const width = (impressions: number, level: number) => {
      const record = { ...sample, impressions };
      const { low, high } = intervalOf(plain, plain.encode(record), level);
      expect(low).toBeLessThanOrEqual(plain.predict(record));
      expect(high).toBeGreaterThanOrEqual(plain.predict(record));
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      return high - low;
    };
    expect(width(20, 0.9)).toBeGreaterThan(width(20_000, 0.9));
    expect(width(5000, 0.95)).toBeGreaterThan(width(5000, 0.5));
  });

  it('is that of the forest over the impressions of the record, rounded outwards', () => {
    for (const impressions of [50, 500, 5000, 20_000]) {
      const record = { ...sample, impressions };
      const { low, high } = intervalOf(plain, plain.encode(record), 0.8);
      const options = { level: 0.8, exposure: impressions };
      const exact = plain.forest.predictInterval(plain.encode(record), options);
      expect(low).toBeLessThanOrEqual(exact.low);
      expect(high).toBeGreaterThanOrEqual(exact.high);
      expect(exact.low - low).toBeLessThan(1.0001e-4);
      expect(high - exact.high).toBeLessThan(1.0001e-4);
    }
  });

  it('is refused where the model has none, or no impressions to make one over', async () => {
    const columns = columnsFromRecords(defaultSchema, new Array(40).fill(sample));
    const input = { columns, target: new Float64Array(40).fill(0.05) };
    const { forest } = fit(input, { trees: 3, bootstrap: false, outOfBag: false });
    const without = CtrModel.load(writeModel(forest));
    const other = await trainModel(otherSchema);
    const rate = CtrModel.load(other.bytes, other.card);
    for (const model of [without, rate]) {
      const ask = () => intervalOf(model, model.encode({ hour: 1 }), 0.9);
      expect(ask).toThrow(ProblemError);
      expect(ask).toThrow(expect.objectContaining({ code: 'NO_INTERVALS' }));
    }
  });
});

describe('the details of a prediction', () => {
  const details = new PredictionDetails(new Explanations(here));

  it('are what was asked for and nothing else', async () => {
    const row = plain.encode(sample);
    expect(await details.of(plain, row, sample, {}, present)).toEqual({});
    expect(await details.of(plain, row, sample, { explain: false }, present)).toEqual({});
    const interval = intervalOf(plain, row, 0.9);
    const both = await details.of(plain, row, sample, { explain: true, interval: 0.9 }, present);
    const found = plain.explainer.explain(row);
    const explanation = explanationAnswer(plain, found);
    expect(both).toEqual({ interval, explanation, extrapolated: plain.extrapolated(row) });
  });

  it('have no interval where the record says not how many impressions', () => {
    const row = plain.encode({ ...sample, impressions: undefined });
    expect(() => intervalOf(plain, row, 0.9)).toThrow(/impressions, which the record lacks/);
  });

  it('have one over the impressions that are given, of a model that has no such feature too', async () => {
    const { bytes, card } = await trainModel(otherSchema);
    const model = CtrModel.load(bytes, card);
    const row = model.encode({ hour: 1 });
    const { low, high } = model.intervalOf(row, { level: 0.9, exposure: 2000 });
    const told = intervalOf(model, row, 0.9, 2000);
    expect(told.low).toBeLessThanOrEqual(low);
    expect(told.high).toBeGreaterThanOrEqual(high);
    expect(told.high - told.low - (high - low)).toBeLessThan(2.0001e-4);
    const wide = intervalOf(plain, plain.encode(sample), 0.9, 10);
    const own = intervalOf(plain, plain.encode(sample), 0.9);
    expect(wide.high - wide.low).toBeGreaterThan(own.high - own.low);
  });
});
