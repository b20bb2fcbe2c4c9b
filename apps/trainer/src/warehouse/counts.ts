/* What is in all rows of a warehouse, counted there: sums by what is wrong with them, ends of columns, buckets. */
import { createHash } from 'node:crypto';
import { shortened } from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import { columnsOf, isText, type Mapping } from '../mapping/mapping.js';
import { SHOWN, sumUp, type DirtyExample, type RowCounts } from '../rows/counts.js';
import { featureColumn } from '../rows/rules.js';
import type { Source } from '../source/source.js';
import type { Bucket, BucketCounter, Grid, Within } from './cuts.js';
import { columnOf, USABLE_ROW, type JudgedRows } from './rows.js';
import { rowsOf, type Select, type Value } from './warehouse.js';

/** All rows, counted. */
export interface CountedRows {
  readonly counts: RowCounts;
  /** Sums over the usable rows. */
  readonly impressions: number;
  readonly clicks: number;
  /** By name (`adscale_f0`, `adscale_time`), the ends of a number of the usable rows. */
  readonly ends: ReadonlyMap<string, Bucket>;
  /** `sha256:…`, of the columns that the mapping reads, in all rows and whatever order. */
  readonly fingerprint: string;
}

/** Numeric values that are binned: features, and the time. */
export function numbersOf({ features, time }: Mapping): string[] {
  const names = Object.values(features).flatMap((feature, f) =>
    isText(feature) || feature.kind === 'word' ? [] : [featureColumn(f)],
  );
  return time === undefined ? names : [...names, 'adscale_time'];
}

/** Counts all rows in one pass. */
export async function countJudged(rows: JudgedRows, source: Source): Promise<CountedRows> {
  const { warehouse, mapping, rules } = rows;
  const { dialect } = warehouse;
  const numbers = numbersOf(mapping);
  const texts = [...new Set(columnsOf(mapping))].map((name) =>
    dialect.asText(columnOf(rows.columns, name)),
  );
  const ends = numbers.flatMap((name, c) => [
    [`adscale_count${c}`, `count(${name})`],
    [`adscale_least${c}`, `min(${name})`],
    [`adscale_most${c}`, `max(${name})`],
  ]);
  const found = await rowsOf(warehouse, {
    ...rows,
    columns: {
      adscale_group: 'adscale_kept',
      adscale_reason: 'adscale_problem',
      adscale_rows: 'count(*)',
      adscale_sum_n: mapping.label === undefined ? 'sum(adscale_n)' : 'count(*)',
      adscale_sum_k: 'sum(adscale_k)',
      adscale_hash: dialect.hashSum(dialect.hash(dialect.concat(texts))),
      ...Object.fromEntries(ends),
    },
    groupBy: ['adscale_group', 'adscale_reason'],
  });
  const groups = found.map((row) => ({
    kept: Number(row.adscale_group) === 1,
    problem: Number(row.adscale_reason) === 0 ? null : Number(row.adscale_reason),
    rows: Number(row.adscale_rows),
    n: Number(row.adscale_sum_n ?? 0),
    row,
  }));
  groups.sort((a, b) => b.rows - a.rows || Number(a.problem) - Number(b.problem));
  const plain = groups.map(({ row: _, ...group }) => group);
  const counts = await sumUp(plain, { rules, source }, () => findExamples(rows));
  const usable = groups.find(({ kept, problem }) => kept && problem === null)?.row ?? {};
  const sums = {
    impressions: Number(usable.adscale_sum_n ?? 0),
    clicks: Number(usable.adscale_sum_k ?? 0),
  };
  return {
    ...{ counts, ...sums },
    ends: new Map(numbers.map((name, c) => [name, endsOf(usable, c)])),
    fingerprint: fingerprintOf(dialect.engine, counts.rows, found),
  };
}

