/*
 * A feature leaks when it holds what is only known after the clicks: cost that is paid by the
 * click, revenue, the rate itself. In training it looks like the best feature of all; before the
 * money is spent nobody has it. Names give some away, and the data gives away the rest:
 *
 *   the rate            rank correlation with clicks / impressions is 1, and so is the ratio
 *   paid by the click   value / clicks is the same everywhere
 *   nothing without     0 or missing wherever there was no click, and else often not
 *   follows             a volume whose rank correlation with clicks stays when impressions are
 *                       held equal (Spearman's partial correlation). A budget's does not.
 */
import { InputError } from '../cli/exit.js';
import { soundsAfterwards } from '../mapping/names.js';
import type { Database, SqlRow } from '../source/database.js';
import { PREPARED, USABLE, type Prepared } from './prepare.js';

/** Columns that count, as SQL over the inspected table. */
export interface CountColumns {
  readonly impressions: string;
  readonly clicks: string;
}

/** How a column goes with the clicks, over rows with impressions. Correlations are of ranks. */
export interface LeakEvidence {
  readonly rows: number;
  /** With clicks, with impressions, with clicks / impressions. NaN where one is constant. */
  readonly with_clicks: number;
  readonly with_impressions: number;
  readonly with_rate: number;
  /** Of impressions with clicks. */
  readonly impressions_with_clicks: number;
  /** With clicks, at equal impressions. */
  readonly partial: number;
  /** Share of rows without a click where the column is 0 or missing. */
  readonly nothing_without: number;
  /** Share of rows with clicks where it is neither. */
  readonly something_with: number;
  /** Distance of the 10th and the 90th per cent of value / clicks, over the median. */
  readonly per_click_spread: number;
  /** The same of value / (clicks / impressions). */
  readonly per_rate_spread: number;
}

/** Ranks of this many rows are enough for a correlation to two digits. */
const SAMPLED_ROWS = 100_000;

/**
 * Makes a table of about so many rows of `from`, or of all if they are no more.
 * @param place SQL that tells the rows apart, so that every run takes the same
 * @param rows how many there are
 */
export async function sampleRows(
  database: Database,
  name: string,
  from: string,
  place: string,
  rows: number,
): Promise<void> {
  const every = Math.max(1, Math.ceil(rows / SAMPLED_ROWS));
  const taken = every === 1 ? 'true' : `hash(${place}) % ${every} = 0`;
  await database.run(
    `CREATE OR REPLACE TEMP TABLE ${name} AS SELECT * FROM (${from}) WHERE ${taken}`,
  );
}

/** Fewer rows with and without clicks than this show nothing. */
const FEWEST_ROWS = 30;

/**
 * Measures a column against the clicks.
 * @param table of rows, or a sample of them
 * @param value SQL of the column as a number, over `table`
 * @returns undefined if there are too few rows to say
 */
export async function gatherEvidence(
  database: Database,
  table: string,
  value: string,
  { impressions, clicks }: CountColumns,
): Promise<LeakEvidence | undefined> {
  const spread = (ratio: string): string =>
    `(quantile_cont(${ratio}, 0.9) FILTER (k > 0) - quantile_cont(${ratio}, 0.1) FILTER (k > 0))
      / abs(quantile_cont(${ratio}, 0.5) FILTER (k > 0))`;
  const rank = (name: string): string =>
    `rank() OVER (ORDER BY ${name}) + (count(*) OVER (PARTITION BY ${name}) - 1) / 2.0`;
  const row = await database.row(`
    WITH counted AS (
      SELECT ${value} AS x, ${impressions} AS n, ${clicks} AS k FROM ${table}),
    usable AS (SELECT * FROM counted WHERE n > 0 AND k BETWEEN 0 AND n),
    ranked AS (
      SELECT ${rank('x')} AS x, ${rank('n')} AS n, ${rank('k')} AS k, ${rank('k / n')} AS r
      FROM usable WHERE x IS NOT NULL)
    SELECT (SELECT corr(x, k) FROM ranked) AS xk, (SELECT corr(x, n) FROM ranked) AS xn,
      (SELECT corr(n, k) FROM ranked) AS nk, (SELECT corr(x, r) FROM ranked) AS xr,
      count(*)::DOUBLE AS rows, count(*) FILTER (k = 0)::DOUBLE AS without,
      count(*) FILTER (k = 0 AND coalesce(x, 0) = 0)::DOUBLE AS nothing,
      count(*) FILTER (k > 0 AND coalesce(x, 0) <> 0)::DOUBLE AS something,
      ${spread('x / k')} AS per_click, ${spread('x / (k / n)')} AS per_rate
    FROM usable`);
  return evidenceOf(row);
}

