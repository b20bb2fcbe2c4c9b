import { ForestError, writeModel, type Schema } from '@adscale/forest';
import { splitTable, type CtrTable } from '../../src/index.js';
import { predictTable } from '../../src/evaluation/evaluation.js';
import { lossesOf } from '../../src/training/choice.js';
import { selectModel, type SelectionOptions } from '../../src/training/selection.js';
import { encodedTable, knownTable } from '../../src/training/training.js';
import { drawing, sum, tableOf } from '../draw.js';
import { world } from './worlds.js';

const quick = { trees: 10, seed: 42, maxBins: 32, minLeafRows: 5, minLeafWeight: 200 } as const;
const boosters = { rounds: 25, learningRate: 0.3, maxDepth: 3, patience: 5 } as const;

const select = (table: CtrTable, options: Partial<SelectionOptions> = {}) =>
  selectModel(table, {
    kind: 'auto',
    forest: quick,
    boosters,
    split: {},
    threads: { threads: 1 },
    ...options,
  });

type Selected = Awaited<ReturnType<typeof select>>;

const predicted = ({ forest, encoding }: Selected, table: CtrTable): Float64Array =>
  predictTable(forest, encodedTable(knownTable(table, encoding), encoding));

/** Loss over that of a constant. */
function entropyOver(table: CtrTable, ctrs: Float64Array, average: number): number {
  const outcomes = {
    target: table.clicks.map((k, row) => k / table.impressions[row]),
    weight: table.impressions,
  };
  return (
    sum(lossesOf(outcomes, ctrs)) /
    sum(
      lossesOf(
        outcomes,
        ctrs.map(() => average),
      ),
    )
  );
}

const averageOf = (table: CtrTable): number => sum(table.clicks) / sum(table.impressions);

