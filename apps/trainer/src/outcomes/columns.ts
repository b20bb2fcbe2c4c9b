/* Which columns of an export are what of an outcome: by flags, by the model's mapping, else by their names. */
import { InputError } from '../cli/exit.js';
import { isAverage, matchMeaning, namedLike, outcomePhrase } from '../language/vocabulary.js';
import { changeMapping, type MappingChanges } from '../mapping/mapping-flags.js';
import type { Mapping } from '../mapping/mapping.js';
import { isId, isMeasured } from '../rows/restated.js';
import { isNumberType } from '../rows/typed.js';
import type { SourceColumn } from '../source/database.js';
import { nameKey } from '../source/header.js';
import type { Source } from '../source/source.js';

/** Flags that name columns. */
export interface OutcomeColumnFlags {
  readonly impressions?: string;
  readonly clicks?: string;
  /** Column of days. */
  readonly time?: string;
  /** One day, or two, of all rows. */
  readonly period?: string;
  readonly spend?: string | false;
  readonly campaign?: string | false;
  readonly placement?: string;
  readonly arm?: string;
  /** Columns that name a row. */
  readonly keyColumn: readonly string[];
}

/** What an outcome's further fields are taken from. */
export interface OutcomeColumns {
  readonly spend?: string;
  readonly campaign?: string;
  readonly placement?: string;
  readonly arm?: string;
  /** Columns that name a row within its day: of equal ones the last delivery counts. */
  readonly key: readonly string[];
  /** What was taken by its name, in sentences. */
  readonly notes: readonly string[];
}

type Names = Pick<Source, 'name' | 'columns'>;

/**
 * The model's mapping as it reads outcomes: no more days are left out than asked for, since the
 * store knows how young days grow, and what only training goes by is not read.
 * @throws InputError if there is no column of days or of counts, or the data is a part of a log
 */
export function outcomeMapping(
  source: Names,
  trained: Mapping,
  flags: OutcomeColumnFlags & MappingChanges,
): Mapping {
  const { group: _, true_ctr: __, mature_days: ___, time, ...rest } = trained;
  const counts = countColumns(source, trained, flags);
  const { label: ____, impressions: _____, clicks: ______, ...others } = rest;
  const day = flags.period === undefined ? dayColumn(source, flags.time ?? time) : undefined;
  const told = { ...others, ...counts, features: followCounts(source, trained, counts) };
  const { features, ...keys } = changeMapping(told, { ...flags, derive: {} });
  const { negative_sampling_rate: rate = 1 } = keys;
  if (rate !== 1) {
    throw new InputError(
      `${source.name}: got a share of ${rate} of the impressions without a click, as the model's own data; wanted all: outcomes are counts. --negative-sampling-rate 1 says that they are all here`,
    );
  }
  return { ...keys, ...(day !== undefined && { time: day }), features };
}

/**
 * Features that the model reads off a column that counts, as planned impressions are, where the data has
 * this column by another name.
 */
function followCounts(
  { columns }: Names,
  { impressions, clicks, features }: Mapping,
  counts: Pick<Mapping, 'impressions' | 'clicks'>,
): Mapping['features'] {
  const names = columns.map((column) => column.name);
  const now = (column: string): string => {
    if (names.includes(column)) return column;
    if (column === impressions) return counts.impressions ?? column;
    return column === clicks ? (counts.clicks ?? column) : column;
  };
  const followed = Object.entries(features).map(
    ([name, feature]) => [name, { ...feature, column: now(feature.column) }] as const,
  );
  return Object.fromEntries(followed);
}

/** The columns that count: flags, then the model's own, then by their names. */
function countColumns(
  { name, columns }: Names,
  { impressions, clicks, label }: Mapping,
  flags: OutcomeColumnFlags,
): Pick<Mapping, 'impressions' | 'clicks' | 'label'> {
  const names = columns.map((column) => column.name);
  const isCounted = flags.impressions !== undefined || flags.clicks !== undefined;
  if (label !== undefined && !isCounted && names.includes(label)) return { label };
  const find = (role: 'impressions' | 'clicks', own: string | undefined): string => {
    const wish = flags[role];
    if (wish !== undefined) return known(name, names, role, wish);
    const found = own !== undefined && names.includes(own) ? own : namedLike(names, role)[0];
    if (found !== undefined) return found;
    throw new InputError(
      `${name}: no column is called like ${role}; name it by --${role}; the columns are ${names.join(', ')}`,
    );
  };
  return { impressions: find('impressions', impressions), clicks: find('clicks', clicks) };
}

