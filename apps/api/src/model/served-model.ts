import type { KeyKind, ModelCells, PredictionCache } from '@adscale/cache';
import {
  type CtrModel,
  ROLES,
  RecordContract,
  type RecordSchema,
  type Role,
  type Trial,
} from '@adscale/ctr';
import type { Model as ModelCounts, ServiceStats } from '@adscale/stats';
import { ProblemError } from '../problem/problem.js';
import { checkRecord } from '../record/record-reading.js';
import { Arms } from './arms.js';
import { PredictionDimensions } from './dimensions.js';
import { schemaMismatch } from './schema.js';
import { ShadowRun, type ShadowStats } from './shadow-run.js';
import { RowShare } from './share.js';
import { UnknownWords } from './unknown-words.js';

/** The answer for one cell of one model. */
export interface Answer {
  /** Predicted CTR, 0.0001 to 1, four decimals. */
  readonly ctr: number;
  /** The whole body of the answer, JSON. */
  readonly body: string;
  /** Names model and cell: two answers with the same tag are the same prediction. */
  readonly etag: string;
}

/** A model together with the answers kept of it: the two are switched as one. */
export interface Serving {
  readonly model: CtrModel;
  /** What a record must be for this model to answer it. */
  readonly contract: RecordContract;
  /** The answers that are kept. */
  readonly cells: ModelCells<Answer>;
  /** What they are kept under. */
  readonly key: KeyKind;
  /** Where answers of this model are counted. */
  readonly counts: ModelCounts;
  /** By which features of their rows they are counted as well. */
  readonly dimensions: PredictionDimensions;
  /** Counts the words in them that the model does not know. */
  readonly words: UnknownWords;
}

/** The part of the statistics that models need. */
type ModelStats = ShadowStats & Pick<ServiceStats, 'unknownWords'>;

/** A model whose features are not those the routes were made for. */
export class SchemaMismatchError extends Error {
  override readonly name = 'SchemaMismatchError';
}

/** A model on trial and how much of the requests it gets. */
interface TriedModel {
  readonly model: CtrModel;
  readonly percent: number;
}

/** The model that answers a share of the requests instead of the current one. */
interface Canary {
  readonly serving: Serving;
  readonly share: RowShare;
  readonly arms: Arms;
}

/**
 * The models that answer now:
 *
 * ```
 * record ──servingFor──▶ current, or the canary for its share of the rows ──▶ answer
 *                           └──compare──▶ the shadow, later, for its share of the answers
 * ```
 * A request asks once for its model and keeps to it, so that no answer mixes two.
 */
export class ServedModel {
  private serving: Serving | undefined;
  private successor: string | undefined;
  private readonly tried: Record<Role, TriedModel | undefined>;
  private canary: Canary | undefined;
  private shadow: ShadowRun | undefined;
  /** What a record must be while there is no model. */
  readonly contract: RecordContract;

  constructor(
    /** The features that routes, validation and documentation were made for. */
    readonly schema: RecordSchema,
    private readonly cache: PredictionCache<Answer>,
    private readonly stats: ModelStats,
    /** What answers are kept under. */
    private readonly key: KeyKind = 'cell',
  ) {
    this.tried = { canary: undefined, shadow: undefined };
    this.contract = new RecordContract(schema);
  }

  /** The model that answers whatever no canary does; undefined while there is none. */
  get current(): Serving | undefined {
    return this.serving;
  }

  /** The version that answers from now on, be it another app's; null while there is none. */
  get version(): string | null {
    return this.serving?.model.version ?? this.successor ?? null;
  }

  /** An app with routes for this version's features has taken over. */
  giveWay(version: string): void {
    this.successor = version;
  }

  /**
   * Checks a record and finds the model that answers it: the same one for the same record, as long
   * as the canary and its percentage stay.
   * @param row gets the record's numbers in the order of that model's schema
   * @throws ProblemError INVALID_RECORD, MODEL_NOT_LOADED
   */
  servingFor(record: unknown, row: Float64Array): Serving {
    const { serving, canary } = this;
    checkRecord(serving?.contract ?? this.contract, record, row);
    if (serving === undefined) throw new ProblemError('MODEL_NOT_LOADED');
    if (canary === undefined || !canary.share.takes(row, record)) return serving;
    try {
      checkRecord(canary.serving.contract, record, row);
    } catch (error) {
      canary.arms.refused();
      throw error;
    }
    return canary.serving;
  }

