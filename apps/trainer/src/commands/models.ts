import { availableParallelism } from 'node:os';
import { Registry } from '@adscale/ctr';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { exitHelp } from '../cli/exit.js';
import { countFlag, jsonFlag, wholeNumber } from '../cli/flags.js';
import { runDiff } from '../models/diff.js';
import { modelsFlag, versionHelp, type ModelsFlags } from '../score/model-flags.js';
import { runList } from '../models/list.js';
import { runPromote, runPrune, runRollback, runTag } from '../models/pointer.js';
import { promoteIfBetter, reportPromotion } from '../models/promote-if-better.js';
import { runShow } from '../models/show.js';
import { Reporter } from '../cli/reporter.js';

/** `adscale models`: the models on disk, and which of them serves. */
export function modelsCommand(signal: AbortSignal): Command {
  return new Command('models')
    .description('List, compare, promote, roll back, tag and prune the models on disk.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(diffCommand())
    .addCommand(promoteCommand(signal))
    .addCommand(rollbackCommand())
    .addCommand(tagCommand())
    .addCommand(pruneCommand())
    .addHelpText('after', `\n${versionHelp}\n\n${exitHelp}`);
}

function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(modelsFlag())
    .addOption(jsonFlag())
    .addHelpText('after', `\n${versionHelp}\n\n${exitHelp}`);
}

const versionArgument = (): Argument => new Argument('[version]').default('current');

function listCommand(): Command {
  return command('list', 'All versions, newest first, and what each is for.').action(
    ({ models, json }: ModelsFlags) => runList(new Registry(models), json),
  );
}

function showCommand(): Command {
  return command('show', 'All that is known of a version: data, parameters, metrics.')
    .addArgument(versionArgument())
    .action((version: string, { models, json }: ModelsFlags) =>
      runShow(new Registry(models), version, json),
    );
}

function diffCommand(): Command {
  return command('diff', 'In what two versions differ, and the metrics of both.')
    .argument('<a>')
    .argument('[b]', 'another version', 'current')
    .action((a: string, b: string, { models, json }: ModelsFlags) =>
      runDiff(new Registry(models), [a, b], json),
    );
}

interface PromoteFlags extends ModelsFlags {
  readonly ifBetter?: boolean;
  readonly data?: readonly string[];
  readonly memoryLimit?: string;
  readonly temp?: string;
  readonly threads: number;
}

function promoteCommand(signal: AbortSignal): Command {
  return command('promote', 'Make a version the current one.')
    .argument('<version>')
    .option('--if-better', 'only if it is better than the current one, beyond chance')
    .addOption(
      new Option(
        '--data <file...>',
        'rows to compare on; default: those held out when the version was trained',
      ),
    )
    .option('--memory-limit <size>', 'memory to read with, as 2GB; default half of the machine')
    .option('--temp <folder>', 'for what does not fit in memory; default the system folder')
    .addOption(countFlag('threads', 'threads to read on', availableParallelism()))
    .addHelpText('after', ifBetterHelp)
    .action(async (name: string, flags: PromoteFlags) => {
      const registry = new Registry(flags.models);
      if (!flags.ifBetter && flags.data === undefined)
        return runPromote(registry, name, flags.json);
      const version = await registry.resolve(name);
      const promotion = await promoteIfBetter(registry, version, flags, signal);
      reportPromotion(promotion, new Reporter(flags.json));
    });
}

const ifBetterHelp = `
Better: the normalised entropy of the version less that of the current one is below 0, by the whole
of its interval (paired bootstrap, 95 %) on the same rows. Refused otherwise, with exit status 1.
--data asks for --if-better.`;

function rollbackCommand(): Command {
  return command(
    'rollback',
    'Go back to the version that served before; again, further back.',
  ).action(({ models, json }: ModelsFlags) => runRollback(new Registry(models), json));
}

function tagCommand(): Command {
  return command('tag', 'Give a version a name of your own, which also keeps it from being pruned.')
    .argument('<tag>')
    .addArgument(versionArgument())
    .option('--remove', 'forget the tag')
    .action((tag: string, name: string, flags: ModelsFlags & { readonly remove?: boolean }) =>
      runTag(new Registry(flags.models), tag, { ...flags, name }),
    );
}

function pruneCommand(): Command {
  return command(
    'prune',
    'Remove old versions, but for those that serve, served lately, are tagged or on trial.',
  )
    .addOption(
      new Option('--keep <n>', 'newest versions that stay in any case')
        .argParser(keepCount)
        .makeOptionMandatory(),
    )
    .option('--dry-run', 'only tell what would be removed')
    .action((flags: ModelsFlags & { readonly keep: number; readonly dryRun?: boolean }) =>
      runPrune(new Registry(flags.models), flags),
    );
}

function keepCount(text: string): number {
  const value = wholeNumber(text);
  if (value < 0) throw new InvalidArgumentError('wanted 0 or more.');
  return value;
}