function dayColumn({ name, columns }: Names, wished: string | undefined): string {
  const names = columns.map((column) => column.name);
  if (wished !== undefined && names.includes(wished)) return wished;
  const times = columns.filter(({ type }) => /^(DATE|TIMESTAMP)/.test(type));
  const named = times.filter((column) => matchMeaning(column.name, 'time') !== undefined);
  const found = named[0] ?? (times.length === 1 ? times[0] : undefined);
  if (found !== undefined) return found.name;
  const got = wished === undefined ? names.join(', ') : wished;
  throw new InputError(
    `${name}: got no column of days (${got}), wanted one by --time, or one day for all rows by --period 2026-03-01`,
  );
}

/**
 * The columns of the further fields, and those that name a row.
 * @throws InputError if a flag names a column that is not there
 */
export function outcomeColumns(
  { name, columns }: Names,
  mapping: Mapping,
  flags: OutcomeColumnFlags,
): OutcomeColumns {
  const names = columns.map((column) => column.name);
  const notes: string[] = [];
  const byFlag = (role: 'spend' | 'campaign' | 'placement' | 'arm'): string | undefined => {
    const wish = flags[role];
    return typeof wish === 'string' ? known(name, names, role, wish) : undefined;
  };
  const byName = (role: 'spend' | 'campaign', found: string | undefined): string | undefined => {
    if (flags[role] === false) return undefined;
    const told = byFlag(role);
    if (told === undefined && found !== undefined) {
      notes.push(`${found} is taken for the ${role}; otherwise by --${role}, or --no-${role}`);
    }
    return told ?? found;
  };
  const numbers = columns.filter(({ type }) => isNumberType(type)).map((column) => column.name);
  const spend = byName(
    'spend',
    namedLike(numbers, 'cost').find((cost) => !isAverage(cost)),
  );
  const campaign = byName('campaign', namedLike(names, 'campaign')[0]);
  const [placement, arm] = [byFlag('placement'), byFlag('arm')];
  const fields = { spend, campaign, placement, arm };
  const key =
    flags.keyColumn.length > 0
      ? flags.keyColumn.map((column) => known(name, names, 'key-column', column))
      : keyColumns(columns, mapping, fields);
  const present = Object.entries(fields).filter(([, column]) => column !== undefined);
  return { ...Object.fromEntries(present), key, notes };
}

/**
 * What names a row: features that are not measured themselves, the labels, and every other column of words
 * or numbers of things. Read off names and types alone, so that the next export has the same.
 */
function keyColumns(
  columns: readonly SourceColumn[],
  mapping: Mapping,
  {
    spend,
    campaign,
    placement,
    arm,
  }: Pick<OutcomeColumns, 'spend' | 'campaign' | 'placement' | 'arm'>,
): string[] {
  const { impressions, clicks, label, time, features } = mapping;
  const counted = [impressions, clicks, label, time, spend];
  const used = new Set(Object.values(features).map(({ column }) => column));
  return columns
    .filter(({ name, type }) => {
      if (counted.includes(name) || /^(DATE|TIME)/.test(type)) return false;
      if ([campaign, placement, arm].includes(name)) return true;
      if (isMeasured(name, type)) return false;
      const isWords = !isNumberType(type) && outcomePhrase(name) === undefined;
      return used.has(name) || isWords || isId(name);
    })
    .map(({ name }) => name)
    .sort((a, b) => (nameKey(a) < nameKey(b) ? -1 : 1));
}

function known(source: string, names: readonly string[], flag: string, wish: string): string {
  if (names.includes(wish)) return wish;
  throw new InputError(
    `${source}: --${flag}: got ${wish}, wanted one of the columns ${names.join(', ')}`,
  );
}
