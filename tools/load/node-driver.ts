import { setTimeout as pause } from 'node:timers/promises';
import { isDecision, isExplanation, isPrediction, isRefusal } from '@adscale/api/load/answers.ts';
import { largestDecisions } from '@adscale/api/load/decisions.ts';
import {
  exactKeyHitRateBetween,
  figuresOf,
  hitRateBetween,
  lookups,
  residentGrowth,
} from '@adscale/api/load/figures.ts';
import type { Figures } from '@adscale/api/load/figures.ts';
import {
  EXPLAIN_EVERY,
  RETRY_SECONDS,
  SETTLED,
  STORM_USERS,
  scenarios,
  spikeStages,
} from '@adscale/api/load/goals.ts';
import { smokeRequests } from '@adscale/api/load/smoke-requests.ts';
import { Traffic } from '@adscale/api/load/traffic.ts';
import type { LoadOptions } from './options.ts';
import { judge } from './report.ts';
import type { Line } from './report.ts';
import { send } from './sender.ts';
import type { Kind } from './sender.ts';

/** Runs a scenario with autocannon and judges it. Ends by itself after `options.duration`. */
export async function runNodeDriver(options: LoadOptions): Promise<Line[]> {
  const { scenario, baseUrl, users, duration: seconds } = options;
  const { goals } = scenarios[scenario];
  const traffic = new Traffic();
  switch (scenario) {
    case 'smoke':
      return judge(await send({ baseUrl, users, seconds, kinds: smokeKinds(traffic) }), goals);
    case 'spike':
      return spike(options, traffic);
    case 'pipelining-abuse':
    case 'slow-readers': {
      const kinds = [predictions(bodiesFrom(traffic, 0))];
      return judge(await send({ baseUrl, users, seconds, kinds }), goals);
    }
    case 'decision-storm':
      return decisionStorm(options, traffic);
    case 'valkey-dies': {
      const kinds = predictionsAndExplanations(bodiesFrom(traffic, 0));
      return judge(await send({ baseUrl, users, seconds, kinds }), goals);
    }
    default:
      return cached(options, traffic);
  }
}

/**
 * The traffic goes on where the service's last lookup left it, so that a second run does not repeat
 * the first one's requests. Latency is that after the warm-up; the cache figures count it in.
 */
async function cached(options: LoadOptions, traffic: Traffic): Promise<Line[]> {
  const { baseUrl, users, duration: seconds, warmUp } = options;
  const before = await readFigures(baseUrl);
  const kinds = [predictions(bodiesFrom(traffic, lookups(before)))];
  if (warmUp > 0) await send({ baseUrl, users: Math.min(users, warmUp), amount: warmUp, kinds });
  const settled = pause(1000 * SETTLED * seconds).then(() => readFigures(baseUrl));
  const [sent, early] = await Promise.all([send({ baseUrl, users, seconds, kinds }), settled]);
  const after = await readFigures(baseUrl);
  const exact = exactKeyHitRateBetween(before, after);
  return judge(
    {
      ...sent,
      hitRate: hitRateBetween(before, after),
      ...(exact !== undefined && { exactKeyHitRate: exact }),
      residentGrowth: residentGrowth(early, after),
    },
    scenarios[options.scenario].goals,
  );
}

async function spike(options: LoadOptions, traffic: Traffic): Promise<Line[]> {
  const nextBody = bodiesFrom(traffic, 0);
  const lines: Line[] = [];
  for (const { name, users, seconds } of spikeStages(options.duration, options.users)) {
    const kind = name === 'spike' ? refusablePredictions(nextBody) : predictions(nextBody);
    if (name === 'after') await pause(1000 * RETRY_SECONDS);
    const sent = await send({ baseUrl: options.baseUrl, users, seconds, kinds: [kind] });
    lines.push(...judge(sent, scenarios.spike.goals, `${name}: `));
  }
  return lines;
}

/** Predictions alone for half of the time, and beside the largest decisions for the other. */
async function decisionStorm(options: LoadOptions, traffic: Traffic): Promise<Line[]> {
  const { baseUrl, users, duration } = options;
  const { goals } = scenarios['decision-storm'];
  const load = { baseUrl, seconds: Math.max(1, Math.floor(duration / 2)) };
  const kinds = [predictions(bodiesFrom(traffic, 0))];
  const alone = await send({ ...load, users, kinds });
  const [beside, storm] = await Promise.all([
    send({ ...load, users, kinds }),
    send({ ...load, users: STORM_USERS, kinds: decisionKinds() }),
  ]);
  return [
    ...judge(alone, goals, 'alone: '),
    ...judge({ ...beside, p99Times: beside.p99Ms / alone.p99Ms }, goals, 'beside: '),
    // how long they take is not what is looked at
    ...judge(storm, goals, 'decisions: ').filter(({ name }) => !name.includes('latency')),
  ];
}

function decisionKinds(): Kind[] {
  return largestDecisions.map(({ path, body }) => ({
    path,
    nextBody: () => body,
    isRight: (answer) => answer.status === 200 && isDecision(answer.body),
    isRefusal: ({ status, body: text, header }) => isRefusal(status, text, header('retry-after')),
  }));
}

async function readFigures(baseUrl: string): Promise<Figures> {
  const answer = await fetch(`${baseUrl}/stats`);
  if (!answer.ok) throw new Error(`GET /stats answered ${answer.status}`);
  return figuresOf(await answer.json());
}

/** The requests of the traffic from number `first` on, one after the other. */
function bodiesFrom(traffic: Traffic, first: number): () => string {
  let next = first;
  return () => JSON.stringify(traffic.recordAt(next++));
}

function predictions(nextBody: () => string): Kind {
  return {
    path: '/predict_ctr',
    nextBody,
    isRight: ({ status, body }) => status === 200 && isPrediction(body),
  };
}

/** Predictions that an overloaded service may refuse. */
function refusablePredictions(nextBody: () => string): Kind {
  return {
    ...predictions(nextBody),
    isRefusal: ({ status, body, header }) => isRefusal(status, body, header('retry-after')),
  };
}

/** Predictions, and an explanation in every `EXPLAIN_EVERY` requests. */
function predictionsAndExplanations(nextBody: () => string): Kind[] {
  const explanation: Kind = {
    path: '/explain',
    nextBody,
    isRight: ({ status, body }) => status === 200 && isExplanation(body),
  };
  return [explanation, ...Array<Kind>(EXPLAIN_EVERY - 1).fill(predictions(nextBody))];
}

/** A request of every kind that the service knows, about one placement after the other. */
function smokeKinds(traffic: Traffic): Kind[] {
  return smokeRequests(traffic.campaigns[0]!).map(
    ({ method, path, type, body, ...right }, kind) => {
      let next = 0;
      const nextBody = () => smokeRequests(traffic.recordAt(next++))[kind]!.body!;
      return {
        method,
        path,
        ...(type !== undefined && { type }),
        ...(body !== undefined && { nextBody }),
        isRight: (answer) => answer.status === right.status && right.isRight(answer.body),
      };
    },
  );
}
