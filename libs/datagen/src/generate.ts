import { refuse } from './errors.js';
import { extraFeatures, type ExtraFeature } from './extras.js';
import { markets, type DeviceType, type Profile } from './profile.js';
import { resolveOptions, sampler, type GenerateOptions, type SampledRow } from './sample.js';
import { wordColumns } from './words.js';

/** A numeric column (missing: NaN) or a categorical one (missing: ''). */
export type Column = Float64Array | string[];

/** The columns of a table by their names on the wire; all have one value a record. */
export interface AdColumns {
  /** Impressions of the placement, integers ≥ 1. */
  impressions: Float64Array;
  /** 1 (top) to 10. */
  ad_position: Float64Array;
  device_type: DeviceType[];
  /** Budget of the whole campaign, dollars and cents. */
  budget: Float64Array;
  /** Binomial(impressions, true_ctr). Never a feature: it holds the target. */
  clicks: Float64Array;
  /** Observed CTR: clicks / impressions, clamped to [0.0001, 1]. */
  ctr: Float64Array;
  /** The probability that the clicks were drawn with. Never a feature either. */
  true_ctr: Float64Array;
  /** x01..x20 in the `wide` profile; day, campaign, ad_group and creative in `words`; day in a period. */
  [extra: string]: Column;
}

/** Synthetic ad records and where they came from. */
export interface AdTable {
  readonly rows: number;
  readonly seed: number;
  readonly profile: Profile;
  /** Records of the seed that come before the first of these. */
  readonly skip: number;
  readonly columns: AdColumns;
}

/** Above 2²⁵ entries V8 turns an array of strings into a hash table: stream instead. */
export const TABLE_ROWS_MAX = 2 ** 25;

/**
 * The names of a profile's columns, in order: seven, and after them for `wide` x01..x20, for `words`
 * day, campaign, ad_group and creative.
 * @param dated whether records of a period are meant: their last column is the day
 */
export function columnNames(profile: Profile, dated = false): string[] {
  return [
    ...['impressions', 'ad_position', 'device_type', 'budget', 'clicks', 'ctr', 'true_ctr'],
    ...extraColumns(profile, dated).map(({ name }) => name),
  ];
}

function extraColumns(
  profile: Profile,
  dated: boolean,
): readonly Pick<ExtraFeature, 'name' | 'kind'>[] {
  const { wide, words } = markets[profile];
  return [
    ...(wide ? extraFeatures : []),
    ...(words ? wordColumns.map((name) => ({ name, kind: 'categorical' as const })) : []),
    ...(dated ? [{ name: 'day', kind: 'categorical' as const }] : []),
  ];
}

/**
 * Synthetic ad records with a known true CTR, in memory. The same options give the same bytes,
 * and fewer rows give the first of them.
 *
 * @param options rows (default 5000, at most 33,554,432: beyond that use `writeCsv`), seed
 * (default 42), profile (default `realistic`), skip (default 0), from, days and change (default: none)
 * @throws DatagenError `OPTION_INVALID`
 */
export function generate(options: GenerateOptions = {}): AdTable {
  const resolved = resolveOptions(options);
  const { rows, seed, profile, skip } = resolved;
  if (rows > TABLE_ROWS_MAX) {
    const wanted = `at most ${TABLE_ROWS_MAX} in memory; stream more with writeCsv`;
    refuse('OPTION_INVALID', 'rows', rows, wanted);
  }
  const columns = emptyColumns(rows);
  const extras = extraColumns(profile, resolved.from !== undefined).map(
    ({ name, kind }) => (columns[name] = emptyColumn(kind, rows)),
  );
  const next = sampler(resolved);
  for (let i = 0; i < skip; i++) next();
  for (let i = 0; i < rows; i++) store(next(), columns, extras, i);
  return { rows, seed, profile, skip, columns };
}

function store(row: SampledRow, columns: AdColumns, extras: readonly Column[], i: number): void {
  columns.impressions[i] = row.impressions;
  columns.ad_position[i] = row.adPosition;
  columns.device_type[i] = row.deviceType;
  columns.budget[i] = row.budget;
  columns.clicks[i] = row.clicks;
  columns.ctr[i] = row.ctr;
  columns.true_ctr[i] = row.trueCtr;
  for (let e = 0; e < extras.length; e++) extras[e]![i] = row.extras[e]!;
}

function emptyColumns(rows: number): AdColumns {
  return {
    impressions: new Float64Array(rows),
    ad_position: new Float64Array(rows),
    device_type: new Array<DeviceType>(rows),
    budget: new Float64Array(rows),
    clicks: new Float64Array(rows),
    ctr: new Float64Array(rows),
    true_ctr: new Float64Array(rows),
  };
}

function emptyColumn(kind: 'numeric' | 'integer' | 'categorical', rows: number): Column {
  return kind === 'categorical' ? new Array<string>(rows) : new Float64Array(rows);
}
