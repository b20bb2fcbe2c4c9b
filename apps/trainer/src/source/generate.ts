import { createWriteStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { defaultSchema, type CtrTable } from '@adscale/ctr';
import {
  generate,
  profiles,
  writeCsv,
  writeNdjson,
  type Change,
  type GenerateOptions,
  type Profile,
} from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';
import { Command, Option } from 'commander';
import { exitHelp, InputError } from '../cli/exit.js';
import { countFlag } from '../cli/flags.js';
import { writeWhole } from '../cli/temporary.js';
import { Database } from './database.js';
import { quoteText } from './sql.js';

/** Which records to generate. */
export interface GeneratedRows {
  readonly rows: number;
  readonly seed: number;
  readonly profile: Profile;
}

/** Generated records of the default model, as a table to learn from. */
export function generateTable({ rows, seed, profile }: GeneratedRows): CtrTable {
  const { columns } = generate({ rows, seed, profile });
  const { impressions, clicks, true_ctr: trueCtr } = columns;
  return { features: columnsFrom(defaultSchema, columns), impressions, clicks, trueCtr };
}

/** What a model's card calls generated records. */
export function nameGenerated({ rows, seed, profile }: GeneratedRows): string {
  return `generated: ${rows} rows, profile ${profile}, seed ${seed}`;
}

/** The records that a card calls so, or undefined if it means anything else. */
export function generatedNamed(source: string): GeneratedRows | undefined {
  const [, rows, name, seed] =
    /^generated: (\d+) rows, profile (\w+), seed (-?\d+)$/.exec(source) ?? [];
  const profile = profiles.find((known) => known === name);
  if (profile === undefined) return undefined;
  return { rows: Number(rows), seed: Number(seed), profile };
}

/** `--profile <name>`, of the records that are generated. */
export const profileFlag = (): Option =>
  new Option('--profile <name>', 'character of the generated records')
    .choices([...profiles])
    .default('realistic');

/** `adscale generate`: practice data with a known true CTR. */
export function generateCommand(signal: AbortSignal): Command {
  return new Command('generate')
    .description('Write synthetic ad records with a known true CTR.')
    .addOption(countFlag('rows', 'records to write', 5000))
    .addOption(countFlag('seed', 'same seed, same bytes', 42))
    .addOption(profileFlag())
    .addOption(countFlag('skip', 'records of the seed to pass over first', 0))
    .option('--from <day>', 'first day of the records: gives them a column day')
    .addOption(countFlag('days', 'days from then on, filled evenly (with --from; default 28)'))
    .addOption(changeFlag())
    .option('-o, --output <file>', '.csv, .ndjson or .parquet; CSV on standard output if absent')
    .addHelpText('after', generateHelp)
    .action((flags: GenerateFlags) => runGenerate(flags, signal));
}

const generateHelp = `
Profiles: realistic; sparse (few clicks a row); drifted (a year later); wide (twenty more features);
hidden (a quality that no column shows); overdispersed (row effects, and one row of half of all
impressions); words (days, campaigns, ad groups and creatives, some of them launched later).

Examples
  adscale generate --rows 20000 -o ads.csv
  adscale generate --profile words --rows 40000 -o words.csv              to train on
  adscale generate --from 2026-10-01 --change device_type=mobile:0.85@2026-10-15 -o october.csv
                                      four weeks in which the CTR on phones falls by 15 % halfway
  adscale generate --profile words --rows 10000 --skip 40000 -o later.csv the same words, and new ones

${exitHelp}`;

interface GenerateFlags extends GeneratedRows, Pick<GenerateOptions, 'from' | 'days' | 'change'> {
  /** Records of the seed that are passed over. */
  readonly skip: number;
  /** A file ending in .csv, .ndjson or .parquet; standard output if absent. */
  readonly output?: string;
}

/** `--change <feature>=<value>:<factor>@<day>`: what the records of a period show from some day on. */
function changeFlag(): Option {
  const form = 'feature=value:factor@day';
  return new Option(`--change <${form}>`, 'from that day on, the true CTR times factor').argParser(
    (text): Change => {
      const [, feature, value, factor, on] = /^(\w+)=([^:]+):([\d.]+)@([\d-]+)$/.exec(text) ?? [];
      if (feature !== 'device_type' && feature !== 'ad_position') {
        throw new InputError(
          `--change: got ${text}, wanted ${form}, of device_type or ad_position, such as device_type=mobile:0.85@2026-10-15`,
        );
      }
      const isText = feature === 'device_type';
      return { feature, value: isText ? value : Number(value), factor: Number(factor), on };
    },
  );
}

type Write = (options: GenerateOptions, path: string, signal: AbortSignal) => Promise<void>;

const writers: Readonly<Record<string, Write>> = {
  csv: (options, path, signal) => writeCsv(options, createWriteStream(path, { signal })),
  ndjson: (options, path, signal) => writeNdjson(options, createWriteStream(path, { signal })),
  parquet: writeParquet,
};

/**
 * Streams generated records to a file, whole or not at all, or as CSV to standard output.
 * @throws InputError if the file's ending names no format
 */
async function runGenerate(
  { output, ...options }: GenerateFlags,
  signal: AbortSignal,
): Promise<void> {
  if (output === undefined) {
    // Standard output cannot be closed, so what is interrupted is the way there.
    const text = new PassThrough();
    const written = pipeline(text, yielding, process.stdout, { signal, end: false });
    await Promise.all([written, writeCsv(options, text)]);
    return;
  }
  const [, ending] = /\.([^./\\]+)$/.exec(output.toLowerCase()) ?? [];
  if (!Object.hasOwn(writers, ending)) {
    const known = Object.keys(writers).map((name) => `.${name}`);
    throw new InputError(`--output: got ${output}, wanted a file ending in ${known.join(', ')}`);
  }
  await writeWhole(output, signal, (temporary) => writers[ending](options, temporary, signal));
}

/** Lets other work in between chunks: where standard output is a file, writing to it never waits. */
async function* yielding(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    yield chunk;
    await setImmediate();
  }
}

/** By way of a CSV file on disk, so that memory stays the same however many records there are. */
async function writeParquet(
  options: GenerateOptions,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  await Database.use({ threads: availableParallelism() }, signal, async (database) => {
    const csv = database.file('records.csv');
    await writeCsv(options, createWriteStream(csv, { signal }));
    const records = `FROM read_csv(${quoteText(csv)}, header = true, sample_size = -1)`;
    await database.run(`COPY (${records}) TO ${quoteText(path)} (FORMAT parquet)`);
  });
}
