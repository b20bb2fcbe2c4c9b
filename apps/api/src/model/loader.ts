import {
  CtrError,
  type CtrErrorCode,
  type CtrModel,
  type RecordSchema,
  type Registry,
  readAddress,
  roundCtr,
} from '@adscale/ctr';
import { exampleRequests } from '../record/record-examples.js';
import { schemaMismatch } from './schema.js';

/** A version that cannot be served. `message` gives the reason and no path, so anybody may read it. */
export class ModelRefusedError extends Error {
  override readonly name = 'ModelRefusedError';

  constructor(
    reason: string,
    /** Loading the version again cannot help while this app runs. */
    readonly lasting = false,
    options?: ErrorOptions,
  ) {
    super(reason, options);
  }
}

/** The loader remembers why it refused this many versions; a registry rarely holds more. */
const MOST_REFUSALS = 100;
/** Milliseconds after which a refused version of a bucket is read again, the first time and at most. */
const AGAIN = { first: 1000, most: 60_000 };

/** A refusal for what was read. */
interface Broken {
  /** What the files were like. */
  readonly files: string;
  /** Milliseconds until the same files are read again. */
  readonly wait: number;
  /** When that is. */
  readonly again: number;
}

/**
 * Loads models on a thread of their own and checks them before they serve anybody. Remembers why
 * it refused a version.
 */
export class ModelLoader {
  /** Models that are being loaded or were, by version, until `retain` drops them. */
  private readonly held = new Map<string, Promise<CtrModel>>();
  /** By version, the latest last. */
  private readonly refused = new Map<string, ModelRefusedError>();
  /** The refusals for the content of a version's files. */
  private readonly broken = new WeakMap<ModelRefusedError, Broken>();
  /** The features that a version was refused for, as it lacks them. */
  private readonly wanted = new WeakMap<ModelRefusedError, RecordSchema>();

  /**
   * A bad answer of a store, or of a proxy before it, looks like a bad file and passes; what was read on a
   * disk stays as it is.
   */
  private readonly mayPass: boolean;

  /** @param now a clock in milliseconds that never goes back; tests give their own */
  constructor(
    private readonly registry: Registry,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.mayPass = readAddress(registry.location) !== undefined;
  }

  /** Why the last load of this version failed; undefined if it succeeded or there was none. */
  refusalOf(version: string): string | undefined {
    return this.refused.get(version)?.message;
  }

  /**
   * Loads, checks and compiles the model of a version. Callers that ask for the same version get
   * the same model, until `retain` drops it. A version whose files were wrong is read again when
   * they have changed; in a bucket also when they have not, after 1 s, 2 s, 4 s and so on up to a minute.
   * @param schema the features that the model must have; any features if left out
   * @throws ModelRefusedError saying why the model cannot be served
   */
  async load(version: string, schema?: RecordSchema): Promise<CtrModel> {
    const before = this.refused.get(version);
    const isMisfit = schema !== undefined && before?.lasting;
    if (isMisfit && this.wanted.get(before) === schema) throw before;
    const files = this.held.has(version) ? undefined : await this.filesOf(version);
    const known = before && this.broken.get(before);
    const same = known?.files === files ? known : undefined;
    if (before !== undefined && same !== undefined && this.now() < same.again) throw before;
    try {
      const model = await this.loadOnce(version);
      checkModel(model);
      if (schema !== undefined) checkFeatures(model, schema);
      this.refused.delete(version);
      return model;
    } catch (error) {
      this.held.delete(version);
      const refusal = error instanceof ModelRefusedError ? error : refusalFor(error);
      // What the system refuses it may grant the next time; other features are no fault of the files.
      const isWrong = refusal.cause === undefined || isOfVersion(refusal.cause);
      if (isWrong && !refusal.lasting && files !== undefined) {
        this.broken.set(refusal, this.brokenAs(files, same));
      }
      if (schema !== undefined) this.wanted.set(refusal, schema);
      throw this.refuse(version, refusal);
    }
  }

  private brokenAs(files: string, before: Broken | undefined): Broken {
    if (!this.mayPass) return { files, wait: Infinity, again: Infinity };
    const wait = before === undefined ? AGAIN.first : Math.min(AGAIN.most, 2 * before.wait);
    return { files, wait, again: this.now() + wait };
  }

  /** Tells when the files of a version change; undefined for a version that is not there. */
  private async filesOf(version: string): Promise<string | undefined> {
    try {
      return await this.registry.stamp(version);
    } catch {
      return undefined;
    }
  }

  /** Remembers why a version cannot be served. */
  refuse(version: string, refusal: ModelRefusedError): ModelRefusedError {
    this.refused.delete(version);
    this.refused.set(version, refusal);
    const [oldest] = this.refused.keys();
    if (this.refused.size > MOST_REFUSALS) this.refused.delete(oldest);
    return refusal;
  }

  /** Drops all loaded models but those of these versions. */
  retain(versions: readonly string[]): void {
    for (const version of this.held.keys()) {
      if (!versions.includes(version)) this.held.delete(version);
    }
  }

  private loadOnce(version: string): Promise<CtrModel> {
    const known = this.held.get(version);
    if (known !== undefined) return known;
    const loading = this.registry.load(version);
    this.held.set(version, loading);
    return loading;
  }
}

/** What the store of a registry says, and not a version's files. */
const OF_STORE: readonly CtrErrorCode[] = ['STORE_REFUSED', 'STORE_UNREACHABLE', 'REGISTRY_BROKEN'];

const isOfVersion = (cause: unknown): cause is CtrError =>
  cause instanceof CtrError && !OF_STORE.includes(cause.code);

/** @throws ModelRefusedError naming the first feature that differs */
export function checkFeatures(model: CtrModel, schema: RecordSchema): void {
  const mismatch = schemaMismatch(schema, model.schema);
  if (mismatch === undefined) return;
  const advice = 'routes are made when the service starts: restart it to serve this model';
  throw new ModelRefusedError(`${mismatch}; ${advice}`, true);
}

/** @throws ModelRefusedError */
function checkModel(model: CtrModel): void {
  const { schema, card, forest } = model;
  const described = card?.schema && schemaMismatch(schema, card.schema);
  if (described !== undefined) {
    throw new ModelRefusedError(`its card is that of another model: ${described}`);
  }
  // The compiled model must answer what its trees do. NaN, which is no CTR, is never equal to itself.
  for (const record of Object.values(exampleRequests(schema))) {
    const answer = model.predict(record);
    const columns = model.columnsOf(model.encode(record));
    if (answer !== roundCtr(forest.predict(columns))) {
      throw new ModelRefusedError(`it predicts ${answer} for ${JSON.stringify(record)}`);
    }
  }
}

/**
 * Turns a failure to read a version into a reason that anybody may read. Messages of the system and of a
 * store name paths, so only their code is told.
 */
export function refusalFor(cause: unknown): ModelRefusedError {
  if (isOfVersion(cause)) return new ModelRefusedError(cause.message, false, { cause });
  const { code } = cause as NodeJS.ErrnoException;
  const reason = `it cannot be read${code === undefined ? '' : ` (${code})`}`;
  return new ModelRefusedError(reason, false, { cause });
}

/** Whether this process may read but not write, as on a mount `:ro`, or by the rights of its key. */
export function isReadOnly(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return ['EROFS', 'EACCES', 'EPERM', 'REGISTRY_READ_ONLY'].includes(String(code));
}
