import {
  modelDigest,
  readModel,
  RowEncoder,
  type CellCode,
  type Compiled,
  type FeatureRecord,
  type Forest,
  type Schema,
} from '@adscale/forest';
import type { ModelCard } from './card.js';
import { clampCtr, roundCtr } from './clamp.js';

/** A forest that predicts CTR, compiled and ready to answer. */
export class CtrModel {
  readonly schema: Schema;
  readonly compiled: Compiled;
  private readonly encoder: RowEncoder;

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
}
