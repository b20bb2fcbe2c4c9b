import {
  Explainer,
  modelDigest,
  readModel,
  TrainingPairs,
  type CellCode,
  type CodeShares,
  type Compiled,
  type ExplainerBackground,
  type Forest,
  type Interval,
  type IntervalOptions,
} from '@adscale/forest';
import { loadCompiled, receiveForest, shareForest, type SharedForest } from '@adscale/forest/node';
import type { ModelCard } from './card/card.js';
import { heldBy, outsideOf, type HeldFeature } from './card/extrapolation.js';
import { clampCtr, roundCtr } from './clamp.js';
import { RecordContract } from './record.js';
import type { RecordSchema } from './table/schema.js';
import type { WordEncoding } from './words/encoding.js';
import { readWords } from './words/stored.js';

/** A record as people write it: one value per feature name. */
type CtrRecord = Readonly<Record<string, unknown>>;

/** A model as plain data, for other threads: what lies in shared memory is not copied on the way. */
export interface SharedModel {
  readonly forest: SharedForest;
  readonly digest: string;
  readonly card: ModelCard | undefined;
  readonly version: string;
}

/**
 * A forest that predicts CTR, compiled and ready to answer. A row is a record's numbers in the order of
 * `schema`; where some are words, they become the forest's columns at every question.
 */
export class CtrModel {
  /** The features of a record. */
  readonly schema: RecordSchema;
  readonly compiled: Compiled;
  /** What is known of its words; undefined if it has none. */
  readonly words: WordEncoding | undefined;
  /** What a record must be. */
  readonly contract: RecordContract;
  /** By feature, and then by cross: the forest's columns. */
  private readonly groups: readonly (readonly number[])[];
  private readonly columns: Float64Array;
  private held: readonly HeldFeature[] | undefined;
  private pairs: TrainingPairs | undefined;
  private shares: CodeShares | undefined;
  private explained: Explainer | undefined;
  private background?: ExplainerBackground;

  private constructor(
    readonly forest: Forest,
    /** SHA-256 of the model file, hexadecimal. */
    readonly digest: string,
    readonly card: ModelCard | undefined,
    readonly version: string,
  ) {
    this.words = readWords(forest);
    this.schema = this.words?.schema ?? forest.schema;
    this.groups = this.words?.layout.groups ?? forest.schema.features.map((_, f) => [f]);
    this.compiled = forest.compile();
    this.columns = new Float64Array(forest.schema.features.length);
    this.contract = new RecordContract(this.schema, card?.training?.ranges, this.words);
  }

  /**
   * Reads and compiles a model file.
   * @throws ForestError FILE_* if the bytes are not one; CtrError MODEL_INVALID if its words are not whole
   */
  static load(bytes: Uint8Array, card?: ModelCard, version = 'unpublished'): CtrModel {
    return new CtrModel(readModel(bytes), modelDigest(bytes), card, version);
  }

  /**
   * The same, from a path or of bytes, on a thread of its own: a service goes on answering meanwhile.
   * @throws ForestError FILE_*, THREAD_FAILED; CtrError MODEL_INVALID; a file that cannot be read gives the system's error
   */
  static async loadFile(
    file: string | Uint8Array,
    card?: ModelCard,
    version = 'unpublished',
  ): Promise<CtrModel> {
    const { forest, digest } = await loadCompiled(file);
    return new CtrModel(forest, digest, card, version);
  }

  /** The model that another thread has shared, ready at once. */
  static receive({ forest, digest, card, version }: SharedModel): CtrModel {
    return new CtrModel(receiveForest(forest), digest, card, version);
  }

  /** What another thread makes the same model of by `receive`. */
  share(): SharedModel {
    const { forest, digest, card, version } = this;
    return { forest: shareForest(forest), digest, card, version };
  }

  /** CTR of a record, clamped to [0.0001, 1], four decimals. */
  predict(record: CtrRecord): number {
    return roundCtr(this.predictRow(this.encode(record)));
  }

