import { availableParallelism } from 'node:os';
import { Registry } from '@adscale/ctr';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { exitHelp } from '../cli/exit.js';
import { countFlag, jsonFlag, wholeNumber } from '../cli/flags.js';
import { Reporter } from '../cli/reporter.js';
import { samplingFlag } from '../mapping/mapping-flags.js';
import { modelsFlag, versionHelp, type ModelsFlags } from '../score/stored-model.js';
import { promoteIfBetter, reportPromotion } from './comparison.js';
import { runDiff } from './diff.js';
import { runList, runShow } from './list.js';

/** `adscale models`: the models on disk, and which of them serves. */
export function modelsCommand(signal: AbortSignal): Command {
  return new Command('models')
    .description('List, compare, promote, roll back, tag and prune the models on disk.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(diffCommand())
    .addCommand(promoteCommand(signal))
    .addCommand(rollbackCommand(signal))
    .addCommand(tagCommand(signal))
    .addCommand(pruneCommand(signal))
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
    .addOption(samplingFlag())
    .option('--memory-limit <size>', 'memory to read with, as 2GB; default half of the machine')
    .option('--temp <folder>', 'for what does not fit in memory; default the system folder')
    .addOption(countFlag('threads', 'threads to read on', availableParallelism()))
    .addHelpText('after', ifBetterHelp)
    .action(async (name: string, flags: PromoteFlags) => {
      const registry = new Registry(flags.models, { signal });
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

function rollbackCommand(signal: AbortSignal): Command {
  return command(
    'rollback',
    'Go back to the version that served before; again, further back.',
  ).action(({ models, json }: ModelsFlags) => runRollback(new Registry(models, { signal }), json));
}

function tagCommand(signal: AbortSignal): Command {
  return command('tag', 'Give a version a name of your own, which also keeps it from being pruned.')
    .argument('<tag>')
    .addArgument(versionArgument())
    .option('--remove', 'forget the tag')
    .action((tag: string, name: string, flags: ModelsFlags & { readonly remove?: boolean }) =>
      runTag(new Registry(flags.models, { signal }), tag, { ...flags, name }),
    );
}

function pruneCommand(signal: AbortSignal): Command {
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
      runPrune(new Registry(flags.models, { signal }), flags),
    );
}

function keepCount(text: string): number {
  const value = wholeNumber(text);
  if (value < 0) throw new InvalidArgumentError('wanted 0 or more.');
  return value;
}

/** Makes a version the one that serves. */
async function runPromote(
  registry: Registry,
  name: string,
  json: boolean | undefined,
): Promise<void> {
  const version = await registry.resolve(name);
  const before = (await registry.current()) ?? null;
  await registry.promote(version);
  const text = before === version ? `${version} is current already` : `now current: ${version}`;
  new Reporter(json).result(text, { promoted: true, current: version, before });
}

/** Goes back to the version that served before. */
async function runRollback(registry: Registry, json: boolean | undefined): Promise<void> {
  const before = (await registry.current()) ?? null;
  const current = await registry.rollback();
  const previous = (await registry.previous()) ?? null;
  const further = previous === null ? 'none before it' : `before it: ${previous}`;
  const text = `now current: ${current} (${further})`;
  new Reporter(json).result(text, { current, before, previous });
}

/** Names a version, or with `remove` forgets a name. */
async function runTag(
  registry: Registry,
  tag: string,
  { name, remove, json }: { name: string; remove?: boolean; json?: boolean },
): Promise<void> {
  const reporter = new Reporter(json);
  if (remove) {
    await registry.untag(tag);
    reporter.result(`no tag ${tag} any more`, { tag, version: null });
    return;
  }
  const version = await registry.resolve(name);
  await registry.tag(version, tag);
  reporter.result(`${tag}: ${version}`, { tag, version });
}

/** Removes versions that nobody needs. */
async function runPrune(
  registry: Registry,
  { keep, dryRun, json }: { keep: number; dryRun?: boolean; json?: boolean },
): Promise<void> {
  const pruned = await registry.prune({ keep, dryRun });
  const { removed, kept, swept, unknown = [] } = pruned;
  const lines = [
    ...removed.map((version) => `${dryRun ? 'would remove' : 'removed'}  ${version}`),
    ...kept.map(({ version, reasons }) => `kept  ${version}  ${reasons.join(', ')}`),
    ...(swept.length === 0 ? [] : [`left behind by processes that were killed: ${swept.length}`]),
    ...unknown.map((name) => `left alone  ${name}  complete, but not in the registry`),
  ];
  const text = lines.length === 0 ? `${registry.location} has no version` : lines.join('\n');
  new Reporter(json).result(text, { dry_run: dryRun ?? false, ...pruned });
}
