/*
 * A table to learn from that a warehouse counts. What its columns mean is found out from a sample of
 * its rows, in the same way and order as of files; the rest is asked of all rows, where they lie.
 */
import { defaultFitOptions } from '@adscale/ctr';
import type { Reporter } from '../cli/reporter.js';
import { changeMapping } from '../mapping/mapping-flags.js';
import { type Mapping } from '../mapping/mapping.js';
import { renameColumns } from '../rows/columns.js';
import { Database } from '../source/database.js';
import { nameOf, useWarehouse, warehouseData, type WarehouseData } from '../warehouse/open.js';
import { readWarehouse, sourceOf, withoutSql } from '../warehouse/read.js';
import { openRows } from '../warehouse/rows.js';
import { stageSample } from '../warehouse/sample.js';
import type { Warehouse } from '../warehouse/warehouse.js';
import {
  askOfSampling,
  findMapping,
  leftOut,
  resolveMapping,
  tellNotNested,
  type LoadedTable,
  type LoadFlags,
} from './load.js';

/**
 * Counts what the flags name into cells, as their mapping says; tells what was left out.
 * @param url of the warehouse
 * @throws InputError if it cannot be read or learned from
 */
export async function loadWarehouse(
  url: string,
  flags: LoadFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<LoadedTable> {
  const data = warehouseData(url, flags);
  return useWarehouse(url, flags, signal, (warehouse) =>
    Database.use(flags, signal, async (database) => {
      const wanted = await wantedMapping(database, warehouse, data, flags, reporter, signal);
      const maxBins = flags.bins ?? defaultFitOptions.maxBins;
      const { maxCells } = flags;
      const read = await reporter.during(
        { name: 'count', unit: 'rows' },
        () => {
          const onStep = (what: string): void => reporter.note(`counting: ${what}`);
          const { mapping } = wanted;
          return readWarehouse(database, warehouse, { data, mapping, maxBins, maxCells, onStep });
        },
        ({ counts }) => counts.rows,
      );
      const { table, mapping, counts, fingerprint, counting } = read;
      await askOfSampling(database, sourceOf(data), mapping, signal);
      const told = [...leftOut(counts), ...tellNotNested(table, mapping)];
      const notes = [...new Set([...wanted.notes, ...told, ...read.notes])];
      notes.forEach((note) => reporter.note(note));
      const source = nameOf(data);
      return { table, source, mapping, fingerprint, counts, files: [], counting, notes };
    }),
  );
}

/** A mapping whose SQL is the warehouse's. */
interface Wanted {
  readonly mapping: Mapping;
  readonly notes: readonly string[];
}

async function wantedMapping(
  database: Database,
  warehouse: Warehouse,
  data: WarehouseData,
  flags: LoadFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Wanted> {
  const input = data.table === undefined ? [] : [data.table];
  const known = await findMapping({ ...flags, input }, reporter);
  const derived = { ...known?.derived, ...flags.derive };
  const where = [...(known?.where ?? []), ...flags.where];
  const rows = await openRows(warehouse, data, derived);
  const names = rows.columns.map(({ name }) => name);
  if (known !== undefined) {
    const { derived: _, where: __, ...keys } = changeMapping(renameColumns(known, names), flags);
    return { mapping: withSql(keys, derived, where), notes: [] };
  }
  const { source } = await stageSample(database, rows, data, { where });
  // The sample has met the conditions, and holds what is derived as columns.
  const plain = { ...flags, input: [...input], where: [], derive: {} };
  const resolved = await resolveMapping(database, source, plain, undefined, reporter, signal);
  const notes = [...source.notes, ...resolved.notes];
  return { mapping: withSql(withoutSql(resolved.mapping), derived, where, flags.mature), notes };
}

function withSql(
  { features, ...keys }: Mapping,
  derived: Readonly<Record<string, string>>,
  where: readonly string[],
  mature?: number,
): Mapping {
  return {
    ...keys,
    ...(Object.keys(derived).length > 0 && { derived }),
    ...(where.length > 0 && { where }),
    ...(mature !== undefined && { mature_days: mature }),
    features,
  };
}
