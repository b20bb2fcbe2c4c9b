import { Argument, Command } from 'commander';
import { runExportOnnx, type ExportFlags } from '../exchange/export.js';
import { exitHelp } from '../cli/exit.js';
import { jsonFlag } from '../cli/flags.js';
import { modelsFlag, versionHelp } from '../score/model-flags.js';

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
list, NaN for missing. Output "prediction": float32, [N, 1], not clamped. The file tells the schema
under the key "adscale.forest.schema" of its metadata. Intervals and the card stay behind.

${versionHelp}

${exitHelp}`;
