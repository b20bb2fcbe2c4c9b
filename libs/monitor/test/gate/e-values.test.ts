import { logAboveZero, logBeyond, logMoreWrong, missInterval } from '../../src/gate/e-values.js';

/** Probabilities of Poisson counts up to far beyond their mean. */
function poisson(mean: number): number[] {
  const chances = [Math.exp(-mean)];
  for (let k = 1; k < mean + 20 * Math.sqrt(mean) + 20; k++)
    chances.push((chances[k - 1] * mean) / k);
  return chances;
}

function binomial(n: number, p: number): number[] {
  const chances = [(1 - p) ** n];
  for (let k = 1; k <= n; k++) chances.push(((chances[k - 1] * (n - k + 1)) / k) * (p / (1 - p)));
  return chances;
}

const meanOf = (chances: readonly number[], logE: (count: number) => number) =>
  chances.reduce((sum, chance, k) => sum + chance * Math.exp(logE(k)), 0);

describe('evidence that clicks are beyond a bound', () => {
  it('is 1 in the mean at the bound, and less within it', () => {
    for (const rival of [80, 95, 106, 130]) {
      expect(meanOf(poisson(100), (k) => logBeyond(k, 100, rival))).toBeCloseTo(1, 6);
    }
    expect(meanOf(poisson(105), (k) => logBeyond(k, 100, 90))).toBeLessThan(1);
    expect(meanOf(poisson(95), (k) => logBeyond(k, 100, 110))).toBeLessThan(1);
  });

  it('grows where the rival is right, and is none where both say the same', () => {
    expect(logBeyond(900, 1000, 900)).toBeGreaterThan(4);
    expect(logBeyond(1000, 1000, 900)).toBeLessThan(0);
    expect(logBeyond(123, 1000, 1000)).toBeCloseTo(0, 10);
  });
});

describe('evidence that more goes wrong with one arm', () => {
  const stretch = { tried: 50, current: 950 };

  it('is 1 in the mean where the odds are as tolerated, whatever goes wrong in all', () => {
    for (const wrong of [1, 7, 40]) {
      const share = (1.25 * 50) / (1.25 * 50 + 950);
      const logE = (k: number) =>
        logMoreWrong([{ ...stretch, triedWrong: k, currentWrong: wrong - k }], 0.25);
      expect(meanOf(binomial(wrong, share), logE)).toBeCloseTo(1, 8);
    }
  });

  it('says nothing of trouble that both share, or that nobody has', () => {
    const shared = { ...stretch, triedWrong: 5, currentWrong: 95 };
    expect(logMoreWrong([shared], 0.25)).toBeLessThan(0);
    expect(logMoreWrong([], 0.25)).toBeCloseTo(0, 10);
    expect(logMoreWrong([{ ...stretch, triedWrong: 0, currentWrong: 0 }], 0.25)).toBeCloseTo(0, 10);
  });

  it('is not misled by stretches of other shares', () => {
    // Half of the requests failed while the canary had half of them: for both alike.
    const calm = { tried: 10, triedWrong: 0, current: 990, currentWrong: 0 };
    const storm = { tried: 500, triedWrong: 250, current: 500, currentWrong: 250 };
    expect(logMoreWrong([calm, storm], 0.25)).toBeLessThan(0);
  });
});

it('evidence that a sum is above 0 is 1 in the mean where it is not', () => {
  for (const grown of [0.1, 1, 10]) {
    let mean = 0;
    const step = 0.001;
    for (let z = -12; z < 12; z += step) {
      const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
      mean += step * density * Math.exp(logAboveZero(z, grown));
    }
    expect(mean).toBeCloseTo(1, 3);
  }
  expect(logAboveZero(6, 1)).toBeGreaterThan(logAboveZero(3, 1));
  expect(logAboveZero(-9, 1)).toBeLessThan(0);
});

describe('the interval of a miss', () => {
  it('holds what was measured, and is narrower with more clicks and a lower bound', () => {
    const width = (clicks: number, bound: number) => {
      const [lower, upper] = missInterval(clicks, clicks / 0.9, Math.log(bound));
      expect(lower).toBeLessThan(0.9);
      expect(upper).toBeGreaterThan(0.9);
      return upper - lower;
    };
    expect(width(10_000, 40)).toBeLessThan(width(1000, 40));
    expect(width(1000, 20)).toBeLessThan(width(1000, 100));
  });

  it('has no end where nothing is known', () => {
    expect(missInterval(0, 0, 3)).toEqual([0, Infinity]);
    const [lower, upper] = missInterval(0, 50, 3);
    expect(lower).toBe(0);
    expect(upper).toBeLessThan(1);
  });
});
