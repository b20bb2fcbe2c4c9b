import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { exitHelp, RefusedError } from '../cli/exit.js';
import { isDay, jsonFlag, pastMoment } from '../cli/flags.js';
import { Reporter } from '../cli/reporter.js';
import { readMappingFile } from '../mapping/file.js';
import { addMappingChanges, type MappingChanges } from '../mapping/mapping-flags.js';
import { describeDirty } from '../rows/counts.js';
import { modelMapping, openForModel } from '../score/stored-model.js';
import { addServiceFlags, Service, type ServiceFlags } from '../service/ask.js';
import { Database } from '../source/database.js';
import { addSourceFlags, type SourceFlags } from '../source/source.js';
import { outcomeColumns, outcomeMapping, type OutcomeColumnFlags } from './columns.js';
import { outcomeRows, type OutcomeRows, type PlacedOutcome } from './rows.js';
import { refuseTwice, sendOutcomes, type Sent } from './send.js';
import { toldModel, type ModelWish, type ToldModel } from './told-model.js';

/** `adscale outcomes`: what an ad platform exported, to the running service. */
export function outcomesCommand(signal: AbortSignal): Command {
  const command = new Command('outcomes')
    .description('Send what an ad platform reports to the running service, as outcomes.')
    .addArgument(new Argument('[data...]', 'CSV, XLSX, Parquet, NDJSON (.gz too), globs, - …'))
    .option('--mapping <file>', "what the columns mean; default: as the model's own data")
    .option('--impressions <column>', "default: as the model's own data, else by its name")
    .option('--clicks <column>', 'the same of clicks')
    .option('--time <column>', 'days; the same')
    .addOption(new Option('--period <day>', 'the day of all rows, as 2026-03-01').argParser(period))
    .addOption(
      new Option(
        '--until <moment>',
        'until when the figures count, or now: lets them go back to earlier ones; of two tellings the later holds',
      ).argParser(pastMoment),
    )
    .option('--spend <column>', 'what was paid; default by its name')
    .option('--no-spend', 'send no spend')
    .option('--campaign <column>', 'campaign; default by its name')
    .option('--no-campaign', 'send no campaign')
    .option('--placement <column>', 'placement')
    .option('--arm <column>', 'arm of an experiment, as <experiment>/<arm>')
    .addOption(
      new Option(
        '--key-column <column>',
        'names a row within its day: a later delivery replaces it; repeatable. Default: features and words, not what is counted',
      )
        .argParser((text: string, before: readonly string[]) => [...before, text])
        .default([], 'found'),
    )
    .option('--other-rows', 'send rows also that look like others that were named otherwise')
    .option('--model-version <version>', 'a version of the model; the current one if absent')
    .option('-m, --models <folder>', "read the model's features here; default: ask the service")
    .option('--dry-run', 'read, check and count everything, and send nothing');
  return addServiceFlags(addMappingChanges(addSourceFlags(command)))
    .addOption(jsonFlag())
    .addHelpText('after', outcomesHelp)
    .action((data: string[], flags: OutcomesFlags) => runOutcomes(data, flags, signal));
}

function period(text: string): string {
  const days = text.split('/');
  if (days.length <= 2 && days.every(isDay)) return text;
  throw new InvalidArgumentError('wanted a day as 2026-03-01, or 2026-03-01/2026-03-02.');
}

const outcomesHelp = `
The data is read as inspect and train read it: totals are left out, decimal marks, dates and encodings
found out, and what stays open is asked about. Rows need a day, impressions and clicks, and the model's
features; rows of one day, record and label are added up. Sent twice it changes nothing; newer figures of
a day replace the older ones. Figures that were replaced meanwhile change nothing, as an old file has them
too: where a platform takes clicks back, --until says that they are the newest.

Examples
  adscale outcomes report.csv --dry-run
  adscale outcomes report.csv --spend Cost --campaign Campaign
  adscale outcomes corrected.csv --until 2026-03-09T06:00:00Z
  adscale outcomes march-01.csv --period 2026-03-01 --url http://ads.internal:8000

${exitHelp}`;

