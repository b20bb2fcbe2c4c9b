// One request of every kind, and its right answer: what the smoke scenario goes through.
import { isBatch, isExplanation, isPrediction, isProblem } from './answers.ts';
import type { AdRecord } from './traffic.ts';

export interface SmokeRequest {
  name: string;
  method: 'GET' | 'POST';
  path: string;
  type?: string;
  body?: string;
  status: number;
  isRight: (body: string) => boolean;
}

const JSON_TYPE = 'application/json';
const LINES_TYPE = 'application/x-ndjson';

/** The requests about one placement. */
export function smokeRequests(record: AdRecord): SmokeRequest[] {
  const wrong = { ...record, ad_position: 0 };
  const post = { method: 'POST', type: JSON_TYPE, status: 200 } as const;
  const get = { method: 'GET', status: 200 } as const;
  return [
    {
      ...post,
      name: 'predicts',
      path: '/predict_ctr',
      body: JSON.stringify(record),
      isRight: isPrediction,
    },
    {
      ...post,
      name: 'refuses what breaks a rule',
      path: '/predict_ctr',
      body: JSON.stringify(wrong),
      status: 422,
      isRight: (body) => isProblem(body, 'INVALID_RECORD'),
    },
    {
      ...post,
      name: 'answers a batch record by record',
      path: '/predict_ctr/batch',
      body: JSON.stringify([record, wrong, record]),
      isRight: (body) => isBatch(body, 2, 1),
    },
    {
      ...post,
      name: 'answers a stream line by line',
      path: '/predict_ctr/stream',
      type: LINES_TYPE,
      body: `${JSON.stringify(record)}\n${JSON.stringify(record)}\n`,
      isRight: (body) => body.trim().split('\n').filter(isPrediction).length === 2,
    },
    {
      ...post,
      name: 'explains',
      path: '/explain',
      body: JSON.stringify(record),
      isRight: isExplanation,
    },
    {
      ...get,
      name: 'is ready',
      path: '/health/ready',
      isRight: (body) => body.includes('"ok"'),
    },
    {
      ...get,
      name: 'tells its statistics',
      path: '/stats',
      isRight: (body) => body.includes('"exact_key_hit_rate"'),
    },
    {
      ...get,
      name: 'tells its metrics',
      path: '/metrics',
      isRight: (body) => body.includes('# TYPE '),
    },
    {
      ...get,
      name: 'knows what it does not have',
      path: '/nowhere',
      status: 404,
      isRight: (body) => isProblem(body, 'NOT_FOUND'),
    },
  ];
}
