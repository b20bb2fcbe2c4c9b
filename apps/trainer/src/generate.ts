import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { writeCsv, writeNdjson, type Profile } from '@adscale/datagen';

export interface GenerateFlags {
  readonly rows: number;
  readonly seed: number;
  readonly profile: Profile;
  /** A file ending in .csv or .ndjson; standard output if absent. */
  readonly output?: string;
}

/** Streams generated records to a file, whole or not at all, or as CSV to standard output. */
export async function runGenerate({ output, ...options }: GenerateFlags): Promise<void> {
  if (output === undefined) {
    await writeCsv(options, process.stdout);
    return;
  }
  const write = output.endsWith('.ndjson') ? writeNdjson : writeCsv;
  const temporary = `${output}.${process.pid}.tmp`;
  try {
    await write(options, createWriteStream(temporary));
    await rename(temporary, output);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
