import { Random, streams } from '../src/random.js';

const draw = (seed: number, stream: number, n = 8): number[] => {
  const random = new Random(seed, stream);
  return Array.from({ length: n }, () => random.uint32());
};

describe('the random streams', () => {
  it('repeat for the same seed and stream, and for no other', () => {
    expect(draw(42, 3)).toEqual(draw(42, 3));
    expect(draw(42, 3)).not.toEqual(draw(42, 4));
    expect(draw(42, 3)).not.toEqual(draw(43, 3));
    expect(draw(2 ** 40, 0)).not.toEqual(draw(0, 0));
  });

  it('are even: 100 boxes of 1,000 pass a chi-square test at 0.1 %', () => {
    for (const stream of [0, 1, 1000]) {
      const random = new Random(7, stream);
      const boxes = new Float64Array(100);
      for (let i = 0; i < 100_000; i++) boxes[random.below(100)]++;
      const chi = boxes.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
      expect(chi).toBeLessThan(148.2);
    }
  });

  it('do not follow each other: neighbouring streams are uncorrelated', () => {
    const n = 20_000;
    const a = draw(1, 0, n);
    const b = draw(1, 1, n);
    const centred = (values: number[]) => values.map((value) => value / 2 ** 32 - 0.5);
    const [x, y] = [centred(a), centred(b)];
    const correlation = (12 * x.reduce((sum, value, i) => sum + value * y[i], 0)) / n;
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(n));
  });
});

describe('the names of streams', () => {
  it('share no number, and leave those below 2^30 to the trees', () => {
    const numbers = Object.entries(streams).filter(([name]) => name !== 'treesFrom');
    expect(new Set(numbers.map(([, number]) => number)).size).toBe(numbers.length);
    for (const [, number] of numbers) expect(number).toBeGreaterThanOrEqual(2 ** 30);
  });

  it('of features keep clear of what comes after them, for as many as a schema may have', () => {
    const most = 1024;
    const { permutationFrom, cutsFrom, ...others } = streams;
    for (const from of [permutationFrom, cutsFrom]) {
      const single = Object.values(others).filter((n) => n >= from && n < from + most);
      expect(single).toEqual([]);
    }
    expect(cutsFrom - permutationFrom).toBeGreaterThanOrEqual(most);
  });
});
