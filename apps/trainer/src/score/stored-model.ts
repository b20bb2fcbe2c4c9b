import { existsSync } from 'node:fs';
import { CtrError, RecordContract, type CtrModel, type Registry } from '@adscale/ctr';
import { Option } from 'commander';
import { InputError } from '../cli/exit.js';
import { registryWords } from '../cli/flags.js';
import { columnsOf, mappingOf, type Mapping } from '../mapping/mapping.js';
import { renameColumns } from '../rows/columns.js';
import type { Database } from '../source/database.js';
import { openReadings } from '../source/open.js';
import { openSource, type Source, type SourceFlags } from '../source/source.js';

/** Flags of every command that looks up models. */
export interface ModelsFlags {
  readonly models: string;
  readonly json?: boolean;
}

/** `-m, --models <folder>`: where models are kept; what `train` calls its output. */
export function modelsFlag(): Option {
  return new Option('-m, --models <folder>', registryWords).env('MODEL_DIR').default('models');
}

/** How every command that takes a version says what may stand there. */
export const versionHelp =
  'A version is named in full, by a tag, or as "current" or "previous"; the current one if absent.';

/** Which model a command is about, and the arguments that remain. */
export interface Chosen {
  readonly version: string;
  readonly rest: readonly string[];
}

/**
 * Reads `[version] <file…>`: the first argument names a version if the registry knows it and no
 * file has that name; the current version is meant otherwise.
 * @throws CtrError NO_MODEL, VERSION_UNKNOWN
 */
export async function chooseVersion(registry: Registry, args: readonly string[]): Promise<Chosen> {
  const [first, ...others] = args;
  if (first !== undefined && !existsSync(first)) {
    try {
      return { version: await registry.resolve(first), rest: others };
    } catch (error) {
      // Then it is data, unless it could be nothing but a version.
      const isName = error instanceof CtrError && !/[./*?[\\]/.test(first);
      if (isName && others.length > 0) throw error;
    }
  }
  return { version: await registry.resolve('current'), rest: args };
}

/** What is to be known of a model to read rows for it. */
export type KnownModel = Pick<CtrModel, 'schema' | 'card'>;

/**
 * What columns mean to a stored model: as it was trained, or, where that is not known (generated
 * records, imported models), columns that are named as its features, `impressions` and `clicks`.
 * @param names of the data's columns: `true_ctr` is taken if it is there
 * @param given a mapping of other data: it names the columns, the model says what they must hold
 * @throws InputError if it lacks a feature of the model
 */
export function modelMapping(
  { schema, card }: KnownModel,
  names: readonly string[],
  given?: Mapping,
): Mapping {
  const trained = (card?.mapping as Mapping | undefined) ?? {
    impressions: 'impressions',
    clicks: 'clicks',
    ...(names.includes('true_ctr') && { true_ctr: 'true_ctr' }),
    features: Object.fromEntries(
      new RecordContract(schema, card?.training?.ranges).fields.map(({ feature, optional }) => [
        feature.name,
        { ...mappingOf(feature), ...(optional && { missing: true }) },
      ]),
    ),
  };
  if (given === undefined) return withAbsent(renameColumns(trained, names), names);
  const features = schema.features.map(({ name }) => {
    const feature = given.features[name];
    if (feature === undefined) {
      const got = Object.keys(given.features).join(', ');
      throw new InputError(`mapping: features: got ${got}; the model wants ${name} too`);
    }
    const { column, missing } = feature;
    const own = { ...trained.features[name], column };
    return [name, missing === undefined ? own : { ...own, missing }] as const;
  });
  const own = { ...given, features: Object.fromEntries(features) };
  return withAbsent(renameColumns(own, names), names);
}

/** Columns that the data lacks, of features that a record may lack: missing in every row, or held at a value. */
function withAbsent(mapping: Mapping, names: readonly string[]): Mapping {
  const { features, derived = {} } = mapping;
  const absent = Object.values(features)
    .filter(
      ({ column, missing, bias }) =>
        (missing || bias) && !names.includes(column) && !Object.hasOwn(derived, column),
    )
    .map(({ column }) => [column, 'NULL']);
  if (absent.length === 0) return mapping;
  return { ...mapping, derived: { ...derived, ...Object.fromEntries(absent) } };
}

/**
 * Opens data for a model. What its cells leave open, the data that the model was trained on decides.
 * @throws InputError with both readings if that does not, either
 */
export async function openForModel(
  database: Database,
  flags: SourceFlags,
  { card }: Pick<KnownModel, 'card'>,
): Promise<Source> {
  const trained = card?.mapping as Mapping | undefined;
  const { impressions, clicks } = trained ?? {};
  const source = await openSource(database, { impressions, clicks, ...flags });
  if (trained === undefined) return source;
  const names = source.columns.map(({ name }) => name);
  const wanted = columnsOf(renameColumns(trained, names));
  const usual: Pick<SourceFlags, 'decimal' | 'dates'> = {};
  for (const { text, flag } of openReadings(source, (column) => wanted.includes(column))) {
    const answer = trained[flag];
    if (answer === undefined) throw new InputError(`${source.name}: ${text}; say which`);
    Object.assign(usual, { [flag]: answer });
  }
  return Object.keys(usual).length === 0 ? source : openSource(database, { ...flags, ...usual });
}
