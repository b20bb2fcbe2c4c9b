import { setTimeout as pause } from 'node:timers/promises';
import {
  exactKeyHitRateBetween,
  figuresOf,
  hitRateBetween,
  lookups,
  residentGrowth,
} from '@adscale/api/load/figures.ts';
import type { Figures } from '@adscale/api/load/figures.ts';
import { RETRY_SECONDS, SETTLED, scenarios, spikeStages } from '@adscale/api/load/goals.ts';
import { Traffic } from '@adscale/api/load/traffic.ts';
import {
  bodiesFrom,
  predictions,
  predictionsAndExplanations,
  refusablePredictions,
  smokeKinds,
} from './kinds.ts';
import type { LoadOptions } from './options.ts';
import { judge } from './report.ts';
import type { Line } from './report.ts';
import { send } from './sender.ts';

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

async function readFigures(baseUrl: string): Promise<Figures> {
  const answer = await fetch(`${baseUrl}/stats`);
  if (!answer.ok) throw new Error(`GET /stats answered ${answer.status}`);
  return figuresOf(await answer.json());
}
