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
import { isText } from '../mapping/mapping.js';
import { isId } from '../rows/restated.js';
import { FIRST, PREPARED, USABLE } from '../rows/prepare.js';
import { featureColumn } from '../rows/rules.js';
import type { Database } from '../source/database.js';
import { quoteNumber } from '../source/sql.js';
import { bucketCounter, type CountedRows } from './counts.js';
import { binsOf, type Binning } from './cuts.js';
import { columnOf, DAY, USABLE_ROW, type JudgedRows } from './rows.js';
import { nextUp, rowsOf, type Select, type Value } from './warehouse.js';

/** How rows become cells. */
export interface CellOptions {
  /** Bins of a numeric feature. */
  readonly maxBins: number;
  /** By feature: cuts of a model's own instead. */
  readonly cuts?: readonly Float64Array[];
  /** More cells than these are not held: bins are put together, and then cells are drawn. */
  readonly maxCells: number;
  readonly onStep?: (what: string) => void;
}

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

/** A key that rows are grouped by. */
interface Key {
  readonly name: string;
  readonly sql: string;
  readonly type: 'DOUBLE' | 'VARCHAR';
  /** What the key stands for; itself if absent. */
  readonly members?: ReadonlyMap<number, number>;
  /** Different values at most. */
  readonly most: number;
}

/** As click-log.ts: so many different times are enough to split by. */
const TIMES = 1000;

/** With so many moments, rows are held out by them. */
const MOMENTS = 10;

/** Bins are not put together below this. */
const LEAST_BINS = 16;

