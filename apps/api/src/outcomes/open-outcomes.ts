import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { PredictionIds } from '../ids/prediction-ids.js';
import type { Store } from '../store/store.js';
import { OutcomeIntake } from './intake.js';
import { Maturity } from './maturity.js';
import type { ModelBook } from './model-book.js';
import { Outcomes } from './outcomes.js';
import type { OutcomeQueries } from './queries.js';
import { OutcomeReader } from './read-outcome.js';
import { Upkeep } from './upkeep.js';
import { OutcomeWriter } from './writer.js';

/** What outcomes are made of besides their store. */
export interface OutcomeSources {
  readonly ids: PredictionIds;
  readonly book: ModelBook;
  readonly logger: Logger;
  /** A clock in milliseconds since 1970. */
  readonly now: () => number;
  /** Called whenever outcomes were committed. */
  readonly onCommitted?: () => void;
}

/** Outcomes in this store, with what closes old days; such as refuse everything where there is none. */
export function openOutcomes(
  store: Store<OutcomeQueries> | undefined,
  { outcomesMatureDays: matureDays, outcomesRetentionDays: retentionDays }: Config,
  { ids, book, logger, now, onCommitted }: OutcomeSources,
): { readonly outcomes: Outcomes; readonly upkeep: Upkeep | undefined } {
  if (store === undefined) return { outcomes: new Outcomes(undefined), upkeep: undefined };
  const reader = new OutcomeReader(ids, book, retentionDays);
  const intake = new OutcomeIntake(reader, book, new OutcomeWriter(store, now, onCommitted), now);
  const outcomes = new Outcomes({ store, intake, maturity: new Maturity(store, now), now });
  return { outcomes, upkeep: new Upkeep(store, { matureDays, retentionDays, now }, logger) };
}
