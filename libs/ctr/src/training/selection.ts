/*
 * From training rows to a model, everything decided by rows that were left out:
 *
 *   fold ──▶ weights of rows ──▶ forest, boosters, their blend ──▶ choice ──▶ calibration ──▶ intervals
 */
import {
  calibrate,
  calibrated,
  combine,
  judged,
  mix,
  r2,
  takeRows,
  takeValues,
  type BoostOptions,
  type FitInput,
  type FitOptions,
  type Forest,
  type Judged,
} from '@adscale/forest';
import type { ModelChoice } from '../card/card.js';
import { predictColumns } from '../evaluation/evaluation.js';
import { overdispersionOf } from '../evaluation/overdispersion.js';
import { dealFolds } from '../table/folds.js';
import type { SplitOptions } from '../table/split.js';
import { fitInput, outcomesOf, takeTable, type CtrTable } from '../table/table.js';
import { knownWords, type WordEncoding } from '../words/encoding.js';
import type { WordOptions } from '../words/levels.js';
import {
  BEYOND_CHANCE,
  blendWeight,
  chooseModel,
  differenceOf,
  lossesOf,
  type JudgedOutcomes,
  type ModelKind,
} from './choice.js';
import { fitQuickly, FoldedRows, type FoldModel, type FoldThreads } from './fold-models.js';
import { byAge, rowWeights, weightKinds, type WeightKind } from './row-weights.js';

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

/** A model keeps no more scores. */
const MOST_SCORES = 4096;

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

/**
 * Fits, compares and chooses.
 * @throws CtrError TABLE_INVALID; ForestError OPTION_INVALID, ABORTED
 */
export async function selectModel(
  training: CtrTable,
  options: SelectionOptions,
): Promise<SelectedModel> {
  const { forest: settings, words = {}, split, folds = 5, onStage = () => {} } = options;
  const deal = (repeat: number) =>
    dealFolds(training, folds, { ...split, seed: (split.seed ?? 42) + repeat });
  onStage('words', 0);
  const first = new FoldedRows(deal(0), words, settings);
  const isDealtTwice =
    training.features.rows < DEALT_TWICE && !training.grouped && split.by !== 'time';
  const rows = isDealtTwice
    ? [first, new FoldedRows(deal(1), words, settings, first.bins)]
    : [first];
  const search = new Search(rows, options);
  const weights = await search.chooseWeights();
  const found = await search.chooseKind(weights);
  const { table } = first.folded;
  const encoding =
    first.statistics &&
    knownWords(table.features.schema, first.levels, table.vocabularies ?? {}, first.statistics);
  const result = search.finish(found, weights, encoding);
  onStage('done', 1);
  return result;
}

interface ChosenWeights {
  readonly kind: WeightKind;
  readonly rho: number;
  /** Infinity: age does not matter. */
  readonly halfLife: number;
  readonly weight: Float64Array;
  /** What rows count where models are compared. */
  readonly outcomes: JudgedOutcomes;
  readonly told: ModelChoice['weights'];
}

interface ChosenKind extends FoldModel {
  readonly kind: ModelKind;
  readonly told: Pick<ModelChoice, 'kind' | 'compared' | 'blend'>;
}

class Search {
  private readonly rows: FoldedRows;

  constructor(
    private readonly dealt: readonly FoldedRows[],
    private readonly options: SelectionOptions,
  ) {
    this.rows = dealt[0];
  }

  private stage(name: string, from: number, to: number): FoldThreads {
    const { threads, onStage = () => {} } = this.options;
    onStage(name, from);
    return { ...threads, onProgress: (share) => onStage(name, from + share * (to - from)) };
  }

  /** Trees that tell settings apart. */
  private get small(): FitOptions {
    return { ...this.options.forest, trees: 50 };
  }

  private outcomesOf(weight: Float64Array): JudgedOutcomes {
    const { target, folded } = this.rows;
    const { group } = folded.table;
    const isGrouped = this.options.split.by === 'group' && group !== undefined;
    return { target, weight, ...(isGrouped && { groups: group }) };
  }

