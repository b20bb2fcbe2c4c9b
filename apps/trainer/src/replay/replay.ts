import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { exitHelp, InputError, RefusedError } from '../cli/exit.js';
import { jsonFlag } from '../cli/flags.js';
import { Reporter } from '../cli/reporter.js';
import { addServiceFlags, Service, ServiceError, type ServiceFlags } from '../service/ask.js';
import { Summing, type JudgedDecision } from './judged.js';
import { decisionText, listLine, listText } from './replay-text.js';

/** `adscale replay`: decisions of a running service, judged by what came of them. */
export function replayCommand(signal: AbortSignal): Command {
  const command = new Command('replay')
    .description('Judge decisions that a running service kept by their outcomes.')
    .addArgument(new Argument('[id...]', 'decisions, by x-decision-id; all of a time if absent'))
    .addOption(new Option('--since <day>', 'of the first decision, as 2026-03-01').argParser(day))
    .addOption(new Option('--until <day>', 'of the last decision').argParser(day))
    .addOption(new Option('--to <day>', 'last day whose outcomes count').argParser(day))
    .addOption(
      new Option(
        '--days <count>',
        'days whose outcomes count, from that of the decision on (default: 7, and all of outcomes that name it)',
      ).argParser(dayCount),
    )
    .option('--young', 'count days too whose clicks are still coming in');
  return addServiceFlags(command)
    .addOption(jsonFlag())
    .addHelpText('after', replayHelp)
    .action((ids: string[], flags: ReplayFlags) => runReplay(ids, flags, signal));
}

const replayHelp = `
The service keeps decisions with DECISION_LOG=on. An outcome belongs to an entry that its arm names, as
<decision>/<entry>, or else, for a week, whose record it has, whatever volume was planned.

Examples
  adscale replay --since 2026-03-01
  adscale replay dZk3v9uYp0aLx2QcT --young
  adscale replay --since 2026-03-01 --json > march.json

${exitHelp}`;

interface ReplayFlags extends ServiceFlags {
  readonly since?: string;
  readonly until?: string;
  readonly to?: string;
  readonly days?: string;
  readonly young?: boolean;
  readonly json?: boolean;
}

const MOST_DAYS = 366;

function dayCount(text: string): string {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST_DAYS) return String(count);
  throw new InvalidArgumentError(`wanted a whole number from 1 to ${MOST_DAYS}.`);
}

function day(text: string): string {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text) && new Date(text).toJSON()?.startsWith(text);
  if (isDay) return text;
  throw new InvalidArgumentError('wanted a day as 2026-03-01.');
}

async function runReplay(
  ids: readonly string[],
  flags: ReplayFlags,
  signal: AbortSignal,
): Promise<void> {
  checkSpan(ids, flags);
  const reporter = new Reporter(flags.json);
  const service = new Service(flags, signal);
  const isNamed = ids.length > 0;
  const summing = new Summing();
  const decisions: JudgedDecision[] = [];
  const lines: string[][] = [];
  const refused: Refused[] = [];
  const work = { name: 'judge', unit: 'decisions', ...(isNamed && { total: ids.length }) };
  await reporter.during(
    work,
    async (stage) => {
      for await (const id of isNamed ? ids : kept(service, flags)) {
        const judged = await judge(service, id, flags, refused);
        if (judged === undefined) continue;
        summing.add(judged);
        // Of many, only what is shown is held.
        if (flags.json || isNamed) decisions.push(judged);
        else lines.push(listLine(judged));
        stage.update(decisions.length + lines.length);
      }
    },
    () => decisions.length + lines.length,
  );
  const { summary } = summing;
  const text = isNamed ? decisions.map(decisionText).join('\n\n') : listText(lines, summary);
  if (flags.json || text !== '') reporter.result(text, { decisions, summary, refused });
  if (refused.length > 0) throw new RefusedError(tellRefused(refused));
}

/** @throws InputError if no decision can be of the time asked for, or the time is asked for in vain */
function checkSpan(ids: readonly string[], { since, until }: ReplayFlags): void {
  const span = [since && `--since ${since}`, until && `--until ${until}`].filter(Boolean);
  if (ids.length > 0 && span.length > 0) {
    throw new InputError(
      `got ${span.join(' ')} beside ids, wanted either: ids are judged as named`,
    );
  }
  if (since !== undefined && until !== undefined && until < since) {
    throw new InputError(`--until: got ${until}, wanted ${since} (--since) or a later day`);
  }
}

/** A decision that the service does not judge, and why. */
interface Refused {
  readonly id: string;
  readonly message: string;
}

/** @returns undefined if the service refuses this one, which is no reason to leave out the others */
async function judge(
  service: Service,
  id: string,
  flags: ReplayFlags,
  refused: Refused[],
): Promise<JudgedDecision | undefined> {
  try {
    const path = `/decisions/${encodeURIComponent(id)}${query(flags)}`;
    return await service.get<JudgedDecision>(path);
  } catch (error) {
    if (!(error instanceof ServiceError && error.status === 404)) throw error;
    refused.push({ id, message: error.message });
    return undefined;
  }
}

function tellRefused(refused: readonly Refused[]): string {
  return refused.map(({ message }) => message).join('\n');
}

interface Page {
  readonly decisions: readonly { readonly id: string }[];
  readonly next: string | null;
}

/** The ids of all that was decided in the time asked for, read page by page. */
async function* kept(service: Service, { since, until }: ReplayFlags): AsyncGenerator<string> {
  let after: string | null = null;
  do {
    const asked = { from: since, to: until, after: after ?? undefined };
    const page: Page = await service.get<Page>(`/decisions${searchOf(asked)}`);
    for (const { id } of page.decisions) yield id;
    after = page.next;
  } while (after !== null);
}

function query({ to, days, young }: ReplayFlags): string {
  return searchOf({ to, days, young: young ? 'true' : undefined });
}

function searchOf(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => !!pair[1]);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
