import type { CtrModel } from '@adscale/ctr';
import {
  assumptionsOf,
  ownDifference,
  MODEL_ERROR,
  rangeOf,
  roundRate,
  roundShare,
  type Answered,
  type Range,
} from '../answer.js';
import { ModelError } from '../error/model-error.js';
import { chanceAbove } from '../error/distributions.js';
import { PlacementReader, type DecisionOptions } from '../placement.js';
import { readFields, readLevel, readOptional, PROBABILITY, ROOT } from '../request.js';
import { twoProportionSize, type TestSize } from '../sample-size.js';
import { partWeights, switchingBetween, type Switching } from './switching.js';

export interface ComparedPlacement {
  readonly predicted_ctr: number;
  readonly interval: Range;
  readonly extrapolated: readonly string[];
}

/** A difference of CTRs (B less A) or a part of it. */
export interface Effect {
  readonly difference: number;
  readonly interval: Range;
  /** Chance that the true difference is above 0. */
  readonly chance_above_zero: number;
}

export interface Comparison extends Answered {
  readonly level: number;
  readonly a: ComparedPlacement;
  readonly b: ComparedPlacement;
  /** B's CTR less A's. */
  readonly uplift: Effect;
  /** B's CTR over A's, less 1. */
  readonly relative_uplift: { readonly value: number; readonly interval: Range };
  readonly chance_b_better: number;
  /** The part of the uplift that is the placement's, adjusted for volume and budget. */
  readonly placement_effect: Effect;
  /** The part of impressions and budget. */
  readonly volume_effect: Effect;
  /** The part of every feature that differs; they add up to the uplift. */
  readonly parts: readonly { readonly feature: string; readonly difference: number }[];
  /** What a live test would need; absent where the model sees no difference. */
  readonly live_test?: TestSize & {
    readonly significance: number;
    readonly power: number;
    /** The difference that the test is sized for, relative to A. */
    readonly for_relative_uplift: number;
  };
  readonly warnings: readonly string[];
}

/** Features that say how much is bought, not where. */
const VOLUME = ['impressions', 'budget'];

const OWN = [
  'The chance that B is better weighs the model’s error alone, with no opinion of what usually is better.',
  'The placement effect is what switching the placement from A to B changes, averaged over all orders of switching the features that differ; the rest of the uplift is the effect of impressions and budget.',
  'The live test is sized by the two-proportion formula of Fleiss, Levin and Paik (2003), section 4.2, for the predicted CTRs: if the true difference is smaller, it takes more.',
  'What differs in the data need not be what would differ if one moved the ad: the comparison is of what was observed, not of causes.',
  MODEL_ERROR,
];

/**
 * Compares placement B with placement A.
 *
 * Request: `{ a: record, b: record, level?, significance?, power? }`.
 * @throws DecisionError REQUEST_INVALID, LIMIT_EXCEEDED
 */
export function compare(model: CtrModel, request: unknown, options?: DecisionOptions): Comparison {
  const reader = new PlacementReader(model, options);
  const { level, significance, power, rows } = readComparison(reader, request);
  const switching = switchingBetween(...rows);
  const last = 2 ** switching.features.length - 1;
  const error = new ModelError(model, switching.rows, last + 1);
  const [a, b] = [0, last].map((corner, i) => ({
    predicted_ctr: roundRate(error.ctr[corner]),
    interval: rangeOf(
      error.ctr[corner],
      error.reach(level) * error.ownDeviationOf(corner),
      roundRate,
    ),
    extrapolated: model.extrapolated(rows[i]),
  }));
  const effects = effectsOf(model, switching, error, level);
  const { uplift, ...parts } = effects;
  const outside = a.extrapolated.length + b.extrapolated.length > 0;
  const size = twoProportionSize(error.ctr[0], error.ctr[last], significance, power);
  const relative = relativeUplift(error, last, level);
  return {
    model_version: model.version,
    level,
    a,
    b,
    uplift,
    relative_uplift: relative,
    chance_b_better: uplift.chance_above_zero,
    ...parts,
    ...(size && {
      live_test: { ...size, significance, power, for_relative_uplift: relative.value },
    }),
    warnings: warningsOf(model, rows, switching, error, { a, b, ...effects }),
    assumptions: assumptionsOf(model, outside, [
      ...OWN,
      ...reader.heldAssumptions,
      ...ownDifference(error),
    ]),
  };
}

