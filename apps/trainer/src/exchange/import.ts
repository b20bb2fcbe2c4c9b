import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import {
  CtrModel,
  evaluate,
  Registry,
  type ModelCard,
  type RecordSchema,
  type StoredCard,
} from '@adscale/ctr';
import {
  checkSchema,
  ForestError,
  fromXgboost,
  writeModel,
  type Forest,
  type Schema,
} from '@adscale/forest';
import { fromOnnx } from '@adscale/forest/onnx';
import { Command } from 'commander';
import { exitHelp, InputError } from '../cli/exit.js';
import { countFlag, jsonFlag } from '../cli/flags.js';
import { Reporter } from '../cli/reporter.js';
import { readMappingFile } from '../mapping/file.js';
import { featureOf, type Mapping } from '../mapping/mapping.js';
import { readJudgingTable } from '../score/evaluate.js';
import { modelsFlag, type ModelsFlags } from '../score/stored-model.js';
import { reportEvaluation } from '../score/summary.js';

/** `adscale import`: models of other programs. */
export function importCommand(signal: AbortSignal): Command {
  const command = new Command('import')
    .description('Make a version of a model of another program.')
    .addHelpText('after', `\n${exitHelp}`);
  for (const name of Object.keys(formats) as Format[]) {
    command.addCommand(formatCommand(name, signal));
  }
  return command;
}

/** What files of models are known, and how each is read. */
const formats = {
  onnx: {
    description:
      'Make a version of an ONNX file: a tree, forest or boosted trees that give a CTR, or the chance of a click.',
    unnamed: 'what the file says, if "adscale export" wrote it, else numbers x0, x1, …',
    read: fromOnnx,
  },
  xgboost: {
    description: 'Make a version of what XGBoost\'s save_model("model.json") wrote.',
    unnamed: 'numbers of the names in the file, else x0, x1, …',
    read: (bytes: Uint8Array, options?: { schema: Schema }): Forest =>
      fromXgboost(JSON.parse(new TextDecoder().decode(bytes)), options),
  },
} as const;
type Format = keyof typeof formats;

function formatCommand(format: Format, signal: AbortSignal): Command {
  const { description, unnamed } = formats[format];
  return new Command(format)
    .description(description)
    .argument('<file>')
    .option('--like <version>', 'its inputs are the features of this version, in their order')
    .option('--schema <file>', 'JSON that names its inputs: {"features": [{"name", "kind"}, …]}')
    .option('--mapping <file>', 'a mapping that names its inputs, in their order, and the columns')
    .option('--data <file...>', 'data with known clicks to judge it by')
    .option('--promote', 'make it the current version')
    .addOption(countFlag('threads', 'threads to read on', availableParallelism()))
    .addOption(modelsFlag())
    .addOption(jsonFlag())
    .addHelpText('after', importHelp(unnamed))
    .action((file: string, flags: ImportFlags) => runImport(format, file, flags, signal));
}

const importHelp = (unnamed: string): string => `
Without --like, --schema and --mapping the inputs are ${unnamed}.
Boosted models come with their link: what they predict is a CTR, not its log-odds. The model has no
training ranges and no intervals; it is stored, and serves when it is promoted. A model that takes words
cannot come back: of those, a file tells only the columns of its trees.

${exitHelp}`;

interface ImportFlags extends ModelsFlags, FeatureFlags {
  /** Files to judge the model by. */
  readonly data?: readonly string[];
  readonly promote?: boolean;
  readonly threads: number;
}

/** A card of a model that came from elsewhere. */
interface ImportedCard extends StoredCard {
  readonly origin: {
    readonly format: Format;
    readonly file: string;
    /** `sha256:…` of the file. */
    readonly digest: string;
  };
}

