import {
  evaluate,
  evaluatePredictions,
  takeTable,
  trainCtr,
  type CtrTable,
  type Trained,
} from '@adscale/ctr';
import { columnsFrom, type Schema } from '@adscale/forest';
import { logTicks, roundUp } from '../../src/page/axes.js';
import { fitPoints, residualsBy } from '../../src/report/fit.js';
import { Distribution, tellNumber, viewFeature } from '../../src/report/levels.js';
import { describeModel } from '../../src/report/report.js';
import { weeksAhead } from '../../src/report/weeks.js';
import { practiceTable } from '../practice-table.js';

const schema: Schema = {
  features: [
    { name: 'size', kind: 'numeric' },
    { name: 'rank', kind: 'integer' },
    { name: 'site', kind: 'categorical', categories: Array.from('abcdefghijklmnopqrst') },
  ],
};

function table(rows: number): CtrTable {
  const of = <T>(make: (i: number) => T): T[] => Array.from({ length: rows }, (_, i) => make(i));
  const letters = Array.from('abcdefghijklmnopqrst');
  return {
    features: columnsFrom(schema, {
      size: of((i) => i),
      rank: of((i) => 1 + (i % 4)),
      site: of((i) => letters[i % 20]),
    }),
    impressions: Float64Array.from(of((i) => 100 + (i % 20))),
    clicks: Float64Array.from(of((i) => 1 + (i % 4))),
  };
}

describe('levels', () => {
  it('of a number with few values are the values', () => {
    const { labels, levelOf, values } = viewFeature(table(40), 1).levels;
    expect([labels, values]).toEqual([
      ['1', '2', '3', '4'],
      [1, 2, 3, 4],
    ]);
    expect([levelOf(3), levelOf(9), levelOf(NaN)]).toEqual([2, -1, -1]);
  });

  it('of a number with many values are its tenths', () => {
    const { labels, levelOf, values } = viewFeature(table(100), 0).levels;
    expect([labels.length, values]).toEqual([10, null]);
    expect(labels[0]).toBe('0–10');
    expect([levelOf(0), levelOf(9), levelOf(10), levelOf(99), levelOf(1e9)]).toEqual([
      0, 0, 1, 9, 9,
    ]);
  });

  it('of many categories are the ones with most impressions, in their order', () => {
    const { labels, levelOf } = viewFeature(table(200), 2).levels;
    expect(labels).toEqual(Array.from('ijklmnopqrst'));
    expect([levelOf(8), levelOf(0)]).toEqual([0, -1]);
  });

  it.each([
    [0, '0'],
    [9999, '9999'],
    [12_345, '12.3k'],
    [4_000_000, '4M'],
    [0.123456, '0.123'],
  ])('show %d as %s', (value, text) => expect(tellNumber(value)).toBe(text));
});

describe('a distribution', () => {
  it.each([7, 5000])('of %d distinct values is that of the sorted rows', (distinct) => {
    const values = Float64Array.from({ length: 12_000 }, (_, i) =>
      i % 10 === 0 ? NaN : ((i * 7919) % distinct) / 8,
    );
    const sorted = values.filter((value) => !Number.isNaN(value)).sort();
    const distribution = Distribution.of(values);
    expect(distribution.rows).toBe(sorted.length);
    expect([...distribution.values]).toEqual([...new Set(sorted)]);
    expect(Array.from(sorted, (_, rank) => distribution.at(rank))).toEqual([...sorted]);
    expect(distribution.quantile(0.5)).toBe(sorted[Math.round((sorted.length - 1) / 2)]);
  });

  it('of nothing has no rows', () => {
    const { rows, values } = Distribution.of(Float64Array.of(NaN, NaN));
    expect([rows, values.length]).toEqual([0, 0]);
  });
});

describe('ticks', () => {
  it('of a logarithmic axis are round', () => {
    expect(logTicks(0.0008, 0.013)).toEqual([0.001, 0.002, 0.005, 0.01]);
    expect(logTicks(1, 1e5)).toEqual([1, 10, 100, 1000, 10_000, 100_000]);
  });

  it.each([
    [0.0971, 0.1],
    [0.1, 0.1],
    [0.11, 0.12],
    [37, 40],
  ])('end a linear axis that reaches %d at %d', (value, end) => expect(roundUp(value)).toBe(end));
});

describe('residuals', () => {
  it('are observed over predicted clicks, by level', () => {
    const rows = table(80);
    const predicted = rows.clicks.map((k, i) => (2 * k) / rows.impressions[i]);
    const { levels } = residualsBy(viewFeature(rows, 1), rows, predicted);
    expect(levels.map(({ label }) => label)).toEqual(['1', '2', '3', '4']);
    for (const { ratio, low, high } of levels) {
      expect(ratio).toBeCloseTo(0.5, 12);
      expect(low).toBeLessThan(0.5);
      expect(high).toBeGreaterThan(0.5);
    }
    expect(levels[3].clicks).toBe(80);
    const wide = residualsBy(viewFeature(rows, 1), rows, predicted, { rhoOf: () => 0.1 }).levels;
    levels.forEach(({ low, high }, level) => {
      expect(wide[level].low).toBeLessThan(low!);
      expect(wide[level].high).toBeGreaterThan(high!);
    });
  });
});

