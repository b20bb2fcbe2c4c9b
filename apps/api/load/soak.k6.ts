// Soak: 50 users for ten minutes or more, and whether the service's memory keeps growing.
//
//   k6 run apps/api/load/soak.k6.ts                          (k6 0.57 or newer reads TypeScript)
//   k6 run -e DURATION=7200 apps/api/load/soak.k6.ts
import { sleep } from 'k6';
import exec from 'k6/execution';
import { Gauge } from 'k6/metrics';
import type { Options } from 'k6/options';
import { hitRateBetween, lookups, residentGrowth } from './figures.ts';
import type { Figures } from './figures.ts';
import { SETTLED, scenarios } from './goals.ts';
import { Traffic } from './traffic.ts';
import { PARALLEL, checkedPredict, readFigures, settingsOf, warmUp } from './user.ts';

const traffic = new Traffic();
const settings = settingsOf('soak');
const { goals } = scenarios.soak;
const cacheHitRate = new Gauge('cache_hit_rate');
const growth = new Gauge('resident_growth');
/** Seconds between two readings of memory. */
const EVERY = Math.min(10, settings.seconds / 10);

export const options: Options = {
  scenarios: {
    soak: {
      executor: 'constant-vus',
      vus: settings.users,
      duration: `${settings.seconds}s`,
    },
    watch: {
      executor: 'constant-vus',
      vus: 1,
      startTime: `${Math.round(1000 * SETTLED * settings.seconds)}ms`,
      duration: `${Math.round(1000 * (1 - SETTLED) * settings.seconds)}ms`,
      exec: 'watch',
    },
  },
  thresholds: {
    'http_req_failed{scenario:soak}': ['rate==0'],
    'http_req_duration{scenario:soak}': [`p(99)<${goals.p99Ms}`],
    checks: ['rate==1'],
    cache_hit_rate: [`value>=${goals.hitRate}`],
    resident_growth: [`value<${goals.residentGrowth}`],
  },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
  setupTimeout: '5m',
  batch: PARALLEL,
  batchPerHost: PARALLEL,
};

export function setup(): Figures {
  const before = readFigures();
  warmUp(traffic, lookups(before), settings.warmUp);
  return before;
}

export default function soak(before: Figures): void {
  const first = lookups(before) + settings.warmUp;
  checkedPredict(traffic.recordAt(first + exec.scenario.iterationInTest));
}

// the one user that watches has its own copy of this module, hence its own first reading
let settled: Figures | undefined;

export function watch(): void {
  const now = readFigures();
  settled ??= now;
  growth.add(residentGrowth(settled, now));
  sleep(EVERY);
}

export function teardown(before: Figures): void {
  cacheHitRate.add(hitRateBetween(before, readFigures()));
}