interface OutcomesFlags
  extends SourceFlags, MappingChanges, ServiceFlags, ModelWish, OutcomeColumnFlags {
  readonly impressions?: string;
  readonly clicks?: string;
  readonly mapping?: string;
  readonly until?: string;
  readonly otherRows?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Reads, and sends. */
async function runOutcomes(
  data: readonly string[],
  flags: OutcomesFlags,
  signal: AbortSignal,
): Promise<void> {
  const reporter = new Reporter(flags.json);
  const service = new Service(flags, signal);
  const input = [...data, ...(flags.input ?? [])];
  const model = await toldModel(flags, service);
  await Database.use(flags, signal, async (database) => {
    const { rows, facts } = await readOutcomes(database, model, { ...flags, input }, reporter);
    if (flags.dryRun === true) {
      const examples = await firstOf(rows);
      const document = { ...documentOf(rows, facts), dry_run: true, sent: null, examples };
      reporter.result(tellDry(rows, facts, examples), document);
      return;
    }
    if (flags.otherRows !== true) await refuseTwice(service, rows.chunks(), facts.key);
    const work = { name: 'send', total: rows.outcomes, unit: 'outcomes' };
    const sent = await reporter.during(work, (stage) =>
      sendOutcomes(service, rows.chunks(), stage),
    );
    const document = { ...documentOf(rows, facts), dry_run: false, sent };
    reporter.result([...tellRows(rows, facts), ...tellSent(sent)].join('\n'), document);
    if (sent.rejected > 0) {
      const all = count(rows.outcomes);
      throw new RefusedError(`${count(sent.rejected)} of ${all} outcomes were rejected`);
    }
  });
}

/** Reads what is to be sent, as the model reads its own data; tells what was left out or guessed. */
async function readOutcomes(
  database: Database,
  model: ToldModel,
  flags: OutcomesFlags,
  reporter: Reporter,
): Promise<{ rows: OutcomeRows; facts: Facts }> {
  const given = flags.mapping === undefined ? undefined : await readMappingFile(flags.mapping);
  const source = await openForModel(database, flags, model);
  await database.confine(source.files.map(({ stored }) => stored));
  const names = source.columns.map(({ name }) => name);
  const mapping = outcomeMapping(source, modelMapping(model, names, given), flags);
  const columns = outcomeColumns(source, mapping, flags);
  const { period, until, modelVersion } = flags;
  const plan = { mapping, columns, period, until, modelVersion: modelVersion && model.version };
  const rows = await reporter.during(
    { name: 'read', unit: 'rows' },
    (stage) => outcomeRows(database, source, plan, stage),
    ({ counts }) => counts.rows,
  );
  [...source.notes, ...rows.notes].forEach((note) => reporter.note(note));
  return { rows, facts: { source: source.name, model: model.version, key: columns.key } };
}

/** Where outcomes came from, and what they are known by. */
interface Facts {
  readonly source: string;
  readonly model: string;
  readonly key: readonly string[];
}

/** Outcomes that a dry run shows. */
const SHOWN = 3;

async function firstOf(rows: OutcomeRows): Promise<PlacedOutcome[]> {
  for await (const chunk of rows.chunks()) return chunk.slice(0, SHOWN);
  return [];
}

function documentOf(rows: OutcomeRows, facts: Facts): object {
  const { counts, outcomes, impressions, clicks, spend, days, from, to } = rows;
  return { ...facts, data: counts, outcomes, impressions, clicks, spend, days, from, to };
}

const count = (number: number): string => number.toLocaleString('en');

function tellRows(rows: OutcomeRows, { source, model, key }: Facts): string[] {
  const { counts, outcomes, impressions, clicks, spend, days, from, to } = rows;
  const money = spend === null ? '' : `, spend ${count(Number(spend.toFixed(2)))}`;
  const span = from === to ? from : `${count(days)} days, ${from} to ${to}`;
  return [
    `read             ${source}: ${count(counts.rows)} rows, ${count(outcomes)} outcomes of ${span}`,
    `counts           ${count(impressions)} impressions, ${count(clicks)} clicks${money}`,
    ...(counts.left_out > 0 ? [`left out         ${count(counts.left_out)} by conditions`] : []),
    ...(counts.dirty > 0 ? [`dropped          ${describeDirty(counts)}`] : []),
    `features         of ${model}`,
    `one a            ${['day', ...key].join(', ')}`,
  ];
}

function tellDry(rows: OutcomeRows, facts: Facts, examples: readonly PlacedOutcome[]): string {
  const shown = examples.map(({ where, outcome }) => `  ${where}: ${JSON.stringify(outcome)}`);
  return [...tellRows(rows, facts), 'not sent (--dry-run); the first are', ...shown].join('\n');
}

function tellSent(sent: Sent): string[] {
  const { accepted, new: fresh, restated, unchanged, outdated, rejected, rejections } = sent;
  const lines = [
    `accepted         ${count(accepted)}: ${count(fresh)} new, ${count(restated)} restated, ${count(unchanged)} unchanged`,
  ];
  if (outdated > 0) {
    lines.push(
      `outdated         ${count(outdated)} of the unchanged: figures that others replaced since; if they are the newest, --until says so`,
    );
  }
  if (rejected === 0) return lines;
  lines.push(`rejected         ${count(rejected)}`);
  for (const { where, errors } of rejections.slice(0, MOST_LINES)) {
    lines.push(`  ${where}: ${errors.map(({ message }) => message).join('; ')}`);
  }
  if (rejected > MOST_LINES) lines.push(`  … and ${count(rejected - MOST_LINES)} more`);
  return lines;
}

/** Rejections that are shown to people; `--json` has more. */
const MOST_LINES = 10;
