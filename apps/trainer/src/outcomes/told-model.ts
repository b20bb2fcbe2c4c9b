import { Registry, type ModelCard } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import type { KnownModel } from '../score/stored-model.js';
import type { Service } from '../service/ask.js';

/** The model that records are written for. */
export interface ToldModel extends KnownModel {
  readonly version: string;
}

/** Which model, and where it is told of. */
export interface ModelWish {
  /** A version; the current one if absent. */
  readonly modelVersion?: string;
  /** A registry's folder; the service is asked if absent. */
  readonly models?: string;
}

/**
 * What a record of the current model, or of a version, is: from a registry, or from the service.
 * @throws InputError if its card does not tell; CtrError NO_MODEL, VERSION_UNKNOWN; as `Service.get`
 */
export async function toldModel(
  { models, modelVersion }: ModelWish,
  service: Service,
): Promise<ToldModel> {
  if (models !== undefined) {
    const { version, schema, card } = await new Registry(models).load(
      modelVersion === undefined ? undefined : await new Registry(models).resolve(modelVersion),
    );
    return { version, schema, card };
  }
  const version = modelVersion ?? (await servedVersion(service));
  const path = `/models/${encodeURIComponent(version)}`;
  const card = await service.get<Partial<ModelCard>>(path);
  if (card.schema === undefined) {
    throw new InputError(
      `${version}: its card does not tell its features; name the registry by --models`,
    );
  }
  return { version, schema: card.schema, card: card as ModelCard };
}

async function servedVersion(service: Service): Promise<string> {
  const { serving } = await service.get<{ serving: string | null }>('/models');
  if (serving !== null) return serving;
  throw new InputError(`${service.name}: no model is served; name a version by --model-version`);
}
