import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { defaultFitOptions, type CtrTable } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import type { Reporter } from '../cli/reporter.js';
import { draftText, inspectSource } from '../inspect/inspection.js';
import { mappingPaths, readMappingFile } from '../mapping/file.js';
import { changeMapping, type MappingChanges, type MappingFlags } from '../mapping/mapping-flags.js';
import { defaultMapping, fitsDefault, type Mapping } from '../mapping/mapping.js';
import { describeDirty, type RowCounts } from '../rows/counts.js';
import { readTable } from '../rows/table.js';
import { Database } from '../source/database.js';
import { generateTable, nameGenerated, type GeneratedRows } from '../source/generate.js';
import { fingerprint, openSource, type Source, type SourceFlags } from '../source/source.js';

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

interface ResolveFlags extends MappingFlags, MappingChanges {
  /** Where the data is, as named by the user: a mapping file may lie beside it. */
  readonly input?: readonly string[];
  /** A mapping file. */
  readonly mapping?: string;
  /** Take a guessed mapping without asking. */
  readonly yes?: boolean;
}

/**
 * Decides what the columns of a source mean, in this order: the file named by --mapping; flags
 * that name columns, the rest guessed; a mapping file beside the data, which is said; the default
 * model's own column names; a guess. A guess is shown, and taken only if the user agrees.
 * @throws InputError if nobody is there to agree, or does not
 */
async function resolveMapping(
  database: Database,
  source: Source,
  flags: ResolveFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Mapping> {
  const mapping = await chooseMapping(database, source, flags, reporter, signal);
  return changeMapping(mapping, flags);
}

async function chooseMapping(
  database: Database,
  source: Source,
  flags: ResolveFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Mapping> {
  if (flags.mapping !== undefined) return readMappingFile(flags.mapping);
  const { input = [], impressions, clicks, label } = flags;
  const { feature: features, forceFeature: forced } = flags;
  const named = impressions ?? clicks ?? label ?? features[0] ?? forced[0];
  if (named === undefined) {
    const beside = await findBeside(input);
    if (beside !== undefined) {
      reporter.note(`mapping: ${beside}`);
      return readMappingFile(beside);
    }
    const names = source.columns.map(({ name }) => name);
    if (fitsDefault(names)) return defaultMapping(names);
  }
  const wishes = { impressions, clicks, label, features, forced };
  const { draft } = await inspectSource(database, source, wishes, reporter);
  reporter.note(draftText(draft, source.name));
  const counted = label !== undefined || (impressions !== undefined && clicks !== undefined);
  const isGuess = !counted || features.length === 0;
  if (isGuess && flags.yes !== true) await confirm(input, signal);
  return draft.mapping;
}

async function findBeside(input: readonly string[]): Promise<string | undefined> {
  for (const path of mappingPaths(input)) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

async function confirm(input: readonly string[], signal: AbortSignal): Promise<void> {
  const advice = `write it to a file by "adscale inspect ${input.join(' ')}", look it through and train again, or take it by --yes`;
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new InputError(`the mapping above is a guess: ${advice}`);
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  // While it asks, it reads the keys itself, Ctrl-C too.
  asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await asking.question('Train with this mapping? [y/N] ', { signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new InputError(`not trained: ${advice}`);
  } finally {
    asking.close();
  }
}
