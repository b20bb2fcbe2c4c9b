import { defaultFitOptions, defaultSchema, type CtrTable } from '@adscale/ctr';
import { generate, type Profile } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';
import type { Mapping } from '../mapping/mapping.js';
import { resolveMapping, type ResolveFlags } from './resolve.js';
import type { Reporter } from '../cli/reporter.js';
import { Database } from '../source/database.js';
import { describeDirty, type RowCounts } from '../rows/dirty.js';
import { fingerprint } from '../source/fingerprint.js';
import type { SourceFlags } from '../source/source-flags.js';
import { readTable } from '../rows/table.js';
import { openSource } from '../source/source.js';

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

/** What to generate where nothing is read. */
export interface GeneratedRows {
  readonly rows: number;
  readonly seed: number;
  readonly profile: Profile;
}

/** Generated records of the default model. */
export function generateTable({ rows, seed, profile }: GeneratedRows): LoadedTable {
  const { columns } = generate({ rows, seed, profile });
  const { impressions, clicks, true_ctr: trueCtr } = columns;
  return {
    table: { features: columnsFrom(defaultSchema, columns), impressions, clicks, trueCtr },
    source: `generated: ${rows} rows, profile ${profile}, seed ${seed}`,
    notes: [],
  };
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