describe('weeks ahead', () => {
  it('judge the held-out rows seven days by seven from the first held-out moment on', async () => {
    const day = 24 * 3600;
    const from = Date.UTC(2026, 2, 1) / 1000;
    const rows = {
      ...practiceTable(400),
      time: Float64Array.from({ length: 400 }, (_, i) => from + (i >> 2) * day),
    };
    const fit = { trees: 3 };
    const trained = await trainCtr(rows, { fit, threads: 1, split: { by: 'time' } });
    const weeks = weeksAhead(trained);
    expect(trained.card.split.from).toBe(from + 80 * day);
    expect(weeks.map((week) => [week.week, week.rows])).toEqual([
      [1, 28],
      [2, 28],
      [3, 24],
    ]);
    const last = Array.from({ length: 24 }, (_, i) => 56 + i);
    const judged = evaluatePredictions(
      Float64Array.from(last, (row) => trained.predicted[row]),
      takeTable(trained.heldOut, last),
      { replicates: 0 },
    );
    expect(weeks[2].normalised_entropy).toBe(judged.normalised_entropy);
    expect(weeks[2].calibration_ratio).toBe(judged.calibration_ratio);
    expect(weeks[2].normalised_entropy_interval![0]).toBeLessThan(judged.normalised_entropy);
    expect(describeModel(trained).weeks_ahead).toEqual(weeks);
    // The same days counted from 1: nobody knows how long one is.
    const counted = { ...rows, time: rows.time.map((time) => (time - from) / day) };
    const other = await trainCtr(counted, { fit, threads: 1, split: { by: 'time' } });
    expect(weeksAhead(other)).toEqual([]);
    expect(weeksAhead(await trainCtr(rows, { fit, threads: 1 }))).toEqual([]);
  });
});

describe('points of a fit', () => {
  it('are rows where rows say something, bins where they do not', () => {
    const rows = practiceTable(500);
    const byRow = fitPoints(rows, rows.trueCtr!);
    expect(byRow.each).toBe('row');
    for (const { low, observed, high } of byRow.points) {
      expect(low).toBeLessThanOrEqual(observed);
      expect(high).toBeGreaterThanOrEqual(observed);
    }
    const few = { ...rows, clicks: rows.clicks.map((k) => Math.min(1, k)) };
    const byBin = fitPoints(few, rows.trueCtr!);
    expect(byBin.each).toBe('bin');
    expect(byBin.points.length).toBeLessThanOrEqual(40);
  });
});

