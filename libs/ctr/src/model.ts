import {
  Explainer,
  modelDigest,
  readModel,
  RowEncoder,
  type CellCode,
  type CodeShares,
  type Compiled,
  type ExplainerBackground,
  type FeatureRecord,
  type Forest,
  type Schema,
} from '@adscale/forest';
import { loadCompiled } from '@adscale/forest/node';
import type { ModelCard } from './card/card.js';
import { heldBy, outsideOf, type HeldFeature } from './card/extrapolation.js';
import { TrainingPairs } from './card/training-pairs.js';
import { clampCtr, roundCtr } from './clamp.js';

/** A forest that predicts CTR, compiled and ready to answer. */
export class CtrModel {
  readonly schema: Schema;
  readonly compiled: Compiled;
  private readonly encoder: RowEncoder;
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
    this.schema = forest.schema;
    this.compiled = forest.compile();
    this.encoder = new RowEncoder(forest.schema);
  }

  /**
   * Reads and compiles a model file.
   * @throws ForestError FILE_* if the bytes are not one
   */
  static load(bytes: Uint8Array, card?: ModelCard, version = 'unpublished'): CtrModel {
    return new CtrModel(readModel(bytes), modelDigest(bytes), card, version);
  }

  /**
   * The same from a path, on a thread of its own: a service goes on answering meanwhile.
   * @throws ForestError FILE_*, THREAD_FAILED; a file that cannot be read gives the system's error
   */
  static async loadFile(
    path: string,
    card?: ModelCard,
    version = 'unpublished',
  ): Promise<CtrModel> {
    const { forest, digest } = await loadCompiled(path);
    return new CtrModel(forest, digest, card, version);
  }

  /** CTR of a record, clamped to [0.0001, 1], four decimals. */
  predict(record: FeatureRecord): number {
    return roundCtr(this.predictRow(this.encode(record)));
  }

  /** A record as a row in schema order; written into `row` if given. */
  encode(record: FeatureRecord, row?: Float64Array): Float64Array {
    return this.encoder.encode(record, row);
  }

  /** The code of a row's cell: rows with the same code have the same prediction. */
  code(row: ArrayLike<number>): CellCode {
    return this.compiled.code(row);
  }

  /** CTR in a cell that `code` gave, clamped to [0.0001, 1], not rounded. */
  at(cell: CellCode): number {
    return clampCtr(this.compiled.at(cell));
  }

  /** CTR of a row, clamped to [0.0001, 1], not rounded. */
  predictRow(row: ArrayLike<number>): number {
    return clampCtr(this.compiled.predict(row));
  }

  /**
   * The features in which a row lies outside what training held, by the card; none if there is no
   * card to tell. Where all are inside, pairs of numbers that training never had together, such as
   * `impressions with budget`.
   */
  extrapolated(row: ArrayLike<number>): readonly string[] {
    this.held ??= heldBy(this.schema, this.card);
    const outside = outsideOf(this.held, row);
    if (outside.length > 0) return outside;
    this.pairs ??= new TrainingPairs(this.forest, (this.card as Partial<ModelCard>)?.background);
    return this.pairs.outside(row);
  }

  /**
   * The features of which a row tells nothing: NaN where a record must have a value. Places in the
   * schema.
   */
  unknown(row: ArrayLike<number>): number[] {
    return this.schema.features.flatMap(({ missing }, f) =>
      Number.isNaN(row[f]) && missing !== true ? [f] : [],
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
    this.shares ??= codeShares(this.forest, this.card);
    return this.compiled.support(row, given, this.shares);
  }

  /** What explains its predictions, against the training rows that its card keeps, if it does. */
  get explainer(): Explainer {
    return (this.explained ??= new Explainer(this.forest, backgroundOf(this.card)));
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
