/*
 * From training rows to a model, everything decided by rows that were left out:
 *
 *   fold ──▶ weights of rows ──▶ forest, boosters, their blend ──▶ choice ──▶ calibration ──▶ intervals
 */
import {
  combine,
  mix,
  type BoostOptions,
  type FitInput,
  type FitOptions,
  type Judged,
} from '@adscale/forest';
import type { ModelChoice } from '../card/card.js';
import { dealFolds } from '../table/folds.js';
import type { SplitOptions } from '../table/split.js';
import type { CtrTable } from '../table/table.js';
import { knownWords, type WordEncoding } from '../words/encoding.js';
import type { WordOptions } from '../words/levels.js';
import { attachWords } from '../words/stored.js';
import { blendWeight, chooseModel, type JudgedOutcomes, type ModelKind } from './choice.js';
import { finishModel } from './finishing.js';
import { FoldedRows, type FoldModel, type FoldThreads } from './fold-models.js';
import { chooseWeights, scaledLeaf, type ChosenWeights, type WeightSearch } from './row-weights.js';

/** How to find a model. */
export interface SelectionOptions {
  /** auto: the simplest of all within one standard error of the best. */
  readonly kind: ModelKind | 'auto';
  /** Of the bag. */
  readonly forest: FitOptions;
  /** Of the boosters. */
  readonly boosters?: BoostOptions;
  readonly words?: WordOptions;
  /** How rows were held out: folds are dealt likewise. */
  readonly split: SplitOptions;
  /** Folds that members leave out. Default 5. */
  readonly folds?: number;
  readonly threads: FoldThreads;
  /** Finds the settings of the forest, given the columns that its trees ask for. */
  readonly tuneForest?: (table: CtrTable) => Promise<FitOptions>;
  /** Called as work goes on, with what is being done and the share of all that is done. */
  readonly onStage?: (stage: string, share: number) => void;
}

/** A model, and what it was chosen by. */
export interface SelectedModel extends Judged {
  /** Rows as the model was fitted to them. */
  readonly input: FitInput;
  /** What it knows of words; undefined if there are none. */
  readonly encoding: WordEncoding | undefined;
  readonly choice: ModelChoice;
}

/** Fewer rows than this are dealt twice, so that a model depends less on how they fell. */
const DEALT_TWICE = 50_000;

/** What boosters of CTR tables do with, if nothing else is asked for. */
export const defaultBoostOptions = {
  rounds: 600,
  learningRate: 0.05,
  maxDepth: 5,
  l2: 10,
  minChildWeight: 5,
  columnSample: 0.4,
  rowSample: 0.8,
  patience: 30,
} as const satisfies BoostOptions;

/** A blend of less than this of one kind is the other kind. */
const LEAST_SHARE = 0.02;

/**
 * Fits, compares and chooses.
 * @throws CtrError TABLE_INVALID; ForestError OPTION_INVALID, ABORTED
 */
export async function selectModel(
  training: CtrTable,
  options: SelectionOptions,
): Promise<SelectedModel> {
  const { words = {}, split, folds = 5, threads, onStage = () => {} } = options;
  const deal = (repeat: number) =>
    dealFolds(training, folds, { ...split, seed: (split.seed ?? 42) + repeat });
  const stage = (name: string, from: number, to: number): FoldThreads => {
    onStage(name, from);
    return { ...threads, onProgress: (share) => onStage(name, from + share * (to - from)) };
  };
  stage('words', 0, 0);
  const rows = new FoldedRows(deal(0), words, options.forest);
  const isDealtTwice =
    training.features.rows < DEALT_TWICE && !training.grouped && split.by !== 'time';
  const dealt = isDealtTwice
    ? [rows, new FoldedRows(deal(1), words, options.forest, rows.bins)]
    : [rows];
  const { table } = rows.folded;
  const tuned = await options.tuneForest?.({ ...table, features: rows.columns });
  const forest = { ...options.forest, ...tuned };
  const isByGroup = split.by === 'group' && table.group !== undefined;
  const weights = await chooseWeights({
    rows,
    forest,
    ...(isByGroup && { groups: table.group }),
    byTime: split.by === 'time',
    stage,
  });
  const models = await fitModels(dealt, { ...options, forest }, weights, stage);
  const { chosen, compared, blend } = chooseKind(models, options.kind, weights.outcomes);
  const model = models.get(chosen)!;
  const isCalibrated = chosen !== 'average';
  const { outcomes, impressions, rho, halfLife } = weights;
  const finished = finishModel(rows, model, {
    ...{ outcomes, impressions, rho, calibrated: isCalibrated },
  });
  const { statistics, levels } = rows;
  const encoding =
    statistics && knownWords(table.features.schema, levels, table.vocabularies ?? {}, statistics);
  const choice: ModelChoice = {
    kind: chosen,
    compared,
    ...(blend !== undefined && { blend: { forest: blend } }),
    folds: rows.folded.folds,
    repeats: dealt.length,
    ...(weights.told && { weights: weights.told }),
    ...(halfLife < Infinity && { half_life: halfLife }),
    ...(finished.method && { calibration: finished.method }),
    ...(encoding && { words: tellWords(rows, encoding) }),
  };
  stage('done', 1, 1);
  const attached = encoding === undefined ? null : attachWords(encoding);
  return {
    forest: finished.forest.with({ attached }),
    outOfBag: finished.outOfBag,
    input: rows.input,
    encoding,
    choice,
  };
}

