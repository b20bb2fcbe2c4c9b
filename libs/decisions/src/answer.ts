import type { CtrModel } from '@adscale/ctr';

/** What every answer says of itself. */
export interface Answered {
  readonly model_version: string;
  /** What the estimates take for granted, in sentences. */
  readonly assumptions: readonly string[];
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

export const MODEL_ERROR =
  'Intervals and chances are of the true CTR given what the model knows: the spread of its members, ' +
  'scaled to its errors on rows that they did not see. They say nothing of a market that changes.';

/** Where the model knows of overdispersion: what the figures make of it. */
export function ownDifference({ rho }: { readonly rho: number }): string[] {
  if (rho === 0) return [];
  const told = Number(rho.toPrecision(2));
  return [
    `Placements differ from what their features tell by more than chance (intra-row correlation ${told}): ` +
      'each has a CTR of its own, which intervals and chances count.',
  ];
}

const EXTRAPOLATES =
  'Some records lie outside what the model was trained on (see extrapolated): there it answers ' +
  'with the nearest it knows, and its intervals are too narrow.';

const NO_CARD = 'The model has no card: nobody can tell whether it extrapolates.';

/** The sentences of an answer, with those that its records call for. */
export function assumptionsOf(
  model: CtrModel,
  extrapolated: boolean,
  own: readonly string[],
): string[] {
  const about = model.card === undefined ? [NO_CARD] : extrapolated ? [EXTRAPOLATES] : [];
  return [...own, ...about];
}

/** A share or a probability: four decimals. */
export function roundShare(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

/** An estimated CTR or its bound: six decimals, clamped to [0, 1]. */
export function roundRate(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 1e6) / 1e6;
}

/** An estimated count: two decimals. */
export function roundCount(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The range that reaches equally far either side of a centre, its ends rounded. */
export function rangeOf(centre: number, reach: number, round: (value: number) => number): Range {
  return { low: round(centre - reach), high: round(centre + reach) };
}
