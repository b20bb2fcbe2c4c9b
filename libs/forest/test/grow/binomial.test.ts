import { drawBinomial } from '../../src/grow/binomial.js';
import { Random } from '../../src/random.js';

/** Pearson's statistic over its degrees of freedom, bins of fewer than 10 pooled. */
function misfit(observed: Map<number, number>, chance: (k: number) => number, n: number): number {
  const draws = [...observed.values()].reduce((sum, count) => sum + count, 0);
  let statistic = 0;
  let bins = -1;
  let seen = 0;
  let expected = 0;
  for (let k = 0; k <= n; k++) {
    seen += observed.get(k) ?? 0;
    expected += draws * chance(k);
    if (expected < 10 && k < n) continue;
    statistic += (seen - expected) ** 2 / Math.max(expected, 1e-9);
    bins++;
    seen = expected = 0;
  }
  return statistic / bins;
}

function chances(n: number, p: number): (k: number) => number {
  const logs = [0];
  for (let i = 1; i <= n; i++) logs.push(logs[i - 1] + Math.log(i));
  return (k) =>
    Math.exp(logs[n] - logs[k] - logs[n - k] + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

describe('a binomial number', () => {
  it.each([
    [5, 1, 2],
    [12, 1, 4],
    [30, 2, 3],
    [40, 1, 3],
    [200, 1, 10],
    [400, 9, 10],
    [3000, 1, 2],
  ])('of %i trials with chance %i/%i falls as often as it should on each value', (n, hits, all) => {
    const random = new Random(n, 0);
    const observed = new Map<number, number>();
    for (let i = 0; i < 60_000; i++) {
      const k = drawBinomial(random, n, hits, all);
      observed.set(k, (observed.get(k) ?? 0) + 1);
    }
    // Its spread over (bins) degrees of freedom is √(2 / bins): 2 is far out, from 5 bins on.
    expect(misfit(observed, chances(n, hits / all), n)).toBeLessThan(2);
  });

  it.each([
    [1e9, 1, 7],
    [1e15, 1, 4],
    [2 ** 53 - 1, 1, 2 ** 50],
    [1e12, 3, 1e12],
  ])('of %d trials with chance %d/%d keeps its mean and its spread', (n, hits, all) => {
    const random = new Random(3, 1);
    const p = hits / all;
    const spread = Math.sqrt(n * p * (1 - p));
    let sum = 0;
    let squares = 0;
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      const z = (drawBinomial(random, n, hits, all) - n * p) / spread;
      sum += z;
      squares += z * z;
    }
    expect(Math.abs(sum / draws)).toBeLessThan(4 / Math.sqrt(draws));
    expect(Math.abs(squares / draws - 1)).toBeLessThan(4 * Math.sqrt(3 / draws));
  });

  it('is certain where the chance is 0 or 1, or there are no trials', () => {
    const random = new Random(1, 0);
    expect(drawBinomial(random, 50, 0, 9)).toBe(0);
    expect(drawBinomial(random, 50, 9, 9)).toBe(50);
    expect(drawBinomial(random, 0, 1, 3)).toBe(0);
  });
});
