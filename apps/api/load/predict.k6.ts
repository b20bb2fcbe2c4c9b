// Predict under load: 50 users, each sending its next request as soon as it has an answer.
//
//   k6 run apps/api/load/predict.k6.ts                       (k6 0.57 or newer reads TypeScript)
//   k6 run -e BASE_URL=http://127.0.0.1:8000 -e USERS=200 -e DURATION=1m apps/api/load/predict.k6.ts
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Gauge } from 'k6/metrics';
import type { Options } from 'k6/options';
import { cacheCounts, goals, hitRateBetween, isPrediction } from './goals.ts';
import type { CacheCounts } from './goals.ts';
import { Traffic } from './traffic.ts';

const baseUrl = __ENV.BASE_URL || 'http://127.0.0.1:8000';
const json = { headers: { 'content-type': 'application/json' } };
const traffic = new Traffic();
const cacheHitRate = new Gauge('cache_hit_rate');

export const options: Options = {
  scenarios: {
    predict: {
      executor: 'constant-vus',
      vus: Number(__ENV.USERS || 50),
      duration: __ENV.DURATION || '20s',
    },
  },
  // the tag leaves out the requests of setup and teardown
  thresholds: {
    'http_req_failed{scenario:predict}': ['rate==0'],
    'http_req_duration{scenario:predict}': [`p(99)<${goals.predict.p99Ms}`],
    checks: ['rate==1'],
    cache_hit_rate: [`value>${goals.predict.hitRate}`],
  },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
};

/** Sends each campaign once, so that a short run measures a warm cache as a long one does. */
export function setup(): CacheCounts {
  for (let first = 0; first < traffic.campaigns.length; first += 50) {
    http.batch(
      traffic.campaigns.slice(first, first + 50).map((record) => ({
        method: 'POST',
        url: `${baseUrl}/predict_ctr`,
        body: JSON.stringify(record),
        params: json,
      })),
    );
  }
  return cacheCounts(http.get(`${baseUrl}/stats`).json());
}

export default function predict(): void {
  const record = traffic.recordAt(exec.scenario.iterationInTest);
  const answer = http.post(`${baseUrl}/predict_ctr`, JSON.stringify(record), json);
  check(answer, {
    'answers with one predicted_ctr': (it) => it.status === 200 && isPrediction(String(it.body)),
  });
}

export function teardown(before: CacheCounts): void {
  cacheHitRate.add(hitRateBetween(before, cacheCounts(http.get(`${baseUrl}/stats`).json())));
}
