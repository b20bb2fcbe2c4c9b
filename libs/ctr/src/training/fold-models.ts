/*
 * Models whose members each leave a fold of the rows out, so that every row has a prediction by members
 * that know nothing of it: not of its clicks, not even by way of the statistics of its words.
 */
import { setImmediate } from 'node:timers/promises';
import {
  combine,
  fit,
  ForestError,
  learnBins,
  takeRows,
  takeValues,
  type BoostOptions,
  type Columns,
  type FeatureBins,
  type FitInput,
  type FitOptions,
  type Forest,
} from '@adscale/forest';
import { boostParallel, fitParallel, type ThreadOptions } from '@adscale/forest/node';
import { predictColumns } from '../evaluation/evaluation.js';
import type { FoldedTable } from '../table/folds.js';
import { plainColumns } from '../table/schema.js';
import { exposures, fitInput, observedCtr, takeTable } from '../table/table.js';
import { levelsOf, type LevelRows, type WordOptions } from '../words/levels.js';
import { OutOfFold } from '../words/out-of-fold.js';
import type { Statistics } from '../words/statistics.js';

/** A model and what its members predict of the rows that they left out. */
export interface FoldModel {
  readonly forest: Forest;
  /** By row of the folded table. */
  readonly outOfFold: Float64Array;
}

