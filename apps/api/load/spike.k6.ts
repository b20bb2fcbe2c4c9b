// Spike: five users, then two hundred for some seconds, then five again.
//
//   k6 run apps/api/load/spike.k6.ts                         (k6 0.57 or newer reads TypeScript)
//   k6 run -e USERS=1500 -e DURATION=20 apps/api/load/spike.k6.ts
//
// During the spike the service may refuse, with 503 OVERLOADED and Retry-After, and whatever it
// takes it answers in time. Before it, and a second after, it refuses nobody.
import { check } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import type { Options } from 'k6/options';
import { isPrediction, isRefusal } from './answers.ts';
import { scenarios, spikeStages } from './goals.ts';
import { Traffic } from './traffic.ts';
import { checkedPredict, predict, settingsOf } from './user.ts';

const traffic = new Traffic();
const settings = settingsOf('spike');
const { p99Ms } = scenarios.spike.goals;
const refused = new Counter('refused');
const accepted = new Counter('accepted');

const stages = spikeStages(settings.seconds, settings.users).map((stage) => [
  stage.name,
  {
    executor: 'constant-vus' as const,
    vus: stage.users,
    duration: `${stage.seconds}s`,
    startTime: `${stage.startsAt}s`,
    gracefulStop: '1s',
    exec: stage.name === 'spike' ? 'crowd' : 'few',
  },
]);

export const options: Options = {
  scenarios: Object.fromEntries(stages),
  thresholds: {
    'http_req_failed{scenario:before}': ['rate==0'],
    'http_req_failed{scenario:after}': ['rate==0'],
    'http_req_duration{scenario:spike,expected_response:true}': [`p(99)<${p99Ms}`],
    'http_req_duration{scenario:after}': [`p(99)<${p99Ms}`],
    checks: ['rate==1'],
    accepted: ['count>0'],
  },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
};

export function few(): void {
  checkedPredict(traffic.recordAt(exec.scenario.iterationInTest));
}

export function crowd(): void {
  const answer = predict(traffic.recordAt(exec.scenario.iterationInTest));
  const isRefused = isRefusal(answer.status, String(answer.body), answer.headers['Retry-After']);
  refused.add(isRefused ? 1 : 0);
  accepted.add(isRefused ? 0 : 1);
  check(answer, {
    'answers, or refuses and says when to come again': (it) =>
      isRefused || (it.status === 200 && isPrediction(String(it.body))),
  });
}
