import type { FitOptions, FitParameters } from '@adscale/forest';
import type { Baseline } from '../evaluation/baselines.js';
import type { DominantRow } from '../evaluation/dominant-row.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import type { SegmentCalibration } from '../evaluation/segments.js';
import type { RecordSchema } from '../table/schema.js';
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
  /** What it takes to train again; absent in cards of earlier trainers and of models from elsewhere. */
  readonly recipe?: TrainingRecipe;
  /** How a warehouse counted the rows into cells, if one did. */
  readonly counting?: WarehouseCounting;
  /** Of a record. */
  readonly schema: RecordSchema;
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
  /** Held-out calibration by value of each feature of few values, and by tenth of prediction. */
  readonly segments?: readonly SegmentCalibration[];
  /** Rows that have a fifth or more of the impressions of their side; absent where none has. */
  readonly dominant_rows?: DominantRows;
  /** Simpler predictions of the same rows. */
  readonly baselines: readonly Baseline[];
  readonly cross_validation?: CrossValidation;
  readonly tuning?: Tuning;
  /** How the kind of model was chosen; absent: a forest was asked for. */
  readonly choice?: ModelChoice;
  /** Training rows that stand for all of them. */
  readonly background: BackgroundSample;
}

/**
 * How a model was trained, so that it can be trained again from the same places. It holds what was asked
 * for by flags, and no secrets; what was left to the data is left to it again.
 */
export interface TrainingRecipe {
  /** Of this form. */
  readonly version: 1;
  /** Files and globs as they were named; none of generated records or of a query without files. */
  readonly input: readonly string[];
  readonly query?: string;
  readonly encoding?: string;
  /** Which of the tables of a text, from 1. */
  readonly table?: number;
  /** Of a workbook. */
  readonly sheet?: string;
  /** A warehouse whose rows were counted where they lie. */
  readonly warehouse?: WarehouseRecipe;
  /** Generated records, as `card.source` calls them. */
  readonly generated?: string;
  readonly fit: Readonly<Record<string, number>>;
  readonly model: string;
  readonly held_out_share: number;
  /** Seconds that settings were searched for. */
  readonly tune?: number;
  /** Outcomes that were learned from beside it. */
  readonly outcomes?: RecipeOutcomes;
}

/** What of a warehouse was read: a table or a query. */
export interface WarehouseRecipe {
  /** Without a password. */
  readonly url: string;
  readonly table?: string;
  readonly query?: string;
  /** Where it was said. */
  readonly max_cells?: number;
}

/** How rows were counted into cells where they lie. */
export interface WarehouseCounting {
  readonly engine: string;
  readonly rows: number;
  /** Distinct ones that were learned from and judged by. */
  readonly cells: number;
  /** Share of the cells that was drawn by a hash, in (0, 1); absent: all of them. */
  readonly drawn?: number;
  /** Bins that were put together so that there are not too many cells, in words. */
  readonly coarsened?: readonly string[];
  /** What rows were held out as, in words. */
  readonly held_out_by: string;
  /** What crossed the network: results, as they came. */
  readonly crossed: { readonly queries: number; readonly rows: number; readonly bytes: number };
}

/** Observed outcomes that rows of a model came from, beside its own data. Days are UTC, as 2026-03-01. */
export interface RecipeOutcomes {
  /** The first day that is asked for; all later retrainings begin there again. Null: whatever there is. */
  readonly from: string | null;
  readonly first: string;
  readonly last: string;
  /** From this day on they only judged the model. */
  readonly held_out_from: string;
  readonly cells: number;
  readonly impressions: number;
  readonly clicks: number;
  /** Cells of finished experiments among them, by arm. */
  readonly arms?: Readonly<Record<string, number>>;
}

/** Rows that decide alone what was learned, or what was measured. */
export interface DominantRows {
  readonly training?: DominantRow;
  readonly held_out?: DominantRow & {
    /** The held-out metrics of all rows but this one. */
    readonly without: Evaluation;
  };
}

/** What a model was chosen from, all of it judged by rows that were left out. */
export interface ModelChoice {
  readonly kind: 'average' | 'forest' | 'boosted' | 'blend';
  /** The simplest first. */
  readonly compared: readonly {
    readonly kind: ModelChoice['kind'];
    /** Out of fold, rows by what they count; below 1 is better than the average. */
    readonly normalised_entropy: number;
    /** What it is worse by than the best, and the standard error of that. */
    readonly behind: number;
    readonly standard_error: number;
  }[];
  /** Share of the forest in the blend. */
  readonly blend?: { readonly forest: number };
  readonly folds: number;
  /** How often rows were dealt to folds. */
  readonly repeats: number;
  /** How rows count; absent: all alike. */
  readonly weights?: {
    readonly kind: 'impressions' | 'effective' | 'square_root';
    readonly intra_row_correlation: number;
    readonly compared: readonly { readonly kind: string; readonly normalised_entropy: number }[];
  };
  /** Rows that are older by this, in the unit of the time, count half; absent: age does not matter. */
  readonly half_life?: number;
  readonly calibration?: 'isotonic' | 'platt';
  readonly words?: readonly {
    readonly name: string;
    /** What a word that is not known is answered by; null: the average. */
    readonly parent: string | null;
    /** Different words in training, and those of which enough is known to keep them. */
    readonly seen: number;
    readonly known: number;
    /** Impressions that the parent's CTR counts for. */
    readonly strength: number;
    readonly intra_row_correlation: number;
  }[];
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
  | { readonly categories: Readonly<Record<string, number>>; readonly missing: number }
  | {
      /** Different words; of text, those of which something is known. */
      readonly words: number;
      /** Rows without a word; of text, also those with a word of which nothing is known. */
      readonly missing: number;
    };

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

/** What a model is called in a sentence: a forest, or a model where it is another kind. */
export function modelNoun({ choice }: Pick<ModelCard, 'choice'>): 'forest' | 'model' {
  return choice === undefined || choice.kind === 'forest' ? 'forest' : 'model';
}

/** Times are seconds since 1970; smaller numbers are a time of the user's own, of unknown unit. */
const LEAST_TIME = 1e8;

/**
 * An age in words: days, where the unit of the time is known.
 * @param age in the unit of the split's time
 */
export function ageInWords(age: number, { from = 0 }: Pick<CardSplit, 'from'>): string {
  return from >= LEAST_TIME
    ? `${Number((age / 86_400).toPrecision(3))} days`
    : `${Number(age.toPrecision(3))} units of the time`;
}