  /** How rows count: by binomial chance, unless another way loses less on rows left out. */
  async chooseWeights(): Promise<ChosenWeights> {
    const { rows } = this;
    const { impressions } = rows;
    const plain = { kind: 'impressions', rho: 0, halfLife: Infinity } as const;
    // Impressions of a grouped log are rows by themselves, which nothing holds together.
    const { grouped = false } = rows.folded.table;
    const isAlike = grouped || impressions.every((n) => n === impressions[0]);
    if (isAlike) {
      const outcomes = this.outcomesOf(impressions);
      return this.chooseHalfLife({ ...plain, weight: impressions, outcomes, told: undefined });
    }
    const threads = this.stage('weights', 0.05, 0.15);
    const fitted = await rows.fitForest(impressions, this.small, threads);
    const found = overdispersionOf({
      observed: rows.target,
      predicted: fitted.outOfFold,
      weight: impressions,
    });
    const rho = found !== null && found.interval[0] > 0 ? found.rho : 0;
    const outcomes = this.outcomesOf(rowWeights('effective', impressions, rho));
    const tried = [{ kind: 'impressions' as WeightKind, outOfFold: fitted.outOfFold }];
    if (rho > 0) {
      for (const [i, kind] of weightKinds.slice(1).entries()) {
        const weight = rowWeights(kind, impressions, rho);
        const settings = { ...this.small, minLeafWeight: scaled(this.small, impressions, weight) };
        const { outOfFold } = await rows.fitForest(
          weight,
          settings,
          this.stage('weights', 0.15 + 0.05 * i, 0.2 + 0.05 * i),
        );
        tried.push({ kind, outOfFold });
      }
    }
    const losses = tried.map(({ outOfFold }) => lossesOf(outcomes, outOfFold));
    const total = (loss: Float64Array): number => loss.reduce((sum, one) => sum + one, 0);
    const best = losses.reduce((one, other) => (total(other) < total(one) ? other : one));
    // Impressions stay unless another way is better beyond one standard error.
    const { sum, error } = differenceOf(losses[0], best, outcomes);
    const kind = sum > error ? tried[losses.indexOf(best)].kind : 'impressions';
    const entropy = total(lossesOf(outcomes, rows.average(outcomes.weight).outOfFold));
    const told = {
      kind,
      intra_row_correlation: rho,
      compared: tried.map(({ kind }, i) => ({
        kind,
        normalised_entropy: total(losses[i]) / entropy,
      })),
    };
    const weight = rowWeights(kind, impressions, rho);
    return this.chooseHalfLife({ kind, rho, halfLife: Infinity, weight, outcomes, told });
  }

  /** How fast old rows stop counting, by what the latest rows say of models of the earlier ones. */
  private async chooseHalfLife(weights: ChosenWeights): Promise<ChosenWeights> {
    const { rows, options } = this;
    const { table, stretch } = rows.folded;
    const { time } = table;
    if (options.split.by !== 'time' || time === undefined || stretch === null) return weights;
    const latest = stretch.reduce((most, s) => Math.max(most, s), 0) - 3;
    const places = Uint32Array.from(stretch.keys());
    const sides = [
      places.filter((row) => stretch[row] < latest),
      places.filter((row) => stretch[row] >= latest),
    ];
    const [early, late] = sides.map((side) =>
      takeTable({ ...table, features: rows.columns }, side),
    );
    const span =
      early.time!.reduce((most, t) => Math.max(most, t), -Infinity) -
      table.time!.reduce((least, t) => Math.min(least, t), Infinity);
    const outcomes = {
      target: Float64Array.from(sides[1], (row) => rows.target[row]),
      weight: Float64Array.from(sides[1], (row) => weights.outcomes.weight[row]),
    };
    const known = Float64Array.from(sides[0], (row) => weights.weight[row]);
    const target = Float64Array.from(sides[0], (row) => rows.target[row]);
    const lossAt = async (halfLife: number): Promise<Float64Array> => {
      const weight = byAge(known, early.time!, halfLife);
      const input = {
        columns: early.features as FitInput['columns'],
        target,
        weight,
        bins: rows.bins,
      };
      const settings = {
        ...this.small,
        outOfBag: false,
        minLeafWeight: scaled(this.small, known, weight),
      };
      const { threads, signal } = this.options.threads;
      const forest = await fitQuickly(input, settings, {
        ...(threads !== undefined && { threads }),
        ...(signal !== undefined && { signal }),
      });
      return lossesOf(outcomes, predictColumns(forest, late.features as FitInput['columns']));
    };
    const halfLives = [Infinity, span, span / 2, span / 4, span / 8];
    const losses: Float64Array[] = [];
    for (const halfLife of halfLives) losses.push(await lossAt(halfLife));
    const totals = losses.map((loss) => loss.reduce((sum, one) => sum + one, 0));
    const best = totals.indexOf(Math.min(...totals));
    const { sum, error } = differenceOf(losses[0], losses[best], outcomes);
    // The best of several is better than it is.
    const halfLife = sum > BEYOND_CHANCE * error ? halfLives[best] : Infinity;
    if (halfLife === Infinity) return weights;
    return { ...weights, halfLife, weight: byAge(weights.weight, time, halfLife) };
  }

