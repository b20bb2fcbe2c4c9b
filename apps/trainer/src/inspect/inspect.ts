import { access, writeFile } from 'node:fs/promises';
import { Argument, Command } from 'commander';
import { exitHelp } from '../cli/exit.js';
import { jsonFlag, progressFlag } from '../cli/flags.js';
import { Reporter } from '../cli/reporter.js';
import { writeWhole } from '../cli/temporary.js';
import { mappingPaths } from '../mapping/file.js';
import {
  addMappingChanges,
  addMappingFlags,
  type MappingChanges,
  type MappingFlags,
} from '../mapping/mapping-flags.js';
import { Database } from '../source/database.js';
import { addSourceFlags, layoutOf, openSource, type SourceFlags } from '../source/source.js';
import { addWarehouseFlags, warehouseData, type WarehouseFlags } from '../warehouse/open.js';
import { inspectWarehouse } from './inspect-warehouse.js';
import { describeInspection, draftText, inspectSource, type Inspection } from './inspection.js';
import { wishesOf } from './target.js';

/** `adscale inspect`: a profile of a table, and a draft of its mapping. */
export function inspectCommand(signal: AbortSignal): Command {
  const command = new Command('inspect')
    .description('Profile a table, warn of what would spoil a model, and draft its mapping.')
    .addArgument(new Argument('[data...]', 'CSV, Parquet, NDJSON (.gz too), globs, a DuckDB file'));
  return addMappingChanges(addMappingFlags(addWarehouseFlags(addSourceFlags(command))))
    .option('-o, --output <file>', 'draft mapping; default <data>.mapping.yaml beside the data')
    .option('--overwrite', 'replace a mapping that is there')
    .addOption(jsonFlag())
    .addOption(progressFlag())
    .addHelpText('after', inspectHelp)
    .action((data: string[], flags: InspectFlags) => runInspect(data, flags, signal));
}

const inspectHelp = `
Examples
  adscale inspect campaigns.csv
  adscale inspect 'logs/*.parquet' --label clicked
  adscale inspect --query "SELECT * FROM 'logs/*.parquet' WHERE country = 'DE'"
  adscale inspect --source clickhouse://reader@warehouse:8123/ads --table clicks --label clicked
  adscale inspect export.tsv.gz --impressions Impr. --clicks "Link clicks"

${exitHelp}`;

interface InspectFlags extends SourceFlags, MappingFlags, MappingChanges, WarehouseFlags {
  readonly output?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly progress?: boolean;
}

/** Profiles a table and writes the draft of its mapping where `train` finds it. */
async function runInspect(
  data: readonly string[],
  flags: InspectFlags,
  signal: AbortSignal,
): Promise<void> {
  const reporter = new Reporter(flags.json, flags.progress);
  const input = [...data, ...(flags.input ?? [])];
  const inspection =
    flags.source === undefined
      ? await inspectFiles(input, flags, reporter, signal)
      : await inspectWarehouse(
          warehouseData(flags.source, { ...flags, input }),
          wishesOf(flags),
          flags,
          reporter,
          signal,
        );
  const draft = draftText(inspection.draft, inspection.source.name);
  const { source, table, query } = flags;
  const named = source === undefined || table === undefined ? input : [String(table)];
  const places = flags.output === undefined ? mappingPaths(named) : [flags.output];
  const { path, written } = await saveDraft(places, draft, flags.overwrite === true, signal);
  const saved = written
    ? `Draft mapping: ${path}. Look it through, then: adscale train ${source === undefined ? input.join(' ') : `--source ${source} --mapping ${path} ${table === undefined ? `--query '${query}'` : `--table ${table}`}`}`
    : `${path} is there already and was left alone; --overwrite replaces it.`;
  reporter.result(`${describeInspection(inspection)}\n\n${draft}\n${saved}`, {
    ...documentOf(inspection),
    mapping_file: path,
    mapping_written: written,
  });
}

function inspectFiles(
  input: readonly string[],
  flags: InspectFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Inspection> {
  return Database.use(flags, signal, async (database) => {
    const source = await openSource(database, { ...flags, input });
    // What the flags say in SQL reads the data, and no other file.
    await database.confine(source.files.map(({ stored }) => stored));
    const found = await inspectSource(database, source, wishesOf(flags), reporter);
    const { decimal, dates } = flags;
    const told = { ...(decimal && { decimal }), ...(dates && { dates }) };
    const { features, ...keys } = found.draft.mapping;
    return { ...found, draft: { ...found.draft, mapping: { ...keys, ...told, features } } };
  });
}

function documentOf({ source, columns, draft, counts, offers, findings }: Inspection): object {
  const { mapping, excluded } = draft;
  return {
    source: source.name,
    files: source.layouts.map(layoutOf),
    totals: source.totals,
    rows: counts.rows,
    columns,
    offers,
    findings,
    excluded,
    dirty: counts,
    mapping,
  };
}

/** Writes to the first place that can be written to; a mapping that is there stays. */
async function saveDraft(
  places: readonly string[],
  text: string,
  overwrite: boolean,
  signal: AbortSignal,
): Promise<{ path: string; written: boolean }> {
  for (const [p, path] of places.entries()) {
    if (!overwrite && (await exists(path))) return { path, written: false };
    try {
      await writeWhole(path, signal, (temporary) => writeFile(temporary, text));
      return { path, written: true };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (p === places.length - 1 || !['EACCES', 'EROFS', 'EPERM'].includes(code ?? ''))
        throw error;
    }
  }
  throw new Error('no place to write to');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
