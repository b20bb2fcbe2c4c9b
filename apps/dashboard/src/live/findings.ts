/*
 * What is wrong, in words: rules that read the figures and say what they mean and what to do. A title has no
 * figure in it, so that it stays the same while figures move and is read out once.
 */
import type { Schemas } from '../api/client.js';
import { clock, count, moment } from '../shell/format.js';
import type { Feed } from './feed.js';
import type { Stats } from './history.js';
import type { Metrics } from './metrics.js';
import { type Finding, traffic } from './traffic.js';

/** What the rules read, as far as it is known. */
export interface Situation {
  readonly feed: Feed;
  readonly models?: Schemas['ModelsAnswer'];
  readonly metrics?: Metrics;
  readonly monitoring?: Schemas['MonitoringAnswer'];
  /** What the latest trial came to, if it was aborted. */
  readonly trial?: Schemas['TrialAnswer'];
}

/* Milliseconds that news stay news. */
const RESTART_SHOWN_MS = 5 * 60_000;
const ABORT_SHOWN_MS = 7 * 86_400_000;

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

function lost({ isLost, problem, latest, restartedAt }: Feed): Finding[] {
  const found: Finding[] = [];
  if (isLost && latest !== undefined) {
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

/** A canary that the gate took back; what an operator took back is no news to them. */
function canary({ trial, feed: { latest } }: Situation): Finding[] {
  const last = trial?.history.at(-1);
  if (trial === undefined || last?.event !== 'aborted' || last.by !== 'gate') return [];
  const age = (latest?.moment ?? Infinity) - new Date(last.at).getTime();
  if (age > ABORT_SHOWN_MS) return [];
  return [
    {
      tone: 'warn',
      title: 'The latest canary was taken back',
      detail: `${trial.version}, ${moment(last.at)}: ${last.words}`,
      advice: 'The current model answers everything again. Models has the evidence.',
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
