import type { CtrModel, CtrTable } from '@adscale/ctr';
import { readMappingFile } from '../mapping/file.js';
import { changeMapping, type MappingChanges } from '../mapping/mapping-flags.js';
import { modelMapping } from './model-mapping.js';
import type { Reporter } from '../cli/reporter.js';
import { Database } from '../source/database.js';
import { describeDirty, type RowCounts } from '../rows/dirty.js';
import { fingerprint } from '../source/fingerprint.js';
import type { SourceFlags } from '../source/source-flags.js';
import { readTable } from '../rows/table.js';
import { openSource } from '../source/source.js';

export interface JudgingFlags extends SourceFlags, MappingChanges {
  readonly mapping?: string;
}

/** Rows that judge a model. */
export interface JudgingTable {
  readonly table: CtrTable;
  readonly counts: RowCounts;
  readonly fingerprint: string;
}

/**
 * Reads data with known clicks as a model sees it. A click log is grouped by the model's own bins,
 * so that every prediction is that of its row.
 * @throws InputError if it cannot be read so
 */
export async function readJudgingTable(
  model: CtrModel,
  flags: JudgingFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<JudgingTable> {
  const { forest } = model;
  const given = flags.mapping === undefined ? undefined : await readMappingFile(flags.mapping);
  return Database.use(flags, signal, async (database) => {
    const source = await openSource(database, flags);
    await database.confine(source.files.map(({ path }) => path));
    const names = source.columns.map(({ name }) => name);
    const { table, counts } = await reporter.during(
      { name: 'read', unit: 'rows' },
      (stage) =>
        readTable(database, source, {
          mapping: changeMapping(modelMapping(model, names, given), flags),
          maxBins: forest.parameters.maxBins,
          cuts: forest.bins.map(({ cuts }) => cuts),
          judgeOnly: true,
          stage,
        }),
      (read) => read.counts.rows,
    );
    if (counts.dirty > 0) {
      const dropped = counts.dirty.toLocaleString('en');
      reporter.note(`dropped ${dropped} rows: ${describeDirty(counts)}`);
    }
    return { table, counts, fingerprint: await fingerprint(database, source, signal) };
  });
}
