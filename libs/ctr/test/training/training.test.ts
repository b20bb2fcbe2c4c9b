import { RowEncoder, type Schema } from '@adscale/forest';
import { CtrModel, evaluate, judgeBaselines, predictTable, trainCtr } from '../../src/index.js';
import { sampleBackground } from '../../src/card/background.js';
import { fingerprintOf } from '../../src/card/write.js';
import { placements } from '../data.js';

const fit = { trees: 8 };
const withKeys = (rows: number) => ({
  ...placements(rows),
  time: Float64Array.from({ length: rows }, (_, row) => 20_260_101 + Math.floor(row / 10)),
  group: Float64Array.from({ length: rows }, (_, row) => row % 12),
});

describe('training', () => {
  it('judges the forest that it returns, on rows that it did not see', async () => {
    const trained = await trainCtr(placements(400), { fit });
    const { bytes, card, forest, heldOut, predicted, training } = trained;
    expect(predicted).toEqual(predictTable(forest, heldOut));
    expect(evaluate(forest, heldOut, { seed: 42 })).toEqual(card.held_out);
    expect(judgeBaselines(training, heldOut, predicted, { seed: 42 })).toEqual(card.baselines);
    expect(predictTable(CtrModel.load(bytes).forest, heldOut)).toEqual(
      predictTable(forest, heldOut),
    );
    expect([training.features.rows, heldOut.features.rows]).toEqual([320, 80]);
    expect(card.baselines).toHaveLength(3);
    for (const { forest_less_baseline: gain, normalised_entropy: ne } of card.baselines) {
      expect(gain.difference).toBeCloseTo(card.held_out.normalised_entropy - ne, 12);
    }
  });

  it('by time learns from the past and is judged on the latest', async () => {
    const table = withKeys(300);
    const { card, training } = await trainCtr(table, { fit, split: { by: 'time' } });
    expect(card.split).toEqual({ by: 'time', share: 0.2, from: 20_260_125 });
    expect(Math.max(...training.time!)).toBe(20_260_124);
  });

  it('by group is judged on groups it has not seen, resampled whole', async () => {
    const { group: keys, ...table } = withKeys(300);
    const { card } = await trainCtr(table, { fit, split: { by: 'group', keys } });
    expect(card.split).toMatchObject({ by: 'group', groups: { training: 10, held_out: 2 } });
    expect(card.held_out.bootstrap.resampled).toBe('groups');
  });

  it('over folds tells the mean and the spread of every metric', async () => {
    const done: number[] = [];
    const { card } = await trainCtr(placements(300), {
      fit,
      folds: 3,
      onFold: (fold) => done.push(fold),
    });
    expect(done).toEqual([1, 2, 3]);
    const { folds, metrics } = card.cross_validation!;
    expect(folds).toBe(3);
    for (const name of ['normalised_entropy', 'observed.weighted_r2', 'true.r2', 'auc']) {
      const { mean, spread, folds: single } = metrics[name];
      expect(single).toHaveLength(3);
      expect(mean).toBeCloseTo((single[0] + single[1] + single[2]) / 3, 12);
      expect(spread).toBeGreaterThan(0);
    }
  });

  it('takes what a search found, and keeps what was asked for', async () => {
    const { card } = await trainCtr(placements(300), {
      fit: { ...fit, maxBins: 17, minLeafRows: undefined },
      tune: { budgetSeconds: 600 },
      threads: 1,
    });
    expect(card.parameters).toMatchObject({ trees: 8, maxBins: 17, ...card.tuning!.best });
    expect(card.tuning!.tried.every(({ options }) => options.maxBins === 17)).toBe(true);
  });
});

describe('a card', () => {
  it('says what the model was made from', async () => {
    const mapping = { clicks: 'Clicks', features: ['Placement'] };
    const table = placements(200);
    const trained = await trainCtr(table, { fit: { ...fit, seed: 7 }, source: 'ads.csv', mapping });
    expect(trained.card).toMatchObject({ source: 'ads.csv', mapping, seed: 7 });
    expect(trained.card.code_version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(trained.card.data_fingerprint).toBe(fingerprintOf(table));
    const told = await trainCtr(table, { fit, fingerprint: 'sha256:of the files' });
    expect(told.card.data_fingerprint).toBe('sha256:of the files');
  });

  it('survives JSON', async () => {
    const { card } = await trainCtr(withKeys(200), { fit, split: { by: 'group' }, folds: 2 });
    expect(JSON.parse(JSON.stringify(card))).toEqual(card);
  });
});

describe('a fingerprint', () => {
  it('is that of the numbers: equal for equal tables, another after any change', () => {
    expect(fingerprintOf(placements(50))).toBe(fingerprintOf(placements(50)));
    const changed = placements(50);
    changed.clicks[49] += 1;
    expect(fingerprintOf(changed)).not.toBe(fingerprintOf(placements(50)));
  });
});

describe('a background sample', () => {
  const table = placements(2000);

  it('has 64 draws in proportion to impressions, the same for the same seed', () => {
    const heavy = { ...table, impressions: table.impressions.slice() };
    heavy.impressions[5] = heavy.impressions.reduce((sum, n) => sum + n, 0);
    const { rows, weights } = sampleBackground(heavy, 1);
    expect(weights.reduce((sum, w) => sum + w, 0)).toBe(1);
    expect(rows).toHaveLength(weights.length);
    expect(Math.abs(Math.max(...weights) - 0.5)).toBeLessThan(0.02);
    expect(sampleBackground(heavy, 1)).toEqual({ rows, weights });
    expect(sampleBackground(heavy, 2)).not.toEqual({ rows, weights });
  });

  it('holds rows of the table, in schema order', () => {
    const { values, schema } = table.features;
    const known = new Set(Array.from({ length: 2000 }, (_, i) => values.map((v) => v[i]).join()));
    const { rows } = sampleBackground(table, 3);
    expect(rows.every((row) => known.has(row.join()))).toBe(true);
    expect(new RowEncoder(schema as Schema).width).toBe(rows[0].length);
  });

  it('stands for the mean of the table', () => {
    const { rows, weights } = sampleBackground(table, 4);
    const total = table.impressions.reduce((sum, n) => sum + n, 0);
    const mean = table.features.values[1].reduce(
      (sum, x, i) => sum + (x * table.impressions[i]) / total,
      0,
    );
    const sampled = rows.reduce((sum, row, i) => sum + weights[i] * row[1]!, 0);
    expect(Math.abs(sampled - mean)).toBeLessThan(1);
  });

  it('of a small table is the table, null for what is missing', () => {
    const small = placements(3);
    small.features.values[3][1] = NaN;
    const { rows, weights } = sampleBackground(small, 5);
    expect(rows[1][3]).toBeNull();
    const total = small.impressions.reduce((sum, n) => sum + n, 0);
    expect(weights).toEqual([...small.impressions.map((n) => n / total)]);
  });
});
