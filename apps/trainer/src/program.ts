import { Command } from 'commander';
import { evaluateCommand } from './commands/evaluate.js';
import { exportCommand } from './commands/export.js';
import { decideCommand } from './commands/decide.js';
import { generateCommand } from './commands/generate.js';
import { importCommand } from './commands/import.js';
import { inspectCommand } from './commands/inspect.js';
import { modelsCommand } from './commands/models.js';
import { predictCommand } from './commands/predict.js';
import { trainCommand } from './commands/train.js';
import { exitHelp } from './cli/exit.js';

/** The command line. `signal` is Ctrl-C. */
export function buildProgram(signal: AbortSignal): Command {
  return new Command('adscale')
    .description('Trains AdScale models on campaign data and generates practice data.')
    .addCommand(trainCommand(signal))
    .addCommand(inspectCommand(signal))
    .addCommand(evaluateCommand(signal))
    .addCommand(predictCommand(signal))
    .addCommand(modelsCommand(signal))
    .addCommand(exportCommand(signal))
    .addCommand(importCommand(signal))
    .addCommand(generateCommand(signal))
    .addCommand(decideCommand())
    .addHelpText('after', `\n${exitHelp}`);
}
