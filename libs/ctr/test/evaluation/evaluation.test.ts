import { fit, Random, logLoss, mae, normalisedEntropy, r2, rmse } from '@adscale/forest';
import {
  clampCtr,
  compareNe,
  evaluate,
  evaluatePredictions,
  fitInput,
  observedCtr,
  predictTable,
  takeTable,
  type CtrTable,
} from '../../src/index.js';
import { judgeBaselines } from '../../src/evaluation/baselines.js';
import { placements } from '../data.js';

describe('an evaluation', () => {
  const table = placements(400);
  const { forest } = fit(fitInput(table), { trees: 20 });

  it('of a good model is near perfect on both truths', () => {
    const evaluation = evaluate(forest, placements(200, 2));
    expect(evaluation.true!.r2).toBeGreaterThan(0.98);
    expect(evaluation.observed.r2).toBeGreaterThan(0.98);
    expect(evaluation.calibration_ratio).toBeCloseTo(1, 1);
    expect(evaluation.normalised_entropy).toBeLessThan(1);
    expect(evaluation.noise_ceiling).toBeGreaterThan(evaluation.observed.r2);
  });

  it('counts by rows and by impressions, after the clamp', () => {
    const predicted = predictTable(forest, table);
    const errors = predicted.map((p, i) => Math.abs(p - table.clicks[i] / table.impressions[i]));
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
    const { observed, impressions, clicks, rows } = evaluate(forest, table);
    expect(rows).toBe(400);
    expect([impressions, clicks]).toEqual([sum(table.impressions), sum(table.clicks)]);
    expect(observed.mae).toBeCloseTo(sum(errors) / 400, 12);
    const weighted = sum(errors.map((error, i) => error * table.impressions[i]));
    expect(observed.weighted_mae).toBeCloseTo(weighted / impressions, 12);
  });

  it('is off by what the model is off: halved clicks double the calibration ratio', () => {
    const half = { ...table, clicks: table.clicks.map((clicks) => clicks / 2) };
    const ratio =
      evaluate(forest, half).calibration_ratio / evaluate(forest, table).calibration_ratio;
    expect(ratio).toBeCloseTo(2, 9);
  });

  it('says nothing of a truth it does not know', () => {
    const { trueCtr, ...unknown } = table;
    expect(trueCtr).toBeDefined();
    const evaluation = evaluate(forest, unknown);
    expect(evaluation).not.toHaveProperty('true');
    expect(evaluation).not.toHaveProperty('noise_ceiling');
  });

  it('predicts many rows at once as one by one, clamped', () => {
    const many = placements(20_000, 5);
    const { values } = many.features;
    const wanted = many.impressions.map((_, i) =>
      clampCtr(forest.predict(values.map((column) => column[i]))),
    );
    expect(predictTable(forest, many)).toEqual(wanted);
  });

  it('has the metrics that the definitions give', () => {
    const predicted = predictTable(forest, table);
    const observed = observedCtr(table);
    const { impressions: weight, trueCtr } = table;
    const judged = evaluatePredictions(predicted, table, { replicates: 0 });
    const wanted = {
      r2: r2(observed, predicted),
      mae: mae(observed, predicted),
      rmse: rmse(observed, predicted),
      weighted_r2: r2(observed, predicted, weight),
      weighted_mae: mae(observed, predicted, weight),
      weighted_rmse: rmse(observed, predicted, weight),
    };
    for (const [name, value] of Object.entries(wanted)) {
      expect(judged.observed[name as keyof typeof wanted]).toBeCloseTo(value, 10);
    }
    expect(judged.true!.weighted_r2).toBeCloseTo(r2(trueCtr, predicted, weight), 10);
    expect(judged.noise_ceiling).toBeCloseTo(r2(observed, trueCtr), 10);
    expect(judged.weighted_noise_ceiling).toBeCloseTo(r2(observed, trueCtr, weight), 10);
    expect(judged.log_loss).toBeCloseTo(logLoss(observed, predicted, weight), 10);
    expect(judged.normalised_entropy).toBeCloseTo(
      normalisedEntropy(observed, predicted, weight),
      10,
    );
  });

  it('estimates the noise ceiling where it does not know the truth', () => {
    const noisy = drawClicks(placements(3000, 3), 4);
    const told = evaluatePredictions(noisy.trueCtr, noisy, { replicates: 0 });
    const { trueCtr, ...unknown } = noisy;
    const guessed = evaluatePredictions(trueCtr, unknown, { replicates: 0 });
    expect(guessed.noise_ceiling_estimate).toBeCloseTo(told.noise_ceiling!, 2);
    expect(guessed.weighted_noise_ceiling_estimate).toBeCloseTo(told.weighted_noise_ceiling!, 2);
    expect(told.share_of_ceiling).toBeCloseTo(1, 9);
  });

  it('tells no ceiling that the model is far above', () => {
    const { trueCtr, ...log } = drawClicks(placements(300, 3), 4, 1);
    const cautious = trueCtr.map((ctr) => 0.05 + 0.1 * (ctr - 0.05));
    const known = observedCtr(log).map((y, i) => 0.5 * y + 0.5 * cautious[i]);
    const { noise_ceiling_estimate, share_of_ceiling } = evaluatePredictions(known, log);
    expect([noise_ceiling_estimate, share_of_ceiling]).toEqual([null, null]);
  });

  it('has intervals that hold the metrics, narrower for more rows', () => {
    const few = evaluate(forest, placements(100, 5));
    const many = evaluate(forest, placements(1600, 5));
    const width = ([low, high]: readonly [number, number]): number => high - low;
    for (const name of ['normalised_entropy', 'calibration_ratio', 'log_loss'] as const) {
      const [low, high] = many.bootstrap.intervals[name]!;
      expect(low).toBeLessThan(many[name]);
      expect(high).toBeGreaterThan(many[name]);
      expect(width([low, high])).toBeLessThan(0.5 * width(few.bootstrap.intervals[name]!));
    }
    expect(few.bootstrap).toMatchObject({ level: 0.95, replicates: 200, resampled: 'rows' });
  });

  it('is less sure where rows come in groups that err together', () => {
    const rows = placements(800, 6);
    const groups = rows.trueCtr.map((_, row) => row % 8);
    const predicted = rows.trueCtr.map((ctr, row) => ctr * (groups[row] < 4 ? 1.2 : 0.8));
    const width = (options: { groups?: Float64Array }): number => {
      const [low, high] = evaluatePredictions(predicted, rows, options).bootstrap.intervals[
        'calibration_ratio'
      ]!;
      return high - low;
    };
    expect(width({ groups })).toBeGreaterThan(2 * width({}));
  });

  it('measures how often prediction intervals hold', () => {
    const noisy = drawClicks(placements(1500, 7), 8);
    const learned = fit(fitInput(noisy), { trees: 30, noise: 'binomial' }).forest;
    const { coverage } = evaluate(learned, drawClicks(placements(1000, 9), 10));
    expect(coverage.map(({ level }) => level)).toEqual([0.8, 0.9, 0.95]);
    for (const { level, share, interval, mean_width: width } of coverage) {
      expect(Math.abs(share - level)).toBeLessThan(0.04);
      expect(interval![0]).toBeLessThanOrEqual(share);
      expect(interval![1]).toBeGreaterThanOrEqual(share);
      expect(width).toBeGreaterThan(0);
    }
    const without = fit(fitInput(noisy), { trees: 3, bootstrap: false }).forest;
    expect(evaluate(without, noisy).coverage).toEqual([]);
  });

  it('of a grouped click log is that of the log, one row an impression', () => {
    const { grouped, log } = logAndGroups();
    const ctr = (features: CtrTable['features']): Float64Array =>
      features.values[1].map((position) => 0.3 / position);
    const ofGroups = evaluatePredictions(ctr(grouped.features), grouped);
    const ofLog = evaluatePredictions(ctr(log.features), log);
    expect(ofGroups.rows).toBe(ofLog.rows);
    for (const name of ['normalised_entropy', 'auc', 'calibration_ratio'] as const) {
      expect(ofGroups[name]).toBeCloseTo(ofLog[name]!, 9);
    }
    expect(ofGroups.observed.r2).toBeCloseTo(ofLog.observed.r2, 9);
    expect(ofGroups.observed.mae).toBeCloseTo(ofLog.observed.mae, 9);
    const [one, other] = [ofGroups, ofLog].map(({ bootstrap }) => {
      const [low, high] = bootstrap.intervals['normalised_entropy']!;
      return high - low;
    });
    expect(Math.abs(one / other - 1)).toBeLessThan(0.25);
  });

  it('of a sampled click log is that of the log before it was sampled', () => {
    const { grouped } = logAndGroups();
    const negativeSamplingRate = 0.25;
    const full = {
      ...grouped,
      impressions: grouped.impressions.map(
        (n, i) => grouped.clicks[i] + 4 * (n - grouped.clicks[i]),
      ),
    };
    const sampled = { ...grouped, negativeSamplingRate };
    const ctr = grouped.features.values[1].map((position) => 0.1 / position);
    const [ofSampled, ofFull] = [sampled, full].map((table) => evaluatePredictions(ctr, table));
    for (const name of [
      'impressions',
      'clicks',
      'normalised_entropy',
      'calibration_ratio',
      'auc',
    ] as const) {
      expect(ofSampled[name]).toBeCloseTo(ofFull[name]!, 9);
    }
    expect(ofSampled.observed.r2).toBeCloseTo(ofFull.observed.r2, 9);
    expect(ofSampled.noise_ceiling_estimate).toBeCloseTo(ofFull.noise_ceiling_estimate!, 9);
    expect(judgeBaselines(sampled, sampled, ctr)[0]).toMatchObject({
      normalised_entropy: expect.closeTo(judgeBaselines(full, full, ctr)[0].normalised_entropy, 9),
    });
  });

  it('of rows that were all observed alike has no R², and no interval of one', () => {
    const rows = placements(40, 3);
    const alike = {
      ...rows,
      impressions: rows.impressions.map(() => 1000),
      clicks: rows.clicks.map(() => 9),
    };
    const { observed, bootstrap } = evaluatePredictions(alike.trueCtr, alike);
    expect(Number.isFinite(observed.r2)).toBe(false);
    expect(bootstrap.intervals['observed.r2']).toBeNull();
  });
});

