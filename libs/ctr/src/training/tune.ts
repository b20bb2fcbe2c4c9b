/*
 * Looks for the forest that suits the data, by what each forest says of its out-of-bag rows: no
 * held-out row is looked at, so the held-out metrics of the winner stay honest.
 *
 * One setting at a time is moved along its values, from the best so far and as long as that helps
 * (coordinate descent), in the order of what usually matters most; rounds go on until a whole one
 * improves nothing or the time is up. The grid:
 *
 *   minLeafWeight   5, 10, 20, 40, 80, 160 expected clicks a leaf (over the average CTR)
 *   maxFeatures     a third, two thirds, all
 *   maxDepth        6, 12, 32
 *   minLeafRows     1, 5, 20, 50
 *   maxBins         16, 64, 255
 */
import { ForestError, type FitOptions } from '@adscale/forest';
import { fitParallel, type ThreadOptions } from '@adscale/forest/node';
import { tunedOptions, type Candidate, type TunedOptions, type Tuning } from '../card/card.js';
import { outOfBagEntropy } from '../evaluation/metrics.js';
import { fitInput, type CtrTable } from '../table/table.js';
import { leafWeight } from './defaults.js';

export interface TuneOptions {
  /** Time to spend, in seconds, > 0. The first fit always ends. Default 60. */
  readonly budgetSeconds?: number;
  /** Called after each fit. */
  readonly onCandidate?: (candidate: Candidate, best: Candidate) => void;
}

/** A setting and its values, ascending. */
type Axis = readonly [name: keyof TunedOptions, values: readonly number[]];

function gridOf(table: CtrTable): Axis[] {
  const width = table.features.schema.features.length;
  const drawn = [width / 3, (2 * width) / 3, width].map((count) => Math.max(1, Math.round(count)));
  const clicks = [5, 10, 20, 40, 80, 160];
  return [
    ['minLeafWeight', clicks.map((wanted) => leafWeight(table, wanted))],
    ['maxFeatures', [...new Set(drawn)]],
    ['maxDepth', [6, 12, 32]],
    ['minLeafRows', [1, 5, 20, 50]],
    ['maxBins', [16, 64, 255]],
  ];
}

/**
 * Searches the grid.
 * @param start settings to begin with, and all others; those of the grid that `fixed` names stay
 * @throws ForestError ABORTED if the signal is
 */
export async function tune(
  table: CtrTable,
  start: FitOptions,
  fixed: readonly string[],
  { budgetSeconds = 60, onCandidate = () => {} }: TuneOptions,
  threads: ThreadOptions = {},
): Promise<Tuning> {
  const search = new Search(table, start, budgetSeconds, onCandidate, threads);
  await search.begin();
  const axes = gridOf(table).filter(([name]) => !fixed.includes(name));
  let ended: Tuning['ended'] = 'converged';
  for (let improved = true; improved && ended === 'converged';) {
    const before = search.best;
    for (const axis of axes) {
      if (await search.climb(axis)) continue;
      ended = 'out_of_time';
      break;
    }
    improved = search.best !== before;
  }
  return {
    budget_seconds: budgetSeconds,
    tried: search.tried,
    best: search.best.options,
    ended,
  };
}

class Search {
  readonly tried: Candidate[] = [];
  best!: Candidate;
  private readonly input;
  private readonly deadline: number;

  constructor(
    table: CtrTable,
    private readonly start: FitOptions,
    budgetSeconds: number,
    private readonly onCandidate: NonNullable<TuneOptions['onCandidate']>,
    private readonly threads: ThreadOptions,
  ) {
    this.input = fitInput(table);
    this.deadline = performance.now() + 1000 * budgetSeconds;
  }

  async begin(): Promise<void> {
    const { minLeafWeight, maxDepth, minLeafRows, maxBins } = this.start;
    const { maxFeatures = this.input.columns.schema.features.length } = this.start;
    const options = { minLeafWeight, maxFeatures, maxDepth, minLeafRows, maxBins };
    this.best = await this.attempt(options, this.threads.signal);
    this.record(this.best);
  }

  /** Moves one setting up, then down, while that helps. @returns false if the time was up before */
  async climb([name, values]: Axis): Promise<boolean> {
    for (const step of [1, -1]) {
      for (;;) {
        const next = neighbour(values, this.best.options[name] ?? 0, step);
        if (next === undefined) break;
        const options = { ...this.best.options, [name]: next };
        if (this.tried.some((candidate) => isSame(candidate.options, options))) break;
        const left = this.deadline - performance.now();
        const candidate = left > 0 ? await this.attemptWithin(options, left) : undefined;
        if (candidate === undefined) return false;
        this.record(candidate);
        if (this.best !== candidate) break;
      }
    }
    return true;
  }

  private record(candidate: Candidate): void {
    this.tried.push(candidate);
    if (candidate.normalised_entropy < this.best.normalised_entropy) this.best = candidate;
    this.onCandidate(candidate, this.best);
  }

  private async attemptWithin(options: TunedOptions, left: number): Promise<Candidate | undefined> {
    const { signal } = this.threads;
    const timeout = AbortSignal.timeout(Math.ceil(left));
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      return await this.attempt(options, either);
    } catch (error) {
      const outOfTime = error instanceof ForestError && error.code === 'ABORTED' && timeout.aborted;
      if (outOfTime && signal?.aborted !== true) return undefined;
      throw error;
    }
  }

  private async attempt(options: TunedOptions, signal?: AbortSignal): Promise<Candidate> {
    const started = performance.now();
    const { threads } = this.threads;
    const { outOfBag } = await fitParallel(
      this.input,
      { ...this.start, ...options },
      {
        ...(threads === undefined ? {} : { threads }),
        ...(signal === undefined ? {} : { signal }),
      },
    );
    return {
      options,
      normalised_entropy: outOfBagEntropy(outOfBag, this.input),
      weighted_r2: outOfBag.weightedR2,
      seconds: (performance.now() - started) / 1000,
    };
  }
}

/** The value next to `from`, which may lie between two or beyond all. */
function neighbour(values: readonly number[], from: number, step: number): number | undefined {
  return step > 0 ? values.find((value) => value > from) : values.findLast((value) => value < from);
}

function isSame(one: TunedOptions, other: TunedOptions): boolean {
  return tunedOptions.every((name) => one[name] === other[name]);
}
