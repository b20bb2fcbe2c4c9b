// Decision storm: predictions alone, then the same beside clients that send the largest decisions in a
// loop. Decisions may be refused, with 503 OVERLOADED and Retry-After; predictions may not wait for them.
//
//   k6 run apps/api/load/decision-storm.k6.ts                (k6 0.57 or newer reads TypeScript)
//
// k6 has no thresholds that compare two figures: it holds the p99 beside the storm to a bound, and
// `npm run load -- --scenario decision-storm` on Node to a multiple of that alone as well.
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import type { Options } from 'k6/options';
import { isDecision, isRefusal } from './answers.ts';
import { largestDecisions } from './decisions.ts';
import { STORM_USERS, scenarios } from './goals.ts';
import { Traffic } from './traffic.ts';
import { baseUrl, checkedPredict, json, settingsOf } from './user.ts';

const traffic = new Traffic();
const { users, seconds } = settingsOf('decision-storm');
const { p99Ms } = scenarios['decision-storm'].goals;
const half = Math.max(1, Math.floor(seconds / 2));
const predicting = { executor: 'constant-vus' as const, vus: users, duration: `${half}s` };

export const options: Options = {
  scenarios: {
    alone: { ...predicting, exec: 'predicts' },
    beside: { ...predicting, exec: 'predicts', startTime: `${half}s` },
    storm: {
      ...predicting,
      vus: STORM_USERS,
      exec: 'decides',
      startTime: `${half}s`,
      gracefulStop: '15s',
    },
  },
  thresholds: {
    'http_req_failed{scenario:alone}': ['rate==0'],
    'http_req_failed{scenario:beside}': ['rate==0'],
    'http_req_duration{scenario:beside}': [`p(99)<${p99Ms}`],
    checks: ['rate==1'],
  },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
};

export function predicts(): void {
  checkedPredict(traffic.recordAt(exec.scenario.iterationInTest));
}

export function decides(): void {
  const i = exec.scenario.iterationInTest % largestDecisions.length;
  const { path, body } = largestDecisions[i]!;
  const answer = http.post(baseUrl + path, body, json);
  const isRefused = isRefusal(answer.status, String(answer.body), answer.headers['Retry-After']);
  check(answer, {
    'decides, or refuses and says when to come again': (it) =>
      isRefused || (it.status === 200 && isDecision(String(it.body))),
  });
}