function readComparison(reader: PlacementReader, request: unknown) {
  const fields = readFields(request, ROOT, ['a', 'b', 'level', 'significance', 'power']);
  return {
    level: readLevel(fields),
    significance: readOptional(fields['significance'], 'significance', PROBABILITY, 0.05),
    power: readOptional(fields['power'], 'power', PROBABILITY, 0.8),
    rows: [reader.read(fields['a'], 'a'), reader.read(fields['b'], 'b')] as const,
  };
}

/** The uplift as a whole, by placement and volume, and by feature. */
function effectsOf(model: CtrModel, switching: Switching, error: ModelError, level: number) {
  const effectOf = (isPart: (bit: number) => boolean): Effect =>
    effect(error, partWeights(switching, isPart), level);
  const nameOf = (bit: number): string => model.schema.features[switching.features[bit]].name;
  const isVolume = (bit: number): boolean => VOLUME.includes(nameOf(bit));
  return {
    uplift: ownUplift(error, 2 ** switching.features.length - 1, level),
    placement_effect: effectOf((bit) => !isVolume(bit)),
    volume_effect: effectOf(isVolume),
    parts: switching.features.map((_, bit) => ({
      feature: nameOf(bit),
      difference: effectOf((other) => other === bit).difference,
    })),
  };
}

/** B's CTR less A's: what each has of its own counts, as it does not in what its features do. */
function ownUplift(error: ModelError, last: number, level: number): Effect {
  const difference = error.ctr[last] - error.ctr[0];
  return effectAround(error, difference, error.ownDeviationBetween(last, 0), level);
}

function effect(error: ModelError, weights: Float64Array, level: number): Effect {
  const difference = weights.reduce((sum, weight, corner) => sum + weight * error.ctr[corner], 0);
  return effectAround(error, difference, error.deviationOfSum(weights), level);
}

function effectAround(
  error: ModelError,
  difference: number,
  deviation: number,
  level: number,
): Effect {
  const reach = error.reach(level) * deviation;
  return {
    difference: roundDifference(difference),
    interval: rangeOf(difference, reach, roundDifference),
    chance_above_zero: roundShare(chanceAbove(difference, deviation)),
  };
}

function roundDifference(value: number): number {
  // Sums of weights leave digits behind where corners cancel; adding 0 turns −0 into 0.
  return Math.round(value * 1e6) / 1e6 + 0;
}

/** The ratio's error to first order: (error of B − ratio · error of A) / A. */
function relativeUplift(error: ModelError, last: number, level: number) {
  const [ctrA, ctrB] = [error.ctr[0], error.ctr[last]];
  const ratio = ctrB / ctrA;
  const reach = error.reach(level) * error.ownDeviationBetween(last, 0, 1 / ctrA, ratio / ctrA);
  return {
    value: roundShare(ratio - 1),
    interval: {
      low: roundShare(Math.max(-1, ratio - 1 - reach)),
      high: roundShare(ratio - 1 + reach),
    },
  };
}

function warningsOf(
  model: CtrModel,
  [rowA, rowB]: readonly [Float64Array, Float64Array],
  { features }: Switching,
  error: ModelError,
  told: Pick<Comparison, 'a' | 'b' | 'uplift' | 'placement_effect'>,
): string[] {
  const warnings = Object.entries({ A: told.a, B: told.b }).flatMap(([name, { extrapolated }]) =>
    extrapolated.length === 0
      ? []
      : [
          `The claim rests on extrapolation: ${name} is outside the training data in ${extrapolated.join(' and ')}.`,
        ],
  );
  if (features.length === 0) warnings.push('A and B are the same record.');
  else if (model.code(rowA) === model.code(rowB)) {
    warnings.push('The model does not tell A and B apart: no cut of its trees lies between them.');
  }
  const isFlipped = told.uplift.difference * told.placement_effect.difference < 0;
  if (isFlipped) {
    warnings.push(
      'The placement alone points the other way: impressions and budget make the difference.',
    );
  }
  if (error.members < 2) {
    warnings.push('The model has one member, whose spread cannot tell its own error.');
  }
  return warnings;
}
