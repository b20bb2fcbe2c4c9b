import { cacheCounts, hitRateBetween, isPrediction } from '@adscale/api/load/goals.ts';
import { Traffic } from '@adscale/api/load/traffic.ts';
import autocannon from 'autocannon';
import type { LoadOptions } from './options.ts';
import type { Measurement } from './report.ts';

const headers = { 'content-type': 'application/json' };

/** Runs the load with autocannon and measures it. Ends by itself after `options.duration`. */
export async function runNodeDriver(
  options: Pick<LoadOptions, 'baseUrl' | 'duration' | 'users'>,
): Promise<Measurement> {
  const traffic = new Traffic();
  await warmUp(options.baseUrl, traffic);
  const before = cacheCounts(await readStats(options.baseUrl));
  const load = await sendLoad(options, traffic);
  const after = cacheCounts(await readStats(options.baseUrl));
  return { ...load, hitRate: hitRateBetween(before, after) };
}

/** Sends each campaign once, so that a short run measures a warm cache as a long one does. */
async function warmUp(baseUrl: string, traffic: Traffic): Promise<void> {
  let next = 0;
  await autocannon({
    url: `${baseUrl}/predict_ctr`,
    connections: 10,
    amount: Math.max(10, traffic.campaigns.length),
    requests: [
      {
        method: 'POST',
        headers,
        setupRequest: (request) => {
          const record = traffic.campaigns[next++ % traffic.campaigns.length];
          return { ...request, body: JSON.stringify(record) };
        },
      },
    ],
  });
}

async function sendLoad(
  options: Pick<LoadOptions, 'baseUrl' | 'duration' | 'users'>,
  traffic: Traffic,
): Promise<Omit<Measurement, 'hitRate'>> {
  let next = 0;
  let badAnswers = 0;
  const models = new Set<string>();
  const result = await autocannon({
    url: `${options.baseUrl}/predict_ctr`,
    connections: options.users,
    duration: options.duration,
    requests: [
      {
        method: 'POST',
        headers,
        setupRequest: (request) => ({
          ...request,
          body: JSON.stringify(traffic.recordAt(next++)),
        }),
        onResponse: (status, body, _context, answerHeaders) => {
          if (status !== 200 || !isPrediction(body)) badAnswers++;
          const version = headerOf(answerHeaders, 'x-model-version');
          if (version !== undefined) models.add(version);
        },
      },
    ],
  });
  return {
    requestsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: badAnswers + result.errors + unanswered(result, options.users),
    models: models.size,
  };
}

/**
 * Requests that a closed connection swallowed: autocannon reconnects without counting them. One
 * request a connection may be under way when the time is up.
 */
function unanswered(result: autocannon.Result, users: number): number {
  return Math.max(0, result.requests.sent - result.requests.total - result.errors - users);
}

function headerOf(headers: autocannon.Request['headers'], name: string): string | undefined {
  for (const [key, value] of Object.entries(headers ?? {})) {
    if (key.toLowerCase() === name) return String(value);
  }
  return undefined;
}

async function readStats(baseUrl: string): Promise<unknown> {
  const answer = await fetch(`${baseUrl}/stats`);
  if (!answer.ok) throw new Error(`GET /stats answered ${answer.status}`);
  return answer.json();
}