function evidenceOf(row: SqlRow): LeakEvidence | undefined {
  const number = (name: string): number => (row[name] === null ? NaN : Number(row[name]));
  const [rows, without] = [number('rows'), number('without')];
  if (rows < 2 * FEWEST_ROWS) return undefined;
  const [xk, xn, nk] = [number('xk'), number('xn'), number('nk')];
  // Impressions that are all alike are held equal already.
  const partial = Number.isNaN(nk)
    ? xk
    : (xk - xn * nk) / Math.sqrt(Math.max(1e-12, (1 - xn * xn) * (1 - nk * nk)));
  const enough = without >= FEWEST_ROWS && rows - without >= FEWEST_ROWS;
  return {
    rows,
    with_clicks: xk,
    with_impressions: xn,
    with_rate: number('xr'),
    impressions_with_clicks: nk,
    partial,
    nothing_without: enough ? number('nothing') / without : NaN,
    something_with: enough ? number('something') / (rows - without) : NaN,
    per_click_spread: number('per_click'),
    per_rate_spread: number('per_rate'),
  };
}

/** What follows clicks has at least this rank correlation with them, … */
const FOLLOWS = 0.7;
/** … with impressions at least this share of what clicks have: else it is a rate or a rank, … */
const VOLUME = 0.7;
/** … and at equal impressions still this, or this with a name that says so. */
const STAYS = 0.25;
const STAYS_WITH_NAME = 0.1;

/**
 * Why a column leaks, with the figures; undefined if it does not.
 * @param isLog one row an impression: each has all clicks or none, so that ratios say nothing
 */
export function leakIn(
  name: string,
  evidence: LeakEvidence | undefined,
  isLog: boolean,
): string | undefined {
  const found = evidence && provenLeak(name, evidence, isLog);
  if (found !== undefined) return found;
  if (!soundsAfterwards(name)) return undefined;
  return 'by its name it is known only after the clicks';
}

/** What the figures alone say. */
export function provenLeak(
  name: string,
  evidence: LeakEvidence,
  isLog: boolean,
): string | undefined {
  const { with_clicks: xk, with_impressions: xn, partial, with_rate: rate } = evidence;
  const { nothing_without: nothing, something_with: something } = evidence;
  if (rate >= 0.999 && (evidence.per_rate_spread < 0.1 || soundsAfterwards(name))) {
    return `it is the click-through rate: rank correlation ${rate.toFixed(3)} with clicks / impressions`;
  }
  if (!isLog && evidence.per_click_spread < 0.05) {
    return `it is proportional to clicks: value / clicks differs by ${percent(evidence.per_click_spread)} between most rows`;
  }
  if (nothing >= 0.98 && something >= 0.2) {
    return `it is 0 or missing in ${percent(nothing)} of the rows without a click, and neither in ${percent(something)} of those with clicks`;
  }
  if (isLog) return undefined;
  const stays = soundsAfterwards(name) ? STAYS_WITH_NAME : STAYS;
  const isVolume = xn >= VOLUME * Math.max(0.2, evidence.impressions_with_clicks);
  if (xk >= FOLLOWS && isVolume && partial >= stays) {
    return `it follows clicks: rank correlation ${xk.toFixed(2)} with clicks, and still ${partial.toFixed(2)} at equal impressions`;
  }
  return undefined;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0.99 && share < 1 ? 1 : 0)} %`;
}

/** A sample of the prepared rows that are learned from. */
const LEARNED = 'learned';

/**
 * Refuses a mapping whose features hold the target, wherever it came from.
 * @param usable how many rows there are to learn from
 * @throws InputError naming the feature and the evidence, unless the feature is forced
 */
export async function refuseLeaks(
  database: Database,
  { source, mapping }: Prepared,
  usable: number,
): Promise<void> {
  const rows = `SELECT *, rowid AS spot FROM ${PREPARED} WHERE ${USABLE}`;
  await sampleRows(database, LEARNED, rows, 'spot', usable);
  for (const [f, [name, feature]] of Object.entries(mapping.features).entries()) {
    const numeric = feature.kind !== 'categorical';
    if (feature.force === true || (!numeric && feature.missing !== true)) continue;
    const value = numeric ? `f${f}` : `CASE WHEN f${f} IS NULL THEN NULL ELSE 1 END`;
    const counts = { impressions: 'n', clicks: 'k' };
    const evidence = await gatherEvidence(database, LEARNED, value, counts);
    const leak = evidence && provenLeak(feature.column, evidence, mapping.label !== undefined);
    if (leak === undefined) continue;
    throw new InputError(
      `${source.name}: feature ${name} leaks the target: ${leak}. Take it out of the mapping, or write "force: true" beside it`,
    );
  }
}
