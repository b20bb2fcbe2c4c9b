import { CtrError, type CtrErrorCode } from '@adscale/ctr';
import { DatagenError } from '@adscale/datagen';
import { ForestError } from '@adscale/forest';
import { Command, CommanderError } from 'commander';
import { exitCodes, exitHelp, InputError, RefusedError } from './cli/exit.js';
import { visible } from './cli/visible.js';

type MakeCommand = (signal: AbortSignal) => Promise<Command>;

/** By name, in the order of the help. Each is read only when it is asked for: some take long. */
const commands: Readonly<Record<string, MakeCommand>> = {
  train: async (signal) => (await import('./train/train.js')).trainCommand(signal),
  inspect: async (signal) => (await import('./inspect/inspect.js')).inspectCommand(signal),
  evaluate: async (signal) => (await import('./score/evaluate.js')).evaluateCommand(signal),
  predict: async (signal) => (await import('./score/predict.js')).predictCommand(signal),
  models: async (signal) => (await import('./models/models.js')).modelsCommand(signal),
  export: async (signal) => (await import('./exchange/export.js')).exportCommand(signal),
  import: async (signal) => (await import('./exchange/import.js')).importCommand(signal),
  generate: async (signal) => (await import('./source/generate.js')).generateCommand(signal),
  outcomes: async (signal) => (await import('./outcomes/outcomes.js')).outcomesCommand(signal),
  retrain: async (signal) => (await import('./retrain/retrain.js')).retrainCommand(signal),
  replay: async (signal) => (await import('./replay/replay.js')).replayCommand(signal),
  monitor: async (signal) => (await import('./outcomes/monitor.js')).monitorCommand(signal),
  decide: async (signal) => (await import('./decide/decide.js')).decideCommand(signal),
};

/**
 * Runs a command line; errors are told on standard error.
 * @param args what follows the program's name
 * @param signal is aborted when the user stops the program
 * @returns the exit status
 */
export async function runCommand(args: readonly string[], signal: AbortSignal): Promise<number> {
  // A reader that takes only the first lines, as `head` does, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    const program = await buildProgram(args[0], signal);
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    return signal.aborted ? exitCodes.interrupted : tellError(error, args.includes('--json'));
  }
}

/** The command line with the command of this name, or with all where there is none such. */
async function buildProgram(name: string | undefined, signal: AbortSignal): Promise<Command> {
  const isKnown = name !== undefined && Object.hasOwn(commands, name);
  const program = new Command('adscale')
    .description('Trains AdScale models on campaign data and generates practice data.')
    .addHelpText('after', `\n${exitHelp}`);
  for (const wanted of isKnown ? [name] : Object.keys(commands)) {
    program.addCommand(await commands[wanted](signal));
  }
  return throwing(program);
}

/** Has Commander throw its refusals, so that they end like every other bad input. */
function throwing(command: Command): Command {
  command.exitOverride();
  command.commands.forEach(throwing);
  return command;
}

/** @returns the exit status */
function tellError(error: unknown, asJson: boolean): number {
  // Commander has told it already.
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
  }
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return exitCodes.done;
  if (!isMendable(error)) {
    console.error(error);
    return exitCodes.failed;
  }
  const { message } = error;
  console.error(visible(asJson ? JSON.stringify({ error: message }) : `adscale: ${message}`));
  return isRefusal(error) ? exitCodes.failed : exitCodes.badInput;
}

/** Flags and data are fine, but it could not be done now. */
function isRefusal(error: Error): boolean {
  return error instanceof RefusedError || NOT_NOW.includes((error as CtrError).code);
}

const NOT_NOW: readonly CtrErrorCode[] = [
  'REGISTRY_BUSY',
  'RETRAIN_UNDER_WAY',
  'STORE_UNREACHABLE',
];

/** Whether the user can mend it: such errors are told without a stack. */
function isMendable(error: unknown): error is Error {
  return (
    error instanceof InputError ||
    error instanceof RefusedError ||
    error instanceof DatagenError ||
    (error instanceof CtrError && error.code !== 'SCHEMA_UNSUPPORTED') ||
    (error instanceof ForestError && error.code === 'OPTION_INVALID')
  );
}