export type FoldThreads = Pick<ThreadOptions, 'threads' | 'signal'> & {
  /** Called with the share of a model that is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
};

/** Columns of all folds are kept where they take no more bytes than this. */
const MOST_KEPT = 2 ** 29;

/** Rows that are dealt to folds, and their columns as each fold's models see them. */
export class FoldedRows {
  /** Columns of which no row's own fold is part: what the members of a model have seen together. */
  readonly columns: Columns;
  readonly target: Float64Array;
  /** Impressions, of a sampled log as many as there were. */
  readonly impressions: Float64Array;
  readonly levels: readonly LevelRows[];
  readonly bins: readonly FeatureBins[];
  private readonly encoded: OutOfFold | undefined;
  private readonly binning: Pick<FitOptions, 'maxBins'>;
  private readonly kept = new Map<number, Columns>();

  /** @param bins of columns dealt before; learned here if absent */
  constructor(
    readonly folded: FoldedTable,
    words: WordOptions,
    { maxBins, seed }: Pick<FitOptions, 'maxBins' | 'seed'>,
    bins?: readonly FeatureBins[],
  ) {
    const { table } = folded;
    this.target = observedCtr(table);
    this.impressions = exposures(table);
    this.levels = levelsOf(table.features, words);
    if (this.levels.length > 0) {
      const observed = { impressions: this.impressions, clicks: table.clicks };
      this.encoded = new OutOfFold(table.features, this.levels, observed, folded);
    }
    this.columns = this.encoded?.all() ?? plainColumns(table.features);
    this.binning = maxBins === undefined ? {} : { maxBins };
    this.bins =
      bins ??
      learnBins(this.columns, {
        ...this.binning,
        ...(seed !== undefined && { seed }),
      });
  }

  /** What is known of the words of all rows; undefined if there are none. */
  get statistics(): Statistics | undefined {
    return this.encoded?.statistics;
  }

  /** All rows, as a model of them is fitted and judged. */
  get input(): FitInput {
    const { columns, target, impressions: weight, bins } = this;
    return { columns, target, weight, bins };
  }

  private without(fold: number): Columns {
    if (this.encoded === undefined) return this.columns;
    const columns = this.kept.get(fold) ?? this.encoded.without(fold);
    const bytes = 8 * this.folded.folds * columns.rows * columns.values.length;
    if (bytes <= MOST_KEPT) this.kept.set(fold, columns);
    return columns;
  }

  /** Some rows to fit trees to. A bootstrap draws the impressions of a grouped log, not its cells. */
  private inputOf(columns: Columns, rows: Uint32Array, weight: Float64Array): FitInput {
    const { table } = this.folded;
    const taken = takeRows(columns, rows);
    if (table.grouped) return fitInput({ ...takeTable(table, rows), features: taken });
    const target = takeValues(this.target, rows);
    return { columns: taken, target, weight: takeValues(weight, rows) };
  }

  /**
   * A bag of trees of which each fold has a share, fitted to the other folds.
   * @param weight of each row
   */
  async fitForest(
    weight: Float64Array,
    options: FitOptions,
    threads: FoldThreads,
  ): Promise<FoldModel> {
    const { fold, folds } = this.folded;
    const { trees = 100, seed = 42 } = options;
    const outOfFold = new Float64Array(fold.length);
    const forests: Forest[] = [];
    for (let f = 0; f < folds; f++) {
      const columns = this.without(f);
      const rows = Uint32Array.from(fold.keys());
      const [seen, left] = [
        rows.filter((row) => fold[row] !== f),
        rows.filter((row) => fold[row] === f),
      ];
      const input = { ...this.inputOf(columns, seen, weight), bins: this.bins };
      // Trees of different folds draw different bags.
      const ownSeed = seed + 1000 * f;
      const forest = await fitQuickly(
        input,
        { ...options, trees: Math.ceil(trees / folds), seed: ownSeed, outOfBag: false },
        withoutProgress(threads),
      );
      const predicted = predictColumns(forest, takeRows(columns, left));
      left.forEach((row, i) => (outOfFold[row] = predicted[i]));
      forests.push(forest);
      threads.onProgress?.((f + 1) / folds);
    }
    return { forest: combine(forests), outOfFold };
  }

  /** A bag of boosters, each stopped by the fold that it leaves out. */
  async fitBoosters(
    weight: Float64Array,
    options: BoostOptions,
    threads: FoldThreads,
  ): Promise<FoldModel> {
    const { fold, folds } = this.folded;
    const { onProgress } = threads;
    const { forest, outOfBag } = await boostParallel(
      {
        ...this.input,
        weight,
        fold,
        intervals: false,
        ...(this.encoded === undefined ? {} : { columnsWithout: (f: number) => this.without(f) }),
      },
      { ...options, loss: 'binomial', folds },
      {
        ...withoutProgress(threads),
        ...(onProgress && { onProgress: (done: number, all: number) => onProgress(done / all) }),
      },
    );
    return { forest, outOfFold: outOfBag.predictions };
  }

  /** The average CTR, as a forest; a row's own fold is not part of its prediction. */
  average(weight: Float64Array): FoldModel {
    const { fold, folds } = this.folded;
    const { columns, target, bins } = this;
    const total = weight.reduce((sum, w) => sum + w, 0);
    const { forest } = fit(
      { columns, target, weight, bins },
      { ...this.binning, trees: 1, bootstrap: false, outOfBag: false, minLeafWeight: total },
    );
    const rates = Array.from({ length: folds }, (_, f) => {
      let [all, clicked] = [0, 0];
      weight.forEach((w, row) => {
        if (fold[row] === f) return;
        all += w;
        clicked += w * target[row];
      });
      return clicked / all;
    });
    return { forest, outOfFold: Float64Array.from(fold, (f) => rates[f]) };
  }
}

/** Up to so many rows, a few trees are grown before a thread has started. */
const FEW_ROWS = 30_000;

/**
 * Fits a forest, on threads if that is quicker.
 * @throws ForestError ABORTED
 */
export async function fitQuickly(
  input: FitInput,
  options: FitOptions,
  threads: ThreadOptions,
): Promise<Forest> {
  if (input.columns.rows > FEW_ROWS) return (await fitParallel(input, options, threads)).forest;
  await setImmediate();
  if (threads.signal?.aborted === true) throw new ForestError('ABORTED', 'its signal was aborted');
  return fit(input, options).forest;
}

function withoutProgress({ threads, signal }: FoldThreads): ThreadOptions {
  return { ...(threads !== undefined && { threads }), ...(signal !== undefined && { signal }) };
}