describe('a model that is selected', () => {
  const table = world({ rows: 240, seed: 1, words: 30, likeness: 0.05 });

  it('finds what words and positions are worth, and says so honestly', async () => {
    const larger = world({ rows: 1000, seed: 1, words: 30, likeness: 0.05 });
    const { training, heldOut } = splitTable(larger, 0.4, 1);
    const chosen = await select(training);
    expect(chosen.choice.kind).not.toBe('average');
    const ne = entropyOver(heldOut, predicted(chosen, heldOut), averageOf(training));
    expect(ne).toBeLessThan(0.97);
    const { compared, kind } = chosen.choice;
    const told = compared.find((one) => one.kind === kind)!;
    expect(Math.abs(told.normalised_entropy - ne)).toBeLessThan(0.03);
    expect(chosen.choice.words!.map(({ name, parent, seen }) => [name, parent, seen])).toEqual([
      ['campaign', null, 6],
      ['keyword', 'campaign', 30],
    ]);
  });

  it.each(['average', 'forest', 'boosted', 'blend'] as const)(
    'may be asked to be %s',
    async (kind) => {
      const { choice, forest, input } = await select(table, { kind });
      expect(choice.kind).toBe(kind);
      expect(choice.compared.some((one) => one.kind === kind)).toBe(true);
      expect(choice.compared.some((one) => one.kind === 'average')).toBe(kind === 'average');
      if (kind !== 'average') return;
      const rows = predictTable(forest, { ...table, features: input.columns });
      for (const ctr of rows) expect(ctr).toBeCloseTo(averageOf(table), 12);
    },
  );

  it('as a blend mixes its two as it says', async () => {
    const uncalibrated = async (kind: SelectionOptions['kind']) => {
      const one = await select(table, { kind });
      return { ...one, forest: one.forest.with({ calibration: null, intervals: null }) };
    };
    const [forest, boosted, blend] = await Promise.all(
      (['forest', 'boosted', 'blend'] as const).map(uncalibrated),
    );
    const share = blend.choice.blend!.forest;
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1);
    const [a, b, c] = [forest, boosted, blend].map((one) => predicted(one, table));
    let worst = 0;
    c.forEach((p, row) => {
      worst = Math.max(worst, Math.abs(p - share * a[row] - (1 - share) * b[row]));
    });
    expect(worst).toBeLessThan(1e-9);
  });

  it('is the same bytes for any number of threads', async () => {
    const [one, three] = await Promise.all(
      [1, 3].map(async (threads) => (await select(table, { threads: { threads } })).forest),
    );
    expect(writeModel(one)).toEqual(writeModel(three));
  });

  it('is not made once its signal is aborted', async () => {
    const aborted = select(table, { threads: { threads: 1, signal: AbortSignal.abort() } });
    await expect(aborted).rejects.toThrow(ForestError);
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
    const control = new AbortController();
    const later = select(table, {
      threads: { threads: 1, signal: control.signal },
      onStage: (stage) => stage === 'boosting' && control.abort(),
    });
    await expect(later).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('tells what it is doing, and how much is done, which never falls', async () => {
    const told: [string, number][] = [];
    await select(table, { onStage: (stage, share) => told.push([stage, share]) });
    expect(new Set(told.map(([stage]) => stage))).toEqual(
      new Set(['words', 'weights', 'forest', 'boosting', 'done']),
    );
    const shares = told.map(([, share]) => share);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });
});

describe('where clicks depend on nothing', () => {
  it('the average is chosen, or what is chosen is no worse on fresh rows', async () => {
    const excess: number[] = [];
    const honest: number[] = [];
    let averages = 0;
    for (const seed of [1, 2, 3, 4]) {
      // Three rows a word: enough to remember them by.
      const table = world({ rows: 240, words: 80, most: 100, random: true, seed });
      const chosen = await select(table);
      // The same words and positions, other clicks.
      const draw = drawing(seed + 200);
      const clicks = table.impressions.map((n) => draw.binomial(n, 0.06));
      const fresh = { ...table, clicks };
      excess.push(entropyOver(fresh, predicted(chosen, fresh), averageOf(table)) - 1);
      if (chosen.choice.kind === 'average') averages++;
      for (const { kind, behind } of chosen.choice.compared) {
        const [average] = chosen.choice.compared;
        if (kind !== 'average') honest.push(behind - average.behind);
      }
    }
    expect(averages).toBeGreaterThanOrEqual(2);
    expect(sum(excess) / excess.length).toBeLessThan(0.001);
    // Out of fold nothing is better than the average beyond chance: that would be a row that knew itself.
    expect(sum(honest) / honest.length).toBeGreaterThan(-0.0005);
  });
});

describe('how rows count', () => {
  /** A world of which nothing but the position is known. */
  function placesOf(table: CtrTable): CtrTable {
    const { schema, rows, values } = table.features;
    const features = { schema: { features: [schema.features[2]] }, rows, values: [values[2]] };
    return { ...table, features, vocabularies: {} };
  }

  it('is by impressions where clicks are binomial', async () => {
    const { choice } = await select(world({ rows: 240, seed: 2, random: true }), {
      kind: 'forest',
    });
    expect(choice.weights!.kind).toBe('impressions');
  });

  it('is not by impressions where a single row of many would decide', async () => {
    for (const seed of [1, 2]) {
      const sizes = { rows: 400, seed, most: 4000, likeness: 0.0005 };
      const fresh = placesOf(world(sizes)) as ReturnType<typeof world>;
      const table = placesOf(world({ ...sizes, rho: 0.02, dominant: 3 }));
      // The great row did three times as well as its place has it.
      table.clicks[3] = Math.round(3 * table.trueCtr![3] * table.impressions[3]);
      const chosen = await select(table, { kind: 'forest' });
      expect(chosen.choice.weights!.kind).not.toBe('impressions');
      const ctrs = predicted(chosen, fresh);
      const clicks = (rates: Float64Array): number =>
        sum(rates.map((p, row) => p * fresh.impressions[row]));
      expect(Math.abs(clicks(ctrs) / clicks(fresh.trueCtr) - 1)).toBeLessThan(0.15);
    }
  });

  it('is all alike where all rows have as many impressions', async () => {
    const table = world({ rows: 200, seed: 3 });
    const impressions = table.impressions.map(() => 700);
    const { choice } = await select({ ...table, impressions }, { kind: 'forest' });
    expect(choice.weights).toBeUndefined();
  });
});

describe('the age of rows', () => {
  /** Words whose worth is drawn anew from time to time, or never. */
  function drifting(rows: number, drift: boolean): CtrTable {
    const draw = drawing(4);
    const words = Array.from({ length: rows }, () => draw.below(6));
    const time = Float64Array.from(words.keys());
    const n = words.map(() => 400);
    const rates = (row: number): number => {
      const phase = drift ? (row / rows) * Math.PI : 0;
      return 0.06 * (1 + 0.8 * Math.sin(phase + words[row]));
    };
    const k = n.map((count, row) => draw.binomial(count, rates(row)));
    const features = [{ name: 'size', kind: 'integer' as const }];
    return { ...tableOf(features, [words], n, k), time };
  }

  it('matters where the world drifts', async () => {
    const { choice } = await select(drifting(600, true), {
      kind: 'forest',
      split: { by: 'time' },
    });
    expect(choice.half_life).toBeLessThan(600);
    expect(choice.repeats).toBe(1);
  });

  it('counts in the calibration too: what all rows clicked on average is not what they click now', async () => {
    const draw = drawing(9);
    const words = Array.from({ length: 900 }, () => draw.below(6));
    // Two thirds of the way, half of the words lose a third of their clicks.
    const rate = (word: number, row: number): number =>
      (0.04 + 0.01 * word) * (row >= 600 && word < 3 ? 0.67 : 1);
    const k = words.map((word, row) => draw.binomial(4000, rate(word, row)));
    const features = [{ name: 'size', kind: 'integer' as const }];
    const counts = words.map(() => 4000);
    const table = {
      ...tableOf(features, [words], counts, k),
      time: Float64Array.from(words.keys()),
    };
    const chosen = await select(table, { kind: 'forest', split: { by: 'time' } });
    expect(chosen.choice.half_life).toBeLessThan(450);
    const ctrs = predicted(chosen, table);
    const late = words.flatMap((word, row) => (row >= 600 ? [[ctrs[row], rate(word, row)]] : []));
    const ratio = sum(late.map(([p]) => p)) / sum(late.map(([, truth]) => truth));
    // Calibrated to all rows alike, it would be 0.1 as without a half-life.
    expect(Math.abs(ratio - 1)).toBeLessThan(0.08);
  });

  it('does not matter where it does not, nor where rows are not split by time', async () => {
    const still = await select(drifting(600, false), { kind: 'forest', split: { by: 'time' } });
    expect(still.choice.half_life).toBeUndefined();
    const apart = await select(drifting(300, true), { kind: 'forest' });
    expect(apart.choice.half_life).toBeUndefined();
  });
});

describe('calibration', () => {
  it('is used where a model is too timid, and is better for it on fresh rows', async () => {
    const table = world({ rows: 800, seed: 6, likeness: 0.1, words: 20 });
    const { training, heldOut } = splitTable(table, 0.3, 1);
    const timid = { ...boosters, rounds: 3, learningRate: 0.1 };
    const chosen = await select(training, { kind: 'boosted', boosters: timid });
    expect(chosen.choice.calibration).toBeDefined();
    const before = { ...chosen, forest: chosen.forest.with({ calibration: null }) };
    const average = averageOf(training);
    expect(entropyOver(heldOut, predicted(chosen, heldOut), average)).toBeLessThan(
      entropyOver(heldOut, predicted(before, heldOut), average) - 0.01,
    );
  });

  it('is never put on the average', async () => {
    const { forest } = await select(world({ rows: 400, seed: 7 }), { kind: 'average' });
    expect(forest.calibration).toBeNull();
  });
});

describe('rows of any kind', () => {
  it('by time, by group, or as a grouped click log give a model with words', async () => {
    const table = world({ rows: 240, seed: 8, words: 30, likeness: 0.05 });
    const time = Float64Array.from({ length: 240 }, (_, row) => row % 10);
    const group = Float64Array.from(table.features.values[1]);
    for (const [some, split] of [
      [{ ...table, time }, { by: 'time' }],
      [{ ...table, time }, {}],
      [{ ...table, group }, { by: 'group' }],
      [{ ...table, grouped: true }, {}],
    ] as const) {
      const { choice, encoding, forest } = await select(some, { split, kind: 'forest' });
      expect(choice.kind).toBe('forest');
      expect(choice.folds).toBe(5);
      expect(encoding!.vocabularies['keyword'].size).toBeGreaterThan(20);
      expect(forest.intervals).not.toBeNull();
    }
  });

  it('with whole words and crosses are columns by their names', async () => {
    const draw = drawing(9);
    const ids = Array.from({ length: 600 }, () => 5000 + draw.below(20));
    const places = ids.map(() => 1 + draw.below(3));
    const n = ids.map(() => 300);
    const k = ids.map((id, row) =>
      draw.binomial(300, (id % 2) * (places[row] === 2 ? 0.1 : 0.04) + 0.02),
    );
    const features = [
      { name: 'site', kind: 'word' as const, whole: true },
      { name: 'position', kind: 'integer' as const },
    ];
    const table = tableOf(features, [ids, places], n, k);
    const { forest, encoding } = await select(table, { words: { cross: [['site', 'position']] } });
    expect((forest.schema as Schema).features.map(({ name }) => name)).toEqual([
      'site',
      'site.ctr',
      'site.count',
      'position',
      'site × position.ctr',
      'site × position.count',
    ]);
    const at = (site: number, place: number): number => {
      const row = new Float64Array(6);
      encoding!.expand([site, place], row);
      return forest.predict(row);
    };
    expect(at(5001, 2)).toBeGreaterThan(1.5 * at(5001, 1));
    expect(at(5001, 1)).toBeGreaterThan(1.5 * at(5000, 1));
  });

  it('without words are columns as they are', async () => {
    const table = world({ rows: 200, seed: 10 });
    const { schema, values } = table.features;
    const plain = {
      ...table,
      features: { schema: { features: [schema.features[2]] }, rows: 200, values: [values[2]] },
      vocabularies: {},
    };
    const { forest, encoding, choice } = await select(plain);
    expect(encoding).toBeUndefined();
    expect(choice.words).toBeUndefined();
    expect(forest.attached).toBeNull();
  });

  it('without a click give a model that answers none', async () => {
    const table = world({ rows: 300, seed: 11 });
    const none = { ...table, clicks: table.clicks.map(() => 0) };
    const chosen = await select(none);
    expect(chosen.choice.kind).toBe('average');
    for (const ctr of predicted(chosen, none)) expect(ctr).toBe(0.0001);
  });
});
