import { CtrError, type CtrModel, type Registry, roundCtr } from '@adscale/ctr';
import type { Schema } from '@adscale/forest';
import { exampleRequests } from '../record/record-examples.js';
import { schemaMismatch } from './schema.js';

/** A version that cannot be served; `message` is the reason, fit for an answer: it has no path. */
export class ModelRefusedError extends Error {
  override readonly name = 'ModelRefusedError';

  constructor(
    reason: string,
    /** Loading it again will not help, as long as this process runs. */
    readonly lasting = false,
    options?: ErrorOptions,
  ) {
    super(reason, options);
  }
}

/**
 * Loads models for serving, on a thread of their own, and holds them against what the service is
 * made for before anybody is served by them. Remembers which versions it refused, and why.
 */
export class ModelLoader {
  private readonly held = new Map<string, Promise<CtrModel>>();
  private readonly refused = new Map<string, ModelRefusedError>();

  private wanted: Schema | undefined;

  constructor(private readonly registry: Registry) {}

  /** From now on, refuses models that have not exactly these features. */
  expect(schema: Schema): void {
    this.wanted = schema;
  }

  /** Why this version was refused when it was last to be loaded; undefined when it was not. */
  refusalOf(version: string): string | undefined {
    return this.refused.get(version)?.message;
  }

  /**
   * The model of a version, loaded, checked and compiled. Who asks meanwhile or again, until it is
   * let go of, gets the same one.
   * @throws ModelRefusedError saying why it cannot be served
   */
  async load(version: string): Promise<CtrModel> {
    const before = this.refused.get(version);
    if (before?.lasting) throw before;
    try {
      const model = await this.once(version);
      checkModel(model, this.wanted);
      this.refused.delete(version);
      return model;
    } catch (error) {
      this.held.delete(version);
      const refusal = error instanceof ModelRefusedError ? error : refusalFor(error);
      this.refused.set(version, refusal);
      throw refusal;
    }
  }

  /** Lets go of all loaded models but those of these versions. */
  retain(versions: readonly string[]): void {
    for (const version of this.held.keys()) {
      if (!versions.includes(version)) this.held.delete(version);
    }
  }

  private once(version: string): Promise<CtrModel> {
    const known = this.held.get(version);
    if (known !== undefined) return known;
    const loading = this.registry.load(version);
    this.held.set(version, loading);
    return loading;
  }
}

/** @throws ModelRefusedError */
function checkModel(model: CtrModel, wanted: Schema | undefined): void {
  const { schema, card, forest } = model;
  const mismatch = wanted && schemaMismatch(wanted, schema);
  if (mismatch !== undefined) {
    const advice = 'routes are made when the service starts: restart it to serve this model';
    throw new ModelRefusedError(`${mismatch}; ${advice}`, true);
  }
  const described = card?.schema && schemaMismatch(schema, card.schema);
  if (described !== undefined) {
    throw new ModelRefusedError(`its card is that of another model: ${described}`);
  }
  // Compiled it must answer what its trees do; NaN, which is no CTR, is never equal to itself.
  for (const record of Object.values(exampleRequests(schema))) {
    const answer = model.predict(record);
    if (answer !== roundCtr(forest.predict(model.encode(record)))) {
      throw new ModelRefusedError(`it predicts ${answer} for ${JSON.stringify(record)}`);
    }
  }
}

/**
 * What a failure to read a version says to anybody. Messages of the system name paths, which are
 * nobody's business: only their code is told.
 */
export function refusalFor(cause: unknown): ModelRefusedError {
  if (cause instanceof CtrError) return new ModelRefusedError(cause.message, false, { cause });
  const { code } = cause as NodeJS.ErrnoException;
  const reason = `it cannot be read${code === undefined ? '' : ` (${code})`}`;
  return new ModelRefusedError(reason, false, { cause });
}
