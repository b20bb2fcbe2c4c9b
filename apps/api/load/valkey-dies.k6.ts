// Valkey dies: load, explanations included, while the server that replicas share is lost and comes
// back. k6 starts no processes, so `npm run load -- --scenario valkey-dies` does all of this; alone:
//
//   valkey-server --port 6390 --save ''                      in one terminal (or redis-server),
//   VALKEY_URL=redis://127.0.0.1:6390 npm start              in another,
//   k6 run apps/api/load/valkey-dies.k6.ts                   in a third (k6 0.57 or newer);
//
// meanwhile kill the server (kill -9) after five seconds and start it again after ten.
// It passes when no request failed and none took long.
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import type { Options } from 'k6/options';
import { isExplanation } from './answers.ts';
import { EXPLAIN_EVERY, scenarios } from './goals.ts';
import { Traffic } from './traffic.ts';
import { baseUrl, checkedPredict, json, settingsOf } from './user.ts';

const traffic = new Traffic();
const { users, seconds } = settingsOf('valkey-dies');

export const options: Options = {
  scenarios: {
    'valkey-dies': { executor: 'constant-vus', vus: users, duration: `${seconds}s` },
  },
  thresholds: {
    'http_req_failed{scenario:valkey-dies}': ['rate==0'],
    'http_req_duration{scenario:valkey-dies}': [`p(99)<${scenarios['valkey-dies'].goals.p99Ms}`],
    checks: ['rate==1'],
  },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
};

export default function valkeyDies(): void {
  const i = exec.scenario.iterationInTest;
  const record = traffic.recordAt(i);
  if (i % EXPLAIN_EVERY !== 0) {
    checkedPredict(record);
    return;
  }
  const answer = http.post(`${baseUrl}/explain`, JSON.stringify(record), json);
  check(answer, {
    'explains what it predicts': (it) => it.status === 200 && isExplanation(String(it.body)),
  });
}