/** Makes the tables `PREPARED` and `FIRST` of cells. */
export async function gatherCells(
  database: Database,
  rows: JudgedRows,
  counted: CountedRows,
  options: CellOptions,
): Promise<Cells> {
  const { mapping } = rows;
  const coarsened: string[] = [];
  const time = await timeKey(rows, counted);
  const further = [...(time ? [time] : []), ...otherKeys(rows, options, time)];
  const bins = new Map<number, number>();
  let features = await featureKeys(rows, counted, options, bins);
  let keys = [...features, ...further];
  let cells = await countCells(rows, counted, keys, options.maxCells);
  for (
    ;
    cells > options.maxCells;
    cells = await countCells(rows, counted, keys, options.maxCells)
  ) {
    const finest = finestOf(bins);
    if (options.cuts !== undefined || finest === undefined) break;
    const before = bins.get(finest)!;
    const fewer = Math.max(LEAST_BINS, Math.floor(before / 2));
    bins.set(finest, fewer);
    const name = Object.keys(mapping.features)[finest];
    const note = `${count(cells)} cells are more than ${count(options.maxCells)} (--max-cells): ${name} has ${fewer} bins instead of ${before}`;
    coarsened.push(note);
    options.onStep?.(note);
    features = await featureKeys(rows, counted, options, bins);
    keys = [...features, ...further];
  }
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
function finestOf(bins: ReadonlyMap<number, number>): number | undefined {
  const [finest] = [...bins].sort(([f, a], [g, b]) => b - a || f - g);
  return finest !== undefined && finest[1] > LEAST_BINS ? finest[0] : undefined;
}

/** @param bins by numeric feature, how many it has; filled in, or taken where they are fewer */
async function featureKeys(
  rows: JudgedRows,
  counted: CountedRows,
  { maxBins, cuts, onStep }: CellOptions,
  bins: Map<number, number>,
): Promise<Key[]> {
  const keys: Key[] = [];
  for (const [f, feature] of Object.values(rows.mapping.features).entries()) {
    const [name, sql] = [`f${f}`, featureColumn(f)];
    if (isText(feature)) {
      keys.push({ name, sql, type: 'VARCHAR', most: Infinity });
    } else if (feature.kind === 'word') {
      keys.push({ name, sql, type: 'DOUBLE', most: Infinity });
    } else {
      const most = Math.min(maxBins, bins.get(f) ?? maxBins);
      onStep?.(`bins of ${feature.column}`);
      const binning = cuts
        ? givenBinning(cuts[f])
        : await binsOf(bucketCounter(rows, sql), counted.ends.get(sql)!, most);
      bins.set(f, binning.members.length);
      keys.push(binnedKey(rows, { name, sql }, binning));
    }
  }
  return keys;
}

/** As in click-log.ts: any number stands for its bin where the bins are a model's. */
function givenBinning(cuts: Float64Array): Binning {
  const last = cuts.at(-1) ?? 0;
  const members = Float64Array.from([...cuts, last + Math.max(1, Math.abs(last))]);
  return { cuts, members };
}

function binnedKey(
  { warehouse: { dialect } }: JudgedRows,
  { name, sql }: Pick<Key, 'name' | 'sql'>,
  { cuts, members }: Binning,
): Key {
  // x ≤ cut is left of it, and an interval begins with its border.
  const borders = cuts.map(nextUp);
  const numbers = dialect.binKeys(borders);
  return {
    ...{ name, sql: dialect.bin(sql, borders), type: 'DOUBLE', most: members.length + 1 },
    members: new Map(numbers.map((key, bin) => [key, members[bin]])),
  };
}

/** Times to the day, or to the hour where they are few days; not too many of them. */
async function timeKey(rows: JudgedRows, counted: CountedRows): Promise<Key | undefined> {
  const { mapping, columns, warehouse } = rows;
  if (mapping.time === undefined) return undefined;
  const { least, greatest } = counted.ends.get('adscale_time')!;
  const span = greatest - least;
  const isTime = columnOf(columns, mapping.time).kind === 'time';
  const unit = !isTime ? 0 : span >= MOMENTS * DAY ? DAY : span >= MOMENTS * HOUR ? HOUR : 0;
  const number = warehouse.dialect.number(unit);
  const sql = unit === 0 ? 'adscale_time' : `floor(adscale_time / ${number}) * ${number}`;
  const floor = (value: number): number => (unit === 0 ? value : Math.floor(value / unit) * unit);
  const whole = { count: counted.counts.usable, least: floor(least), greatest: floor(greatest) };
  const binning = await binsOf(bucketCounter(rows, sql), whole, TIMES);
  return binnedKey(rows, { name: 'time', sql }, binning);
}

const HOUR = 3600;

/** What rows are parted by beside their features and their time. */
function otherKeys(rows: JudgedRows, { cuts }: CellOptions, time: Key | undefined): Key[] {
  const { mapping, columns, warehouse } = rows;
  const { dialect } = warehouse;
  const keys: Key[] = [];
  if (mapping.group !== undefined) {
    const sql = dialect.asText(columnOf(columns, mapping.group));
    keys.push({ name: 'grp', sql, type: 'VARCHAR', most: Infinity });
  }
  if (mapping.label !== undefined) {
    keys.push({ name: 'k', sql: 'adscale_k', type: 'DOUBLE', most: 2 });
  } else if (cuts === undefined && (time?.members?.size ?? 0) < MOMENTS) {
    keys.push({ name: 'part', sql: partSql(rows), type: 'VARCHAR', most: 16 });
  }
  return keys;
}

/** One of 16 parts by all that names a record, and nothing that follows its clicks. */
function partSql({ mapping, columns, warehouse: { dialect } }: JudgedRows): string {
  const values = Object.values(mapping.features).map((feature, f) =>
    isText(feature) ? featureColumn(f) : dialect.exactText(featureColumn(f)),
  );
  const names = columns
    .filter(
      ({ name, kind }) =>
        (kind === 'text' || (kind === 'integer' && isId(name))) && name !== mapping.clicks,
    )
    .map((column) => dialect.asText(column));
  const times = columns
    .filter(({ kind }) => kind === 'time')
    .map((column) => dialect.exactText(dialect.asTime(column)));
  const all = [...values, dialect.exactText('adscale_n'), ...names, ...times];
  return dialect.md5(dialect.concat(all), 1);
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
    from: warehouse.dialect.from(undefined, inner),
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
        row[c] = keys[c]?.members?.get(number) ?? number;
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
