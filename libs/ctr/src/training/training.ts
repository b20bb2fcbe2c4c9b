import {
  writeModel,
  type BoostOptions,
  type FitInput,
  type FitOptions,
  type Forest,
  type Judged,
} from '@adscale/forest';
import { fitParallel, type ThreadOptions } from '@adscale/forest/node';
import { besideBaselines } from '../evaluation/baselines.js';
import { resample } from '../evaluation/bootstrap.js';
import type {
  ModelCard,
  ModelChoice,
  TrainingRecipe,
  Tuning,
  WarehouseCounting,
} from '../card/card.js';
import { writeCard } from '../card/write.js';
import { evaluateForest, predictTable } from '../evaluation/evaluation.js';
import { observedRows } from '../evaluation/judged-rows.js';
import { split, type SplitOptions } from '../table/split.js';
import { checkTable, fitInput, type CtrTable } from '../table/table.js';
import { defaultFitOptionsFor } from './defaults.js';
import { crossValidate } from './cross-validation.js';
import { tune, type TuneOptions } from './tune.js';
import type { WordEncoding } from '../words/encoding.js';
import type { WordOptions } from '../words/levels.js';
import type { ModelKind } from './choice.js';
import { selectModel } from './selection.js';

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
  /** The kind of model; auto compares all. Default forest. */
  readonly model?: ModelKind | 'auto';
  /** What is declared of words. */
  readonly words?: WordOptions;
  /** How to boost, where boosters are fitted. */
  readonly boosters?: BoostOptions;
  /** Called as a model is chosen: what is being done, and the share of all that is done. */
  readonly onStage?: (stage: string, share: number) => void;
  /** Search for the settings that suit the data. Default: do not. */
  readonly tune?: TuneOptions;
  /** Where the rows came from, in words, for the model card. */
  readonly source?: string;
  /** How the rows were made from it, for the model card. */
  readonly mapping?: unknown;
  /** How to train again, for the model card. */
  readonly recipe?: TrainingRecipe;
  /** How a warehouse counted the rows, for the model card. */
  readonly counting?: WarehouseCounting;
  /** Of the data; default: of the table. */
  readonly fingerprint?: string;
  /**
   * Ask rows that were left out how rows count, by impressions and by age, of a plain forest as well; other
   * kinds of models are always asked.
   */
  readonly weighed?: boolean;
}

/** A trained model: the file's bytes and its card, and what they were made from. */
export interface Trained {
  readonly bytes: Uint8Array;
  readonly card: ModelCard;
  readonly forest: Forest;
  /** What the model knows of words; undefined if there are none. */
  readonly encoding: WordEncoding | undefined;
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
  const whole = withKeys(checkTable(table), options.split);
  const asked: FitOptions = given(options.fit ?? {});
  const splitting: SplitOptions = {
    by: options.split?.by ?? 'rows',
    share: options.heldOutShare ?? 0.2,
    seed: asked.seed ?? 42,
  };
  const sides = split(whole, splitting);
  const start = { ...defaultFitOptionsFor(sides.training), ...asked };
  const { model: kind = 'forest' } = options;
  const isPlain = kind === 'forest' && !hasWords(whole) && options.weighed !== true;
  const made = isPlain
    ? await growBag(sides.training, start, Object.keys(asked), options)
    : await choose(sides.training, start, splitting, options, Object.keys(asked));
  const { forest, encoding } = made;
  const [training, heldOut] = [sides.training, sides.heldOut].map((table) =>
    knownTable(table, encoding),
  );
  const { folds, onFold } = options;
  const likeIt = modelOf(made.settings, splitting, options);
  const crossValidation =
    folds === undefined ? undefined : await crossValidate(whole, folds, splitting, likeIt, onFold);
  const [seen, unseen] = [training, heldOut].map((table) => encodedTable(table, encoding));
  const predicted = predictTable(forest, unseen);
  const judged = observedRows(unseen, splitting.by === 'group' ? heldOut.group : undefined);
  const resampling = resample(judged, { seed: splitting.seed! });
  const card = writeCard({
    source: options.source ?? 'a table in memory',
    mapping: options.mapping,
    recipe: options.recipe,
    counting: options.counting,
    fingerprint: options.fingerprint,
    table: whole,
    splitting,
    forest,
    encoding,
    training,
    input: made.input,
    outOfBag: made.outOfBag,
    heldOutTable: heldOut,
    predicted,
    heldOut: evaluateForest(forest, predicted, unseen, judged, resampling),
    baselines: besideBaselines(seen, unseen, predicted, judged, resampling),
    crossValidation,
    tuning: made.tuning,
    choice: made.choice,
  });
  return { bytes: writeModel(forest), card, forest, encoding, training, heldOut, predicted };
}

