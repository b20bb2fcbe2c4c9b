/*
 * The distinct cells of a warehouse's rows, counted there and brought here:
 *
 *   warehouse                                     here, sorted
 *   GROUP BY bins, words, time, part    ──▶       the table `PREPARED`, each number the member of its bin
 *
 * Everything behind it, whatever comes of rows out of files, takes cells as it takes rows.
 *
 * Impressions of a click log are held out one by one, which counts by cell allow exactly. Records
 * have many impressions each, and one record must not stand on both sides: where no time tells them
 * apart, each is in one of 16 parts by a hash of what was known before its clicks, and the part is
 * one more key. A record that is equal to another in all of that is in the same part.
 */
import { InputError } from '../cli/exit.js';
import { FIRST, PREPARED, USABLE } from '../rows/prepare.js';
import type { Database } from '../source/database.js';
import { quoteNumber } from '../source/sql.js';
import type { CountedRows } from './counts.js';
import {
  featureKey,
  otherKeys,
  timeKey,
  type FeatureKey,
  type Key,
  type KeyOptions,
} from './keys.js';
import { USABLE_ROW, type JudgedRows } from './rows.js';
import { fromSql, rowsOf, type Select, type Value } from './warehouse.js';

/** How rows become cells. */
export interface CellOptions extends KeyOptions {
  /** More cells than these are not held: bins are put together, and then cells are drawn. */
  readonly maxCells: number;
}

/** Bins are not put together below this. */
const LEAST_BINS = 16;

/** What came of it. */
export interface Cells {
  readonly cells: number;
  /** Share of the cells that was drawn, in (0, 1]. */
  readonly drawn: number;
  /** How rows are held out, in words. */
  readonly heldOutBy: string;
  /** Bins that were put together, in words. */
  readonly coarsened: readonly string[];
}

/** Makes the tables `PREPARED` and `FIRST` of cells. */
export async function gatherCells(
  database: Database,
  rows: JudgedRows,
  counted: CountedRows,
  options: CellOptions,
): Promise<Cells> {
  const { mapping } = rows;
  const coarsened: string[] = [];
  // What judges a model is not parted by time again.
  const time = options.cuts === undefined ? await timeKey(rows, counted) : undefined;
  const further = [...(time ? [time] : []), ...otherKeys(rows, options, time)];
  const features: FeatureKey[] = [];
  for (const f of Object.values(mapping.features).keys()) {
    features.push(await featureKey(rows, counted, f, options));
  }
  const ask = (): Promise<number> =>
    countCells(rows, counted, [...features, ...further], options.maxCells);
  let cells = await ask();
  while (cells > options.maxCells && options.cuts === undefined) {
    const finest = finestOf(features);
    if (finest === undefined) break;
    const before = features[finest].bins!;
    const maxBins = Math.max(LEAST_BINS, Math.floor(before / 2));
    const name = Object.keys(mapping.features)[finest];
    const note = `${count(cells)} cells are more than ${count(options.maxCells)} (--max-cells): ${name} has ${maxBins} bins instead of ${before}`;
    coarsened.push(note);
    options.onStep?.(note);
    features[finest] = await featureKey(rows, counted, finest, { ...options, maxBins });
    cells = await ask();
  }
  const keys: readonly Key[] = [...features, ...further];
  const drawn = Math.min(1, options.maxCells / cells);
  const staged = await stageCells(database, rows, counted, keys, drawn);
  const heldOutBy =
    mapping.label !== undefined
      ? 'impression by impression within each cell'
      : keys.some(({ name }) => name === 'part')
        ? 'records in 16 parts by a hash, cell by cell'
        : 'whole cells of one time';
  return { cells: staged, drawn, heldOutBy, coarsened };
}

const count = (n: number): string => n.toLocaleString('en');

/** The feature with the most bins, if it has more than the least. */
function finestOf(features: readonly FeatureKey[]): number | undefined {
  const bins = features.map((feature) => feature.bins ?? 0);
  const most = Math.max(...bins);
  return most > LEAST_BINS ? bins.indexOf(most) : undefined;
}

function cellQuery(rows: JudgedRows, keys: readonly Key[]): Select {
  return {
    ...rows,
    columns: Object.fromEntries(keys.map(({ name, sql }) => [`adscale_${name}_key`, sql])),
    where: [USABLE_ROW],
    groupBy: keys.map(({ name }) => `adscale_${name}_key`),
  };
}

/** How many cells there are; where there cannot be too many, how many there can be. */
async function countCells(
  rows: JudgedRows,
  { counts }: CountedRows,
  keys: readonly Key[],
  maxCells: number,
): Promise<number> {
  const most = keys.reduce((product, key) => product * key.most, 1);
  if (Math.min(most, counts.usable) <= maxCells) return Math.min(most, counts.usable);
  const { warehouse } = rows;
  const inner = warehouse.dialect.select(cellQuery(rows, keys));
  const [{ adscale_cells: cells }] = await rowsOf(warehouse, {
    from: fromSql(warehouse.dialect, { query: inner }),
    layers: [],
    columns: { adscale_cells: 'count(*)' },
  });
  return Number(cells);
}

/** Sums of probabilities are of whole numbers of this, so that they do not depend on their order. */
const TRUTH_UNIT = 1e9;

