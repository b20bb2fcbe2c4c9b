import {
  ServiceStats,
  WINDOWS,
  emptySnapshot,
  mergeSnapshots,
  windowFigures,
} from '../src/index.js';

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
