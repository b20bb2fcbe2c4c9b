import type { FitParameters, OutOfBagResult, Schema } from '@adscale/forest';
import type { Evaluation } from './evaluation.js';
import type { CtrTable } from './table.js';

/** What a feature held in training: beyond it, a prediction extrapolates. */
export type TrainingRange =
  | { readonly minimum: number; readonly maximum: number; readonly missing: number }
  | { readonly categories: Readonly<Record<string, number>>; readonly missing: number };

/** Everything about a model that is not needed to predict; `model.json` beside the model file. */
export interface ModelCard {
  /** ISO 8601, UTC. */
  readonly created_at: string;
  /** Where the rows came from, in words. */
  readonly source: string;
  readonly schema: Schema;
  readonly parameters: FitParameters;
  readonly training: {
    readonly rows: number;
    readonly impressions: number;
    readonly clicks: number;
    readonly ranges: Readonly<Record<string, TrainingRange>>;
  };
  /** R² of rows by the trees that did not see them. */
  readonly out_of_bag: { readonly r2: number; readonly weighted_r2: number };
  /** On rows that no tree saw. */
  readonly held_out: Evaluation;
}

/** What a card is written from. */
export interface CardFacts {
  readonly source: string;
  readonly schema: Schema;
  readonly parameters: FitParameters;
  readonly training: CtrTable;
  readonly outOfBag: OutOfBagResult;
  readonly heldOut: Evaluation;
}

export function writeCard(facts: CardFacts, now = new Date()): ModelCard {
  const { source, schema, parameters, training, outOfBag, heldOut } = facts;
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  return {
    created_at: now.toISOString(),
    source,
    schema,
    parameters,
    training: {
      rows: training.features.rows,
      impressions: sum(training.impressions),
      clicks: sum(training.clicks),
      ranges: trainingRanges(training),
    },
    out_of_bag: { r2: outOfBag.r2, weighted_r2: outOfBag.weightedR2 },
    held_out: heldOut,
  };
}

function trainingRanges({ features }: CtrTable): Record<string, TrainingRange> {
  const ranges = features.schema.features.map((feature, f): [string, TrainingRange] => {
    const values = features.values[f];
    const missing = values.reduce((count, value) => count + +Number.isNaN(value), 0);
    if (feature.kind === 'categorical') {
      const counts = feature.categories.map((category, place): [string, number] => [
        category,
        values.reduce((count, value) => count + +(value === place), 0),
      ]);
      return [feature.name, { categories: Object.fromEntries(counts), missing }];
    }
    let minimum = Infinity;
    let maximum = -Infinity;
    for (const value of values) {
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
    return [feature.name, { minimum, maximum, missing }];
  });
  return Object.fromEntries(ranges);
}
