/*
 * A model as a function of SQL. The database hands over a block of rows at a time (at most 2048),
 * column by column; they are laid out row by row and predicted at once:
 *
 *   f0: ▒▒▒▒     rows: f0 f1 f2 | f0 f1 f2 | …   ──predictBatch──▶   ctr: ▒▒▒▒
 *   f1: ▒▒▒▒
 *
 * So the data streams through once, whatever its size, and the database reads and writes on its
 * own threads meanwhile.
 */
import { clampCtr, type CtrModel, type RecordFeature } from '@adscale/ctr';
import type {
  DuckDBDataChunk,
  DuckDBScalarFunction,
  DuckDBStructVector,
  DuckDBVector,
} from '@duckdb/node-api';

/** Rows of a block, as the database makes them. */
const BLOCK = 2048;

/** What the function is given for a word that the model has not seen. */
export const UNSEEN = -1;

/** Is a scorer's function given the texts of a feature? */
export const takesText = (feature: RecordFeature): boolean =>
  feature.kind === 'word' && feature.whole !== true;

/** How sure the bounds of an interval are, and over how many impressions. */
export interface IntervalWish {
  /** In (0, 1). */
  readonly level: number;
}

/** Runs a model over the rows that a database hands it, and counts them. */
export class Scorer {
  private readonly width: number;
  private readonly rows: Float64Array;
  private readonly ctr = new Float64Array(BLOCK);
  private readonly problems: number[] = [];
  /** By feature: rows that were predicted without it. */
  readonly unseen: Float64Array;
  readonly empty: Float64Array;
  /** By feature: what an empty cell counts as, NaN if it stays empty. */
  private readonly held: Float64Array;
  /** By row and feature: 1 where a block has a word that the model has not seen. */
  private readonly unseenAt: Uint8Array;

  constructor(
    private readonly model: CtrModel,
    private readonly interval?: IntervalWish,
  ) {
    this.width = model.schema.features.length;
    this.rows = new Float64Array(BLOCK * this.width);
    this.unseen = new Float64Array(this.width);
    this.empty = new Float64Array(this.width);
    this.held = this.rows.slice(0, this.width).map((_, f) => model.contract.numberIn(f, null));
    this.unseenAt = new Uint8Array(BLOCK * this.width);
  }

  /**
   * The function: the number of the row's problem (0: none), the exposure if intervals are wanted,
   * then the features, categories by place and words by their text; a CTR or a struct of ctr, low and high; NULL for a row
   * with a problem.
   */
  async asFunction(name: string): Promise<DuckDBScalarFunction> {
    const { DOUBLE, DuckDBScalarFunction, STRUCT, USMALLINT, VARCHAR } =
      await import('@duckdb/node-api');
    const { interval } = this;
    const features = this.schema.features.map((one) => (takesText(one) ? VARCHAR : DOUBLE));
    return DuckDBScalarFunction.create({
      name,
      returnType:
        interval === undefined ? DOUBLE : STRUCT({ ctr: DOUBLE, low: DOUBLE, high: DOUBLE }),
      parameterTypes: [USMALLINT, ...(interval === undefined ? [] : [DOUBLE]), ...features],
      // Missing values are values; and it counts rows, so it must see each just once.
      specialHandling: true,
      volatile: true,
      mainFunction: (_, input, output) => {
        if (interval === undefined) this.predict(input, output);
        else this.predictWithin(input, output as DuckDBStructVector, interval);
      },
    });
  }

  /** The features that its function takes, in their order. */
  get schema(): CtrModel['schema'] {
    return this.model.schema;
  }

  /** Rows by problem: at 0 those that were predicted. */
  get counts(): readonly number[] {
    return Array.from(this.problems, (count) => count ?? 0);
  }

  private predict(input: DuckDBDataChunk, output: DuckDBVector): void {
    const problem = this.layOut(input, 1);
    for (let i = 0; i < input.rowCount; i++) {
      output.setItem(i, problem.getItem(i) === 0 ? clampCtr(this.ctr[i]) : null);
    }
    output.flush();
  }

