import { writeFile } from 'node:fs/promises';
import { Registry, type RecordSchema } from '@adscale/ctr';
import { ForestError } from '@adscale/forest';
import { toOnnx } from '@adscale/forest/onnx';
import { Argument, Command } from 'commander';
import { exitHelp, InputError } from '../cli/exit.js';
import { jsonFlag } from '../cli/flags.js';
import { Reporter } from '../cli/reporter.js';
import { writeWhole } from '../cli/temporary.js';
import { modelsFlag, versionHelp, type ModelsFlags } from '../score/stored-model.js';
import { recordFields } from './record-fields.js';

/** `adscale export`: stored models for other programs. */
export function exportCommand(signal: AbortSignal): Command {
  const onnx = new Command('onnx')
    .description('Write a stored model as ONNX.')
    .addArgument(new Argument('[version]').default('current'))
    .requiredOption('-o, --output <file>', 'such as model.onnx')
    .addOption(modelsFlag())
    .addOption(jsonFlag())
    .addHelpText('after', onnxHelp)
    .action((version: string, flags: ExportFlags) => runExportOnnx(version, flags, signal));
  return new Command('export')
    .description('Write a stored model for other programs.')
    .addCommand(onnx)
    .addHelpText('after', `\n${exitHelp}`);
}

const onnxHelp = `
Input "rows": double, [N, features], in the order of the schema, a category by its place in the
list, NaN for missing. A model with words has an input for each feature instead, [N, 1], named as it:
strings for words and categories, '' for missing; doubles for numbers and ids, NaN for missing. What it
knows of words is in the file. Output "prediction": float32, [N, 1], not clamped. The file tells the
columns of its trees under the key "adscale.forest.schema" of its metadata. Intervals and the card stay
behind.

${versionHelp}

${exitHelp}`;

/** The one input of a model without words. */
function columnsOfRows({ features }: RecordSchema): string {
  const columns = features.map((feature) =>
    feature.kind === 'categorical'
      ? `${feature.name} (${feature.categories.map((word, place) => `${word} ${place}`).join(', ')})`
      : feature.name,
  );
  return `inputs in order: ${columns.join(', ')}`;
}

/** An input each of a model with words. */
function inputsOfRecords({ features }: RecordSchema): string {
  const inputs = features.map((feature) => {
    const isText =
      feature.kind === 'categorical' || (feature.kind === 'word' && feature.whole !== true);
    return `${feature.name} (${isText ? 'string' : 'double'})`;
  });
  return `inputs, each [N, 1]: ${inputs.join(', ')}`;
}

interface ExportFlags extends ModelsFlags {
  readonly output: string;
}

/** Writes a stored model as ONNX. */
async function runExportOnnx(
  name: string,
  { models, output, json }: ExportFlags,
  signal: AbortSignal,
): Promise<void> {
  if (/^s3:/i.test(output)) {
    const wanted = 'a path of a file here; copy it into the bucket from there';
    const got = output.includes('@') ? 'an address with an @' : output;
    throw new InputError(`--output is an address of a bucket, got ${got}, wanted ${wanted}`);
  }
  const registry = new Registry(models);
  const version = await registry.resolve(name);
  const { forest, schema, words } = await registry.load(version);
  let bytes: Uint8Array;
  try {
    bytes = toOnnx(forest, words && { record: recordFields(words) });
  } catch (cause) {
    if (!(cause instanceof ForestError || cause instanceof InputError)) throw cause;
    throw new InputError(`${version}: ${cause.message}`, { cause });
  }
  await writeWhole(output, signal, (temporary) => writeFile(temporary, bytes, { flush: true }));
  const inputs = words === undefined ? columnsOfRows(schema) : inputsOfRecords(schema);
  const text = `${output}: ${version}, ${bytes.length.toLocaleString('en')} bytes\n${inputs}`;
  new Reporter(json).result(text, { version, output, bytes: bytes.length, schema });
}
