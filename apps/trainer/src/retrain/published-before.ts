/*
 * What an earlier run has published from the same rows: where its trial could not be started, the next run
 * tries it again instead of training the same once more.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  CtrError,
  fingerprintOf,
  type CtrTable,
  type ModelCard,
  type Registry,
  type TrainingRecipe,
} from '@adscale/ctr';
import { ServiceError, type Service } from '../service/ask.js';

/** What a model is made from. */
export interface Making {
  /** The version that it is to follow. */
  readonly current: string;
  readonly table: CtrTable;
  readonly recipe: TrainingRecipe;
}

/**
 * The latest version, newer than the current one, that was made from the same rows by the same recipe,
 * outcomes and held-out days among it; undefined if there is none.
 */
export async function publishedBefore(
  registry: Registry,
  { current, table, recipe }: Making,
): Promise<string | undefined> {
  const versions = await registry.versions();
  const newer = versions.slice(versions.indexOf(current) + 1).toReversed();
  if (newer.length === 0) return undefined;
  const fingerprint = fingerprintOf(table);
  // As a card has it: without what is undefined.
  const written: unknown = JSON.parse(JSON.stringify(recipe));
  for (const version of newer) {
    const card = await readableCard(registry, version);
    const isSame =
      card?.data_fingerprint === fingerprint && isDeepStrictEqual(card.recipe, written);
    if (isSame) return version;
  }
  return undefined;
}

/** A version that cannot be read, or is being deleted, was not made here or is of no use. */
async function readableCard(registry: Registry, version: string): Promise<ModelCard | undefined> {
  try {
    return await registry.card(version);
  } catch (error) {
    if (error instanceof CtrError && /^VERSION_/.test(error.code)) return undefined;
    throw error;
  }
}

/**
 * Whether the gate, or an operator, has turned a version down.
 * @throws as `Service.get`
 */
export async function wasAborted(service: Service, version: string): Promise<boolean> {
  try {
    const path = `/models/${encodeURIComponent(version)}/trial`;
    const { status } = await service.get<{ status: string }>(path);
    return status === 'aborting' || status === 'aborted';
  } catch (error) {
    // It was never on a gated trial, or nothing is told of trials here.
    if (error instanceof ServiceError && [404, 409].includes(error.status)) return false;
    throw error;
  }
}
