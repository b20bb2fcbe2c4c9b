import type { TrainingRecipe, TrainOptions, WarehouseRecipe, WordOptions } from '@adscale/ctr';
import type { Mapping } from '../mapping/mapping.js';
import type { SourceFlags } from '../source/source.js';

/** What was read to train on. */
export interface TrainedOn extends Pick<SourceFlags, 'query' | 'encoding' | 'sheet'> {
  readonly table?: number;
  readonly input: readonly string[];
  readonly warehouse?: WarehouseRecipe;
  /** Generated records, as a card calls them. */
  readonly generated?: string;
}

/** What `train` was asked for, as the model's card keeps it. */
export function recipeOf(
  { input, generated, query, encoding, table, sheet, warehouse }: TrainedOn,
  { fit = {}, model = 'forest', heldOutShare = 0.2, tune }: TrainOptions,
): TrainingRecipe {
  const read = { query, encoding, table, sheet, warehouse, generated };
  const told = { ...read, tune: tune?.budgetSeconds };
  const numbers = Object.entries(fit).filter((entry): entry is [string, number] => {
    return typeof entry[1] === 'number';
  });
  return {
    version: 1,
    input,
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
    fit: Object.fromEntries(numbers),
    model,
    held_out_share: heldOutShare,
  };
}

/** What the mapping declares of words. */
export function wordOptions({ hierarchy, cross }: Partial<Mapping> = {}): WordOptions {
  return { ...(hierarchy && { hierarchy }), ...(cross && { cross }) };
}
