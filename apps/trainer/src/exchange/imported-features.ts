import { readFile } from 'node:fs/promises';
import type { Registry } from '@adscale/ctr';
import { checkSchema, ForestError, type Schema } from '@adscale/forest';
import { InputError } from '../cli/exit.js';
import { readMappingFile } from '../mapping/file.js';
import { featureOf, type Mapping } from '../mapping/mapping.js';

/** Where the features of a model that came from elsewhere are told. */
export interface FeatureFlags {
  /** A version with the same features. */
  readonly like?: string;
  /** A JSON file with a schema. */
  readonly schema?: string;
  /** A mapping file. */
  readonly mapping?: string;
}

/** What a model's inputs are, in its order; undefined: as its file says. */
export interface ImportedFeatures {
  readonly schema?: Schema;
  /** How they are taken from data, if that is told. */
  readonly mapping?: Mapping;
}

/**
 * Names and kinds of a model's inputs, from a version, a schema or a mapping.
 * @throws InputError if there are two of these, or what there is tells no features
 */
export async function importedFeatures(
  registry: Registry,
  { like, schema, mapping }: FeatureFlags,
): Promise<ImportedFeatures> {
  const told = Object.entries({ like, schema, mapping }).filter(([, flag]) => flag !== undefined);
  if (told.length > 1) {
    const names = told.map(([name]) => `--${name}`).join(' and ');
    throw new InputError(`got ${names}, wanted one of them: each tells the features`);
  }
  if (like !== undefined) {
    const card = await registry.card(await registry.resolve(like));
    return { schema: card.schema, mapping: card.mapping as Mapping | undefined };
  }
  if (schema !== undefined) return { schema: await readSchemaFile(schema) };
  if (mapping === undefined) return {};
  const read = await readMappingFile(mapping);
  const features = Object.entries(read.features).map(([name, feature]) => {
    if (feature.kind !== 'categorical' || feature.categories !== undefined) {
      return featureOf(name, feature);
    }
    throw new InputError(
      `${mapping}: features.${name}.categories: got nothing, wanted the words in the model's order`,
    );
  });
  return { schema: { features }, mapping: read };
}

async function readSchemaFile(path: string): Promise<Schema> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new InputError(`${path}: there is no such schema file`, { cause });
  }
  try {
    return checkSchema(JSON.parse(text) as Schema);
  } catch (cause) {
    if (!(cause instanceof ForestError || cause instanceof SyntaxError)) throw cause;
    const wanted = 'wanted JSON such as {"features": [{"name": "budget", "kind": "numeric"}]}';
    throw new InputError(`${path}: ${cause.message}; ${wanted}`, { cause });
  }
}
