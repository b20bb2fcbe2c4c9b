import {
  calibrate,
  columnsFrom,
  Explainer,
  fit,
  Random,
  shapleyValues,
  treeShap,
  type ExplainerBackground,
  type Explanation,
  type Schema,
} from '../../src/index.js';
import { exp, sigmoid } from '../../src/trees/links.js';
import { boosted, forestOfParts, kinds } from '../parts.js';

const schema = {
  features: [
    { name: 'a', kind: 'numeric' },
    { name: 'b', kind: 'numeric' },
  ],
} as const;
const random = new Random(1, 0);
const a = Float64Array.from({ length: 300 }, () => random.unit());
const b = Float64Array.from({ length: 300 }, () => random.unit());
const input = {
  columns: columnsFrom(schema, { a, b }),
  target: a.map((x, i) => x * b[i] + x),
};
const result = fit(input, { trees: 12, seed: 4 });
const { forest } = result;
const rows = Array.from({ length: 20 }, (_, i) => [a[i], b[i]]);

const weight = rows.map((_, i) => (i >= 8 && i < 16 ? 0 : 1 + (i % 3)));

const sumOf = ({ base, values }: Explanation): number =>
  values.reduce((sum, value) => sum + value, base);

function expectSame(found: Explanation, wanted: Explanation): void {
  expect(found.base).toBeCloseTo(wanted.base, 12);
  wanted.values.forEach((value, f) => expect(found.values[f]).toBeCloseTo(value, 12));
}

describe('an explainer', () => {
  it.each([
    ['rows that count alike', {}],
    ['rows that count differently, some not at all', { weight }],
  ])('finds the Shapley values against a background of %s', (_, options) => {
    const found = new Explainer(forest, { rows, ...options }).explain([0.9, 0.1]);
    expect(found).toMatchObject({ method: 'interventional_shapley', backgroundRows: 20 });
    expectSame(found, shapleyValues(forest, [0.9, 0.1], rows, options));
  });

  it.each([
    ['a few background rows', new Explainer(forest, { rows }), 3],
    ['a tree', new Explainer(forest), 12],
  ])('lets others in after %s, and finds the same as in one go', (_, explainer, parts) => {
    const steps = explainer.steps([0.9, 0.1]);
    let pauses = 0;
    let step = steps.next();
    for (; !step.done; step = steps.next()) pauses++;
    expect(pauses).toBe(parts);
    expect(step.value).toEqual(explainer.explain([0.9, 0.1]));
  });

  it.each<[string, ExplainerBackground | undefined]>([
    ['there is none', undefined],
    ['its rows are of other features', { rows: [[1]] }],
    ['there are fewer weights than rows', { rows, weight: [1] }],
    ['there are more weights than rows', { rows, weight: [...weight, 1] }],
    ['a weight is negative', { rows, weight: rows.map((_, i) => i - 5) }],
    ['no row weighs anything', { rows, weight: rows.map(() => 0) }],
    ['it is empty', { rows: [] }],
  ])('goes by the trees where, of a background, %s', (_, background) => {
    const found = new Explainer(forest, background).explain([0.9, 0.1]);
    expect(found).toMatchObject({ method: 'tree_shap', backgroundRows: 0, calibration: 0 });
    expectSame(found, treeShap(forest, [0.9, 0.1]));
  });

  it('goes by the trees where they use more than 12 features', () => {
    const features = Array.from({ length: 13 }, (_, f) => ({ name: `f${f}`, kind: 'numeric' }));
    const values = features.map(() => Float64Array.from({ length: 200 }, () => random.unit()));
    const columns = { schema: { features } as Schema, rows: 200, values };
    const target = values[0].map((_, i) => values.reduce((sum, column) => sum + column[i], 0));
    const wide = fit({ columns, target }, { trees: 30, seed: 1 }).forest;
    const row = values.map((column) => column[0]);
    const found = new Explainer(wide, { rows: [row] }).explain(row);
    expect(found).toMatchObject({ method: 'tree_shap', backgroundRows: 0 });
    expectSame(found, treeShap(wide, row));
  });

  it('adds up to the prediction, with calibration apart where the values leave it out', () => {
    const calibrated = calibrate(input, result).forest;
    for (const [background, isApart] of [[undefined, true] as const, [{ rows }, false] as const]) {
      const explained = new Explainer(calibrated, background).explain([0.9, 0.1]);
      const { base, values, calibration, prediction } = explained;
      expect(base + values[0] + values[1] + calibration).toBeCloseTo(prediction, 12);
      expect(prediction).toBe(calibrated.predict([0.9, 0.1]));
      expect(calibration !== 0).toBe(isApart);
    }
  });

  const platt = { slope: 0.8, intercept: -0.3 };
  const points = { x: Float64Array.of(0, 1), y: Float64Array.of(0.1, 0.8) };

  it.each([
    ['logit', null, false],
    ['logit', platt, false],
    ['logit', points, true],
    ['log', points, true],
    ['log', platt, true],
  ] as const)(
    'explains the margin of one part by the trees, and says so (%s, %j)',
    (link, calibration, isApart) => {
      const forest = forestOfParts(boosted(link)).with({ calibration });
      const found = new Explainer(forest).explain([0.4, 3, 1]);
      expect(found).toMatchObject({ method: 'tree_shap', scale: 'margin', link });
      expect(found.prediction).toBe(forest.predict([0.4, 3, 1]));
      expect(found.calibration !== 0).toBe(isApart);
      const margin = found.values.reduce((sum, value) => sum + value, found.base);
      const told = (link === 'logit' ? sigmoid(margin) : exp(margin)) + found.calibration;
      expect(told).toBeCloseTo(found.prediction, 12);
    },
  );

  it.each(Object.entries(kinds))('adds up to the prediction of %s', (_, parts) => {
    const forest = forestOfParts(parts).with({ calibration: points });
    const background = {
      rows: [
        [0.1, 2, 0],
        [0.7, NaN, 3],
        [NaN, 5, 4],
      ],
    };
    const row = [0.4, 3, 1];
    const exact = new Explainer(forest, background).explain(row);
    expect(exact).toMatchObject({ method: 'interventional_shapley', scale: 'prediction' });
    expect(exact.calibration).toBe(0);
    expect(sumOf(exact)).toBeCloseTo(forest.predict(row), 12);
    const byTrees = new Explainer(forest).explain(row);
    if (parts.length > 1) {
      expect(byTrees).toMatchObject({ scale: 'prediction', link: 'identity' });
      expect(sumOf(byTrees) + byTrees.calibration).toBeCloseTo(forest.predict(row), 12);
    }
  });

  it('gives one value to a group, by either method', () => {
    const forest = forestOfParts(kinds['a mixture of three']);
    const row = [0.4, 3, 1];
    const groups = [[0, 2], [1]];
    const background = {
      rows: [
        [0.1, 2, 0],
        [0.7, NaN, 3],
      ],
    };
    const exact = new Explainer(forest, background, { groups }).explain(row);
    expectSame(exact, shapleyValues(forest, row, background.rows, { groups }));
    expect(exact.values.length).toBe(2);
    const byTrees = new Explainer(forest, undefined, { groups }).explain(row);
    expectSame(byTrees, treeShap(forest, row, { groups }));
    expect(() => new Explainer(forest, background, { groups: [[0]] })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
  });

  it('refuses a row of another length', () => {
    expect(() => new Explainer(forest).explain([1])).toThrow(/got 1 numbers, wanted 2/);
  });
});
