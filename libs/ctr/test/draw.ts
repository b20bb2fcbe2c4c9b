import { Random } from '@adscale/forest';
import { randomBeta, randomBinomial } from 'd3-random';
import type { CtrTable, RecordColumns, RecordFeature } from '../src/index.js';
import { Vocabulary } from '../src/table/vocabulary.js';

/** Seeded draws for hand-made worlds. */
export interface Draw {
  /** In (0, 1). */
  uniform(): number;
  /** From 0 to n − 1. */
  below(n: number): number;
  binomial(trials: number, chance: number): number;
  /** Of mean p, whose draws correlate by rho: variance rho p (1 − p). */
  beta(p: number, rho: number): number;
}

export function drawing(seed: number): Draw {
  const random = new Random(seed, 0);
  const uniform = (): number => (random.uint32() + 0.5) * 2 ** -32;
  const binomial = randomBinomial.source(uniform) as unknown as (
    trials: number,
    chance: number,
  ) => () => number;
  const beta = randomBeta.source(uniform);
  return {
    uniform,
    below: (n) => random.below(n),
    binomial: (trials, chance) => (trials === 0 ? 0 : binomial(trials, chance)()),
    beta: (p, rho) => (rho === 0 ? p : beta(p * (1 / rho - 1), (1 - p) * (1 / rho - 1))()),
  };
}

/** Columns of features in order. */
export function columnsOf(
  features: readonly RecordFeature[],
  values: readonly (readonly number[])[],
): RecordColumns {
  return {
    schema: { features },
    rows: values[0].length,
    values: values.map((column) => Float64Array.from(column)),
  };
}

export const word = (name: string): RecordFeature => ({ name, kind: 'word' });

/** A table of hand-made columns; the words of a feature are its name and their number. */
export function tableOf(
  features: readonly RecordFeature[],
  values: readonly (readonly number[])[],
  impressions: readonly number[],
  clicks: readonly number[],
): CtrTable {
  const texts = features.flatMap((feature, f) => {
    if (feature.kind !== 'word' || feature.whole === true) return [];
    const size = values[f].reduce((most, n) => Math.max(most, Number.isNaN(n) ? -1 : n), -1) + 1;
    const words = Array.from({ length: size }, (_, number) => `${feature.name}-${number}`);
    return [[feature.name, Vocabulary.of(words)] as const];
  });
  return {
    features: columnsOf(features, values),
    vocabularies: Object.fromEntries(texts),
    impressions: Float64Array.from(impressions),
    clicks: Float64Array.from(clicks),
  };
}

export const sum = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0);
