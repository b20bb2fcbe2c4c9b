import { fit } from '@adscale/forest';
import {
  defaultFitOptionsFor,
  fitInput,
  outOfBagEntropy,
  tune,
  type CtrTable,
  type Candidate,
} from '../../src/index.js';
import { placements } from '../data.js';

/** A click log: one impression a row, so that small leaves learn noise. */
function clickLog(rows: number): CtrTable {
  const table = placements(rows);
  const clicks = table.trueCtr.map((ctr, row) => +((row * 0.618034) % 1 < 3 * ctr));
  const { features } = table;
  return { features, impressions: new Float64Array(rows).fill(1), clicks };
}

const start = { trees: 20, seed: 1, maxBins: 64, maxDepth: 32, minLeafRows: 5, minLeafWeight: 0 };

describe('a search for settings', () => {
  it('ends no worse than it began, at the best that it tried', async () => {
    const log = clickLog(1500);
    const told: [Candidate, Candidate][] = [];
    const tuning = await tune(
      log,
      start,
      [],
      { budgetSeconds: 600, onCandidate: (candidate, best) => told.push([candidate, best]) },
      { threads: 1 },
    );
    expect(tuning.ended).toBe('converged');
    expect(told.map(([candidate]) => candidate)).toEqual(tuning.tried);
    const entropies = tuning.tried.map((candidate) => candidate.normalised_entropy);
    const best = tuning.tried[entropies.indexOf(Math.min(...entropies))];
    expect(tuning.best).toEqual(best.options);
    expect(best.normalised_entropy).toBeLessThan(entropies[0] - 0.01);
    const input = fitInput(log);
    const { outOfBag } = fit(input, { ...start, ...best.options });
    expect(outOfBagEntropy(outOfBag, input)).toBe(best.normalised_entropy);
    const keys = tuning.tried.map(({ options }) => JSON.stringify(options));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('leaves alone what is fixed', async () => {
    const fixed = ['minLeafWeight', 'maxFeatures', 'maxBins', 'minLeafRows'];
    const { tried } = await tune(clickLog(300), start, fixed, {}, { threads: 1 });
    expect(new Set(tried.map(({ options }) => options.maxDepth)).size).toBeGreaterThan(1);
    for (const { options } of tried) {
      expect(options).toMatchObject({ minLeafWeight: 0, maxBins: 64, minLeafRows: 5 });
    }
  });

  it('ends in time, with its first fit at least', async () => {
    const { tried, ended } = await tune(clickLog(300), start, [], { budgetSeconds: 1e-6 });
    expect([tried.length, ended]).toEqual([1, 'out_of_time']);
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    const onCandidate = (): void => abort.abort();
    const search = tune(clickLog(300), start, [], { onCandidate }, { signal: abort.signal });
    await expect(search).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('defaults for a table', () => {
  it('let a leaf expect twenty clicks', () => {
    const log = clickLog(1000);
    const rate = log.clicks.reduce((sum, k) => sum + k, 0) / 1000;
    expect(defaultFitOptionsFor(log).minLeafWeight).toBe(Math.round(20 / rate));
  });

  it('bind no leaf where nothing was clicked', () => {
    const log = { ...clickLog(10), clicks: new Float64Array(10) };
    expect(defaultFitOptionsFor(log).minLeafWeight).toBe(0);
  });
});