  private predictWithin(
    input: DuckDBDataChunk,
    output: DuckDBStructVector,
    { level }: IntervalWish,
  ): void {
    const { width, rows, ctr } = this;
    const problem = this.layOut(input, 2);
    const exposures = input.getColumnVector(1);
    const [centre, low, high] = [0, 1, 2].map((entry) => output.entryVectorAt(entry));
    for (let i = 0; i < input.rowCount; i++) {
      const exposure = exposures.getItem(i) as number | null;
      const isGood = problem.getItem(i) === 0;
      const row = rows.subarray(i * width, (i + 1) * width);
      const bounds =
        isGood && exposure !== null && exposure > 0
          ? this.model.intervalOf(row, { level, exposure })
          : null;
      centre.setItem(i, isGood ? clampCtr(ctr[i]) : null);
      low.setItem(i, bounds && bounds.low);
      high.setItem(i, bounds && bounds.high);
    }
    output.flush();
  }

  /** Predicts rows that lack what training knew by what is known of them. */
  private withoutUnknown(count: number, problem: DuckDBVector): void {
    const { width, rows, ctr, model, unseenAt } = this;
    for (let i = 0; i < count; i++) {
      const row = rows.subarray(i * width, (i + 1) * width);
      if (!row.some(Number.isNaN) || problem.getItem(i) !== 0) continue;
      const unknown = model.unknown(row);
      for (let f = 0; f < width; f++) {
        if (unseenAt[i * width + f] === 1 && !unknown.includes(f)) unknown.push(f);
      }
      if (unknown.length === 0) continue;
      const answer = model.predictWithout(row, unknown);
      ctr[i] = answer.ctr;
      row.set(answer.row);
    }
  }

  /** Words by their numbers; what is not known is answered by what is above it. */
  private layOutWords(f: number, column: DuckDBVector, problem: DuckDBVector, count: number): void {
    const { width, rows, held, unseenAt } = this;
    const words = this.model.words!;
    for (let i = 0, at = f; i < count; i++, at += width) {
      const value = column.getItem(i) as string | null;
      rows[at] = value === null ? held[f] : words.numberOf(f, value);
      unseenAt[at] = 0;
      if (problem.getItem(i) === 0) this.count(f, value === null, rows[at]);
    }
  }

  private count(f: number, isEmpty: boolean, value: number): void {
    if (isEmpty) this.empty[f]++;
    else if (Number.isNaN(value)) this.unseen[f]++;
  }

  /** Predicts a block into `ctr`, rows with a problem too. @returns their problems */
  private layOut(input: DuckDBDataChunk, from: number): DuckDBVector {
    const { width, rows, ctr, held, unseenAt } = this;
    const isCategory = this.schema.features.map(({ kind }) => kind === 'categorical');
    const count = input.rowCount;
    const problem = input.getColumnVector(0);
    for (let f = 0; f < width; f++) {
      const column = input.getColumnVector(from + f);
      if (takesText(this.schema.features[f])) {
        this.layOutWords(f, column, problem, count);
        continue;
      }
      for (let i = 0, at = f; i < count; i++, at += width) {
        const value = column.getItem(i) as number | null;
        unseenAt[at] = value === UNSEEN && isCategory[f] ? 1 : 0;
        rows[at] = value === null ? held[f] : unseenAt[at] === 1 ? NaN : value;
        if (problem.getItem(i) === 0) this.count(f, value === null, rows[at]);
      }
    }
    this.model.predictBatch(rows.subarray(0, count * width), ctr);
    this.withoutUnknown(count, problem);
    for (let i = 0; i < count; i++) {
      const number = problem.getItem(i) as number;
      this.problems[number] = (this.problems[number] ?? 0) + 1;
    }
    return problem;
  }
}
