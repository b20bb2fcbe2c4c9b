import type { ServiceStats } from '@adscale/stats';
import type { Logger } from 'pino';
import type { Store } from '../store/store.js';
import { DecisionLog } from './decision-log.js';
import { Judgement, type JudgementParts } from './judgement.js';
import type { DecisionQueries } from './queries.js';

interface Settings {
  readonly decisionLog: boolean;
  readonly decisionLogDays: number;
  readonly decisionLogMost: number;
}

/**
 * Makes the log of decisions, and what judges those that are in it.
 * @returns no log where DECISION_LOG or OUTCOMES_URL is off; what was kept before is judged all the same
 */
export function openDecisionLog(
  store: Store<DecisionQueries> | undefined,
  settings: Settings,
  stats: ServiceStats,
  logger: Logger,
  parts: Omit<JudgementParts, 'store' | 'flush'>,
) {
  const lost = stats.counter('decisions_lost');
  const { decisionLogDays: days, decisionLogMost: most } = settings;
  const options = { days, most, now: parts.now, lost, logger };
  const isOn = settings.decisionLog && store !== undefined;
  const decisionLog = isOn ? new DecisionLog(store, options) : undefined;
  const flush = async (): Promise<void> => decisionLog?.flush();
  return { decisionLog, judgement: new Judgement({ ...parts, store, flush }) };
}
