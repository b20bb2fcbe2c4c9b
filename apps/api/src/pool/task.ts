import type { SharedModel } from '@adscale/ctr';
import type { DecisionErrorCode, JudgedDecision, Observed } from '@adscale/decisions';
import type { ExplainedPrediction } from '@adscale/forest';

/** The decisions, each a route of its own. */
export const DECISIONS = [
  'rank',
  'forecast',
  'compare',
  'allocate',
  'opportunities',
  'curve',
] as const;

export type DecisionName = (typeof DECISIONS)[number];

/** What came of an entry, with the records that its impressions had as JSON, which is parsed on the thread. */
export interface ObservedCells extends Omit<Observed, 'shown'> {
  readonly shown: readonly { readonly cell: string; readonly impressions: number }[];
}

/** What a thread is asked of a model. */
export type Work =
  | {
      readonly kind: 'decision';
      readonly name: DecisionName;
      /** The body as it came: it is read on the thread. Undefined: there was none. */
      readonly body: string | undefined;
    }
  | { readonly kind: 'explanation'; readonly row: Float64Array }
  /** To judge a decision of the model by what came of its entries. */
  | {
      readonly kind: 'hindsight';
      readonly name: JudgedDecision;
      /** What the log has of it, as JSON: `{request, answer}`. */
      readonly content: string;
      readonly observed: readonly ObservedCells[];
    }
  /** Nothing but to drop models. */
  | { readonly kind: 'sweep' };

/** What is sent to a thread. */
export interface Task {
  /** Number of the model that is asked. */
  readonly model: number;
  /** The model itself, if the thread said that it does not have it. */
  readonly shared?: SharedModel;
  /** Numbers of the models that the service holds; threads drop others. */
  readonly held: readonly number[];
  readonly work: Work;
  /** In shared memory: 1 from when nobody waits for the answer any more. */
  readonly left: Int32Array;
}

/** Rows that a decision judged, in a model's order and row after row; none of a model without words. */
interface Judged {
  readonly rows: Float64Array;
}

export type Decided =
  /** The answer as JSON. */
  | ({ readonly kind: 'decided'; readonly text: string } & Judged)
  | ({
      readonly kind: 'refused';
      readonly code: DecisionErrorCode;
      readonly detail: string;
      readonly field: string | undefined;
      /** What is behind it, in words. */
      readonly cause: string | undefined;
    } & Judged)
  /** The body is no JSON that is acceptable. */
  | { readonly kind: 'malformed' };

export interface Explained {
  readonly kind: 'explained';
  readonly explanation: ExplainedPrediction;
}

export type Outcome = Decided | Explained;

/** What a thread sends back. `stopped`: nobody waits for the answer. */
export type Reply =
  | Outcome
  | { readonly kind: 'model wanted' | 'stopped' }
  | { readonly kind: 'swept'; readonly models: number };
