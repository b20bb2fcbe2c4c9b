import {
  fit,
  Forest,
  ForestError,
  ShapleyExplainer,
  shapleyValues,
  takeRows,
  type Calibration,
  type Columns,
  type FitInput,
} from '../../src/index.js';
import { Random } from '../../src/random.js';
import { mixedData, mixedSchema, numericColumns, rowOf, uniform } from '../data.js';
import { shapleyByOrders } from '../game.js';
import { forestOf } from '../hand-made.js';
import { forestOfParts, kinds } from '../parts.js';

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** The definition: every order, every background row, the plain walk. */
function byDefinition(
  forest: Forest,
  row: readonly number[],
  background: readonly number[][],
  weight: readonly number[],
  groups = row.map((_, f) => [f]),
): number[] {
  const all = weight.reduce((sum, w) => sum + w, 0);
  return shapleyByOrders(groups.length, (knows) =>
    background.reduce((sum, other, i) => {
      const mixed = row.map((x, f) => {
        const isKnown = knows[groups.findIndex((columns) => columns.includes(f))];
        return isKnown ? x : other[f];
      });
      return sum + (weight[i] / all) * forest.predict(mixed);
    }, 0),
  );
}

/** The mixed data with two more features, too fine for a table. */
function fineData(): FitInput {
  const { columns, target } = mixedData({ rows: 900, missing: 0.15 });
  const names = ['near', 'nearer'];
  const features = [
    ...columns.schema.features,
    ...names.map((name) => ({ name, kind: 'numeric' as const })),
  ];
  const more = names.map((_, k) => target.map((y, i) => y + Math.sin(i * (1.7 + k))));
  return {
    columns: { schema: { features }, rows: 900, values: [...columns.values, ...more] },
    target,
  };
}

function wideForest(width: number, rows = 400): { forest: Forest; sample: number[][] } {
  const random = new Random(width, 0);
  const values = Array.from({ length: width }, () =>
    Array.from({ length: rows }, () => uniform(random)),
  );
  const target = Float64Array.from({ length: rows }, (_, i) =>
    values.reduce((sum, column, f) => sum + Math.sin((f + 2) * column[i]) * values[0][i], 0),
  );
  const columns = numericColumns(...values);
  const { forest } = fit({ columns, target }, { trees: 12, minLeafRows: 2, maxFeatures: 3 });
  return { forest, sample: Array.from({ length: 40 }, (_, i) => rowOf(columns, i)) };
}

