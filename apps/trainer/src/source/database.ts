/*
 * DuckDB as this program uses it: a database of its own in a temporary folder, so that what does
 * not fit in memory goes to disk, closed and removed at the end. It downloads nothing, and once
 * the data is at hand it can be confined to the files it reads.
 */
import { rm } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { constrainedMemory } from 'node:process';
import type {
  DuckDBConnection,
  DuckDBInstance,
  DuckDBScalarFunction,
  DuckDBVector,
} from '@duckdb/node-api';
import { InputError } from '../cli/exit.js';
import type { Stage } from '../cli/reporter.js';
import { makeTemporaryFolder } from '../cli/temporary.js';
import type { TimeReading } from '../language/times.js';
import { numberMacros } from './numbers.js';
import { quoteList, quoteName, quoteText } from './sql.js';

export interface DatabaseOptions {
  /** Threads to read on. */
  readonly threads: number;
  /** Memory to read with, as DuckDB writes it: "2GB". Half of the machine's by default. */
  readonly memoryLimit?: string;
  /** Folder for what does not fit in memory. The system's by default. */
  readonly temp?: string;
}

/** A column of the data, as it is found there. */
export interface SourceColumn {
  readonly name: string;
  /** SQL type; of text, what the cells seem to be. */
  readonly type: string;
  /** How its cells are times, where it is one of text. */
  readonly times?: TimeReading;
  /** Why its digits are words, where they are. */
  readonly because?: string;
  /** Its digits are not those that were exported: nothing can be learned from them. */
  readonly lost?: true;
}

/** One row of a result: texts and numbers; whole numbers of any size come as texts. */
export type SqlRow = Record<string, string | number | boolean | null>;

/** A column of a table that is loaded from elsewhere. */
export interface LoadedColumn {
  readonly name: string;
  readonly type: 'DOUBLE' | 'VARCHAR';
}

/** Rows of a block, as the database takes them. */
const BLOCK = 2048;

/** Milliseconds between two looks at how far a statement is. */
const LOOK = 200;

