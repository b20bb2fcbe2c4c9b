/*
 * How much of the training data lay in a placement's cell: where the features that say what the
 * placement is (device, position) have its values, at whatever impressions and budget. The trees
 * remember it (see the CTR model's `support`); what was asked once for a model is kept.
 */
import type { CtrModel } from '@adscale/ctr';
import { readList, refuse } from '../request.js';

/** More cells than this are forgotten again. */
const MOST_KEPT = 10_000;

const kept = new WeakMap<CtrModel, Map<string, number>>();

/** What the trees remember of a cell. */
export interface Explored {
  readonly training_impressions: number;
  /** Impressions over those of an average training row; absent without a card. */
  readonly training_rows?: number;
}

/** Places of the features that make a cell: those listed, or the categories and the position. */
export function readCellFeatures(model: CtrModel, value: unknown): number[] {
  const { features } = model.schema;
  if (value === undefined) {
    return features.flatMap(({ name, kind }, f) =>
      kind === 'categorical' || name === 'ad_position' ? [f] : [],
    );
  }
  return readList(value, 'cell_by', features.length).map((name, i) => {
    const f = features.findIndex((feature) => feature.name === name);
    if (f < 0) refuse(`cell_by[${i}]`, name, `one of ${features.map((g) => g.name).join(', ')}`);
    return f;
  });
}

export function exploredAt(
  model: CtrModel,
  row: Float64Array,
  features: readonly number[],
): Explored {
  const cells = kept.get(model) ?? new Map<string, number>();
  kept.set(model, cells);
  const key = features.map((f) => `${f}=${row[f]}`).join();
  let impressions = cells.get(key);
  if (impressions === undefined) {
    impressions = model.support(row, features);
    if (cells.size >= MOST_KEPT) cells.clear();
    cells.set(key, impressions);
  }
  const training = model.card?.training;
  return {
    training_impressions: Math.round(impressions),
    ...(training && {
      training_rows: Math.round((10 * impressions * training.rows) / training.impressions) / 10,
    }),
  };
}
