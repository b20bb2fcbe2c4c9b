/*
 * What is wrong, in words: rules that read the figures and say what they mean and what to do. A title has no
 * figure in it, so that it stays the same while figures move and is read out once.
 */
import type { Schemas } from '../api/client.js';
import { clock, count, milliseconds, number, percent } from '../shell/format.js';
import type { Feed, Frame } from './feed.js';
import type { Stats } from './history.js';
import type { Metrics } from './metrics.js';

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

/** What the rules read, as far as it is known. */
export interface Situation {
  readonly feed: Feed;
  readonly models?: Schemas['ModelsAnswer'];
  readonly metrics?: Metrics;
  readonly monitoring?: Schemas['MonitoringAnswer'];
  /** What the latest trial came to, if it was aborted. */
  readonly trial?: Schemas['TrialAnswer'];
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
const RESTART_SHOWN_MS = 5 * 60_000;

interface CounterMeaning {
  readonly title: string;
  readonly advice: string;
  /** `lasting`: something is lost for good, so it stays told; `callers`: their doing, and no harm. */
  readonly weight?: 'lasting' | 'callers';
}

/** What counters that should be zero mean, and what to do. */
const counterMeanings: Readonly<Record<string, CounterMeaning>> = {
  requests_shed: {
    title: 'Requests are turned away, since the service cannot keep up',
    advice: 'Add workers or replicas (WORKERS), or raise MAX_IN_FLIGHT if answers are still quick.',
  },
  requests_rate_limited: {
    title: 'Callers are over their rate limit',
    advice: 'Have them send batches or slow down, or raise RATE_LIMIT_PER_MINUTE.',
  },
  decisions_lost: {
    title: 'Decisions were not written down',
    weight: 'lasting',
    advice: 'Look at the store of OUTCOMES_URL: it is away, full or too slow.',
  },
  log_lines_dropped: {
    title: 'Lines of the log were dropped',
    advice: 'Whatever reads the log of the service is too slow for it.',
  },
  tasks_refused: {
    title: 'Decisions or explanations were refused',
    advice:
      'More were asked for than DECISION_QUEUE has room for: ask for fewer at once, or raise DECISION_THREADS.',
  },
  tasks_dropped: {
    title: 'Callers leave before their turn',
    weight: 'callers',
    advice:
      'Decisions wait for a thread longer than callers do: raise DECISION_THREADS, or their patience.',
  },
  tasks_stopped: {
    title: 'Callers leave before their answer',
    weight: 'callers',
    advice: 'Decisions take longer than callers wait: ask for smaller ones, or wait longer.',
  },
  tasks_ended: {
    title: 'A decision hung, and was ended with its thread',
    advice: 'The log says which. Another thread took the place of the one that hung.',
  },
  shadow_dropped: {
    title: 'Comparisons with the shadow were dropped',
    advice: 'Compare a smaller share of the requests. Answers were not touched.',
  },
  uncaught_errors: {
    title: 'There were errors that nothing caught',
    weight: 'lasting',
    advice: 'Look for them in the log, and tell whoever looks after the service.',
  },
};

/** A counter as people read it. */
export function counterName(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function counterMeaning(name: string): CounterMeaning {
  return (
    counterMeanings[name] ?? {
      title: `${counterName(name)}: should be zero`,
      advice: 'Look into the log of the service.',
    }
  );
}

/** All that is wrong, what is worst first. */
export function findingsOf(situation: Situation): Finding[] {
  const { latest } = situation.feed;
  const found = [
    ...lost(situation.feed),
    ...(latest ? [...model(latest.stats, situation), ...traffic(latest, situation.feed)] : []),
    ...canary(situation),
    ...outcomes(situation),
  ];
  return [...found.filter(isBad), ...found.filter((each) => !isBad(each))];
}

const isBad = ({ tone }: Finding) => tone === 'bad';

function lost({ state, problem, latest, restartedAt }: Feed): Finding[] {
  const found: Finding[] = [];
  if (state !== 'live' && latest !== undefined) {
    found.push({
      tone: 'bad',
      title: 'The stream of figures is lost',
      detail: `${problem?.message ?? 'It has ended.'} What is shown is from ${clock(latest.moment)}.`,
      advice: 'This page connects again by itself. If it stays so, see that the service runs.',
    });
  }
  if (restartedAt !== undefined && latest && latest.moment - restartedAt < RESTART_SHOWN_MS) {
    found.push({
      tone: 'warn',
      title: 'The service has started anew',
      detail: `Seen at ${clock(restartedAt)}. Its counts begin there.`,
      advice: 'If nobody restarted it, the last lines of its log before that say why it ended.',
    });
  }
  return found;
}

function model({ model_version, requests }: Stats, { models }: Situation): Finding[] {
  if (model_version === null) {
    return [
      {
        tone: 'bad',
        title: 'No model is loaded',
        detail: `Every prediction is answered 503${requests > 0 ? `; ${count(requests)} were asked for` : ''}.`,
        advice: 'Train a model into MODEL_DIR. The service takes it up by itself.',
      },
    ];
  }
  const wanted = models?.current;
  const refused = models?.versions.find(({ version, refused }) => version === wanted && refused);
  if (wanted === undefined || wanted === models?.serving || !refused) return [];
  return [
    {
      tone: 'bad',
      title: 'The current model was refused, and an earlier one serves',
      detail: `${wanted}: ${refused.refused}`,
      advice: 'Promote a version that can be served, or train again.',
      page: '/models',
    },
  ];
}

function traffic(latest: Frame, { recent }: Feed): Finding[] {
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

function canary({ trial }: Situation): Finding[] {
  if (trial === undefined || trial.status !== 'aborted') return [];
  return [
    {
      tone: 'warn',
      title: 'The latest canary was taken back',
      detail: `${trial.version}: ${trial.words}`,
      advice: 'The current model answers everything. Models shows the evidence.',
      page: '/models',
    },
  ];
}

function outcomes({ metrics, monitoring }: Situation): Finding[] {
  const found: Finding[] = [];
  if (metrics?.isStoreUp === false) {
    found.push({
      tone: 'bad',
      title: 'Outcomes cannot be kept',
      detail: 'The store of outcomes does not answer.',
      advice: 'See OUTCOMES_URL, and the log of the service. Predictions go on.',
      page: '/monitoring',
    });
  }
  for (const { state, title } of monitoring?.alerts ?? []) {
    if (state !== 'firing') continue;
    found.push({
      tone: 'bad',
      title: 'What came differs from what was predicted',
      detail: title,
      advice: 'Monitoring shows where and since when.',
      page: '/monitoring',
    });
  }
  return found;
}
