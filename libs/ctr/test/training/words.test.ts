import { attachWords } from '../../src/words/stored.js';
import { readModel, writeModel } from '@adscale/forest';
import { fitParallel } from '@adscale/forest/node';
import { CtrModel, defaultFitOptionsFor, fitInput, splitTable, trainCtr } from '../../src/index.js';
import { placements } from '../data.js';
import { world } from './worlds.js';

const fit = { trees: 10, maxBins: 32 };
const boosters = { rounds: 15, learningRate: 0.3, maxDepth: 3, patience: 5 };

describe('training', () => {
  it('without words and with no kind asked for is the bag of trees that it was, byte by byte', async () => {
    const table = placements(300);
    const { training } = splitTable(table, 0.2, 42);
    const settings = { ...defaultFitOptionsFor(training), ...fit };
    const { forest } = await fitParallel(fitInput(training), settings, { threads: 1 });
    const { bytes, card } = await trainCtr(table, { fit, threads: 1 });
    expect(bytes).toEqual(writeModel(forest));
    expect(card.choice).toBeUndefined();
    expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true)).toBe(1);
  });

  it('with words keeps them in its file and its card, and survives JSON', async () => {
    const table = world({ rows: 300, seed: 1, words: 20, likeness: 0.05 });
    const { bytes, card, encoding, predicted, heldOut } = await trainCtr(table, {
      fit,
      boosters,
      model: 'auto',
      threads: 1,
    });
    expect(JSON.parse(JSON.stringify(card))).toEqual(card);
    expect(card.schema).toEqual(table.features.schema);
    expect(card.choice!.compared.map(({ kind }) => kind).slice(0, 3)).toEqual([
      'average',
      'forest',
      'boosted',
    ]);
    expect(Object.keys(card.training.ranges)).toEqual(['keyword', 'campaign', 'position']);
    const model = CtrModel.load(bytes, card);
    expect(attachWords(model.words!)).toEqual(attachWords(encoding!));
    expect(writeModel(readModel(bytes))).toEqual(bytes);
    const first = heldOut.features.values.map((column) => column[0]);
    expect(model.predictRow(first)).toBe(predicted[0]);
  });

  it('with words over folds judges models that were made as this one is', async () => {
    const table = world({ rows: 240, seed: 2, words: 12, likeness: 0.1 });
    const { card } = await trainCtr(table, { fit, folds: 2, threads: 1 });
    const { folds, mean } = card.cross_validation!.metrics['normalised_entropy'];
    expect(folds).toHaveLength(2);
    expect(mean).toBeLessThan(1);
    expect(Math.abs(mean - card.held_out.normalised_entropy)).toBeLessThan(0.1);
  });

  it('with words tunes the forest by the columns that its trees ask for', async () => {
    const table = world({ rows: 240, seed: 3, words: 12, likeness: 0.1 });
    const told: number[] = [];
    const tune = {
      budgetSeconds: 1e-9,
      onCandidate: ({ normalised_entropy }: { normalised_entropy: number }) =>
        void told.push(normalised_entropy),
    };
    const { card } = await trainCtr(table, { fit, model: 'forest', tune, threads: 1 });
    expect(told).toHaveLength(1);
    expect(card.tuning).toMatchObject({
      ended: 'out_of_time',
      tried: [{ options: { maxBins: 32 } }],
    });
    expect(card.parameters.minLeafRows).toBe(card.tuning!.best.minLeafRows);
  });

  it('as a blend that is asked for publishes a blend, however little one kind adds', async () => {
    const table = world({ rows: 160, seed: 4, words: 8, random: true });
    const { card, forest } = await trainCtr(table, { fit, boosters, model: 'blend', threads: 1 });
    expect(card.choice!.kind).toBe('blend');
    expect(card.choice!.blend!.forest).toBeGreaterThanOrEqual(0.02);
    expect(card.choice!.blend!.forest).toBeLessThanOrEqual(0.98);
    expect(forest.parts).toHaveLength(2);
  });
});
