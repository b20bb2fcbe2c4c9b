import { PredictionCache } from '@adscale/cache';
import { CtrModel, type Trained, defaultSchema } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import { type Answer, SchemaMismatchError, ServedModel } from '../../src/model/served-model.js';
import { sample } from '../running-app.js';
import { otherSchema, trainModel } from '../trained-models.js';

const cards: Record<string, Trained> = {};
let served: ServedModel;
let stats: ServiceStats;
let cache: PredictionCache<Answer>;

beforeAll(async () => {
  cards.first = await trainModel(defaultSchema);
  cards.second = await trainModel(defaultSchema, 0.6);
  cards.reversed = await trainModel({ features: defaultSchema.features.toReversed() });
  cards.other = await trainModel(otherSchema);
});
beforeEach(() => {
  stats = new ServiceStats();
  cache = new PredictionCache({ entries: 100, ttlMs: 0 });
  served = new ServedModel(defaultSchema, cache, stats);
});

const model = (name: string, version = name) =>
  CtrModel.load(cards[name].bytes, undefined, version);
const records = Array.from({ length: 2000 }, (_, i) => ({
  ...sample,
  budget: i + 1,
}));
const row = new Float64Array(defaultSchema.features.length);
const answering = (record: typeof sample) => served.servingFor(record, row).model.version;
const shareOf = (version: string) =>
  records.filter((record) => answering(record) === version).length / records.length;

describe('what answers a record', () => {
  const noModel = expect.objectContaining({ code: 'MODEL_NOT_LOADED' });

  it('is nothing before there is a model, whatever is on trial', () => {
    expect(() => served.servingFor(sample, row)).toThrow(noModel);
    served.tryOut('canary', model('second'), 100);
    served.tryOut('shadow', model('second'), 100);
    expect(() => served.servingFor(sample, row)).toThrow(noModel);
  });

  it('is the current model while there is no canary', () => {
    served.replace(model('first'));
    expect(served.servingFor(sample, row)).toBe(served.current);
    served.tryOut('shadow', model('second'), 100);
    expect(shareOf('first')).toBe(1);
  });

  it('is the canary for its share of the records, always the same ones', () => {
    served.replace(model('first'));
    served.tryOut('canary', model('second'), 20);
    expect(Math.abs(shareOf('second') - 0.2)).toBeLessThan(0.05);
    expect(shareOf('first') + shareOf('second')).toBe(1);
    const before = records.map(answering);
    expect(records.map(answering)).toEqual(before);
    // Also after another model of other order has become current, and with the percentage raised.
    served.replace(model('reversed'));
    const canaries = (versions: (string | undefined)[]) => versions.map((v) => v === 'second');
    expect(canaries(records.map(answering))).toEqual(canaries(before));
    served.tryOut('canary', model('second'), 60);
    records.forEach((record, i) => {
      if (before[i] === 'second') expect(answering(record)).toBe('second');
    });
    expect(shareOf('second')).toBeGreaterThan(0.5);
  });

  it('is the current model again once the trial ends', () => {
    served.replace(model('first'));
    served.tryOut('canary', model('second'), 100);
    expect(shareOf('second')).toBe(1);
    served.endTrial('canary');
    expect(shareOf('first')).toBe(1);
    expect(served.trial('canary')).toBeNull();
  });

  it('is one model for all once the canary has become current', () => {
    served.replace(model('first'));
    served.tryOut('canary', model('second'), 10);
    served.tryOut('shadow', model('second'), 10);
    served.replace(model('second'));
    expect(shareOf('second')).toBe(1);
    expect(served.trial('canary')).toBeNull();
    expect(served.trial('shadow')).toBeNull();
    served.replace(model('first'));
    expect(shareOf('first')).toBe(1);
  });

  it('can be found by its version', () => {
    served.replace(model('first'));
    served.tryOut('canary', model('second'), 1);
    served.tryOut('shadow', model('reversed'), 1);
    expect(served.find('first')).toBe(served.current);
    expect(served.find('second')?.model.version).toBe('second');
    expect(served.find('reversed')).toBeUndefined();
    expect(served.models().map(({ version }) => version)).toEqual(['first', 'second', 'reversed']);
  });
});

