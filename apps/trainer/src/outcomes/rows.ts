/*
 * From a source and a mapping to outcomes, in SQL:
 *
 *   source ──▶ settled ──▶ prepared ──▶ outcomes     one a day, record and label: rows that say the
 *                                                    same are added up
 *
 * An outcome's key is a hash of its day and of what names its row, so that a later delivery of the same
 * day replaces it whatever its counts are by then. Rows of one key and other records lack a column that
 * tells them apart; they are numbered in the order of the data.
 */
import { InputError } from '../cli/exit.js';
import type { Stage } from '../cli/reporter.js';
import type { Mapping } from '../mapping/mapping.js';
import { checkRows, countRows, placeOf, type RowCounts } from '../rows/counts.js';
import { PREPARED, prepareRows, USABLE } from '../rows/prepare.js';
import { settleRestated, tellRestated } from '../rows/restated.js';
import { presentValue } from '../rows/typed.js';
import type { Database } from '../source/database.js';
import type { Source } from '../source/source.js';
import { quoteName, quoteText } from '../source/sql.js';
import type { OutcomeColumns } from './columns.js';

/** An outcome as `POST /outcomes` takes it. */
export interface SentOutcome {
  readonly key: string;
  readonly record: Readonly<Record<string, string | number | null>>;
  /** A UTC day, or two with a slash between. */
  readonly period: string;
  /** ISO 8601 */
  readonly until?: string;
  readonly impressions: number;
  readonly clicks: number;
  readonly spend?: number;
  readonly campaign?: string;
  readonly placement?: string;
  readonly arm?: string;
  readonly model_version?: string;
}

/** An outcome, and where it stands in the data. */
export interface PlacedOutcome {
  /** "ads.csv: line 3" */
  readonly where: string;
  readonly outcome: SentOutcome;
}

/** What there is to send. */
export interface OutcomeRows {
  readonly counts: RowCounts;
  readonly outcomes: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly spend: number | null;
  /** Days, first and last; of `--period` that. */
  readonly from: string;
  readonly to: string;
  readonly days: number;
  readonly notes: readonly string[];
  /** The outcomes, some at a time, in the order of the data. */
  readonly chunks: () => AsyncGenerator<PlacedOutcome[]>;
}

/** What outcomes are made from. */
export interface OutcomePlan {
  readonly mapping: Mapping;
  readonly columns: OutcomeColumns;
  /** Of all rows, instead of their days. */
  readonly period?: string;
  /** Until when all figures count, ISO 8601. */
  readonly until?: string;
  readonly modelVersion?: string;
}

const OUTCOMES = 'outcome_rows';
const LABELS = ['campaign', 'placement', 'arm'] as const;
/** Seconds: 1973 to 2242. Numbers outside are no moments. */
const MOMENTS = [1e8, 8.6e9] as const;

/**
 * Makes the table of outcomes.
 * @throws InputError if rows cannot be used and are not to be dropped, or their days are none
 */
export async function outcomeRows(
  database: Database,
  source: Source,
  plan: OutcomePlan,
  stage?: Stage,
): Promise<OutcomeRows> {
  const { mapping } = plan;
  const settled = await settleRestated(database, source, mapping);
  const further = furtherColumns(settled.source, plan);
  const options = { answering: true, further, ...(stage && { stage }) };
  const prepared = await prepareRows(database, settled.source, mapping, options);
  const counts = await countRows(database, prepared);
  checkRows(prepared, counts);
  if (plan.period === undefined) await checkDays(database, source, mapping);
  await database.run(`CREATE OR REPLACE TABLE ${OUTCOMES} AS ${outcomesSql(plan)}`, stage);
  const sums = await database.row(`
    SELECT count(*)::DOUBLE AS outcomes, sum(n)::DOUBLE AS n, sum(k)::DOUBLE AS k, sum(spend)::DOUBLE AS spend,
      min(day) AS first, max(day) AS last, count(DISTINCT day)::DOUBLE AS days,
      count(*) FILTER (nth > 1)::DOUBLE AS alike FROM ${OUTCOMES}`);
  const alike = Number(sums.alike);
  const { restated } = settled;
  const notes = [
    ...plan.columns.notes,
    ...(restated === undefined ? [] : [tellRestated(restated)]),
    ...(alike === 0 ? [] : [tellAlike(alike, plan.columns.key)]),
  ];
  return {
    ...{ counts, notes, outcomes: Number(sums.outcomes), days: Number(sums.days) },
    ...{ impressions: Number(sums.n), clicks: Number(sums.k) },
    spend: sums.spend === null ? null : Number(sums.spend),
    ...{ from: String(sums.first), to: String(sums.last) },
    chunks: () => placed(database, source, plan),
  };
}

