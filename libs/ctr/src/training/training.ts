import { writeModel, type FitOptions, type Forest } from '@adscale/forest';
import { fitParallel, type ThreadOptions } from '@adscale/forest/node';
import { besideBaselines } from '../evaluation/baselines.js';
import { resample } from '../evaluation/bootstrap.js';
import type { ModelCard } from '../card/card.js';
import { writeCard } from '../card/write.js';
import { evaluateForest, predictTable } from '../evaluation/evaluation.js';
import { observedRows } from '../evaluation/judged-rows.js';
import { split, type SplitOptions } from '../table/split.js';
import { checkTable, fitInput, type CtrTable } from '../table/table.js';
import { defaultFitOptionsFor } from './defaults.js';
import { crossValidate } from './cross-validation.js';
import { tune, type TuneOptions } from './tune.js';

export interface TrainOptions extends ThreadOptions {
  /** What is given here stays; the rest is chosen from the data, or by `tune`. */
  readonly fit?: FitOptions;
  /** Share of rows that only judge the model, in (0, 1). Default 0.2. */
  readonly heldOutShare?: number;
  /** How rows are held out; default: at random. Its share and seed are the two above. */
  readonly split?: Pick<SplitOptions, 'by' | 'keys'>;
  /** Also judge as many forests, each on the fold that it did not see, ≥ 2. */
  readonly folds?: number;
  /** Called after each fold. */
  readonly onFold?: (done: number, all: number) => void;
  /** Search for the settings that suit the data. Default: do not. */
  readonly tune?: TuneOptions;
  /** Where the rows came from, in words, for the model card. */
  readonly source?: string;
  /** How the rows were made from it, for the model card. */
  readonly mapping?: unknown;
  /** Of the data; default: of the table. */
  readonly fingerprint?: string;
}

/** A trained model: the file's bytes and its card, and what they were made from. */
export interface Trained {
  readonly bytes: Uint8Array;
  readonly card: ModelCard;
  readonly forest: Forest;
  readonly training: CtrTable;
  readonly heldOut: CtrTable;
  /** The forest's CTRs of the held-out rows, clamped. */
  readonly predicted: Float64Array;
}

/**
 * Splits, tunes if asked, fits and judges. The held-out rows touch neither the forest nor the
 * search for its settings.
 * @throws CtrError TABLE_INVALID; ForestError COLUMNS_INVALID, OPTION_INVALID, ABORTED
 */
export async function trainCtr(table: CtrTable, options: TrainOptions = {}): Promise<Trained> {
  const { threads, onProgress, signal } = options;
  const onThreads = given({ threads, onProgress, signal });
  const whole = withKeys(checkTable(table), options.split);
  const asked: FitOptions = given(options.fit ?? {});
  const splitting: SplitOptions = {
    by: options.split?.by ?? 'rows',
    share: options.heldOutShare ?? 0.2,
    seed: asked.seed ?? 42,
  };
  const { training, heldOut } = split(whole, splitting);
  const start = { ...defaultFitOptionsFor(training), ...asked };
  const quietly = given({ threads, signal });
  const tuning =
    options.tune && (await tune(training, start, Object.keys(asked), options.tune, quietly));
  const settings = { ...start, ...given(tuning?.best ?? {}) };
  const input = fitInput(training);
  const { forest, outOfBag } = await fitParallel(input, settings, onThreads);
  const { folds, onFold } = options;
  const crossValidation =
    folds === undefined
      ? undefined
      : await crossValidate(whole, settings, folds, splitting, quietly, onFold);
  const predicted = predictTable(forest, heldOut);
  const judged = observedRows(heldOut, splitting.by === 'group' ? heldOut.group : undefined);
  const resampling = resample(judged, { seed: splitting.seed! });
  const card = writeCard({
    source: options.source ?? 'a table in memory',
    mapping: options.mapping,
    fingerprint: options.fingerprint,
    table: whole,
    splitting,
    forest,
    training,
    input,
    outOfBag,
    heldOutTable: heldOut,
    heldOut: evaluateForest(forest, predicted, heldOut, judged, resampling),
    baselines: besideBaselines(training, heldOut, predicted, judged, resampling),
    crossValidation,
    tuning,
  });
  return { bytes: writeModel(forest), card, forest, training, heldOut, predicted };
}

/** The table with the keys that it is to be split by, so that every part of it has its own. */
function withKeys(table: CtrTable, { by, keys }: TrainOptions['split'] = {}): CtrTable {
  if (keys === undefined || by === undefined || by === 'rows') return table;
  return { ...table, [by]: keys };
}

/** The options that are defined: an undefined one would override a default. */
function given<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
