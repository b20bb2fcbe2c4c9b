import type { FitOptions, FitParameters, Schema } from '@adscale/forest';
import type { Baseline } from '../evaluation/baselines.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import type { SplitBy } from '../table/split.js';
import type { BackgroundSample } from './background.js';

/** Everything about a model that is not needed to predict; `model.json` beside the model file. */
export interface ModelCard {
  /** ISO 8601, UTC. */
  readonly created_at: string;
  /** Version of this library that trained the model. */
  readonly code_version: string;
  /** Where the rows came from, in words. */
  readonly source: string;
  /** `sha256:…`: equal data, equal fingerprint. */
  readonly data_fingerprint: string;
  /** How the rows were made from the source, if they were. */
  readonly mapping?: unknown;
  readonly schema: Schema;
  readonly parameters: FitParameters;
  /** Of the forest, the split and the bootstrap. */
  readonly seed: number;
  readonly split: CardSplit;
  readonly training: {
    readonly rows: number;
    readonly impressions: number;
    readonly clicks: number;
    readonly ranges: Readonly<Record<string, TrainingRange>>;
  };
  /** Of training rows, by the trees that did not see them. */
  readonly out_of_bag: {
    readonly r2: number;
    readonly weighted_r2: number;
    readonly normalised_entropy: number;
  };
  /** On rows that no tree saw. */
  readonly held_out: Evaluation;
  /** Simpler predictions of the same rows. */
  readonly baselines: readonly Baseline[];
  readonly cross_validation?: CrossValidation;
  readonly tuning?: Tuning;
  /** Training rows that stand for all of them. */
  readonly background: BackgroundSample;
}

/** How rows were held out. */
export interface CardSplit {
  readonly by: SplitBy;
  /** What was asked for; `held_out.rows` is what whole moments and groups allowed. */
  readonly share: number;
  /** By time: the first moment that was held out. */
  readonly from?: number;
  /** By group: how many stand on either side. */
  readonly groups?: { readonly training: number; readonly held_out: number };
}

/** What a feature held in training: beyond it, a prediction extrapolates. */
export type TrainingRange =
  | { readonly minimum: number; readonly maximum: number; readonly missing: number }
  | { readonly categories: Readonly<Record<string, number>>; readonly missing: number };

/** A metric over folds. */
export interface FoldedMetric {
  readonly mean: number;
  /** Standard deviation over the folds. */
  readonly spread: number;
  readonly folds: readonly number[];
}

/** Metrics of as many forests as folds, each judged on the fold that it did not see. */
export interface CrossValidation {
  readonly folds: number;
  readonly by: SplitBy;
  /** By metric, `observed.r2` for r2 of observed. */
  readonly metrics: Readonly<Record<string, FoldedMetric>>;
}

/** The settings that tuning searches. */
export const tunedOptions = [
  'minLeafWeight',
  'maxFeatures',
  'maxDepth',
  'minLeafRows',
  'maxBins',
] as const;
export type TunedOptions = Pick<FitOptions, (typeof tunedOptions)[number]>;

/** Settings that the search tried, and what their forest says of its out-of-bag rows. */
export interface Candidate {
  readonly options: TunedOptions;
  /** Out of bag, by impressions; lower is better. */
  readonly normalised_entropy: number;
  readonly weighted_r2: number;
  readonly seconds: number;
}

/** A search and where it ended. */
export interface Tuning {
  readonly budget_seconds: number;
  /** In the order in which they were tried. */
  readonly tried: readonly Candidate[];
  readonly best: TunedOptions;
  /** Whether a whole round of sweeps improved nothing, or the time was up. */
  readonly ended: 'converged' | 'out_of_time';
}
