import fc from 'fast-check';
import {
  LATENCY_BOUNDS_SECONDS,
  ServiceStats,
  WINDOWS,
  averageCtr,
  ctrQuantile,
  emptySnapshot,
  hitRate,
  histogramCount,
  latencyBuckets,
  latencyQuantile,
  mergeSnapshots,
  requestTotals,
  shadowDifference,
  uptimeSeconds,
  windowFigures,
} from '../src/index.js';

function routesWith(requests: readonly (readonly [path: string, status: number, ms: number])[]) {
  const stats = new ServiceStats();
  for (const [path, status, ms] of requests)
    stats.countRequest(stats.route('GET', path), status, ms);
  return stats.snapshot().routes;
}

describe('requestTotals', () => {
  it('adds the routes up', () => {
    const routes = routesWith([
      ['/a', 200, 1],
      ['/a', 499, 1],
      ['/a', 500, 1],
      ['/b', 599, 100],
      ['/b', 0, 0.0005],
    ]);
    const totals = requestTotals(routes);
    expect(totals).toMatchObject({ requests: 5, errors: 2, microseconds: 103_001 });
    expect(histogramCount(totals.latency)).toBe(5);
    expect(latencyQuantile(totals, 0.5)).toBeCloseTo(1, 1);
    expect(latencyQuantile(totals, 0.99) / 100).toBeCloseTo(1, 1);
    expect(requestTotals([])).toEqual({ requests: 0, errors: 0, latency: [], microseconds: 0 });
  });
});