describe('exact Shapley values', () => {
  it.each([
    ['table', mixedData({ rows: 900, missing: 0.15 })],
    ['packed', fineData()],
  ])('are those of the definition, on a %s forest', (kind, input) => {
    const { forest } = fit(input, { trees: 20, minLeafRows: 2 });
    expect(forest.compile().kind).toBe(kind);
    const background = Array.from({ length: 15 }, (_, i) => rowOf(input.columns, i));
    const weight = background.map((_, i) => (i % 5) / 2);
    const explainer = new ShapleyExplainer(forest, background, { weight });
    for (let i = 100; i < 106; i++) {
      const row = rowOf(input.columns, i);
      const { values } = explainer.explain(row);
      const expected = byDefinition(forest, row, background, weight);
      values.forEach((value, f) => expect(value).toBeCloseTo(expected[f], 10));
    }
  });

  it.each([4, 8, 12])('sum to the prediction − the mean background (%i features)', (width) => {
    const { forest, sample } = wideForest(width);
    expect(forest.compile().kind).toBe('packed');
    const mean = sample.reduce((sum, row) => sum + forest.predict(row), 0) / sample.length;
    const explainer = new ShapleyExplainer(forest, sample.slice(0, 40));
    for (const row of sample.slice(0, 3)) {
      const { base, values } = explainer.explain(row.map((x) => 1 - x));
      expect(Math.abs(base - mean)).toBeLessThan(1e-9);
      const prediction = forest.predict(row.map((x) => 1 - x));
      expect(Math.abs(total(values) - (prediction - mean))).toBeLessThan(1e-9);
    }
  });

  it.each([
    ['table', mixedData({ rows: 900, missing: 0.15 })],
    ['packed', fineData()],
  ])('explain the calibrated prediction of a %s forest', (kind, input) => {
    const { schema, parameters, bins, trees } = fit(input, { trees: 20, minLeafRows: 2 }).forest;
    const calibration = { x: Float64Array.of(0, 1, 2, 3), y: Float64Array.of(0, 10, 10.5, 90) };
    const forest = new Forest(schema, parameters, bins, trees, calibration);
    expect(forest.compile().kind).toBe(kind);
    const row = rowOf(input.columns, 50);
    const background = Array.from({ length: 15 }, (_, i) => rowOf(input.columns, i));
    const { values } = shapleyValues(forest, row, background);
    const expected = byDefinition(forest, row, background, Array(15).fill(1));
    values.forEach((value, f) => expect(value).toBeCloseTo(expected[f], 9));
  });

  const inputs = { table: mixedData({ rows: 300, missing: 0.15 }), packed: fineData() };
  const calibrations: [string, Calibration | null][] = [
    ['as it is', null],
    ['calibrated by points', { x: Float64Array.of(-1, 0.3, 2), y: Float64Array.of(0, 0.4, 0.5) }],
    ["calibrated by Platt's map", { slope: 0.7, intercept: -0.4 }],
  ];
  const cases = Object.keys(kinds).flatMap((name) =>
    calibrations.map(([how, calibration], c) => {
      const kind: keyof typeof inputs = (name.length + c) % 2 === 0 ? 'table' : 'packed';
      return { name, how, calibration, kind };
    }),
  );

  it.each(cases)('explain the prediction of $name, $how, on a $kind', (tried) => {
    const { columns, target } = inputs[tried.kind];
    const { forest: grown } = fit({ columns, target }, { trees: 24, minLeafRows: 3 });
    const { calibration } = tried;
    const forest = forestOfParts(kinds[tried.name], grown).with({ calibration });
    expect(forest.compile().kind).toBe(tried.kind);
    const background = Array.from({ length: 10 }, (_, i) => rowOf(columns, i));
    const explainer = new ShapleyExplainer(forest, background);
    for (let i = 100; i < 103; i++) {
      const row = rowOf(columns, i);
      const { base, values } = explainer.explain(row);
      const expected = byDefinition(forest, row, background, Array(10).fill(1));
      values.forEach((value, f) => expect(value).toBeCloseTo(expected[f], 12));
      expect(base + total(values)).toBeCloseTo(forest.predict(row), 12);
    }
  });

  it.each(['table', 'packed'] as const)(
    'let the columns of a group enter and leave together, on a %s forest',
    (kind) => {
      const { columns, target } = inputs[kind];
      const { forest } = fit({ columns, target }, { trees: 10 });
      expect(forest.compile().kind).toBe(kind);
      const groups = kind === 'table' ? [[2, 0], [1]] : [[4, 1], [0], [3, 2]];
      const background = Array.from({ length: 10 }, (_, i) => rowOf(columns, i));
      const row = rowOf(columns, 30);
      const { base, values } = shapleyValues(forest, row, background, { groups });
      const expected = byDefinition(forest, row, background, Array(10).fill(1), groups);
      expect(values.length).toBe(groups.length);
      values.forEach((value, g) => expect(value).toBeCloseTo(expected[g], 12));
      expect(base + total(values)).toBeCloseTo(forest.predict(row), 12);
    },
  );

  it('count a group as one of the twelve', () => {
    const { forest, sample } = wideForest(14);
    const groups = [[0, 1], [2, 3], ...Array.from({ length: 10 }, (_, i) => [i + 4])];
    const { base, values } = shapleyValues(forest, sample[0], sample.slice(1, 3), { groups });
    expect(base + total(values)).toBeCloseTo(forest.predict(sample[0]), 10);
    const thirteen = [[0, 1], [2], [3], ...groups.slice(2)];
    expect(() => shapleyValues(forest, sample[0], sample, { groups: thirteen })).toThrow(
      /its trees use 13 groups of features/,
    );
  });

  it.each([
    ['leaves a column out', [[0], [1]], /groups: column colour is in 0 of the groups, wanted 1/],
    [
      'names a column twice',
      [
        [0, 1],
        [2, 1],
      ],
      /groups: column place is in 2 of the groups/,
    ],
    ['is empty', [[0, 1, 2], []], /groups: group 1 is empty/],
    ['names what is no column', [[0, 1, 2, 3]], /groups: group 0 holds column 3, wanted 0 to 2/],
  ])('refuse a group that %s', (_, groups, message) => {
    const { columns, target } = mixedData({ rows: 50 });
    const { forest } = fit({ columns, target }, { trees: 2 });
    const explain = (): unknown => shapleyValues(forest, [0, 0, 0], columns, { groups });
    expect(explain).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    expect(explain).toThrow(message);
  });

  it('are the same for a sample as columns, as rows, and with its copies as weights', () => {
    const { columns, target } = mixedData({ rows: 300, missing: 0.1 });
    const { forest } = fit({ columns, target }, { trees: 5 });
    const row = rowOf(columns, 200);
    const rows = Array.from({ length: 20 }, (_, i) => rowOf(columns, i));
    const fromRows = shapleyValues(forest, row, rows);
    expect(shapleyValues(forest, row, takeRows(columns, [...rows.keys()]))).toEqual(fromRows);
    const copied = shapleyValues(forest, row, [...rows, rows[3], rows[3]]);
    const weight = rows.map((_, i) => (i === 3 ? 3 : 1));
    const weighted = shapleyValues(forest, row, rows, { weight });
    expect(weighted.base).toBeCloseTo(copied.base, 12);
    weighted.values.forEach((value, f) => expect(value).toBeCloseTo(copied.values[f], 12));
  });

  it('give exactly 0 to a feature that no tree asks for', () => {
    const { sample } = wideForest(3);
    const forest = forestOf(
      [[0.5], [0.5], []],
      [
        {
          feature: 0,
          cut: 0,
          left: { value: 1, cover: 1 },
          right: {
            feature: 1,
            cut: 0,
            left: { value: 2, cover: 1 },
            right: { value: 7, cover: 1 },
          },
        },
      ],
    );
    expect(shapleyValues(forest, [0.9, 0.9, 123], sample).values[2]).toBe(0);
  });

  it('share alike between features that do alike', () => {
    const forest = forestOf(
      [[0.5], [0.5]],
      [
        {
          feature: 0,
          cut: 0,
          left: { value: 0, cover: 3 },
          right: {
            feature: 1,
            cut: 0,
            left: { value: 0, cover: 1 },
            right: { value: 1, cover: 1 },
          },
        },
      ],
    );
    expect(shapleyValues(forest, [1, 1], [[0, 0]])).toEqual({
      base: 0,
      values: Float64Array.of(0.5, 0.5),
    });
  });

  it('count only features that trees use towards the twelve', () => {
    const { forest } = wideForest(13);
    const explain = (): unknown => shapleyValues(forest, Array(13).fill(0), [Array(13).fill(1)]);
    expect(explain).toThrow(ForestError);
    expect(explain).toThrow(/its trees use 13 features .* up to 12; treeShap/);
    const stump = forestOf(
      [[0.5], ...Array.from({ length: 19 }, () => [])],
      [
        {
          feature: 0,
          cut: 0,
          left: { value: 1, cover: 1 },
          right: { value: 3, cover: 1 },
        },
      ],
    );
    const { base, values } = shapleyValues(stump, Array(20).fill(1), [Array(20).fill(0)]);
    expect([base, values[0], total(values)]).toEqual([1, 2, 2]);
  });

  const { columns: usual } = mixedData({ rows: 20 });
  const turned: Columns = {
    ...usual,
    schema: {
      features: mixedSchema.features.map((feature) =>
        feature.kind === 'categorical'
          ? { ...feature, categories: feature.categories.toReversed() }
          : feature,
      ),
    },
  };

  it.each<[string, unknown, RegExp]>([
    ['no background', undefined, /it is absent/],
    ['an empty one', [], /it has no rows/],
    ['rows of another width', [[1, 2]], /row 0 has 2 numbers, wanted 3/],
    ['other columns', numericColumns([1], [2], [3]), /column 0 is x0, wanted size/],
    ['categories in another order', turned, /category 0 of its column colour is "black"/],
    ['fewer columns', numericColumns([1]), /column 0 is x0, wanted size/],
  ])('refuse %s', (_, background, message) => {
    const { columns, target } = mixedData({ rows: 50 });
    const { forest } = fit({ columns, target }, { trees: 2 });
    const explain = (): unknown => shapleyValues(forest, [0, 0, 0], background as number[][]);
    expect(explain).toThrow(expect.objectContaining({ code: 'BACKGROUND_INVALID' }));
    expect(explain).toThrow(message);
  });

  it.each([
    [[1], /it has 1 weights, wanted 2/],
    [[1, -1], /weight of row 1 is -1/],
    [[NaN, 1], /weight of row 0 is NaN/],
    [[0, 0], /weights sum to 0/],
  ])('refuse background weights %j', (weight, message) => {
    const { columns, target } = mixedData({ rows: 50 });
    const { forest } = fit({ columns, target }, { trees: 2 });
    const rows = [rowOf(columns, 0), rowOf(columns, 1)];
    expect(() => shapleyValues(forest, rows[0], rows, { weight })).toThrow(message);
  });

  it('refuse a row of another width', () => {
    const { columns, target } = mixedData({ rows: 50 });
    const { forest } = fit({ columns, target }, { trees: 2 });
    expect(() => shapleyValues(forest, [1], columns)).toThrow(/got 1 numbers, wanted 3/);
  });
});