  /**
   * A record as a row in schema order; NaN for what is missing, is no number or is not known, but for
   * what is held at a value. Written into `row` if given.
   */
  encode(record: CtrRecord, row = new Float64Array(this.schema.features.length)): Float64Array {
    this.schema.features.forEach(({ name, kind }, f) => {
      const value = record[name];
      const isNumber = kind === 'numeric' || kind === 'integer';
      if (!isNumber || (value ?? null) === null) row[f] = this.contract.numberIn(f, value);
      else row[f] = typeof value === 'number' ? value : NaN;
    });
    return row;
  }

  /** The code of a row's cell: rows with the same code have the same prediction. */
  code(row: ArrayLike<number>): CellCode {
    return this.compiled.code(this.columnsOf(row));
  }

  /** CTR in a cell that `code` gave, clamped to [0.0001, 1], not rounded. */
  at(cell: CellCode): number {
    return clampCtr(this.compiled.at(cell));
  }

  /** CTR of a row, clamped to [0.0001, 1], not rounded. */
  predictRow(row: ArrayLike<number>): number {
    return clampCtr(this.compiled.predict(this.columnsOf(row)));
  }

  /**
   * CTRs of many rows, clamped to [0.0001, 1], not rounded.
   * @param rows row after row
   * @param out where to write, one number a row
   */
  predictBatch(rows: Float64Array, out: Float64Array): Float64Array {
    const count = Math.floor(rows.length / this.schema.features.length);
    this.compiled.predictBatch(this.allColumns(rows, count), out);
    for (let i = 0; i < count; i++) out[i] = clampCtr(out[i]);
    return out;
  }

  /**
   * The interval that holds the CTR observed at a row in a share `level` of all cases.
   * @throws ForestError OPTION_INVALID, NO_INTERVALS
   */
  intervalOf(row: ArrayLike<number>, options: IntervalOptions): Interval {
    return this.forest.predictInterval(this.columnsOf(row), options);
  }

  /**
   * What single members of the forest predict (see `Compiled.perTree`).
   * @returns member after member, `members * count` numbers
   */
  perTree(rows: ArrayLike<number>, count: number, members: number): Float64Array {
    return this.compiled.perTree(this.allColumns(rows, count), count, members);
  }

  /** The values of a feature at which the prediction may change, ascending; none of a category or a word. */
  cutsOf(feature: number): Float64Array {
    const isNumber = this.groups[feature].length === 1;
    return isNumber ? this.forest.cutsOf(this.groups[feature][0]) : new Float64Array(0);
  }

  /** The forest's columns of a row. The array is used again. */
  columnsOf(row: ArrayLike<number>): ArrayLike<number> {
    if (this.words === undefined) return row;
    this.words.expand(row, this.columns);
    return this.columns;
  }

  private allColumns(rows: ArrayLike<number>, count: number): Float64Array {
    const { words } = this;
    if (words === undefined) return rows as Float64Array;
    return words.expandAll(rows, count, new Float64Array(count * words.width));
  }

  /**
   * The features in which a row lies outside what training held, by the card; none if there is no
   * card to tell. Where all are inside, pairs of numbers that training never had together, such as
   * `impressions with budget`.
   */
  extrapolated(row: ArrayLike<number>): readonly string[] {
    this.held ??= heldBy(this.schema, this.card);
    const known = outsideOf(this.held, row);
    const words = this.unknownWords(row).map((f) => this.schema.features[f].name);
    const outside = words.length === 0 ? known : [...known, ...words];
    if (outside.length > 0) return outside;
    this.pairs ??= this.trainingPairs();
    return this.pairs.outside(row);
  }

  private trainingPairs(): TrainingPairs {
    const numbers = this.schema.features.flatMap(({ name, kind }, f) =>
      kind === 'numeric' || kind === 'integer'
        ? [{ name, place: f, column: this.groups[f][0] }]
        : [],
    );
    const { background } = (this.card ?? {}) as Partial<ModelCard>;
    return new TrainingPairs(this.forest, numbers, background?.rows ?? []);
  }

  /**
   * The features of which a row tells nothing: NaN where a record must have a value. Words are not among
   * them: what is above a word answers for it. Places in the schema.
   */
  unknown(row: ArrayLike<number>): number[] {
    return this.schema.features.flatMap(({ kind, missing }, f) =>
      Number.isNaN(row[f]) && missing !== true && kind !== 'word' ? [f] : [],
    );
  }

