/*
 * How much of the training data lay in a placement's cell: where the features that say what the
 * placement is (device, position) have its values, at whatever impressions and budget. The trees
 * remember it (see the CTR model's `supports`), and are asked once for all placements: a cell at a time,
 * a thousand impressions took ten seconds.
 */
import type { CtrModel } from '@adscale/ctr';
import { readList, refuse } from '../request.js';

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

/**
 * @param rows row after row
 * @param features places of those that make a cell
 */
export function exploredAt(
  model: CtrModel,
  rows: Float64Array,
  count: number,
  features: readonly number[],
): Explored[] {
  const training = model.card?.training;
  return Array.from(
    model.supports(rows.subarray(0, count * model.schema.features.length), count, features),
    (impressions) => ({
      training_impressions: Math.round(impressions),
      ...(training && {
        training_rows: Math.round((10 * impressions * training.rows) / training.impressions) / 10,
      }),
    }),
  );
}
