import { createWriteStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { writeCsv, writeNdjson, type GenerateOptions, type Profile } from '@adscale/datagen';
import { InputError } from './exit.js';
import { Database } from './source/database.js';
import { quoteText } from './source/sql.js';
import { writeWhole } from './write-whole.js';

export interface GenerateFlags {
  readonly rows: number;
  readonly seed: number;
  readonly profile: Profile;
  /** A file ending in .csv, .ndjson or .parquet; standard output if absent. */
  readonly output?: string;
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
export async function runGenerate(
  { output, ...options }: GenerateFlags,
  signal: AbortSignal,
): Promise<void> {
  if (output === undefined) {
    signal.addEventListener('abort', () => process.stdout.destroy(signal.reason as Error));
    await writeCsv(options, process.stdout);
    return;
  }
  const [, ending] = /\.([^./\\]+)$/.exec(output.toLowerCase()) ?? [];
  const write = writers[ending];
  if (write === undefined) {
    const known = Object.keys(writers).map((name) => `.${name}`);
    throw new InputError(`--output: got ${output}, wanted a file ending in ${known.join(', ')}`);
  }
  await writeWhole(output, signal, (temporary) => write(options, temporary, signal));
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
