import type { JudgedDecision } from '@adscale/decisions';

/** Names an answer that is kept: `GET /decisions/{id}`. */
export const DECISION_ID = 'x-decision-id';

/** A decision as it was answered. */
export interface AnsweredDecision {
  readonly name: JudgedDecision;
  /** Version of the model that decided. */
  readonly model: string;
  /** JSON as it came. */
  readonly request: string;
  /** JSON as it was sent. */
  readonly answer: string;
}

/** Keeps answers that can be judged later. */
export interface DecisionKeeper {
  /** @returns the id of the answer; undefined if it cannot be kept */
  keep(decision: AnsweredDecision): string | undefined;
}
