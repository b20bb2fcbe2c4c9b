/* What is wrong with the traffic, by the last minute and what was usual before it. */
import type { Schemas } from '../api/client.js';
import { count, milliseconds, number, percent } from '../shell/format.js';
import { counterMeaning } from './counters.js';
import type { Feed, Frame } from './feed.js';
import type { Stats } from './history.js';

export interface Finding {
  readonly tone: 'bad' | 'warn';
  readonly title: string;
  /** The figures, as a sentence. */
  readonly detail: string;
  /** What to do. */
  readonly advice: string;
  /** The page that shows more. */
  readonly page?: '/models' | '/monitoring';
}

/* Where a figure begins to mean something. */
const FEW = 20;
const MANY_ERRORS = 0.01;
const MANY_REFUSED = 0.05;
const SLOW_MS = 50;
const TAIL = 20;
const HIT_RATE_FALL = 0.2;
const LATE_MS = 50;
const VERY_LATE_MS = 250;
const MANY_UNKNOWN = 0.2;

/** What the figures of requests, cache and processes say. */
export function traffic(latest: Frame, { recent }: Feed): Finding[] {
  const before = recent[0] ?? latest;
  const minute = latest.stats.windows['1m'];
  const hour = latest.stats.windows['1h'];
  return [
    ...errors(latest.stats, before.stats),
    ...refusals(latest.stats, before.stats),
    ...counters(latest.stats, before.stats),
    ...silence(minute, hour),
    ...tail(minute),
    ...cache(minute, hour),
    ...lag(recent.slice(-2).concat(latest)),
    ...unknownWords(latest.stats, before.stats),
    ...secondTier(latest.stats, before.stats),
  ];
}

type WindowAnswer = Schemas['WindowAnswer'];

/** Routes with the most answers of a kind since a frame: `POST /predict_ctr (12)`. */
function worst(stats: Stats, before: Stats, isMeant: (status: number) => boolean): string {
  const sum = (statuses: Record<string, number> | undefined) =>
    Object.entries(statuses ?? {}).reduce((all, [s, n]) => all + (isMeant(Number(s)) ? n : 0), 0);
  const routes = stats.routes.map(({ method, path, statuses }) => {
    const old = before.routes.find((route) => route.method === method && route.path === path);
    return { name: `${method} ${path}`, fresh: sum(statuses) - sum(old?.statuses) };
  });
  return routes
    .filter(({ fresh }) => fresh > 0)
    .sort((a, b) => b.fresh - a.fresh)
    .slice(0, 3)
    .map(({ name, fresh }) => `${name} (${count(fresh)})`)
    .join(', ');
}

function errors(stats: Stats, before: Stats): Finding[] {
  const { requests, errors } = stats.windows['1m'];
  if (errors === 0 || stats.model_version === null) return [];
  const where = worst(stats, before, (status) => status >= 500);
  return [
    {
      tone: errors / requests >= MANY_ERRORS ? 'bad' : 'warn',
      title: 'Requests fail',
      detail: `${count(errors)} of ${count(requests)} in the last minute (${percent(errors / requests)})${where && `: ${where}`}.`,
      advice: 'The log of the service has a line for each, with its request id.',
    },
  ];
}

/** Requests that callers got wrong; what they ask too much of is told by counters. */
function refusals(stats: Stats, before: Stats): Finding[] {
  const isPredict = ({ path }: { path: string }) => path.startsWith('/predict_ctr');
  const all = (of: Stats) => counted(of.routes.filter(isPredict), () => true);
  const wrong = (of: Stats) => counted(of.routes.filter(isPredict), isRefusal);
  const asked = all(stats) - all(before);
  const refused = wrong(stats) - wrong(before);
  if (asked < FEW || refused / asked < MANY_REFUSED) return [];
  return [
    {
      tone: 'warn',
      title: 'Callers send what cannot be answered',
      detail: `${count(refused)} of ${count(asked)} requests of the last minute (${percent(refused / asked)}): ${worst(stats, before, isRefusal)}.`,
      advice:
        'Each answer names the field that is wrong. Do callers know the schema of this model?',
    },
  ];
}

const isRefusal = (status: number) => status >= 400 && status < 500 && status !== 429;

function counted(routes: Stats['routes'], isMeant: (status: number) => boolean): number {
  return routes
    .flatMap(({ statuses }) => Object.entries(statuses))
    .reduce((all, [status, requests]) => all + (isMeant(Number(status)) ? requests : 0), 0);
}

