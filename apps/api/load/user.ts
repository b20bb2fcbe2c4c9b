// What a virtual user of k6 does in more than one scenario.
import { check } from 'k6';
import http from 'k6/http';
import type { Response } from 'k6/http';
import { isPrediction } from './answers.ts';
import { figuresOf } from './figures.ts';
import type { Figures } from './figures.ts';
import { scenarios } from './goals.ts';
import type { ScenarioName } from './goals.ts';
import type { AdRecord, Traffic } from './traffic.ts';

export const baseUrl = __ENV.BASE_URL || 'http://127.0.0.1:8000';
export const json = { headers: { 'content-type': 'application/json' } };

/** How many requests a user may have under way in a batch; for the options of scripts that warm up. */
export const PARALLEL = 50;

export interface Settings {
  users: number;
  seconds: number;
  warmUp: number;
}

/** The settings of a scenario; USERS, DURATION and WARM_UP change them. */
export function settingsOf(name: ScenarioName): Settings {
  const { users, seconds, warmUp } = scenarios[name];
  return {
    users: Number(__ENV.USERS || users),
    seconds: Number(__ENV.DURATION || seconds),
    warmUp: Number(__ENV.WARM_UP || warmUp),
  };
}

export function predict(record: AdRecord): Response {
  return http.post(`${baseUrl}/predict_ctr`, JSON.stringify(record), json);
}

/** Predicts and checks the answer. */
export function checkedPredict(record: AdRecord): Response {
  const answer = predict(record);
  check(answer, {
    'answers with one predicted_ctr': (it) => it.status === 200 && isPrediction(String(it.body)),
  });
  return answer;
}

export function readFigures(): Figures {
  return figuresOf(http.get(`${baseUrl}/stats`).json());
}

/** Sends the requests of the traffic from `first` on, `count` of them. */
export function warmUp(traffic: Traffic, first: number, count: number): void {
  for (let sent = 0; sent < count; sent += PARALLEL) {
    const length = Math.min(PARALLEL, count - sent);
    http.batch(
      Array.from({ length }, (_, i) => ({
        method: 'POST',
        url: `${baseUrl}/predict_ctr`,
        body: JSON.stringify(traffic.recordAt(first + sent + i)),
        params: json,
      })),
    );
  }
}
