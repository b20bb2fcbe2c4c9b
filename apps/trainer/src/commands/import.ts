import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { runImportOnnx, type ImportFlags } from '../exchange/import.js';
import { exitHelp } from '../cli/exit.js';
import { countFlag, jsonFlag } from '../cli/flags.js';
import { modelsFlag } from '../score/model-flags.js';

/** `adscale import`: models of other programs. */
export function importCommand(signal: AbortSignal): Command {
  const onnx = new Command('onnx')
    .description(
      'Make a version of an ONNX file: a tree, forest or boosted trees that regress CTR.',
    )
    .argument('<file>')
    .option('--like <version>', 'its inputs are the features of this version, in their order')
    .option('--schema <file>', 'JSON that names its inputs: {"features": [{"name", "kind"}, …]}')
    .option('--mapping <file>', 'a mapping that names its inputs, in their order, and the columns')
    .option('--data <file...>', 'data with known clicks to judge it by')
    .option('--promote', 'make it the current version')
    .addOption(countFlag('threads', 'threads to read on', availableParallelism()))
    .addOption(modelsFlag())
    .addOption(jsonFlag())
    .addHelpText('after', onnxHelp)
    .action((file: string, flags: ImportFlags) => runImportOnnx(file, flags, signal));
  return new Command('import')
    .description('Make a version of a model of another program.')
    .addCommand(onnx)
    .addHelpText('after', `\n${exitHelp}`);
}

const onnxHelp = `
Without --like, --schema and --mapping the inputs are what the file says, if "adscale export" wrote
it, else numbers x0, x1, … The model has no training ranges and no intervals; it is stored, and
serves when it is promoted.

${exitHelp}`;