  /** Fits what is asked for, and compares where there is a choice. */
  async chooseKind({ weight, outcomes }: ChosenWeights): Promise<ChosenKind> {
    const { kind: wanted } = this.options;
    const isAsked = (kind: ModelKind): boolean =>
      wanted === 'auto' || wanted === kind || (wanted === 'blend' && kind !== 'average');
    const { impressions } = this.rows;
    const boosters = {
      ...defaultBoostOptions,
      seed: this.options.forest.seed,
      // Bins are the forest's, and parameters must say so: a click log's cells are read again by them.
      ...(this.options.forest.maxBins !== undefined && { maxBins: this.options.forest.maxBins }),
      ...this.options.boosters,
    };
    const forest = {
      ...this.options.forest,
      minLeafWeight: scaled(this.options.forest, impressions, weight),
    };
    const models = new Map<ModelKind, FoldModel>();
    if (isAsked('average')) models.set('average', this.rows.average(weight));
    if (isAsked('forest')) {
      models.set(
        'forest',
        await this.repeated(
          (rows, threads) => rows.fitForest(weight, forest, threads),
          'forest',
          0.25,
          0.5,
        ),
      );
    }
    if (isAsked('boosted')) {
      models.set(
        'boosted',
        await this.repeated(
          (rows, threads) => rows.fitBoosters(weight, boosters, threads),
          'boosting',
          0.5,
          0.9,
        ),
      );
    }
    const blend = this.blendOf(models, outcomes);
    if (blend !== undefined) models.set('blend', blend.model);
    const outOfFold = new Map([...models].map(([kind, model]) => [kind, model.outOfFold]));
    const { chosen, compared } = chooseModel(outcomes, outOfFold);
    const kind = wanted === 'auto' ? chosen : models.has(wanted) ? wanted : chosen;
    const told = { kind, compared, ...(blend && { blend: { forest: blend.share } }) };
    return { kind, told, ...models.get(kind)! };
  }

  private blendOf(
    models: ReadonlyMap<ModelKind, FoldModel>,
    outcomes: JudgedOutcomes,
  ): { model: FoldModel; share: number } | undefined {
    const [forest, boosted] = [models.get('forest'), models.get('boosted')];
    if (forest === undefined || boosted === undefined) return undefined;
    const share = blendWeight(outcomes, forest.outOfFold, boosted.outOfFold);
    if (share <= 0.02 || share >= 0.98) return undefined;
    const mixed = mix([
      { forest: forest.forest, weight: share },
      { forest: boosted.forest, weight: 1 - share },
    ]);
    const outOfFold = forest.outOfFold.map(
      (p, row) => share * p + (1 - share) * boosted.outOfFold[row],
    );
    return { model: { forest: mixed, outOfFold }, share };
  }

  /** A model of each dealing, as one. */
  private async repeated(
    fitted: (rows: FoldedRows, threads: FoldThreads) => Promise<FoldModel>,
    name: string,
    from: number,
    to: number,
  ): Promise<FoldModel> {
    const { dealt } = this;
    const models: FoldModel[] = [];
    for (const [i, rows] of dealt.entries()) {
      const step = (to - from) / dealt.length;
      models.push(await fitted(rows, this.stage(name, from + i * step, from + (i + 1) * step)));
    }
    if (models.length === 1) return models[0];
    const outOfFold = models[0].outOfFold.map(
      (_, row) => models.reduce((sum, model) => sum + model.outOfFold[row], 0) / models.length,
    );
    return { forest: combine(models.map(({ forest }) => forest)), outOfFold };
  }