/** Makes a version of a file, judged by data if there is some. */
async function runImport(
  format: Format,
  file: string,
  flags: ImportFlags,
  signal: AbortSignal,
): Promise<void> {
  const reporter = new Reporter(flags.json);
  const registry = new Registry(flags.models, { signal });
  const bytes = await readModelFile(file);
  const { schema, mapping } = await importedFeatures(registry, flags);
  const forest = readForest(format, bytes, file, schema);
  const { reach } = forest;
  if (!(reach.most > 0 && reach.least < 1)) {
    throw new InputError(
      `${file}: it predicts from ${reach.least} to ${reach.most}, wanted CTRs, from 0 to 1`,
    );
  }
  if (reach.least < 0 || reach.most > 1) {
    reporter.note(
      `it may predict ${reach.least} to ${reach.most}: answers are kept within 0 and 1`,
    );
  }
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const card = cardOf(forest, { format, file, digest }, mapping);
  const model = CtrModel.load(writeModel(forest), card as ImportedCard & ModelCard);
  await registry.checkWritable();
  const judged = flags.data && (await judge(model, flags, reporter, signal));
  signal.throwIfAborted();
  const promote = flags.promote ?? false;
  const full = judged === undefined ? card : { ...card, held_out: judged };
  const version = await registry.publish(writeModel(forest), full, { promote });
  const features = forest.schema.features.map(({ name, kind }) => `${name} (${kind})`).join(', ');
  const lines = [
    `imported         ${file}: ${forest.trees.length} trees of ${features}`,
    ...(judged === undefined ? [] : [reportEvaluation(judged)]),
    promote
      ? `now current: ${version}`
      : `stored: ${version}; serve it by: adscale models promote ${version}`,
  ];
  reporter.result(lines.join('\n'), { version, promoted: promote, card: full });
}

async function readModelFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new InputError(`${file}: there is no such file`, { cause });
  }
}

function readForest(
  format: Format,
  bytes: Uint8Array,
  file: string,
  schema: Schema | undefined,
): Forest {
  try {
    return formats[format].read(bytes, schema && { schema });
  } catch (cause) {
    if (!(cause instanceof ForestError || cause instanceof SyntaxError)) throw cause;
    throw new InputError(`${file}: ${cause.message}`, { cause });
  }
}

/** Nothing is known of the training: no rows, no ranges, no metrics. */
function cardOf(
  { schema, parameters }: Forest,
  origin: ImportedCard['origin'],
  mapping: Mapping | undefined,
): ImportedCard {
  return {
    created_at: new Date().toISOString(),
    source: `imported: ${origin.file}`,
    origin,
    ...(mapping !== undefined && { mapping }),
    schema,
    parameters,
    training: { rows: 0, impressions: 0, clicks: 0, ranges: {} },
  };
}

async function judge(
  model: CtrModel,
  { data, threads }: ImportFlags,
  reporter: Reporter,
  signal: AbortSignal,
) {
  const flags = { input: data, threads, where: [], derive: {} };
  const { table } = await readJudgingTable(model, flags, reporter, signal);
  return evaluate(model.forest, table);
}

/** Where the features of a model that came from elsewhere are told. */
interface FeatureFlags {
  /** A version with the same features. */
  readonly like?: string;
  /** A JSON file with a schema. */
  readonly schema?: string;
  /** A mapping file. */
  readonly mapping?: string;
}

/** What a model's inputs are, in its order; undefined: as its file says. */
interface ImportedFeatures {
  readonly schema?: Schema;
  /** How they are taken from data, if that is told. */
  readonly mapping?: Mapping;
}

/**
 * Names and kinds of a model's inputs, from a version, a schema or a mapping.
 * @throws InputError if there are two of these, or what there is tells no features
 */
async function importedFeatures(
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
    const schema = plainSchema(card.schema, `the features of ${like}`);
    return { schema, mapping: card.mapping as Mapping | undefined };
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
  return { schema: plainSchema({ features }, mapping), mapping: read };
}

/**
 * Features that a file's numbers can be: what words stand for, no such file tells.
 * @throws InputError if some are words
 */
function plainSchema(schema: RecordSchema, told: string): Schema {
  const word = schema.features.find(({ kind }) => kind === 'word');
  if (word === undefined) return schema as Schema;
  throw new InputError(
    `${told}: ${word.name} is of kind word, wanted numeric, integer or categorical: a file of trees does not tell what its numbers say of words`,
  );
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