describe('latencyBuckets', () => {
  const millis = fc.array(fc.double({ min: 0, max: 20_000, noNaN: true }), { maxLength: 50 });

  it('counts everything up to a bound and nothing beyond its stated width above', () => {
    fc.assert(
      fc.property(millis, (latencies) => {
        const totals = requestTotals(routesWith(latencies.map((ms) => ['/a', 200, ms])));
        for (const { le, count } of latencyBuckets(totals)) {
          const upTo = (ms: number) => latencies.filter((latency) => latency <= ms).length;
          expect(count).toBeGreaterThanOrEqual(upTo(le * 1000 * (1 - 1e-9)));
          expect(count).toBeLessThanOrEqual(upTo(le * 1000 * 1.021));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never falls from bound to bound, and ends below the count of all', () => {
    fc.assert(
      fc.property(millis, (latencies) => {
        const totals = requestTotals(routesWith(latencies.map((ms) => ['/a', 200, ms])));
        const counts = latencyBuckets(totals).map(({ count }) => count);
        counts.push(histogramCount(totals.latency));
        expect(counts).toEqual([...counts].sort((a, b) => a - b));
      }),
    );
  });

  it('includes a latency that equals a bound', () => {
    for (const le of LATENCY_BOUNDS_SECONDS) {
      const [bucket] = latencyBuckets(requestTotals(routesWith([['/a', 200, le * 1000]])), [le]);
      expect(bucket).toEqual({ le, count: 1 });
    }
  });
});

describe('predicted CTRs', () => {
  it('have quantiles within 1 % of the answered value, from 0.0001 to 1', () => {
    const ctrs = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(ctrs, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const stats = new ServiceStats();
        const model = stats.model('v');
        values.forEach((value) => stats.countPrediction(model, value / 10_000));
        const sorted = Float64Array.from(values).sort();
        const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] / 10_000;
        const error = Math.abs(ctrQuantile(stats.snapshot(), q)! - exact) / exact;
        expect(error).toBeLessThanOrEqual(0.01 * (1 + 1e-9));
      }),
      { numRuns: 300 },
    );
  });

  it('have a mean, and none before the first', () => {
    expect(averageCtr({ predictions: 4, ctrTenThousandths: 2000 })).toBe(0.05);
    expect(averageCtr(emptySnapshot)).toBeNull();
    expect(ctrQuantile(emptySnapshot, 0.5)).toBeNull();
  });

  it('of a shadow differ by so much, with and without the sign', () => {
    const counts = { predictions: 4, ctrTenThousandths: 0, ctrs: [] };
    const apart = { ...counts, aboveTenThousandths: 300, belowTenThousandths: 100 };
    expect(shadowDifference(apart)).toEqual({ mean: 0.005, meanAbsolute: 0.01 });
    expect(shadowDifference({ ...apart, predictions: 0 })).toEqual({
      mean: null,
      meanAbsolute: null,
    });
  });
});

describe('hitRate and uptimeSeconds', () => {
  it('are 0 before anything happened', () => {
    expect(hitRate({ hits: 3, misses: 1 })).toBe(0.75);
    expect(hitRate(emptySnapshot.cache)).toBe(0);
    expect(uptimeSeconds(emptySnapshot)).toBe(0);
    expect(uptimeSeconds({ ...emptySnapshot, startedAt: 10_000, takenAt: 72_500 })).toBe(62.5);
  });
});

const MINUTE = 60_000;

/** One request a second for so many seconds, the n-th taking n milliseconds. */
function steady(seconds: number, startedAt = 0) {
  let time = startedAt;
  const stats = new ServiceStats(() => time);
  const route = stats.route('GET', '/a');
  const model = stats.model('v');
  for (let second = 0; second < seconds; second++) {
    stats.countRequest(route, second % 10 === 0 ? 500 : 200, second + 1);
    stats.countPrediction(model, 0.1);
    stats.countPrediction(model, 0.1);
    stats.countLookup(second % 4 > 0);
    time += 1000;
  }
  return { snapshot: () => stats.snapshot(), wait: (ms: number) => (time += ms) };
}

describe('windowFigures', () => {
  it('are of the last minute, five minutes and hour', () => {
    const { snapshot } = steady(4000);
    const figures = WINDOWS.map((window) => windowFigures(snapshot(), window));
    // The clock stands at 4000 s: slots of 5 s from 3945 s and 3705 s, slots of a minute from 420 s.
    expect(figures.map(({ seconds }) => seconds)).toEqual([55, 295, 3580]);
    expect(figures.map(({ requests }) => requests)).toEqual([55, 295, 3580]);
    expect(figures.map(({ predictions }) => predictions)).toEqual([110, 590, 7160]);
    expect(figures.map(({ errors }) => errors)).toEqual([5, 29, 358]);
    for (const { requestsPerSecond, predictionsPerSecond, hitRate } of figures) {
      expect(requestsPerSecond).toBe(1);
      expect(predictionsPerSecond).toBe(2);
      expect(hitRate).toBeCloseTo(0.75, 1);
    }
  });

  it('have latency quantiles within 3 %', () => {
    const { latencyP50, latencyP99 } = windowFigures(steady(100).snapshot(), '5m');
    expect(Math.abs(latencyP50 / 50 - 1)).toBeLessThan(0.03);
    expect(Math.abs(latencyP99 / 99 - 1)).toBeLessThan(0.03);
  });

  it('of a young service are per second of its life, and of a second at least', () => {
    const { snapshot, wait } = steady(20, 7_000);
    expect(windowFigures(snapshot(), '1h')).toMatchObject({ seconds: 20, requestsPerSecond: 1 });
    wait(20_000);
    expect(windowFigures(snapshot(), '1h')).toMatchObject({ seconds: 40, requestsPerSecond: 0.5 });
    expect(windowFigures(steady(0).snapshot(), '1m').seconds).toBe(1);
  });

  it('fall to nothing when nothing happens any more', () => {
    const { snapshot, wait } = steady(60);
    wait(MINUTE);
    expect(windowFigures(snapshot(), '1m')).toEqual({
      seconds: 55,
      requests: 0,
      predictions: 0,
      errors: 0,
      requestsPerSecond: 0,
      predictionsPerSecond: 0,
      latencyP50: 0,
      latencyP99: 0,
      hitRate: null,
    });
    expect(windowFigures(snapshot(), '5m').requests).toBe(60);
  });

  it('of two workers are of both', () => {
    const both = mergeSnapshots(steady(60).snapshot(), steady(60).snapshot());
    expect(windowFigures(both, '5m')).toMatchObject({ requests: 120, requestsPerSecond: 2 });
  });

  it('are nothing for nothing', () => {
    expect(windowFigures(emptySnapshot, '1h')).toMatchObject({ requests: 0, hitRate: null });
  });
});
