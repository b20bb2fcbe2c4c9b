/* What a warehouse's rows are grouped by: the bins of their numbers, their words, and what they are held out by. */
import { isText } from '../mapping/mapping.js';
import { isId } from '../rows/restated.js';
import { featureColumn } from '../rows/rules.js';
import { bucketCounter, type CountedRows } from './counts.js';
import { binsOf, type Binning } from './cuts.js';
import { columnOf, DAY, refuseWords, type JudgedRows } from './rows.js';
import { nextUp } from './warehouse.js';

/** How finely rows are grouped. */
export interface KeyOptions {
  /** Bins of a numeric feature. */
  readonly maxBins: number;
  /** By feature: cuts of a model's own instead. */
  readonly cuts?: readonly Float64Array[];
  readonly onStep?: (what: string) => void;
}

/** A key that rows are grouped by. */
export interface Key {
  readonly name: string;
  readonly sql: string;
  readonly type: 'DOUBLE' | 'VARCHAR';
  /** By key, the number that its bin stands for; absent where a key stands for itself. */
  readonly members?: Float64Array;
  /** Different values at most. */
  readonly most: number;
}

/** As click-log.ts: so many different times are enough to split by. */
const TIMES = 1000;

/** With so many moments, rows are held out by them. */
const MOMENTS = 10;

/** A feature as a key. */
export interface FeatureKey extends Key {
  /** How many it has, if it is binned. */
  readonly bins?: number;
}

/** The key of a feature by its place. */
export async function featureKey(
  rows: JudgedRows,
  counted: CountedRows,
  f: number,
  { maxBins, cuts, onStep }: KeyOptions,
): Promise<FeatureKey> {
  const feature = Object.values(rows.mapping.features)[f];
  const [name, sql] = [`f${f}`, featureColumn(f)];
  if (isText(feature)) return { name, sql, type: 'VARCHAR', most: Infinity };
  if (feature.kind === 'word') return { name, sql, type: 'DOUBLE', most: Infinity };
  if (cuts !== undefined) return binnedKey(rows, { name, sql }, givenBinning(cuts[f]));
  onStep?.(`bins of ${feature.column}`);
  const binning = await binsOf(bucketCounter(rows, sql), counted.ends.get(sql)!, maxBins);
  return { ...binnedKey(rows, { name, sql }, binning), bins: binning.members.length };
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
  const binned = dialect.bin(sql, borders);
  return { name, sql: binned, type: 'DOUBLE', members, most: members.length + 1 };
}

/** Times to the day, or to the hour where they are few days; not too many of them. */
export async function timeKey(rows: JudgedRows, counted: CountedRows): Promise<Key | undefined> {
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
export function otherKeys(rows: JudgedRows, { cuts }: KeyOptions, time: Key | undefined): Key[] {
  const { mapping, columns, warehouse } = rows;
  const { dialect } = warehouse;
  const keys: Key[] = [];
  if (mapping.group !== undefined) {
    const column = columnOf(columns, mapping.group);
    refuseWords(column);
    keys.push({ name: 'grp', sql: dialect.asText(column), type: 'VARCHAR', most: Infinity });
  }
  if (mapping.label !== undefined) {
    keys.push({ name: 'k', sql: 'adscale_k', type: 'DOUBLE', most: 2 });
  } else if (cuts === undefined && (time?.members?.length ?? 0) < MOMENTS) {
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
