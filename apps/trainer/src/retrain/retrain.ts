import { availableParallelism } from 'node:os';
import { CtrError, Registry } from '@adscale/ctr';
import { Command, Option } from 'commander';
import { exitHelp, InputError, RefusedError } from '../cli/exit.js';
import { countFlag, day, jsonFlag, share, someText } from '../cli/flags.js';
import { Reporter } from '../cli/reporter.js';
import { visible } from '../cli/visible.js';
import { modelsFlag, type ModelsFlags } from '../score/stored-model.js';
import { addServiceFlags, Service, type ServiceFlags } from '../service/ask.js';
import { checkGate, gateOption } from './canary.js';
import { armChoices } from './experiments.js';
import { retrain, type RetrainOptions, type RetrainResult } from './run.js';
import { duration, repeat } from './schedule.js';
import { tellRun } from './told.js';

/** `adscale retrain`: the current model again, with what has come back since. */
export function retrainCommand(signal: AbortSignal): Command {
  const command = new Command('retrain').description(
    'Train the current model again with the outcomes since, and try it if it is better.',
  );
  return addServiceFlags(addRunFlags(command))
    .addOption(modelsFlag())
    .addOption(jsonFlag())
    .addHelpText('after', retrainHelp)
    .action((flags: RetrainFlags) => runRetrain(flags, signal));
}

/** Adds the flags that say when to run, on what, and what comes of it. */
function addRunFlags(command: Command): Command {
  return command
    .option('--once', 'one run, which is the default')
    .addOption(
      new Option('--every <time>', 'run after run, as 1d or 12h, until it is stopped')
        .argParser(duration)
        .conflicts('once'),
    )
    .addOption(
      new Option(
        '--data <file...>',
        "the model's own data, where it does not lie as its card says",
      ),
    )
    .addOption(
      new Option(
        '--source <url>',
        'the warehouse of its own data, where it is not the one of its card',
      ).conflicts('data'),
    )
    .option('--table <name>', 'of --source; default as in the card', someText)
    .option('--query <sql>', 'of --source; default as in the card', someText)
    .addOption(
      new Option(
        '--since <day>',
        "first day of outcomes; default: the day after the model's own data, and of a retrained model as before",
      ).argParser(day),
    )
    .addOption(
      new Option(
        '--held-out <share>',
        'share of the outcomes that judges, the latest; default: as the model was trained',
      ).argParser(share),
    )
    .addOption(
      new Option('--arms <which>', 'rows of experiments to learn from')
        .choices([...armChoices])
        .default('finished'),
    )
    .addOption(
      new Option(
        '--gate <name=value>',
        'how the gate of the trial judges, as PUT /models/canary names it; repeatable',
      )
        .argParser(gateOption)
        .default({}, 'as usual'),
    )
    .option('--no-canary', 'publish a better model, and start no trial')
    .option('--no-report', 'write no report.html and report.json beside the model')
    .option('--memory-limit <size>', 'memory to read with, as 2GB; default half of the machine')
    .option('--temp <folder>', 'for what does not fit in memory; default the system folder')
    .addOption(countFlag('threads', 'threads to work on', availableParallelism()));
}

const retrainHelp = `
The model's own data is read again as its card says, mature outcomes are asked of the service, the latest
days are held out, and the new model is published only if it is better than the current one on these days,
beyond chance. Then the service tries it as a canary, guarded by its gate. The key needs the scopes
predict, outcomes and admin. Only one retraining of a registry is under way at a time.

Examples
  adscale retrain
  adscale retrain --every 1d --url http://api:8000
  adscale retrain --no-canary --json

${exitHelp}`;

interface RetrainFlags extends RetrainOptions, ServiceFlags, ModelsFlags {
  /** Milliseconds. */
  readonly every?: number;
}

async function runRetrain(flags: RetrainFlags, signal: AbortSignal): Promise<void> {
  const { every, json = false } = flags;
  checkGate(flags.gate);
  const reporter = new Reporter(json);
  const registry = new Registry(flags.models, { signal });
  const run = (): Promise<RetrainResult> =>
    retrain(registry, new Service(flags, signal), flags, reporter, signal);
  if (every === undefined) {
    const result = await run();
    result.notes.forEach((note) => reporter.note(note));
    reporter.result(tellRun(result), result);
    if (result.canary?.started === false) throw new RefusedError(result.reason);
    return;
  }
  await repeat(every, () => tellTurn(run, json), signal);
}

/** One of many runs: what ends it is told, and the next one comes. */
async function tellTurn(run: () => Promise<RetrainResult>, json: boolean): Promise<void> {
  const at = new Date().toISOString();
  try {
    const result = await run();
    const told = json ? JSON.stringify({ at, ...result }) : `${at}\n${tellRun(result)}\n`;
    console.log(visible(told));
  } catch (error) {
    if (!isPassing(error)) throw error;
    const { message } = error;
    console.log(visible(json ? JSON.stringify({ at, error: message }) : `${at}\n${message}\n`));
  }
}

/** What may be otherwise the next time; a fault of ours ends the program. */
const isPassing = (error: unknown): error is Error =>
  error instanceof RefusedError || error instanceof InputError || error instanceof CtrError;
