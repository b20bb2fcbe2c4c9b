import { CtrError } from '@adscale/ctr';
import { DatagenError } from '@adscale/datagen';
import { DecisionError } from '@adscale/decisions';
import { ForestError } from '@adscale/forest';
import { CommanderError, type Command } from 'commander';
import { exitCodes, InputError, RefusedError } from './cli/exit.js';
import { buildProgram } from './program.js';

/**
 * Runs the command line; errors are told on standard error.
 * @param signal Ctrl-C
 * @returns the exit status
 */
export async function runProgram(signal: AbortSignal): Promise<number> {
  // Who reads only the first lines, as `head` does, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    await neverExit(buildProgram(signal)).parseAsync();
    return exitCodes.done;
  } catch (error) {
    return signal.aborted ? exitCodes.interrupted : statusOf(error);
  }
}

/** Commander's own refusals leave with status 2 like every other bad input. */
function neverExit(command: Command): Command {
  command.exitOverride();
  command.commands.forEach(neverExit);
  return command;
}

function statusOf(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
  }
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return exitCodes.done;
  if (!isMendable(error)) {
    console.error(error);
    return exitCodes.failed;
  }
  const asJson = process.argv.includes('--json');
  console.error(asJson ? JSON.stringify({ error: error.message }) : `adscale: ${error.message}`);
  return isRefusal(error) ? exitCodes.failed : exitCodes.badInput;
}

/** All is well with flags and data, but it was not done. */
function isRefusal(error: Error): boolean {
  return error instanceof RefusedError || (error as Partial<CtrError>).code === 'REGISTRY_BUSY';
}

/** What the user can mend is told without a stack. */
function isMendable(error: unknown): error is Error {
  return (
    error instanceof InputError ||
    error instanceof RefusedError ||
    error instanceof DatagenError ||
    (error instanceof DecisionError && error.code !== 'SOLVER_FAILED') ||
    (error instanceof CtrError && error.code !== 'SCHEMA_UNSUPPORTED') ||
    (error instanceof ForestError && error.code === 'OPTION_INVALID')
  );
}