describe('two predictions of the same rows', () => {
  const rows = placements(500, 11);
  const worse = rows.trueCtr.map((ctr) => 0.7 * ctr + 0.02);

  it('are told apart more surely than each is known by itself', () => {
    const { difference, interval } = compareNe(rows.trueCtr, worse, rows);
    const ne = (predicted: Float64Array) => evaluatePredictions(predicted, rows);
    const [one, other] = [ne(rows.trueCtr), ne(worse)];
    expect(difference).toBeCloseTo(one.normalised_entropy - other.normalised_entropy, 12);
    expect(interval![1]).toBeLessThan(0);
    const alone = one.bootstrap.intervals['normalised_entropy']!;
    expect(interval![1] - interval![0]).toBeLessThan(0.8 * (alone[1] - alone[0]));
  });

  it('differ by nothing if they are the same', () => {
    const { difference, interval } = compareNe(worse, worse, rows);
    expect([difference, interval]).toEqual([0, [0, 0]]);
  });
});

/** Clicks drawn by chance instead of rounded, of `impressions` a row if given. */
function drawClicks<T extends CtrTable & { trueCtr: Float64Array }>(
  rows: T,
  seed: number,
  impressions?: number,
): T {
  const random = new Random(seed, 1);
  const counts = rows.impressions.map((n) => impressions ?? n / 10).map(Math.ceil);
  const clicks = counts.map((n, row) => {
    let clicked = 0;
    for (let i = 0; i < n; i++) clicked += +(random.below(1e6) < 1e6 * rows.trueCtr[row]);
    return clicked;
  });
  return { ...rows, impressions: counts, clicks };
}

/** A click log of one impression a row, and the same with equal placements put together. */
function logAndGroups(): { grouped: CtrTable; log: CtrTable } {
  const cells = placements(12, 2);
  const impressions = Float64Array.from({ length: 12 }, (_, i) => 20 + 7 * i);
  const clicks = impressions.map((n, i) => Math.round((n * (i + 1)) / 40));
  const rows = Array.from(impressions).flatMap((n, i) => new Array<number>(n).fill(i));
  const seen = new Map<number, number>();
  const { trueCtr, ...plain } = cells;
  expect(trueCtr).toHaveLength(12);
  const log = takeTable(plain, rows);
  log.impressions.fill(1);
  rows.forEach((cell, row) => {
    const before = seen.get(cell) ?? 0;
    log.clicks[row] = +(before < clicks[cell]);
    seen.set(cell, before + 1);
  });
  return { grouped: { ...plain, impressions, clicks, grouped: true }, log };
}