/** Of all rows, whatever is wrong with them: those that judge a model are other ones. */
function fingerprintOf(
  engine: string,
  rows: number,
  groups: readonly Readonly<Record<string, Value>>[],
): string {
  const sum = groups.reduce((all, { adscale_hash: hash }) => all + BigInt(String(hash)), 0n);
  const told = JSON.stringify([engine, rows, String(BigInt.asUintN(64, sum))]);
  return `sha256:${createHash('sha256').update(told).digest('hex')}`;
}

function endsOf(row: Readonly<Record<string, Value>>, c: number): Bucket {
  return {
    count: Number(row[`adscale_count${c}`] ?? 0),
    least: Number(row[`adscale_least${c}`] ?? 0),
    greatest: Number(row[`adscale_most${c}`] ?? 0),
  };
}

/** Seconds since 1970 of the last row, where the mapping leaves young days out. */
export async function latestOf(rows: JudgedRows): Promise<number | undefined> {
  const { mapping, columns } = rows;
  const days = mapping.mature_days ?? 0;
  if (days === 0) return undefined;
  if (mapping.time === undefined || columnOf(columns, mapping.time).kind !== 'time') {
    throw new InputError(`--mature: got ${days} days, wanted a mapping whose time is a date`);
  }
  const [{ adscale_latest: latest }] = await rowsOf(rows.warehouse, {
    ...rows,
    columns: { adscale_latest: 'max(adscale_time)' },
  });
  return latest === null ? undefined : Number(latest);
}

async function findExamples(rows: JudgedRows): Promise<DirtyExample[]> {
  const { warehouse, rules, columns, mapping } = rows;
  const { dialect } = warehouse;
  const got = rules
    .map(
      ({ column }, r) =>
        `WHEN adscale_problem = ${r + 1} THEN ${dialect.asText(columnOf(columns, column))}`,
    )
    .join('\n');
  const found = await rowsOf(warehouse, {
    ...rows,
    columns: {
      adscale_reason: 'adscale_problem',
      // Servers of ClickHouse of 2018 answer a CASE of a value with nothing where it ends by NULL.
      adscale_got: `CASE ${got} ELSE NULL END`,
      ...(mapping.label === undefined && { adscale_shown: 'adscale_n' }),
    },
    where: ['adscale_kept = 1', 'adscale_problem > 0'],
    limit: SHOWN,
  });
  return found.map(({ adscale_reason: problem, adscale_got: value, adscale_shown: shown }) => {
    const { column, wanted, broken } = rules[Number(problem) - 1];
    const bound = broken === 'adscale_k > adscale_n' ? `, ${String(shown)}` : '';
    const text = shortened(String(value ?? ''));
    return { where: 'a row', column, value: text, wanted: wanted + bound };
  });
}

/**
 * Counts the values of a number in buckets.
 * @param value SQL over the rows' names
 */
export function bucketCounter(rows: Judging, value: string): BucketCounter {
  const { warehouse } = rows;
  const { dialect } = warehouse;
  const key = ({ origin, width }: Grid): string =>
    `floor((${value} - ${dialect.number(origin)}) / ${dialect.number(width)})`;
  const where = (within: Within | undefined): string[] => [
    ...(rows.where ?? [USABLE_ROW]),
    `${value} IS NOT NULL`,
    ...(within ? [`${key(within)} IN (${within.keys.map(dialect.number).join(', ')})`] : []),
  ];
  const ask = async (grouped: string, within: Within | undefined): Promise<Bucket[]> => {
    const found = await rowsOf(warehouse, {
      ...rows,
      columns: {
        adscale_key: grouped,
        adscale_rows: 'count(*)',
        adscale_least: `min(${value})`,
        adscale_most: `max(${value})`,
      },
      where: where(within),
      groupBy: ['adscale_key'],
    });
    return found.map((row) => ({
      count: Number(row.adscale_rows),
      least: Number(row.adscale_least),
      greatest: Number(row.adscale_most),
    }));
  };
  return {
    count: (grid, within) => ask(key(grid), within),
    list: (within) => ask(value, within),
  };
}

/** Rows whose numbers are counted; those that are usable, unless it is said which. */
export type Judging = Pick<JudgedRows, 'warehouse' | 'from' | 'layers'> & Pick<Select, 'where'>;