/** What was counted in the last minute; what was before is told below, unless something was lost for good. */
function counters(stats: Stats, before: Stats): Finding[] {
  return Object.entries(stats.counters).flatMap(([name, value]): Finding[] => {
    const fresh = value - (before.counters[name] ?? 0);
    const { title, advice, weight } = counterMeaning(name);
    if (fresh <= 0 && (value === 0 || weight !== 'lasting')) return [];
    const detail = `${count(fresh)} in the last minute, ${count(value)} since the service started.`;
    const isMild = fresh <= 0 || weight === 'callers';
    return [{ tone: isMild ? 'warn' : 'bad', title, detail, advice }];
  });
}

function silence(minute: WindowAnswer, hour: WindowAnswer): Finding[] {
  if (minute.requests > 0 || hour.requests < 60 * FEW) return [];
  return [
    {
      tone: 'warn',
      title: 'No requests come any more',
      detail: `None in the last minute, ${count(hour.requests)} in the last hour.`,
      advice: 'If that is not meant: do callers reach this address, and are their keys valid?',
    },
  ];
}

function tail({ requests, latency_ms: { p50, p99 } }: WindowAnswer): Finding[] {
  if (requests < 5 * FEW || p99 < SLOW_MS || p99 < TAIL * p50) return [];
  return [
    {
      tone: 'warn',
      title: 'Some answers take far longer than most',
      detail: `One in a hundred takes ${milliseconds(p99)} or more, half of them at most ${milliseconds(p50)}, in the last minute.`,
      advice:
        'Large batches or costly decisions beside single predictions? See routes and processes.',
    },
  ];
}

function cache(minute: WindowAnswer, hour: WindowAnswer): Finding[] {
  const [now, usual] = [minute.hit_rate, hour.hit_rate];
  const isMuch = minute.predictions >= 5 * FEW && hour.predictions >= 10 * minute.predictions;
  if (!isMuch || now === null || usual === null || now > usual - HIT_RATE_FALL) return [];
  return [
    {
      tone: 'warn',
      title: 'The cache answers less than it did',
      detail: `${percent(now)} of the last minute’s lookups, ${percent(usual)} of the last hour’s.`,
      advice:
        'A new model begins with an empty cache; otherwise callers ask for other placements than before.',
    },
  ];
}

/** A process that is late now and was late before: once is no finding. */
function lag(frames: readonly Frame[]): Finding[] {
  const lags = frames.map(({ stats }) => stats.processes.map((each) => each.event_loop_lag_ms));
  const least = Math.min(...lags.map((all) => Math.max(0, ...all)));
  if (frames.length < 3 || least < LATE_MS) return [];
  return [
    {
      tone: least >= VERY_LATE_MS ? 'bad' : 'warn',
      title: 'A process is too busy to answer at once',
      detail: `Its event loop is late by ${milliseconds(least)} or more.`,
      advice: 'Add workers or replicas, or send large batches and decisions elsewhere.',
    },
  ];
}

function unknownWords(stats: Stats, before: Stats): Finding[] {
  const predictions = stats.predictions - before.predictions;
  if (predictions < FEW) return [];
  return Object.entries(stats.unknown_words).flatMap(([feature, value]): Finding[] => {
    const share = (value - (before.unknown_words[feature] ?? 0)) / predictions;
    if (share < MANY_UNKNOWN) return [];
    return [
      {
        tone: 'warn',
        title: `Many values of ${feature} are new to the model`,
        detail: `${percent(share)} of the predictions of the last minute had one that it does not know, or none.`,
        advice: 'They are answered by what is above them. Train on newer data to know them.',
        page: '/models',
      },
    ];
  });
}

function secondTier({ cache: now }: Stats, { cache: then }: Stats): Finding[] {
  const failed = (of: Stats['cache']) => of.second_tier.errors + of.second_tier.timeouts;
  const fresh = failed(now) - failed(then);
  if (fresh <= 0 && now.second_tier.breakers_open === 0) return [];
  return [
    {
      tone: 'warn',
      title: 'The cache that replicas share does not answer',
      detail: `${count(fresh)} failures in the last minute; ${number(now.second_tier.breakers_open)} processes have given up on it for now.`,
      advice: 'See VALKEY_URL. Answers are right without it, and take longer.',
    },
  ];
}
