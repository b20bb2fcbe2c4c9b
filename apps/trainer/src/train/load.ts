import { defaultFitOptions, type CtrTable } from '@adscale/ctr';
import type { Reporter } from '../cli/reporter.js';
import type { Mapping } from '../mapping/mapping.js';
import { describeDirty, type RowCounts } from '../rows/counts.js';
import { readTable } from '../rows/table.js';
import { Database } from '../source/database.js';
import { generateTable, nameGenerated, type GeneratedRows } from '../source/generate.js';
import { fingerprint, openSource, type SourceFlags } from '../source/source.js';
import { resolveMapping, type ResolveFlags } from './resolve.js';

/** A table to learn from, and where it came from. */
export interface LoadedTable {
  readonly table: CtrTable;
  /** In words. */
  readonly source: string;
  /** What its columns mean; none if it was generated. */
  readonly mapping?: Mapping;
  readonly fingerprint?: string;
  readonly counts?: RowCounts;
  /** What was left out, in words. */
  readonly notes: readonly string[];
}

/** Generated records of the default model. */
export function loadGenerated(rows: GeneratedRows): LoadedTable {
  return { table: generateTable(rows), source: nameGenerated(rows), notes: [] };
}

/** What to read: flags of sources and mappings, and the bins that a click log is grouped by. */
export interface LoadFlags extends SourceFlags, ResolveFlags {
  readonly bins?: number;
}

/**
 * Reads what the flags name, as their mapping says; tells what was left out.
 * @throws InputError if it cannot be read or learned from
 */
export async function loadTable(
  flags: LoadFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<LoadedTable> {
  return Database.use(flags, signal, async (database) => {
    const source = await openSource(database, flags);
    await database.confine(source.files.map(({ path }) => path));
    const wanted = await resolveMapping(database, source, flags, reporter, signal);
    const maxBins = flags.bins ?? defaultFitOptions.maxBins;
    const { table, mapping, counts } = await reporter.during(
      { name: 'read', unit: 'rows' },
      (stage) => readTable(database, source, { mapping: wanted, maxBins, stage }),
      (read) => read.counts.rows,
    );
    const notes = leftOut(counts);
    notes.forEach((note) => reporter.note(note));
    const seen = await fingerprint(database, source, signal);
    return { table, source: source.name, mapping, fingerprint: seen, counts, notes };
  });
}

function leftOut(counts: RowCounts): string[] {
  const { left_out: byConditions, dirty } = counts;
  const notes: string[] = [];
  if (byConditions > 0) {
    notes.push(`left out by where: ${byConditions.toLocaleString('en')} rows`);
  }
  if (dirty > 0) {
    notes.push(`dropped ${dirty.toLocaleString('en')} rows: ${describeDirty(counts)}`);
  }
  return notes;
}