describe('a model as a report describes it', () => {
  let trained: Trained;
  beforeAll(async () => {
    trained = await trainCtr(practiceTable(800), { fit: { trees: 20 }, threads: 1 });
  });
  const textOf = (changed: Trained, notes: string[] = []): string =>
    describeModel(changed, notes)
      .warnings.map(({ weight, text }) => `${weight}: ${text}`)
      .join('\n');

  it('ranks features, follows the trees and lays out position by device', () => {
    const document = describeModel(trained);
    expect(document.importances[0].feature).toBe('ad_position');
    const { points, complete, rows } = document.learning_curve!;
    expect([complete, rows]).toEqual([true, 640]);
    expect(points.at(-1)!.trees).toBe(20);
    const { out_of_bag: outOfBag } = trained.card;
    expect(points.at(-1)!.normalised_entropy).toBe(outOfBag.normalised_entropy);
    const heat = document.heat_map!;
    expect([heat.rows.feature, heat.columns.feature]).toEqual(['device_type', 'ad_position']);
    expect(heat.cells).toHaveLength(30);
    const top = heat.cells.filter(({ column }) => column === 0);
    const bottom = heat.cells.filter(({ column }) => column === 9);
    top.forEach(({ predicted }, i) => expect(predicted).toBeGreaterThan(bottom[i].predicted));
    expect(document.effects.map(({ feature }) => feature).sort()).toEqual([
      'ad_position',
      'budget',
      'device_type',
      'impressions',
    ]);
    expect(JSON.parse(JSON.stringify(document)).profile).toHaveLength(4);
  });

  it('says what reading the data had to say', () => {
    expect(textOf(trained, ['cost is left out: it follows the clicks'])).toContain(
      'note: cost is left out',
    );
  });

  it('begins with calibration that is off, however little, if it is beyond chance', () => {
    const clicks = trained.heldOut.clicks.map((k) => Math.round(k / 2));
    expect(textOf(rejudged({ ...trained.heldOut, clicks }), ['another note'])).toMatch(
      /^serious: Calibration is off: the model predicts \d+ % more clicks/,
    );
    const { card } = trained;
    const judged = (interval: [number, number]) => {
      const { bootstrap } = card.held_out;
      const intervals = { ...bootstrap.intervals, calibration_ratio: interval };
      return { ...card.held_out, calibration_ratio: 1.02, bootstrap: { ...bootstrap, intervals } };
    };
    const textFor = (interval: [number, number]) =>
      textOf({ ...trained, card: { ...card, held_out: judged(interval) } });
    expect(textFor([1.01, 1.03])).toMatch(
      /^serious: Calibration is off: the model predicts 2\.0 %/,
    );
    expect(textFor([0.99, 1.05])).not.toContain('Calibration');
  });

  it('warns of a model that simpler predictions match, and of one that knows nothing', () => {
    const { card } = trained;
    const [constant, byFeature, regression] = card.baselines;
    const even = { difference: 0.0003, interval: [-0.001, 0.0016] as const };
    const baselines = [constant, byFeature, { ...regression, forest_less_baseline: even }];
    expect(textOf({ ...trained, card: { ...card, baselines } })).toMatch(
      /note: The forest is not shown to be better than logistic regression.*\+0\.0003.*\+0\.0016/,
    );
    const held_out = { ...card.held_out, normalised_entropy: 1.02 };
    expect(textOf({ ...trained, card: { ...card, held_out } })).toMatch(/serious: NE is 1\.0200/);
  });

  it('warns of few clicks and few groups', () => {
    const { card } = trained;
    const few = {
      ...card,
      split: { by: 'group' as const, share: 0.2, groups: { training: 9, held_out: 3 } },
      held_out: { ...card.held_out, clicks: 44 },
    };
    const text = textOf({ ...trained, card: few });
    expect(text).toContain('note: Only 44 clicks');
    expect(text).toContain('note: Only 3 groups');
  });

  it('warns of segments that are off, and of rows that dominate with what they change', () => {
    const { card } = trained;
    const [first, ...others] = card.segments!;
    const segments = [{ ...first, calibration_ratio: 1.31, off: true }, ...others];
    expect(textOf({ ...trained, card: { ...card, segments } })).toMatch(
      /note: In 1 of \d+ segments .*: ad_position = 1 \(1\.31\)\./,
    );
    const row = { row: 0, impressions: 1, clicks: 1, share: 0.4, features: { ad_position: 2 } };
    const without = { ...card.held_out, normalised_entropy: 0.8 };
    const dominant_rows = { training: row, held_out: { ...row, without } };
    const text = textOf({ ...trained, card: { ...card, dominant_rows } });
    expect(text).toContain('note: One row has 40 % of the training impressions: ad_position 2.');
    expect(text).toMatch(
      /held-out impressions: ad_position 2\. With it NE is .*, without it 0\.8000/,
    );
  });

  it('blames no model for what rows may have of their own', () => {
    const { card } = trained;
    const { noise_ceiling: _, ...judged } = card.held_out;
    const low = { ...judged, weighted_share_of_ceiling: 0.5 };
    const overdispersion = { ...judged.overdispersion!, rho: 0.01, weighted_noise_ceiling: 0.55 };
    const told = (interval: readonly [number, number]): string => {
      const held_out = { ...low, overdispersion: { ...overdispersion, interval } };
      return textOf({ ...trained, card: { ...card, held_out } });
    };
    expect(told([0.008, 0.012])).toMatch(
      /explains 50 % of what binomial chance leaves.*\(ρ 0\.01000\).*leave a perfect model R² 0\.55/,
    );
    expect(told([0, 0.012])).toContain('CTR varies in ways that no feature here tells');
  });

  it('warns where held-out rows lie outside the training range', () => {
    const { features } = trained.heldOut;
    const values = features.values.map((column, f) =>
      f === 3 ? column.map((x) => 1e7 + x) : column,
    );
    const heldOut = { ...trained.heldOut, features: { ...features, values } };
    expect(textOf({ ...trained, heldOut })).toMatch(
      /In 100 % of the held-out rows budget lies out/,
    );
  });

  it('warns of intervals that do not hold what they promise', () => {
    const { card } = trained;
    const [low] = card.held_out.coverage;
    const coverage = [{ ...low, share: 0.6, interval: [0.55, 0.65] as const }];
    const held_out = { ...card.held_out, coverage };
    expect(textOf({ ...trained, card: { ...card, held_out } })).toContain(
      'intervals of 80 % hold 60 %',
    );
  });

  /** The model with another held-out table, judged anew. */
  function rejudged(heldOut: CtrTable): Trained {
    const held_out = evaluate(trained.forest, heldOut);
    return { ...trained, heldOut, card: { ...trained.card, held_out } };
  }
});
