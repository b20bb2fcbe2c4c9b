import type { CtrModel, ModelCard, RecordSchema } from '@adscale/ctr';
import type { Logger } from 'pino';
import { ModelRefusedError, type ModelLoader } from '../model/loader.js';
import type { ServedModel } from '../model/served-model.js';
import { StoreError } from '../store/errors.js';
import type { Store } from '../store/store.js';
import { CellForm, type TextOf } from './cell-form.js';
import { DIGEST_BYTES, RecordBytes } from '../ids/id-bytes.js';
import type { KeptModel, Training } from './kept-models.js';
import type { OutcomeQueries } from './queries.js';

const DIGEST_DIGITS = 2 * DIGEST_BYTES;
/** Models that are not served any more whose ids are read at a time. */
const MOST_KNOWN = 8;

/** What it takes to read the ids of a model. */
export interface IdModel {
  readonly version: string;
  readonly schema: RecordSchema;
  readonly form: CellForm;
  readonly bytes: RecordBytes;
  readonly textOf: TextOf;
}

/** A model that a record is predicted by. */
export interface RecordModel {
  readonly model: CtrModel;
  readonly form: CellForm;
}

/** Models that outcomes are of: those that are served, those that were, and those that are named. */
export class ModelBook {
  private readonly idModels = new Map<string, IdModel>();
  private readonly recordModels = new Map<string, RecordModel>();
  private readonly unkept = new Map<string, CtrModel>();

  constructor(
    private readonly served: ServedModel,
    private readonly loader: ModelLoader,
    private readonly store: Store<OutcomeQueries> | undefined,
    private readonly logger: Pick<Logger, 'error'>,
  ) {
    store?.onOpen(() => this.keepAll());
  }

  /** Has what it takes to read ids of a model, and to judge it, outlive the model; tried again when the store opens. */
  keep(model: CtrModel): void {
    this.unkept.set(model.digest, model);
    if (this.store?.status.available) this.keepAll();
  }

  /** The model whose digest begins so, if it is at hand. */
  byDigest(digest: string): IdModel | undefined {
    const known = this.idModels.get(digest);
    if (known !== undefined) return known;
    const model = this.served.models().find((served) => served.digest.startsWith(digest));
    return model && this.remember(digest, idModelOf(model));
  }

  /** Finds a model that is not at hand in the store; undefined if it is not there. @throws StoreError */
  async findByDigest(digest: string): Promise<IdModel | undefined> {
    const row = await this.store?.run('findModel', { digest });
    if (row === undefined) return undefined;
    const { schema, words } = JSON.parse(row.schema) as KeptModel;
    const textOf: TextOf = (f, word) => words[schema.features[f].name][word];
    return this.remember(digest, modelOf(row.version, schema, textOf));
  }

  /** The model that is current now; undefined while there is none. */
  current(): RecordModel | undefined {
    const model = this.served.current?.model;
    return model && this.recordModelOf(model);
  }

  /** The model of a version, if it is at hand. */
  byVersion(version: string): RecordModel | undefined {
    const known = this.recordModels.get(version);
    if (known !== undefined) return known;
    const model = this.served.models().find((served) => served.version === version);
    return model && this.recordModelOf(model);
  }

  /** Loads a model that is not at hand; undefined if it cannot be. */
  async findByVersion(version: string): Promise<RecordModel | undefined> {
    try {
      return this.recordModelOf(await this.loader.load(version));
    } catch (error) {
      if (error instanceof ModelRefusedError) return undefined;
      throw error;
    }
  }

  private recordModelOf(model: CtrModel): RecordModel {
    const known = this.recordModels.get(model.version);
    if (known?.model === model) return known;
    dropOldest(this.recordModels);
    const made = { model, form: new CellForm(model.schema) };
    this.recordModels.set(model.version, made);
    this.keep(model);
    return made;
  }

  private remember(digest: string, model: IdModel): IdModel {
    dropOldest(this.idModels);
    this.idModels.set(digest, model);
    return model;
  }

  private keepAll(): void {
    for (const model of this.unkept.values()) {
      const { version, digest, schema } = model;
      const words = model.words?.vocabularies ?? {};
      const bytes = Object.entries(words).map(([name, { bytes, ends }]) => [name, { bytes, ends }]);
      const kept = this.store!.run('keepModel', {
        version,
        digest: digest.slice(0, DIGEST_DIGITS),
        schema,
        words: Object.fromEntries(bytes) as Record<
          string,
          { bytes: Uint8Array; ends: Uint32Array }
        >,
        training: trainingOf(model),
      });
      kept.then(
        () => this.unkept.delete(digest),
        // It stays to be kept; of a store that is away that was said already.
        (err: unknown) => err instanceof StoreError || this.logger.error({ err }, 'model not kept'),
      );
    }
  }
}

function trainingOf({ card }: CtrModel): Training | null {
  // Cards of the first models lack it.
  const training = (card as Partial<ModelCard> | undefined)?.training;
  return training?.ranges ? { rows: training.rows, ranges: training.ranges } : null;
}

function dropOldest(models: Map<string, unknown>): void {
  if (models.size < MOST_KNOWN) return;
  const [oldest] = models.keys();
  models.delete(oldest);
}

function idModelOf({ version, schema, words }: CtrModel): IdModel {
  return modelOf(version, schema, (f, word) => words!.wordOf(f, word));
}

function modelOf(version: string, schema: RecordSchema, textOf: TextOf): IdModel {
  return { version, schema, textOf, form: new CellForm(schema), bytes: new RecordBytes(schema) };
}
