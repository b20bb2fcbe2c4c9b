import type { CtrModel, RecordSchema, Registry } from '@adscale/ctr';
import type { Logger } from 'pino';
import type { ModelLoader } from './loader.js';
import { schemaMismatch } from './schema.js';

/** A model that a process serves or could serve, as it tells its colleagues. */
export interface Offer {
  readonly version: string;
  readonly schema: RecordSchema;
}

/** The processes that serve as one, so that all must have routes for the same features. */
export interface Agreement {
  /**
   * What the others serve, or `offer` when none serves yet. Resolves with `offer` when nobody
   * answers; never rejects.
   */
  agree(offer: Offer | undefined): Promise<Offer | undefined>;
  /** Says what this process serves from now on. */
  serves(offer: Offer): void;
}

/** What an app begins with. */
export interface First {
  readonly model?: CtrModel;
  /** The features that routes must be for, also while there is no model; any if left out. */
  readonly schema?: RecordSchema;
}

/** Where the first model comes from. */
export interface FirstSource {
  readonly registry: Registry;
  readonly loader: ModelLoader;
  /** Undefined for a process that serves alone. */
  readonly agreement?: Agreement;
}

/**
 * Finds the model that a process begins with:
 *
 * ```
 * what its colleagues serve ─▶ what the pointer names ─▶ what it named before ─▶ none: 503
 *        its features are those of all that follow
 * ```
 * @param given the model to begin with, if colleagues serve no other
 */
export async function findFirst(
  source: FirstSource,
  logger: Logger,
  given?: CtrModel,
): Promise<First> {
  const own = given ?? (await byPointer(source, logger));
  const offer = own && { version: own.version, schema: own.schema };
  const agreed = await source.agreement?.agree(offer);
  if (agreed === undefined || agreed.version === own?.version) return { model: own };
  const { version, schema } = agreed;
  logger.info({ model_version: version }, 'colleagues serve another model than the pointer names');
  const same = await tryLoad(source, version, logger, schema);
  if (same !== undefined) return { model: same, schema };
  if (own !== undefined && schemaMismatch(schema, own.schema) === undefined) {
    return { model: own, schema };
  }
  return { model: await earlier(source, logger, schema), schema };
}

/** What the pointer names, or named before if that cannot be loaded. */
async function byPointer(source: FirstSource, logger: Logger): Promise<CtrModel | undefined> {
  try {
    const version = await source.registry.current();
    if (version === undefined) {
      logger.warn('no model in the registry yet: predictions answer 503 until one is trained');
      return undefined;
    }
    const current = await tryLoad(source, version, logger);
    // The card of a broken model may still tell which features it has.
    return current ?? (await earlier(source, logger, await cardSchema(source, version)));
  } catch (err) {
    logger.error({ err }, 'the registry cannot be read: predictions answer 503 until it can be');
    return undefined;
  }
}

/** The latest version that the pointer remembers and that can be loaded. */
async function earlier(
  source: FirstSource,
  logger: Logger,
  schema: RecordSchema | undefined,
): Promise<CtrModel | undefined> {
  const [, ...before] = await source.registry.history().catch(() => []);
  for (const version of before) {
    const model = await tryLoad(source, version, logger, schema);
    if (model === undefined) continue;
    logger.warn({ model_version: version }, 'the version that served before serves instead');
    return model;
  }
  return undefined;
}

async function tryLoad(
  { loader }: FirstSource,
  version: string,
  logger: Logger,
  schema?: RecordSchema,
): Promise<CtrModel | undefined> {
  try {
    return await loader.load(version, schema);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.error({ refused_version: version, reason }, 'model refused at the start');
    return undefined;
  }
}

async function cardSchema(
  { registry }: FirstSource,
  version: string,
): Promise<RecordSchema | undefined> {
  try {
    return (await registry.card(version)).schema;
  } catch {
    return undefined;
  }
}
