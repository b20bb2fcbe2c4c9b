// Smoke: a request of every kind, each with its right answer, by two users for some seconds.
//
//   k6 run apps/api/load/smoke.k6.ts                         (k6 0.57 or newer reads TypeScript)
//   k6 run -e BASE_URL=http://127.0.0.1:8000 -e USERS=1 -e DURATION=2 apps/api/load/smoke.k6.ts
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import type { Options } from 'k6/options';
import { scenarios } from './goals.ts';
import { smokeRequests } from './smoke-requests.ts';
import { Traffic } from './traffic.ts';
import { baseUrl, settingsOf } from './user.ts';

const traffic = new Traffic();
const { users, seconds } = settingsOf('smoke');

export const options: Options = {
  scenarios: {
    smoke: { executor: 'constant-vus', vus: users, duration: `${seconds}s` },
  },
  thresholds: {
    'http_req_failed{scenario:smoke}': ['rate==0'],
    'http_req_duration{scenario:smoke}': [`p(99)<${scenarios.smoke.goals.p99Ms}`],
    checks: ['rate==1'],
  },
};

export default function smoke(): void {
  const record = traffic.recordAt(exec.scenario.iterationInTest);
  for (const { name, method, path, type, body, status, isRight } of smokeRequests(record)) {
    const answer = http.request(method, baseUrl + path, body ?? null, {
      headers: type === undefined ? {} : { 'content-type': type },
      // a refusal that is asked for is no failure
      responseCallback: http.expectedStatuses(status),
    });
    check(answer, { [name]: (it) => it.status === status && isRight(String(it.body)) });
  }
}
