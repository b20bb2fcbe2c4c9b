import type { CtrModel } from '@adscale/ctr';
import { allocate, compare, curve, forecast, opportunities, rank } from '@adscale/decisions';

/** A decision and what a file of rows is to it. */
export interface Decision {
  readonly decide: (model: CtrModel, request: unknown) => object | Promise<object>;
  /** The request's list that rows of a CSV become; absent where a request is no list. */
  readonly list?: string;
}

export const decisions = {
  rank: { decide: rank, list: 'candidates' },
  forecast: { decide: forecast, list: 'schedule' },
  compare: { decide: compare },
  allocate: { decide: allocate, list: 'cells' },
  opportunities: { decide: opportunities, list: 'placements' },
  curve: { decide: curve },
} as const satisfies Record<string, Decision>;

export type DecisionName = keyof typeof decisions;
export const decisionNames = Object.keys(decisions) as DecisionName[];
