// Steady: 50 users, each sending its next request as soon as it has an answer, on a warm cache.
//
//   k6 run apps/api/load/steady.k6.ts                        (k6 0.57 or newer reads TypeScript)
//   k6 run -e BASE_URL=http://127.0.0.1:8000 -e USERS=200 -e DURATION=60 apps/api/load/steady.k6.ts
//
// The cache figures are those of GET /stats, warm-up included. The traffic goes on where the
// service's last lookup left it, so that a second run does not repeat the first one's requests.
import exec from 'k6/execution';
import { Gauge } from 'k6/metrics';
import type { Options } from 'k6/options';
import { exactKeyHitRateBetween, hitRateBetween, lookups } from './figures.ts';
import type { Figures } from './figures.ts';
import { scenarios } from './goals.ts';
import { Traffic } from './traffic.ts';
import { PARALLEL, checkedPredict, readFigures, settingsOf, warmUp } from './user.ts';

const traffic = new Traffic();
const settings = settingsOf('steady');
const { goals } = scenarios.steady;
const [lowest, highest] = goals.exactKeyHitRate!;
const cacheHitRate = new Gauge('cache_hit_rate');
const exactKeyHitRate = new Gauge('exact_key_hit_rate');

export const options: Options = {
  scenarios: {
    steady: {
      executor: 'constant-vus',
      vus: settings.users,
      duration: `${settings.seconds}s`,
    },
  },
  // the tag leaves out the requests of setup and teardown
  thresholds: {
    'http_req_failed{scenario:steady}': ['rate==0'],
    'http_req_duration{scenario:steady}': [`p(99)<${goals.p99Ms}`],
    checks: ['rate==1'],
    cache_hit_rate: [`value>=${goals.hitRate}`],
    exact_key_hit_rate: [`value>=${lowest}`, `value<=${highest}`],
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

export default function steady(before: Figures): void {
  const first = lookups(before) + settings.warmUp;
  checkedPredict(traffic.recordAt(first + exec.scenario.iterationInTest));
}

export function teardown(before: Figures): void {
  const after = readFigures();
  cacheHitRate.add(hitRateBetween(before, after));
  const exact = exactKeyHitRateBetween(before, after);
  if (exact !== undefined) exactKeyHitRate.add(exact);
}
