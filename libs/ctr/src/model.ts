import {
  modelDigest,
  readModel,
  RowEncoder,
  ShapleyExplainer,
  treeShap,
  MAX_SHAPLEY_FEATURES,
  type CellCode,
  type Compiled,
  type Explanation,
  type FeatureRecord,
  type Forest,
  type Schema,
} from '@adscale/forest';
import { loadCompiled } from '@adscale/forest/node';
import type { ModelCard } from './card/card.js';
import { clampCtr, roundCtr } from './clamp.js';
import { heldBy, outsideOf, type HeldFeature } from './card/extrapolation.js';
import { sampleFromLeaves } from './leaf-sample.js';
import { codeShares, trainingWeight, type CodeShares } from './support.js';
import { TrainingPairs } from './card/training-pairs.js';
import { TreePanel } from './tree-panel.js';

/** Rows that stand for the usual placement where a prediction is explained. */
const BACKGROUND_ROWS = 64;

/** A forest that predicts CTR, compiled and ready to answer. */
export class CtrModel {
  readonly schema: Schema;
  readonly compiled: Compiled;
  private readonly encoder: RowEncoder;
  private trees: TreePanel | undefined;
  private held: readonly HeldFeature[] | undefined;
  private pairs: TrainingPairs | undefined;
  private shares: CodeShares | undefined;
  private explainer: ShapleyExplainer | undefined;

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

  /** The answer to a record: clamped to [0.0001, 1], four decimals. */
  predict(record: FeatureRecord): number {
    return roundCtr(this.predictRow(this.encode(record)));
  }

  /** A record as a row in schema order; written into `row` if given. */
  encode(record: FeatureRecord, row?: Float64Array): Float64Array {
    return this.encoder.encode(record, row);
  }

  /** The code of the row's cell: rows with the same code have the same prediction. */
  cellOf(row: Float64Array): CellCode {
    return this.compiled.cellOf(row);
  }

  /** CTR of a row, clamped to [0.0001, 1], not rounded. */
  predictRow(row: Float64Array): number {
    return clampCtr(this.compiled.predict(row));
  }

  /** The trees, to be asked one by one; laid out at the first call. */
  get panel(): TreePanel {
    return (this.trees ??= new TreePanel(this.forest));
  }

  /** Rows like those of training, drawn from the leaves; the same at every call. */
  sampleRows(count: number): Float64Array {
    return sampleFromLeaves(this.forest, count);
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
   * Training impressions that lay where the row's features `given` (places in the schema) have the
   * row's values, as the trees remember them.
   */
  support(row: ArrayLike<number>, given: readonly number[]): number {
    this.shares ??= codeShares(this.forest, this.card);
    return trainingWeight(this.forest, row, given, this.shares);
  }

  /** What each feature adds to a row's CTR, against rows like those of training. */
  contributions(row: Float64Array): Explanation {
    if (this.schema.features.length > MAX_SHAPLEY_FEATURES) return treeShap(this.forest, row);
    this.explainer ??= this.makeExplainer();
    return this.explainer.explain(row);
  }

  /** The training rows that the card keeps, or rows like them. */
  private makeExplainer(): ShapleyExplainer {
    // Cards of earlier trainers have none, whatever the type says.
    const { background } = (this.card ?? {}) as Partial<ModelCard>;
    if (background !== undefined) {
      const rows = background.rows.map((row) => Float64Array.from(row, (value) => value ?? NaN));
      return new ShapleyExplainer(this.forest, rows, { weight: background.weights });
    }
    const width = this.schema.features.length;
    const rows = this.sampleRows(BACKGROUND_ROWS);
    const rowAt = (i: number): Float64Array => rows.subarray(i * width, (i + 1) * width);
    const like = Array.from({ length: BACKGROUND_ROWS }, (_, i) => rowAt(i));
    return new ShapleyExplainer(this.forest, like);
  }
}