/** A model, and what it was made from. */
interface Made extends Judged {
  readonly input: FitInput;
  readonly settings: FitOptions;
  readonly encoding?: WordEncoding | undefined;
  readonly tuning?: Tuning | undefined;
  readonly choice?: ModelChoice;
}

/** A bag of trees, judged by the rows that are out of the bag. */
async function growBag(
  training: CtrTable,
  start: FitOptions,
  fixed: readonly string[],
  { tune: tuned, threads, onProgress, signal }: TrainOptions,
): Promise<Made> {
  const tuning = tuned && (await tune(training, start, fixed, tuned, given({ threads, signal })));
  const settings = { ...start, ...given(tuning?.best ?? {}) };
  const input = fitInput(training);
  const result = await fitParallel(input, settings, given({ threads, onProgress, signal }));
  return { ...result, input, settings, tuning };
}

/** A model of the kind that is asked for, or that rows left out choose. */
async function choose(
  training: CtrTable,
  start: FitOptions,
  split: SplitOptions,
  { model = 'forest', words, boosters, threads, signal, onStage, tune: tuned }: TrainOptions,
  fixed: readonly string[] = [],
): Promise<Made> {
  let tuning: Tuning | undefined;
  const tuneForest = async (table: CtrTable): Promise<FitOptions> => {
    // Bins are those of all folds and kinds of models.
    const kept = [...fixed, 'maxBins'];
    tuning = await tune(table, start, kept, tuned!, given({ threads, signal }));
    return given(tuning.best);
  };
  const selected = await selectModel(training, {
    kind: model,
    forest: start,
    split,
    threads: given({ threads, signal }),
    ...given({ words, boosters, onStage }),
    ...(tuned && { tuneForest }),
  });
  const settings = { ...start, ...given(tuning?.best ?? {}) };
  return { ...selected, settings, tuning };
}

/** Trains what cross-validation judges: as the model itself, but for its tuning. */
function modelOf(
  settings: FitOptions,
  split: SplitOptions,
  options: TrainOptions,
): (training: CtrTable, heldOut: CtrTable) => Promise<Float64Array> {
  const { threads, signal, model = 'forest' } = options;
  return async (training, heldOut) => {
    if (model !== 'forest' || hasWords(training) || options.weighed === true) {
      const { onStage: _, tune: __, ...quiet } = options;
      const { forest, encoding } = await choose(training, settings, split, quiet);
      return predictTable(forest, encodedTable(knownTable(heldOut, encoding), encoding));
    }
    const quickly = { ...settings, outOfBag: false };
    const { forest } = await fitParallel(fitInput(training), quickly, given({ threads, signal }));
    return predictTable(forest, heldOut);
  };
}

function hasWords({ features }: CtrTable): boolean {
  return features.schema.features.some(({ kind }) => kind === 'word');
}

/** A table with its words by the numbers that a model knows them by. */
export function knownTable(table: CtrTable, encoding: WordEncoding | undefined): CtrTable {
  if (encoding === undefined) return table;
  const features = encoding.translate(table.features, table.vocabularies ?? {});
  return { ...table, features, vocabularies: encoding.vocabularies };
}

/** A table with the columns that a model's trees ask for. @param table from `knownTable` */
export function encodedTable(table: CtrTable, encoding: WordEncoding | undefined): CtrTable {
  return encoding === undefined ? table : { ...table, features: encoding.encode(table.features) };
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
