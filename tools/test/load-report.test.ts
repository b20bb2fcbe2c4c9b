import { scenarios } from '@adscale/api/load/goals.ts';
import type { ScenarioName } from '@adscale/api/load/goals.ts';
import { allMet, judge, table } from '../load/report.ts';
import type { Measurement } from '../load/report.ts';

const good: Measurement = {
  requests: 106_248,
  requestsPerSecond: 5312.4,
  p50Ms: 8,
  p99Ms: 21,
  failed: 0,
  refused: 0,
  models: 1,
  hitRate: 0.973,
  exactKeyHitRate: 0.74,
  residentGrowth: 0.02,
};

function missed(seen: Measurement, scenario: ScenarioName): string[] {
  const lines = judge(seen, scenarios[scenario].goals);
  return lines.filter((line) => line.met === false).map((line) => line.name);
}

describe('judging a run', () => {
  it.each(['smoke', 'steady', 'spike', 'soak', 'valkey-dies'] as const)(
    'passes a run of %s that meets every goal',
    (scenario) => expect(allMet(judge(good, scenarios[scenario].goals))).toBe(true),
  );

  it('names the goals that were missed', () => {
    expect(missed({ ...good, failed: 1 }, 'steady')).toEqual(['failed']);
    expect(missed({ ...good, p99Ms: 150 }, 'steady')).toEqual(['latency p99']);
    expect(missed({ ...good, hitRate: 0.9499 }, 'steady')).toEqual(['cache hit rate']);
    expect(missed({ ...good, exactKeyHitRate: 0.59 }, 'steady')).toEqual(['of an exact key']);
    expect(missed({ ...good, exactKeyHitRate: 0.81 }, 'steady')).toEqual(['of an exact key']);
    expect(missed({ ...good, residentGrowth: 0.25 }, 'soak')).toEqual(['memory growth']);
    expect(missed(good, 'retrain')).toEqual(['models']);
    expect(missed({ ...good, requests: 0 }, 'smoke')).toEqual(['answered']);
    expect(missed({ ...good, requests: 9, refused: 9 }, 'spike')).toEqual(['answered']);
  });

  it('takes a hit rate at its bounds', () => {
    expect(missed({ ...good, hitRate: 0.95, exactKeyHitRate: 0.6 }, 'steady')).toEqual([]);
    expect(missed({ ...good, exactKeyHitRate: 0.8 }, 'steady')).toEqual([]);
  });

  it('asks no hit rate of a run that switches models', () => {
    expect(missed({ ...good, models: 3, hitRate: 0.2 }, 'retrain')).toEqual([]);
  });

  it('does not judge the exact key where too few requests were the run’s', () => {
    const seen = { ...good };
    delete seen.exactKeyHitRate;
    expect(missed(seen, 'steady')).toEqual([]);
  });

  it('counts what was refused as a figure of its own', () => {
    const lines = judge({ ...good, refused: 17 }, scenarios.spike.goals, 'spike: ');
    expect(lines).toContainEqual({ name: 'spike: refused', value: '17' });
    expect(allMet(lines)).toBe(true);
  });

  it('prints a table', () => {
    expect(table(judge({ ...good, p99Ms: 200 }, scenarios.steady.goals))).toBe(
      [
        '                   seen           goal',
        'requests/s        5,312',
        'latency p50        8 ms',
        'latency p99      200 ms       < 150 ms  MISSED',
        'failed                0              0  ok',
        'answered         106248            > 0  ok',
        'cache hit rate   97.3 %      >= 95.0 %  ok',
        'of an exact key  74.0 %  60.0 %-80.0 %  ok',
        'models                1',
      ].join('\n'),
    );
  });
});
