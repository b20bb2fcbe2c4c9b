import type { CtrModel, ModelCard } from '@adscale/ctr';

/** A sample of the rows a model was trained on, as its card keeps it. */
export interface Background {
  /** Numbers in schema order, categories by place, NaN for missing. */
  readonly rows: readonly Float64Array[];
  /** How much each row counts. */
  readonly weights: readonly number[];
}

/** The background sample of a model's card, or undefined when it has none that can be used. */
export function backgroundOf({ card }: CtrModel): Background | undefined {
  // Cards of earlier trainers have none, whatever the type says.
  const { background } = (card ?? {}) as Partial<ModelCard>;
  if (background === undefined) return undefined;
  if (background.rows.length !== background.weights.length) return undefined;
  const rows = background.rows.map((row) => Float64Array.from(row, (value) => value ?? NaN));
  return { rows, weights: background.weights };
}
