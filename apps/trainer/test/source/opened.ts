import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../src/source/database.js';
import { openSource, type Source, type SourceFlags } from '../../src/source/source.js';
import { quoteName } from '../../src/source/sql.js';
import { timeSql } from '../../src/source/typing.js';

/** A source, and what its columns hold: numbers, words, and times as `2026-07-01 00:00:00`. */
export interface Opened {
  readonly source: Source;
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
  /** SQL types by name. */
  readonly types: Readonly<Record<string, string>>;
}

export interface Opener {
  /** Writes files and opens them as one source. */
  open(content: string | Buffer, flags?: Partial<SourceFlags>, name?: string): Promise<Opened>;
  /** Opens what is there. */
  openAt(input: readonly string[], flags?: Partial<SourceFlags>): Promise<Opened>;
  /** A path in the folder of the tests. */
  at(name: string): string;
}

/** One database for all tests of a file. */
export function sharedOpener(): Opener {
  let folder = '';
  let database: Database;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trainer-'));
    const options = { threads: 1, memoryLimit: '1GB' };
    database = await Database.open(options, new AbortController().signal);
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });
  const at = (name: string): string => join(folder, name);
  const openAt: Opener['openAt'] = (input, flags) => openIn(database, input, flags);
  const open: Opener['open'] = async (content, flags, name = 'export.csv') => {
    await writeFile(at(name), content);
    return openAt([at(name)], flags);
  };
  return { open, openAt, at };
}

/** Opens files in a database. */
export async function openIn(
  database: Database,
  input: readonly string[],
  flags: Partial<SourceFlags> = {},
): Promise<Opened> {
  const source = await openSource(database, { threads: 1, input, ...flags });
  const number = source.typing?.decimal === 'comma' ? 'number_comma' : 'number_of';
  const list = source.columns.map(({ name, type, times }, c) => {
    const cell = `present(${quoteName(name)})`;
    if (times !== undefined) {
      const seconds = timeSql(cell, times);
      return `strftime(make_timestamp((${seconds} * 1e6)::BIGINT), '%Y-%m-%d %H:%M:%S') AS c${c}`;
    }
    return `${['BIGINT', 'DOUBLE'].includes(type) ? `${number}(${cell})` : cell} AS c${c}`;
  });
  const rows = await database.rows(`SELECT ${list.join(', ')} FROM (${source.query})`);
  const named = source.columns.map(
    ({ name }, c) => [name, rows.map((row) => row[`c${c}`])] as const,
  );
  return {
    source,
    columns: Object.fromEntries(named),
    types: Object.fromEntries(source.columns.map(({ name, type }) => [name, type])),
  };
}

/** Expects the lines of a file to be one thing or another, all of them. */
export function expectLinesToAddUp({ layouts }: Source): void {
  for (const { counts } of layouts) {
    const { lines, preamble, header, rows, dropped, footer } = counts;
    expect(preamble + header + rows + dropped + footer).toBe(lines);
  }
}
