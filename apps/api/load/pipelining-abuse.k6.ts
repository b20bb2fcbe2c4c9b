// Pipelining abuse: predictions, while others ask for events, send a thousand requests behind them on
// the same connection, and hang up. k6 speaks HTTP as one should, so `npm run load --
// --scenario pipelining-abuse` sends the others; alone, this is the load of those who do not abuse:
//
//   k6 run apps/api/load/pipelining-abuse.k6.ts                        (k6 0.57 or newer reads TypeScript)
//
// It passes when no request failed and none took long.
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { scenarios } from './goals.ts';
import { Traffic } from './traffic.ts';
import { checkedPredict, settingsOf } from './user.ts';

const traffic = new Traffic();
const { users, seconds } = settingsOf('pipelining-abuse');
const { p99Ms } = scenarios['pipelining-abuse'].goals;

export const options: Options = {
  scenarios: {
    'pipelining-abuse': { executor: 'constant-vus', vus: users, duration: `${seconds}s` },
  },
  thresholds: {
    'http_req_failed{scenario:pipelining-abuse}': ['rate==0'],
    'http_req_duration{scenario:pipelining-abuse}': [`p(99)<${p99Ms}`],
    checks: ['rate==1'],
  },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
};

export default function pipeliningAbuse(): void {
  checkedPredict(traffic.recordAt(exec.scenario.iterationInTest));
}
