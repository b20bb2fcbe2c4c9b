import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { exitHelp, RefusedError } from '../cli/exit.js';
import { day, jsonFlag, wholeNumber } from '../cli/flags.js';
import { Reporter } from '../cli/reporter.js';
import { visible } from '../cli/visible.js';
import { addServiceFlags, Service, type ServiceFlags } from '../service/ask.js';
import { monitoringText, type EffectivenessTold, type MonitoringTold } from './monitoring-text.js';

/** `adscale monitor`: what came of the predictions of a running service. */
export function monitorCommand(signal: AbortSignal): Command {
  const command = new Command('monitor')
    .description('Tell what came of the predictions of the running service, and what is off.')
    .addOption(new Option('--from <day>', 'first day, UTC').argParser(day))
    .addOption(new Option('--to <day>', 'last day, UTC; default: today').argParser(day))
    .option('--model-version <version>', 'only outcomes of this version')
    .addOption(
      new Option('--young <how>', 'days that still grow: corrected, or left out').choices([
        ...['correct', 'leave-out'],
      ]),
    )
    .addOption(
      new Option(
        '--alpha <share>',
        'how often something may be found that is not there; default: 0.05',
      ).argParser(alpha),
    )
    .addOption(new Option('--cpc <price>', 'what a click costs').argParser(price))
    .addOption(new Option('--cpm <price>', 'what a thousand impressions cost').argParser(price))
    .addOption(new Option('--value <price>', 'what a click is worth to you').argParser(price))
    .option('--check', 'exit status 1 while an alert is firing')
    .addOption(
      new Option('--watch [seconds]', 'ask again and again, and tell what is new')
        .argParser(pause)
        .preset(30)
        .conflicts('check'),
    );
  return addServiceFlags(command)
    .addOption(jsonFlag())
    .addHelpText('after', monitorHelp)
    .action((flags: MonitorFlags) => runMonitor(flags, signal));
}

const monitorHelp = `
Segments are tested so that one may look at any time: of a model that is right, something is found once
in twenty cases, however often one looks. Money is by the prices given here, by the service's
MONITORING_PRICES, or by what was spent. --json tells every segment too.

Examples
  adscale monitor
  adscale monitor --from 2026-03-01 --cpc 0.45
  adscale monitor --check --url http://ads.internal:8000
  adscale monitor --watch 60 --json

${exitHelp}`;

interface MonitorFlags extends ServiceFlags {
  readonly from?: string;
  readonly to?: string;
  readonly modelVersion?: string;
  readonly young?: string;
  readonly alpha?: number;
  readonly cpc?: number;
  readonly cpm?: number;
  readonly value?: number;
  readonly check?: boolean;
  readonly watch?: number;
  readonly json?: boolean;
}

/** What one look is. */
interface Look {
  readonly monitoring: MonitoringTold;
  readonly effectiveness: EffectivenessTold;
  /** As the service tells it: every segment, and causes in money. For machines, as it is long. */
  readonly segments?: unknown;
}

/** @throws RefusedError with `--check` while an alert is firing */
async function runMonitor(flags: MonitorFlags, signal: AbortSignal): Promise<void> {
  const service = new Service(flags, signal);
  const query = queryOf(flags);
  const look = async (): Promise<Look> => ({
    monitoring: await service.get<MonitoringTold>(`/monitoring${query}`),
    effectiveness: await service.get<EffectivenessTold>(`/monitoring/effectiveness${query}`),
    ...(flags.json && { segments: await service.get(`/monitoring/segments${query}`) }),
  });
  if (flags.watch !== undefined) return watch(look, flags.watch, flags.json, signal);
  const seen = await look();
  new Reporter(flags.json).result(monitoringText(seen.monitoring, seen.effectiveness), seen);
  if (flags.check === true) check(seen.monitoring);
}

/** Tells the whole at once, and again whenever it is another: until the program is stopped. */
async function watch(
  look: () => Promise<Look>,
  seconds: number,
  asJson: boolean | undefined,
  signal: AbortSignal,
): Promise<void> {
  let told = '';
  for (;;) {
    const seen = await look();
    const { monitoring } = seen;
    const news = JSON.stringify([monitoring.made_at, monitoring.alerts]);
    if (news !== told) {
      const text = monitoringText(monitoring, seen.effectiveness);
      // One line each, so that what reads it need not know where a document ends.
      const told = asJson === true ? `${JSON.stringify(seen)}\n` : `${text}\n\n`;
      process.stdout.write(visible(told));
    }
    told = news;
    await sleep(Math.max(1, seconds) * 1000, undefined, { signal });
  }
}

function check({ alerts }: MonitoringTold): void {
  const firing = alerts.filter(({ state }) => state === 'firing');
  if (firing.length === 0) return;
  const titles = firing.map(({ title }) => `  ${title}`);
  const count = firing.length === 1 ? '1 alert is' : `${firing.length} alerts are`;
  throw new RefusedError([`${count} firing:`, ...titles].join('\n'));
}

function queryOf({ from, to, modelVersion: model, young, alpha, ...prices }: MonitorFlags): string {
  const parameters = new URLSearchParams();
  const { cpc, cpm, value } = prices;
  const given = { from, to, model, young, alpha, cpc, cpm, value };
  for (const [name, each] of Object.entries(given)) {
    if (each !== undefined) parameters.set(name, String(each));
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

function alpha(text: string): number {
  const value = /^\d*\.?\d+(e-\d+)?$/i.test(text) ? Number(text) : NaN;
  if (value > 0 && value <= 0.5) return value;
  throw new InvalidArgumentError('wanted a number above 0, at most 0.5.');
}

/** Seconds between looks. */
function pause(text: string): number {
  const seconds = wholeNumber(text);
  if (seconds < 1) throw new InvalidArgumentError('wanted whole seconds, 1 or more.');
  return seconds;
}

function price(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(value > 0)) throw new InvalidArgumentError('wanted a price above 0, as 0.45.');
  return value;
}
