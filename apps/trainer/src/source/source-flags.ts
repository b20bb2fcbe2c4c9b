import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { Option } from 'commander';
import { countFlag } from '../cli/flags.js';
import { encodings, type Encoding } from './text.js';

/** Flags of every command that reads data. */
export interface SourceFlags {
  /** Files, globs of files, or a DuckDB database. */
  readonly input?: readonly string[];
  readonly query?: string;
  readonly encoding?: Encoding;
  readonly memoryLimit?: string;
  readonly temp?: string;
  readonly threads: number;
}

/** Adds the flags that say what to read and with how much memory. */
export function addSourceFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        '-i, --input <file...>',
        'CSV, Parquet, NDJSON (.gz too), globs, or a DuckDB file; the argument by another name',
      ),
    )
    .option('--query <sql>', 'a SELECT over files or over the DuckDB file given')
    .addOption(
      new Option('--encoding <name>', 'of CSV files; found out if absent').choices([...encodings]),
    )
    .option('--memory-limit <size>', 'memory to read with, as 2GB; default half of the machine')
    .option('--temp <folder>', 'for what does not fit in memory; default the system folder')
    .addOption(countFlag('threads', 'threads to work on', availableParallelism()));
}
