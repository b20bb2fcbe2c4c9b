import type { RecordFeature, RecordSchema } from '@adscale/ctr';
import type { JudgedDecision } from '@adscale/decisions';
import { coarse } from '../ids/coarse.js';
import { type EntryForm, distinctForms } from './matching.js';

/** Where a request has its entries, which each have a `record`. */
const LISTS: Readonly<Record<JudgedDecision, string>> = {
  rank: 'candidates',
  forecast: 'schedule',
  allocate: 'cells',
};

export interface RequestEntry {
  readonly id?: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** How much is bought, not where: an outcome has what came, whatever was planned. */
const VOLUME = ['impressions', 'budget'];

/** The entries of a request that was answered. */
export function entriesOf(name: JudgedDecision, request: unknown): readonly RequestEntry[] {
  return (request as Readonly<Record<string, readonly RequestEntry[]>>)[LISTS[name]];
}

/**
 * How outcomes name each entry as their `arm`: the decision's id, a slash, and the entry's id or place in
 * the list. Entries of one id cannot be named; theirs is an arm that no outcome has.
 */
export function armsOf(decision: string, entries: readonly RequestEntry[]): string[] {
  const ids = entries.map(({ id }, i) => id ?? String(i));
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return ids.map((id) => (counts.get(id) === 1 ? `${decision}/${id}` : ''));
}

/**
 * What records of outcomes belong to each entry: those with the values that the entry says, but for
 * impressions and budget. Where entries differ in these alone, they count too.
 */
export function formsOf(entries: readonly RequestEntry[], schema: RecordSchema): EntryForm[] {
  const placements = entries.map(({ record }) => formOf(record, schema, VOLUME));
  const told = distinctForms(placements);
  const whole = entries.map(({ record }) => formOf(record, schema, []));
  const rest = distinctForms(whole);
  return told.map((form, i) => (Object.keys(form).length > 0 ? form : rest[i]));
}

function formOf(
  record: RequestEntry['record'],
  { features }: RecordSchema,
  without: readonly string[],
): EntryForm {
  const said = features.filter(
    ({ name }) => Object.hasOwn(record, name) && !without.includes(name),
  );
  return Object.fromEntries(
    said.map((feature) => [feature.name, asInOutcomes(feature, record[feature.name])]),
  );
}

/** A value as the cells of outcomes have it. */
function asInOutcomes({ kind }: RecordFeature, value: unknown): string | number | null {
  if (typeof value === 'number') return kind === 'word' ? value : coarse(value);
  return typeof value === 'string' && value !== '' ? value : null;
}