const STAGED = 'staged_cells';

async function stageCells(
  database: Database,
  rows: JudgedRows,
  counted: CountedRows,
  keys: readonly Key[],
  drawn: number,
): Promise<number> {
  const { warehouse, mapping } = rows;
  const { dialect } = warehouse;
  const isLog = mapping.label !== undefined;
  const query = cellQuery(rows, keys);
  const n = isLog ? '1' : 'adscale_n';
  const unit = dialect.number(TRUTH_UNIT);
  const sums = {
    adscale_sum_rows: 'count(*)',
    ...(!isLog && { adscale_sum_n: 'sum(adscale_n)', adscale_sum_k: 'sum(adscale_k)' }),
    ...(mapping.true_ctr !== undefined && {
      adscale_sum_truth: `sum(floor(adscale_truth * ${n} * ${unit} + ${dialect.number(0.5)}))`,
    }),
  };
  const sql = dialect.select({
    ...query,
    columns: { ...query.columns, ...sums },
    ...(drawn < 1 && { where: [USABLE_ROW, drawnCell(rows, keys, drawn)] }),
  });
  const columns = [
    ...keys.map(({ name, type }) => ({ name, type })),
    ...Object.keys(sums).map((name) => ({
      name: name.replace('adscale_sum_', 'sum_'),
      type: 'DOUBLE' as const,
    })),
  ];
  const staged = await database.load(STAGED, columns, decoded(warehouse.stream(sql), keys));
  await prepareCells(database, rows, keys);
  const { rows: found } = await database.row(
    `SELECT coalesce(sum(rows), 0)::DOUBLE AS rows FROM ${PREPARED}`,
  );
  if (drawn === 1 && Number(found) < counted.counts.usable) {
    throw new InputError(
      `${warehouse.url}: got ${count(Number(found))} rows in cells, wanted ${count(counted.counts.usable)}: rows went away while they were counted`,
    );
  }
  return staged;
}

/** Whether a cell is drawn: the same cells in every run. */
function drawnCell(
  { warehouse: { dialect } }: JudgedRows,
  keys: readonly Key[],
  share: number,
): string {
  const texts = keys
    .filter(({ name }) => name !== 'k' && name !== 'part')
    .map(({ sql, type }) => (type === 'VARCHAR' ? sql : dialect.exactText(sql)));
  const bound = Math.max(1, Math.round(share * 16 ** 6))
    .toString(16)
    .padStart(6, '0');
  return `${dialect.md5(dialect.concat(texts), 6)} < ${dialect.text(bound)}`;
}

/** Rows with the members of their bins for the bins' numbers. */
async function* decoded(
  blocks: AsyncIterable<Value[][]>,
  keys: readonly Key[],
): AsyncGenerator<Value[][]> {
  for await (const rows of blocks) {
    for (const row of rows) {
      for (let c = 0; c < row.length; c++) {
        const value = row[c];
        if (value === null || keys[c]?.type === 'VARCHAR') continue;
        const number = Number(value);
        row[c] = keys[c]?.members?.[number] ?? number;
      }
    }
    yield rows;
  }
}

/** Sorted, so that the same cells are the same table whatever order they came in. */
async function prepareCells(
  database: Database,
  { mapping }: JudgedRows,
  keys: readonly Key[],
): Promise<void> {
  const { label, features, negative_sampling_rate: rate = 1, true_ctr: truth } = mapping;
  const has = (name: string): boolean => keys.some((key) => key.name === name);
  const names = Object.keys(features).map((_, f) => `f${f}`);
  const isLog = label !== undefined;
  const clicks = isLog ? 'k * sum_rows' : 'sum_k';
  const exposure =
    isLog || rate === 1
      ? isLog
        ? 'sum_rows'
        : 'sum_n'
      : `(sum_k + (sum_n - sum_k) / ${quoteNumber(rate)})`;
  const order = keys.map(({ name }) => `${name} NULLS FIRST`).join(', ');
  await database.run(`CREATE OR REPLACE TABLE ${PREPARED} AS
    SELECT NULL::VARCHAR AS file, (row_number() OVER (ORDER BY ${order}) - 1)::BIGINT AS line, ${names.join(', ')},
      (${exposure})::DOUBLE AS n, (${clicks})::DOUBLE AS k,
      ${truth === undefined ? 'NULL::DOUBLE' : `sum_truth / ${TRUTH_UNIT} / ${isLog ? 'sum_rows' : 'sum_n'}`} AS truth,
      ${has('time') ? 'time' : 'NULL::DOUBLE'} AS time,
      ${has('grp') ? '(hash(grp) >> 12)::DOUBLE' : 'NULL::DOUBLE'} AS grp, sum_rows AS rows,
      true AS kept, NULL::USMALLINT AS problem, NULL::VARCHAR AS got
    FROM ${STAGED} ORDER BY line`);
  await database.run(`DROP TABLE ${STAGED}`);
  await database.run(
    `CREATE OR REPLACE TEMP TABLE ${FIRST} AS FROM ${PREPARED} WHERE ${USABLE} LIMIT ${FIRST_CELLS}`,
  );
}

const FIRST_CELLS = 100_000;