describe('a model with other features', () => {
  it('is let into no role, and what was there stays', () => {
    served.replace(model('first'));
    served.tryOut('canary', model('second'), 30);
    expect(() => served.replace(model('other'))).toThrow(SchemaMismatchError);
    expect(() => served.tryOut('canary', model('other'), 5)).toThrow(SchemaMismatchError);
    expect(() => served.tryOut('shadow', model('other'), 5)).toThrow(/impressions is missing/);
    expect(served.current?.model.version).toBe('first');
    expect(served.trial('canary')).toEqual({ version: 'second', percent: 30 });
    expect(served.trial('shadow')).toBeNull();
  });
});

describe('the cells of a model', () => {
  const answer: Answer = { ctr: 0.01, body: '', etag: '' };

  it('are numbered where it is a table, unless answers are kept under exact records', () => {
    served.replace(model('first'));
    const { cells, model: first } = served.current!;
    expect(first.compiled.kind).toBe('table');
    expect(() => cells.get(first.compiled.cellCount)).toThrow(/cell must be a whole number/);
    const exact = new ServedModel(defaultSchema, cache, stats, 'exact');
    exact.replace(model('second'));
    exact.current!.cells.set('a record', answer);
    expect(exact.current!.cells.get('a record')).toBe(answer);
  });

  it('outlive a trial beside it, and end with its service', () => {
    served.replace(model('first'));
    served.current!.cells.set(1, answer);
    served.tryOut('canary', model('second'), 50);
    served.find('second')!.cells.set(2, answer);
    expect(served.current!.cells.get(1)).toBe(answer);
    // The canary's answers are the model's own, so it keeps them when it becomes current.
    served.replace(model('second'));
    expect(served.current!.cells.get(2)).toBe(answer);
    expect(cache.snapshot().size).toBe(1);
  });
});

describe('an answer of the current model', () => {
  const afterwards = () => new Promise((resolve) => setImmediate(resolve));
  const shadowed = () => {
    const figures = stats.snapshot().models.find(({ version }) => version === 'second');
    return figures?.shadow.predictions;
  };

  it('is compared with the shadow after it is sent; that of a canary is not', async () => {
    served.replace(model('first'));
    served.tryOut('canary', model('reversed'), 100);
    served.tryOut('shadow', model('second'), 100);
    served.compare(served.servingFor(sample, row), row, 0.01, sample);
    await afterwards();
    expect(shadowed()).toBe(0);
    served.endTrial('canary');
    served.compare(served.servingFor(sample, row), row, 0.01, sample);
    expect(shadowed()).toBe(0);
    await afterwards();
    expect(shadowed()).toBe(1);
    served.endTrial('shadow');
    served.compare(served.servingFor(sample, row), row, 0.01, sample);
    await afterwards();
    expect(shadowed()).toBe(1);
  });

  it('is compared as far as it waits when models are switched', async () => {
    served.replace(model('first'));
    served.tryOut('shadow', model('second'), 100);
    served.compare(served.servingFor(sample, row), row, 0.01, sample);
    served.replace(model('reversed'));
    await afterwards();
    expect(shadowed()).toBe(1);
    const before = served.servingFor(sample, row);
    served.replace(model('first'));
    served.compare(before, row, 0.01, sample);
    await afterwards();
    expect(shadowed()).toBe(1);
  });
});

describe('the figures of the models in use', () => {
  it('are kept however many others were tried meanwhile', () => {
    served.replace(model('first'));
    stats.countPrediction(served.current!.counts, 0.01);
    for (let i = 0; i < 10; i++) {
      served.tryOut('canary', model('second', `try-${i}`), 5);
      served.tryOut('shadow', model('second', `shade-${i}`), 5);
    }
    stats.countPrediction(served.current!.counts, 0.03);
    const kept = stats.snapshot().models;
    expect(kept.find(({ version }) => version === 'first')?.served.predictions).toBe(2);
    expect(kept.map(({ version }) => version)).toEqual(
      expect.arrayContaining(['first', 'try-9', 'shade-9']),
    );
  });
});
