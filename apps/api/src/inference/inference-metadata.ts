import { readFileSync } from 'node:fs';
import type { Feature, Schema } from '@adscale/forest';

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
  /** Those that may be asked for by name. */
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

export const serverMetadata: ServerMetadata = { name: 'adscale', version, extensions: [] };

/** A model of this schema, described: an input a feature. */
export function modelMetadata(
  name: string,
  { features }: Schema,
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

function datatypeOf({ kind }: Feature): string {
  if (kind === 'categorical') return 'BYTES';
  return kind === 'integer' ? 'INT64' : 'FP64';
}
