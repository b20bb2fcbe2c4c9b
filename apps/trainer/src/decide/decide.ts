import { Registry, type CtrModel } from '@adscale/ctr';
import { DecisionError } from '@adscale/decisions';
import { Argument, Command, Option } from 'commander';
import { exitHelp, InputError } from '../cli/exit.js';
import { registryFlag } from '../cli/flags.js';
import { visible } from '../cli/visible.js';
import { answerText } from './answer-text.js';
import {
  decisionNames,
  decisions,
  readRequest,
  type Decision,
  type DecisionName,
} from './request-file.js';

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** `adscale decide`: what the service's decisions answer, on files. */
export function decideCommand(signal: AbortSignal): Command {
  return new Command('decide')
    .description('Rank, forecast, compare, allocate, find opportunities or draw a curve.')
    .addArgument(new Argument('<decision>', 'what to decide').choices(decisionNames))
    .addArgument(
      new Argument('<file>', 'request as JSON (- for standard input), or its list as CSV'),
    )
    .addOption(registryFlag())
    .option('--model-version <version>', 'a version of the model; the current one if absent')
    .addOption(
      new Option('--set <name=value>', 'a field of the request, such as budget=1000; repeatable')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--json', 'the whole answer as one JSON document')
    .addHelpText('after', decideHelp)
    .action((name: DecisionName, file: string, flags: DecideFlags) =>
      runDecide(name, file, flags, signal),
    );
}

const decideHelp = `
In a CSV, columns named like features make the record, cpc or cpm the cost, the rest are fields of
the entry: rank takes candidates, forecast a schedule, allocate cells, opportunities placements.

Examples
  adscale decide rank candidates.csv --set floor_ecpm=5
  adscale decide allocate cells.csv --set budget=2000 --set currency=EUR
  echo '{"a": {…}, "b": {…}}' | adscale decide compare -

${exitHelp}`;

interface DecideFlags {
  /** The registry's folder. */
  readonly output: string;
  /** A version of the model; the current one if absent. */
  readonly modelVersion?: string;
  readonly set: readonly string[];
  readonly json?: boolean;
}

/** Decides on a file's request with a model of the registry, and prints the answer. */
async function runDecide(
  name: DecisionName,
  file: string,
  flags: DecideFlags,
  signal: AbortSignal,
): Promise<void> {
  const decision: Decision = decisions[name];
  const model = await new Registry(flags.output).load(flags.modelVersion);
  const request = await readRequest(decision, model.schema, file, { settings: flags.set, signal });
  const answer = await answerOf(decision, model, request);
  console.log(visible(flags.json ? JSON.stringify(answer, null, 2) : answerText(answer)));
}

/** @throws InputError if the request is refused */
async function answerOf({ decide }: Decision, model: CtrModel, request: unknown): Promise<object> {
  try {
    return await decide(model, request);
  } catch (cause) {
    if (!(cause instanceof DecisionError) || cause.code === 'SOLVER_FAILED') throw cause;
    throw new InputError(cause.message, { cause });
  }
}
