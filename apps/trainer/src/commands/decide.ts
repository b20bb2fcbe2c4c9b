import { Argument, Command, Option } from 'commander';
import { decisionNames, type DecisionName } from '../decide/decisions.js';
import { runDecide, type DecideFlags } from '../decide/decide.js';
import { exitHelp } from '../cli/exit.js';
import { registryFlag } from '../cli/flags.js';

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** `adscale decide`: what the service's decisions answer, on files. */
export function decideCommand(): Command {
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
    .action((name: DecisionName, file: string, flags: DecideFlags) => runDecide(name, file, flags));
}

const decideHelp = `
In a CSV, columns named like features make the record, cpc or cpm the cost, the rest are fields of
the entry: rank takes candidates, forecast a schedule, allocate cells, opportunities placements.

Examples
  adscale decide rank candidates.csv --set floor_ecpm=5
  adscale decide allocate cells.csv --set budget=2000 --set currency=EUR
  echo '{"a": {…}, "b": {…}}' | adscale decide compare -

${exitHelp}`;
