import type { FitOptions } from '@adscale/forest';
import { writeModel } from '@adscale/forest';
import { fitParallel, type ThreadOptions } from '@adscale/forest/node';
import { writeCard, type ModelCard } from './card.js';
import { evaluate } from './evaluation.js';
import { checkTable, fitInput, splitTable, type CtrTable } from './table.js';

/**
 * The forest that suits CTR tables, chosen by out-of-bag R² on generated records
 * (`npm run bench:tune` prints the grid).
 */
export const defaultFitOptions = {
  trees: 100,
  seed: 42,
  maxBins: 64,
  maxDepth: 32,
  minLeafRows: 5,
  noise: 'binomial',
} as const satisfies FitOptions;

export interface TrainOptions extends ThreadOptions {
  readonly fit?: FitOptions;
  /** Share of rows that only judge the model, in (0, 1). Default 0.2. */
  readonly heldOutShare?: number;
  /** Where the rows came from, in words, for the model card. */
  readonly source?: string;
}

/** A trained model: the file's bytes and its card. */
export interface Trained {
  readonly bytes: Uint8Array;
  readonly card: ModelCard;
}

/**
 * Splits, fits and judges. The held-out rows never touch the forest.
 * @throws CtrError TABLE_INVALID; ForestError COLUMNS_INVALID, OPTION_INVALID, ABORTED
 */
export async function trainCtr(table: CtrTable, options: TrainOptions = {}): Promise<Trained> {
  const { fit, heldOutShare = 0.2, source = 'a table in memory', ...threads } = options;
  checkTable(table);
  const fitOptions = { ...defaultFitOptions, ...fit };
  const { training, heldOut } = splitTable(table, heldOutShare, fitOptions.seed ?? 42);
  const { forest, outOfBag } = await fitParallel(fitInput(training), fitOptions, threads);
  const card = writeCard({
    source,
    schema: forest.schema,
    parameters: forest.parameters,
    training,
    outOfBag,
    heldOut: evaluate(forest, heldOut),
  });
  return { bytes: writeModel(forest), card };
}
