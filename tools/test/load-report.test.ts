import { cacheCounts, goals, hitRateBetween, isPrediction } from '@adscale/api/load/goals.ts';
import { allMet, judge, table } from '../load/report.ts';
import type { Measurement } from '../load/report.ts';

const good: Measurement = {
  requestsPerSecond: 5312.4,
  p50Ms: 8,
  p99Ms: 21,
  failed: 0,
  hitRate: 0.973,
  models: 1,
};

function missed(seen: Measurement, scenario: 'predict' | 'retrain'): string[] {
  const lines = judge(seen, goals[scenario]);
  return lines.filter((line) => line.met === false).map((line) => line.name);
}

describe('judging a run', () => {
  it('passes a run that meets every goal', () => {
    expect(allMet(judge(good, goals.predict))).toBe(true);
    expect(allMet(judge({ ...good, models: 2 }, goals.retrain))).toBe(true);
  });

  it('names the goals that were missed', () => {
    expect(missed({ ...good, failed: 1 }, 'predict')).toEqual(['failed']);
    expect(missed({ ...good, p99Ms: 150 }, 'predict')).toEqual(['latency p99']);
    expect(missed({ ...good, hitRate: 0.9 }, 'predict')).toEqual(['cache hit rate']);
    expect(missed(good, 'retrain')).toEqual(['models']);
  });

  it('asks no hit rate of a run that switches models', () => {
    expect(missed({ ...good, models: 3, hitRate: 0.2 }, 'retrain')).toEqual([]);
  });

  it('prints a table', () => {
    expect(table(judge({ ...good, p99Ms: 200 }, goals.predict))).toBe(
      [
        '                  seen      goal',
        'requests/s       5,312',
        'latency p50       8 ms',
        'latency p99     200 ms  < 150 ms  MISSED',
        'failed               0         0  ok',
        'cache hit rate  97.3 %  > 90.0 %  ok',
        'models               1',
      ].join('\n'),
    );
  });
});

describe('reading the service', () => {
  it('takes the hit rate of what happened between two readings', () => {
    expect(hitRateBetween({ hits: 10, misses: 90 }, { hits: 70, misses: 110 })).toBe(0.75);
    expect(hitRateBetween({ hits: 10, misses: 90 }, { hits: 10, misses: 90 })).toBe(0);
  });

  it('refuses statistics without cache figures', () => {
    expect(cacheCounts({ cache: { hits: 1, misses: 2, size: 3 } })).toEqual({ hits: 1, misses: 2 });
    expect(() => cacheCounts({ cache: { hits: '1', misses: 2 } })).toThrow('cache.hits');
    expect(() => cacheCounts(null)).toThrow('cache.hits');
  });

  it('takes only the exact answer for a prediction', () => {
    expect(isPrediction('{"predicted_ctr":0.0847}')).toBe(true);
    for (const body of [
      '',
      'null',
      '[]',
      '{"predicted_ctr":"0.0847"}',
      '{"predicted_ctr":0}',
      '{"predicted_ctr":1.2}',
      '{"predicted_ctr":0.1,"model":"x"}',
    ]) {
      expect(isPrediction(body)).toBe(false);
    }
  });
});