  /** Calibrates where that loses less, and gives the model its intervals and its words. */
  finish(
    { kind, forest, outOfFold, told }: ChosenKind,
    { rho, halfLife, outcomes, told: weights }: ChosenWeights,
    encoding: WordEncoding | undefined,
  ): SelectedModel {
    const { rows } = this;
    const { input } = rows;
    const plain = { forest, outOfBag: unspread(outOfFold) };
    const method = kind === 'average' ? undefined : this.calibrationOf(plain, outcomes);
    const kept = method === undefined ? plain : calibrate(input, plain, method);
    const attached = encoding?.attach() ?? null;
    const result = this.withIntervals(kept.forest.with({ attached }), outOfFold, rho);
    const { predictions } = kept.outOfBag;
    const outOfBag = {
      ...result.outOfBag,
      predictions,
      r2: r2(input.target, predictions),
      weightedR2: r2(input.target, predictions, input.weight),
    };
    const choice: ModelChoice = {
      ...told,
      folds: rows.folded.folds,
      repeats: this.dealt.length,
      ...(weights && { weights }),
      ...(halfLife < Infinity && { half_life: halfLife }),
      ...(method && { calibration: method }),
      ...(encoding && { words: this.tellWords(encoding) }),
    };
    return { forest: result.forest, outOfBag, input, encoding, choice };
  }

  /** Intervals of scores of so many rows as a model keeps, evenly spaced: every member is asked of each. */
  private withIntervals(forest: Forest, outOfFold: Float64Array, overdispersion: number): Judged {
    const { table } = this.rows.folded;
    const noise = { noise: 'binomial', overdispersion } as const;
    if (table.grouped) {
      const input = fitInput({ ...table, features: this.rows.columns });
      const { from } = outcomesOf(table);
      return judged(forest, input, takeValues(outOfFold, from), noise);
    }
    const { columns, target, weight } = this.rows.input;
    const asked = Math.min(columns.rows, MOST_SCORES);
    const places = Uint32Array.from({ length: asked }, (_, k) =>
      Math.floor((k * columns.rows) / asked),
    );
    const input = {
      columns: takeRows(columns, places),
      target: takeValues(target, places),
      weight: takeValues(weight as Float64Array, places),
    };
    const predictions = takeValues(outOfFold, places);
    return judged(forest, input, predictions, noise);
  }

  /** The calibration that loses least on folds that it was not fitted to, if it does by more than its error. */
  private calibrationOf(model: Judged, outcomes: JudgedOutcomes): 'isotonic' | 'platt' | undefined {
    const { rows } = this;
    const { fold, folds } = rows.folded;
    const { predictions } = model.outOfBag;
    const before = lossesOf(outcomes, predictions);
    const methods = (['platt', 'isotonic'] as const).map((method) => {
      const mapped = predictions.slice();
      for (let f = 0; f < folds; f++) {
        const others = predictions.map((p, row) => (fold[row] === f ? NaN : p));
        const learned = calibrate(
          { target: rows.target, weight: outcomes.weight },
          { forest: model.forest, outOfBag: { ...model.outOfBag, predictions: others } },
          method,
        );
        const { calibration } = learned.forest;
        for (let row = 0; row < fold.length; row++) {
          if (fold[row] === f) mapped[row] = calibrated(calibration!, predictions[row]);
        }
      }
      return { method, ...differenceOf(before, lossesOf(outcomes, mapped), outcomes) };
    });
    const [best] = methods.filter(({ sum, error }) => sum > error).sort((a, b) => b.sum - a.sum);
    return best?.method;
  }

  private tellWords({ levels }: WordEncoding): NonNullable<ModelChoice['words']> {
    const { statistics, levels: rows } = this.rows;
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
}

/** Predictions of rows left out by themselves. */
function unspread(predictions: Float64Array): Judged['outOfBag'] {
  const variances = new Float64Array(predictions.length).fill(NaN);
  return { predictions, variances, r2: NaN, weightedR2: NaN };
}

/** What a leaf must keep, told for other weights of the same rows. */
function scaled(
  { minLeafWeight = 0 }: FitOptions,
  impressions: Float64Array,
  weight: Float64Array,
): number {
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  return (minLeafWeight * sum(weight)) / sum(impressions);
}
