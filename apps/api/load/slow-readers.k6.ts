// Slow readers: predictions, while others neither read their answers nor end their uploads. k6 speaks
// HTTP as one should, so `npm run load -- --scenario slow-readers` sends the others; alone, this is
// the load of those who do not abuse:
//
//   k6 run apps/api/load/slow-readers.k6.ts                        (k6 0.57 or newer reads TypeScript)
//
// It passes when no request failed and none took long.
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { scenarios } from './goals.ts';
import { Traffic } from './traffic.ts';
import { checkedPredict, settingsOf } from './user.ts';

const traffic = new Traffic();
const { users, seconds } = settingsOf('slow-readers');
const { p99Ms } = scenarios['slow-readers'].goals;

export const options: Options = {
  scenarios: {
    'slow-readers': { executor: 'constant-vus', vus: users, duration: `${seconds}s` },
  },
  thresholds: {
    'http_req_failed{scenario:slow-readers}': ['rate==0'],
    'http_req_duration{scenario:slow-readers}': [`p(99)<${p99Ms}`],
    checks: ['rate==1'],
  },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
};

export default function slowReaders(): void {
  checkedPredict(traffic.recordAt(exec.scenario.iterationInTest));
}
