/*
 * Chooses among models by what they predict of rows that they left out: the simplest that is within one
 * standard error of the best (Breiman et al. 1984), and the average where nothing beats it beyond chance.
 */
import { clampCtr, MIN_CTR } from '../clamp.js';
import { crossEntropy } from '../evaluation/sums.js';

/** Kinds of models, the simplest first. */
export const modelKinds = ['average', 'forest', 'boosted', 'blend'] as const;
export type ModelKind = (typeof modelKinds)[number];

/** A kind of model as it was compared. */
export interface ComparedModel {
  readonly kind: ModelKind;
  /** Out of fold, rows by what they count; below 1 is better than the average. */
  readonly normalised_entropy: number;
  /** What it is worse by than the best of all, and the standard error of that. */
  readonly behind: number;
  readonly standard_error: number;
}

/** What was observed of rows, and what each counts. */
export interface JudgedOutcomes {
  readonly target: Float64Array;
  readonly weight: Float64Array;
  /** Rows of equal numbers belong together; absent: each by itself. */
  readonly groups?: Float64Array;
}

/** What it takes for one model to be published in the place of a simpler one. */
export const choiceRules = {
  /** Standard errors that a model must be better than the average by: 5 % of chance, one-sided. */
  beyondChance: 1.645,
  /** NE that nobody would notice: no model is published for so little in the place of a simpler one … */
  unnoticed: 1e-4,
  /** … nor any in the place of the average: boosters are stopped by the rows that judge them, which tells as much of noise. */
  leastGain: 5e-4,
} as const;

/** Loss of each row. */
export function lossesOf(
  { target, weight }: JudgedOutcomes,
  predicted: Float64Array,
): Float64Array {
  return target.map((rate, row) => {
    const p = Math.min(1 - MIN_CTR, clampCtr(predicted[row]));
    return weight[row] * crossEntropy(rate, p);
  });
}

/**
 * Compares models and chooses one.
 * @param outOfFold by kind: predictions of the rows
 */
export function chooseModel(
  outcomes: JudgedOutcomes,
  outOfFold: ReadonlyMap<ModelKind, Float64Array>,
): { readonly chosen: ModelKind; readonly compared: readonly ComparedModel[] } {
  const { target, weight } = outcomes;
  const entropy = entropyOfAverage(target, weight);
  const kinds = modelKinds.filter((kind) => outOfFold.has(kind));
  const losses = new Map(kinds.map((kind) => [kind, lossesOf(outcomes, outOfFold.get(kind)!)]));
  const total = (kind: ModelKind): number => sumOf(losses.get(kind)!);
  const best = kinds.reduce((one, other) => (total(other) < total(one) ? other : one));
  const compared = kinds.map((kind): ComparedModel => {
    const { sum, error } = differenceOf(losses.get(kind)!, losses.get(best)!, outcomes);
    return {
      kind,
      normalised_entropy: total(kind) / entropy,
      behind: sum / entropy,
      standard_error: error / entropy,
    };
  });
  const isWithin = ({ kind, behind, standard_error: error }: ComparedModel): boolean =>
    kind === 'average'
      ? behind <= Math.max(choiceRules.leastGain, choiceRules.beyondChance * error)
      : behind <= Math.max(choiceRules.unnoticed, error);
  const { kind: chosen } = compared.find((one) => one.kind === best || isWithin(one))!;
  return { chosen, compared };
}

/** The share of the first prediction in the convex mix that loses least, 0 to 1 (golden section). */
export function blendWeight(
  outcomes: JudgedOutcomes,
  first: Float64Array,
  second: Float64Array,
): number {
  const lossAt = (share: number): number =>
    sumOf(
      lossesOf(
        outcomes,
        first.map((p, row) => share * p + (1 - share) * second[row]),
      ),
    );
  let [low, high] = [0, 1];
  const golden = (Math.sqrt(5) - 1) / 2;
  for (let step = 0; step < 12; step++) {
    const [one, other] = [high - golden * (high - low), low + golden * (high - low)];
    if (lossAt(one) <= lossAt(other)) high = other;
    else low = one;
  }
  return Math.round(50 * (low + high)) / 100;
}

/** Σ of differences, and its standard error: rows (or groups) are drawn, each with its own. */
export function differenceOf(
  first: Float64Array,
  second: Float64Array,
  { weight, groups }: JudgedOutcomes,
): { readonly sum: number; readonly error: number } {
  const differences = first.map((loss, row) => loss - second[row]);
  const sum = sumOf(differences);
  const mean = sum / sumOf(weight);
  // What a unit adds beyond its share: a ratio's error, linearised.
  const own = new Map<number, number>();
  differences.forEach((difference, row) => {
    const unit = groups === undefined ? row : groups[row];
    own.set(unit, (own.get(unit) ?? 0) + difference - mean * weight[row]);
  });
  let squares = 0;
  for (const difference of own.values()) squares += difference ** 2;
  return { sum, error: Math.sqrt(squares) };
}

function entropyOfAverage(target: Float64Array, weight: Float64Array): number {
  const all = sumOf(weight);
  const rate = weight.reduce((sum, w, row) => sum + w * target[row], 0) / all;
  return all * crossEntropy(rate, rate);
}

export function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
