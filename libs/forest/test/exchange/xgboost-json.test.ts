import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  fromXgboost,
  impurityImportance,
  readModel,
  treeShap,
  writeModel,
  type Link,
} from '../../src/index.js';

const folder = join(__dirname, '../fixtures/xgboost');
const read = (name: string): string => readFileSync(join(folder, `${name}.json`), 'utf8');

interface Told {
  readonly rows: readonly number[][];
  readonly predictions: readonly number[];
  /** By row: its features' contributions to the margin, and last what they start from. */
  readonly contributions: readonly number[][];
}

const rowsOf = (name: string): Told => {
  const told = JSON.parse(read(`${name}-rows`));
  const rows = told.rows.map((row: (number | null)[]) => row.map((x) => x ?? NaN));
  return { ...told, rows };
};

const models: [string, Link][] = [
  ['classifier', 'logit'],
  ['poisson', 'log'],
  ['squared', 'identity'],
];

describe('a model file of XGBoost', () => {
  it.each(models)('predicts here what it predicts there, in float32 (%s)', (name, link) => {
    const forest = fromXgboost(JSON.parse(read(name)));
    const { rows, predictions } = rowsOf(name);
    expect(rows.length).toBe(60);
    rows.forEach((row, i) => {
      // Sums pass by 1, whatever is left of them.
      const scale = link === 'identity' ? Math.max(1, predictions[i]) : predictions[i];
      expect(Math.abs(forest.predict(row) - predictions[i])).toBeLessThan(1e-6 * scale);
    });
    expect(forest.parts).toMatchObject([{ link, weight: 1, members: [12] }]);
    const saved = readModel(writeModel(forest));
    for (const row of rows) expect(saved.predict(row)).toBe(forest.predict(row));
  });

  it.each(models)('is explained here as it is there (%s)', (name) => {
    const forest = fromXgboost(JSON.parse(read(name)));
    const { rows, contributions } = rowsOf(name);
    rows.forEach((row, i) => {
      const { base, values } = treeShap(forest, row);
      [...values, base].forEach((value, f) => {
        expect(Math.abs(value - contributions[i][f])).toBeLessThan(1e-5);
      });
    });
    const shares = impurityImportance(forest).map(({ importance }) => importance);
    expect(shares.every((share) => share > 0)).toBe(true);
  });

  const changed = (change: (model: ReturnType<typeof JSON.parse>) => void): unknown => {
    const model = JSON.parse(read('classifier'));
    change(model.learner);
    return model;
  };
  const treeOf = (learner: ReturnType<typeof JSON.parse>): Record<string, unknown[]> =>
    learner.gradient_booster.model.trees[0];

  it('keeps the names of its features, and reads a base score that is a list', () => {
    const names = ['a', 'b', 'c'];
    const forest = fromXgboost(
      changed((learner) => {
        learner.feature_names = names;
        learner.learner_model_param.base_score = '[3E-1]';
      }),
    );
    expect(forest.schema.features.map(({ name }) => name)).toEqual(names);
    const { rows } = rowsOf('classifier');
    const plain = fromXgboost(JSON.parse(read('classifier')));
    for (const row of rows) expect(forest.predict(row)).toBe(plain.predict(row));
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['something else', { name: 'RFRegression' }],
    ['no trees', changed((learner) => (learner.gradient_booster.model.trees = []))],
    ['a list cut short', changed((learner) => treeOf(learner)['split_conditions'].pop())],
    [
      'a node that is its own child',
      changed((learner) => (treeOf(learner)['left_children'][1] = 1)),
    ],
    [
      'a child that is not there',
      changed((learner) => (treeOf(learner)['left_children'][0] = 999)),
    ],
    [
      'a leaf that is no number',
      changed((learner) => treeOf(learner)['split_conditions'].fill('x')),
    ],
    ['a feature past the last', changed((learner) => treeOf(learner)['split_indices'].fill(3))],
    ['a base score without margin', changed((l) => (l.learner_model_param.base_score = '1E0'))],
    [
      'a leaf of less than no weight',
      changed((learner) => treeOf(learner)['sum_hessian'].fill(-1)),
    ],
  ])('is refused with %s', (_, json) => {
    expect(() => fromXgboost(json)).toThrow(expect.objectContaining({ code: 'IMPORT_INVALID' }));
  });

  it.each<[string, unknown]>([
    ['another booster', changed((learner) => (learner.gradient_booster.name = 'dart'))],
    ['another objective', changed((learner) => (learner.objective.name = 'rank:pairwise'))],
    ['several classes', changed((learner) => (learner.learner_model_param.num_class = '3'))],
    ['tests of categories', changed((learner) => treeOf(learner)['categories_nodes'].push(0))],
  ])('is turned away with %s', (_, json) => {
    const read = (): unknown => fromXgboost(json);
    expect(read).toThrow(expect.objectContaining({ code: 'IMPORT_UNSUPPORTED' }));
  });
});
