#!/usr/bin/env node
import { CtrError } from '@adscale/ctr';
import { DatagenError } from '@adscale/datagen';
import { ForestError } from '@adscale/forest';
import { CommanderError, type Command } from 'commander';
import { exitCodes, InputError } from './exit.js';
import { buildProgram } from './program.js';

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());

/** Commander's own refusals leave with status 2 like every other bad input. */
function neverExit(command: Command): Command {
  command.exitOverride();
  command.commands.forEach(neverExit);
  return command;
}

function statusOf(error: unknown): number {
  if (interrupt.signal.aborted) return exitCodes.interrupted;
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
  }
  const mendable =
    error instanceof InputError ||
    error instanceof DatagenError ||
    (error instanceof CtrError && error.code === 'TABLE_INVALID') ||
    (error instanceof ForestError && error.code === 'OPTION_INVALID');
  console.error(mendable ? `adscale: ${error.message}` : error);
  return mendable ? exitCodes.badInput : exitCodes.failed;
}

try {
  await neverExit(buildProgram(interrupt.signal)).parseAsync();
} catch (error) {
  process.exitCode = statusOf(error);
}