export class Database {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    private readonly folder: string,
    /** Aborts whatever is being done with it. */
    readonly signal: AbortSignal,
  ) {}

  /** @throws InputError if the memory limit or the temporary folder cannot be had */
  static async open(options: DatabaseOptions, signal: AbortSignal): Promise<Database> {
    signal.throwIfAborted();
    // Reading it takes half a second, which commands that read no data save.
    const duckdb = await import('@duckdb/node-api');
    const folder = await temporaryFolder(options.temp ?? tmpdir());
    let database: Database | undefined;
    try {
      const instance = await duckdb.DuckDBInstance.create(join(folder, 'work.db'), {
        threads: String(options.threads),
        temp_directory: join(folder, 'spill'),
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
        allow_community_extensions: 'false',
      });
      database = new Database(instance, await instance.connect(), folder, signal);
      signal.addEventListener('abort', database.interrupt);
      await database.limitMemory(options.memoryLimit ?? `${defaultMemory()}MB`);
      // The file goes with the database: nobody will read it again.
      await database.run('PRAGMA disable_checkpoint_on_shutdown');
      // Large tables go to disk as they are made; to write small ones takes longer than the rest.
      await database.run(`SET checkpoint_threshold = '1GB'`);
      // It takes the square of the columns to plan; what is used twice has a column of its own here.
      await database.run(`SET disabled_optimizers = 'common_subexpressions'`);
      await database.run('SET enable_progress_bar = true');
      await database.run('SET enable_progress_bar_print = false');
      for (const macro of numberMacros) await database.run(macro);
      return database;
    } catch (error) {
      await (database?.close() ?? rm(folder, { recursive: true, force: true }));
      throw error;
    }
  }

  /** Runs `work` on a database of its own. */
  static async use<T>(
    options: DatabaseOptions,
    signal: AbortSignal,
    work: (database: Database) => Promise<T>,
  ): Promise<T> {
    const database = await Database.open(options, signal);
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  }

  /** Runs statements for their effect, telling `stage` how far they are. */
  async run(sql: string, stage?: Stage): Promise<void> {
    await this.watch(stage, () => this.connection.run(sql));
  }

  /** All rows of a small result. */
  async rows(sql: string, stage?: Stage): Promise<SqlRow[]> {
    const reader = await this.watch(stage, () => this.connection.runAndReadAll(sql));
    return reader.getRowObjectsJson() as SqlRow[];
  }

  /** The only row of a result. */
  async row(sql: string, stage?: Stage): Promise<SqlRow> {
    return (await this.rows(sql, stage))[0];
  }

  /**
   * Columns of doubles, NULL as NaN, read as they come: memory holds them once.
   * @param rows how many the result has, where that is known
   */
  async doubles(sql: string, rows?: number, stage?: Stage): Promise<Float64Array[]> {
    return this.watch(stage, async () => {
      const result = await this.connection.stream(sql);
      let columns: Float64Array[] = Array.from(
        { length: result.columnCount },
        () => new Float64Array(rows ?? 0),
      );
      let filled = 0;
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) {
          return rows === undefined ? columns.map((column) => column.slice(0, filled)) : columns;
        }
        if (rows === undefined && filled + chunk.rowCount > columns[0].length) {
          columns = columns.map((column) => grown(column, 2 * (filled + chunk.rowCount)));
        }
        this.signal.throwIfAborted();
        columns.forEach((column, c) => {
          copyNumbers(chunk.getColumnVector(c), column, filled);
        });
        filled += chunk.rowCount;
      }
    });
  }

  /** Takes the rows of a result of texts and doubles one by one, as they come. */
  async each(sql: string, take: (row: readonly unknown[]) => void): Promise<void> {
    await this.watch(undefined, async () => {
      const result = await this.connection.stream(sql);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        this.signal.throwIfAborted();
        for (const row of chunk.getRows()) take(row);
      }
    });
  }

  /** The rows of a result of texts and doubles, some at a time: the next are read when they are asked for. */
  async *chunks(sql: string): AsyncGenerator<(readonly unknown[])[]> {
    const result = await this.watch(undefined, () => this.connection.stream(sql));
    for (;;) {
      const chunk = await this.watch(undefined, () => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk.getRows();
    }
  }

  /**
   * Makes a table of rows that come from elsewhere, as they come.
   * @returns how many there are
   */
  async load(
    table: string,
    columns: readonly LoadedColumn[],
    blocks: AsyncIterable<readonly (readonly (string | number | boolean | null)[])[]>,
  ): Promise<number> {
    const { DOUBLE, DuckDBDataChunk, VARCHAR } = await import('@duckdb/node-api');
    const list = columns.map(({ name, type }) => `${quoteName(name)} ${type}`);
    await this.run(`CREATE OR REPLACE TABLE ${table} (${list.join(', ')})`);
    const types = columns.map(({ type }) => (type === 'DOUBLE' ? DOUBLE : VARCHAR));
    const appender = await this.connection.createAppender(table);
    let count = 0;
    try {
      for await (const rows of blocks) {
        this.signal.throwIfAborted();
        for (let from = 0; from < rows.length; from += BLOCK) {
          const some = rows.slice(from, from + BLOCK);
          const chunk = DuckDBDataChunk.create(types, some.length);
          chunk.setRows(some);
          appender.appendDataChunk(chunk);
        }
        count += rows.length;
      }
    } finally {
      appender.closeSync();
    }
    return count;
  }

  /** Makes a function of ours known to SQL. */
  register(scalar: DuckDBScalarFunction): void {
    this.connection.registerScalarFunction(scalar);
  }

  /** A file of this name in the temporary folder, which goes with the database. */
  file(name: string): string {
    return join(this.folder, name);
  }

  /** How many statements a text is: an expression must not smuggle a second one in. */
  async countStatements(sql: string): Promise<number> {
    return (await this.connection.extractStatements(sql)).count;
  }

  /** Names and types of a query's columns. */
  async describe(query: string): Promise<SourceColumn[]> {
    const rows = await this.rows(`DESCRIBE ${query}`);
    return rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
  }

  /** From now on only these files can be read, and no setting changed: for SQL out of files. */
  async confine(files: readonly string[]): Promise<void> {
    await this.run(`SET allowed_paths = ${quoteList(files)}`);
    await this.run(`SET allowed_directories = ${quoteList([this.folder])}`);
    await this.run('SET enable_external_access = false');
    await this.run('SET lock_configuration = true');
  }

  async close(): Promise<void> {
    this.signal.removeEventListener('abort', this.interrupt);
    this.connection.closeSync();
    this.instance.closeSync();
    await rm(this.folder, { recursive: true, force: true });
  }

  private readonly interrupt = (): void => this.connection.interrupt();

  private async limitMemory(limit: string): Promise<void> {
    try {
      await this.run(`SET memory_limit = ${quoteText(limit)}`);
    } catch (cause) {
      throw new InputError(`--memory-limit: got "${limit}", wanted a size such as 2GB or 800MB`, {
        cause,
      });
    }
  }

  private async watch<T>(stage: Stage | undefined, work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    const timer = setInterval(() => {
      // Again: an interrupt that comes before the statement has begun is lost.
      if (this.signal.aborted) this.interrupt();
      const { percentage } = this.connection.progress;
      if (percentage > 0) stage?.update(percentage);
    }, LOOK);
    try {
      return await work();
    } catch (error) {
      this.signal.throwIfAborted();
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}

/** What the library's vectors of doubles hold; it has no public way to more than one at a time. */
interface Doubles {
  readonly items?: unknown;
  /** Of each 64 items one word, whose bits tell which are not NULL; null where none is. */
  readonly validity?: { readonly data?: unknown };
}

const ALL_VALID = 0xffff_ffff_ffff_ffffn;

/** Copies the numbers of a vector, NULL as NaN. */
function copyNumbers(vector: DuckDBVector, to: Float64Array, at: number): void {
  const { items, validity } = vector as unknown as Doubles;
  const words = validity?.data;
  if (items instanceof Float64Array && (words === null || words instanceof BigUint64Array)) {
    to.set(items, at);
    words?.forEach((word, w) => {
      if (word === ALL_VALID) return;
      const last = Math.min(items.length, 64 * w + 64);
      for (let i = 64 * w; i < last; i++) if (vector.getItem(i) === null) to[at + i] = NaN;
    });
    return;
  }
  for (let i = 0; i < vector.itemCount; i++) {
    const value = vector.getItem(i) as number | null;
    to[at + i] = value === null ? NaN : value;
  }
}

function grown(values: Float64Array, length: number): Float64Array {
  const longer = new Float64Array(length);
  longer.set(values);
  return longer;
}

async function temporaryFolder(parent: string): Promise<string> {
  try {
    return await makeTemporaryFolder(parent);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new InputError(`no place for temporary files (${reason}); name a folder by --temp`, {
      cause,
    });
  }
}

/** Half of what this process may have, in MB: the other half is for the table and the trees. */
function defaultMemory(): number {
  const limit = constrainedMemory();
  const bytes = limit > 0 && limit < totalmem() ? limit : totalmem();
  return Math.max(256, Math.floor(bytes / 2 / 1e6));
}
