import { readFileSync } from 'node:fs';
import type { RecordFeature, RecordSchema } from '@adscale/ctr';
import type { ServedModel, Serving } from '../model/served-model.js';
import { isText } from '../model/share.js';
import { ProblemError } from '../problem/problem.js';

/** Name of the output tensor. */
export const OUTPUT = 'predicted_ctr';

/** A tensor as the protocol describes it; −1 is a dimension of any size. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** What `GET /v2` answers. */
export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** What `GET /v2/models/{name}` answers. */
export interface ModelMetadata {
  readonly name: string;
  /** The versions that may be asked for by name. */
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

export const serverMetadata: ServerMetadata = {
  name: 'adscale',
  version,
  extensions: ['binary_tensor_data'],
};

/** Describes a model of this schema: one input for each feature. */
export function modelMetadata(
  name: string,
  { features }: RecordSchema,
  versions: readonly string[],
): ModelMetadata {
  return {
    name,
    versions,
    platform: 'adscale_forest',
    inputs: features.map((feature) => ({
      name: feature.name,
      datatype: datatypeOf(feature),
      shape: [-1],
    })),
    outputs: [{ name: OUTPUT, datatype: 'FP64', shape: [-1] }],
  };
}

function datatypeOf(feature: RecordFeature): string {
  if (isWritten(feature)) return 'BYTES';
  return feature.kind === 'numeric' ? 'FP64' : 'INT64';
}

/** Whether records have a text there: a category, or a word that is no whole number. */
export function isWritten(feature: RecordFeature): boolean {
  return feature.kind === 'categorical' || isText(feature);
}

/** The parameters of an address that names the model. */
export interface ModelAddress {
  readonly name: string;
  readonly version?: string;
}

/** @throws ProblemError NOT_FOUND if the service's model has another name */
export function checkName({ name }: ModelAddress, modelName: string): void {
  if (name === modelName) return;
  throw new ProblemError('NOT_FOUND', {
    detail: `There is no model of this name, but ${modelName}.`,
  });
}

/**
 * Finds the model at an address: the current one, or if a version is named, that or the canary.
 * @throws ProblemError NOT_FOUND, MODEL_NOT_LOADED
 */
export function servingOf(served: ServedModel, address: ModelAddress, modelName: string): Serving {
  checkName(address, modelName);
  const { version } = address;
  const serving = version === undefined ? served.current : served.find(version);
  if (serving !== undefined) return serving;
  if (version === undefined) throw new ProblemError('MODEL_NOT_LOADED');
  const current = served.current?.model.version ?? 'none';
  const detail = `This version of ${modelName} is not loaded; the current one is ${current}.`;
  throw new ProblemError('NOT_FOUND', { detail });
}