/** Fits the kinds of models that are asked for, or that are compared. */
async function fitModels(
  dealt: readonly FoldedRows[],
  { kind: wanted, forest: settings, boosters: asked }: SelectionOptions,
  { weight }: ChosenWeights,
  stage: WeightSearch['stage'],
): Promise<Map<ModelKind, FoldModel>> {
  const [rows] = dealt;
  const isWanted = (kind: ModelKind): boolean =>
    wanted === 'auto' || wanted === kind || (wanted === 'blend' && kind !== 'average');
  const minLeafWeight = scaledLeaf(settings, rows.impressions, weight);
  const { seed, maxBins } = settings;
  // Bins are the forest's, and parameters must say so: a click log's cells are read again by them.
  const boosters = { ...defaultBoostOptions, seed, ...(maxBins && { maxBins }), ...asked };
  const models = new Map<ModelKind, FoldModel>();
  if (isWanted('average')) models.set('average', rows.average(weight));
  if (isWanted('forest')) {
    const fitted = (one: FoldedRows, threads: FoldThreads): Promise<FoldModel> =>
      one.fitForest(weight, { ...settings, minLeafWeight }, threads);
    models.set('forest', await repeated(dealt, fitted, (i, all) => part('forest', i, all)));
  }
  if (isWanted('boosted')) {
    const fitted = (one: FoldedRows, threads: FoldThreads): Promise<FoldModel> =>
      one.fitBoosters(weight, boosters, threads);
    models.set('boosted', await repeated(dealt, fitted, (i, all) => part('boosting', i, all)));
  }
  return models;

  /** The threads of one of several dealings: of all work, a quarter is the forest's and 2 / 5 the boosters'. */
  function part(name: 'forest' | 'boosting', i: number, all: number): FoldThreads {
    const [from, to] = name === 'forest' ? [0.25, 0.5] : [0.5, 0.9];
    const step = (to - from) / all;
    return stage(name, from + i * step, from + (i + 1) * step);
  }
}

/** A model of each dealing, as one. */
async function repeated(
  dealt: readonly FoldedRows[],
  fitted: (rows: FoldedRows, threads: FoldThreads) => Promise<FoldModel>,
  threadsOf: (dealing: number, all: number) => FoldThreads,
): Promise<FoldModel> {
  const models: FoldModel[] = [];
  for (const [i, rows] of dealt.entries()) {
    models.push(await fitted(rows, threadsOf(i, dealt.length)));
  }
  if (models.length === 1) return models[0];
  const outOfFold = models[0].outOfFold.map(
    (_, row) => models.reduce((sum, model) => sum + model.outOfFold[row], 0) / models.length,
  );
  return { forest: combine(models.map(({ forest }) => forest)), outOfFold };
}

/** Blends what can be blended, compares, and chooses where nothing is asked for. */
function chooseKind(
  models: Map<ModelKind, FoldModel>,
  wanted: SelectionOptions['kind'],
  outcomes: JudgedOutcomes,
): Pick<ReturnType<typeof chooseModel>, 'chosen' | 'compared'> & { blend: number | undefined } {
  const blend = addBlend(models, wanted === 'blend', outcomes);
  const outOfFold = new Map([...models].map(([kind, model]) => [kind, model.outOfFold]));
  const { chosen, compared } = chooseModel(outcomes, outOfFold);
  return { chosen: wanted === 'auto' ? chosen : wanted, compared, blend };
}

/** @returns the share of the forest; undefined if there is nothing to blend, or it would be one kind */
function addBlend(
  models: Map<ModelKind, FoldModel>,
  isWanted: boolean,
  outcomes: JudgedOutcomes,
): number | undefined {
  const [forest, boosted] = [models.get('forest'), models.get('boosted')];
  if (forest === undefined || boosted === undefined) return undefined;
  const best = blendWeight(outcomes, forest.outOfFold, boosted.outOfFold);
  const share = Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, best));
  if (share !== best && !isWanted) return undefined;
  const mixed = mix([
    { forest: forest.forest, weight: share },
    { forest: boosted.forest, weight: 1 - share },
  ]);
  const outOfFold = forest.outOfFold.map(
    (p, row) => share * p + (1 - share) * boosted.outOfFold[row],
  );
  models.set('blend', { forest: mixed, outOfFold });
  return share;
}

function tellWords(
  { statistics, levels: rows }: FoldedRows,
  { levels }: WordEncoding,
): NonNullable<ModelChoice['words']> {
  return levels.map(({ name, parent, count }, l) => {
    const { strength, correlation } = statistics!.levels[l];
    return {
      name,
      parent: parent === null ? null : levels[parent].name,
      seen: rows[l].size,
      known: count.reduce((all, n) => all + +(n > 0), 0),
      strength,
      intra_row_correlation: correlation,
    };
  });
}
