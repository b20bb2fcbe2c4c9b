// Retrain while serving: load on the API while the trainer publishes one model after the other.
// k6 starts no processes, so `npm run load -- --scenario retrain` retrains beside it; alone:
//
//   k6 run apps/trainer/load/retrain.k6.ts     and meanwhile, as often as you like,
//   node apps/trainer/dist/main.js train --seed 7
//
// It passes when no request failed and the answers came from more than one model.
import { check } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import type { Options } from 'k6/options';
// by path, across projects: k6 resolves neither packages nor workspaces
import { scenarios } from '../../api/load/goals.ts';
import { Traffic } from '../../api/load/traffic.ts';
import { checkedPredict, settingsOf } from '../../api/load/user.ts';

const traffic = new Traffic();
const { users, seconds } = settingsOf('retrain');
const modelSwitches = new Counter('model_switches');

export const options: Options = {
  scenarios: {
    retrain: { executor: 'constant-vus', vus: users, duration: `${seconds}s` },
  },
  thresholds: {
    'http_req_failed{scenario:retrain}': ['rate==0'],
    'http_req_duration{scenario:retrain}': [`p(99)<${scenarios.retrain.goals.p99Ms}`],
    checks: ['rate==1'],
    model_switches: ['count>0'],
  },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
};

// each virtual user has its own copy of this module, hence its own memory of the last model
let lastVersion = '';

export default function retrain(): void {
  const answer = checkedPredict(traffic.recordAt(exec.scenario.iterationInTest));
  // k6 spells header names in their canonical form
  const version = answer.headers['X-Model-Version'] ?? '';
  check(answer, { 'names its model': () => version !== '' });
  modelSwitches.add(lastVersion !== '' && version !== '' && version !== lastVersion ? 1 : 0);
  if (version !== '') lastVersion = version;
}