  /** The features whose words in a row are not known. Places in the schema. */
  unknownWords(row: ArrayLike<number>): number[] {
    const { words } = this;
    if (words === undefined) return [];
    return this.schema.features.flatMap(({ kind }, f) =>
      kind === 'word' && !words.isKnown(f, row[f]) ? [f] : [],
    );
  }

  /**
   * The CTR of a row of which some features are not known: the mean over the training rows that the
   * card keeps, each with its values in those places, as of a partial dependence (Friedman 2001).
   * Without such rows they count as missing.
   * @param unknown places in the schema
   * @returns the mean, in [0.0001, 1], and the row among those whose CTR is the nearest to it
   */
  predictWithout(
    row: ArrayLike<number>,
    unknown: readonly number[],
  ): { ctr: number; row: Float64Array } {
    const background = (this.background ??= backgroundOf(this.card) ?? { rows: [], weight: [] });
    const filled = Float64Array.from(row);
    if (background.rows.length === 0) return { ctr: this.predictRow(filled), row: filled };
    const weights = Array.from(background.rows, (_, b) => background.weight?.[b] ?? 1);
    const fill = (b: number): Float64Array => {
      for (const f of unknown) filled[f] = background.rows[b][f];
      return filled;
    };
    const each = background.rows.map((_, b) => this.predictRow(fill(b)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const ctr = each.reduce((sum, one, b) => sum + one * weights[b], 0) / total;
    let nearest = 0;
    each.forEach((one, b) => {
      if (Math.abs(one - ctr) < Math.abs(each[nearest] - ctr)) nearest = b;
    });
    return { ctr: clampCtr(ctr), row: fill(nearest) };
  }

  /**
   * Training impressions that lay where the row's features `given` (places in the schema) have the
   * row's values, as the trees remember them.
   */
  support(row: ArrayLike<number>, given: readonly number[]): number {
    return this.supports(row, 1, given)[0];
  }

  /**
   * `support` of many rows, each the same number, in hardly more time than of one.
   * @param rows row after row
   * @returns a number a row
   */
  supports(rows: ArrayLike<number>, count: number, given: readonly number[]): Float64Array {
    this.shares ??= codeShares(this.forest, this.card);
    const columns = given.flatMap((f) => this.groups[f]);
    return this.compiled.supports(this.allColumns(rows, count), columns, this.shares);
  }

  /** What explanations name: the features, and behind them the crosses. */
  get explainedNames(): readonly string[] {
    return this.words?.layout.names ?? this.schema.features.map(({ name }) => name);
  }

  /**
   * What explains its predictions, against the training rows that its card keeps, if it does: by rows of
   * the record's numbers, a value for each of `explainedNames`.
   */
  get explainer(): Pick<Explainer, 'explain' | 'steps'> {
    const explainer = (this.explained ??= this.makeExplainer());
    if (this.words === undefined) return explainer;
    const columns = (row: ArrayLike<number>) => Float64Array.from(this.columnsOf(row));
    return {
      explain: (row) => explainer.explain(columns(row)),
      steps: (row) => explainer.steps(columns(row)),
    };
  }

  private makeExplainer(): Explainer {
    const { forest, words, groups } = this;
    const background = backgroundOf(this.card);
    if (words === undefined) return new Explainer(forest, background);
    const rows = background?.rows.map((row) => Float64Array.from(this.columnsOf(row)));
    const sample = background && { ...background, rows: rows! };
    return new Explainer(forest, sample, { groups });
  }
}

/** Categories by how many training rows had them, where a card tells; bins alike. */
function codeShares(forest: Forest, card: ModelCard | undefined): CodeShares {
  return forest.schema.features.map((feature, f) => {
    const range = card?.training.ranges[feature.name];
    return feature.kind === 'categorical' && range !== undefined && 'categories' in range
      ? feature.categories.map((name) => range.categories[name])
      : new Array<number>(forest.binCount(f)).fill(1);
  });
}

/** The sample of training rows that a card keeps. */
function backgroundOf(card: ModelCard | undefined): ExplainerBackground | undefined {
  // Cards of earlier trainers have none, whatever the type says.
  const { background } = (card ?? {}) as Partial<ModelCard>;
  if (background === undefined) return undefined;
  const rows = background.rows.map((row) => Float64Array.from(row, (value) => value ?? NaN));
  return { rows, weight: background.weights };
}
