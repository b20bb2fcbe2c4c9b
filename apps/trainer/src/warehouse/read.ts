/*
 * The rows of a warehouse as the table that is learned from, by three questions to it:
 *
 *   counts of all rows by what is wrong with them ──▶ cuts of numbers ──▶ cells
 */
import type { CtrTable, WarehouseCounting } from '@adscale/ctr';
import type { Stage } from '../cli/reporter.js';
import { columnsOf, type Mapping } from '../mapping/mapping.js';
import { checkRows, type RowCounts } from '../rows/counts.js';
import { refuseLeaks } from '../rows/leaks.js';
import { prepareRows } from '../rows/prepare.js';
import { readPrepared } from '../rows/table.js';
import { InputError } from '../cli/exit.js';
import type { Database } from '../source/database.js';
import { noTotals } from '../source/totals.js';
import type { Source } from '../source/source.js';
import { gatherCells } from './cells.js';
import { countJudged, latestOf, type CountedRows } from './counts.js';
import { defaultMaxCells, nameOf, type WarehouseData } from './open.js';
import { columnOf, judgeRows, openRows, type JudgedRows, type WarehouseRows } from './rows.js';
import { stageSample } from './sample.js';
import type { Traffic, Warehouse } from './warehouse.js';

/** What is read, and how finely. */
export interface ReadWarehouse {
  readonly data: WarehouseData;
  readonly mapping: Mapping;
  readonly maxBins: number;
  readonly maxCells?: number;
  /** A model's cuts by feature: the rows only judge it. */
  readonly cuts?: readonly Float64Array[];
  readonly stage?: Stage;
  readonly onStep?: (what: string) => void;
}

/** A table of cells, and how it came about. */
export interface WarehouseTable {
  readonly table: CtrTable;
  readonly mapping: Mapping;
  readonly counts: RowCounts;
  readonly fingerprint: string;
  readonly counting: WarehouseCounting;
  readonly notes: readonly string[];
}

/**
 * Counts the rows of a warehouse into cells, and reads these.
 * @throws InputError if the warehouse or the mapping refuses, as `readTable` of files does
 */
export async function readWarehouse(
  database: Database,
  warehouse: Warehouse,
  { data, mapping, maxBins, maxCells, cuts, onStep }: ReadWarehouse,
): Promise<WarehouseTable> {
  refuseRestated(mapping);
  const source = sourceOf(data);
  const rows = await openRows(warehouse, data, mapping.derived ?? {});
  onStep?.('counts');
  const judged = await judgedRows(rows, mapping, cuts !== undefined);
  const counted = await countJudged(judged, source);
  checkRows({ source, mapping, rules: judged.rules }, counted.counts);
  if (cuts === undefined) {
    refuseEmpty(source, mapping, counted);
    await refuseLeaksOfSample(database, rows, data, mapping);
  }
  const options = { maxBins, cuts, maxCells: maxCells ?? defaultMaxCells(), onStep };
  const cells = await gatherCells(database, judged, counted, options);
  const prepared = { source, mapping, rules: judged.rules, grouped: true };
  const read = await readPrepared(database, prepared, cells.cells, { maxBins, cuts });
  const { traffic, dialect } = warehouse;
  return {
    ...read,
    counts: counted.counts,
    fingerprint: counted.fingerprint,
    counting: {
      ...{ engine: dialect.engine, rows: counted.counts.rows, cells: cells.cells },
      ...(cells.drawn < 1 && { drawn: cells.drawn }),
      ...(cells.coarsened.length > 0 && { coarsened: cells.coarsened }),
      ...{ held_out_by: cells.heldOutBy, crossed: { ...traffic } },
    },
    notes: [
      ...cells.coarsened,
      ...tellDrawn(cells.drawn, cuts === undefined),
      tellCrossed(counted.counts.rows, cells.cells, traffic),
    ],
  };
}

function tellDrawn(share: number, isLearned: boolean): string[] {
  if (share === 1) return [];
  const percent = (100 * share).toPrecision(3);
  return [
    `${percent} % of the cells ${isLearned ? 'are learned from' : 'judge'}, drawn by a hash, as more are not held (--max-cells)`,
  ];
}

/** What crossed the network, in a sentence. */
function tellCrossed(rows: number, cells: number, { queries, bytes }: Traffic): string {
  const count = (n: number): string => n.toLocaleString('en');
  return `${count(rows)} rows were counted where they lie into ${count(cells)} cells: ${count(queries)} queries, ${count(bytes)} bytes of results`;
}

/** The rows as the mapping reads them, without its young days. */
export async function judgedRows(
  rows: WarehouseRows,
  mapping: Mapping,
  answering: boolean,
): Promise<JudgedRows> {
  const { mature_days: _, ...whole } = mapping;
  const judged = await judgeRows(rows, whole, answering);
  if ((mapping.mature_days ?? 0) === 0) return judged;
  const latest = await latestOf({ ...judged, mapping });
  return judgeRows(rows, mapping, answering, latest);
}

/** A warehouse as messages name it. */
export function sourceOf(data: WarehouseData): Source {
  return {
    ...{ format: 'query', files: [], text: false, layouts: [], totals: noTotals },
    ...{ name: nameOf(data), query: '', columns: [], notes: [] },
  };
}

/** The mapping of columns that the warehouse has derived and the conditions of which it has met. */
export function withoutSql(mapping: Mapping): Mapping {
  const { where: _, derived: __, mature_days: ___, ...plain } = mapping;
  return plain;
}

function refuseRestated({ restated }: Mapping): void {
  if (restated === undefined || restated === 'keep') return;
  throw new InputError(
    `restated: got ${restated}, wanted keep: with --source, the SELECT of --query takes the newest rows`,
  );
}

function refuseEmpty(source: Source, mapping: Mapping, { impressions, clicks }: CountedRows): void {
  if (clicks > 0 && clicks < impressions) return;
  const count = impressions.toLocaleString('en');
  const got =
    clicks === 0 ? `no click in ${count} impressions` : `a click in each of ${count} impressions`;
  throw new InputError(
    `${source.name}: ${mapping.label ?? mapping.clicks}: got ${got}, wanted some with clicks and some without`,
  );
}

/** Leaks are measured by ranks of rows, of which a sample is enough: as of files. */
async function refuseLeaksOfSample(
  database: Database,
  rows: WarehouseRows,
  data: WarehouseData,
  mapping: Mapping,
): Promise<void> {
  const names = columnsOf(mapping);
  names.forEach((name) => columnOf(rows.columns, name));
  const { source } = await stageSample(database, rows, data, { names, where: mapping.where });
  const prepared = await prepareRows(database, source, withoutSql(mapping));
  await refuseLeaks(database, prepared);
}
