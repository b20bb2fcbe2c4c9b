import { createWriteStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { writeCsv, writeNdjson, type GenerateOptions, type Profile } from '@adscale/datagen';
import { InputError } from '../cli/exit.js';
import { Database } from './database.js';
import { quoteText } from './sql.js';
import { writeWhole } from '../cli/whole-file.js';

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
    // Standard output cannot be closed, so what is interrupted is the way there.
    const text = new PassThrough();
    const written = pipeline(text, yielding, process.stdout, { signal, end: false });
    await Promise.all([written, writeCsv(options, text)]);
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

/** Lets Ctrl-C in between chunks: where standard output is a file, writing to it never waits. */
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