function tellAlike(rows: number, key: readonly string[]): string {
  const names = key.length === 0 ? 'its day alone' : `its day, ${key.join(', ')}`;
  return `${rows.toLocaleString('en')} outcomes have the key of another (${names}) and are numbered in the order of the data; a column that tells them apart, named by --key-column beside those, is surer`;
}

/** Labels, spend and what names a row, as columns of the prepared table. */
function furtherColumns(source: Source, { columns, mapping }: OutcomePlan): Record<string, string> {
  const { spend, key } = columns;
  const text = (column: string | undefined): string =>
    column === undefined ? 'NULL::VARCHAR' : `CAST(${presentValue(source, column)} AS VARCHAR)`;
  const names = key.map((column) => {
    // A number is written alike whether it came as text or not.
    const isNumber = Object.values(mapping.features).some(
      (feature) => feature.column === column && /^(numeric|integer)$/.test(feature.kind),
    );
    return `coalesce(${isNumber ? `CAST(TRY_CAST(${quoteName(column)} AS DOUBLE) AS VARCHAR)` : text(column)}, '')`;
  });
  return {
    ...Object.fromEntries(LABELS.map((label) => [label, text(columns[label])])),
    spend: spend === undefined ? 'NULL::DOUBLE' : `TRY_CAST(${quoteName(spend)} AS DOUBLE)`,
    names: names.length === 0 ? `''` : `concat_ws(chr(31), ${names.join(', ')})`,
  };
}

/** @throws InputError if what stands for a time is a number of another kind */
async function checkDays(database: Database, source: Source, mapping: Mapping): Promise<void> {
  const { least, greatest } = await database.row(
    `SELECT min(time) AS least, max(time) AS greatest FROM ${PREPARED} WHERE ${USABLE}`,
  );
  if (Number(least) >= MOMENTS[0] && Number(greatest) <= MOMENTS[1]) return;
  throw new InputError(
    `${source.name}: ${mapping.time}: got ${least} to ${greatest}, wanted dates, or one day for all rows by --period 2026-03-01`,
  );
}

/** One row an outcome, with the first of its places. */
function outcomesSql({ mapping, period }: OutcomePlan): string {
  const features = Object.keys(mapping.features).map((_, f) => `f${f}`);
  const day =
    period === undefined
      ? `strftime(make_timestamp((floor(time) * 1e6)::BIGINT), '%Y-%m-%d')`
      : quoteText(period);
  const groups = ['day', 'names', ...features, ...LABELS];
  return `
    SELECT *, md5(concat_ws(chr(31), day, names)) AS key,
      row_number() OVER (PARTITION BY day, names ORDER BY place) AS nth
    FROM (
      SELECT ${groups.join(', ')}, arg_min(file, rowid) AS file, arg_min(line, rowid) AS line, min(rowid) AS place,
        sum(n) AS n, sum(k) AS k, sum(spend) AS spend
      FROM (SELECT *, rowid, ${day} AS day FROM ${PREPARED} WHERE ${USABLE})
      GROUP BY ${groups.map((_, g) => g + 1).join(', ')})`;
}

async function* placed(
  database: Database,
  source: Source,
  { mapping, until, modelVersion }: OutcomePlan,
): AsyncGenerator<PlacedOutcome[]> {
  const names = Object.keys(mapping.features);
  const list = [
    ...['key', 'nth::DOUBLE', 'day', 'file', 'line::DOUBLE', 'n::DOUBLE', 'k::DOUBLE', 'spend'],
    ...LABELS,
    ...names.map((_, f) => `f${f}`),
  ];
  const sql = `SELECT ${list.join(', ')} FROM ${OUTCOMES} ORDER BY place`;
  for await (const rows of database.chunks(sql)) {
    yield rows.map((row) => {
      const [key, nth, day, file, line, impressions, clicks, spend, ...rest] = row as [
        ...[string, number, string, string | null, number, number, number, number | null],
        ...(string | number | null)[],
      ];
      const labels = LABELS.map((label, l) => [label, rest[l]] as const);
      const record = names.map((name, f) => [name, rest[LABELS.length + f]] as const);
      return {
        where: placeOf(source, file ?? source.files[0]?.path ?? source.name, line),
        outcome: {
          key: nth === 1 ? key : `${key}-${nth}`,
          record: Object.fromEntries(record),
          ...{ period: day, impressions, clicks },
          ...(until !== undefined && { until }),
          ...(spend !== null && { spend }),
          ...Object.fromEntries(labels.filter(([, value]) => value !== null)),
          ...(modelVersion !== undefined && { model_version: modelVersion }),
        },
      };
    });
  }
}
