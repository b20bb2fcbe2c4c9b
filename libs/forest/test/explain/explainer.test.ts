import { calibrate, Explainer, fit, ShapleyExplainer, treeShap } from '../../src/index.js';
import { columnsFrom, Random } from '../../src/index.js';

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
const rows = Array.from({ length: 20 }, (_, i) => [a[i], b[i]]);

describe('an explainer', () => {
  it('finds Shapley values against a background, the same in one go and step by step', () => {
    const explainer = new Explainer(result.forest, { rows });
    const found = explainer.explain([0.9, 0.1]);
    expect(found).toMatchObject({ method: 'interventional_shapley', backgroundRows: 20 });
    const plain = new ShapleyExplainer(result.forest, rows).explain([0.9, 0.1]);
    expect(found.base).toBe(plain.base);
    expect(found.values).toEqual(plain.values);
    const steps = explainer.steps([0.9, 0.1]);
    let pauses = 0;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) {
        expect(step.value).toEqual(found);
        break;
      }
      pauses++;
    }
    expect(pauses).toBeGreaterThanOrEqual(3);
  });

  it.each([
    ['there is none', undefined],
    ['its rows are of other features', { rows: [[1]] }],
    ['its weights are of other rows', { rows, weight: [1] }],
    ['it is empty', { rows: [] }],
  ])('goes by the trees where, of a background, %s', (_, background) => {
    const found = new Explainer(result.forest, background).explain([0.9, 0.1]);
    expect(found).toMatchObject({ method: 'tree_shap', backgroundRows: 0, calibration: 0 });
    const plain = treeShap(result.forest, [0.9, 0.1]);
    expect(found.values).toEqual(plain.values);
  });

  it('adds up to the prediction, with calibration apart where the values leave it out', () => {
    const { forest } = calibrate(input, result);
    for (const background of [undefined, { rows }]) {
      const explained = new Explainer(forest, background).explain([0.9, 0.1]);
      const { base, values, calibration, prediction } = explained;
      expect(base + values[0] + values[1] + calibration).toBeCloseTo(prediction, 12);
      expect(prediction).toBe(forest.predict([0.9, 0.1]));
    }
  });
});
