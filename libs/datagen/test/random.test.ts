import { betas, binomials, choices, normals, sourceOf, type Source } from '../src/random.js';

/** Pearson's statistic of counts against expected counts. */
function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, o, i) => sum + (o - expected[i]!) ** 2 / expected[i]!, 0);
}

/** The binomial probabilities of 0..trials successes, by their recurrence. */
function binomialPmf(trials: number, p: number): number[] {
  const pmf = [(1 - p) ** trials];
  for (let k = 1; k <= trials; k++) {
    pmf.push((pmf[k - 1]! * (trials - k + 1) * p) / (k * (1 - p)));
  }
  return pmf;
}

/** Merges neighbouring outcomes until each group is expected at least `least` times. */
function grouped(observed: number[], expected: number[], least: number): [number[], number[]] {
  const o: number[] = [];
  const e: number[] = [];
  let [oSum, eSum] = [0, 0];
  expected.forEach((value, i) => {
    oSum += observed[i]!;
    eSum += value;
    if (eSum < least) return;
    o.push(oSum);
    e.push(eSum);
    [oSum, eSum] = [0, 0];
  });
  o[o.length - 1]! += oSum;
  e[e.length - 1]! += eSum;
  return [o, e];
}

test('a seed and a stream give the same numbers again', () => {
  const [a, b] = [sourceOf(7, 'clicks'), sourceOf(7, 'clicks')];
  expect(Array.from({ length: 20 }, a)).toEqual(Array.from({ length: 20 }, b));
});

test('another seed or another stream gives other numbers', () => {
  const first = sourceOf(7, 'clicks')();
  expect(sourceOf(8, 'clicks')()).not.toBe(first);
  expect(sourceOf(-7, 'clicks')()).not.toBe(first);
  expect(sourceOf(7, 'placement')()).not.toBe(first);
});

test('uniform draws lie in [0, 1), fill it evenly and carry more than 32 bits', () => {
  const source = sourceOf(1, 'clicks');
  const draws = Array.from({ length: 20_000 }, source);
  expect(draws.every((u) => u >= 0 && u < 1)).toBe(true);
  const bins = new Array<number>(20).fill(0);
  for (const u of draws) bins[Math.floor(u * 20)]!++;
  // 43.8 is the 99.9 % quantile of chi-square with 19 degrees of freedom.
  expect(chiSquare(bins, new Array<number>(20).fill(1000))).toBeLessThan(43.8);
  expect(draws.filter((u) => (u * 2 ** 32) % 1 !== 0).length).toBeGreaterThan(19_000);
});

test('normal draws have mean 0 and variance 1', () => {
  const next = normals(sourceOf(3, 'clicks'));
  const draws = Array.from({ length: 50_000 }, next);
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + x * x, 0) / draws.length - mean ** 2;
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(draws.length));
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / draws.length));
});

test('choices come in proportion to their weights, whatever these sum to', () => {
  const next = choices(sourceOf(5, 'clicks'), [1, 0, 3, 6]);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 50_000; i++) counts[next()]!++;
  expect(counts[1]).toBe(0);
  const [a, , c, d] = counts as [number, number, number, number];
  // 13.8 is the 99.9 % quantile of chi-square with 2 degrees of freedom.
  expect(chiSquare([a, c, d], [5_000, 15_000, 30_000])).toBeLessThan(13.8);
});

// (trials, probability) on both sides of the algorithm's switch at 16 expected successes, of the
// mirror at one half, and where splitting happens once and several times.
test.each([
  [1, 0.3],
  [20, 0.3],
  [12, 0.9],
  [200, 0.01],
  [400, 0.1],
  [1000, 0.5],
  [5000, 0.0847],
])('binomial(%d, %d) follows its exact probabilities', (trials, p) => {
  const draws = 60_000;
  const next = binomials(sourceOf(11, 'clicks'));
  const observed = new Array<number>(trials + 1).fill(0);
  for (let i = 0; i < draws; i++) observed[next(trials, p)]!++;
  const [o, e] = grouped(
    observed,
    binomialPmf(trials, p).map((value) => value * draws),
    20,
  );
  const freedom = o.length - 1;
  // Mean + 4.5 standard deviations of chi-square: seeds are fixed, so this never flickers.
  expect(chiSquare(o, e)).toBeLessThan(freedom + 4.5 * Math.sqrt(2 * freedom));
});

/** Counts what is drawn from a source. */
function counted(source: Source): { source: Source; drawn: () => number } {
  let count = 0;
  return { source: () => (count++, source()), drawn: () => count };
}

test.each([
  [1e6, 0.02],
  [5e7, 0.001],
  [1e12, 0.1],
])('binomial(%d, %d) has the right mean and variance', (trials, p) => {
  const draws = 20_000;
  const next = binomials(sourceOf(13, 'clicks'));
  const [mean, variance] = [trials * p, trials * p * (1 - p)];
  let [sum, squares] = [0, 0];
  for (let i = 0; i < draws; i++) {
    const k = next(trials, p);
    if (!(Number.isInteger(k) && k >= 0 && k <= trials)) throw new Error(`${k} of ${trials}`);
    sum += k - mean;
    squares += (k - mean) ** 2;
  }
  expect(Math.abs(sum / draws)).toBeLessThan(4 * Math.sqrt(variance / draws));
  expect(Math.abs(squares / draws / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / draws));
});

test('a binomial draw of a trillion trials takes hardly more random numbers than one of ten thousand', () => {
  const numbersFor = (trials: number): number => {
    const { source, drawn } = counted(sourceOf(13, 'clicks'));
    const next = binomials(source);
    for (let i = 0; i < 2000; i++) next(trials, 0.1);
    return drawn() / 2000;
  };
  expect(numbersFor(1e12)).toBeLessThan(3 * numbersFor(1e4));
});

test('binomial draws at probability 0 and 1 are certain', () => {
  const next = binomials(sourceOf(17, 'clicks'));
  expect(next(1000, 0)).toBe(0);
  expect(next(1000, 1)).toBe(1000);
});

test.each([
  [0.3, 60],
  [2, 5],
  [40, 900],
])('beta draws of shapes %d and %d have their mean and variance', (a, b) => {
  const draw = betas(sourceOf(3, 'rows'));
  const values = Array.from({ length: 40_000 }, () => draw(a, b));
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  const wanted = (a * b) / ((a + b) ** 2 * (a + b + 1));
  expect(Math.abs(mean - a / (a + b))).toBeLessThan(4 * Math.sqrt(wanted / values.length));
  expect(Math.abs(variance / wanted - 1)).toBeLessThan(0.08);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
});