  /**
   * Has an answer of the current model compared with the shadow's, some time after it is sent.
   * Allocates nothing, and costs nothing while there is no shadow.
   * @param serving the model that answered, from `servingFor`, which filled `row` as well
   * @param ctr what it answered
   * @param record that the row was read from
   */
  compare(serving: Serving, row: Float64Array, ctr: number, record: unknown): void {
    const { shadow } = this;
    if (shadow !== undefined && serving === this.serving) shadow.offer(row, ctr, record);
  }

  /** The loaded model of this version that answers requests, if one does. */
  find(version: string): Serving | undefined {
    const { serving, canary } = this;
    if (serving?.model.version === version) return serving;
    return canary?.serving.model.version === version ? canary.serving : undefined;
  }

  /** Counts how requests fare with the canary and beside it; undefined while there is none. */
  get arms(): Arms | undefined {
    return this.canary?.arms;
  }

  /** What is tried in this role; null when nothing is. */
  trial(role: Role): Trial | null {
    const tried = this.tried[role];
    return tried === undefined ? null : { version: tried.model.version, percent: tried.percent };
  }

  /** The models held here: the one that answers and those on trial. */
  models(): CtrModel[] {
    const { canary, shadow } = this.tried;
    const held = [this.serving?.model, canary?.model, shadow?.model];
    return held.filter((model) => model !== undefined);
  }

  /**
   * Serves `model` from the next request on, and ends its trials. If this throws, the model before
   * it goes on serving.
   * @throws SchemaMismatchError saying which feature differs
   */
  replace(model: CtrModel): void {
    this.checkSchema(model);
    for (const role of ROLES) {
      if (this.tried[role]?.model.version === model.version) this.tried[role] = undefined;
    }
    this.arrange(model);
  }

  /**
   * Tries `model` on a share of the requests from the next one on.
   * @param percent above 0, at most 100
   * @throws SchemaMismatchError saying which feature differs
   */
  tryOut(role: Role, model: CtrModel, percent: number): void {
    this.checkSchema(model);
    this.tried[role] = { model, percent };
    this.arrange(this.serving?.model);
  }

  /** Tries nothing in this role any more. */
  endTrial(role: Role): void {
    if (this.tried[role] === undefined) return;
    this.tried[role] = undefined;
    this.arrange(this.serving?.model);
  }

  private checkSchema(model: CtrModel): void {
    const mismatch = schemaMismatch(this.schema, model.schema);
    if (mismatch !== undefined) throw new SchemaMismatchError(mismatch);
  }

  private servingOf(model: CtrModel): Serving {
    const { version, schema, contract } = model;
    const dimensions = new PredictionDimensions(schema);
    const counts = this.stats.model(version, dimensions.named);
    const words = new UnknownWords(model, this.stats);
    const { key } = this;
    return { model, contract, cells: this.cellsOf(model), key, counts, dimensions, words };
  }

  /** A table numbers its cells, so its answers are found by number: nothing is hashed. */
  private cellsOf({ digest, compiled }: CtrModel): ModelCells<Answer> {
    const isNumbered = this.key === 'cell' && compiled.kind === 'table';
    return this.cache.forModel(digest, isNumbered ? { cells: compiled.cellCount } : {});
  }

  /**
   * Shares depend on the current model's order of features, so they are made anew whenever a model
   * changes. So are the counts, because `ServiceStats` forgets those that it was asked for first.
   */
  private arrange(current: CtrModel | undefined): void {
    const { canary, shadow } = this.tried;
    this.shadow = current && shadow && this.shadowOf(current, shadow);
    this.canary = current && canary && this.canaryOf(current, canary);
    this.serving = current && this.servingOf(current);
    // The shadow gives no answers, so it has no cells.
    const answering = [current?.digest, canary?.model.digest];
    this.cache.retain(...answering.filter((digest) => digest !== undefined));
  }

  private canaryOf({ schema }: CtrModel, { model, percent }: TriedModel): Canary {
    const share = new RowShare(schema, `canary ${model.version}`, percent);
    return { serving: this.servingOf(model), share, arms: this.armsOf(model.version, percent) };
  }

  /** Counting goes on while the canary has the same share, whatever else changes. */
  private armsOf(version: string, percent: number): Arms {
    const { canary } = this;
    const isSame = canary?.arms.version === version && canary.arms.percent === percent;
    return isSame ? canary.arms : new Arms(version, percent);
  }

  private shadowOf({ schema }: CtrModel, { model, percent }: TriedModel): ShadowRun {
    const share = new RowShare(schema, `shadow ${model.version}`, percent);
    return new ShadowRun({ schema, share }, model, this.stats);
  }
}
